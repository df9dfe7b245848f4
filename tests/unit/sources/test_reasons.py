"""Reasons: what staff read when the network fails."""

from __future__ import annotations

import socket
import ssl

import pytest
import requests

from newsletter.sources.guard import PrivateAddressError
from newsletter.sources.reasons import of_error, without_password

URL = "https://user:secret@news.example.org:8443/feed"


def _certificate(words: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, words)
    error.verify_message = words
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (_certificate("certificate has expired"), "certificate of 'news.example.org' has expired"),
        (_certificate("Hostname mismatch, ..."), "certificate is not valid for 'news.example.org'"),
        (_certificate("self-signed certificate"), "signed by nobody we know"),
        (_certificate("unknown CA"), "cannot be trusted: unknown ca"),
        (ssl.SSLError(1, "wrong version number"), "no secure connection to 'news.example.org'"),
        (
            socket.gaierror(-2, "unknown"),
            "there is no host 'news.example.org', or the network is down",
        ),
        (ConnectionRefusedError(), "nothing answers at 'news.example.org:8443'"),
        (ConnectionResetError(), "broke the connection off"),
        (PrivateAddressError(), "leads into a private network"),
        (
            requests.exceptions.ConnectTimeout(),
            "no answer from 'news.example.org' within 10 seconds",
        ),
        (requests.exceptions.ReadTimeout(), "'news.example.org' stopped answering"),
        (requests.exceptions.InvalidURL(), "not a web address"),
        (requests.exceptions.ProxyError(), "the proxy"),
        (requests.exceptions.ConnectionError("Connection aborted."), "broke off in the middle"),
        (requests.exceptions.ConnectionError(OSError(113, "No route")), "cannot be reached"),
        (requests.exceptions.ContentDecodingError(), "cannot be understood (ContentDecodingError)"),
    ],
)
def test_each_failure_has_its_words_and_none_has_the_password(
    error: Exception, reason: str
) -> None:
    wrapped = requests.exceptions.ConnectionError(error)
    shown = of_error(
        error if isinstance(error, requests.RequestException) else wrapped, URL, connect_seconds=10
    )

    assert reason in shown
    assert "secret" not in shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (URL, "https://news.example.org:8443/feed"),
        ("https://news.example.org/a@b", "https://news.example.org/a@b"),
        ("http://[", "http://["),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown
