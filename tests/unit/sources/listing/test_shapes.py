# ruff: noqa: E501 - markup reads best unbroken
from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.unit.sources.listing.listings import found, page
from tests.unit.sources.listing.test_detection import EXPECTED, ROWS, TEXT, repeat

Found = Sequence[tuple[str, str, str | None]]

#: Three more items below the usual ones.
MORE = [(f"Story number {n} of this long page", f"/news/n{n}", f"2016-04-1{n}") for n in range(3)]
LONG = f"<p>{TEXT * 5}</p><p>{TEXT * 6}</p><p>{TEXT * 4}</p><p>Last update: 10 February 2016</p>"
ARABIC_TEXT = "بعد أشهر طويلة من أعمال البناء تستقبل المكتبة قراءها من جديد في قاعة واسعة ومضيئة."

FOREIGN = {
    "ar": [
        ("افتتاح قاعة القراءة الجديدة في المكتبة المركزية", "٢٠ أيار ٢٠١٦"),
        ("الحافلة المتنقلة تصل إلى اثنتي عشرة قرية", "١٢ أيار ٢٠١٦"),
        ("خرائط الميناء القديمة متاحة الآن على الشبكة", "٣٠ نيسان ٢٠١٦"),
    ],
    "zh": [
        ("市图书馆新阅览室今日正式对外开放", "2016年5月20日"),
        ("流动图书车将服务十二个村庄的读者", "2016年5月12日"),
        ("港口老地图现在可以在网上浏览", "2016年4月30日"),
    ],
    "hi": [
        ("केंद्रीय पुस्तकालय में नया वाचनालय खुला", "20 मई 2016"),
        ("चलता फिरता पुस्तकालय बारह गाँवों तक पहुँचा", "12 मई 2016"),
        ("बंदरगाह के पुराने नक्शे अब ऑनलाइन", "30 अप्रैल 2016"),
    ],
    "bn": [
        ("কেন্দ্রীয় গ্রন্থাগারে নতুন পাঠকক্ষ চালু হলো", "২০ মে ২০১৬"),
        ("ভ্রাম্যমাণ গ্রন্থাগার বারোটি গ্রামে যাবে", "১২ মে ২০১৬"),
        ("বন্দরের পুরনো মানচিত্র এখন অনলাইনে", "৩০ এপ্রিল ২০১৬"),
    ],
    "ja": [
        ("中央図書館の新しい閲覧室が開館しました", "2016.05.20"),
        ("移動図書館が十二の村を巡回します", "2016.05.12"),
        ("港の古地図をオンラインで公開", "2016.04.30"),
    ],
    "ru": [
        ("В центральной библиотеке открылся читальный зал", "20 мая 2016"),
        ("Библиобус приедет ещё в двенадцать деревень", "12 мая 2016"),
        ("Старые карты порта теперь доступны в сети", "30 апреля 2016"),
    ],
    "de": [
        ("Lesesaal nach einem Jahr Umbau wieder geöffnet", "20. Mai 2016"),
        ("Bücherbus fährt in zwölf weitere Dörfer", "12. Mai 2016"),
        ("Alte Hafenkarten jetzt online zu sehen", "30. April 2016"),
    ],
}


def more(template: str) -> str:
    """Fill one template for each of the three more items."""
    return "".join(
        template.format(title=title, link=link, date=f"1{n} April 2016", text=TEXT)
        for n, (title, link, _) in enumerate(MORE)
    )


CARD = "<div class='story'><h3><a href='{link}'>{title}</a></h3><span class=date>{date}</span><p>{text}</p></div>"
TITLE, LINK, _, _ = ROWS[0]

SHAPES: dict[str, tuple[str, Found]] = {
    "lines of one table cell": (
        "<table><tr><td>" + repeat("<b><a href='{link}'>{title}</a></b><br><font size=1>{date}</font><br>{text} "
        "<a href='{link}'>more...</a><br><br>") + "</td></tr></table>", EXPECTED),
    "a bold title in a paragraph": (
        repeat("<p><strong>{title}</strong><br>{date}<br>{text}<br><a href='{link}'>Read more</a></p>"), EXPECTED),
    "paragraphs between rules": (
        repeat("<p class=d>{date}</p><p><a href='{link}'><b>{title}</b></a></p><p>{text}</p><hr>"), EXPECTED),
    "an advertisement between items": (
        repeat("<div class='item i{n}'><h2><a href='{link}'>{title}</a></h2><span>{date}</span><p>{text}</p></div>").replace(
            "<div class='item i2'>", "<div class='ad'><a href='https://ads.example/x'>Buy a new library chair now, very "
            "cheap</a></div><div class='item i2'>"), EXPECTED),
    "a featured item above the list": (
        f"<div class='hero'><a href='/news/top'><img src=/p.jpg></a><h1><a href='/news/top'>The library is named library of "
        f"the year</a></h1><p class=date>21 May 2016</p><p>{TEXT}</p></div><div class=list>" + repeat(CARD) + "</div>",
        [("The library is named library of the year", "/news/top", "2016-05-21"), *EXPECTED]),
    "news above events": (
        "<h2>Latest news</h2><div class=n>" + repeat(CARD) + "</div><h2>Upcoming events</h2><ul>"
        + "".join(f"<li><a href='/events/{n}'>Reading evening number {n}</a> <span>1{n} June 2016</span></li>" for n in range(5))
        + "</ul>", EXPECTED),
    "a table with a head": (
        "<table><tr><th>Date</th><th>Title</th></tr>"
        + repeat("<tr class={odd}><td>{date}</td><td><a href='{link}'>{title}</a></td></tr>") + "</table>", EXPECTED),
    "two columns": (
        "<ul class=l>" + repeat("<li><a href='{link}'>{title}</a> <i>{date}</i></li>") + "</ul><ul class=r>"
        + more("<li><a href='{link}'>{title}</a> <i>{date}</i></li>") + "</ul>", EXPECTED + MORE),
    "days as headings of flat paragraphs": (
        f"<div><h4>20 May 2016</h4><p><a href='{LINK}'>{TITLE}</a></p><p><a href='/news/x'>Another story of the very same "
        f"day</a></p><h4>12 May 2016</h4><p><a href='{ROWS[1][1]}'>{ROWS[1][0]}</a></p></div>",
        [EXPECTED[0], ("Another story of the very same day", "/news/x", "2016-05-20"), EXPECTED[1]]),
    "a picture whose text repeats the title": (
        repeat("<div class=c><a href='{link}'><img src='/p{n}.jpg' alt='{title}'></a><div><a href='{link}'>{title}</a></div>"
        "<em>{date}</em></div>"), EXPECTED),
    "titles cut short, whole in the tooltip": (
        "<ul>" + "".join(f"<li><a href='{link}' title='{title}'>{title[:26]}...</a> <span>{date}</span></li>"
        for title, link, date, _ in ROWS) + "</ul>", EXPECTED),
    "a big menu that no name gives away": (
        "<div class='mega'><ul>" + "".join(f"<li><a href='/m/{n}'>Menu entry about a rather long thing {n}</a></li>"
        for n in range(40)) + "</ul></div><ul class=nw>"
        + repeat("<li><a href='{link}'>{title}</a><br><small>{date}</small></li>") + "</ul>", EXPECTED),
    "author and categories around the date": (
        repeat("<div class=b><h2><a href='{link}'>{title}</a></h2><p>by <a href='/a/{n}'>Ann Author of the Library</a> on {date} "
        "in <a href='/c/1'>Category of long name</a>, <a href='/c/2'>Second category of name</a></p><p>{text}</p></div>"), EXPECTED),
    "dates before the titles": (
        "<ul>" + repeat("<li><a href='{link}'>{date} - {title}</a></li>") + "</ul>", EXPECTED),
    "dates after the titles": (
        "<ul>" + repeat("<li><a href='{link}'>{title} ({date})</a></li>") + "</ul>", EXPECTED),
    "classes that mark single rows": (
        "<table class=views-table>" + repeat("<tr class='{odd}'><td><a href='{link}'>{title}</a></td><td>{date}</td></tr>").replace(
            "<tr class='odd'>", "<tr class='odd views-row-first highlight'>", 1) + "</table>", EXPECTED),
    "tiles with background pictures": (
        repeat("<div class=tile><a href='{link}'><div style='background-image:url(/i{n}.jpg)'></div><div class=tt>{title}</div>"
        "<div class=dd>{date}</div></a></div>"), EXPECTED),
    "some items without a link": (
        repeat("<div class=n><h3>{title}</h3><p class=d>{date}</p><p>{text}</p></div>").replace(
            f"<h3>{TITLE}</h3>", f"<h3><a href='{LINK}'>{TITLE}</a></h3>"),
        [EXPECTED[0], *((title, "", date) for title, _, date in EXPECTED[1:])]),
    "news at the end of a long page about a programme": (
        LONG + "<h2>Latest News</h2>"
        + repeat("<h3><a href='{link}'>{title}</a></h3><p>{text} It met from 17-23 April 2016.</p><p>{date}</p>"), EXPECTED),
    "a list at the end of a long page": (
        LONG + "<h2>Latest News</h2><ul class='news'>"
        + repeat("<li><a href='{link}'>{title}</a><p>{text}</p><p class='date'>{date}</p></li>") + "</ul>", EXPECTED),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_the_shapes_that_lists_take_are_understood(name: str) -> None:
    main, expected = SHAPES[name]

    assert found(page(main)) == expected


@pytest.mark.parametrize("language", FOREIGN)
@pytest.mark.parametrize(
    "template",
    [
        "<div class='views-row'><h3><a href='{link}'>{title}</a></h3><div class='date'>{date}</div></div>",
        "<li><span>{date}</span> <a href='{link}'>{title}</a></li>",
        "<dt>{date}</dt><dd><a href='{link}'>{title}</a></dd>",
    ],
)
def test_lists_are_found_in_every_script(language: str, template: str) -> None:
    main = "".join(
        template.format(title=title, link=f"/{n}", date=date)
        for n, (title, date) in enumerate(FOREIGN[language])
    )

    days = ["2016-05-20", "2016-05-12", "2016-04-30"]
    titles = [title for title, _ in FOREIGN[language]]
    assert found(page(main, language=language)) == [
        (title, f"/{n}", day) for n, (title, day) in enumerate(zip(titles, days, strict=True))
    ]


def test_a_day_in_a_title_that_says_more_is_part_of_the_title() -> None:
    main = "<ul>" + repeat("<li><a href='{link}'>{title}</a> <i>{date}</i></li>").replace(
        ROWS[1][0], "10 December - Human Rights Day"
    ) + "</ul>"  # fmt: skip

    assert found(page(main))[1] == ("10 December - Human Rights Day", ROWS[1][1], "2016-05-12")


def test_a_title_that_its_day_tells_apart_keeps_it() -> None:
    main = repeat(
        "<div class=c><h2><a href='{link}'>Library News - {date}</a></h2><p>{text}</p></div>"
    )

    assert found(page(main)) == [
        (f"Library News - {date}", link, iso) for _, link, date, iso in ROWS
    ]


def test_another_tab_is_another_list() -> None:
    def pane(name: str, content: str) -> str:
        return f"<div class='tab-pane' id={name}>{content}</div>"

    main = pane("latest", repeat(CARD)) + pane(
        "traffic", more(CARD.replace("class='story'", "class='bus'"))
    )

    assert found(page(main)) == EXPECTED


def test_a_page_whose_names_say_nothing_is_read_by_its_shape() -> None:
    html = (
        "<html><body><div id=c1><a href=/a>Home</a> <a href=/b>News</a> <a href=/c>Contact</a></div><div id=c2>"
        + repeat("<div><a href='{link}'>{title}</a><div>{date}</div></div>")
        + "</div></body></html>"
    )

    assert found(html) == EXPECTED


def test_sections_with_headings_of_their_own_are_one_list_where_they_are_alike() -> None:
    def section(month: int) -> str:
        stories = "".join(
            f"<div class=x><h3><a href='/news/{month}{n}'>Story {n} of month {month} in the library</a></h3><p>{TEXT}</p></div>"
            for n in range(2)
        )
        return f"<section><h2>Month {month}</h2>{stories}</section>"

    links = [link for _, link, _ in found(page("".join(map(section, range(3)))))]

    assert links == [f"/news/{month}{n}" for month in range(3) for n in range(2)]
