"""What whoever watches a send reads."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.cli.progress import Pace, ProgressLine, duration
from newsletter.model.mailing import Balance, Mailing, MailingState, Progress


def _mailing(accepted: int, queued: int, *, senders: tuple[int, ...] = (7,)) -> Mailing:
    return Mailing(
        1,
        "2016-05",
        MailingState.SENDING,
        datetime(2016, 5, 20, tzinfo=UTC),
        balance=Balance(accepted=accepted, queued=queued),
        senders=senders,
    )


def _seen(pace: Pace, mailing: Mailing, now: float) -> str:
    pace.look([mailing], now)
    return pace.told(mailing)


def test_a_second_terminal_reads_rate_and_time_left_off_the_books() -> None:
    pace = Pace()

    first = _seen(pace, _mailing(100, 900), 10.0)
    second = _seen(pace, _mailing(200, 800), 12.0)
    slow = Pace()
    _seen(slow, _mailing(0, 30), 0.0)

    assert first == ""
    assert second == "50/s, 16 s left"
    assert _seen(slow, _mailing(1, 29), 2.0) == "0.5/s, 58 s left"


def test_nothing_is_said_of_a_mailing_that_nobody_sends() -> None:
    pace = Pace()
    _seen(pace, _mailing(0, 10), 0.0)

    assert _seen(pace, _mailing(5, 5, senders=()), 1.0) == ""


def test_a_small_list_is_prepared_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    line = ProgressLine()
    line._last = float("-inf")

    line.preparing(10, 20)
    line.preparing(1000, 100_000)

    assert capsys.readouterr().err == "preparing: 1000 of 100000 readers written down\n"


def test_where_nobody_watches_a_line_comes_every_ten_seconds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 5.0, 9.9, 10.1, 10.1, 15.0, 20.2, 20.2])
    monkeypatch.setattr("newsletter.cli.progress.monotonic", lambda: next(clock))
    line = ProgressLine()

    for accepted in range(5):
        line(Progress(1, Balance(accepted=accepted, queued=10 - accepted)))

    told = capsys.readouterr().err.splitlines()
    assert [one.split(",")[0] for one in told] == ["2 of 10", "4 of 10"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (89, "89 s"), (91, "2 min"), (5400, "1.5 h"), (200_000, "2.3 days")],
)
def test_a_length_of_time_is_said_in_its_own_unit(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("is_terminal", "shown"), [(False, "Asking ...\n"), (True, "\rAsking ...")]
)
def test_what_comes_before_the_sending_is_said_at_once(
    is_terminal: bool,
    shown: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: is_terminal)

    ProgressLine().say("Asking ...")

    assert capsys.readouterr().err == shown
