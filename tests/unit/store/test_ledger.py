"""The ledger: claims are fenced, intents are durable, only lost answers are unknown."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest

from newsletter.errors import MailingNotFoundError, StoreError
from newsletter.model.ledger import ALLOWED, Owed, Settlement, Wish
from newsletter.model.mailing import (
    DeliveryState,
    Mailing,
    MailingState,
    Recipient,
    UnknownPolicy,
)
from newsletter.store import Store
from newsletter.store.deliveries import Choice, Deliveries
from newsletter.store.freezing import FrozenEdition, NewMailing
from newsletter.store.ledger import StoreLedger, count_by_state
from newsletter.store.mailings import Mailings
from tests.databases import Database
from tests.frozen import frozen

NOW = datetime(2016, 5, 20, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def _recipients(*addresses: str) -> list[Recipient]:
    return [
        Recipient(address, "en", f"<{address}>", "news@example.org", {"name": address[:3]})
        for address in addresses
    ]


def _freeze(store: Store, *addresses: str, issue: str = "2016-05") -> Mailing:
    edition = FrozenEdition("en", b"template", "fingerprint")
    new = NewMailing(issue, (), (edition,), UnknownPolicy.RESEND, "machine", NOW)
    mailing = frozen(store, new, _recipients(*addresses), now=NOW)
    assert mailing is not None
    Mailings(store).move(mailing.id, MailingState.SENDING, since=list(MailingState), now=NOW)
    return mailing


def _ledger(store: Store, mailing: Mailing) -> StoreLedger:
    return StoreLedger(store, mailing.id, "machine", NOW)


def _claim(ledger: StoreLedger, count: int = 10) -> list[Owed]:
    with ledger.round(NOW) as step:
        return list(step.claim(Wish(count)))


def _in_flight(ledger: StoreLedger, count: int = 10) -> list[Owed]:
    claimed = _claim(ledger, count)
    with ledger.round(NOW) as step:
        return list(step.intend(claimed, "main"))


def _states(store: Store, mailing: Mailing) -> dict[str, str]:
    return {one.address: one.state.value for one in Deliveries(store, mailing.id).listed()}


def test_the_database_allows_exactly_the_moves_of_the_model(
    store: Store, database: Database
) -> None:
    mailing = _freeze(store, "ana@example.org")
    possible = set()

    for before in DeliveryState:
        for after in DeliveryState:
            database.force(f"UPDATE deliveries SET state = '{before}'")
            move = f"UPDATE deliveries SET state = '{after}'"
            if before is not after and database.changes(move):
                possible.add((before, after))

    assert mailing.balance.planned == 1
    assert possible == {(before, after) for before, all_ in ALLOWED.items() for after in all_}


def test_a_mailing_with_open_deliveries_is_not_finished_whoever_says_so(
    store: Store, database: Database
) -> None:
    mailing = _freeze(store, "ana@example.org")

    assert not Mailings(store).finish(mailing.id, now=NOW)
    assert not database.changes("UPDATE mailings SET state = 'finished'")


def test_the_same_person_gets_one_delivery_whatever_the_letter_case(store: Store) -> None:
    mailing = _freeze(store, "Ana@example.org", "ana@example.org", "ben@example.org")

    assert mailing.balance.planned == 2


def test_a_second_mailing_of_an_issue_is_for_those_only_who_have_not_had_it(
    store: Store,
) -> None:
    _freeze(store, "ana@example.org", "ben@example.org")
    edition = FrozenEdition("en", b"", "")
    new = NewMailing("2016-05", (), (edition,), UnknownPolicy.RESEND, "machine", NOW)

    again = frozen(store, new, _recipients("ana@example.org", "BEN@example.org"), now=NOW)
    joined = frozen(store, new, _recipients("ana@example.org", "cy@example.org"), now=NOW)

    assert again is None
    assert joined is not None
    assert [one.address for one in Deliveries(store, joined.id).listed()] == ["cy@example.org"]


def test_two_senders_never_claim_the_same_delivery(store: Store) -> None:
    mailing = _freeze(store, *(f"r{number}@example.org" for number in range(10)))
    one, two = _ledger(store, mailing), _ledger(store, mailing)

    first, second = _claim(one, 6), _claim(two, 6)

    assert len(first) == 6
    assert len(second) == 4
    assert not {owed.key for owed in first} & {owed.key for owed in second}


def test_what_living_senders_have_in_flight_is_counted_by_domain_and_nothing_else(
    store: Store,
) -> None:
    mailing = _freeze(store, *(f"r{number}@example.org" for number in range(9)), "ana@town.example")
    one, two = _ledger(store, mailing), _ledger(store, mailing)
    with one.round(NOW) as step:
        step.intend(step.claim(Wish(3)), "main")
    with two.round(NOW) as step:
        step.intend(step.claim(Wish(7)), "main")
        step.settle([Settlement(10, DeliveryState.ACCEPTED)])

        assert step.under_way() == {"example.org": 9}

    with two.round(LATER) as step:
        # The lease of the other is over: it was killed, or stopped.
        assert step.under_way() == {"example.org": 6}
    two.close(NOW)
    with one.round(NOW) as step:
        assert step.under_way() == {"example.org": 3}


def test_what_a_dead_sender_had_in_flight_is_unknown_and_only_that(store: Store) -> None:
    mailing = _freeze(store, *(f"r{number}@example.org" for number in range(6)))
    dead, heir = _ledger(store, mailing), _ledger(store, mailing)
    flying = _in_flight(dead, 3)
    _claim(dead, 2)
    dead.abandon()

    lost = heir.recover(NOW)

    assert sorted(lost) == sorted(owed.address for owed in flying)
    assert heir.balance().unknown == 3
    assert heir.balance().queued == 3
    events = Deliveries(store, mailing.id).history(lost[0])
    assert [event.state for event in events] == ["in_flight", "unknown"]


def test_what_a_living_sender_has_in_flight_is_never_taken(store: Store) -> None:
    mailing = _freeze(store, "ana@example.org")
    stopped, other = _ledger(store, mailing), _ledger(store, mailing)
    _in_flight(stopped)

    assert other.recover(NOW + timedelta(days=1)) == []
    assert other.balance().in_flight == 1
    assert _claim(other) == []


def test_a_sender_stopped_past_its_lease_can_no_longer_send_what_it_had_claimed(
    store: Store,
) -> None:
    mailing = _freeze(store, "ana@example.org")
    stopped, other = _ledger(store, mailing), _ledger(store, mailing)
    claimed = _claim(stopped)
    other.recover(LATER)
    taken = _in_flight(other)

    with stopped.round(LATER) as step:
        intended = step.intend(claimed, "main")

    assert [owed.address for owed in taken] == ["ana@example.org"]
    assert list(intended) == []


def test_a_late_answer_is_still_the_truth_about_what_was_declared_unknown(
    store: Store,
) -> None:
    mailing = _freeze(store, "ana@example.org")
    ledger, heir = _ledger(store, mailing), _ledger(store, mailing)
    [owed] = _in_flight(ledger)
    ledger.abandon()
    heir.recover(NOW)

    with ledger.round(NOW) as step:
        step.settle([Settlement(owed.key, DeliveryState.ACCEPTED)])

    assert _states(store, mailing) == {"ana@example.org": "accepted"}


def test_a_late_answer_changes_nothing_once_the_delivery_goes_out_again(
    store: Store,
) -> None:
    mailing = _freeze(store, "ana@example.org")
    ledger, heir = _ledger(store, mailing), _ledger(store, mailing)
    [owed] = _in_flight(ledger)
    ledger.abandon()
    heir.recover(NOW)
    deliveries = Deliveries(store, mailing.id)
    deliveries.decide(DeliveryState.UNKNOWN, DeliveryState.QUEUED, now=NOW, who="policy")
    _in_flight(heir)

    with ledger.round(NOW) as step:
        step.settle([Settlement(owed.key, DeliveryState.REFUSED)])

    assert _states(store, mailing) == {"ana@example.org": "in_flight"}


def test_each_change_leaves_an_event_with_the_servers_words(store: Store) -> None:
    mailing = _freeze(store, "ana@example.org")
    ledger = _ledger(store, mailing)
    [owed] = _in_flight(ledger)
    settlement = Settlement(
        owed.key,
        DeliveryState.ACCEPTED,
        stage="dot",
        code=250,
        enhanced="2.0.0",
        words="Ok: queued as 4F2",
        queue_id="4F2",
        route="main",
    )

    with ledger.round(LATER) as step:
        step.settle([settlement])

    intent, result = Deliveries(store, mailing.id).history("ana@example.org")
    assert (intent.state, intent.at, intent.route) == ("in_flight", NOW, "main")
    assert (result.code, result.enhanced, result.words, result.queue_id, result.at) == (
        250,
        "2.0.0",
        "Ok: queued as 4F2",
        "4F2",
        LATER,
    )


def test_what_is_deferred_is_claimed_when_due_and_not_before(store: Store) -> None:
    mailing = _freeze(store, "ana@example.org")
    ledger = _ledger(store, mailing)
    [owed] = _in_flight(ledger)
    with ledger.round(NOW) as step:
        step.settle([Settlement(owed.key, DeliveryState.DEFERRED, due=LATER)])

    assert _claim(ledger) == []
    with ledger.round(LATER) as step:
        [again] = step.claim(Wish(5))
    assert (again.attempts, again.tried) == (1, NOW)


def test_what_is_given_back_is_claimed_again_after_the_end_of_the_list(
    store: Store,
) -> None:
    mailing = _freeze(store, "ana@example.org", "ben@example.org", "cy@example.org")
    ledger = _ledger(store, mailing)
    ana, ben = _claim(ledger, 2)
    with ledger.round(NOW) as step:
        step.release([ana.key])

    rest = [owed.address for owed in _claim(ledger, 5)]

    assert rest == ["ana@example.org", "cy@example.org"]
    assert ben.address == "ben@example.org"


def test_what_is_given_back_with_a_word_leaves_an_event_and_may_be_claimed_by_others(
    store: Store,
) -> None:
    mailing = _freeze(store, "ana@example.org")
    one, two = _ledger(store, mailing), _ledger(store, mailing)
    with one.round(NOW) as step:
        [ana] = step.intend(step.claim(Wish(1)), "main")
    given = Settlement(ana.key, DeliveryState.QUEUED, is_counted=False, words="lost at rcpt")
    with one.round(NOW) as step:
        step.settle([given])

    with two.round(NOW) as step:
        [again] = step.claim(Wish(1))
    # Late, and of a sender that has it no more: it changes nothing.
    with one.round(NOW) as step:
        step.settle([given])

    told = Deliveries(store, mailing.id).history("ana@example.org")
    assert [(event.state, event.words) for event in told] == [
        (DeliveryState.IN_FLIGHT, ""),
        (DeliveryState.QUEUED, "lost at rcpt"),
    ]
    assert (again.key, again.attempts) == (ana.key, 0)
    assert count_by_state(store, mailing.id).claimed == 1


def test_a_round_that_fails_leaves_nothing_behind(store: Store, database: Database) -> None:
    mailing = _freeze(store, "ana@example.org", "ben@example.org")
    ledger = _ledger(store, mailing)
    [owed] = _in_flight(ledger, 1)

    def fail() -> None:
        with ledger.round(NOW) as step:
            step.settle([Settlement(owed.key, DeliveryState.ACCEPTED)])
            step.claim(Wish(1))
            raise database.failure

    with pytest.raises(StoreError):
        fail()

    assert ledger.balance().in_flight == 1
    assert ledger.balance().queued == 1
    assert [one.address for one in _claim(ledger, 5)] == ["ben@example.org"]


def test_a_claim_leaves_out_domains_and_takes_every_nth_as_asked(store: Store) -> None:
    mailing = _freeze(store, *(f"r{n}@{'a' if n < 4 else 'b'}.example" for n in range(8)))
    ledger = _ledger(store, mailing)

    with ledger.round(NOW) as step:
        some = step.claim(Wish(10, not_domains=("a.example",), every=4))
        others = step.claim(Wish(10, not_domains=("b.example",)))

    assert [owed.address for owed in some] == ["r7@b.example"]
    assert [owed.domain for owed in others] == ["a.example"] * 4


def test_who_left_or_was_suppressed_meanwhile_is_skipped_with_the_reason(
    store: Store, database: Database
) -> None:
    mailing = _freeze(store, "ana@example.org", "ben@example.org")
    ledger = _ledger(store, mailing)
    claimed = _claim(ledger)
    database.change(
        "INSERT INTO suppressions (canonical, address, reason, since)"
        " VALUES ('ana@example.org', 'ana@example.org', 'bounced', '2016-05-20')"
    )

    with ledger.round(NOW) as step:
        intended = step.intend(claimed, "main")

    assert [owed.address for owed in intended] == ["ben@example.org"]
    skipped = next(iter(Deliveries(store, mailing.id).listed(DeliveryState.SKIPPED)))
    assert (skipped.address, skipped.reason) == ("ana@example.org", "suppressed: bounced")


def test_a_decision_is_remembered_with_who_made_it(store: Store) -> None:
    mailing = _freeze(store, "ana@example.org", "ben@example.org")
    ledger, heir = _ledger(store, mailing), _ledger(store, mailing)
    _in_flight(ledger)
    ledger.abandon()
    heir.recover(NOW)
    deliveries = Deliveries(store, mailing.id)
    ana = deliveries.key_of("ANA@example.org")

    decided = deliveries.decide(
        DeliveryState.UNKNOWN,
        DeliveryState.ACCEPTED,
        now=NOW,
        who="log",
        words="status=sent",
        choice=Choice(key=ana, queue_id="806A"),
    )

    assert decided == ("ana@example.org",)
    assert _states(store, mailing) == {"ana@example.org": "accepted", "ben@example.org": "unknown"}
    last = deliveries.history("ana@example.org")[-1]
    assert (last.stage, last.words, last.queue_id) == ("log", "status=sent", "806A")


def test_the_sign_of_life_ends_with_the_process_however_it_ends(
    store: Store, database: Database
) -> None:
    mailing = _freeze(store, "ana@example.org")
    child = os.fork()
    if child == 0:
        with database.open() as own:
            _in_flight(_ledger(own, mailing))
            os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    heir, end = _ledger(store, mailing), monotonic() + 60

    # The kernel knows at once; a server sees a moment later that nobody is there any more.
    while not (lost := heir.recover(NOW)):
        assert monotonic() < end

    assert lost == ["ana@example.org"]


def test_personal_values_come_back_as_they_were_frozen(store: Store) -> None:
    name = 'Zoë "Z" O\'Neil\u2028<b>'
    recipient = Recipient("z@example.org", "en", "<id@x>", "news@example.org", {"name": name})
    edition = FrozenEdition("en", b"\x00\xff", "f")
    new = NewMailing("2016-05", (), (edition,), UnknownPolicy.HOLD, "machine", NOW)
    mailing = frozen(store, new, [recipient], now=NOW)
    assert mailing is not None

    [owed] = _claim(_ledger(store, mailing))

    written = {"name": name, "address": "z@example.org", "message_id": "<id@x>"}
    assert owed.personal == written
    assert json.dumps(dict(owed.personal))
    assert Mailings(store).editions(mailing.id) == {"en": b"\x00\xff"}


def test_what_is_due_is_claimed_but_not_of_the_domains_left_out(store: Store) -> None:
    mailing = _freeze(store, "ana@a.example", "ben@b.example")
    ledger = _ledger(store, mailing)
    answers = [Settlement(owed.key, DeliveryState.DEFERRED, due=NOW) for owed in _in_flight(ledger)]
    with ledger.round(NOW) as step:
        step.settle(answers)

    with ledger.round(LATER) as step:
        some = step.claim(Wish(5, not_domains=("a.example",)))
        rest = step.claim(Wish(5))

    assert [owed.address for owed in some] == ["ben@b.example"]
    assert [owed.address for owed in rest] == ["ana@a.example"]


def test_a_late_answer_that_says_the_same_is_not_told_twice(store: Store) -> None:
    mailing = _freeze(store, "ana@example.org")
    ledger, heir = _ledger(store, mailing), _ledger(store, mailing)
    [owed] = _in_flight(ledger)
    ledger.abandon()
    heir.recover(NOW)
    deliveries = Deliveries(store, mailing.id)
    deliveries.decide(DeliveryState.UNKNOWN, DeliveryState.QUEUED, now=NOW, who="policy")
    [again] = _in_flight(heir)
    with heir.round(NOW) as step:
        step.settle([Settlement(again.key, DeliveryState.ACCEPTED, words="first")])

    with ledger.round(NOW) as step:
        step.settle([Settlement(owed.key, DeliveryState.ACCEPTED, words="second")])

    assert [one.words for one in deliveries.history("ana@example.org")][-1] == "first"


def test_what_a_living_sender_has_in_flight_is_not_lost_with_the_dead(store: Store) -> None:
    mailing = _freeze(store, "ana@example.org", "ben@example.org")
    dead, living, heir = (_ledger(store, mailing) for _ in range(3))
    _in_flight(dead, 1)
    _in_flight(living, 1)
    dead.abandon()

    assert heir.recover(NOW) == ["ana@example.org"]
    assert heir.balance().in_flight == 1


def test_a_decision_can_be_about_one_reason_alone(store: Store) -> None:
    mailing = _freeze(store, "ana@example.org", "ben@example.org")
    ledger = _ledger(store, mailing)
    ana, ben = _in_flight(ledger)
    with ledger.round(NOW) as step:
        step.settle(
            [
                Settlement(ana.key, DeliveryState.REFUSED, "mailbox-full"),
                Settlement(ben.key, DeliveryState.REFUSED, "no-such-user"),
            ]
        )

    decided = Deliveries(store, mailing.id).decide(
        DeliveryState.REFUSED,
        DeliveryState.QUEUED,
        now=NOW,
        who="person",
        choice=Choice(reason="mailbox-full"),
    )

    assert decided == ("ana@example.org",)


def test_what_was_claimed_taken_back_and_claimed_again_is_intended_once(
    store: Store,
) -> None:
    mailing = _freeze(store, "ana@example.org")
    stopped, other = _ledger(store, mailing), _ledger(store, mailing)
    held = _claim(stopped)
    other.recover(LATER)
    held += _claim(stopped)

    with stopped.round(LATER) as step:
        intended = step.intend(held, "main")

    assert [owed.address for owed in intended] == ["ana@example.org"]


def test_an_answer_lost_by_a_sender_that_was_taken_for_dead_changes_nothing(
    store: Store,
) -> None:
    mailing = _freeze(store, "ana@example.org")
    ledger, heir = _ledger(store, mailing), _ledger(store, mailing)
    [owed] = _in_flight(ledger)
    ledger.abandon()
    heir.recover(NOW)

    with ledger.round(NOW) as step:
        step.settle([Settlement(owed.key, DeliveryState.UNKNOWN)])

    assert _states(store, mailing) == {"ana@example.org": "unknown"}


def test_a_mailing_that_does_not_exist_is_named(store: Store) -> None:
    with pytest.raises(MailingNotFoundError, match="'99'"):
        Mailings(store).named(99)
