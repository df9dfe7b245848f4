"""What went wrong on the network, in words for staff."""

from __future__ import annotations

import http
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import requests

from newsletter.sources.guard import PrivateAddressError

#: What a status means to the person who typed the address.
_STATUS = {
    401: "a password is needed",
    403: "it refuses to show this to us",
    404: "not found",
    410: "gone for good",
    429: "too many requests",
    451: "withheld for legal reasons",
    500: "the server is broken",
    502: "the server behind it does not answer",
    503: "out of service for now",
    504: "the server behind it is too slow",
}
PRIVATE = "the address leads into a private network, and nobody on the staff typed it"


def of_status(status: int) -> str:
    """Return the reason an HTTP status gives: "the server answered 404: not found"."""
    try:
        phrase = http.HTTPStatus(status).phrase.lower()
    except ValueError:
        phrase = "which means nothing we know"
    return f"the server answered {status}: {_STATUS.get(status, phrase)}"


def of_error(error: BaseException, url: str, *, connect_seconds: float) -> str:
    """Return the reason behind an exception of requests or of a socket."""
    host = urlsplit(url).hostname or url
    for cause in _causes(error):
        if isinstance(cause, PrivateAddressError):
            return PRIVATE
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _certificate(cause, host)
        if isinstance(cause, ssl.SSLError):
            return f"no secure connection to {host!r} could be made"
        if isinstance(cause, socket.gaierror):
            return f"there is no host {host!r}, or the network is down"
        if isinstance(cause, ConnectionRefusedError):
            return f"nothing answers at {urlsplit(url).netloc.rpartition('@')[2]!r}"
        if isinstance(cause, ConnectionResetError | BrokenPipeError):
            return "the server broke the connection off"
    return _of_requests(error, host, connect_seconds)


def _of_requests(error: BaseException, host: str, connect_seconds: float) -> str:
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return f"no answer from {host!r} within {connect_seconds:g} seconds"
    if isinstance(error, requests.exceptions.Timeout | TimeoutError):
        return f"{host!r} stopped answering"
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return "this is not a web address"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy that the environment names does not let us through"
    if "IncompleteRead" in str(error) or "Connection aborted" in str(error):
        return "the answer broke off in the middle"
    if isinstance(error, requests.exceptions.ConnectionError):
        return f"{host!r} cannot be reached"
    return f"the answer cannot be understood ({type(error).__name__})"


def without_password(url: str) -> str:
    """Return an address as it may be shown and stored: no user name, no password."""
    try:
        parts = urlsplit(url)
        netloc = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=netloc)) if "@" in parts.netloc else url
    except ValueError:
        return url


def _certificate(error: ssl.SSLCertVerificationError, host: str) -> str:
    words = (error.verify_message or str(error)).lower()
    if "expired" in words:
        return f"the certificate of {host!r} has expired"
    if "mismatch" in words or "not valid for" in words:
        return f"the certificate is not valid for {host!r}"
    if "self-signed" in words or "self signed" in words:
        return f"the certificate of {host!r} is signed by nobody we know"
    return f"the certificate of {host!r} cannot be trusted: {words}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and all that lies behind it; urllib3 hides causes in `reason`."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop(0)
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
