# ruff: noqa: E501 - markup reads best unbroken
from __future__ import annotations

import pytest

from newsletter.model.content import ItemStatus
from newsletter.model.sources import Selectors
from tests.unit.sources.listing.listings import found, page, read

READING_ROOM = "Reading room opens again after a year of works"
BOOK_BUS = "Book bus comes to twelve more villages this summer"
MAPS = "Old maps of the harbour can now be seen online"
TEXT = (
    "After long months of building noise our readers are welcome again, and so is everybody else."
)

EXPECTED = [
    (READING_ROOM, "/news/reading-room", "2016-05-20"),
    (BOOK_BUS, "/news/book-bus", "2016-05-12"),
    (MAPS, "/news/maps", "2016-04-30"),
]
ROWS = [
    (READING_ROOM, "/news/reading-room", "20 May 2016", "2016-05-20"),
    (BOOK_BUS, "/news/book-bus", "12 May 2016", "2016-05-12"),
    (MAPS, "/news/maps", "30 April 2016", "2016-04-30"),
]


def repeat(template: str) -> str:
    """Fill one template for each row; {n} counts, {odd} alternates."""
    return "".join(
        template.format(
            title=title, link=link, date=date, iso=iso, text=TEXT, n=n, odd="odd" if n % 2 else "even",
            day=date.split()[0], month=date.split()[1], year=date.split()[2],
        )
        for n, (title, link, date, iso) in enumerate(ROWS, 1)
    )  # fmt: skip


PATTERNS = {
    "wordpress": "<article id='post-{n}' class='post-{n} post type-post category-c{n}'><header><h2 class='entry-title'>"
    "<a href='{link}' rel='bookmark'>{title}</a></h2><div class='entry-meta'>Posted on <a href='{link}'>"
    "<time class='entry-date published' datetime='{iso}T10:00:00+00:00'>{date}</time></a> by "
    "<a href='/author/ann'>Ann</a></div></header><div class='entry-summary'><p>{text} "
    "<a href='{link}#more'>Continue reading &rarr;</a></p></div><footer>Tagged <a href='/tag/books'>books</a></footer></article>",
    "drupal views": "<div class='views-row views-row-{n} views-row-{odd}'><div class='views-field views-field-created'>"
    "<span class='field-content'>{date}</span></div><div class='views-field views-field-title'><span class='field-content'>"
    "<a href='{link}'>{title}</a></span></div><div class='views-field views-field-body'><p>{text}</p></div></div>",
    "joomla": "<div class='items-row cols-1 row-{n}'><div class='item column-1'><h2><a href='{link}'>{title}</a></h2>"
    "<dl class='article-info'><dd class='published'>Published on {date}</dd><dd class='hits'>Hits: 1{n}4</dd></dl>"
    "<p>{text}</p><p class='readmore'><a href='{link}'>Read more: {title}</a></p></div></div>",
    "typo3": "<div class='article articletype-0'><div class='header'><h3><a title='{title}' href='{link}'>"
    "<span itemprop='headline'>{title}</span></a></h3></div><div class='footer'><p><span class='news-list-date'>"
    "<time datetime='{iso}'>{date}</time></span></p></div><div class='teaser-text'><p>{text}"
    "<a class='more' href='{link}'>Read more</a></p></div></div>",
    "plone": "<article class='entry'><header><span class='summary'><a class='state-published url' href='{link}'>{title}</a>"
    "</span><div class='documentByLine'>by Ann &mdash; last modified Jun 01, 2016 &mdash; filed under: Books</div></header>"
    "<p><span class='description'>{text}</span></p><time>{date}</time></article>",
    "sharepoint": "<tr class='ms-itmhover'><td class='ms-vb2'><div><a onfocus='x()' href='{link}'>{title}</a></div></td>"
    "<td class='ms-vb2'><nobr>{date}</nobr></td><td class='ms-vb2'>{text}</td></tr>",
    "squarespace": "<article class='hentry' id='article-5a{n}f'><div class='date'><a href='{link}'>{date}</a></div>"
    "<h1 class='entry-title'><a href='{link}' class='u-url'>{title}</a></h1><div class='excerpt'><p>{text}</p></div></article>",
    "div soup": "<div class='_1x{n}'><div class='_q7'><div><a href='{link}'><div class='_img'><img src='/img/{n}-photo.jpg' "
    "width='300' height='200'></div></a></div><div><div class='_m2'><span>{date}</span></div><a href='{link}'><div class='_t9'>"
    "<p>{title}</p></div></a><div class='_b4'>{text}</div></div></div></div>",
    "list with date spans": "<li><span class='date'>{date}</span> <a href='{link}'>{title}</a></li>",
    "list with dates in brackets": "<li><a href='{link}'>{title}</a> ({date})</li>",
    "lines of one paragraph": "{date} - <a href='{link}'>{title}</a><br>",
    "headings and paragraphs": "<h3><a href='{link}'>{title}</a></h3><p class='date'>{date}</p><p>{text}</p>",
    "date before each heading": "<p><em>{date}</em></p><h3><a href='{link}'>{title}</a></h3><p>{text}</p>",
    "title without link": "<div class='n'><h3>{title}</h3><small>{date}</small><p>{text}</p><a href='{link}'>Read more</a></div>",
    "card in one link": "<a class='card' href='{link}'><img src='/p/{n}.jpg'><span class='tag'>Library</span>"
    "<h3>{title}</h3><p>{text}</p><span class='card-date'>{date}</span></a>",
    "day, month and year apart": "<div class='event'><div class='cal'><span class='d'>{day}</span><span class='m'>{month}</span>"
    "<span class='y'>{year}</span></div><div><h4><a href='{link}'>{title}</a></h4><p>{text}</p></div></div>",
    "picture link first": "<div class='t'><a href='{link}'><img src='/p/{n}.jpg' alt='a picture'></a><h2><a href='{link}'>{title}"
    "</a></h2><p>{text}</p><div class='meta'>{date} | <a href='/news/x{n}#comments'>3 comments</a></div></div>",
}
WRAPPERS = {
    "sharepoint": "<table>{}</table>",
    "list with date spans": "<ul>{}</ul>",
    "list with dates in brackets": "<ul>{}</ul>",
    "lines of one paragraph": "<p>{}</p>",
}


@pytest.mark.parametrize("name", PATTERNS)
def test_the_items_of_a_usual_list_are_found_with_their_dates(name: str) -> None:
    main = WRAPPERS.get(name, "<div class='list'>{}</div>").format(repeat(PATTERNS[name]))

    assert found(page(main)) == EXPECTED


@pytest.mark.parametrize(
    ("name", "main"),
    [
        ("rows of two cells", "<table border=0>" + repeat(
            "<tr><td>{date}</td><td><a href='{link}'>{title}</a><br>{text}</td></tr>") + "</table>"),
        ("rows of three", "<table>" + repeat(
            "<tr><td class=h><b><a href='{link}'>{title}</a></b></td></tr><tr><td>{date}</td></tr>"
            "<tr><td>{text}<br><a href='{link}'>more</a></td></tr>") + "</table>"),
        ("definitions", "<dl>" + repeat("<dt>{date}</dt><dd><a href='{link}'>{title}</a> {text}</dd>") + "</dl>"),
        ("definitions by title", "<dl>" + repeat(
            "<dt><a href='{link}'>{title}</a></dt><dd>{date}</dd><dd>{text}</dd>") + "</dl>"),
    ],
)  # fmt: skip
def test_tables_and_definitions_are_split_into_items(name: str, main: str) -> None:
    assert found(page(main)) == EXPECTED


def test_dates_as_headings_date_what_stands_below_them() -> None:
    main = (
        f"<div class=l><h3>20 May 2016</h3><ul><li><a href='/news/reading-room'>{READING_ROOM}</a></li></ul>"
        f"<h3>12 May 2016</h3><ul><li><a href='/news/book-bus'>{BOOK_BUS}</a></li>"
        f"<li><a href='/news/maps'>{MAPS}</a></li></ul></div>"
    )

    assert [date for _, _, date in found(page(main))] == ["2016-05-20", "2016-05-12", "2016-05-12"]


def test_rows_of_a_grid_are_one_list() -> None:
    cell = "<div class='col-md-6'><div class='card'><h3><a href='/news/{n}'>Story number {n} of the grid</a></h3><p>{text}</p></div></div>"
    cells = [cell.format(n=n, text=TEXT) for n in range(1, 6)]
    main = "".join(f"<div class='row'>{''.join(cells[at : at + 2])}</div>" for at in range(0, 5, 2))

    assert [link for _, link, _ in found(page(main))] == [f"/news/{n}" for n in range(1, 6)]


def test_a_link_that_stands_several_times_counts_once() -> None:
    main = (
        "<ul>" + repeat("<li><a href='{link}'>{title}</a> <span>{date}</span></li>") * 2 + "</ul>"
    )

    assert found(page(main)) == EXPECTED


def test_a_range_of_days_is_nobodys_date() -> None:
    main = "<ul>" + "".join(
        f"<li><a href='/news/{n}'>A conference on books number {n}</a> <span class=date>{n}-{n + 4} May 2016</span></li>"
        for n in range(1, 6)
    ) + "</ul>"  # fmt: skip

    assert [date for _, _, date in found(page(main))] == [None] * 5


def test_dates_inside_a_summary_are_not_the_items_date() -> None:
    main = repeat(
        "<div class=i><h3><a href='{link}'>{title}</a></h3><p>The works began on 3 March 2015 and went on for a "
        "year, the builders say, which nobody had expected.</p></div>"
    )

    assert [date for _, _, date in found(page(main))] == [None, None, None]


def test_an_update_is_not_a_publication() -> None:
    main = repeat(
        "<div class=i><h3><a href='{link}'>{title}</a></h3><p class=date>Last updated: 1 June 2016</p><p>{text}</p></div>"
    )

    assert [date for _, _, date in found(page(main))] == [None, None, None]


def test_ambiguous_numbers_are_left_out_unless_the_list_or_the_source_tells() -> None:
    def listing(*dates: str) -> str:
        return page("<ul>" + "".join(
            f"<li><a href='/news/{n}'>A story about our books number {n}</a> <span>{date}</span></li>"
            for n, date in enumerate(dates)) + "</ul>")  # fmt: skip

    assert [d for _, _, d in found(listing("05/06/2015", "04/06/2015", "03/06/2015"))] == [None] * 3
    assert [d for _, _, d in found(listing("05/06/2015", "25/06/2015", "03/06/2015"))] == [
        "2015-06-05", "2015-06-25", "2015-06-03"]  # fmt: skip
    assert [
        d for _, _, d in found(listing("05/06/2015", "04/06/2015", "03/06/2015"), day_first=False)
    ] == ["2015-05-06", "2015-04-06", "2015-03-06"]


def test_the_address_tells_the_date_where_nothing_else_does() -> None:
    main = "<ul>" + "".join(
        f"<li><a href='/2016/05/1{n}/story'>A story about our books number {n}</a></li>" for n in range(4)
    ) + "</ul>"  # fmt: skip

    assert [date for _, _, date in found(page(main))] == [f"2016-05-1{n}" for n in range(4)]


def test_items_without_links_are_found_by_heading_and_date() -> None:
    main = repeat("<div class=n><h3>{title}</h3><p class=d>{date}</p><p>{text}</p></div>")

    assert found(page(main)) == [(title, "", iso) for title, _, _, iso in ROWS]


NOTHING = {
    "an article": "<article><h1>A long story</h1>" + f"<p>{TEXT * 3}</p>" * 8 + "</article>",
    "an article with a list": "<article><h1>What to bring</h1>" + f"<p>{TEXT * 3}</p>" * 4
    + "<ul><li>A library card that is valid</li><li>A proof of your address</li><li>A pencil</li></ul>"
    + f"<p>{TEXT * 3}</p>" * 4 + "</article>",
    "an article with links in its text": "<article><h1>A long story</h1>"
    + "".join(f"<p>{TEXT} See <a href='/a/{n}'>our page about matter {n}</a> too. {TEXT}</p>" for n in range(6)) + "</article>",
    "a contact page": "<h1>Contact</h1><p>Write to us.</p><form><input name=a><textarea></textarea></form>"
    "<p>Tel. 12 34 56</p><p><a href='/map'>How to find us</a></p>",
    "a search form": "<h1>Search</h1><form action='/s'><input name=q><button>Search</button></form>",
    "a login": "<h1>Log in</h1><form><input name=u><input type=password><a href='/lost'>Lost your password?</a></form>",
    "not found": "<h1>404</h1><p>This page does not exist. Go <a href='/'>home</a> or <a href='/search'>search</a>.</p>",
    "frequent questions": "<h1>Questions</h1>" + "".join(
        f"<h3>How do I borrow item number {n}?</h3><p>{TEXT}</p>" for n in range(8)),
    "an empty list": "<h1>News</h1><p>There are no news at present.</p>",
}  # fmt: skip


@pytest.mark.parametrize("name", NOTHING)
def test_a_page_that_lists_nothing_gives_nothing_and_says_so(name: str) -> None:
    reading = read(page(NOTHING[name]))

    assert [item.title for item in reading.items] == []
    assert "reads like a list of news" in reading.notes[0]


def test_undated_items_are_marked_and_counted() -> None:
    main = "<ul>" + repeat("<li><a href='{link}'>{title}</a></li>") + "</ul>"

    reading = read(page(main))

    assert {item.status for item in reading.items} == {ItemStatus.UNDATED}
    assert "3 of 3 items without a date." in reading.notes


def test_selectors_of_the_source_win() -> None:
    main = (
        "<div class=x>"
        + repeat("<p class=r><b>{title}</b> <i>{date}</i> <a href='{link}'>go</a></p>")
        + "</div>"
    )

    reading = read(page(main), selectors=Selectors(item="p.r", title="b", date="i", link="a"))

    assert reading.rule == "selectors"
    assert [(i.title, i.link, i.date and i.date.isoformat()) for i in reading.items] == [
        (title, "https://library.example" + link, iso) for title, link, _, iso in ROWS
    ]
