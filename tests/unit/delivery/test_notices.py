"""What a scheduler tells, and what it keeps to itself."""

from __future__ import annotations

from newsletter.delivery.notices import AGAIN_SECONDS, Notices


class Hands:
    """A stopwatch that is moved by hand."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_the_same_sentence_is_told_once_and_again_after_an_hour() -> None:
    hands = Hands()
    notices = Notices(hands)

    told = []
    for seconds in (0.0, 5.0, AGAIN_SECONDS - 1, AGAIN_SECONDS, AGAIN_SECONDS + 5):
        hands.seconds = seconds
        told.append(notices.is_news(1, "no server"))

    assert told == [True, False, False, True, False]


def test_what_changes_is_told_and_so_is_what_comes_back() -> None:
    notices = Notices(Hands())

    told = [notices.is_news(1, word) for word in ("refused", "no route", "no route", "refused")]

    assert told == [True, True, False, True]


def test_one_matter_does_not_silence_another() -> None:
    notices = Notices(Hands())

    assert notices.is_news(1, "no server")
    assert notices.is_news(2, "no server")


def test_what_waits_for_a_person_is_not_told_again_though_hours_pass() -> None:
    hands = Hands()
    notices = Notices(hands)
    assert notices.is_news(1, "is it still wanted?", is_once=True)

    hands.seconds = 10 * AGAIN_SECONDS

    assert not notices.is_news(1, "is it still wanted?", is_once=True)
