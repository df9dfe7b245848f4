# ruff: noqa: E501 - markup reads best unbroken
from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.errors import SettingsError
from newsletter.model.content import Item
from newsletter.model.sources import Selectors
from tests.unit.sources.listing.listings import page, read
from tests.unit.sources.listing.test_detection import ROWS, TEXT, repeat


def items(html: str, **options: object) -> tuple[Item, ...]:
    return read(html, **options).items


def first(template: str) -> Item:
    return items(page("<div class=list>" + repeat(template) + "</div>"))[0]


CARD = "<div class=c>{picture}<h3><a href='{{link}}'>{{title}}</a></h3><p class=date>{{date}}</p><p>{{text}}</p>{more}</div>"


def card(picture: str = "", more: str = "") -> Item:
    return first(CARD.format(picture=picture, more=more))


@pytest.mark.parametrize(
    ("picture", "url"),
    [
        ("<img src='/p/{n}.jpg' alt='Readers' width=300 height=200>", "/p/1.jpg"),
        ("<img src='data:image/gif;base64,R0lGOD' data-src='/p/{n}.jpg'>", "/p/1.jpg"),
        ("<img src='/blank.gif' data-srcset='/p/{n}.jpg 1x, /p/{n}-big.jpg 2x'>", "/p/1.jpg"),
        ("<img srcset='/p/{n}-300.jpg 300w'>", "/p/1-300.jpg"),
        ("<a href='{link}' style=\"background-image: url('/p/{n}.jpg')\"></a>", "/p/1.jpg"),
        ("<noscript><img src='/p/{n}.jpg'></noscript>", "/p/1.jpg"),
    ],
)
def test_a_picture_is_found_wherever_lazy_loading_hides_it(picture: str, url: str) -> None:
    found = card(picture)

    assert found.picture is not None
    assert found.picture.url == "https://library.example" + url


@pytest.mark.parametrize(
    "picture",
    [
        "<img src='/img/spacer.gif'>",
        "<img src='/p/{n}.jpg' width=16 height=16>",
        "<img class=avatar src='/u/{n}.jpg'>",
        "<img src='/icons/{n}.png'>",
        "<img src='/same.jpg'>",
        "<img src='/x{n}.svg'>",
        "<img src='javascript:x{n}'>",
    ],
)
def test_decoration_is_no_picture(picture: str) -> None:
    assert card(picture).picture is None


def test_a_summary_is_the_text_without_title_date_author_and_links() -> None:
    found = card(
        more="<p class=byline>By Ann Author</p><p><a href='{link}'>Read more</a></p><p>Tags: <a href='/t'>Books</a></p>"
    )

    assert found.summary == TEXT


def test_a_long_summary_ends_with_a_sentence() -> None:
    found = card(more=f"<p>{(TEXT + ' ') * 12}</p>")

    assert len(found.summary) <= 600
    assert found.summary.endswith("everybody else.")


def test_markup_controls_and_direction_overrides_never_reach_an_item() -> None:
    html = page(
        repeat("<div class=c><h3><a href='{link}'>{title}</a></h3><p>{date}</p><p>{text}</p></div>").replace(
            "Reading room", "Reading \u202e<b>room</b>\u2066\x07"
        )
    )  # fmt: skip

    assert items(html)[0].title == ROWS[0][0]


def test_links_that_are_no_web_addresses_are_dropped() -> None:
    found = items(page("<ul>" + repeat(
        "<li><a href='javascript:alert({n})'>{title}</a> {date}</li>") + "</ul>"))  # fmt: skip

    assert found == ()


def test_an_item_takes_language_and_section_of_its_source() -> None:
    html = page("<ul>" + repeat("<li><a href='{link}'>{title}</a> {date}</li>") + "</ul>")

    found = items(html, language="fr", section="reports")[0]

    assert (found.language, found.section, found.source) == ("fr", "reports", "Library")


def test_a_selector_that_is_no_css_is_named() -> None:
    with pytest.raises(SettingsError, match="'li::'"):
        read(page("<p>x"), selectors=Selectors(item="li::"))


def test_selectors_that_match_nothing_say_so() -> None:
    assert read(page("<p>x"), selectors=Selectors(item="li.x")).notes == (
        "The selectors match nothing on this page.",
    )


def test_selectors_find_date_summary_and_picture() -> None:
    html = page(repeat(
        "<p class=r><b><a href='{link}'>{title}</a></b><time datetime='{iso}'>x</time><q>Short: {n}</q><img src=/i{n}.jpg></p>"
    ))  # fmt: skip
    selectors = Selectors(item="p.r", title="b", date="time", summary="q", picture="img")

    found = items(html, selectors=selectors)[0]

    assert found.date is not None
    assert (found.date.isoformat(), found.summary, found.link) == (
        "2016-05-20", "Short: 1", "https://library.example/news/reading-room")  # fmt: skip
    assert found.picture is not None


JSON_LD = """<script type="application/ld+json">{{"@context": "https://schema.org", "@graph": [{{"@type": "WebSite",
"name": "Library"}}, {{"@type": "ItemList", "itemListElement": [{entries}]}}]}}</script>"""


def json_ld(rows: list[tuple[str, str, str, str]]) -> str:
    entries = ",".join(
        f'{{"@type": "ListItem", "position": {n}, "item": {{"@type": "NewsArticle", "url": "{link}", '
        f'"headline": "{title}", "datePublished": "{iso}T09:00:00Z", "description": "About &amp; around {n}"}}}}'
        for n, (title, link, _, iso) in enumerate(rows)
    )
    return JSON_LD.format(entries=entries)


BARE = "<ul class=x>" + repeat("<li><a href='{link}'>{title}</a></li>") + "</ul>"


def test_what_a_page_declares_completes_what_it_shows() -> None:
    reading = read(page(BARE, head=json_ld(ROWS)))

    assert reading.rule == "json-ld"
    assert [(i.title, i.date and i.date.isoformat(), i.summary) for i in reading.items] == [
        (title, iso, f"About & around {n}") for n, (title, _, _, iso) in enumerate(ROWS)
    ]


def test_what_a_page_declares_but_does_not_show_is_not_believed() -> None:
    hidden = [(f"Hidden story number {n}", f"/hidden/{n}", "", "2016-05-01") for n in range(4)]

    reading = read(page(BARE, head=json_ld(hidden)))

    assert reading.rule == "blocks"
    assert [item.title for item in reading.items] == [title for title, _, _, _ in ROWS]


def test_a_page_that_declares_itself_is_no_list() -> None:
    own = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "A story", "url": "/a"}</script>'

    assert read(page(f"<article><h1>A story</h1><p>{TEXT * 8}</p></article>", head=own)).items == ()


@pytest.mark.parametrize(
    "broken", ["{", "[" * 5000, '{"@type": ["NewsArticle", 5], "url": {}}', "null", ""]
)
def test_broken_declarations_are_ignored(broken: str) -> None:
    head = f'<script type="application/ld+json">{broken}</script>'

    assert len(items(page(BARE, head=head))) == 3


def test_microdata_names_its_rule() -> None:
    main = repeat(
        "<div itemscope itemtype='https://schema.org/BlogPosting'><h2 itemprop=headline><a itemprop=url href='{link}'>{title}</a>"
        "</h2><meta itemprop=datePublished content='{iso}'><p itemprop=description>{text}</p></div>"
    )

    reading = read(page(main))

    assert reading.rule == "microdata"
    assert [item.date and item.date.isoformat() for item in reading.items] == [
        iso for *_, iso in ROWS
    ]


def test_microformats_name_their_rule() -> None:
    main = repeat(
        "<div class='h-entry'><h2 class=p-name><a class=u-url href='{link}'>{title}</a></h2>"
        "<time class=dt-published datetime='{iso}'>{date}</time><p class=p-summary>{text}</p></div>"
    )

    reading = read(page(main))

    assert reading.rule == "h-entry"
    assert len(reading.items) == 3


HOSTILE = {
    "deep": "<div>" * 30_000 + "x",
    "many alike": "".join(f"<li><a href=/{n}>A story about our books {n}</a> 20 May 2016</li>" for n in range(2_000)),
    "one link": "<p><a href=/x>y</a>" * 10_000,
    "classes": "".join(f"<div class='c{n} x{n}'><a href=/{n}>A story about our books {n}</a></div>" for n in range(1_000)),
    "a long word": f"<a href=/x>{'a' * 500_000}</a>",
    "dates": f"<p>{'20 May 2016 ' * 40_000}</p>",
    "open links": "".join(f"<a href=/{n}>A story about our books {n}" for n in range(1_000)),
    "styles": f"<p style='{'background:url(' * 50_000}'><a href=/a>A story about our books</a>",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_is_read_to_the_end(name: str) -> None:
    assert len(items(page(HOSTILE[name]))) <= 500


def test_a_label_over_every_item_is_not_its_title() -> None:
    found = items(page(repeat(
        "<div class=c><h3>Forums:</h3><a href='{link}'>{title}</a><p>{date}</p><p>{text}</p></div>")))  # fmt: skip

    assert [item.title for item in found] == [title for title, *_ in ROWS]


def test_items_that_bear_the_same_title_keep_it() -> None:
    found = items(page(repeat(
        "<div class=c><h3><a href='{link}'>Board meeting of the library</a></h3><p>{date}</p><p>{text}</p></div>")))  # fmt: skip

    assert [item.title for item in found] == ["Board meeting of the library"] * 3


def test_a_programme_page_gives_its_news_and_none_of_its_traps() -> None:
    html = (Path(__file__).parents[3] / "data/pages/federation-programme.html").read_text("utf-8")

    found = items(html)

    assert [(item.link, item.date and item.date.isoformat()) for item in found] == [
        ("https://library.example/news/panama-letter", "2016-05-20"),
        ("https://library.example/news/new-leaders", "2016-05-20"),
        ("https://library.example/news/harare-workshop", "2016-05-12"),
    ]
    assert found[0].summary.startswith("From 17-23 April 2016 associations")
    assert found[2].title == "Workshop in Harare trains librarians to win support"
