# ruff: noqa: E501 - markup reads best unbroken
"""What the systems of different countries do with titles, dates and boxes."""

from __future__ import annotations

import pytest

from newsletter.model.sources import Source
from newsletter.sources.listing import read_listing
from newsletter.sources.pages import parse_page
from tests.unit.sources.listing.listings import FETCHED_AT, found, page, read

CHINESE = [
    ("关于做好暑期学生离校工作的通知", "/info/1010/5001.htm"),
    ("图书馆举办第八届读书文化节开幕式", "/info/1010/5002.htm"),
    ("我校与市档案馆签署战略合作协议", "/info/1010/5003.htm"),
    ("关于召开信息化建设座谈会的公告", "/info/1010/5004.htm"),
]
ENGLISH = [
    ("Library extends weekend opening hours from June", "/news/hours"),
    ("County archive receives collection of glass negatives", "/news/glass"),
    ("Call for papers for the annual preservation workshop", "/news/papers"),
    ("New reading garden opens behind the branch library", "/news/garden"),
    ("Council approves budget for mobile library service", "/news/budget"),
    ("Volunteers wanted for summer reading programme", "/news/summer"),
]
PROSE = "The director thanked everyone involved and said that more would be announced. " * 8
CHINESE_PROSE = (
    "近日，学校有关部门认真组织了这项工作，参加人员对活动给予了高度评价，并就下一步安排提出了建议。"
    * 8
)


def chinese_list(dates: list[str], template: str) -> str:
    rows = zip(CHINESE, dates, strict=True)
    return "".join(template.format(title=t, link=k, date=d) for (t, k), d in rows)


def titles(html: str) -> list[str]:
    return [item.title for item in read(html).items]


@pytest.mark.parametrize(
    ("dates", "template"),
    [
        (
            ["20|2016-05", "12|2016-05", "03|2016-05", "30|2016-04"],
            "<li><div class='news_date'><span class='days'>{day}</span><span class='year'>{rest}</span></div>"
            "<a href='{link}'>{title}</a></li>",
        ),
        (
            ["2016|05-20", "2016|05-12", "2016|05-03", "2016|04-30"],
            "<li><a href='{link}'>{title}</a><p>{day}</p><p>{rest}</p></li>",
        ),
    ],
)
def test_a_calendar_leaf_is_one_date(dates: list[str], template: str) -> None:
    rows = [
        template.format(title=t, link=k, day=d.split("|")[0], rest=d.split("|")[1])
        for (t, k), d in zip(CHINESE, dates, strict=True)
    ]

    items = found(page(f"<ul class='list'>{''.join(rows)}</ul>", language="zh"))

    assert [date for _, _, date in items] == [
        "2016-05-20",
        "2016-05-12",
        "2016-05-03",
        "2016-04-30",
    ]


def test_a_submenu_built_like_the_list_is_not_of_it() -> None:
    menu = "".join(
        f"<li><a href='/{n}.htm'>{n}</a></li>" for n in ("学院新闻", "通知公告", "媒体报道")
    )
    rows = chinese_list(
        ["2016-05-20", "2016-05-12", "2016-05-03", "2016-04-30"],
        "<li><a href='{link}'>{title}</a><span>{date}</span></li>",
    )
    html = page(f"<div><ul>{menu}</ul></div><div><ul>{rows}</ul></div>", language="zh")

    assert titles(html) == [title for title, _ in CHINESE]


def test_days_without_year_in_brackets_mark_the_list_but_give_no_date() -> None:
    menu = "".join(
        f"<li><a href='/{n}.htm'>{n}</a></li>" for n in ("学院新闻", "通知公告", "媒体报道")
    )
    rows = chinese_list(
        ["[05-20]", "[05-12]", "[05-03]", "[04-30]"],
        "<li><a href='{link}'>{title}</a><span>{date}</span></li>",
    )
    html = page(f"<div><ul>{menu}</ul></div><div><ul>{rows}</ul></div>", language="zh")

    items = found(html)

    assert [title for title, _, _ in items] == [title for title, _ in CHINESE]
    assert {date for _, _, date in items} == {None}


def test_a_link_around_date_category_and_title_gives_the_title_alone() -> None:
    rows = "".join(
        f"<li><a href='{k}'><span class='day'>2016.05.{20 - n}</span>"
        f"<span class='sort'>{('図書館', '学内')[n % 2]}</span><span class='text'>{t}</span></a></li>"
        for n, (t, k) in enumerate(CHINESE)
    )

    items = found(page(f"<ul class='topics'>{rows}</ul>", language="ja"))

    assert [title for title, _, _ in items] == [title for title, _ in CHINESE]
    assert items[0][2] == "2016-05-20"


def test_words_set_apart_in_a_linked_title_stay_in_it() -> None:
    rows = "".join(
        f"<li><a href='{k}'><em class='mark'>Museum</em> {t}</a><span>{n + 1} May 2016</span></li>"
        for n, (t, k) in enumerate(ENGLISH)
    )

    assert titles(page(f"<ul>{rows}</ul>")) == [f"Museum {title}" for title, _ in ENGLISH]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_article_with_a_dated_box_beside_it_is_no_list(language: str) -> None:
    known, prose = (ENGLISH, PROSE) if language == "en" else (CHINESE, CHINESE_PROSE)
    head, *others = known
    box = "".join(
        f"<li><a href='{k}'>{t}</a> <span>2016-05-1{n}</span></li>"
        for n, (t, k) in enumerate(others)
    )
    html = (
        f"<html lang='{language}'><head><title>{head[0]} - Example</title></head><body><div><h1>{head[0]}</h1>"
        f"<p>2016-05-20</p><p>{prose}</p></div><div><h3>More</h3><ul>{box}</ul></div></body></html>"
    )

    assert titles(html) == []


def test_a_box_of_what_is_most_read_is_no_list() -> None:
    box = "".join(
        f"<li><a href='{k}'>{t}</a> <span>{n + 1} May 2016</span></li>"
        for n, (t, k) in enumerate(ENGLISH[:4])
    )
    html = f"<html lang='de'><title>Stadt</title><body><p>Willkommen</p><h3>Meistgelesen</h3><ul>{box}</ul></body></html>"

    assert titles(html) == []


def test_a_featured_row_and_the_list_that_goes_on_below_are_one_list() -> None:
    row = "".join(
        f"<div class='feature'><a href='{k}'><img src='/{n}.jpg' alt=''><h2>{t}</h2></a><span class='date'>{20 - n} May 2016</span></div>"
        for n, (t, k) in enumerate(ENGLISH[:3])
    )
    rest = "".join(
        f"<li><span>{17 - n} May 2016</span> <a href='{k}'>{t}</a></li>"
        for n, (t, k) in enumerate(ENGLISH[3:])
    )

    items = found(page(f"<div class='row'>{row}</div><ul class='latest'>{rest}</ul>"))

    assert [(title, link) for title, link, _ in items] == ENGLISH
    assert [date for _, _, date in items][::5] == ["2016-05-20", "2016-05-15"]


def test_a_row_whose_days_start_anew_is_another_list() -> None:
    news = "".join(
        f"<div class='news'><h2><a href='{k}'>{t}</a></h2><p>{20 - n} May 2016</p><p>{PROSE[:200]}</p></div>"
        for n, (t, k) in enumerate(ENGLISH[:3])
    )
    picks = "".join(
        f"<li><span>{28 - n} May 2016</span> <a href='{k}'>{t}</a></li>"
        for n, (t, k) in enumerate(ENGLISH[3:])
    )

    assert titles(page(f"<div>{news}</div><ul class='picks'>{picks}</ul>")) == [
        t for t, _ in ENGLISH[:3]
    ]


def test_an_emphasised_first_item_of_a_german_system_is_an_item() -> None:
    rows = "".join(
        f"<div class='article articletype-0{' topnews' if n == 0 else ''}'><h3><a href='{k}'>{t}</a></h3>"
        f"<time datetime='2016-05-{20 - n}'>{20 - n}.05.2016</time></div>"
        for n, (t, k) in enumerate(ENGLISH)
    )

    assert titles(page(f"<div class='news-list-view'>{rows}</div>", language="de")) == [
        t for t, _ in ENGLISH
    ]


def test_goods_with_prices_are_no_news() -> None:
    goods = "".join(
        f"<div class='product'><h3><a href='{k}'>{t}</a></h3><p>{PROSE[:120]}</p><span>£{9 + n}.99</span></div>"
        for n, (t, k) in enumerate(ENGLISH)
    )
    html = f"<html lang='en'><title>Shop</title><body><div>{goods}</div></body></html>"

    assert titles(html) == []


def test_the_sections_of_a_page_about_something_are_no_news() -> None:
    sections = "".join(
        f"<div class='part'><h3>{t}</h3><p>{PROSE[:200]} <a href='{k}'>Details of it</a></p></div>"
        for t, k in ENGLISH
    )
    html = f"<html lang='en'><title>What the archive keeps</title><body><div>{sections}</div></body></html>"
    about = parse_page(html.encode(), base_url="https://library.example/about/")

    assert read_listing(about, Source(name="Library"), fetched_at=FETCHED_AT).items == ()


@pytest.mark.parametrize("heading", ["Our staff", "Сотрудники", "师资队伍"])
def test_a_page_of_people_is_no_news(heading: str) -> None:
    people = "".join(
        f"<div class='person'><img src='/{n}.jpg' alt=''><h3><a href='/staff/{n}'>Anna Maria Gonzalez {n}</a></h3><p>{PROSE[:120]}</p></div>"
        for n in range(5)
    )
    html = f"<html lang='en'><title>{heading}</title><body><h1>{heading}</h1><div>{people}</div></body></html>"

    assert titles(html) == []


def test_chapters_with_numbers_are_not_dated() -> None:
    chapters = "".join(
        f"<dt><span>2.{n}.</span> <a href='{k}'>{t}</a></dt>"
        for n, (t, k) in enumerate(ENGLISH[:4])
    )
    html = f"<html lang='en'><title>Chapter 2</title><body><h2>Contents</h2><dl>{chapters}</dl><p>{PROSE * 3}</p></body></html>"
    chapter = parse_page(html.encode(), base_url="https://library.example/guide/ch2.html")

    assert read_listing(chapter, Source(name="Library"), fetched_at=FETCHED_AT).items == ()


def test_a_number_set_apart_in_a_linked_title_stays_in_it() -> None:
    rows = "".join(
        f"<li><h3><a href='{k}'><em>205{n}</em><span>, Part Two: {t}</span></a></h3><p>{n + 1} May 2016</p></li>"
        for n, (t, k) in enumerate(ENGLISH)
    )

    assert titles(page(f"<ul>{rows}</ul>"))[0] == f"2050, Part Two: {ENGLISH[0][0]}"
