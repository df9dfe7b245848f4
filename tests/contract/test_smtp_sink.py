"""The session against Postfix's smtp-sink with each of its fault switches."""

from __future__ import annotations

import asyncio

import pytest

from newsletter.delivery.replies import Scope, Verdict, judge
from newsletter.delivery.smtp import (
    EndingReason,
    Outcome,
    Server,
    Session,
    SessionError,
    Stage,
    Timeouts,
)
from newsletter.model.mailing import DeliveryState
from tests.servers.proxy import delayed
from tests.servers.sink import needs_sink, smtp_sink
from tests.servers.supplies import ListSupply, make_content, make_outgoing, send

pytestmark = needs_sink

Q, D, R, A, U = (
    DeliveryState.QUEUED,
    DeliveryState.DEFERRED,
    DeliveryState.REFUSED,
    DeliveryState.ACCEPTED,
    DeliveryState.UNKNOWN,
)
SHORT = Timeouts(dot=0.3)


def outcome_with(*switches: str, timeouts: Timeouts | None = None) -> Outcome:
    """Return what became of one message, or why there was no session."""
    with smtp_sink(*switches) as sink:
        supply = ListSupply([make_outgoing()])
        try:
            send(Server(sink.host, sink.port, "plain"), supply, timeouts)
        except SessionError as error:
            return error.outcome
    return supply.outcomes[1]


def verdict_with(*switches: str) -> tuple[Stage, Verdict]:
    outcome = outcome_with(*switches)
    return outcome.stage, judge(outcome)


@pytest.mark.parametrize(
    ("command", "stage", "scope", "state"),
    [
        ("CONNECT", Stage.GREETING, Scope.SITE, Q),
        ("MAIL", Stage.MAIL, Scope.SITE, D),
        ("RCPT", Stage.RCPT, Scope.RECIPIENT, D),
        ("DATA", Stage.DATA, Scope.MESSAGE, D),
        (".", Stage.DOT, Scope.MESSAGE, D),
    ],
)
def test_a_soft_refusal(command: str, stage: Stage, scope: Scope, state: DeliveryState) -> None:
    where, verdict = verdict_with("-r", command)

    assert (where, verdict.scope, verdict.state) == (stage, scope, state)
    assert not verdict.stop_run


@pytest.mark.parametrize(
    ("command", "stage", "scope", "state"),
    [
        ("CONNECT", Stage.GREETING, Scope.SITE, Q),
        ("RCPT", Stage.RCPT, Scope.RECIPIENT, R),
        ("DATA", Stage.DATA, Scope.MESSAGE, R),
        (".", Stage.DOT, Scope.MESSAGE, R),
    ],
)
def test_a_hard_refusal(command: str, stage: Stage, scope: Scope, state: DeliveryState) -> None:
    where, verdict = verdict_with("-f", command)

    assert (where, verdict.scope, verdict.state) == (stage, scope, state)
    assert not verdict.stop_run


def test_a_hard_refusal_of_the_sender_stops_the_run() -> None:
    where, verdict = verdict_with("-B", "550 5.7.1 not you", "-f", "MAIL")

    assert (where, verdict.state, verdict.stop_run) == (Stage.MAIL, Q, True)


@pytest.mark.parametrize(
    ("command", "stage", "state"),
    [
        ("CONNECT", Stage.GREETING, Q),
        ("EHLO", Stage.EHLO, Q),
        ("MAIL", Stage.MAIL, Q),
        ("RCPT", Stage.RCPT, Q),
        ("DATA", Stage.DATA, Q),
        (".", Stage.DOT, U),
    ],
)
def test_a_silent_hang_up(command: str, stage: Stage, state: DeliveryState) -> None:
    where, verdict = verdict_with("-q", command)

    assert (where, verdict.state, verdict.session) == (stage, state, "close")


@pytest.mark.parametrize(
    ("command", "stage", "state"),
    [
        ("CONNECT", Stage.GREETING, Q),
        ("EHLO", Stage.EHLO, Q),
        ("MAIL", Stage.MAIL, D),
        ("RCPT", Stage.RCPT, D),
        ("DATA", Stage.DATA, D),
        (".", Stage.DOT, D),
    ],
)
def test_421_and_hang_up(command: str, stage: Stage, state: DeliveryState) -> None:
    where, verdict = verdict_with("-Q", command)

    assert (where, verdict.state, verdict.session) == (stage, state, "close")
    assert verdict.slow_down


def test_a_refusal_before_the_dot_is_definite() -> None:
    # The sink says 550 right after 354 and reads no more.
    _, verdict = verdict_with("-A", "0")

    assert verdict.state is R


def test_no_answer_to_the_dot_in_time_is_unknown() -> None:
    outcome = outcome_with("-W", ".:60", timeouts=SHORT)

    assert outcome.after_dot
    assert judge(outcome).state is U


@pytest.mark.parametrize("switches", [(), ("-p",), ("-e",), ("-E",), ("-8",), ("-a",), ("-P",)])
def test_servers_that_offer_less_get_their_messages_too(switches: tuple[str, ...]) -> None:
    with smtp_sink(*switches) as sink:
        supply = ListSupply(make_outgoing(key, content=make_content(key, 9000)) for key in range(9))
        ending = send(Server(sink.host, sink.port, "plain"), supply)

    assert ending.reason is EndingReason.DRY
    assert {judge(one).state for one in supply.outcomes.values()} == {A}


def test_eight_bit_text_is_refused_where_the_server_takes_none() -> None:
    content = "Subject: x\r\n\r\nÅse\r\n".encode()
    with smtp_sink("-8") as sink:
        supply = ListSupply([make_outgoing(content=content)])
        send(Server(sink.host, sink.port, "plain"), supply)

    assert judge(supply.outcomes[1]).reason == "needs-8bitmime"


def test_sixteen_connections_share_a_supply_over_a_long_line() -> None:
    async def _send(server: Server, supply: ListSupply) -> None:
        sessions = [Session(server) for _ in range(16)]
        await asyncio.gather(*(session.open() for session in sessions))
        await asyncio.gather(*(session.deliver(supply) for session in sessions))
        await asyncio.gather(*(session.close() for session in sessions))

    with smtp_sink() as sink, delayed(sink.port, 0.01) as line:
        supply = ListSupply(make_outgoing(key) for key in range(500))
        asyncio.run(_send(Server(line.host, line.port, "plain"), supply))

    assert {judge(one).state for one in supply.outcomes.values()} == {A}
    assert len(supply.outcomes) == 500
