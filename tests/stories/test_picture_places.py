"""Pictures keep their place and shape before, while and after they are loaded, in chromium."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image
from playwright.sync_api import Browser, Page, Route, sync_playwright

from newsletter.cli import main

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
ISSUE = """
subject = "Pictures"
date = 2016-05-31
[[items]]
title = "A wide lead"
link = "https://library.example/1"
summary = "The first story has a summary of some length, so that there is text below it."
picture = "own/wide.jpg"
alt = "A hall with many shelves"
[[items]]
title = "A tall one beside its text"
link = "https://library.example/2"
summary = "The second story has a summary of some length, so that there is text beside it."
picture = "own/tall.jpg"
alt = "A tower of books"
[[items]]
title = "A small one"
link = "https://library.example/3"
summary = "The third story has a summary of some length, so that there is text beside it."
picture = "own/small.jpg"
[[items]]
title = "One that cannot be had"
link = "https://library.example/4"
summary = "The fourth story has a summary of some length and stands without a picture."
picture = "own/missing.jpg"
alt = "Nothing"
"""
PLACES = """() => ({
  pictures: [...document.images].map(one => {
    const box = one.getBoundingClientRect();
    return {
      width: box.width, height: box.height, left: Math.round(box.left),
      is_loaded: one.naturalWidth > 0, natural: one.naturalWidth / one.naturalHeight,
      natural_width: one.naturalWidth,
    };
  }),
  titles: [...document.querySelectorAll('h2, h3')].map(
    one => Math.round(one.getBoundingClientRect().top)),
  wide: document.documentElement.scrollWidth,
})"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module", params=["default", "bulletin"])
def out(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the preview of an issue with pictures of every shape."""
    root = tmp_path_factory.mktemp("workspace")
    (root / "newsletter.toml").write_text(
        f'name = "News"\npublic_url = "https://library.example"\ntheme = "{request.param}"\n'
    )
    own = root / "issues" / "i" / "own"
    own.mkdir(parents=True)
    (own.parent / "issue.toml").write_text(ISSUE)
    for name, size in {"wide": (1600, 700), "tall": (600, 1500), "small": (70, 70)}.items():
        noise = Image.frombytes("RGB", (40, 40), random.Random(3).randbytes(4800))
        buffer = io.BytesIO()
        noise.resize(size).save(buffer, "JPEG")
        (own / f"{name}.jpg").write_bytes(buffer.getvalue())
    done = CliRunner().invoke(main, ["--workspace", str(root), "preview", "i"])
    assert done.exit_code == 0, done.output
    return own.parent / "out"


def opened(browser: Browser, path: Path, width: int, *, pictures: bool = True) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 900})

    def answer(route: Route) -> None:
        if "/pictures/" in route.request.url and not pictures:
            route.abort()
        else:
            route.continue_()

    page.route("**/*", answer)
    page.goto(path.as_uri())
    page.wait_for_load_state("networkidle")
    return page


@pytest.mark.parametrize("width", [640, 375])
def test_pictures_are_shown_in_their_shape_and_never_enlarged(
    browser: Browser, out: Path, width: int
) -> None:
    found = opened(browser, out / "en.html", width).evaluate(PLACES)

    assert len(found["pictures"]) == 3, "the one that cannot be had leaves no hole"
    for one in found["pictures"]:
        assert one["is_loaded"]
        assert one["width"] / one["height"] == pytest.approx(one["natural"], rel=0.03)
        assert one["width"] <= one["natural_width"]
    assert found["wide"] <= width
    sides = found["pictures"][1:]
    assert all(one["left"] > width / 2 for one in sides), "small pictures stay at the side"


@pytest.mark.parametrize("width", [640, 375])
def test_every_text_stays_where_it_is_when_pictures_arrive(
    browser: Browser, out: Path, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    held: list[Route] = []
    page.route("**/pictures/**", lambda route: held.append(route))
    page.goto((out / "en.html").as_uri(), wait_until="commit")
    page.wait_for_function("() => document.images.length === 3 && document.body.lastElementChild")
    before = page.evaluate(PLACES)
    for route in held:
        route.continue_()
    page.wait_for_function("() => [...document.images].every(one => one.naturalWidth)")

    after = page.evaluate(PLACES)

    assert not any(one["is_loaded"] for one in before["pictures"])
    places = [
        ([one["left"] for one in when["pictures"]], when["titles"]) for when in (before, after)
    ]
    assert places[0] == places[1]


@pytest.mark.parametrize("width", [640, 375])
def test_blocked_pictures_leave_words_and_no_holes(browser: Browser, out: Path, width: int) -> None:
    page = opened(browser, out / "en.html", width, pictures=False)

    found = page.evaluate(PLACES)
    alts = page.evaluate("() => [...document.images].map(one => one.alt)")

    assert alts == ["A hall with many shelves", "A tower of books", ""]
    assert not any(one["is_loaded"] for one in found["pictures"])
    assert max(one["height"] for one in found["pictures"]) <= 120
    assert found["wide"] <= width


def test_the_preview_page_shows_the_local_files_without_a_network(
    browser: Browser, out: Path
) -> None:
    page = browser.new_page(viewport={"width": 3000, "height": 1400})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((out / "index.html").as_uri())
    page.wait_for_load_state("networkidle")

    loaded = [
        frame.evaluate("() => [...document.images].filter(one => one.naturalWidth).length")
        for frame in page.frames[1:]
        if "/en-light" not in frame.url and "-light-" not in frame.url
    ]

    assert [url for url in asked if not url.startswith("file:")] == []
    assert sorted(loaded) == [0, 3, 3, 3, 3]
