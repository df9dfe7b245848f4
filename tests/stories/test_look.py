"""What readers see, measured in chromium: nothing here is a matter of taste."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from newsletter import shipped
from newsletter.model.content import Edition
from newsletter.model.editions import resolve
from newsletter.model.message import MARKERS
from newsletter.rendering.editions import render_edition
from tests.examples import FEDERATION, LANGUAGES, federation_issue, without_translation

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--hide-scrollbars",
]
THEMES = sorted(path.parent.name for path in shipped.templates().glob("*/theme.toml"))
#: Theme and edition of every mail that is looked at.
MAILS = [
    *(
        (theme, f"{language}{form}")
        for theme in THEMES
        for language in LANGUAGES
        for form in ("", "-light")
    )
]
#: A drawn dot, so that pictures load.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a4944415408"
    "d763f80f00010101001bb6ee560000000049454e44ae426082"
)

MEASURE = """() => {
  const rgb = value => {
    const parts = value.match(/[\\d.]+/g).map(Number);
    return {channels: parts.slice(0, 3), alpha: parts.length > 3 ? parts[3] : 1};
  };
  const curve = part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const linear = value => curve(value / 255);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour.alpha === 1) return colour.channels;
    }
    return [255, 255, 255];
  };
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const words = walker.currentNode.textContent.trim().replace(/\\u00a0/g, '');
    const element = walker.currentNode.parentElement;
    if (!words || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [one, other] = [light(rgb(style.color).channels), light(ground(element))];
    texts.push({
      words: words.slice(0, 40),
      size: parseFloat(style.fontSize),
      line: parseFloat(style.lineHeight) / parseFloat(style.fontSize),
      block: element.closest('h1,h2,h3,p,td,a').tagName,
      contrast: (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05),
    });
  }
  const links = [...document.querySelectorAll('a')].filter(a => a.checkVisibility()).map(a => ({
    words: a.textContent.trim(),
    alt: [...a.querySelectorAll('img')].map(img => img.alt).join(' '),
    height: a.getBoundingClientRect().height,
    kind: a.className,
    underlined: getComputedStyle(a).textDecorationLine.includes('underline'),
    heading: !!a.closest('h1,h2,h3'),
  }));
  const lead = document.querySelector('h2');
  return {
    texts, links,
    wide: document.documentElement.scrollWidth,
    spill: [...document.body.querySelectorAll('*')].filter(one => {
      const box = one.getBoundingClientRect();
      return box.width && (box.right > innerWidth + 0.5 || box.left < -0.5);
    }).map(one => one.outerHTML.slice(0, 80)),
    lead: lead ? lead.getBoundingClientRect().top : 0,
  };
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@cache
def mail(theme: str, key: str) -> str:
    """Return an edition of the example issue as a reader gets it."""
    issue = without_translation(federation_issue(), "ar", "zimla")
    content = resolve(issue, Edition.from_key(key), ["en"])
    html = render_edition(
        content, FEDERATION, theme=theme, theme_folders=[shipped.templates()]
    ).html
    for name, marker in MARKERS.items():
        html = html.replace(
            marker, "https://x.example/" if name.endswith("url") else "reader@library.example"
        )
    return html


def opened(
    browser: Browser, html: str, width: int, scheme: str = "light", pictures: bool = True
) -> Page:
    asked: list[str] = []

    def answer(route: Route) -> None:
        address = route.request.url
        if address.endswith("/issue"):
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        elif "/pictures/" in address and pictures:
            route.fulfill(body=PIXEL, content_type="image/png")
        else:
            asked.append(address)
            route.abort()

    page = browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page.route("**/*", answer)
    page.goto("https://federation.example/issue")
    assert asked == [] or not pictures
    return page


@cache
def looks(browser: Browser, theme: str, key: str) -> dict[tuple[int, str], dict[str, Any]]:
    """Return what was measured of a mail, by width and light; each mail is opened once."""
    page = opened(browser, mail(theme, key), 640)
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for width, scheme in ((640, "light"), (375, "light"), (320, "light"), (375, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        found[width, scheme] = page.evaluate(MEASURE)
    page.close()
    return found


@pytest.mark.parametrize(("theme", "key"), MAILS)
@pytest.mark.parametrize("width", [640, 375, 320])
def test_nothing_overflows(browser: Browser, theme: str, key: str, width: int) -> None:
    found = looks(browser, theme, key)[width, "light"]

    assert found["wide"] <= width
    assert found["spill"] == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("key", ["en", "de", "ar"])
def test_nothing_overflows_where_a_client_drops_the_style_element(
    browser: Browser, theme: str, key: str
) -> None:
    html = mail(theme, key)
    start, end = html.index("<style>"), html.index("</style>")

    page = opened(browser, html[:start] + html[end + len("</style>") :], 320)
    found = page.evaluate(MEASURE)

    assert found["wide"] <= 320
    assert min(one["size"] for one in found["texts"]) >= 14


@pytest.mark.parametrize(("theme", "key"), MAILS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(browser: Browser, theme: str, key: str, scheme: str) -> None:
    texts = looks(browser, theme, key)[375, scheme]["texts"]

    assert len(texts) > 40
    assert [one for one in texts if one["contrast"] < 4.5] == []
    assert [one for one in texts if one["size"] < 14] == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_type_scale_is_short(browser: Browser, theme: str, language: str) -> None:
    texts = looks(browser, theme, language)[640, "light"]["texts"]

    assert len({one["size"] for one in texts}) <= 5
    running = [one for one in texts if one["block"] == "P" and one["size"] >= 16]
    assert running
    assert [one for one in running if not 1.5 <= one["line"] <= 1.76] == []
    titles = [one for one in texts if one["block"] in {"H1", "H2", "H3"}]
    assert [one for one in titles if not 1.15 <= one["line"] <= 1.4] == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_main_story_begins_above_the_fold(browser: Browser, theme: str, language: str) -> None:
    assert looks(browser, theme, language)[640, "light"]["lead"] < 520


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_links_can_be_told_and_touched(browser: Browser, theme: str, language: str) -> None:
    links = looks(browser, theme, language)[375, "light"]["links"]

    assert [one for one in links if not one["words"] and not one["alt"]] == []
    plain = [
        one for one in links if not one["heading"] and "button" not in one["kind"] and one["words"]
    ]
    assert [one for one in plain if not one["underlined"]] == []
    buttons = [one for one in links if "button" in one["kind"]]
    assert len(buttons) == 1
    rows = [one for one in links if "row-link" in one["kind"] or "footer-link" in one["kind"]]
    assert len(rows) > 6
    assert [one for one in [*buttons, *rows] if one["height"] < 44] == []


@pytest.mark.parametrize("theme", THEMES)
def test_arabic_is_the_mirror_of_english(browser: Browser, theme: str) -> None:
    """Blocks that stand at the left in English stand as far from the right in Arabic."""
    sides = """() => [...document.querySelectorAll('.day-block, .thumb-image')].map(one => {
      const box = one.getBoundingClientRect();
      return [one.className, Math.round(box.left), Math.round(innerWidth - box.right)];
    })"""
    english = opened(browser, mail(theme, "en"), 640).evaluate(sides)
    arabic = opened(browser, mail(theme, "ar"), 640).evaluate(sides)

    pictures = [
        (name, left, right) for name, left, right in english if name in {"day-block", "thumb-image"}
    ]
    assert len(pictures) > 3
    assert pictures == [
        (name, right, left) for name, left, right in arabic if name in {"day-block", "thumb-image"}
    ]
    assert all(left > 300 for name, left, _ in english if name == "thumb-image")
    assert all(left < 100 for name, left, _ in english if name == "day-block")


@pytest.mark.parametrize("theme", THEMES)
def test_without_pictures_no_hole_stays_and_alt_texts_can_be_read(
    browser: Browser, theme: str
) -> None:
    page = opened(browser, mail(theme, "en"), 375, pictures=False)

    boxes = page.evaluate(
        "() => [...document.images].map(one => [one.alt, one.getBoundingClientRect().height,"
        " one.scrollHeight])"
    )

    assert len(boxes) == 5
    assert all(alt for alt, _, _ in boxes)
    assert max(height for _, height, _ in boxes) <= 120


@pytest.mark.parametrize("theme", THEMES)
def test_a_picture_is_never_shown_larger_than_it_is_or_out_of_shape(
    browser: Browser, theme: str
) -> None:
    for width in (640, 375):
        page = opened(browser, mail(theme, "en"), width)
        boxes = page.evaluate(
            "() => [...document.images].map(one => [one.width, +one.getAttribute('width')])"
        )

        assert all(shown <= stated for shown, stated in boxes)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("key", ["en", "ar", "zh", "en-light", "ar-light"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(browser: Browser, theme: str, key: str, scheme: str) -> None:
    axe = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
    page = opened(browser, mail(theme, key), 640, scheme)
    page.evaluate(axe)

    result = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")

    found = [
        f"{one['id']}: {node['html'][:100]}"
        for one in result["violations"]
        for node in one["nodes"]
    ]
    assert found == [], json.dumps(found, indent=1)


def test_the_preview_page_shows_every_mail_in_its_frames(browser: Browser, tmp_path: Path) -> None:
    from newsletter.rendering.previews import FilledEdition, preview_files

    content = resolve(federation_issue(), Edition("en"))
    rendered = render_edition(content, FEDERATION, theme_folders=[shipped.templates()])
    html = mail("default", "en")
    one = FilledEdition(replace(rendered, html=html), html, rendered.text, b"")
    for name, body in preview_files("Example", [one]).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(body)
    page = browser.new_page(viewport={"width": 3000, "height": 1400})
    page.route("https://**", lambda route: route.abort())
    page.goto((tmp_path / "index.html").as_uri())

    grounds = [
        frame.evaluate("getComputedStyle(document.querySelector('.sheet')).backgroundColor")
        for frame in page.frames[1:]
    ]

    assert sorted(grounds) == ["rgb(255, 255, 255)"] * 3 + ["rgb(28, 35, 43)"] * 2


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("language", "side"), [("en", "left"), ("ar", "right")])
@pytest.mark.parametrize("width", [640, 375])
def test_all_texts_begin_at_one_edge(
    browser: Browser, theme: str, language: str, side: str, width: int
) -> None:
    issue = federation_issue()
    issue = replace(issue, items=tuple(replace(one, picture=None) for one in issue.items))
    html = render_edition(
        resolve(issue, Edition(language)),
        FEDERATION,
        theme=theme,
        theme_folders=[shipped.templates()],
    ).html
    page = opened(browser, html, width)

    edges = page.evaluate(
        "side => [...document.querySelectorAll('.intro p, h2, .lead-summary, .summary, .footer p')]"
        ".map(one => Math.round(one.getBoundingClientRect()[side]))",
        side,
    )

    assert len(edges) > 12
    assert len(set(edges)) == 1
