"""A fault at each stage of a session has its own outcome, and only the dot leaves doubt."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from newsletter.delivery.replies import Scope, judge
from newsletter.delivery.smtp import (
    EndingReason,
    Outcome,
    Server,
    Session,
    SessionError,
    Stage,
    Timeouts,
    Trouble,
)
from newsletter.model.mailing import DeliveryState
from tests.servers.scripted import (
    Action,
    Behaviour,
    Script,
    ScriptedServer,
    drop,
    raw,
    reset,
    say,
    scripted_server,
    silence,
)
from tests.servers.supplies import ListSupply, make_content, make_outgoing, send


def impatient(stage: str) -> Timeouts:
    """Wait long where an answer will come, and hardly at all where none will."""
    return replace(Timeouts(*[60.0] * 11), **{stage: 0.2})


PLAIN = ("SIZE 10485760", "8BITMIME")
STEPS = pytest.mark.parametrize("extensions", [Script.extensions, PLAIN], ids=["piped", "steps"])


def server_at(scripted: ScriptedServer, **changes: object) -> Server:
    return Server(scripted.host, scripted.port, "plain", **changes)  # type: ignore[arg-type]


def outcome_of_one(script: Script, timeouts: Timeouts | None = None) -> Outcome:
    """Return what became of one message."""
    with scripted_server(script) as scripted:
        supply = ListSupply([make_outgoing()])
        send(server_at(scripted), supply, timeouts)
    assert scripted.faults == []
    return supply.outcomes[1]


def failure_to_open(script: Script, timeouts: Timeouts | None = None) -> Outcome:
    """Return why no session could be opened."""

    async def _open(server: Server) -> None:
        session = Session(server, timeouts)
        try:
            await session.open()
        finally:
            await session.close()

    with scripted_server(script) as scripted, pytest.raises(SessionError) as caught:
        asyncio.run(_open(server_at(scripted)))
    return caught.value.outcome


@STEPS
def test_a_good_server_takes_every_message_once(extensions: tuple[str, ...]) -> None:
    messages = [make_outgoing(key) for key in range(1, 31)]

    with scripted_server(Script(extensions=extensions)) as scripted:
        supply = ListSupply(messages)
        ending = send(server_at(scripted), supply)

    assert ending.reason is EndingReason.DRY
    assert [mail.content for mail in scripted.accepted] == [one.content for one in messages]
    assert all(outcome.is_accepted for outcome in supply.outcomes.values())
    assert scripted.faults == []


def test_a_good_server_gets_the_dot_and_the_next_envelope_together() -> None:
    with scripted_server() as scripted:
        supply = ListSupply(make_outgoing(key) for key in range(1, 4))
        send(server_at(scripted), supply)

    # Each message was handed out before the one before it was settled.
    assert len(scripted.accepted) == 3
    assert [reply.reply.queue_id for reply in supply.outcomes.values() if reply.reply] == [
        "Q1",
        "Q2",
        "Q3",
    ]


@STEPS
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("fault", [drop(), reset()], ids=["closed", "broken"])
def test_a_loss_before_the_dot_is_certain(
    stage: str, fault: Behaviour, extensions: tuple[str, ...]
) -> None:
    outcome = outcome_of_one(Script(extensions=extensions, **{stage: fault}))  # type: ignore[arg-type]

    assert outcome.stage == stage
    assert outcome.trouble is Trouble.CLOSED
    assert not outcome.after_dot
    assert judge(outcome).state is DeliveryState.QUEUED


@STEPS
@pytest.mark.parametrize("fault", [drop(), drop(takes=True), reset()])
def test_a_loss_after_the_dot_is_unknown(fault: Behaviour, extensions: tuple[str, ...]) -> None:
    outcome = outcome_of_one(Script(extensions=extensions, dot=fault))

    assert outcome.after_dot
    assert judge(outcome).state is DeliveryState.UNKNOWN
    assert judge(outcome).reason == "lost-after-dot"


@STEPS
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_silence_before_the_dot_ends_with_its_time_out(
    stage: str, extensions: tuple[str, ...]
) -> None:
    script = Script(extensions=extensions, **{stage: silence()})  # type: ignore[arg-type]
    outcome = outcome_of_one(script, impatient(stage))

    assert outcome.stage == stage
    assert outcome.trouble is Trouble.TIMED_OUT
    assert judge(outcome).reason == "no-answer"
    assert judge(outcome).state is DeliveryState.QUEUED


def test_silence_after_the_dot_is_unknown() -> None:
    outcome = outcome_of_one(Script(dot=silence()), impatient("dot"))

    assert outcome.after_dot
    assert outcome.trouble is Trouble.TIMED_OUT
    assert judge(outcome).state is DeliveryState.UNKNOWN


@pytest.mark.parametrize("code", ["200", "250", "251", "299"])
def test_any_2xx_after_the_dot_is_acceptance(code: str) -> None:
    outcome = outcome_of_one(Script(dot=say(f"{code} fine")))

    assert judge(outcome).state is DeliveryState.ACCEPTED


@pytest.mark.parametrize("answer", [b"354 more\r\n", b"hello\r\n", b"777 7.7.7 what\r\n"])
def test_an_answer_to_the_dot_that_nobody_understands_is_unknown(answer: bytes) -> None:
    outcome = outcome_of_one(Script(dot=raw(answer)))

    assert outcome.after_dot
    assert judge(outcome).state is DeliveryState.UNKNOWN
    assert judge(outcome).session == "close"


def test_lines_that_contradict_each_other_after_the_dot_are_unknown() -> None:
    outcome = outcome_of_one(Script(dot=raw(b"250-taken\r\n550 not taken\r\n")))

    assert judge(outcome).state is DeliveryState.UNKNOWN


@STEPS
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
@pytest.mark.parametrize(
    "answer",
    [b"\xff\xfe\x00\x07\r\n", b"354 too early\r\n", b"250-a\r\n550 b\r\n", b"HTTP/1.1 400\r\n"],
)
def test_nonsense_before_the_dot_is_certain_and_ends_the_connection(
    stage: str, answer: bytes, extensions: tuple[str, ...]
) -> None:
    if stage == "data" and answer.startswith(b"354"):
        answer = b"250 what for\r\n"

    outcome = outcome_of_one(Script(extensions=extensions, **{stage: raw(answer)}))  # type: ignore[arg-type]

    assert outcome.stage == stage
    assert outcome.trouble is Trouble.NONSENSE
    assert judge(outcome).state is DeliveryState.DEFERRED
    assert judge(outcome).session == "close"


@pytest.mark.parametrize("stage", ["greeting", "ehlo"])
@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        (drop(), Trouble.CLOSED),
        (reset(), Trouble.CLOSED),
        (silence(), Trouble.TIMED_OUT),
        (raw(b"\x00\xff\r\n"), Trouble.NONSENSE),
        (raw(b"250-"), Trouble.TIMED_OUT),
    ],
)
def test_a_fault_before_the_first_message_is_the_servers(
    stage: str, fault: Behaviour, trouble: Trouble
) -> None:
    outcome = failure_to_open(Script(**{stage: fault}), impatient(stage))  # type: ignore[arg-type]

    assert outcome.stage == stage
    assert outcome.trouble is trouble
    assert judge(outcome).scope is Scope.SITE
    assert judge(outcome).state is DeliveryState.QUEUED


@pytest.mark.parametrize(
    ("stage", "answer"),
    [
        ("greeting", "421 4.3.2 not now"),
        ("greeting", "554 5.7.1 go away"),
        ("ehlo", "421 4.3.2 not now"),
        ("ehlo", "550 5.7.1 I do not like your name"),
    ],
)
def test_a_server_that_lets_nobody_in_costs_no_attempt(stage: str, answer: str) -> None:
    outcome = failure_to_open(Script(**{stage: say(answer)}))  # type: ignore[arg-type]

    verdict = judge(outcome)
    assert str(outcome.reply) == answer
    assert (verdict.scope, verdict.state) == (Scope.SITE, DeliveryState.QUEUED)
    assert verdict.slow_down
    assert not verdict.stop_run


def test_a_word_that_nobody_asked_for_before_the_first_message_ends_the_session() -> None:
    outcome = failure_to_open(Script(greeting=raw(b"220 hello\r\n250 what?\r\n")))

    assert (outcome.stage, outcome.trouble) == (Stage.EHLO, Trouble.NONSENSE)
    assert judge(outcome).scope is Scope.SITE


def test_messages_need_an_open_session() -> None:
    session = Session(Server("localhost"))

    assert not session.is_usable
    with pytest.raises(RuntimeError, match="open session"):
        asyncio.run(session.deliver(ListSupply([])))


def test_a_server_without_ehlo_is_greeted_the_old_way() -> None:
    outcome = outcome_of_one(Script(ehlo=say("502 5.5.1 what?")))

    assert outcome.is_accepted


def test_a_reply_of_100_kilobytes_is_cut_and_the_session_goes_on() -> None:
    long = b"250-" + b"x" * 100_000 + b"\r\n250 done\r\n"

    outcome = outcome_of_one(Script(dot=raw(long)))

    assert outcome.is_accepted
    assert outcome.reply is not None
    assert len(outcome.reply.text) <= 1000


def test_a_reply_without_an_end_is_given_up() -> None:
    endless = b"250-" + b"x" * 1_100_000

    outcome = outcome_of_one(Script(mail=raw(endless)))

    assert outcome.stage is Stage.MAIL
    assert outcome.trouble is Trouble.NONSENSE


def test_a_reply_that_comes_byte_by_byte_is_read_whole() -> None:
    outcome = outcome_of_one(Script(dot=raw(b"250-2.0.0 one\r\n250 2.0.0 two\r\n", slowly=True)))

    assert outcome.is_accepted
    assert outcome.reply is not None
    assert outcome.reply.text == "one two"


def test_a_refusal_before_the_dot_is_definite() -> None:
    script = Script(body=say("552 5.3.4 too much", close="deaf"), extensions=("PIPELINING",))
    with scripted_server(script) as scripted:
        supply = ListSupply([make_outgoing(content=make_content(size=24_000_000))])
        send(server_at(scripted), supply)

    outcome = supply.outcomes[1]
    assert outcome.stage is Stage.BODY
    assert str(outcome.reply) == "552 5.3.4 too much"
    assert judge(outcome).state is DeliveryState.REFUSED
    assert scripted.accepted == []


@pytest.mark.parametrize("fault", [reset(), drop()])
def test_a_loss_in_the_middle_of_a_large_message_is_certain(fault: Behaviour) -> None:
    with scripted_server(Script(body=fault, extensions=("PIPELINING",))) as scripted:
        messages = [make_outgoing(1, content=make_content(size=24_000_000)), make_outgoing(2)]
        supply = ListSupply(messages)
        send(server_at(scripted), supply)

    assert supply.outcomes[1].stage is Stage.BODY
    assert judge(supply.outcomes[1]).state is DeliveryState.QUEUED
    assert scripted.accepted == []


def test_a_large_message_arrives_whole_at_a_server_that_reads_slowly() -> None:
    sizes = (45_000, 1_500_000, 130_000, 131_072)
    messages = [
        make_outgoing(key, content=make_content(key, size)) for key, size in enumerate(sizes)
    ]
    with scripted_server(Script(sips=True)) as scripted:
        supply = ListSupply(messages)
        send(server_at(scripted), supply)

    assert [mail.content for mail in scripted.accepted] == [one.content for one in messages]
    assert scripted.faults == []


def test_a_server_that_stops_reading_is_left_after_its_time() -> None:
    script = Script(data=Action(b"354 go on\r\n", close="deaf"), extensions=("PIPELINING",))
    with scripted_server(script) as scripted:
        supply = ListSupply([make_outgoing(content=make_content(size=24_000_000))])
        send(server_at(scripted), supply, impatient("block"))

    assert supply.outcomes[1].stage is Stage.BODY
    assert judge(supply.outcomes[1]).reason == "no-answer"


def test_an_acceptance_that_comes_before_the_dot_is_none() -> None:
    with scripted_server(Script(data=raw(b"354 go on\r\n250 2.0.0 Ok\r\n"))) as scripted:
        supply = ListSupply([make_outgoing(1), make_outgoing(2)])
        ending = send(server_at(scripted), supply)

    assert ending.reason is EndingReason.TROUBLE
    assert supply.outcomes[1].stage is Stage.BODY
    assert judge(supply.outcomes[1]).state is DeliveryState.DEFERRED
    assert scripted.accepted == []


@STEPS
def test_a_refused_reader_does_not_stop_the_next(extensions: tuple[str, ...]) -> None:
    refused = {"reader2@example.net": say("550 5.1.1 no such user")}
    with scripted_server(Script(extensions=extensions, rcpt=refused)) as scripted:
        supply = ListSupply(make_outgoing(key) for key in range(1, 5))
        ending = send(server_at(scripted), supply)

    assert ending.reason is EndingReason.DRY
    assert scripted.connections == 1
    assert [mail.recipient for mail in scripted.accepted] == [
        "reader1@example.net",
        "reader3@example.net",
        "reader4@example.net",
    ]
    assert judge(supply.outcomes[2]).reason == "no-such-user"


@STEPS
@pytest.mark.parametrize("stage", ["mail", "data", "dot"])
@pytest.mark.parametrize("answer", ["451 4.3.0 later", "554 5.6.0 no"])
def test_a_refused_message_does_not_stop_the_next(
    stage: str, answer: str, extensions: tuple[str, ...]
) -> None:
    good = say("354 go on" if stage == "data" else "250 2.0.0 Ok")
    script = Script(extensions=extensions, **{stage: [say(answer), good]})  # type: ignore[arg-type]
    with scripted_server(script) as scripted:
        supply = ListSupply(make_outgoing(key) for key in range(1, 4))
        send(server_at(scripted), supply)

    assert supply.outcomes[1].stage == stage
    assert [mail.recipient for mail in scripted.accepted] == [
        "reader2@example.net",
        "reader3@example.net",
    ]


def test_a_354_for_a_refused_reader_sends_him_nothing() -> None:
    script = Script(rcpt=say("550 5.1.1 no"), data=say("354 go on all the same"))
    with scripted_server(script) as scripted:
        supply = ListSupply([make_outgoing(1), make_outgoing(2)])
        ending = send(server_at(scripted), supply)

    assert ending.reason is EndingReason.DRY
    assert scripted.accepted == []
    assert {outcome.stage for outcome in supply.outcomes.values()} == {Stage.RCPT}


def test_a_354_for_a_refused_sender_never_sends_an_empty_message() -> None:
    script = Script(mail=say("451 4.3.0 no"), rcpt=say("250 ok"), data=say("354 go on"))
    with scripted_server(script) as scripted:
        supply = ListSupply([make_outgoing()])
        ending = send(server_at(scripted), supply)

    assert ending.reason is EndingReason.TROUBLE
    assert supply.outcomes[1].stage is Stage.MAIL
    assert scripted.accepted == []


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
def test_421_is_a_definite_no_and_ends_the_connection(stage: str) -> None:
    script = Script(**{stage: say("421 4.3.2 closing", close="close")})  # type: ignore[arg-type]
    with scripted_server(script) as scripted:
        supply = ListSupply([make_outgoing(1), make_outgoing(2)])
        ending = send(server_at(scripted), supply)

    verdict = judge(supply.outcomes[1])
    assert ending.reason is EndingReason.TROUBLE
    assert (verdict.state, verdict.session) == (DeliveryState.DEFERRED, "close")
    assert verdict.slow_down
    assert scripted.accepted == []


def test_a_message_chained_behind_a_closing_server_is_given_back() -> None:
    with scripted_server(Script(messages_per_connection=2)) as scripted:
        supply = ListSupply(make_outgoing(key) for key in range(1, 4))
        ending = send(server_at(scripted), supply)

    assert ending.reason is EndingReason.TROUBLE
    assert [mail.recipient for mail in scripted.accepted] == [
        "reader1@example.net",
        "reader2@example.net",
    ]
    assert supply.outcomes[2].is_accepted
    assert judge(supply.outcomes[3]).state is DeliveryState.QUEUED


def test_a_chained_message_behind_a_lost_dot_was_not_begun() -> None:
    with scripted_server(Script(dot=drop())) as scripted:
        supply = ListSupply([make_outgoing(1), make_outgoing(2)])
        send(server_at(scripted), supply)

    assert supply.outcomes[1].after_dot
    assert not supply.outcomes[2].after_dot
    assert judge(supply.outcomes[2]).reason == "not-begun"


def test_the_connection_carries_no_more_than_its_share() -> None:
    with scripted_server() as scripted:
        supply = ListSupply(make_outgoing(key) for key in range(1, 8))
        ending = send(server_at(scripted, messages_per_connection=3), supply)

    assert ending.reason is EndingReason.LIMIT
    assert len(scripted.accepted) == 3
    assert supply.handed == [1, 2, 3]


def test_a_word_that_nobody_asked_for_ends_the_connection() -> None:
    script = Script(dot=raw(b"250 2.0.0 Ok\r\n421 4.4.2 idle for too long\r\n"))
    with scripted_server(script) as scripted:
        supply = ListSupply([make_outgoing(1), make_outgoing(2)], chains=False)
        ending = send(server_at(scripted), supply)

    assert ending.reason is EndingReason.TROUBLE
    assert supply.outcomes[1].is_accepted
    assert judge(supply.outcomes[2]).state is DeliveryState.QUEUED
    assert len(scripted.accepted) == 1


def test_after_trouble_every_command_waits_for_its_answer() -> None:
    refused = {"reader1@example.net": say("450 4.2.0 Greylisted")}
    with scripted_server(Script(rcpt=refused)) as scripted:
        supply = ListSupply(make_outgoing(key) for key in range(1, 4))
        send(server_at(scripted), supply)

    assert supply.handed == [1, 2, 3]
    assert [mail.recipient for mail in scripted.accepted] == [
        "reader2@example.net",
        "reader3@example.net",
    ]


def test_a_server_that_refuses_to_reset_is_left() -> None:
    script = Script(rcpt=say("450 4.2.0 later"), rset=say("500 5.5.1 what"))
    with scripted_server(script) as scripted:
        supply = ListSupply([make_outgoing(1), make_outgoing(2)])
        ending = send(server_at(scripted), supply)

    assert ending.reason is EndingReason.TROUBLE
    assert supply.handed == [1]


def test_a_cancelled_session_settles_everything() -> None:
    async def _cancelled(server: Server, supply: ListSupply) -> None:
        session = Session(server)
        await session.open()
        task = asyncio.create_task(session.deliver(supply))
        while not supply.handed:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not session.is_usable
        await session.close()

    with scripted_server(Script(dot=silence())) as scripted:
        supply = ListSupply([make_outgoing(1), make_outgoing(2)])
        asyncio.run(_cancelled(server_at(scripted), supply))

    assert set(supply.outcomes) == {1, 2}
    assert supply.outcomes[1].after_dot
    assert not supply.outcomes[2].after_dot


def test_uvloop_carries_the_same() -> None:
    uvloop = pytest.importorskip("uvloop")
    messages = [make_outgoing(key, content=make_content(key, 300_000)) for key in range(1, 9)]
    supply = ListSupply(messages)

    async def _send(server: Server) -> None:
        session = Session(server)
        await session.open()
        await session.deliver(supply)
        await session.close()

    with (
        scripted_server() as scripted,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_send(server_at(scripted)))

    assert [mail.content for mail in scripted.accepted] == [one.content for one in messages]


def test_nobody_listening_is_the_servers_matter() -> None:
    with scripted_server() as scripted:
        gone = server_at(scripted)

    with pytest.raises(SessionError) as caught:
        asyncio.run(Session(gone).open())

    assert caught.value.outcome.stage is Stage.CONNECT
    assert judge(caught.value.outcome).scope is Scope.SITE


def test_a_server_name_that_does_not_exist_stops_the_run() -> None:
    with pytest.raises(SessionError) as caught:
        asyncio.run(Session(Server("no-such-server.invalid", 25, "plain")).open())

    verdict = judge(caught.value.outcome)
    assert verdict.scope in {Scope.CONFIGURATION, Scope.SITE}  # no resolver at all: SITE
    assert verdict.state is DeliveryState.QUEUED
