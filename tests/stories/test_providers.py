"""Organisations whose mail is at one provider share its limit, whatever their own names are."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.servers.names import name_server
from tests.servers.scripted import ScriptedServer, scripted_server
from tests.stories.mailing_room import CHECKOUT, MailingRoom

ZONE = {
    ("one.example.", "MX"): ("10 mx1.hosting.example.", "20 mx2.hosting.example."),
    ("two.example.", "MX"): ("10 mx9.eu.hosting.example.",),
    ("own.example.", "MX"): ("10 mail.own.example.",),
}
EVERYBODY = 'name = "others"\ndomains = ["*"]'
NAMED = 'name = "hosting"\nmx = ["hosting.example"]'


def _settings(room: MailingRoom, limit: str, port: int, per_hour: int) -> None:
    """Write a limit, and the DNS server to ask."""
    path = room.folder / "newsletter.toml"
    before = path.read_text(encoding="utf-8").partition("[sending]")[0]
    sending = f'[sending]\ndns = "127.0.0.1:{port}"\n[[sending.domains]]\n{limit}\n'
    path.write_text(f"{before}{sending}per_hour = {per_hour}\n", encoding="utf-8")


def _sent_until(
    process: subprocess.Popen[str], scripted: ScriptedServer, count: int
) -> tuple[Counter[str], str]:
    """Let a command go on until so many are accepted; return them by domain, and its words."""
    try:
        while len(scripted.accepted) < count:
            assert process.poll() is None, process.communicate()
    finally:
        process.terminate()
        _, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    return Counter(mail.recipient.rpartition("@")[2] for mail in scripted.accepted), err


@pytest.mark.parametrize("limit", [EVERYBODY, NAMED])
def test_a_limit_holds_over_two_hosted_domains_together_and_over_a_restart(
    tmp_path: Path, limit: str
) -> None:
    asked: list[str] = []
    with scripted_server() as scripted, name_server(ZONE, asked=asked) as port:
        room = MailingRoom.furnish(tmp_path, scripted.port)
        room.invite(
            [f"r{n}@{domain}.example" for n in range(4) for domain in ("one", "two")]
            + ["ana@own.example", "ben@own.example"]
        )
        _settings(room, limit, port, 3)

        sender = room.popen("send", "2016-05", "--list", "members", "--really", "--yes")
        first, told = _sent_until(sender, scripted, 5)
        _settings(room, limit, port, 4)
        then, told_again = _sent_until(room.popen("resume"), scripted, 6)

    assert (first["own.example"], first["one.example"] + first["two.example"]) == (2, 3)
    assert (then["own.example"], then["one.example"] + then["two.example"]) == (2, 4)
    assert "Asking the DNS who takes mail for 3 domains ..." in told
    assert "Asking" not in told_again
    assert set(asked) == {"one.example.", "own.example.", "two.example."}


def test_a_mailing_goes_whatever_becomes_of_the_dns(tmp_path: Path) -> None:
    with scripted_server() as scripted, name_server({("x.example.", "MX"): ()}) as port:
        room = MailingRoom.furnish(tmp_path, scripted.port)
        room.invite(["ana@one.example", "ben@two.example", "cy@x.example"])
        _settings(room, EVERYBODY, port, 1)
        # The server is gone when it is asked.

    with scripted_server() as scripted:
        room.serve_by(scripted.port)
        sent = room.send(ok=(0,))

    assert len(scripted.accepted) == 3
    assert "Asking the DNS who takes mail for 3 domains ..." in sent.stderr


def test_the_dns_is_neither_asked_nor_loaded_where_no_limit_needs_it(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from newsletter.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print('dns' in sys.modules, file=sys.stderr)\n"
    )
    limit = f"{EVERYBODY}\nby_mx = false"
    with scripted_server() as scripted:
        room = MailingRoom.furnish(tmp_path, scripted.port)
        room.invite(["ana@one.example"])
        _settings(room, limit, 1, 5)
        words = ["send", "2016-05", "--list", "members", "--really", "--yes"]
        sent = subprocess.run(
            [sys.executable, "-c", script, "--workspace", str(tmp_path), *words],
            capture_output=True,
            text=True,
            check=False,
            cwd=CHECKOUT,
        )

    assert len(scripted.accepted) == 1
    assert sent.stderr.splitlines()[-1] == "False", sent.stderr
