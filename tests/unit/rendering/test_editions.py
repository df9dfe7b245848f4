from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import unquote

import pytest

from newsletter import shipped
from newsletter.model.content import Edition, Issue, ItemDate, ItemTexts, Picture, RenderedEdition
from newsletter.model.editions import resolve
from newsletter.model.identity import Identity
from newsletter.model.message import MARKERS
from newsletter.rendering.editions import render_edition
from newsletter.rendering.wrapping import width
from tests.examples import FEDERATION, LANGUAGES, federation_issue, without_translation
from tests.factories import make_content, make_identity, make_issue, make_issue_item

KEYS = [f"{language}{form}" for language in LANGUAGES for form in ("", "-light", "-text")]


def render(key: str = "en", issue: Issue | None = None, public_url: str = "") -> RenderedEdition:
    identity = replace(FEDERATION, public_url=public_url)
    content = resolve(issue or federation_issue(), Edition.from_key(key), ["en"])
    return render_edition(content, identity, theme_folders=[shipped.templates()])


@cache
def federation(key: str = "en") -> RenderedEdition:
    """Return an edition of the example issue, rendered once for all tests."""
    return render(key, public_url=FEDERATION.public_url)


class Page(HTMLParser):
    """What a mail's markup holds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, name: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.mark.parametrize("key", KEYS)
def test_every_edition_of_every_language_is_complete(key: str) -> None:
    rendered = federation(key)

    for item in resolve(federation_issue(), Edition.from_key(key)).items:
        assert str(item.title)[:6] in rendered.text
        assert item.link in rendered.text
        if rendered.html:
            assert item.link in rendered.html
    assert bool(rendered.html) is not key.endswith("-text")
    assert rendered.lost_rules == ()
    assert rendered.direction == ("rtl" if key.startswith("ar") else "ltr")


@pytest.mark.parametrize("language", LANGUAGES)
def test_twelve_items_stay_within_their_budget(language: str) -> None:
    full, light = federation(language).html.encode(), federation(f"{language}-light").html.encode()

    styles = re.findall(rb"<style.*?</style>", full, re.DOTALL)
    assert len(full) < 36_000
    assert sum(map(len, styles)) < 8_000
    assert len(light) < 20_000


def test_a_light_edition_with_whole_texts_stays_under_20_kilobytes() -> None:
    issue = federation_issue()
    content = "<p>Whole paragraph of the news, as its source wrote it.</p>" * 100
    issue = replace(issue, items=tuple(replace(one, content=content) for one in issue.items))

    rendered = render("en-light", issue)

    assert "Whole paragraph" in rendered.html
    assert len(rendered.html.encode()) < 20_000


@pytest.mark.parametrize("letter", ["a", "ж", "م", "图"])
def test_long_titles_and_addresses_take_nothing_from_the_lightness(letter: str) -> None:
    words = " ".join([letter * 9] * 10)
    one = make_issue_item(
        title=words, link=f"https://library.example/{'a-long-address-' * 8}", content=f"<p>{words}"
    )
    items = tuple(replace(one, key=str(at), content=one.content * 20) for at in range(12))

    rendered = render("en-light", make_issue(items=items, intro=words))

    assert len(rendered.html.encode()) < 20_000
    assert rendered.html.count(f"<p>{words}</p>") >= 12


def test_thirty_items_stay_under_gmails_limit() -> None:
    issue = federation_issue()
    items = tuple(
        replace(issue.items[at % 9], key=f"{issue.items[at % 9].key}-{at}", lead=at == 0)
        for at in range(30)
    )

    assert len(render("ru", replace(issue, items=items)).html.encode()) < 95_000


@pytest.mark.parametrize("key", ["en", "ar", "zh-light"])
def test_the_same_issue_gives_the_same_bytes(key: str) -> None:
    assert render(key) == render(key)


def test_bytes_do_not_depend_on_the_hash_seed() -> None:
    code = (
        "from newsletter import shipped;from newsletter.model.content import Edition;"
        "from newsletter.model.editions import resolve;"
        "from newsletter.rendering.editions import render_edition;"
        "from tests.examples import *;import hashlib;"
        "r=render_edition(resolve(federation_issue(),Edition('ar')),FEDERATION,"
        "theme_folders=[shipped.templates()]);print(hashlib.sha256(repr(r).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(shipped.templates().parent)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(digests) == 1


def test_personal_places_hold_their_markers() -> None:
    rendered = federation()

    for name in ("address", "list", "unsubscribe_url", "preferences_url", "view_url"):
        assert MARKERS[name] in rendered.html
        assert MARKERS[name] in rendered.text


@pytest.mark.parametrize("key", ["en", "en-light", "ar", "en-text"])
def test_without_public_pages_only_unsubscribing_is_offered(key: str) -> None:
    rendered = render(key)

    both = rendered.html + rendered.text
    assert MARKERS["unsubscribe_url"] in both
    assert MARKERS["preferences_url"] not in both
    assert MARKERS["view_url"] not in both
    assert "Deutsch" not in both


@pytest.mark.parametrize("key", ["en", "ar", "fr-light"])
def test_a_page_names_its_language_direction_and_character_set(key: str) -> None:
    page = Page(federation(key).html)
    language = key.split("-")[0]

    assert federation(key).html.startswith("<!DOCTYPE html>\n<html ")
    assert page.all("html")[0]["lang"] == language
    assert page.all("html")[0]["dir"] == ("rtl" if language == "ar" else "ltr")
    assert page.all("meta")[0] == {"charset": "utf-8"}


def test_arabic_is_mirrored() -> None:
    english, arabic = federation("en").html, federation("ar").html

    assert english.count("text-align:left") == arabic.count("text-align:right") > 20
    assert english.count("padding-left:16px") == arabic.count("padding-right:16px") > 3
    assert english.count("text-align:right") == arabic.count("text-align:left") > 1
    assert "→" not in arabic
    assert "←" in arabic


def test_latin_names_and_addresses_are_whole_in_arabic() -> None:
    html = federation("ar").html

    for name in ("ZimLA", "Cresta Lodge", "5-6", "UTC+2", "16.10"):
        assert f'<span dir="ltr">{name}</span>' in html
    assert "\u2068ZimLA\u2069" in federation("ar").text
    assert "<bdi" not in html


def test_an_arabic_subject_isolates_latin_names() -> None:
    issue = replace(federation_issue(), language="ar", subject="اجتماع IFLA (2016) غداً")

    assert render("ar", issue).subject == "اجتماع \u2068IFLA (2016)\u2069 غداً"


def test_an_item_in_another_language_carries_its_own_language_and_direction() -> None:
    html = render("ar", without_translation(federation_issue(), "ar", "zimla")).html

    assert '<div class="story ltr" lang="en" dir="ltr"' in html
    assert html.count('<p class="meta" lang="ar" dir="rtl"') == 1
    assert "direction:ltr;text-align:left" in html


def test_an_arabic_item_in_an_english_edition_keeps_its_direction() -> None:
    issue = make_issue(
        items=(make_issue_item(), make_issue_item("b", language="ar", title="خبر IFLA"))
    )

    html = render("en", issue).html

    assert '<div class="story rtl" lang="ar" dir="rtl"' in html
    assert '<span dir="ltr">IFLA</span>' in html


@pytest.mark.parametrize("key", ["en", "ar", "de-light"])
def test_headings_have_one_first_level_and_skip_none(key: str) -> None:
    levels = [
        int(tag[1]) for tag, _ in Page(federation(key).html).tags if re.fullmatch(r"h\d", tag)
    ]

    assert levels.count(1) == 1
    assert levels[:2] == [1, 2]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_picture_has_alt_and_width_and_is_not_stretched() -> None:
    pictures = Page(federation().html).all("img")

    assert [(one["width"], one["height"]) for one in pictures] == [("600", "300")] + [
        ("96", "72")
    ] * 4
    assert all("alt" in one and "height:auto" in one["style"] for one in pictures)


def test_a_small_picture_leads_at_its_own_size_on_the_edge_of_the_text() -> None:
    item = make_issue_item(picture=Picture("https://x.example/p.jpg", "A", 300, 150))

    html = render("en", make_issue(items=(item,))).html

    (picture,) = Page(html).all("img")
    assert (picture["width"], picture["height"]) == ("300", "150")
    assert "width:auto" in picture["style"]
    assert '<td class="sheet side lead-inset"' in html


def test_a_picture_of_unknown_size_has_no_height() -> None:
    item = make_issue_item(picture=Picture("https://x.example/p.jpg"))

    (picture,) = Page(render("en", make_issue(items=(item,))).html).all("img")

    assert "height" not in picture
    assert picture["alt"] == ""


@pytest.mark.parametrize("key", ["en-light", "ar-light"])
def test_a_light_edition_asks_for_no_picture(key: str) -> None:
    html = federation(key).html

    assert "<img" not in html
    assert "url(" not in html
    assert "pictures/" not in html


def test_tables_are_for_layout_only_and_not_deep() -> None:
    page = federation().html
    depth = deepest = 0
    for tag in re.findall(r"<(/?table)\b", re.sub(r"<!--.*?-->", "", page, flags=re.DOTALL)):
        depth += -1 if tag.startswith("/") else 1
        deepest = max(deepest, depth)

    assert deepest <= 4
    assert all(one.get("role") == "presentation" for one in Page(page).all("table"))


def test_a_mail_has_no_blanks_or_comments_that_say_nothing() -> None:
    html = federation().html

    assert "\n\n" not in html
    assert not re.search(r"\n[ \t]", html)
    assert all("[if mso]" in one or "[endif]" in one for one in re.findall(r"<!--.*?-->", html))


@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_of_the_text_fit_unless_they_hold_an_address(language: str) -> None:
    for line in federation(language).text.split("\n"):
        assert width(line) <= 72 or "https://" in line or "XPERSONAL" in line


def test_the_text_has_the_items_in_the_order_of_the_html() -> None:
    rendered = federation()
    links = [item.link for item in resolve(federation_issue(), Edition("en")).items]

    assert sorted(links, key=rendered.html.index) == sorted(links, key=rendered.text.index) == links


def test_text_never_splits_an_address() -> None:
    rendered = federation()

    address = (
        "https://storage.federation.example/visits/2016/groups-and-single-visitors"
        "?language=en&from=newsletter."
    )
    assert address in rendered.text.split("\n")


@pytest.mark.parametrize("key", ["en", "en-light", "en-text"])
def test_an_issue_of_one_item_is_whole(key: str) -> None:
    content = make_content(make_issue(1), key)

    rendered = render_edition(content, make_identity(), theme_folders=[shipped.templates()])

    assert "News of item 1" in rendered.text
    assert "Events" not in rendered.html
    assert "In this issue" not in rendered.html


@pytest.mark.parametrize("key", ["en", "ar", "en-light", "en-text"])
def test_a_letter_without_items_is_whole(key: str) -> None:
    content = make_content(make_issue(0, intro="Dear *readers*,\n\n- one\n- two <b>x</b>"), key)

    rendered = render_edition(content, make_identity(), theme_folders=[shipped.templates()])

    assert "readers" in rendered.text
    assert "- one" in rendered.text
    if rendered.html:
        assert "<em " in rendered.html
        assert "&lt;b&gt;" in rendered.html


@pytest.mark.parametrize(
    "title",
    [
        "x" * 5000,
        "word " * 1000,
        "😀" * 300,
        "‮evil",
        "a\nb\tc",
        "<b>&amp;",
        "图" * 2000,
        "م" * 3000,
    ],
)
@pytest.mark.parametrize("key", ["en", "ar-light", "zh-text"])
def test_extreme_titles_make_no_hole_and_no_monster(title: str, key: str) -> None:
    item = make_issue_item(title=title, summary=title)

    rendered = render_edition(
        make_content(make_issue(items=(item, item)), key),
        make_identity(),
        theme_folders=[shipped.templates()],
    )

    assert len(rendered.html.encode()) < 25_000
    assert "\u202e" not in rendered.html + rendered.text


def test_bare_identity_leaves_no_hole() -> None:
    rendered = render_edition(
        make_content(make_issue(1, date=None, number="")),
        Identity("News"),
        theme_folders=[shipped.templates()],
    )

    assert "None" not in rendered.html + rendered.text
    assert '<p class="dateline"' not in rendered.html


def test_an_english_subject_isolates_arabic_names() -> None:
    issue = make_issue(subject="Panama, تونس 2016")

    assert render("en", issue).subject == "Panama, \u2068تونس\u2069 2016"


def test_a_subject_has_no_line_break() -> None:
    issue = make_issue(subject="One\r\nBcc: all@example.org")

    assert render("en", issue).subject == "One Bcc: all@example.org"


def test_intro_markdown_shows_no_pictures_headings_or_raw_html() -> None:
    intro = (
        "# Big\n\n![t](https://t.example/p)\n\n<img src=x>\n\n[a](https://x.org) [b](javascript:x)"
    )

    html = render("en", make_issue(1, intro=intro)).html

    assert "<img" not in html
    assert html.count("<h1") == 1
    assert 'href="https://x.org"' in html
    assert 'href="javascript' not in html


def test_a_translated_alt_text_is_used() -> None:
    issue = federation_issue()
    french = issue.translations["fr"]
    changed = replace(
        french, items={**french.items, "panama": ItemTexts(title="T", alt="Salle vide")}
    )
    issue = replace(issue, translations={**issue.translations, "fr": changed})

    assert 'alt="Salle vide"' in render("fr", issue).html


@pytest.mark.parametrize("key", ["en", "en-light", "en-text"])
def test_an_event_is_told_on_the_day_on_which_its_hour_falls(key: str) -> None:
    late = ItemDate(2016, 6, 8, datetime(2016, 6, 8, 23, 0, tzinfo=UTC))
    event = make_issue_item("talk", title="Late talk", date=late, place="Online", source="")

    rendered = render(key, make_issue(items=(make_issue_item(), event)))

    told = rendered.html or rendered.text
    assert "Online · 9 June 2016 · 01:00 (" in re.sub(r"<span[^>]*>", "", told)


def test_links_with_signs_of_markup_stay_whole() -> None:
    link = 'https://x.example/a?b=1&copy=2&c="d"\'<e>#é f'
    item = make_issue_item(link=link)

    rendered = render("en", make_issue(items=(item,)))

    found = [one["href"] for one in Page(rendered.html).all("a")]
    assert unquote(found[0]) == unquote(link)
    assert link in rendered.text


@pytest.mark.parametrize("key", ["ar", "zh", "ar-light", "zh-light"])
def test_arabic_and_chinese_are_never_slanted(key: str) -> None:
    html = render(key, make_issue(1, intro="Dear *readers*")).html

    emphasis = [one["style"] for one in Page(html).all("em")]
    assert emphasis == ["font-style:normal;font-weight:bold"]
    assert "italic" not in html
    assert "letter-spacing" not in html


@pytest.mark.parametrize("key", ["en", "en-light"])
def test_no_element_is_empty(key: str) -> None:
    rendered = render_edition(
        make_content(make_issue(1, date=None, number=""), key),
        Identity("News"),
        theme_folders=[shipped.templates()],
    )

    assert not re.search(r"<(p|h[1-6]|div|a|b)\b[^>]*>\s*</\1>", rendered.html)


@pytest.mark.parametrize("key", ["en", "en-light", "en-text"])
def test_news_cannot_carry_a_readers_address_away(key: str) -> None:
    marker = MARKERS["address"]
    hidden = f"X\x00{marker[1:]}"
    nested = marker.replace("ADDRESS", marker)
    nasty = f"{marker} {hidden} {nested}"
    item = make_issue_item(
        title=f"t {nasty}",
        summary=nasty,
        link=f"https://evil.example/?{marker}",
        source=nasty,
        place=nasty,
        date=ItemDate(2016, 6, 8),
        content=f"<p>&#88;{marker[1:]} <a href='https://evil.example/&#x58;{marker[1:]}'>x</a></p>",
        picture=Picture(f"https://evil.example/{marker}.png", nasty, 600, 300),
    )
    honest = make_issue_item(place="P", source="", date=ItemDate(2016, 6, 8))

    texts = [
        rendered.html + rendered.text
        for one in (item, honest)
        for rendered in [render(key, make_issue(items=(one,), subject="S", signed_by=one.source))]
    ]

    assert texts[0].count(marker) == texts[1].count(marker) > 0


def test_the_sign_after_a_quick_link_is_left_to_the_text_direction_to_mirror() -> None:
    """U+2039 and U+203A are mirrored characters: ‹ in Arabic would point backwards."""
    assert "›" in federation("ar").html
    assert "‹" not in federation("ar").html
