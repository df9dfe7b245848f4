"""Show by strace that no dot leaves before its intent is synced; write the excerpt.

    python scripts/sync_evidence.py [docs/explanation/sync-evidence.md]

Sends an issue to a few readers with the real command line under strace, against a server
on this machine. For each reader it finds in the trace: the page of the write-ahead log in
which the delivery is in flight, the fdatasync of that log, and the dot of the message.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
sys.path.insert(0, str(CHECKOUT))

from tests.servers.scripted import scripted_server  # noqa: E402
from tests.stories.mailing_room import MailingRoom  # noqa: E402

READERS = [f"reader{number}@town.example" for number in range(12)]
_CALL = re.compile(r"^(?:\d+\s+)?[\d:.]+ (pwrite64|fdatasync|sendto|sendmsg|write|writev)\((.*)$")
#: The line with nothing but a dot, alone or at the end of what it ends.
_DOT = re.compile(r'(?:\\r\\n|iov_base=")\.\\r\\n')


@dataclass(frozen=True)
class Proof:
    """Where in the trace one message's three moments stand."""

    address: str
    intent: int
    sync: int
    dot: int

    @property
    def holds(self) -> bool:
        """Say whether the intent was synced before the dot left."""
        return 0 <= self.intent < self.sync < self.dot


def trace(folder: Path) -> list[str]:
    """Return the trace of a real send."""
    with scripted_server() as server:
        room = MailingRoom.furnish(folder / "workspace", server.port)
        room.invite(READERS)
        output = folder / "trace"
        calls = "fdatasync,pwrite64,sendto,sendmsg,write,writev"
        strace = ["strace", "-f", "-tt", "-y", "-s", "5000", "-e", f"trace={calls}"]
        send = [*room.command, "send", "2016-05", "--list", "members", "--really", "--yes"]
        subprocess.run([*strace, "-o", str(output), *send], cwd=CHECKOUT, check=True)
        return output.read_text(encoding="utf-8", errors="replace").splitlines()


def prove(lines: list[str]) -> list[Proof]:
    """Return the proof for every reader."""
    dots = _dots(lines)
    proofs = []
    for address in READERS:
        flying = re.compile(re.escape(address) + r'(?:(?!@town).)*?\\"\}in_flight')
        intent = next(
            (at for at, line in enumerate(lines) if "-wal>" in line and flying.search(line)), -1
        )
        sync = next(
            (
                at
                for at in range(intent + 1, len(lines))
                if "fdatasync(" in lines[at] and "-wal>" in lines[at]
            ),
            -1,
        )
        proofs.append(Proof(address, intent, sync, dots.get(address, -1)))
    return proofs


def _dots(lines: list[str]) -> dict[str, int]:
    """Return where the dot of each recipient's message leaves."""
    found: dict[str, int] = {}
    current: dict[str, str] = {}
    for at, line in enumerate(lines):
        if not (call := _CALL.match(line)) or ("<TCP" not in line and "<socket" not in line):
            continue
        connection = call[2].partition(">")[0]
        dot = _DOT.search(line)
        if dot and connection in current:
            found.setdefault(current.pop(connection), at)
        if named := re.search(r"RCPT TO:<([^>]+)>", line[dot.end() :] if dot else line):
            current[connection] = named[1]
    return found


def excerpt(lines: list[str], proof: Proof) -> str:
    """Return the three lines of one message, cut to what can be read."""
    told = (
        (proof.intent, "the delivery's row, now in_flight, goes into the write-ahead log"),
        (proof.sync, "the log is on the disk"),
        (proof.dot, "the end of the message leaves, with the dot"),
    )
    return "\n".join(f"# {what}\n{_short(lines[at], proof.address)}" for at, what in told)


def _short(line: str, address: str) -> str:
    line = re.sub(r"/[^<>]*/(newsletter\.db)", r"\1", line)
    if "pwrite64" in line:
        at = line.find(address)
        end = line.find("in_flight", at) + len("in_flight")
        row = f"{line[at : at + 40]} ... {line[end - 14 : end]}"
        return f'{line[: line.find(">") + 1]}, "...{row}...")'
    if dot := _DOT.search(line):
        start = max(dot.start() - 12, line.find("[") + 1)
        return f"{line[: line.find('>') + 1]}, [... {line[start : dot.end() + 60]}...]"
    return line


def main() -> None:
    """Write the evidence, or say what it contradicts."""
    with tempfile.TemporaryDirectory() as folder:
        lines = trace(Path(folder))
    proofs = prove(lines)
    if broken := [one for one in proofs if not one.holds]:
        raise SystemExit(f"not proven for {broken}")
    rows = "\n".join(f"| {one.address} | {one.intent} | {one.sync} | {one.dot} |" for one in proofs)
    page = (
        "# The intent is synced before the dot\n\n"
        "Made by `python scripts/sync_evidence.py`: a real `newsletter send` under `strace`.\n"
        "A killed process, and a machine that loses power, may have sent only what the ledger\n"
        "on the disk calls `in_flight`.\n\n"
        "One message, in the order in which the kernel was asked:\n\n"
        f"```\n{excerpt(lines, proofs[0])}\n```\n\n"
        "All of them, by line of the trace: the intent written, the log synced, the dot sent.\n\n"
        f"| reader | intent | sync | dot |\n| --- | --- | --- | --- |\n{rows}\n"
    )
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(page, encoding="utf-8")
    else:
        print(page)


if __name__ == "__main__":
    main()
