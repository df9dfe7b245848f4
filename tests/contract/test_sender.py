"""A whole run against a server that fails in every way: the ledger says what is true."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from newsletter.delivery.ledger import Patience
from newsletter.delivery.pacing import DomainLimits, Domains, Limits, QuietHours, WarmUp
from newsletter.delivery.progress import RunEnd, Why
from newsletter.delivery.resting import MOST_PUT_OFF
from newsletter.delivery.routes import Route
from newsletter.delivery.rules import Stops
from newsletter.delivery.sender import Manner, Sender
from newsletter.delivery.server import Server, Timeouts
from newsletter.delivery.tray import Compose, Tray
from newsletter.errors import MessageError
from newsletter.model.ledger import Owed
from newsletter.model.mailing import (
    Delivery,
    DeliveryState,
    MailingState,
    Progress,
    Recipient,
    UnknownPolicy,
)
from newsletter.store.deliveries import Deliveries
from newsletter.store.freezing import FrozenEdition, NewMailing
from newsletter.store.ledger import StoreLedger
from newsletter.store.mailings import Mailings
from newsletter.store.sqlite import SqliteStore
from tests.frozen import frozen
from tests.servers.scripted import Script, ScriptedServer, drop, raw, say, scripted_server, silence

#: No server here is silent: an answer that is late comes from a busy machine.
PATIENT = Timeouts(*[60.0] * 11)


def _content(owed: Owed) -> tuple[bytes, ...]:
    return (
        f"From: news@library.example\r\nTo: {owed.address}\r\n".encode(),
        f"Message-ID: {owed.personal['message_id']}\r\n\r\nGood news.\r\n".encode(),
    )


@dataclass
class Run:
    """A mailing in a store of its own, and runs over it."""

    store: SqliteStore
    mailing: int
    manner: Manner = field(default_factory=lambda: Manner(signals=()))
    domains: Domains = field(default_factory=Domains)
    every: int = 1
    patience: Patience = field(default_factory=Patience)
    compose: Compose = _content
    glimpses: list[Progress] = field(default_factory=list)
    commits: int = 0

    def by(self, *routes: Route) -> RunEnd:
        """Run once over the mailing."""
        now = datetime.now(UTC)
        ledger = StoreLedger(self.store, self.mailing, "machine", now)
        ledger.recover(now)
        tray = Tray(
            ledger,
            self.compose,
            domains=self.domains,
            patience=self.patience,
            chance=random.Random(1),
            every=self.every,
        )

        async def run() -> RunEnd:
            sender = Sender(
                tray,
                routes,
                self.manner,
                mailing=self.mailing,
                watch=self.glimpses.append,
            )
            return await sender.run()

        end = asyncio.run(run())
        self.commits += tray.commits
        ledger.close(datetime.now(UTC))
        ledger.abandon()
        return end

    def through(self, server: ScriptedServer, **how: object) -> RunEnd:
        """Run once, by one server."""
        return self.by(_route(server, **how))

    @property
    def deliveries(self) -> dict[str, Delivery]:
        return {one.address: one for one in Deliveries(self.store, self.mailing).listed()}

    @property
    def states(self) -> dict[str, str]:
        return {address: one.state.value for address, one in self.deliveries.items()}


def _route(server: ScriptedServer, **how: object) -> Route:
    values: dict[str, object] = {
        "name": "main",
        "connections": 4,
        "timeouts": PATIENT,
        "first_pause": timedelta(milliseconds=1),
        **how,
    }
    return Route(server=Server("127.0.0.1", server.port, "plain"), **values)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore.open(tmp_path / "newsletter.db", create=True) as opened:
        yield opened


def _run(store: SqliteStore, addresses: Sequence[str]) -> Run:
    now = datetime.now(UTC)
    edition = FrozenEdition("en", b"", "")
    new = NewMailing("2016-05", (), (edition,), UnknownPolicy.RESEND, "machine", now)
    recipients = [
        Recipient(one, "en", f"<{one}>", "news@library.example", {"name": one}) for one in addresses
    ]
    mailing = frozen(store, new, recipients, now=now)
    assert mailing is not None
    Mailings(store).move(mailing.id, MailingState.SENDING, since=list(MailingState), now=now)
    return Run(store, mailing.id)


def _people(count: int, domain: str = "town.example") -> list[str]:
    return [f"reader{number}@{domain}" for number in range(count)]


def test_everybody_gets_one_and_an_answer_shares_its_commit_with_the_next_intent(
    store: SqliteStore,
) -> None:
    run = _run(store, _people(600))

    with scripted_server() as server:
        end = run.through(server)

    assert end == RunEnd(Why.DONE)
    assert sorted(one.recipient for one in server.accepted) == sorted(_people(600))
    assert set(run.states.values()) == {"accepted"}
    # Far fewer where answers come together, which depends on the machine; two for each
    # message would mean that they are not shared.
    assert run.commits < 700
    assert server.faults == []


def test_each_behaviour_of_a_server_leaves_the_state_that_is_true(store: SqliteStore) -> None:
    rcpt = {
        "full@a.example": say("452 4.2.2 mailbox full"),
        "gone@a.example": say("550 5.1.1 no such user"),
        "policy@a.example": say("550 5.7.1 not from you"),
        "odd@a.example": raw(b"\xff\xfe nonsense\r\n"),
        "closes@a.example": say("421 4.3.2 closing", close="close"),
    }
    dot = {
        "spam@a.example": say("554 5.7.1 looks like spam"),
        "later@a.example": say("451 4.3.0 try later"),
        "lost@a.example": drop(takes=True),
        "strange@a.example": say("299 2.0.0 taken, strangely", takes=True),
    }
    people = [*rcpt, *dot, "fine@a.example"]
    run = _run(store, people)

    with scripted_server(Script(rcpt=rcpt, dot=dot)) as server:
        end = run.through(server, connections=1)

    states = run.states
    taken = {one.recipient for one in server.accepted}
    assert end.why is Why.DONE
    assert states["fine@a.example"] == states["strange@a.example"] == "accepted"
    assert states["gone@a.example"] == states["policy@a.example"] == "refused"
    assert states["spam@a.example"] == "refused"
    assert states["full@a.example"] == states["later@a.example"] == "deferred"
    assert states["closes@a.example"] == states["odd@a.example"] == "deferred"
    assert states["lost@a.example"] == "unknown"
    assert {one for one, state in states.items() if state == "accepted"} <= taken
    assert taken <= {one for one, state in states.items() if state in {"accepted", "unknown"}}


def test_a_message_that_never_left_has_an_event_that_says_where_it_broke_off(
    store: SqliteStore,
) -> None:
    [address] = _people(1)
    with scripted_server(Script(rcpt={address: (drop(), say("250 2.1.5 Ok"))})) as server:
        run = _run(store, [address])
        run.through(server)

    told = Deliveries(store, run.mailing).history(address)
    assert [event.state for event in told] == ["in_flight", "queued", "in_flight", "accepted"]
    assert (told[1].stage, told[1].route) == ("rcpt", "main")
    assert told[1].words
    assert run.deliveries[address].attempts == 1


def test_greylisting_passes_by_itself_when_the_run_may_wait(store: SqliteStore) -> None:
    people = _people(5)
    greylisted = {one: (say("450 4.2.0 greylisted"), say("250 2.1.5 Ok")) for one in people}
    run = _run(store, people)
    run.manner = Manner(waits=timedelta(minutes=2), signals=())
    run.patience = Patience(first=timedelta(seconds=0.05), longest=timedelta(seconds=0.2))

    with scripted_server(Script(rcpt=greylisted)) as server:
        end = run.through(server)

    assert end.why is Why.DONE
    assert set(run.states.values()) == {"accepted"}
    assert {one.attempts for one in run.deliveries.values()} == {2}


def test_a_run_that_does_not_wait_leaves_the_deferred_for_later(store: SqliteStore) -> None:
    run = _run(store, _people(3))

    with scripted_server(Script(rcpt=say("451 4.3.0 later"))) as server:
        end = run.through(server)

    assert end.why is Why.DONE
    assert set(run.states.values()) == {"deferred"}
    assert all(one.due is not None for one in run.deliveries.values())


def test_equal_refusals_stop_the_run_after_so_many_and_spare_the_others(
    store: SqliteStore,
) -> None:
    run = _run(store, _people(200))
    run.manner = Manner(stops=Stops(equal_refusals=10), signals=())

    with scripted_server(Script(rcpt=say("550 5.7.1 blocked"))) as server:
        end = run.through(server, connections=8)

    states = list(run.states.values())
    assert end.why is Why.STOPPED
    assert states.count("refused") <= 10
    assert states.count("queued") >= 190


@pytest.mark.parametrize(
    "script",
    [
        Script(mail=say("550 5.7.60 not allowed to send as this")),
        Script(greeting=say("554 5.7.1 go away")),
        Script(ehlo=say("530 5.7.0 authentication required")),
    ],
    ids=["sender refused", "greeting", "login needed"],
)
def test_trouble_with_us_stops_the_run_and_marks_nobody(store: SqliteStore, script: Script) -> None:
    run = _run(store, _people(50))

    with scripted_server(script) as server:
        end = run.through(server)

    assert end.why in {Why.STOPPED, Why.NO_SERVER}
    assert end.reason
    assert set(run.states.values()) == {"queued"}
    assert {one.attempts for one in run.deliveries.values()} == {0}


def test_a_server_that_closes_silently_after_some_is_simply_called_again(
    store: SqliteStore,
) -> None:
    run = _run(store, _people(60))

    with scripted_server(Script(messages_per_connection=7)) as server:
        end = run.through(server)

    assert end.why is Why.DONE
    assert set(run.states.values()) == {"accepted"}
    assert len(server.accepted) == 60


def test_a_server_that_is_down_ends_the_run_and_everybody_is_still_owed(
    store: SqliteStore,
) -> None:
    run = _run(store, _people(5))
    with scripted_server() as gone:
        route = _route(gone)

    end = run.by(route)

    assert end.why is Why.NO_SERVER
    assert "connect" in end.reason
    assert set(run.states.values()) == {"queued"}


def test_who_waits_for_a_silent_server_is_told_so(store: SqliteStore) -> None:
    run = _run(store, _people(3))

    with scripted_server(Script(greeting=silence())) as server:
        run.through(server, timeouts=replace(PATIENT, greeting=0.7))

    assert f"127.0.0.1:{server.port} to answer" in {one.waiting_for for one in run.glimpses}


def test_a_wrong_password_is_tried_once(store: SqliteStore) -> None:
    run = _run(store, _people(50))
    script = Script(mechanisms=("PLAIN",), accounts={"desk": "secret"})

    with scripted_server(script) as server:
        login = Server("127.0.0.1", server.port, "plain", "desk", "wrong")
        end = run.by(replace(_route(server, connections=8), server=login))

    assert end.why is Why.STOPPED
    assert server.logins == [("PLAIN", "desk", False)]
    assert set(run.states.values()) == {"queued"}


def test_a_message_larger_than_the_server_takes_stops_the_run_and_marks_nobody(
    store: SqliteStore,
) -> None:
    run = _run(store, _people(50))

    with scripted_server(Script(extensions=("PIPELINING", "SIZE 20"))) as server:
        end = run.through(server)

    assert end.why is Why.STOPPED
    assert "the server takes 20" in end.reason
    assert set(run.states.values()) == {"queued"}
    assert not any(line.startswith("MAIL") for _, line in server.commands)


def test_a_server_that_speaks_unasked_does_not_keep_a_run_for_ever(store: SqliteStore) -> None:
    run = _run(store, _people(3))
    unasked = raw(b"250-scripted.test\r\n250 PIPELINING\r\n250 and another thing\r\n")

    with scripted_server(Script(ehlo=unasked)) as server:
        end = run.through(server)

    assert end.why is Why.NO_SERVER
    assert "another thing" in end.reason
    assert set(run.states.values()) == {"queued"}


def test_the_backup_takes_over_where_the_first_server_is_down(store: SqliteStore) -> None:
    run = _run(store, _people(20))
    with scripted_server() as gone:
        main = _route(gone)

    with scripted_server() as server:
        end = run.by(main, _route(server, name="backup", is_backup=True))

    assert end.why is Why.DONE
    assert len(server.accepted) == 20


def test_the_limit_of_a_route_holds_across_runs(store: SqliteStore) -> None:
    run = _run(store, _people(30))
    ends = []

    with scripted_server() as server:
        for _ in range(2):
            paused = _pause_after(run, 8)
            ends.append(run.through(server, limits=Limits(per_hour=8)))
            run.manner = paused

    assert [end.why for end in ends] == [Why.TOLD, Why.TOLD]
    assert len(server.accepted) == 8
    assert list(run.states.values()).count("queued") == 22


def _pause_after(run: Run, count: int) -> Manner:
    """Let somebody pause the mailing once so many are accepted."""
    Mailings(run.store).move(
        run.mailing, MailingState.SENDING, since=list(MailingState), now=datetime.now(UTC)
    )

    class Watching(list[Progress]):
        def append(self, glimpse: Progress) -> None:
            super().append(glimpse)
            if glimpse.balance.accepted >= count:
                paused = MailingState.PAUSED
                now = datetime.now(UTC)
                Mailings(run.store).move(run.mailing, paused, since=list(MailingState), now=now)

    run.glimpses = Watching()
    return run.manner


def test_a_domain_at_its_limit_does_not_hold_up_the_others(store: SqliteStore) -> None:
    run = _run(store, [*_people(40, "slow.example"), *_people(40, "fast.example")])
    slow = DomainLimits("slow", Limits(per_hour=5), ("slow.example",))
    run.domains = Domains((slow,))
    _pause_after(run, 45)

    with scripted_server() as server:
        run.through(server)

    domains = [one.recipient.partition("@")[2] for one in server.accepted]
    assert domains.count("fast.example") == 40
    assert domains.count("slow.example") == 5


@pytest.mark.parametrize("most", [1, 3])
def test_a_domain_has_no_more_under_way_at_once_than_it_may(store: SqliteStore, most: int) -> None:
    run = _run(store, [*_people(60, "slow.example"), *_people(120, "fast.example")])
    run.domains = Domains((DomainLimits("s", Limits(at_once=most), ("slow.example",)),))

    with scripted_server(Script(dot_delay=0.01)) as server:
        end = run.through(server, connections=8)

    assert end.why is Why.DONE
    assert len({one.recipient for one in server.accepted}) == len(server.accepted) == 180
    # How many of them fall together is a matter of chance on a busy machine.
    assert min(most, 2) <= server.most_under_way["slow.example"] <= most
    assert server.most_under_way["fast.example"] > 1


@pytest.mark.parametrize("answer", ["451 4.7.1 try again later", "450 4.2.0 busy"])
def test_a_domain_that_puts_everybody_off_is_not_asked_for_its_whole_list(
    store: SqliteStore, answer: str
) -> None:
    there = _people(600, "town.example")
    run = _run(store, [*there, *_people(50, "free.example")])

    with scripted_server(Script(rcpt=dict.fromkeys(there, say(answer)))) as server:
        end = run.through(server, connections=8)

    asked = sum("@town.example" in line for _, line in server.commands if line.startswith("RCPT"))
    states = run.deliveries
    assert end.why is Why.DONE
    assert asked < 60
    assert len(server.accepted) == 50
    assert {states[one].state for one in there} == {DeliveryState.DEFERRED}
    assert sum(states[one].reason == "domain-rests" for one in there) == 600 - asked


def test_a_server_that_puts_off_readers_of_every_domain_is_left_in_peace(
    store: SqliteStore,
) -> None:
    run = _run(store, [f"reader@town{number}.example" for number in range(300)])
    run.patience = Patience(first=timedelta(seconds=0.5), longest=timedelta(seconds=1))

    with scripted_server(Script(rcpt=say("451 4.3.0 later"))) as server:
        end = run.through(server, connections=8)

    asked = sum(line.startswith("RCPT") for _, line in server.commands)
    assert end.why is Why.NO_SERVER
    assert "451 4.3.0 later" in end.reason
    assert MOST_PUT_OFF <= asked < 60
    assert list(run.states.values()).count("queued") >= 240


def test_greylisting_by_our_own_server_passes_by_itself_for_readers_of_any_domain(
    store: SqliteStore,
) -> None:
    people = [f"reader@town{number}.example" for number in range(120)]
    greylisted = {one: (say("450 4.2.0 greylisted"), say("250 2.1.5 Ok")) for one in people}
    run = _run(store, people)
    run.manner = Manner(waits=timedelta(minutes=2), signals=())
    run.patience = Patience(first=timedelta(seconds=0.2), longest=timedelta(seconds=0.4))

    with scripted_server(Script(rcpt=greylisted)) as server:
        end = run.through(server, connections=8)

    assert end.why is Why.DONE
    assert set(run.states.values()) == {"accepted"}


def test_a_rate_per_second_is_kept(store: SqliteStore) -> None:
    run = _run(store, _people(30))

    with scripted_server() as server:
        began = datetime.now(UTC)
        run.through(server, limits=Limits(per_second=20))
        took = datetime.now(UTC) - began

    assert len(server.accepted) == 30
    # The first helping is a fifth of a second's worth; the others come at the rate.
    assert took >= timedelta(seconds=(30 - 4) / 20 - 0.25)


def test_a_warm_up_caps_the_first_day(store: SqliteStore) -> None:
    run = _run(store, _people(30))
    _pause_after(run, 6)

    with scripted_server() as server:
        run.through(server, warm_up=WarmUp((6, 100)))

    assert len(server.accepted) == 6


def test_nothing_leaves_in_the_quiet_hours(store: SqliteStore) -> None:
    run = _run(store, _people(5))
    run.manner = Manner(quiet=QuietHours(time(0, 0), time(23, 59, 59, 999_999)), signals=())

    class Watching(list[Progress]):
        def append(self, glimpse: Progress) -> None:
            super().append(glimpse)
            now, paused = datetime.now(UTC), MailingState.PAUSED
            Mailings(run.store).move(run.mailing, paused, since=list(MailingState), now=now)

    run.glimpses = Watching()

    with scripted_server() as server:
        run.through(server)

    assert server.accepted == []
    assert "quiet hours" in run.glimpses[0].waiting_for


def test_the_canary_goes_alone(store: SqliteStore) -> None:
    run = _run(store, _people(50))
    run.every = 10

    with scripted_server() as server:
        end = run.through(server)

    assert end.why is Why.DONE
    assert len(server.accepted) == 5


def test_a_message_that_cannot_be_built_costs_nobody_else_theirs(store: SqliteStore) -> None:
    def compose(owed: Owed) -> tuple[bytes, ...]:
        if owed.address.startswith("reader3@"):
            raise MessageError("a reader's message needs a value for 'name'")
        return _content(owed)

    run = _run(store, _people(6))
    run.compose = compose

    with scripted_server() as server:
        run.through(server)

    broken = run.deliveries["reader3@town.example"]
    assert (broken.state, broken.reason) == ("refused", "message")
    assert len(server.accepted) == 5


def test_too_fast_stops_the_route_for_ten_minutes_and_loses_nobody(store: SqliteStore) -> None:
    run = _run(store, _people(10))
    run.manner = Manner(signals=())

    class Watching(list[Progress]):
        def append(self, glimpse: Progress) -> None:
            super().append(glimpse)
            if "4.7.28" in glimpse.waiting_for:
                now, paused = datetime.now(UTC), MailingState.PAUSED
                Mailings(run.store).move(run.mailing, paused, since=list(MailingState), now=now)

    run.glimpses = Watching()

    with scripted_server(Script(mail=say("421 4.7.28 too fast", close="close"))) as server:
        end = run.through(server)

    assert end.why is Why.TOLD
    assert set(run.states.values()) <= {"queued", "deferred"}
    assert server.connections <= 4


def test_a_line_that_fails_by_a_mistake_of_ours_settles_first_and_then_says_so(
    store: SqliteStore,
) -> None:
    def compose(owed: Owed) -> tuple[bytes, ...]:
        if owed.address.startswith("reader9@"):
            raise ZeroDivisionError
        return _content(owed)

    run = _run(store, _people(12))
    run.compose = compose

    with scripted_server() as server, pytest.raises(ZeroDivisionError):
        run.through(server, connections=1)

    states = run.states
    assert {one.recipient for one in server.accepted} == {
        address for address, state in states.items() if state == "accepted"
    }
