"""Pages saved as plain text, in the shapes that people and browsers save them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.errors import SourceNotUnderstoodError
from newsletter.model.content import Item, ItemStatus
from newsletter.model.sources import Source
from newsletter.sources.textpage import read_text

NOW = datetime(2016, 5, 25, 12, tzinfo=UTC)


def _items(text: str, *, language: str = "", day_first: bool | None = None) -> tuple[Item, ...]:
    source = Source("News", language=language, day_first=day_first)
    return read_text(text.encode(), source, fetched_at=NOW).items


def _rows(text: str, *, day_first: bool | None = None) -> list[tuple[str, str, str]]:
    return [
        (item.date.isoformat() if item.date else "", item.title, item.summary)
        for item in _items(text, day_first=day_first)
    ]


PROGRAMME = """Rural Reading Programme (RRP)

Books for every valley

The programme works with libraries and teachers in mountain villages.

It offers help at three levels:

  • Books: to fill the first shelves
  • Training: for those who look after them
  • Meetings: where readers and writers meet

The programme began in 1991 in Cusco, Peru.

RRP, Reading, Villages

Last update: 3 March 2016

Latest News

Spring gathering of village librarians ends with a shared plan

Forty librarians met in Huaraz from 11-15 April 2016 to agree on a plan for 2018.

18 May 2016

Young storytellers: the new group is chosen

The storytellers take part in a course of one year that begins in June.

18 May 2016

Mobile library reaches the upper valley

The van visited nine villages from 2-4 May 2016 and lent six hundred books.

9 May 2016"""


def test_a_programme_page_gives_its_three_items_and_none_of_its_traps() -> None:
    assert _rows(PROGRAMME) == [
        (
            "2016-05-18",
            "Spring gathering of village librarians ends with a shared plan",
            "Forty librarians met in Huaraz from 11-15 April 2016 to agree on a plan for 2018.",
        ),
        (
            "2016-05-18",
            "Young storytellers: the new group is chosen",
            "The storytellers take part in a course of one year that begins in June.",
        ),
        (
            "2016-05-09",
            "Mobile library reaches the upper valley",
            "The van visited nine villages from 2-4 May 2016 and lent six hundred books.",
        ),
    ]


def test_the_same_page_without_blank_lines_gives_the_same() -> None:
    dense = "\n".join(line for line in PROGRAMME.splitlines() if line.strip())

    assert _rows(dense) == _rows(PROGRAMME)


TWO = [
    ("2016-05-20", "Spring meeting in Oslo", "Fifty members met."),
    ("2016-05-10", "New chair elected", "Members chose a chair."),
]


@pytest.mark.parametrize(
    "text",
    [
        """News\n
20 May 2016
Spring meeting in Oslo
Fifty members met.

10 May 2016
New chair elected
Members chose a chair.""",
        """News\n
20 May 2016

Spring meeting in Oslo

Fifty members met.

10 May 2016

New chair elected

Members chose a chair.""",
        """News\n
Spring meeting in Oslo

20 May 2016

Fifty members met.

New chair elected

10 May 2016

Members chose a chair.""",
        """News\n
Spring meeting in Oslo — 20 May 2016
Fifty members met.

New chair elected — 10 May 2016
Members chose a chair.""",
        """News\n
1. Spring meeting in Oslo
   Posted on Friday, 20 May 2016 by Anna Berg
   Fifty members met.

2. New chair elected
   Posted on Tuesday, 10 May 2016 by Jon Lie
   Members chose a chair.

1 2 3 Next""",
        """Home
News
Contact

Welcome to the association.

News

May 20, 2016
Spring meeting in Oslo
Fifty members met.
Read more

May 10, 2016
New chair elected
Members chose a chair.
Read more

Events

3 June 2016
Annual dinner
In the old town hall.""",
        """News\n
Events
Spring meeting in Oslo
Fifty members met.
20 May 2016

Events
New chair elected
Members chose a chair.
10 May 2016""",
    ],
    ids=["before", "apart", "middle", "inline", "numbered", "site", "categories"],
)
def test_the_order_of_title_date_and_summary_does_not_matter(text: str) -> None:
    assert _rows(text) == TWO


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            "ACTUALITÉS\n\n• 20/05/2016 – Ouverture de la bibliothèque de Dakar\n"
            "• 18/05/2016 – Un atelier sur les archives orales\n\nAgenda\n\n• 20/06/2016 – Congrès",
            [
                ("2016-05-20", "Ouverture de la bibliothèque de Dakar", ""),
                ("2016-05-18", "Un atelier sur les archives orales", ""),
            ],
        ),
        (
            "Noticias\n\n19 de mayo de 2016\nTaller en La Paz\nDuró tres días.\n\n"
            "12 de mayo de 2016\nNueva sede\nEn el centro.\n\nContacto\nCalle 5",
            [
                ("2016-05-19", "Taller en La Paz", "Duró tres días."),
                ("2016-05-12", "Nueva sede", "En el centro."),
            ],
        ),
        (
            "Новости\n\nСеминар в Казани\n18 мая 2016\nСобрал участников.\n\n"
            "Конкурс чтецов\n11 мая 2016\nПобедители получили книги.",
            [
                ("2016-05-18", "Семинар в Казани", "Собрал участников."),
                ("2016-05-11", "Конкурс чтецов", "Победители получили книги."),
            ],
        ),
        (
            "الأخبار\n\nورشة عمل في هراري\nعن السياسات الوطنية.\n١٢ أيار ٢٠١٦\n\n"
            "خطاب نوايا في بنما\nاجتمعت ثلاثون جمعية.\n٢٠ أيار ٢٠١٦",
            [
                ("2016-05-12", "ورشة عمل في هراري", "عن السياسات الوطنية."),
                ("2016-05-20", "خطاب نوايا في بنما", "اجتمعت ثلاثون جمعية."),
            ],
        ),
        (
            "最新消息\n\n图书馆协会在巴拿马开会\n2016年5月20日\n三十个图书馆协会参加。\n\n"
            "新一届学员\n2016年5月18日\n该计划为期两年。",
            [
                ("2016-05-20", "图书馆协会在巴拿马开会", "三十个图书馆协会参加。"),
                ("2016-05-18", "新一届学员", "该计划为期两年。"),
            ],
        ),
        (
            "Aktuelles\n\nMai 2016\nNeue Leseräume in Bonn\nSie stehen offen.\n\n"
            "April 2016\nTagung in Kiel\nFachleute treffen sich.",
            [
                ("2016-05", "Neue Leseräume in Bonn", "Sie stehen offen."),
                ("2016-04", "Tagung in Kiel", "Fachleute treffen sich."),
            ],
        ),
    ],
    ids=["fr", "es", "ru", "ar", "zh", "de"],
)
def test_a_list_is_read_in_its_language(text: str, rows: list[tuple[str, str, str]]) -> None:
    assert _rows(text, day_first=True) == rows


def test_links_are_kept_however_they_were_written() -> None:
    items = _items(
        "News\n\n- [Panama letter](https://news.example.org/1) (2016-05-20)\n"
        "- New leaders <https://news.example.org/2> (2016-05-18)\n\n# Links\n- [x](https://x.example/)"
    )

    assert [(item.title, item.link) for item in items] == [
        ("Panama letter", "https://news.example.org/1"),
        ("New leaders", "https://news.example.org/2"),
    ]


def test_an_address_on_its_own_line_belongs_to_the_title_above() -> None:
    (first, _) = _items(
        "News\n\nPanama letter\nhttps://news.example.org/1\nThirty met.\n20 May 2016\n\n"
        "New leaders\nhttps://news.example.org/2\nTwelve were chosen.\n18 May 2016"
    )

    assert (first.title, first.link, first.summary) == (
        "Panama letter",
        "https://news.example.org/1",
        "Thirty met.",
    )


def test_wrapped_paragraphs_become_whole_again() -> None:
    (first, _) = _items(
        """News

Spring meeting brings together fifty members
20 May 2016
The spring meeting was held in Oslo and drew fifty members from all over the
country, who discussed the new act on public libraries and what it means for
small towns.

A new chair is elected
10 May 2016
Members elected a new chair at the general assembly. She will serve for three
years and wants to visit every branch in her first year of office, starting in
the north."""
    )

    assert first.title == "Spring meeting brings together fifty members"
    assert first.summary.endswith("all over the country, who discussed the new act on public "
                                  "libraries and what it means for small towns.")  # fmt: skip


def test_bullets_under_a_heading_are_items_without_a_date() -> None:
    items = _items("Latest News\n\n* Alpha opens its doors\n* Beta closes for repairs")

    assert [item.title for item in items] == ["Alpha opens its doors", "Beta closes for repairs"]
    assert {item.status for item in items} == {ItemStatus.UNDATED}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The town began in 1316. On 3 May 1950 the library was built.\nThe mayor opened it.",
        "Home\nAbout us\nContact\n\nLast update: 10 February 2016",
        "Our library\n\n20 May 2016\n\nSpring meeting\n\n10 May 2016\n\nNew chair\n\n2 May 2016\n\n"
        "Book fund opens\n\nOther words",
    ],
    ids=["empty", "prose", "menu", "undecidable"],
)
def test_better_no_item_than_a_wrong_one(text: str) -> None:
    with pytest.raises(SourceNotUnderstoodError, match="no list of news"):
        _items(text)


def test_a_large_hostile_text_is_read_in_one_pass() -> None:
    text = "News\n\n" + "[" * 50_000 + "\n" + "a" * 100_000 + "\n" + "* x\n" * 30_000

    assert len(_items(text)) <= 2_000
