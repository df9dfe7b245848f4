"""No way into private networks: neither a redirect nor a feed nor a page can name one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_socket import SocketConnectBlockedError

from newsletter.errors import SourceUnreachableError
from newsletter.model.sources import Source
from newsletter.sources import read_source
from newsletter.sources.fetching import Fetcher, Limits
from newsletter.sources.guard import is_public
from tests.servers.news_site import NewsSite

#: All of them lead, or have led somebody's guard, to the port {p} of this machine, or into
#: a network of the operator's.
FORMS = [
    "http://127.0.0.1:{p}/",
    "http://localhost:{p}/",
    "http://LOCALHOST:{p}/",
    "http://localhost.:{p}/",
    "http://127.0.0.1.:{p}/",
    "http://127.1:{p}/",
    "http://127.0.1:{p}/",
    "http://127.255.255.254:{p}/",
    "http://2130706433:{p}/",
    "http://0x7f000001:{p}/",
    "http://0x7f.0.0.1:{p}/",
    "http://017700000001:{p}/",
    "http://0177.0.0.1:{p}/",
    "http://0:{p}/",
    "http://0.0.0.0:{p}/",
    "http://[::1]:{p}/",
    "http://[::]:{p}/",
    "http://[0000::1]:{p}/",
    "http://[::ffff:127.0.0.1]:{p}/",
    "http://[::ffff:7f00:1]:{p}/",
    "http://[0:0:0:0:0:ffff:7f00:0001]:{p}/",
    "http://[::127.0.0.1]:{p}/",
    "http://[64:ff9b::127.0.0.1]:{p}/",
    "http://[64:ff9b:1::7f00:1]:{p}/",
    "http://[2002:7f00:1::]:{p}/",
    "http://[fe80::1%25lo]:{p}/",
    "http://[fec0::1]:{p}/",
    "http://[fd00::1]:{p}/",
    "http://user:password@127.0.0.1:{p}/",
    "http://news.example.org@127.0.0.1:{p}/",
    "http://127.0.0.1:{p}#@news.example.org/",
    "http://127.0.0.1:{p}\\@news.example.org/",
    "http://news.example.org\\@127.0.0.1:{p}/",
    "http://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3:{p}/",
    "http://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460:{p}/",
    "http://127\u30020\u30020\u30021:{p}/",
    "HTTP://127.0.0.1:{p}/",
    " http://127.0.0.1:{p}/",
    "http://127.0.0.1:{p}/%2e%2e/",
    "http://10.0.0.1:{p}/",
    "http://172.16.0.1:{p}/",
    "http://192.168.0.1:{p}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1:{p}/",
    "http://192.0.0.1:{p}/",
    "http://198.18.0.1:{p}/",
    "http://192.88.99.1:{p}/",
    "http://224.0.0.1:{p}/",
    "http://240.0.0.1:{p}/",
    "http://255.255.255.255:{p}/",
    "file:///etc/hostname",
    "gopher://127.0.0.1:{p}/_GET",
    "ftp://127.0.0.1:{p}/",
    "http:127.0.0.1:{p}/",
    "http:///127.0.0.1:{p}/",
]


@pytest.fixture
def internal() -> Iterator[NewsSite]:
    """A service of the operator's that nobody outside should reach."""
    with NewsSite() as site:
        site.serve("/", "INTERNAL")
        yield site


@pytest.fixture(autouse=True)
def _names_are_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep names that are not of this machine from going out to a resolver."""
    real = socket.getaddrinfo

    def lookup(host: Any, *rest: Any, **options: Any) -> Any:
        if isinstance(host, str) and host.endswith("example.org"):
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return real(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


def _fetcher() -> Fetcher:
    return Fetcher(agent="test/1", limits=Limits(total_seconds=5, connect_seconds=2))


@pytest.mark.parametrize("form", FORMS)
def test_content_cannot_name_a_private_host(internal: NewsSite, form: str) -> None:
    with pytest.raises(SourceUnreachableError):
        _fetcher().fetch(form.format(p=internal.port), typed_by_staff=False)

    assert internal.requests == []


@pytest.mark.parametrize("form", FORMS)
def test_a_redirect_of_a_typed_host_cannot_lead_to_another_private_one(
    news_site: NewsSite, internal: NewsSite, form: str
) -> None:
    url = news_site.redirect("/news", form.format(p=internal.port).encode().decode("latin-1"))

    with pytest.raises(SourceUnreachableError):
        _fetcher().fetch(url, typed_by_staff=True)

    assert internal.requests == []


def test_a_typed_host_may_be_private_and_lead_to_itself(news_site: NewsSite) -> None:
    news_site.serve("/new", "x")
    url = news_site.redirect("/old", f"{news_site.url}/new")

    assert _fetcher().fetch(url, typed_by_staff=True).body == b"x"


def test_two_parsers_cannot_be_played_against_each_other(
    news_site: NewsSite, internal: NewsSite
) -> None:
    fetcher = _fetcher()
    fetcher.fetch(news_site.serve("/", "x"), typed_by_staff=True)
    seen = len(news_site.requests)

    for url in (
        f"http://127.0.0.1:{internal.port}\\@127.0.0.1:{news_site.port}/",
        f"http://127.0.0.1:{internal.port}#@127.0.0.1:{news_site.port}/",
        f"http://127.0.0.1:{internal.port}?@127.0.0.1:{news_site.port}/",
        f"http://127.0.0.1:{news_site.port}@127.0.0.1:{internal.port}/",
    ):
        with pytest.raises(SourceUnreachableError):
            fetcher.fetch(url, typed_by_staff=False)

    assert internal.requests == []
    assert len(news_site.requests) == seen


def test_a_name_that_leads_to_a_private_address_is_refused(
    internal: NewsSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", internal.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: answers)

    with pytest.raises(SourceUnreachableError, match="private network"):
        _fetcher().fetch(f"http://news.example.net:{internal.port}/", typed_by_staff=False)

    assert internal.requests == []


def test_a_name_that_changes_its_mind_gets_nowhere(
    internal: NewsSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo
    asked: list[str] = []

    def rebinding(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        if host != "news.example.net":
            return real(host, port, *rest, **options)
        asked.append(host)
        address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)

    # The guard on the tests' own sockets stops the connection to the public address.
    with pytest.raises((SourceUnreachableError, SocketConnectBlockedError, UserWarning)):
        _fetcher().fetch(f"http://news.example.net:{internal.port}/", typed_by_staff=False)

    assert internal.requests == []
    assert asked == ["news.example.net"]


def test_a_page_cannot_send_us_to_a_private_feed(
    news_site: NewsSite, internal: NewsSite, tmp_path: Path
) -> None:
    items = "".join(
        f'<article><h2><a href="/news/{n}">The library opened branch number {n}</a></h2>'
        f"<p>A report of the day on which branch {n} was opened to its readers.</p></article>"
        for n in range(6)
    )
    url = news_site.serve(
        "/news",
        '<html><head><title>News</title><link rel="alternate" type="application/rss+xml" '
        f'href="{internal.url}/"></head><body><main>{items}</main></body></html>',
    )

    moment = datetime(2016, 5, 25, 12, tzinfo=UTC)
    reading = read_source(Source("News", url=url), _fetcher(), fetched_at=moment, root=tmp_path)

    assert internal.requests == []
    assert len(reading.items) == 6
    assert any("private network" in note for note in reading.notes)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"])
def test_the_public_internet_is_open(address: str) -> None:
    assert is_public(address)
