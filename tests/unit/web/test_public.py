"""Every answer of the public page, asked as browsers, scanners and mail providers ask."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from newsletter import web
from newsletter.audience.consent import Keys, Purpose, make_token, person_on_list
from newsletter.errors import SettingsError, WorkspaceNotFoundError
from newsletter.model.people import Subscriber, SuppressionReason
from newsletter.store.people import People
from newsletter.web import bodies
from newsletter.web.bodies import MOST_BYTES
from newsletter.web.public import languages_of, public_app, token_in
from newsletter.workspace import Workspace

NOW = datetime(2016, 5, 20, 9, 0, tzinfo=UTC)
SECRET = "only-for-these-tests-and-long-enough"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    (tmp_path / "newsletter.toml").write_text(
        'name = "Library news"\ncontact = "office@library.example"\n'
        'unsubscribe_url = "https://news.library.example/leave/"\n',
        encoding="utf-8",
    )
    (tmp_path / ".env").write_text(f"NEWSLETTER_SECRET={SECRET}\n", encoding="utf-8")
    workspace = Workspace(tmp_path)
    with workspace.open_store(create=True) as store:
        people = People(store)
        people.ensure_list("members", now=NOW, title="Members & friends")
        people.ensure_list("press", now=NOW)
        for name, language in (("ana", "es"), ("bo", ""), ("dina", "ar")):
            person = Subscriber(f"{name}@example.org", language=language)
            people.add(person, "members", now=NOW, how="by hand")
    return workspace


@pytest.fixture
def client(place: Workspace) -> Iterator[TestClient]:
    with TestClient(public_app(place), follow_redirects=False) as opened:
        yield opened


def link(person: int = 1, address: str = "ana@example.org", secret: str = SECRET) -> str:
    bound_to = person_on_list(address, "members")
    token = make_token(Keys.of(secret), Purpose.UNSUBSCRIBE, person, 1, bound_to=bound_to)
    return f"/leave/{token}"


BO = link(2, "bo@example.org")


def standing(place: Workspace, address: str = "ana@example.org") -> tuple[str, str]:
    with place.open_store(create=False) as store:
        (one,) = People(store).find(address).subscriptions
    return str(one.status), one.how


def events(place: Workspace) -> list[tuple[str, str, str]]:
    with place.open_store(create=False) as store:
        rows = store.rows("SELECT * FROM events WHERE kind NOT LIKE 'added%' ORDER BY id", {})
        return [(row["kind"], row["list_key"], row["note"]) for row in rows]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_the_link_changes_nothing_however_often(
    client: TestClient, place: Workspace, method: str
) -> None:
    for _ in range(10):
        assert client.request(method, link()).status_code == 200
        assert client.request(method, f"{link()}?List-Unsubscribe=One-Click").status_code == 200

    assert standing(place) == ("confirmed", "by hand")
    assert events(place) == []


def test_one_click_unsubscribes_at_once_without_cookie_or_redirect(
    client: TestClient, place: Workspace
) -> None:
    answer = client.post(link(), data=ONE_CLICK)

    assert answer.status_code == 200
    assert "location" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert standing(place) == ("unsubscribed", "left by one-click")


def test_one_click_works_as_multipart_too_and_a_second_time_changes_nothing(
    client: TestClient, place: Workspace
) -> None:
    for _ in range(3):
        files = {"List-Unsubscribe": (None, "One-Click")}
        assert client.post(link(), files=files).status_code == 200

    assert events(place) == [("unsubscribed", "members", "left by one-click")]


def test_who_left_is_not_asked_again_and_may_come_back(
    client: TestClient, place: Workspace
) -> None:
    left = client.post(link(), data={"wish": "leave"})
    assert "Se ha dado de baja" in left.text
    assert client.get(link()).text == left.text

    back = client.post(link(), data={"wish": "back"})

    assert back.status_code == 200
    assert "Está de nuevo en la lista" in back.text
    assert standing(place) == ("confirmed", "came back by the page")
    client.post(link(), data={"wish": "back"})
    assert [how for _, _, how in events(place)] == ["left by the page", "came back by the page"]


def test_who_is_suppressed_leaves_and_only_staff_bring_them_back(
    client: TestClient, place: Workspace
) -> None:
    with place.open_store(create=False) as store:
        People(store).suppress("bo@example.org", SuppressionReason.COMPLAINED, now=NOW)

    left = client.post(BO, data=ONE_CLICK)
    back = client.post(BO, data={"wish": "back"})

    assert standing(place, "bo@example.org")[0] == "unsubscribed"
    assert left.text == back.text == client.get(BO).text
    assert "<form" not in left.text
    assert "mailto:office@library.example" in left.text


@pytest.mark.parametrize(
    ("path", "language"),
    [(link(), "es"), (BO, "en"), (link(3, "dina@example.org"), "ar")],
)
def test_the_page_speaks_the_readers_language_not_the_browsers(
    client: TestClient, path: str, language: str
) -> None:
    answer = client.get(path, headers={"Accept-Language": "de"})

    assert answer.headers["content-language"] == language
    assert f'<html lang="{language}"' in answer.text
    assert "Members &amp; friends" in answer.text
    assert "•••@example.org" in answer.text
    assert "ana@" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/leave/",
        "/leave/nonsense",
        "/favicon.ico",
        "/robots.txt",
        link()[:-1],
        link(person=2),
        link(person=99),
        link(secret="another-secret-that-is-long-enough"),
        "/leave/" + make_token(Keys.of(SECRET), Purpose.UNSUBSCRIBE, 1, 1),
        "/leave/" + make_token(Keys.of(SECRET), Purpose.VIEW, 1, 1),
        "/leave/" + make_token(Keys.of(SECRET), Purpose.UNSUBSCRIBE, 1, 1, 1),
        "/leave/" + "a" * 5000,
        "/leave/%00%ff%F0",
        "/leave/..%2f..%2fetc%2fpasswd",
        "/leave/<script>alert(1)</script>",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_is_not_ours_is_answered_kindly_and_does_nothing(
    client: TestClient, place: Workspace, path: str, method: str
) -> None:
    answer = client.request(
        method, path, headers={"Accept-Language": "de"}, data=ONE_CLICK if method == "POST" else {}
    )

    assert answer.status_code == 404
    assert "Dieser Link funktioniert nicht" in answer.text
    assert "mailto:office@library.example" in answer.text
    assert "<script" not in answer.text
    assert events(place) == []


def test_an_old_link_works_after_the_secret_was_renewed(place: Workspace) -> None:
    old = link()
    (place.root / ".env").write_text(
        f"NEWSLETTER_SECRET=a-new-secret-of-some-length,{SECRET}\n", encoding="utf-8"
    )
    renewed = TestClient(public_app(Workspace(place.root)))

    assert renewed.post(old, data=ONE_CLICK).status_code == 200
    assert standing(place)[0] == "unsubscribed"


def test_a_link_of_a_store_that_was_made_anew_never_means_somebody_else(place: Workspace) -> None:
    before = link()
    (place.root / "newsletter.db").unlink()
    with place.open_store(create=True) as store:
        people = People(store)
        people.ensure_list("members", now=NOW)
        people.add(Subscriber("eve@example.org"), "members", now=NOW, how="by hand")

    answer = TestClient(public_app(place)).post(before, data=ONE_CLICK)

    assert answer.status_code == 404
    assert standing(place, "eve@example.org") == ("confirmed", "by hand")


@pytest.mark.parametrize(
    "path", ["{}", "/{}/", "/any/prefix{}", "{}.", "{})", "{}%3E", "{}%22", "//{}"]
)
def test_a_link_is_found_behind_any_prefix_and_before_what_stuck_to_it(
    client: TestClient, path: str
) -> None:
    assert client.get("/" + path.format(link()).lstrip("/")).status_code == 200


def test_the_sample_of_previews_is_answered_and_does_nothing(
    client: TestClient, place: Workspace
) -> None:
    for answer in (
        client.get("/leave/sample"),
        client.post("/leave/sample", data=ONE_CLICK),
        client.post("/leave/sample", data={"wish": "back"}),
    ):
        assert answer.status_code == 200
        assert "Nothing was changed" in answer.text
    assert events(place) == []


@pytest.mark.parametrize("body", [b"", b"x=y", b"List-Unsubscribe=Perhaps", b"wish=nothing"])
def test_a_form_that_says_nothing_gets_the_page_with_its_button(
    client: TestClient, place: Workspace, body: bytes
) -> None:
    answer = client.post(
        link(), content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )

    assert answer.status_code == 400
    assert '<input type="hidden" name="wish" value="leave">' in answer.text
    assert events(place) == []


def test_a_body_larger_than_any_form_is_refused(client: TestClient, place: Workspace) -> None:
    answer = client.post(link(), data={**ONE_CLICK, "more": "x" * MOST_BYTES})

    assert answer.status_code == 413
    assert "mailto:office@library.example" in answer.text
    assert events(place) == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused_with_those_there_are(client: TestClient, method: str) -> None:
    answer = client.request(method, link())

    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


@pytest.mark.parametrize("path", [link(), "/leave/nonsense", "/leave/sample"])
def test_nothing_of_a_page_is_kept_found_passed_on_or_run(client: TestClient, path: str) -> None:
    headers = client.get(path).headers

    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert headers["content-security-policy"].startswith("default-src 'none';")
    assert "script-src" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in headers


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_store_that_cannot_be_read_is_no_broken_link(
    client: TestClient, place: Workspace, method: str
) -> None:
    database = place.root / "newsletter.db"
    database.rename(place.root / "elsewhere.db")

    answer = client.request(method, link(), data=ONE_CLICK if method == "POST" else {})

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "60"
    assert "Please try again" in answer.text
    assert not database.exists()


def test_a_store_that_is_no_database_says_so_in_the_log_and_without_a_token(
    client: TestClient, place: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    for one in place.root.glob("newsletter.db*"):
        one.unlink()
    (place.root / "newsletter.db").write_bytes(b"not a database at all, for sure" * 100)

    assert client.post(link(), data=ONE_CLICK).status_code == 503

    assert "cannot open the database" in caplog.text
    assert link().rpartition("/")[2] not in caplog.text


def test_a_leave_is_written_whole_or_not_at_all(client: TestClient, place: Workspace) -> None:
    with sqlite3.connect(place.root / "newsletter.db") as database:
        database.execute(
            "CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    database.close()

    assert client.post(link(), data=ONE_CLICK).status_code == 503
    assert standing(place) == ("confirmed", "by hand")


def test_the_most_wanted_language_comes_first() -> None:
    assert languages_of("fr;q=0.5, de-CH, *;q=0.1, en;q=0.8, x;q=0, y;q=z") == ("de-CH", "en", "fr")
    assert languages_of("") == ()
    assert len(languages_of(",".join(["de"] * 100))) <= 8


def test_the_token_is_the_last_piece_of_the_path() -> None:
    assert token_in("leave/uabc-1-2-x/") == "uabc-1-2-x"
    assert token_in("uabc-1-2-x.") == "uabc-1-2-x"
    assert token_in("") == ""


def _posted(place: Workspace, receive: Callable[[], Awaitable[dict[str, Any]]]) -> int:
    """Return the status that a POST gets whose body comes by `receive`."""
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": link(),
        "query_string": b"",
        "headers": [(b"content-type", b"application/x-www-form-urlencoded")],
    }
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    asyncio.run(public_app(place)(scope, receive, send))
    return int(sent[0]["status"])


def test_a_body_that_never_ends_is_not_waited_for(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(bodies, "SECONDS", 0.0)

    assert _posted(place, nothing) == 408
    assert events(place) == []


def test_who_hangs_up_in_the_middle_has_wished_nothing(place: Workspace) -> None:
    parts: Iterator[dict[str, Any]] = iter(
        [
            {"type": "http.request", "body": b"List-Unsubscribe=One-Click", "more_body": True},
            {"type": "http.disconnect"},
        ]
    )

    async def some() -> dict[str, Any]:
        return next(parts)

    assert _posted(place, some) == 400
    assert events(place) == []


def test_without_a_secret_nothing_is_served(tmp_path: Path) -> None:
    (tmp_path / "newsletter.toml").write_text("", encoding="utf-8")

    with pytest.raises(SettingsError, match="NEWSLETTER_SECRET"):
        public_app(Workspace(tmp_path))


def test_other_servers_get_the_application_by_a_factory(
    place: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NEWSLETTER_WORKSPACE", str(place.root))
    assert TestClient(web.app()).get(link()).status_code == 200

    monkeypatch.setenv("NEWSLETTER_WORKSPACE", str(tmp_path / "nowhere"))
    with pytest.raises(WorkspaceNotFoundError):
        web.app()


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_a_missing_package_is_told_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setitem(__import__("sys").modules, missing, None)

    with pytest.raises(SettingsError, match=missing) as caught:
        web.require()

    assert "pip install 'newsletter-press[web]'" in caught.value.hint
