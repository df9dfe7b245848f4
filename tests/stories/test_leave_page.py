"""The page that readers leave by, looked at in chromium, served as it is served for real."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from newsletter import shipped
from newsletter.model.people import SuppressionReason
from newsletter.store.people import People
from newsletter.workspace import Workspace
from tests.stories.mailing_room import MailingRoom
from tests.stories.test_leaving import Server, furnished, links, serving, shown
from tests.stories.test_look import ARGUMENTS, CHROMIUM, MEASURE

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
#: Language of the reader -> what the page says in it before, after, and on the second button.
SAYS = {
    "en": ("Unsubscribe", "You are unsubscribed", "Subscribe again", "You are subscribed again"),
    "ar": ("إلغاء الاشتراك", "أُلغي اشتراكك", "الاشتراك من جديد", "عاد اشتراكك"),
}
THEMES = sorted(path.parent.name for path in shipped.templates().glob("*/theme.toml"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(params=THEMES)
def room(tmp_path: Path, request: pytest.FixtureRequest) -> MailingRoom:
    """A mailing that is prepared, so that each reader has a link; nobody is written to."""
    made = furnished(tmp_path, 25)
    settings = made.folder / "newsletter.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f'theme = "{request.param}"\n{text}', encoding="utf-8")
    for language in SAYS:
        made.run(
            *("subscribers", "add", f"{language}@town.example", "--list", "members"),
            *("--language", language),
            ok=(0,),
        )
    made.run("lists", "set", "members", "--title", "Friends of the library", ok=(0,))
    made.send("--at", "2099-05-20T08:00", ok=(0,))
    return made


@pytest.fixture
def server(room: MailingRoom) -> Iterator[Server]:
    with serving(room) as running:
        yield running


def address(server: Server, link: str) -> str:
    return f"http://127.0.0.1:{server.port}/unsubscribe/{link.rpartition('/')[2]}"


@pytest.mark.parametrize("language", SAYS)
def test_a_reader_leaves_and_comes_back_without_scripts_on_a_small_phone(
    browser: Browser, room: MailingRoom, server: Server, language: str
) -> None:
    asks, left, undo, back = SAYS[language]
    reader = f"{language}@town.example"
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 320, "height": 640}, locale="de-DE"
    )
    page = context.new_page()
    page.goto(address(server, links(room)[reader]))
    assert page.locator("h1").inner_text() == asks
    assert shown(room, reader)[0] == "confirmed"

    page.get_by_role("button", name=asks).click()
    assert page.locator("h1").inner_text() == left
    assert shown(room, reader) == ("unsubscribed", "left by the page")

    page.get_by_role("button", name=undo).click()
    assert page.locator("h1").inner_text() == back
    assert shown(room, reader) == ("confirmed", "came back by the page")
    assert context.cookies() == []
    context.close()


def test_every_state_can_be_read_by_everybody(
    browser: Browser, room: MailingRoom, server: Server
) -> None:
    own = links(room)
    page = browser.new_page()
    found: list[str] = []
    for language in SAYS:
        reader = f"{language}@town.example"
        for name, url in (("ask", own[reader]), ("broken", "x/nonsense"), ("sample", "x/sample")):
            page.set_extra_http_headers({"Accept-Language": language})
            page.goto(address(server, url))
            found += _faults(page, f"{language} {name}")
        page.goto(address(server, own[reader]))
        for name in ("left", "back", "left"):
            page.get_by_role("button").click()
            found += _faults(page, f"{language} {name}")
        _suppress(room, reader)
        page.goto(address(server, own[reader]))
        assert page.locator("form").count() == 0
        found += _faults(page, f"{language} away")
    page.close()

    assert found == [], json.dumps(found, indent=1)


def _suppress(room: MailingRoom, reader: str) -> None:
    with Workspace(room.folder).open_store(create=False) as store:
        People(store).suppress(reader, SuppressionReason.COMPLAINED, now=datetime.now(UTC))


def _faults(page: Page, what: str) -> list[str]:
    """Return what keeps somebody from using the page, at any width and in any light."""
    language = what.partition(" ")[0]
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    found = []
    for width, scheme in ((320, "light"), (320, "dark"), (1280, "light")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        measured = page.evaluate(MEASURE)
        found += [f"{what} {width} {one} spills" for one in measured["spill"]]
        found += [
            f"{what} {scheme} {one['words']}: {one['contrast']:.1f}, {one['size']} px"
            for one in measured["texts"]
            if one["contrast"] < 4.5 or one["size"] < 14
        ]
        edges = page.evaluate(
            "() => ['header', 'main', 'footer'].map(one => document.querySelector(one))"
            ".filter(Boolean).map(one => one.getBoundingClientRect().left)"
        )
        found += [] if len(set(edges)) == 1 else [f"{what} {width} edges {edges}"]
        for button in page.get_by_role("button").all():
            box = button.bounding_box()
            assert box is not None
            found += [f"{what} small button"] if box["height"] < 44 else []
        page.evaluate(AXE)
        violations = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        found += [f"{what} {scheme} axe: {one['id']}" for one in violations["violations"]]
    return found
