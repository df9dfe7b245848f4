"""The report says in sentences why somebody does not have the newsletter."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.model.mailing import DeliveryState, Mailing, MailingState
from newsletter.model.people import SuppressionReason
from newsletter.workflow.report import Report, _cause

NOW = datetime(2016, 5, 20, tzinfo=UTC)


def _sentence(state: str, reason: str, words: str) -> str:
    mailing = Mailing(1, "2016-05", MailingState.SENDING, NOW)
    return Report(mailing, (_cause(state, reason, 2, words),), (), ()).sentences[0]


def test_a_refusal_has_its_word_its_meaning_and_the_words_of_the_server() -> None:
    told = _sentence("deferred", "mailbox-full", "452 4.2.2 over quota")

    assert told == (
        "2 deferred, mailbox-full: The reader's mailbox is full."
        ' For example: "452 4.2.2 over quota"'
    )


def test_who_was_tried_for_days_is_told_so() -> None:
    assert "gave up: mailbox-full: tried for days" in _sentence(
        "refused", "gave up: mailbox-full", ""
    )


@pytest.mark.parametrize(
    ("reason", "meaning"),
    [
        ("cancelled", "called off"),
        ("unsubscribed", "left after"),
        ("no longer a subscriber", "removed"),
        ("decided", "A person"),
        *((f"suppressed: {one}", ".") for one in SuppressionReason),
    ],
)
def test_who_is_left_out_is_explained_once(reason: str, meaning: str) -> None:
    told = _sentence("skipped", reason, reason)

    assert told.startswith(f"2 skipped, {reason}: ")
    assert meaning in told
    assert "For example" not in told


def test_a_lost_answer_is_explained() -> None:
    assert "The sender was killed" in _sentence("unknown", "answer lost", "the sender was killed")


def test_a_reason_nobody_knows_is_shown_as_it_is() -> None:
    assert _sentence(DeliveryState.REFUSED, "", "") == "2 refused, no reason given."
