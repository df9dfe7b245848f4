"""What a person must be asked before a mailing is sent; each question has an answer of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from newsletter.errors import ConfirmationNeededError, MailingStateError
from newsletter.model.mailing import Mailing, MailingState
from newsletter.model.zones import in_zone


class Question(StrEnum):
    """What a person has to say yes to."""

    #: The mailing was prepared by another machine, or another file.
    PLACE = "place"
    #: More was sent from this database than it knows of: a backup was put back.
    OLDER = "older"
    #: It should have gone long ago.
    LATE = "late"
    #: Too many of the canary were refused or lost.
    CANARY = "canary"


@dataclass(frozen=True, slots=True)
class Answered:
    """Which question a yes has answered, and what has still to be asked."""

    yes: Question | None
    still: tuple[Question, ...]


def answered(asked: Sequence[Question], *, is_confirmed: bool) -> Answered:
    """Return what one yes settles: the first question, because that is what was shown.

    Nobody consents to what has not been asked yet.
    """
    if is_confirmed and asked:
        return Answered(asked[0], tuple(asked[1:]))
    return Answered(None, tuple(asked))


def questions(
    mailing: Mailing,
    *,
    machine: str,
    is_older: bool,
    late: timedelta,
    sick: str,
    now: datetime,
) -> tuple[Question, ...]:
    """Return what has to be asked before this mailing is sent here and now, in this order.

    `sick` is what a look at the books says of the canary; only where the mailing rests for
    just that, its results are known and the question has been put.
    """
    asked = []
    if mailing.machine != machine:
        asked.append(Question.PLACE)
    if is_older:
        asked.append(Question.OLDER)
    if mailing.state is MailingState.PREPARED and now - (mailing.starts or now) > late:
        asked.append(Question.LATE)
    if mailing.canary > 1 and sick and mailing.reason == sick:
        asked.append(Question.CANARY)
    return tuple(asked)


def put(question: Question, mailing: Mailing, time_zone: str = "UTC") -> ConfirmationNeededError:
    """Return a question about the place, the database or the time as the error that asks it."""
    name, yes = repr(str(mailing.id)), f"`newsletter resume {mailing.id} --yes`"
    if question is Question.PLACE:
        return ConfirmationNeededError(
            f"mailing {name} was prepared in another place: {mailing.machine!r}",
            hint=f"If that copy never sends it, go on here with {yes}.",
        )
    at = in_zone(mailing.starts or mailing.created, time_zone)
    if question is Question.OLDER:
        return ConfirmationNeededError(
            f"mailing {name} is as an older database has it: more was sent than it knows of",
            hint=f"Put the newest one back; or send twice to whoever got it since: {yes}.",
        )
    return ConfirmationNeededError(
        f"mailing {name} should have gone at {at}",
        hint=f"Is it still wanted? {yes}, or `newsletter cancel {mailing.id}`.",
    )


def refuse_unsendable(mailing: Mailing) -> None:
    """Raise MailingStateError for a mailing that is over, or is not wholly written down."""
    if mailing.state is MailingState.PREPARING and mailing.senders:
        raise MailingStateError(
            f"mailing {str(mailing.id)!r} is still being prepared by process {mailing.senders[0]}",
            hint="It goes by itself when that is done.",
        )
    if mailing.state is MailingState.PREPARING:
        raise MailingStateError(
            f"mailing {str(mailing.id)!r} was never wholly prepared, and nothing of it was sent",
            hint=f"Begin again: newsletter send {mailing.issue}",
        )
    if not mailing.is_open:
        raise MailingStateError(f"mailing {str(mailing.id)!r} is {mailing.state}")
