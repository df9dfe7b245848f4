"""Who holds a database that is locked, and whether that process was stopped (Ctrl-Z)."""

from __future__ import annotations

from pathlib import Path

#: Every lock of this machine, by the kernel of Linux; elsewhere nobody can tell.
_LOCKS = Path("/proc/locks")
#: The byte of the file beside the database that SQLite locks to write (walformat.html, 2.3.1).
_WRITER = 120


def holder(database: Path) -> int:
    """Return the process that is writing to an SQLite database; 0: it cannot be told.

    Read from the kernel's list: to open the file and ask would drop our own locks on it as
    soon as it is closed (POSIX).
    """
    try:
        number = database.with_name(f"{database.name}-shm").stat().st_ino
        lines = _LOCKS.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return next(filter(None, (_writer(line, number) for line in lines)), 0)


def _writer(line: str, number: int) -> int:
    """Return the process of a line like `9: POSIX ADVISORY WRITE 306 fe:00:22 120 120`."""
    words = line.split()
    # Whoever waits for a lock has an arrow: `9: -> POSIX ...`.
    if len(words) != 8 or words[1] != "POSIX" or words[3] != "WRITE":
        return 0
    is_file = words[5].rpartition(":")[2] == str(number)
    return int(words[4]) if is_file and words[6] == str(_WRITER) and words[4].isdigit() else 0


def is_stopped(process: int) -> bool:
    """Say whether a process of this machine was stopped and does nothing until it goes on."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    # The name before may hold anything, brackets too.
    return state.rpartition(")")[2].split()[:1] == ["T"]
