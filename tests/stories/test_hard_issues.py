"""Issues that try a theme: nothing but titles, one item, sixty, words that do not end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest
from playwright.sync_api import Browser, sync_playwright

from newsletter import shipped
from newsletter.model.content import Edition, Issue, RenderedEdition, Section
from newsletter.model.editions import resolve
from newsletter.rendering.editions import render_edition
from newsletter.rendering.wrapping import width
from tests.examples import FEDERATION, LANGUAGES, federation_issue
from tests.stories.test_look import ARGUMENTS, CHROMIUM, MEASURE, THEMES, opened

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ADDRESS = "https://federation.example/" + "a" * 180
COMPOUND = "Donaudampfschifffahrtsgesellschaftskapitänsbibliothekswesensverordnung tritt in Kraft"
#: Gmail cuts a mail off here.
GMAIL = 102 * 1024


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


def one_item() -> Issue:
    issue = federation_issue()
    lead = replace(issue.items[0], picture=None, date=None, source="", summary="")
    return replace(issue, items=(lead,), quick_links=(), intro="", sections=())


def two_items() -> Issue:
    issue = federation_issue()
    return replace(issue, items=issue.items[1:3], quick_links=(), intro="")


def odd_items() -> Issue:
    """Return what no editor would send: every field missing somewhere, every text too long."""
    issue = federation_issue()
    titles = ["x" * 5000, "Wort " * 1000, COMPOUND, "😀🎉📚", ADDRESS, "я и " * 100, "م" * 5000]
    odd = [
        replace(item, title=title, summary=f"{ADDRESS} {COMPOUND}")
        for item, title in zip(issue.items[1:8], titles, strict=True)
    ]
    odd[1] = replace(odd[1], picture=None, summary="", date=None, source="")
    odd[2] = replace(odd[2], link="", summary="")
    lead = replace(issue.items[0], title=COMPOUND, summary=ADDRESS, picture=None)
    return replace(issue, intro=f"{ADDRESS} {COMPOUND}", items=(lead, *odd, *issue.items[8:]))


def sixty_items() -> Issue:
    issue = federation_issue()
    sections = tuple(Section(f"s{at}", f"Section {at} with a rather long name") for at in range(8))
    items = tuple(
        replace(issue.items[at % 9], key=f"k{at}", section=f"s{at % 8}", lead=at == 0)
        for at in range(60)
    )
    return replace(issue, sections=sections, items=items)


ISSUES = [one_item, two_items, odd_items, sixty_items]


@cache
def edition(name: str, theme: str, key: str) -> RenderedEdition:
    made = {one.__name__: one for one in ISSUES}[name]()
    content = resolve(made, Edition.from_key(key), ["en"])
    return render_edition(content, FEDERATION, theme=theme, theme_folders=[shipped.templates()])


@pytest.mark.parametrize("name", [one.__name__ for one in ISSUES])
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("key", ["en", "ar", "en-light"])
def test_nothing_overflows_and_every_text_can_be_read(
    browser: Browser, name: str, theme: str, key: str
) -> None:
    made = edition(name, theme, key)
    page = opened(browser, made.html, 320)

    for wide in (320, 640):
        page.set_viewport_size({"width": wide, "height": 900})
        found = page.evaluate(MEASURE)
        assert found["wide"] <= wide
        assert found["spill"] == []
        assert [one for one in found["texts"] if one["size"] < 14] == []
        assert [one for one in found["links"] if not one["words"] and not one["alt"]] == []
    page.close()
    assert len(made.html.encode()) < GMAIL


@pytest.mark.parametrize("theme", THEMES)
def test_a_lead_of_nothing_but_a_title_leaves_no_hole(browser: Browser, theme: str) -> None:
    page = opened(browser, edition("one_item", theme, "en").html, 375)

    gap = page.evaluate(
        "() => document.querySelector('.button-link').getBoundingClientRect().top"
        " - document.querySelector('h2').getBoundingClientRect().bottom"
    )

    assert 8 <= gap <= 32


@pytest.mark.parametrize("theme", THEMES)
def test_outlook_gets_a_frame_fonts_and_room_in_its_buttons(theme: str) -> None:
    """Word knows no padding on links, no max-width, and no list of fonts it can go through."""
    for language, font in (("en", ""), ("zh", "Microsoft YaHei"), ("ar", "Segoe UI")):
        html = edition("sixty_items", theme, language).html
        comments = re.findall(r"<!--\[if mso\]>(.*?)<!\[endif\]-->", html, re.DOTALL)
        assert html.count("<!--[if mso]>") == html.count("<![endif]-->") == len(comments) == 3
        head, opening, closing = comments
        assert "PixelsPerInch>96<" in head
        assert re.search(rf"td,[^{{]*{{font-family:[^}}]*{font}[^}}]*!important}}", head)
        assert 'width="600"' in opening
        assert opening.count("<table") == closing.count("</table") == 1
        # What only Outlook may read is in no style attribute.
        assert "!important" not in re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)
        button = re.search(r'<td class="button"[^>]*>', html)
        assert button
        assert "mso-padding-alt:12px 24px" in button[0]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_of_the_text_edition_fit_a_terminal(theme: str, language: str) -> None:
    made = edition("odd_items", theme, f"{language}-text")

    lines = [line for line in made.text.split("\n") if "://" not in line]

    assert len(lines) > 60
    assert [line for line in lines if width(line) > 76] == []


@pytest.mark.parametrize("key", ["en-light", "ar-light", "zh-light", "en", "ar", "zh", "ru"])
@pytest.mark.parametrize("theme", THEMES)
def test_the_rhythm_holds_on_a_phone_and_in_the_light_edition(
    browser: Browser, theme: str, key: str
) -> None:
    content = resolve(federation_issue(), Edition.from_key(key), ["en"])
    made = render_edition(content, FEDERATION, theme=theme, theme_folders=[shipped.templates()])
    page = opened(browser, made.html, 375)

    texts = page.evaluate(MEASURE)["texts"]
    page.close()

    assert len({one["size"] for one in texts}) <= 5
    running = [one for one in texts if one["block"] == "P" and one["size"] >= 16]
    assert running
    assert [one for one in running if not 1.5 <= one["line"] <= 1.71] == []
    small = [one for one in texts if one["size"] < 16]
    assert [one for one in small if not 1.2 <= one["line"] <= 1.7] == []


@pytest.mark.parametrize("theme", THEMES)
def test_no_link_outside_running_text_is_too_small_for_a_thumb(
    browser: Browser, theme: str
) -> None:
    content = resolve(federation_issue(), Edition("en"))
    made = render_edition(content, FEDERATION, theme=theme, theme_folders=[shipped.templates()])
    page = opened(browser, made.html, 375)

    small = page.evaluate(
        "() => [...document.querySelectorAll('a')].filter(one => one.checkVisibility()"
        " && !one.closest('h2, h3, .intro') && !one.querySelector('img')"
        " && one.getBoundingClientRect().height < 44).map(one => one.outerHTML.slice(0, 90))"
    )
    page.close()

    assert small == []
