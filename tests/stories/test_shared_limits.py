"""Two mailings at once keep the limits of the server together."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.scripted import Script, ScriptedServer, scripted_server
from tests.stories.mailing_room import MailingRoom

#: Port, settings of sending, readers of each list.
Furnish = Callable[[int, str, int], MailingRoom]


@pytest.fixture
def url() -> str:
    """The database: a file."""
    return ""


@pytest.fixture
def furnish(tmp_path: Path, url: str) -> Furnish:
    return lambda port, sending, each: _two_lists(tmp_path, port, sending, each, url)


def _two_lists(folder: Path, port: int, sending: str, each: int, url: str) -> MailingRoom:
    room = MailingRoom.furnish(folder, port, sending=sending, database=url)
    room.invite([f"m{number}@members.example" for number in range(each)])
    room.invite([f"f{number}@friends.example" for number in range(each)], "friends")
    return room


def _send_both(room: MailingRoom, scripted: ScriptedServer) -> list[subprocess.Popen[str]]:
    """Start one mailing and, as soon as it is under way, the other."""
    first = room.popen("send", "2016-05", "--list", "members", "--really", "--yes")
    while not scripted.accepted:
        assert first.poll() is None, first.communicate()
    return [first, room.popen("send", "2016-05", "--list", "friends", "--really", "--yes")]


def _ended(senders: list[subprocess.Popen[str]]) -> list[int]:
    ends = [sender.communicate(timeout=120) for sender in senders]
    assert not any("Traceback" in err for _, err in ends), ends
    return [sender.returncode for sender in senders]


def test_two_processes_have_no_more_connections_than_one_may(furnish: Furnish) -> None:
    with scripted_server(Script(dot_delay=0.04)) as scripted:
        room = furnish(scripted.port, "connections = 3", 120)

        codes = _ended(_send_both(room, scripted))

    assert codes == [0, 0]
    assert len({mail.recipient for mail in scripted.accepted}) == len(scripted.accepted) == 240
    assert scripted.most_open == 3


def test_two_processes_have_no_more_under_way_to_a_domain_than_one_may(
    tmp_path: Path, url: str
) -> None:
    limit = '[[sending.domains]]\nname = "all"\ndomains = ["same.example"]\nat_once = 2'
    with scripted_server(Script(dot_delay=0.04)) as scripted:
        room = MailingRoom.furnish(tmp_path, scripted.port, sending=limit, database=url)
        room.invite([f"m{number}@same.example" for number in range(60)])
        room.invite([f"f{number}@same.example" for number in range(60)], "friends")

        codes = _ended(_send_both(room, scripted))

    assert codes == [0, 0]
    assert len({mail.recipient for mail in scripted.accepted}) == len(scripted.accepted) == 120
    assert scripted.most_under_way["same.example"] <= 2


def test_two_processes_with_one_connection_take_turns(furnish: Furnish) -> None:
    with scripted_server(Script(dot_delay=0.04)) as scripted:
        room = furnish(scripted.port, "connections = 1", 20)

        codes = _ended(_send_both(room, scripted))

    assert codes == [0, 0]
    assert len(scripted.accepted) == 40
    assert scripted.most_open == 1


def test_two_processes_send_no_more_in_an_hour_than_one_may(furnish: Furnish) -> None:
    with scripted_server() as scripted:
        room = furnish(scripted.port, "per_hour = 70", 50)
        senders = _send_both(room, scripted)
        try:
            while len(scripted.accepted) < 70:
                running = [sender for sender in senders if sender.poll() is None]
                assert running, [sender.communicate() for sender in senders]
            for sender in senders:
                sender.terminate()
        finally:
            _ended(senders)

    assert len(scripted.accepted) == 70
