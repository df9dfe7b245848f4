"""The dates people write: what is read, and what must never be taken for a date."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from newsletter.sources.dates import Role, find_dates, parse_date

FETCHED = datetime(2016, 6, 1, 12, 0, tzinfo=UTC)

ONE_DAY = [
    "20 May 2016",
    "Posted on 20 May 2016",
    "Published: May 20, 2016",
    "By Jane, May 20th, 2016",
    "Friday 20th of May, 2016",
    "Fri, May 20, 2016 at 2:05 pm",
    "Fri May 20 14:00:00 EDT 2016",
    "20-May-2016",
    "20-May-16",
    "20 May '16",
    "2016-05-20",
    "2016-05-20T14:00:00+02:00",
    "2016/05/20",
    "20/05/2016",
    "05/20/2016",
    "20.05.2016 | Pressemitteilung",
    "20.05.16",
    "20. 5. 2016",
    "Panama, 20 May 2016",
    "20 May 2016 · 5 min read",
    "20 May 2016 (Friday)",
    "20\u00a0May\u00a02016",
    "20 M\u00aday 2016",
    "20\nMay\n2016",
    "Le 20 mai 2016 à 14h05",
    "vendredi 20 mai 2016",
    "VENDREDI 20 MAI 2016",
    "Viernes, 20 de mayo de 2016",
    "20 de mayo del 2016",
    "Freitag, 20. Mai 2016, 14:05 Uhr",
    "Veröffentlicht am 20. Mai 2016",
    "20 мая 2016 г.",
    "Пятница, 20 мая 2016 года, 14:05",
    "20 май 2016",
    "٢٠ مايو ٢٠١٦",
    "۲۰ مه ۲۰۱۶",
    "الجمعة 20 أيار 2016",
    "20 أيار/مايو 2016",
    "20 مايو (أيار) 2016",
    "20 ماي 2016",
    "\u202b20 مايو 2016\u202c",
    "2016年5月20日",
    "２０１６年５月２０日",
    "二〇一六年五月二十日",
    "2016年5月20日 星期五",
    "發布日期:2016年5月20日",
    "民國105年5月20日",
    "平成28年5月20日(金)",
    "2016년 5월 20일",
    "20 maggio 2016",
    "20 de maio de 2016",
    "Sexta-feira, 20 de maio de 2016",
    "20 mei 2016",
    "20 maja 2016",
    "20 Mayıs 2016 Cuma",
    "20 MAYIS 2016",
    "20 maj 2016",
    "20. května 2016",
    "20 травня 2016 р.",
    "২০ মে ২০১৬",
    "২০শে মে, ২০১৬ ইং",
    "20 मई 2016",
    "20 Μαΐου 2016",
    "20 ΜΑΪΟΥ 2016",
    "20 במאי 2016",
    "Published 20 May 2016, updated 22 May 2016",
]

OTHER_DATES = [
    ("1er mai 2016", "2016-05-01"),
    ("1º de mayo de 2016", "2016-05-01"),
    ("l'8 marzo 2016", "2016-03-08"),
    ("3rd March 2016", "2016-03-03"),
    ("5. Jänner 2016", "2016-01-05"),
    ("05.06.2016", "2016-06-05"),
    ("2016.5.6", "2016-05-06"),
    ("등록일 2016.5.6", "2016-05-06"),
    ("05/05/2016", "2016-05-05"),
    ("2016/05/06", "2016-05-06"),
    ("20 كانون الثاني 2016", "2016-01-20"),
    ("20 كانون الأول 2015", "2015-12-20"),
    ("3 تشرين الأول 2015", "2015-10-03"),
    ("3 شباط 2016", "2016-02-03"),
    ("3 جويلية 2015", "2015-07-03"),
    ("3 غشت 2015", "2015-08-03"),
    ("3 août 2015", "2015-08-03"),
    ("3 AOUT 2015", "2015-08-03"),
    ("二〇一五年十二月三十一日", "2015-12-31"),
    ("令和元年5月1日", None),
    ("May 2016", "2016-05"),
    ("Mai 2016", "2016-05"),
    ("mayo de 2016", "2016-05"),
    ("Май 2016", "2016-05"),
    ("2016年5月", "2016-05"),
    ("20 May", "--05-20"),
    ("May 20", "--05-20"),
    ("20 мая", "--05-20"),
    ("5月20日", "--05-20"),
    ("29 February", "--02-29"),
    ("20 mai, 14h05", "--05-20"),
    ("Thu, 05/12/2016 - 10:30", "2016-05-12"),
    ("jue, 12/05/2016 - 10:30", "2016-05-12"),
    ("Чт, 12/05/2016 - 10:30", "2016-05-12"),
    ("Thu, 12/05/2016", "2016-05-12"),
    ("Mon, 05/12/2016", "2016-12-05"),
    ("Wed, 05/12/2016", None),
    ("May 12, 2016 No Comments", "2016-05-12"),
    ("May 12, 2016 3 comments", "2016-05-12"),
    ("For immediate release: May 12, 2016", "2016-05-12"),
    ("2016年5月12日 来源：图书馆", "2016-05-12"),
    ("12.05.2016 r.", "2016-05-12"),
    ("12 May 2016 (updated 13 May 2016)", "2016-05-12"),
    ("الخميس 5 شعبان 1437 هـ - 12 مايو 2016 م", "2016-05-12"),
]

RELATIVE = [
    ("today", "2016-06-01"),
    ("Today, 14:05", "2016-06-01"),
    ("yesterday", "2016-05-31"),
    ("3 days ago", "2016-05-29"),
    ("a day ago", "2016-05-31"),
    ("13 hours ago", "2016-05-31"),
    ("Posted 2 hours ago", "2016-06-01"),
    ("aujourd'hui", "2016-06-01"),
    ("hier à 14h05", "2016-05-31"),
    ("avant-hier", "2016-05-30"),
    ("il y a 3 jours", "2016-05-29"),
    ("hace 2 días", "2016-05-30"),
    ("ayer", "2016-05-31"),
    ("gestern", "2016-05-31"),
    ("vor 3 Tagen", "2016-05-29"),
    ("vor einem Tag", "2016-05-31"),
    ("вчера в 14:05", "2016-05-31"),
    ("3 дня назад", "2016-05-29"),
    ("أمس", "2016-05-31"),
    ("قبل 3 أيام", "2016-05-29"),
    ("منذ يومين", "2016-05-30"),
    ("قبل ساعة", "2016-06-01"),
    ("昨天", "2016-05-31"),
    ("3天前", "2016-05-29"),
    ("13小时前", "2016-05-31"),
    ("3日前", "2016-05-29"),
    ("어제", "2016-05-31"),
    ("час назад", "2016-06-01"),
    ("il y a une heure", "2016-06-01"),
    ("dün", "2016-05-31"),
    ("3일 전", "2016-05-29"),
    ("há 3 dias", "2016-05-29"),
    ("3 giorni fa", "2016-05-29"),
    ("3 dni temu", "2016-05-29"),
    ("3 gün önce", "2016-05-29"),
    ("3 দিন আগে", "2016-05-29"),
]

NO_DATE = [
    "", " ", "12", "2016", "May", "5 comments", "Page 3 of 12", "2015/16", "2015-16", "May 2015-16",
    "05/06/2016", "5-6-2016", "05/06/16",
    "31 February 2016", "31/02/2016", "32 May 2016",
    "0 May 2016", "29 February 2015", "20 May 1885", "20 May 2099", "20 May 1437",
    "Monday 20 May 2016", "Lundi 20 mai 2016", "2016年5月20日星期一", "Sunday, May 20, 2016",
    "1.5.16", "PyCharm 2016.1.2",
    "1.2.3.4", "192.168.05.2016", "v1.2.2016", "$20.05.2016", "3:2", "3-2", "978-92-5-108-2016",
    "+49 30 20.05.2016", "06.12.20.16.05", "20,000 May 2016", "Issue 5 May 2016", "No. 5, May 2016",
    "Nº 5 mayo 2016", "20%", "Deadline: 20 May 2016", "Until 20 May 2016", "bis 20. Mai 2016",
    "jusqu'au 20 mai 2016", "до 20 мая 2016", "حتى 20 مايو 2016", "Last update: 10 February 2016",
    "Stand: 20.05.2016", "Workshop 20 May 2016", "Conference: 20 May 2016",
    "30 may attend", "May 5 libraries attend?", "march 12 miles",
    "Of these 30 may attend the event",
    "20 May 2016 12 June 2016", "20 May 2016 and 12 June 2016", "5 May 20, 2016",
    "Libraries today", "Today, libraries are more than books", "The day before yesterday",
    "20 May 2016 the libraries of the whole country opened their doors to all who wanted to read",
    "Budget 20\nMay 2016 report", "15 شعبان 1437", "31 اردیبهشت 1395", "农历五月二十日", "去年5月",
    "2 weeks ago", "20foo May 2016",
    "Last Updated on Thursday, 12 May 2016 10:30", "a year ago", "2016. Mai", "x" * 5000,
]  # fmt: skip

RANGES = [
    "17-23 April 2016",
    "from 5 to 6 May 2016",
    "5–6 мая 2016",
    "с 5 по 6 мая 2016",
    "28 April - 2 May 2016",
    "28 April 2016 to 2 May 2016",
    "April 17-23, 2016",
    "April 28 - May 2, 2016",
    "17.-23. April 2016",
    "17. bis 23. April 2016",
    "28.04. - 02.05.2016",
    "17.-23.04.2016",
    "2016-04-28 – 2016-05-02",
    "5 and 6 May 2016",
    "5/6 May 2016",
    "du 5 au 6 mai 2016",
    "del 5 al 6 de mayo de 2016",
    "5 y 6 de mayo de 2016",
    "5 - 6 مايو 2016",
    "من 5 إلى 6 مايو 2016",
    "2016年4月17日至23日",
    "4月17日-23日",
    "2016年4月17-23日",
    "April/May 2016",
    "2016.05.12 ~ 05.14",
    "17-23 April",
]


@pytest.mark.parametrize("text", ONE_DAY)
def test_a_whole_text_is_one_day(text: str) -> None:
    found = parse_date(text, fetched_at=FETCHED)

    assert found is not None
    assert found.isoformat() == "2016-05-20"


@pytest.mark.parametrize(("text", "expected"), [*OTHER_DATES, *RELATIVE])
def test_a_whole_text_is_a_date_of_that_precision(text: str, expected: str | None) -> None:
    found = parse_date(text, fetched_at=FETCHED)

    assert (found and found.isoformat()) == expected


@pytest.mark.parametrize("text", [*NO_DATE, *RANGES])
def test_what_is_not_one_certain_date_is_none(text: str) -> None:
    assert parse_date(text, fetched_at=FETCHED) is None


@pytest.mark.parametrize("text", RANGES)
def test_a_range_is_marked_so_that_nobody_takes_it_as_a_publication_date(text: str) -> None:
    found = find_dates(f"Meeting {text}", fetched_at=FETCHED)

    assert [match.is_range for match in found] == [True]


@pytest.mark.parametrize(
    ("text", "day_first", "expected"),
    [
        ("05/06/2016", True, "2016-06-05"),
        ("05/06/2016", False, "2016-05-06"),
        ("5-6-2016", True, "2016-06-05"),
        ("05/06/16", True, "2016-06-05"),
        ("05/06/16", False, "2016-05-06"),
        ("05.06.2016", False, "2016-05-06"),
        ("2016/05/06", True, "2016-05-06"),
    ],
)
def test_the_source_says_whether_the_day_stands_first(
    text: str, day_first: bool, expected: str
) -> None:
    found = parse_date(text, fetched_at=FETCHED, day_first=day_first)

    assert found is not None
    assert found.isoformat() == expected


def test_a_two_digit_year_stands_first_in_korea() -> None:
    found = parse_date("16. 5. 20.", language="ko-KR", fetched_at=FETCHED)

    assert found is not None
    assert found.isoformat() == "2016-05-20"
    assert parse_date("16. 5. 12.", fetched_at=FETCHED) is None
    assert parse_date("16.05.12", language="ja", fetched_at=FETCHED) is None


def test_every_date_of_a_text_is_found_in_its_place() -> None:
    text = "Posted on 20 May 2016. The \u200eworkshop of 5-6 May 2016 is over; next: 1 June 2016."

    found = find_dates(text, fetched_at=FETCHED)

    assert [text[match.start : match.end] for match in found] == [
        "20 May 2016",
        "5-6 May 2016",
        "1 June 2016",
    ]
    assert [match.role for match in found] == [Role.PUBLISHED, Role.PLAIN, Role.OTHER]


def test_a_summary_gives_only_its_range() -> None:
    text = "30 Library Associations met in Panama from 17-23 April 2016 to develop strategies."

    found = find_dates(text, fetched_at=FETCHED)

    assert [(match.is_range, text[match.start : match.end]) for match in found] == [
        (True, "17-23 April 2016")
    ]


@pytest.mark.parametrize(
    "noise",
    ["1" * 10**6, "1/1/" * 250_000, "May 1 " * 160_000, "20\nMay\n" * 100_000, "1 May - " * 100_000,
     "2016年" * 200_000, "2016年" + " " * 10**6, "1 of of " * 100_000, "Mon, " * 200_000],
    ids=lambda noise: noise[:8],
)  # fmt: skip
@pytest.mark.timeout(20)
def test_a_hostile_megabyte_ends(noise: str) -> None:
    assert parse_date(noise, fetched_at=FETCHED) is None
    assert isinstance(find_dates(noise, fetched_at=FETCHED), list)


LOCALES = [
    "en", "en_GB", "fr", "es", "de", "ru", "ar", "ar_SY", "ar_LB", "ar_IQ",
    "ar_DZ", "ar_TN", "ar_MA", "ar_MR", "zh", "zh_Hant", "it", "pt", "nl", "pl",
    "ja", "tr", "sv", "cs", "uk", "bn", "hi", "el", "ko", "fa",
    "da", "nb", "fi", "sk", "bg", "ro", "hu", "ca", "id", "ur",
]  # fmt: skip


@given(
    day=st.dates(date(1990, 1, 1), date(2018, 12, 31)),
    locale=st.sampled_from(LOCALES),
    form=st.sampled_from(["short", "medium", "long", "full"]),
    is_known=st.booleans(),
)
def test_a_date_written_by_cldr_is_read_back_or_not_at_all(
    day: date, locale: str, form: str, is_known: bool
) -> None:
    text = format_date(day, form, locale=locale)

    found = parse_date(text, language=locale if is_known else "", fetched_at=FETCHED)

    assert found is None or found.as_date() == day


@given(day=st.dates(date(1990, 1, 1), date(2018, 12, 31)), locale=st.sampled_from(LOCALES))
def test_a_long_date_of_every_language_is_read(day: date, locale: str) -> None:
    text = format_date(day, "long", locale=locale)

    found = parse_date(text, fetched_at=FETCHED)

    assert found is not None
    assert found.as_date() == day


@given(text=st.text(max_size=200))
def test_any_text_gives_a_date_or_none(text: str) -> None:
    found = find_dates(text, fetched_at=FETCHED)

    assert all(0 <= match.start < match.end <= len(text) for match in found)


@given(text=st.text(alphabet="0123456789/.-:年月日 一二十廿MayAprfrom'thTZ+|,()\n", max_size=60))
def test_any_text_of_date_characters_gives_a_date_or_none(text: str) -> None:
    parse_date(text, fetched_at=FETCHED)

    assert all(match.end <= len(text) for match in find_dates(text, fetched_at=FETCHED))


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("105-05-20", "zh-TW", "2016-05-20"),
        ("發布日期：105/05/20", "zh", "2016-05-20"),
        ("105年05月20日", "zh-Hant", "2016-05-20"),
        ("H28.5.20", "ja", "2016-05-20"),
        ("R1.5.20", "ja", "2019-05-20"),
        ("105-13-20", "zh", None),
        ("105-05-20", "en", None),
        ("02-105-05-20", "zh", None),
        ("H28.5.20", "de", None),
    ],
)
def test_years_of_taiwan_and_of_emperors_count_in_their_languages(
    text: str, language: str, expected: str | None
) -> None:
    found = parse_date(text, language=language, fetched_at=datetime(2020, 6, 1, tzinfo=UTC))

    assert (found.isoformat() if found else None) == expected
