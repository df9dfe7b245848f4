"""Fetching from a real server: polite, patient to a limit, and plain about what went wrong."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.errors import SourceUnreachableError
from newsletter.sources.fetching import Fetched, Fetcher, Limits, user_agent
from newsletter.sources.http_cache import HttpCache
from newsletter.sources.snapshots import Recorder, Replayer
from tests.servers.news_site import NewsSite, Page

MOMENT = datetime(2016, 5, 25, 12, tzinfo=UTC)


def _fetcher(*, cache: HttpCache | None = None, seconds: float = 20.0) -> Fetcher:
    return Fetcher(
        agent=user_agent("1.0", "https://example.org/"),
        cache=cache,
        limits=Limits(total_seconds=seconds, connect_seconds=5.0),
        now=lambda: MOMENT,
    )


def _fetch(fetcher: Fetcher, url: str) -> Fetched:
    return fetcher.fetch(url, typed_by_staff=True)


def test_an_answer_has_its_address_type_bytes_and_moment(news_site: NewsSite) -> None:
    url = news_site.serve("/news", "<p>Panama</p>")

    answer = _fetch(_fetcher(), url)

    assert answer == Fetched(url, 200, "text/html; charset=utf-8", b"<p>Panama</p>", MOMENT)


def test_we_say_honestly_who_we_are(news_site: NewsSite) -> None:
    _fetch(_fetcher(), news_site.serve("/news", "x"))

    (request,) = news_site.requests
    assert request.headers["User-Agent"] == "newsletter-press/1.0 (+https://example.org/)"
    assert "Cookie" not in request.headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_to_their_end(news_site: NewsSite, status: int) -> None:
    news_site.serve("/new", "x")
    url = news_site.redirect("/old", "new", status)

    assert _fetch(_fetcher(), url).url == f"{news_site.url}/new"


def test_the_sixth_redirect_is_one_too_many(news_site: NewsSite) -> None:
    for number in range(7):
        news_site.redirect(f"/{number}", f"/{number + 1}")

    with pytest.raises(SourceUnreachableError, match="redirects more than 5 times"):
        _fetch(_fetcher(), f"{news_site.url}/0")


def test_a_redirect_may_not_lead_to_a_file(news_site: NewsSite) -> None:
    url = news_site.redirect("/old", "file:///etc/hostname")

    with pytest.raises(SourceUnreachableError, match="only http and https"):
        _fetch(_fetcher(), url)


def test_a_cookie_set_on_the_way_is_shown_once_and_forgotten(news_site: NewsSite) -> None:
    headers = {"Location": "/news", "Set-Cookie": "seen=1"}
    url = news_site.put("/old", Page(status=302, headers=headers))
    news_site.serve("/news", "x")
    fetcher = _fetcher()

    _fetch(fetcher, url)
    _fetch(fetcher, f"{news_site.url}/news")

    assert [one.headers.get("Cookie") for one in news_site.requests] == [None, "seen=1", None]


def test_a_proxy_is_not_asked_for_what_only_this_machine_sees(
    news_site: NewsSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")

    assert _fetch(_fetcher(), news_site.serve("/news", "x")).body == b"x"


def test_a_redirect_written_in_utf8_is_followed(news_site: NewsSite) -> None:
    news_site.serve("/caf%C3%A9", "x")
    url = news_site.redirect("/old", "/caf\u00c3\u00a9")

    assert _fetch(_fetcher(), url).body == b"x"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (404, "the server answered 404: not found"),
        (403, "the server answered 403: it refuses to show this to us"),
        (500, "the server answered 500: the server is broken"),
        (418, "the server answered 418: i'm a teapot"),
        (799, "the server answered 799: which means nothing we know"),
        (204, "the server answered 204: no content"),
    ],
)
def test_a_refusal_is_told_in_plain_words(news_site: NewsSite, status: int, reason: str) -> None:
    url = news_site.serve("/news", "", status=status)

    with pytest.raises(SourceUnreachableError) as caught:
        _fetch(_fetcher(), url)

    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "page", [Page(drip=b"x"), Page(drips_headers=True)], ids=["body", "headers"]
)
def test_a_server_that_drips_meets_the_deadline(news_site: NewsSite, page: Page) -> None:
    url = news_site.put("/slow", page)

    with pytest.raises(SourceUnreachableError, match=r"took longer than 0\.3 seconds"):
        _fetch(_fetcher(seconds=0.3), url)


def test_a_server_that_says_nothing_meets_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"

        with pytest.raises(SourceUnreachableError, match=r"took longer than 0\.3 seconds"):
            _fetch(_fetcher(seconds=0.3), url)


def test_a_closed_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with pytest.raises(SourceUnreachableError, match=f"nothing answers at '127.0.0.1:{port}'"):
        _fetch(_fetcher(), f"http://127.0.0.1:{port}/")


def test_an_answer_over_the_limit_is_refused(news_site: NewsSite) -> None:
    url = news_site.serve("/news", b"x" * 200_000)

    with pytest.raises(SourceUnreachableError, match="larger than 100 KB"):
        _fetcher().fetch(url, typed_by_staff=True, max_bytes=100_000)


def test_an_endless_answer_is_refused_at_the_limit(news_site: NewsSite) -> None:
    url = news_site.put("/news", Page(drip=b"x" * 50_000))

    with pytest.raises(SourceUnreachableError, match="larger than 100 KB"):
        _fetcher().fetch(url, typed_by_staff=True, max_bytes=100_000)


def test_a_packed_answer_is_unpacked_and_a_bomb_refused(news_site: NewsSite) -> None:
    page = news_site.serve_packed("/page", b"<p>Panama</p>")
    bomb = news_site.serve_packed("/bomb", b"\0" * 50_000_000)

    assert _fetch(_fetcher(), page).body == b"<p>Panama</p>"
    with pytest.raises(SourceUnreachableError, match="unpacks to more than 100 times its size"):
        _fetch(_fetcher(), bomb)


def test_an_answer_that_breaks_off_is_not_taken_for_the_whole(news_site: NewsSite) -> None:
    headers = {"Content-Encoding": "gzip"}
    plain = news_site.put("/plain", Page(b"<rss>", claimed_length=10_000))
    packed = news_site.put("/packed", Page(gzip.compress(b"<rss>" * 99)[:-9], headers=headers))

    for url in (plain, packed):
        with pytest.raises(SourceUnreachableError, match="broke off in the middle"):
            _fetch(_fetcher(), url)


def test_an_unchanged_answer_comes_from_the_cache(news_site: NewsSite, tmp_path: Path) -> None:
    url = news_site.serve("/feed", "<rss/>", "text/xml", headers={"ETag": '"1"'})
    cache = HttpCache(tmp_path / "http")
    first = _fetch(_fetcher(cache=cache), url)

    second = _fetch(_fetcher(cache=cache), url)

    assert (first.from_cache, second.from_cache) == (False, True)
    assert (second.body, second.content_type) == (first.body, first.content_type)
    assert news_site.requests[1].headers["If-None-Match"] == '"1"'


def test_a_changed_answer_replaces_the_cached_one(news_site: NewsSite, tmp_path: Path) -> None:
    cache = HttpCache(tmp_path)
    url = news_site.serve("/feed", "one", headers={"ETag": '"1"'})
    _fetch(_fetcher(cache=cache), url)
    news_site.serve("/feed", "two", headers={"ETag": '"2"'})

    bodies = [_fetch(_fetcher(cache=cache), url).body for _ in range(2)]

    assert bodies == [b"two", b"two"]


def test_a_host_is_asked_one_thing_at_a_time(news_site: NewsSite) -> None:
    urls = [news_site.serve(f"/{number}", "x" * 50_000) for number in range(12)]
    fetcher = _fetcher()

    with ThreadPoolExecutor(6) as threads:
        bodies = list(threads.map(lambda url: _fetch(fetcher, url).body, urls))

    assert len(bodies) == 12
    assert news_site.most_at_once == 1


def test_two_hosts_are_asked_at_the_same_time() -> None:
    with NewsSite() as one, NewsSite() as other:
        slow = one.put("/slow", Page(drip=b"x"))
        quick = other.serve("/quick", "x").replace("127.0.0.1", "localhost")
        fetcher = _fetcher(seconds=60)
        waiting = threading.Thread(target=_fetch, args=(fetcher, slow))
        waiting.start()

        answer = _fetch(fetcher, quick)

        assert answer.body == b"x"
        one.closing.set()
        waiting.join()


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("wait", ["3600", "Wed, 25 May 2016 13:00:00 GMT"])
def test_a_server_that_asks_for_a_pause_gets_it(
    news_site: NewsSite, status: int, wait: str
) -> None:
    url = news_site.serve("/news", "", status=status, headers={"Retry-After": wait})
    fetcher = _fetcher()
    with pytest.raises(SourceUnreachableError):
        _fetch(fetcher, url)

    with pytest.raises(
        SourceUnreachableError, match="not to come back before 2016-05-25 13:00 UTC"
    ):
        _fetch(fetcher, news_site.serve("/other", "x"))

    assert news_site.paths() == ["/news"]


def test_robots_txt_is_read_once_and_obeyed(news_site: NewsSite) -> None:
    news_site.serve("/robots.txt", "User-agent: *\nDisallow: /private\n", "text/plain")
    fetcher = Fetcher(agent=user_agent("1.0"), typed=[news_site.url])

    allowed = [fetcher.may_read(f"{news_site.url}{path}") for path in ("/a", "/private/a", "/b")]

    assert allowed == [True, False, True]
    assert news_site.paths() == ["/robots.txt"]


@pytest.mark.parametrize(
    ("status", "allowed"), [(404, True), (403, True), (500, False), (429, False)]
)
def test_robots_txt_that_cannot_be_had_means_what_the_rfc_says(
    news_site: NewsSite, status: int, allowed: bool
) -> None:
    news_site.serve("/robots.txt", "User-agent: *\nDisallow: /\n", status=status)
    fetcher = Fetcher(agent=user_agent("1.0"), typed=[news_site.url])

    assert fetcher.may_read(f"{news_site.url}/a") is allowed


def test_a_certificate_nobody_signed_is_refused(tmp_path: Path) -> None:
    certificate = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = threading.Thread(target=_shake_hands, args=(listener, context))
        server.start()

        with pytest.raises(SourceUnreachableError, match="signed by nobody we know"):
            _fetch(_fetcher(), f"https://127.0.0.1:{port}/")

        server.join()


def _shake_hands(listener: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listener.accept()
    with connection:
        try:
            context.wrap_socket(connection, server_side=True).close()
        except OSError:
            return


def _certificate(folder: Path) -> Path:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "news.example.org")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2016, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_a_snapshot_of_a_site_gives_the_same_answers_when_it_is_gone(
    news_site: NewsSite, tmp_path: Path
) -> None:
    news_site.serve("/new", "<p>Panama</p>")
    url = news_site.redirect("/old", "/new")
    recorder = Recorder(_fetcher())
    first = recorder.fetch(url, typed_by_staff=True)
    recorder.save(tmp_path)
    news_site.pages.clear()

    again = Replayer(tmp_path).fetch(url, typed_by_staff=True)

    assert (again.url, again.body, again.fetched_at) == (first.url, first.body, first.fetched_at)
