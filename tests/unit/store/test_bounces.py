"""Whose server said for good that nobody is there is not written to again, with the proof."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.delivery.rules import HARD_BOUNCES
from newsletter.model.ledger import Settlement, Wish
from newsletter.model.mailing import DeliveryState, MailingState, Recipient, UnknownPolicy
from newsletter.model.people import Suppression, SuppressionReason
from newsletter.store import Store
from newsletter.store.bounces import lift_bounced, suppress_all_bounced, suppress_bounced
from newsletter.store.deliveries import Deliveries
from newsletter.store.freezing import FrozenEdition, NewMailing
from newsletter.store.ledger import StoreLedger
from newsletter.store.mailings import Mailings
from newsletter.store.people import People
from tests.frozen import frozen

NOW = datetime(2016, 5, 20, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
PEOPLE = [f"r{number}@town.example" for number in range(4)]
GONE = Settlement(
    0,
    DeliveryState.REFUSED,
    "no-such-user",
    stage="rcpt",
    code=550,
    enhanced="5.1.1",
    words="no such user",
)


def _sent(store: Store, *refusals: Settlement, people: list[str] = PEOPLE) -> int:
    """Send to everybody; the first are refused like this, the others accepted."""
    edition = FrozenEdition("en", b"", "")
    new = NewMailing("2016-05", (), (edition,), UnknownPolicy.RESEND, "here", NOW)
    readers = [Recipient(one, "en", f"<{one}>", "news@example.org") for one in people]
    mailing = frozen(store, new, readers, now=NOW)
    assert mailing is not None
    Mailings(store).move(mailing.id, MailingState.SENDING, since=list(MailingState), now=NOW)
    _answer(store, mailing.id, *refusals)
    return mailing.id


def _answer(store: Store, mailing: int, *refusals: Settlement, at: datetime = NOW) -> None:
    ledger = StoreLedger(store, mailing, "here", at)
    with ledger.round(at) as step:
        owed = step.intend(step.claim(Wish(100)), "main")
        answers = [
            refusals[number]._replace(key=one.key)
            if number < len(refusals)
            else Settlement(one.key, DeliveryState.ACCEPTED, code=250)
            for number, one in enumerate(owed)
        ]
        step.settle(answers)
    ledger.close(at)
    ledger.abandon()


def _refused(**changes: object) -> Settlement:
    return GONE._replace(**changes)  # type: ignore[arg-type]


def test_a_hard_bounce_is_suppressed_with_reply_mailing_and_time(store: Store) -> None:
    mailing = _sent(store, GONE)

    assert suppress_bounced(store, mailing, HARD_BOUNCES) == (PEOPLE[0],)

    assert People(store).suppression(PEOPLE[0]) == Suppression(
        PEOPLE[0],
        SuppressionReason.BOUNCED,
        NOW,
        f"mailing {mailing} (2016-05): 550 5.1.1 no such user",
    )
    assert suppress_bounced(store, mailing, HARD_BOUNCES) == ()


@pytest.mark.parametrize(
    "refusal",
    [
        _refused(enhanced="5.7.1"),
        _refused(enhanced="5.7.515", reason="policy"),
        _refused(reason="blocked"),
        _refused(reason="mailbox-full", enhanced="5.2.2"),
        _refused(reason="no-such-domain", enhanced="5.1.2"),
        _refused(reason="gave up: no-such-user"),
        _refused(code=450, enhanced="4.1.1"),
        _refused(stage="dot"),
        _refused(stage="mail"),
        _refused(state=DeliveryState.DEFERRED, due=LATER),
    ],
    ids=lambda one: f"{one.stage} {one.code} {one.enhanced} {one.reason} {one.state}",
)
def test_no_other_answer_blames_the_address(store: Store, refusal: Settlement) -> None:
    mailing = _sent(store, refusal)

    assert suppress_bounced(store, mailing, HARD_BOUNCES) == ()
    assert People(store).suppression(PEOPLE[0]) is None


def test_where_more_came_back_than_was_taken_it_is_not_the_readers(store: Store) -> None:
    mailing = _sent(store, GONE, GONE, GONE)

    assert suppress_bounced(store, mailing, HARD_BOUNCES) == ()


def test_what_another_mailing_brought_proves_nothing_for_this_one(store: Store) -> None:
    _sent(store, people=[f"a{number}@town.example" for number in range(9)])
    mailing = _sent(store, GONE, GONE, GONE)

    assert suppress_bounced(store, mailing, HARD_BOUNCES) == ()


def test_what_another_mailing_did_not_bring_proves_nothing_against_this_one(
    store: Store,
) -> None:
    _sent(store, *[GONE] * 9, people=[f"a{number}@town.example" for number in range(9)])
    mailing = _sent(store, GONE)

    assert suppress_bounced(store, mailing, HARD_BOUNCES) == (PEOPLE[0],)


def test_what_a_person_lifted_stays_lifted_until_it_bounces_again(store: Store) -> None:
    mailing = _sent(store, GONE)
    suppress_bounced(store, mailing, HARD_BOUNCES)
    People(store).lift_suppression(PEOPLE[0], now=NOW + timedelta(hours=1))

    assert suppress_bounced(store, mailing, HARD_BOUNCES) == ()

    Deliveries(store, mailing).decide(
        DeliveryState.REFUSED, DeliveryState.QUEUED, now=LATER, who="person"
    )
    _answer(store, mailing, GONE, at=LATER)
    assert suppress_bounced(store, mailing, HARD_BOUNCES) == (PEOPLE[0],)


def test_a_reason_that_was_there_before_stays(store: Store) -> None:
    mailing = _sent(store, GONE)
    People(store).suppress(PEOPLE[0], SuppressionReason.COMPLAINED, now=NOW)

    suppress_bounced(store, mailing, HARD_BOUNCES)

    kept = People(store).suppression(PEOPLE[0])
    assert kept is not None
    assert kept.reason is SuppressionReason.COMPLAINED


def test_the_next_preparation_makes_up_for_a_sender_that_was_killed(store: Store) -> None:
    _sent(store, GONE)

    suppress_all_bounced(store, HARD_BOUNCES)

    assert People(store).suppression(PEOPLE[0]) is not None


def test_a_mailing_that_waits_for_a_person_suppresses_nobody(store: Store) -> None:
    mailing = _sent(store, GONE)
    Mailings(store).move(mailing, MailingState.PAUSED, since=list(MailingState), now=NOW)

    suppress_all_bounced(store, HARD_BOUNCES)

    assert People(store).suppression(PEOPLE[0]) is None


def test_who_is_to_be_tried_again_is_free_of_what_this_mailing_suppressed(
    store: Store,
) -> None:
    mailing = _sent(store, GONE, _refused(reason="moved", code=551))
    suppress_bounced(store, mailing, HARD_BOUNCES)
    People(store).suppress(PEOPLE[2], SuppressionReason.BOUNCED, now=NOW, note="by hand")

    lift_bounced(store, mailing, [PEOPLE[0], PEOPLE[2]], now=LATER)

    still = [one for one in PEOPLE if People(store).suppression(one)]
    assert still == [PEOPLE[1], PEOPLE[2]]
    assert suppress_bounced(store, mailing, HARD_BOUNCES) == ()


@pytest.mark.parametrize("reason", sorted(set(SuppressionReason) - {SuppressionReason.BOUNCED}))
def test_to_try_again_lifts_no_other_reason_whatever_its_note_says(
    store: Store, reason: SuppressionReason
) -> None:
    mailing = _sent(store, GONE)
    People(store).suppress(PEOPLE[0], reason, now=NOW, note=f"mailing {mailing} (2016-05): no more")

    lift_bounced(store, mailing, [PEOPLE[0]], now=LATER)

    assert People(store).suppression(PEOPLE[0]) is not None


def test_to_try_again_lifts_nothing_that_another_mailing_suppressed(store: Store) -> None:
    mailing = _sent(store, GONE)
    note = f"mailing {mailing}1 (2016-05): 550 no such user"
    People(store).suppress(PEOPLE[0], SuppressionReason.BOUNCED, now=NOW, note=note)

    lift_bounced(store, mailing, [PEOPLE[0]], now=LATER)

    assert People(store).suppression(PEOPLE[0]) is not None
