"""Which machine and which file this is: a copy of the database must ask before it sends."""

from __future__ import annotations

import platform
from pathlib import Path

#: Names an installation of Linux for its life.
_MACHINE_ID = Path("/etc/machine-id")


def fingerprint(database: Path | None, name: str = "") -> str:
    """Return what tells this database on this machine from any copy of it.

    Host name and machine id tell another machine, the path another folder, the number
    of the file a backup that was put back. A `name` stands for host name and machine
    id where these change by themselves (containers).
    """
    where = name or f"{platform.node()} {_machine_id()}".strip()
    if database is None:
        return where
    try:
        return f"{where} {database.resolve()} {database.stat().st_ino}"
    except OSError:
        return f"{where} {database}"


def _machine_id() -> str:
    try:
        return _MACHINE_ID.read_text(encoding="ascii").strip()[:12]
    except (OSError, UnicodeDecodeError):
        return ""
