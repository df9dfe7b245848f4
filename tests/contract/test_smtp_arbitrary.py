"""Whatever a server says, at whatever stage: a recorded outcome, no hang, nothing lost."""

from __future__ import annotations

import asyncio

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from newsletter.delivery.replies import judge
from newsletter.delivery.smtp import Outcome, Server, Session, SessionError, Timeouts
from newsletter.model.mailing import DeliveryState
from tests.servers.running import stop
from tests.servers.scripted import Script, ScriptedServer, raw
from tests.servers.supplies import ListSupply, make_outgoing

#: Shorter than a test may take: nothing here needs more than the time a machine takes.
SHORT = Timeouts(*[60.0] * 11)
CODES = ("220", "250", "354", "421", "450", "500", "550", "999", "25", "abc", "")
LINES = st.tuples(
    st.sampled_from(CODES), st.sampled_from(["", " ", "-"]), st.binary(max_size=40)
).map(lambda parts: parts[0].encode() + parts[1].encode() + parts[2])
ANSWERS = st.lists(LINES, min_size=1, max_size=4).map(lambda lines: b"\r\n".join(lines) + b"\r\n")
STAGES = st.sampled_from(["greeting", "ehlo", "mail", "rcpt", "data", "body", "dot", "rset"])


async def _send(script: Script, supply: ListSupply) -> tuple[ScriptedServer, Outcome | None]:
    """Send, and return the server with its books and why no session came about."""
    scripted = ScriptedServer(script)
    await scripted.start()
    session, refusal = Session(Server(scripted.host, scripted.port, "plain"), SHORT), None
    try:
        await session.open()
        await session.deliver(supply)
    except SessionError as error:
        refusal = error.outcome
    finally:
        await session.close()
        await stop(scripted)
    return scripted, refusal


@settings(max_examples=200)
@given(STAGES, ANSWERS, st.booleans())
def test_every_message_is_settled_as_the_server_knows_it(
    stage: str, answer: bytes, pipelines: bool
) -> None:
    # A 2xx that meets the dot on its way cannot be told from its answer.
    assume(not (stage == "body" and answer.startswith(b"2")))
    extensions = ("PIPELINING",) if pipelines else ()
    behaviour = raw(answer, close="close")
    script = Script(extensions=extensions, **{stage: behaviour})  # type: ignore[arg-type]
    supply = ListSupply(make_outgoing(key) for key in range(1, 4))

    scripted, refusal = asyncio.run(_send(script, supply))

    taken = {mail.recipient for mail in scripted.accepted}
    states = {key: judge(outcome).state for key, outcome in supply.outcomes.items()}
    assert set(states) == set(supply.handed)
    assert refusal is None or judge(refusal).state is DeliveryState.QUEUED
    for key, state in states.items():
        if state is DeliveryState.ACCEPTED:
            assert f"reader{key}@example.net" in taken
        elif state is not DeliveryState.UNKNOWN:
            assert f"reader{key}@example.net" not in taken
