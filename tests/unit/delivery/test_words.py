"""What the big providers and the usual servers say, and what it comes to."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.delivery.outcome import Outcome, Stage
from newsletter.delivery.parsing import ReplyParser
from newsletter.delivery.reasons import Scope
from newsletter.delivery.replies import Verdict, judge
from newsletter.model.mailing import DeliveryState

#: Its first lines say how to read it.
TABLE = Path(__file__).parents[2] / "data" / "replies.txt"


def _rows() -> list[tuple[str, ...]]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line and not line.startswith("#")]
    return [tuple(part.strip(" |") for part in row.split(" | ")) for row in rows]


def _heard(stage: str, said: str) -> Verdict:
    parser = ReplyParser()
    parser.feed("".join(f"{line}\r\n" for line in _lines(said)).encode())
    [reply] = parser.replies
    return judge(Outcome(Stage(stage), reply))


def _lines(said: str) -> list[str]:
    """Return the lines of a reply; "A/AAAA" is no end of a line."""
    code = said[:3]
    lines: list[str] = []
    for part in said.split(f"/{code}"):
        lines.append(part if not lines else code + part)
    return lines


@pytest.mark.parametrize("row", _rows(), ids=lambda row: f"{row[0]}: {row[1][:60]}")
def test_what_servers_say_is_understood(row: tuple[str, ...]) -> None:
    stage, said, state, reason, *more = row

    verdict = _heard(stage, said)

    follows = {
        "bad": verdict.suppress_candidate,
        "stop": verdict.stop_run,
        "slow": verdict.slow_down,
    }
    assert (verdict.state.value, verdict.reason) == (state, reason)
    assert {word for word, holds in follows.items() if holds} == set(" ".join(more).split())


@pytest.mark.parametrize("detail", range(0, 1000, 7))
def test_a_policy_never_counts_against_the_address(detail: int) -> None:
    for words in ("no", "user unknown", "no such mailbox", "account disabled"):
        assert not _heard("rcpt", f"550 5.7.{detail} {words}").suppress_candidate
        assert not _heard("dot", f"554 5.7.{detail} {words}").suppress_candidate


@pytest.mark.parametrize("code", [500, 501, 502, 504, 510, 521, 550, 551, 552, 553, 554, 555])
@pytest.mark.parametrize("words", ["", "5.7.1 no", "5.1.1 who", "5.0.0 no", "no such user", "spam"])
def test_a_refusal_of_mail_for_good_marks_no_reader(code: int, words: str) -> None:
    verdict = _heard("mail", f"{code} {words}".strip())

    assert verdict.stop_run
    assert verdict.state is DeliveryState.QUEUED or verdict.scope is Scope.MESSAGE


@pytest.mark.parametrize("charset", ["latin-1", "gb18030", "koi8-r", "shift_jis", "utf-16-le"])
def test_words_in_any_charset_are_shown_and_end_nothing(charset: str) -> None:
    words = {"latin-1": "Boîte aux lettres", "koi8-r": "почта"}.get(charset, "信箱")
    parser = ReplyParser()
    parser.feed(b"550 5.1.1 " + words.encode(charset) + b"\r\n250 ok\r\n")

    refusal, after = parser.replies

    assert (refusal.code, refusal.enhanced, after.code) == (550, "5.1.1", 250)
    assert refusal.text.isprintable()
    assert judge(Outcome(Stage.RCPT, refusal)).reason == "no-such-user"
