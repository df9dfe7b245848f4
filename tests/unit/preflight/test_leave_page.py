"""The page that readers leave by is tried as a mail program would."""

from __future__ import annotations

import pytest

from newsletter.preflight.leave_page import PageAnswer, answering
from tests.unit.preflight.candidates import candidate

PAGE = "https://news.example/leave/"
PROOF = "<!-- ours -->"


def found(url: str, answer: PageAnswer) -> list[str]:
    asked: list[str] = []

    def ask(page: str) -> PageAnswer:
        asked.append(page)
        return answer

    findings = [*answering(url, PROOF, ask)(candidate())]
    assert asked in ([], ["https://news.example/leave/sample"])
    assert {one.check for one in findings} <= {"unsubscribe-page"}
    assert {str(one.severity) for one in findings} <= {"warning"}
    return [one.message for one in findings]


def test_without_a_page_nothing_is_asked() -> None:
    assert found("", PageAnswer(0)) == []


def test_our_own_page_is_good() -> None:
    assert found(PAGE, PageAnswer(200, body=f"<html>{PROOF}")) == []


def test_a_page_without_https_is_told_and_not_asked() -> None:
    (message,) = found("http://news.example/leave/", PageAnswer(200, body=PROOF))

    assert "not https" in message


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (PageAnswer(0, reason="nothing answers"), "does not answer: nothing answers"),
        (PageAnswer(502), "answers 502"),
        (PageAnswer(404, reason="not found"), "answers 404"),
        (PageAnswer(200, body="<html>Welcome to nginx!"), "something else"),
        (PageAnswer(200, "https://www.example/", PROOF), "leads on to 'https://www.example/'"),
    ],
)
def test_what_keeps_readers_from_leaving_is_told(answer: PageAnswer, words: str) -> None:
    (message,) = found(PAGE, answer)

    assert words in message
