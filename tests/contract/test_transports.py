"""Every way out settles what it is given: SMTP into the books, a folder into files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from newsletter.delivery.replies import judge
from newsletter.delivery.smtp import EndingReason, Server, Session, SessionError
from newsletter.delivery.transports import FolderSession, Transport
from newsletter.model.mailing import DeliveryState
from tests.servers.scripted import scripted_server
from tests.servers.supplies import ListSupply, make_outgoing

Way = tuple[Transport, Callable[[], list[bytes]]]


@pytest.fixture(params=["smtp", "folder"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    """A transport, and how to see what has come out of it."""
    if request.param == "folder":
        folder = tmp_path / "out"
        yield (
            FolderSession(folder),
            lambda: [one.read_bytes().split(b"\r\n", 2)[2] for one in sorted(folder.glob("*.eml"))],
        )
        return
    with scripted_server() as scripted:
        session = Session(Server(scripted.host, scripted.port, "plain"))
        yield session, lambda: [mail.content for mail in scripted.accepted]


async def _carry(transport: Transport, supply: ListSupply) -> EndingReason:
    await transport.open()
    try:
        return (await transport.deliver(supply)).reason
    finally:
        await transport.close()


def test_every_message_comes_out_as_it_went_in(way: Way) -> None:
    transport, came_out = way
    messages = [make_outgoing(key) for key in range(1, 4)]
    supply = ListSupply(messages)

    reason = asyncio.run(_carry(transport, supply))

    assert reason is EndingReason.DRY
    assert came_out() == [one.content for one in messages]
    assert {judge(one).state for one in supply.outcomes.values()} == {DeliveryState.ACCEPTED}


def test_a_message_in_pieces_comes_out_whole(way: Way) -> None:
    transport, came_out = way
    whole = make_outgoing(1)
    assert isinstance(whole.content, bytes)
    pieces = whole._replace(content=(whole.content[:9], b"", whole.content[9:]))

    asyncio.run(_carry(transport, ListSupply([pieces])))

    assert came_out() == [whole.content]


def test_a_message_with_a_fault_costs_nobody_else_theirs(way: Way) -> None:
    transport, came_out = way
    supply = ListSupply([make_outgoing(1, content=b"a\nb\r\n"), make_outgoing(2)])

    asyncio.run(_carry(transport, supply))

    assert judge(supply.outcomes[1]).state is DeliveryState.REFUSED
    assert len(came_out()) == 1


def test_a_folder_tells_who_a_message_was_for(tmp_path: Path) -> None:
    asyncio.run(_carry(FolderSession(tmp_path), ListSupply([make_outgoing(7)])))

    head = (tmp_path / "00000007.eml").read_text().splitlines()[:2]
    assert head == [
        "X-Envelope-Sender: <news@example.org>",
        "X-Envelope-Recipient: <reader7@example.net>",
    ]


def test_a_folder_that_cannot_be_made_is_a_clear_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(SessionError, match="cannot write"):
        asyncio.run(FolderSession(tmp_path / "file" / "out").open())


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "00000001.eml").mkdir()
    supply = ListSupply([make_outgoing(1)])

    asyncio.run(FolderSession(tmp_path).deliver(supply))

    assert judge(supply.outcomes[1]).state is DeliveryState.QUEUED
    assert [one.name for one in tmp_path.iterdir()] == ["00000001.eml"]


def test_a_folder_that_goes_away_ends_the_run_and_marks_nobody(tmp_path: Path) -> None:
    folder = FolderSession(tmp_path / "out")
    supply = ListSupply([make_outgoing(1), make_outgoing(2)])

    ending = asyncio.run(folder.deliver(supply))

    assert ending.reason is EndingReason.TROUBLE
    assert judge(supply.outcomes[1]).state is DeliveryState.QUEUED
    assert supply.handed == [1]
