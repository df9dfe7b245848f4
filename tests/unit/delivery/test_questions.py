"""What is asked before a mailing is sent, and that each yes answers one question."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.delivery.questions import (
    Question,
    answered,
    put,
    questions,
    refuse_unsendable,
)
from newsletter.errors import MailingStateError
from newsletter.model.mailing import Mailing, MailingState

NOW = datetime(2016, 5, 31, 8, 0, tzinfo=UTC)
SICK = "of the first 4 readers 4 were refused or lost; the others wait"


def _mailing(
    state: MailingState = MailingState.PREPARED,
    *,
    starts: datetime = NOW,
    machine: str = "desk",
    canary: int = 1,
    reason: str = "",
) -> Mailing:
    return Mailing(
        3, "2016-05", state, NOW, starts=starts, machine=machine, canary=canary, reason=reason
    )


def _asked(mailing: Mailing, sick: str = "", *, is_older: bool = False) -> tuple[Question, ...]:
    return questions(
        mailing, machine="desk", is_older=is_older, late=timedelta(hours=2), sick=sick, now=NOW
    )


def test_nothing_is_asked_of_a_mailing_that_is_at_home_in_time_and_without_a_canary() -> None:
    assert _asked(_mailing()) == ()


def test_a_mailing_from_elsewhere_and_late_is_asked_about_both_the_place_first() -> None:
    elsewhere = _mailing(machine="attic", starts=NOW - timedelta(hours=3))

    assert _asked(elsewhere) == (Question.PLACE, Question.LATE)


def test_a_database_that_knows_less_than_was_sent_is_asked_about() -> None:
    assert _asked(_mailing(), is_older=True) == (Question.OLDER,)
    assert "newsletter resume 3 --yes" in put(Question.OLDER, _mailing()).hint


def test_what_has_begun_is_never_late() -> None:
    begun = _mailing(MailingState.SENDING, starts=NOW - timedelta(days=3))

    assert _asked(begun) == ()


def test_a_canary_is_asked_about_only_once_its_own_end_has_put_the_question() -> None:
    resting = _mailing(MailingState.PAUSED, canary=50, reason=SICK)
    in_the_middle = _mailing(MailingState.SENDING, canary=50)
    paused_by_hand = _mailing(MailingState.PAUSED, canary=50, reason="paused by a person")

    assert _asked(resting, sick=SICK) == (Question.CANARY,)
    assert _asked(in_the_middle, sick=SICK) == ()
    assert _asked(paused_by_hand, sick=SICK) == ()
    assert _asked(resting, sick=SICK.replace("4 were", "3 were")) == ()


def test_one_yes_answers_the_first_question_and_no_other() -> None:
    asked = (Question.PLACE, Question.LATE, Question.CANARY)

    answer = answered(asked, is_confirmed=True)

    assert (answer.yes, answer.still) == (Question.PLACE, (Question.LATE, Question.CANARY))


def test_without_a_yes_everything_is_still_asked() -> None:
    answer = answered((Question.LATE,), is_confirmed=False)

    assert (answer.yes, answer.still) == (None, (Question.LATE,))


def test_a_yes_that_nobody_asked_for_answers_nothing() -> None:
    answer = answered((), is_confirmed=True)

    assert (answer.yes, answer.still) == (None, ())


def test_a_question_says_what_is_the_matter_and_what_to_type() -> None:
    late, place = put(Question.LATE, _mailing()), put(Question.PLACE, _mailing(machine="attic"))

    assert "2016-05-31 08:00 UTC" in str(late)
    assert "newsletter cancel 3" in late.hint
    assert "'attic'" in str(place)
    assert "newsletter resume 3 --yes" in late.hint
    assert "newsletter resume 3 --yes" in place.hint


@pytest.mark.parametrize(
    "state", [MailingState.FINISHED, MailingState.CANCELLED, MailingState.PREPARING]
)
def test_what_is_over_or_not_wholly_written_down_cannot_be_sent(state: MailingState) -> None:
    with pytest.raises(MailingStateError):
        refuse_unsendable(_mailing(state))
