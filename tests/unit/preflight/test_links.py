"""Links that lead nowhere, lie, track or are dead."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from newsletter.preflight import Candidate, links, run
from newsletter.preflight.links import Answer
from tests.unit.preflight.candidates import with_body


def checks(wanted: Candidate) -> list[tuple[str, str]]:
    return [(one.severity.value, one.check) for one in run(wanted, links.CHECKS)]


@pytest.mark.parametrize(
    ("link", "finding"),
    [
        ("<a>x</a>", ("error", "link-empty")),
        ('<a href="">x</a>', ("error", "link-empty")),
        ('<a href="#">x</a>', ("error", "link-empty")),
        ('<a href="https://example.org/"> </a>', ("error", "link-empty")),
        (
            '<a href="https://example.org/"><img src="https://example.org/a.png" alt=""></a>',
            ("error", "link-empty"),
        ),
        ('<a href="/news/1">x</a>', ("error", "link-relative")),
        ('<a href="www.example.org">x</a>', ("error", "link-relative")),
        ('<a href="javascript:x()">x</a>', ("error", "link-scheme")),
        ('<a href="file:///home/anna/x.html">x</a>', ("error", "link-scheme")),
        ('<a href="http://[::1">x</a>', ("error", "link-broken")),
        ('<a href="http://localhost:8000/">x</a>', ("error", "link-private")),
        ('<a href="http://192.168.1.7/">x</a>', ("error", "link-private")),
        ('<a href="http://intranet/">x</a>', ("error", "link-private")),
        ('<a href="#top">x</a>', ("warning", "link-anchor")),
        ('<a href="https://example.org/?utm_source=x">x</a>', ("warning", "link-tracking")),
        ('<a href="https://bit.ly/abc">x</a>', ("warning", "link-shortener")),
        ('<a href="https://evil.example/">www.bank.example</a>', ("warning", "link-disguised")),
        ('<img src="/a.png" alt="A lake">', ("error", "picture-source")),
        ('<img src="" alt="A lake">', ("error", "picture-source")),
        ('<img src="http://example.org/a.png" alt="A lake">', ("warning", "picture-plain")),
    ],
)
def test_a_bad_link_is_found(link: str, finding: tuple[str, str]) -> None:
    assert checks(with_body(link)) == [finding]


@pytest.mark.parametrize(
    "link",
    [
        '<a href="https://example.org/?page=2">More</a>',
        '<a href="mailto:news@example.org">Write</a>',
        '<a href="https://www.example.org/x">example.org</a>',
        '<a href="https://example.org/x">example.org/x</a>',
        '<a href="https://example.org/"><img src="https://example.org/a.png" alt="Home"></a>',
        '<a href="https://xn--bcher-kva.example/">Bücher</a>',
        '<img src="cid:p1" alt="A lake">',
    ],
)
def test_a_good_link_passes(link: str) -> None:
    assert checks(with_body(link)) == []


@pytest.mark.parametrize(
    ("answer", "finding"),
    [
        (Answer(404), ("error", "link-dead")),
        (Answer(410), ("error", "link-dead")),
        (Answer(403), ("warning", "link-unsure")),
        (Answer(503), ("warning", "link-unsure")),
        (Answer(0, reason="no such host"), ("warning", "link-unsure")),
        (Answer(200, "https://elsewhere.example/"), ("warning", "link-redirect")),
    ],
)
def test_an_answer_is_judged(answer: Answer, finding: tuple[str, str]) -> None:
    found = list(links.judged("https://example.org/", answer))

    assert [(one.severity.value, one.check) for one in found] == [finding]


@pytest.mark.parametrize("final", ["", "https://www.example.org/en/"])
def test_a_page_that_answers_passes(final: str) -> None:
    assert list(links.judged("https://example.org/", Answer(200, final))) == []


def test_every_link_is_asked_for_once_and_no_personal_one() -> None:
    asked: list[str] = []

    def ask(wanted: Sequence[str]) -> list[Answer]:
        asked.extend(wanted)
        return [Answer(200) for _ in wanted]

    body = (
        '<a href="https://example.org/a#x">a</a><a href="https://example.org/a">b</a>'
        '<a href="mailto:x@example.org">c</a><img src="https://example.org/p.png" alt="p">'
    )

    assert run(with_body(body), [links.answering(ask)]) == ()
    assert asked == [
        "https://news.example.org/harare",
        "https://example.org/a",
        "https://example.org/p.png",
    ]
