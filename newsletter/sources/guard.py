"""Who may be connected to, and for how long: the guard on addresses and on time."""

from __future__ import annotations

import ipaddress
import logging
import socket
import threading
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests_hardened.ip_filter import EXTRA_BLOCKED_NET_RANGES, InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter

#: Beyond `is_global` (3.11.7 calls these global) and beyond requests-hardened's list:
#: site-local (RFC 3879) and IPv4-compatible (RFC 4291, 2.5.5.1).
_NOT_PUBLIC = (
    *EXTRA_BLOCKED_NET_RANGES,
    ipaddress.ip_network("fec0::/10"),
    ipaddress.ip_network("::/96"),
)
# It warns on standard error of every refusal; we report refusals ourselves.
logging.getLogger("requests_hardened.ip_filter").setLevel(logging.ERROR)


class PrivateAddressError(requests.RequestException):
    """The connection would lead, or has led, into a private network."""


def is_public(address: str) -> bool:
    """Say whether a numeric IP address lies in the public Internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip.is_global and not ip.is_multicast and not any(ip in one for one in _NOT_PUBLIC)


def is_loopback(host: str) -> bool:
    """Say whether a host name or address means this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.rstrip(".").lower() == "localhost"


def prepared(url: str) -> str:
    """Return an address as it will be requested: one spelling, that every parser reads alike.

    With a backslash before `@`, two parsers see two different hosts; what is asked for must
    be what was judged. Raises requests' InvalidURL and MissingSchema.
    """
    request = requests.PreparedRequest()
    request.prepare_url(url.strip(), None)
    return request.url or ""


def authority(url: str) -> tuple[str, int]:
    """Return the host, in its plainest spelling, and the port of a prepared address."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    return host, parts.port or (443 if parts.scheme == "https" else 80)


class Watch:
    """Ends the connections of one exchange when its time is over.

    Time-outs of sockets count from the last byte, so a server that sends a byte a
    second would never meet one; this shuts the connection down at a fixed moment.
    """

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._twins: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(max(seconds, 0.001), self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            for twin in self._twins:
                twin.close()
            self._twins.clear()

    def connected(self, connection: socket.socket) -> None:
        """Take note of a new connection.

        A duplicate is kept, because TLS takes the original over.
        """
        twin = connection.dup()
        with self._lock:
            self._twins.append(twin)
            if self.is_over:
                _shut(twin)

    def _end(self) -> None:
        with self._lock:
            self.is_over = True
            for twin in self._twins:
                _shut(twin)


def _shut(twin: socket.socket) -> None:
    try:
        twin.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was faster


def session(watch: Watch, *, may_be_private: bool) -> requests.Session:
    """Return a session for one exchange, watched, and guarded unless staff typed the host."""
    made = requests.Session()
    # Never: a .netrc password for a host that a feed names.
    made.auth = _no_auth
    if may_be_private:
        made.mount("http://", _WatchedAdapter(watch))
        made.mount("https://", _WatchedAdapter(watch))
    else:
        made.mount("http://", _GuardedAdapter(watch, is_https=False))
        made.mount("https://", _GuardedAdapter(watch, is_https=True))
    return made


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class _WatchedAdapter(HTTPAdapter):
    """Connects anywhere: for hosts that staff typed."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return a pool whose connections are watched."""
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        return _watched(pool, self._watch, is_guarded=False)


class _GuardedAdapter(IPFilterAdapter):  # type: ignore[misc]  # the package has no types
    """Connects to the public Internet only.

    The name is resolved once, checked, and that very address is connected to; then the
    address at the other end is checked again.
    """

    def __init__(self, watch: Watch, *, is_https: bool) -> None:
        super().__init__(is_https_proto=is_https)
        self._watch = watch

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return a pool whose connections are watched and checked."""
        try:
            pool = super().get_connection_with_tls_context(*args, **kwargs)
        except InvalidIPAddress as error:
            raise PrivateAddressError(str(error)) from error
        # The pool's host is now the address; the package's list has gaps that ours has not.
        if pool.proxy is None and not is_public(str(pool.host).strip("[]")):
            raise PrivateAddressError(str(pool.host))
        return _watched(pool, self._watch, is_guarded=True)


def _watched(pool: Any, watch: Watch, *, is_guarded: bool) -> Any:
    """Return the pool, making connections that report themselves to the watch."""
    base = pool.ConnectionCls
    # Behind a proxy the other end is the proxy, whose address is private by design; the
    # address asked of it was checked before.
    must_be_public = is_guarded and pool.proxy is None

    class Watched(base):  # type: ignore[misc,valid-type]  # http or https, as the pool says
        """A connection under the watch."""

        def _new_conn(self) -> socket.socket:
            made: socket.socket = super()._new_conn()
            if must_be_public and not is_public(str(made.getpeername()[0])):
                made.close()
                raise PrivateAddressError(str(made))
            watch.connected(made)
            return made

    pool.ConnectionCls = Watched
    return pool
