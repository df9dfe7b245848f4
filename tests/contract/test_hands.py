"""Several pieces of work go on at the same time, and end gently together."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from newsletter.delivery.hands import MOST_AT_ONCE, Hands


@pytest.fixture
def hands() -> Iterator[Hands[str]]:
    with Hands[str]() as opened:
        yield opened


def _all(hands: Hands[str]) -> dict[int, str | None]:
    """Return everything that ends, once all has ended."""
    done: dict[int, str | None] = {}
    while hands.busy:
        hands.rest(60)
        done |= dict(hands.ended())
    return done


def _until_told(begun: Path) -> Callable[[], str]:
    """Return work that ends as soon as it is told to, as a sender does."""

    def work() -> str:
        signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(InterruptedError))
        try:
            # Here, because the signal may come as soon as the file is there.
            begun.write_text("begun", encoding="utf-8")
            while True:
                time.sleep(60)
        except InterruptedError:
            return "ended gently"

    return work


def _wait_for(path: Path) -> None:
    while not path.exists():
        time.sleep(0.01)


def test_work_that_takes_long_does_not_hold_up_the_other(hands: Hands[str], tmp_path: Path) -> None:
    hands.begin(1, _until_told(tmp_path / "begun"))
    hands.begin(2, lambda: "done")

    while 2 in hands.busy:
        hands.rest(60)
        assert dict(hands.ended()) in ({}, {2: "done"})

    assert hands.busy == {1}


def test_what_is_done_is_told_once(hands: Hands[str]) -> None:
    hands.begin(7, lambda: "done")

    assert _all(hands) == {7: "done"}
    assert hands.ended() == []


def test_work_whose_process_dies_has_no_result(hands: Hands[str]) -> None:
    def dies() -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return "never"

    hands.begin(3, dies)

    assert _all(hands) == {3: None}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_passed_on_and_remembered(
    hands: Hands[str], tmp_path: Path, number: signal.Signals
) -> None:
    def work() -> str:
        signal.signal(number, lambda *_: (_ for _ in ()).throw(InterruptedError))
        try:
            (tmp_path / "begun").write_text("begun", encoding="utf-8")
            time.sleep(60)
        except InterruptedError:
            return f"told by {number.name}"
        return "never told"

    hands.begin(1, work)
    _wait_for(tmp_path / "begun")

    os.kill(os.getpid(), number)

    assert _all(hands) == {1: f"told by {number.name}"}
    assert hands.signal == number


def test_a_signal_ends_a_rest_at_once(hands: Hands[str]) -> None:
    os.kill(os.getpid(), signal.SIGTERM)

    began = time.monotonic()
    hands.rest(60)

    assert time.monotonic() - began < 30
    assert hands.signal == signal.SIGTERM


def test_the_signals_are_given_back() -> None:
    before = signal.getsignal(signal.SIGTERM)

    with Hands[str]():
        assert signal.getsignal(signal.SIGTERM) != before

    assert signal.getsignal(signal.SIGTERM) == before


def test_no_more_is_begun_than_can_be_done(hands: Hands[str], tmp_path: Path) -> None:
    for number in range(MOST_AT_ONCE):
        assert not hands.are_full
        hands.begin(number, _until_told(tmp_path / str(number)))
        _wait_for(tmp_path / str(number))

    assert hands.are_full
    hands.end(signal.SIGTERM)
    assert set(_all(hands).values()) == {"ended gently"}
