"""What a PostgreSQL server complains of, as an error for staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.errors import StoreBusyError, StoreError, StoreUnsureError

if TYPE_CHECKING:
    import psycopg

#: What staff can do, by SQLSTATE (appendix A of the manual): the whole code, or its class.
_HINTS = {
    "42501": "Let the owner of the database allow it: GRANT ALL ON SCHEMA public TO ... ;",
    "25006": "This server only copies another one, or may only be read: name the server that"
    " may be written in NEWSLETTER_DATABASE_URL.",
    "53100": "The disk of the server is full: free some space there, then run this again.",
    "53300": "Too many programs are connected: end some, or raise max_connections there.",
    "42P07": "Other tables of that name are in this database: give the newsletter a database"
    " of its own.",
    "08": "The server was restarted, or the network failed: run this again.",
    "53": "The server has run out of something: ask who looks after it.",
    "57": "The server was stopped or restarted: run this again.",
    "58": "The server's disk is gone or broken: ask who looks after it.",
    "XX": "The server's files are damaged: ask who looks after it.",
}

#: Locks that did not come in time, deadlocks, conflicts: others are writing.
_BUSY = frozenset({"55P03", "40P01", "40001", "57014"})

#: What is said in the greeting has no code; the words are the server's, in English.
_GREETINGS = (
    ("starting up", "Wait until the server has started, then run this again."),
    ("shutting down", "Wait until the server has started again, then run this again."),
    ("recovery", "Wait until the server has mended itself, then run this again."),
    (
        "permission",
        "Let the owner of the database allow it: GRANT CONNECT ON DATABASE ... TO ... ;",
    ),
    # They name the user or the database, too.
    ("too many", _HINTS["53300"]),
    ("connection slots", _HINTS["53300"]),
    ("password", "Check user and password in NEWSLETTER_DATABASE_URL, or in ~/.pgpass."),
    ("authentication", "Check user and password in NEWSLETTER_DATABASE_URL, or in ~/.pgpass."),
    ("pg_hba.conf", "The server lets nobody in this way: ask who looks after it for an entry."),
    ("role", "Make the user first, or check its name in NEWSLETTER_DATABASE_URL."),
    ("database", "Make the database first: createdb -O USER NAME"),
    ("ssl", "Check sslmode and the certificates in NEWSLETTER_DATABASE_URL."),
    ("certificate", "Check sslmode and the certificates in NEWSLETTER_DATABASE_URL."),
)
_UNREACHABLE = "Is the server running, and are host and port in NEWSLETTER_DATABASE_URL right?"
_CUT = "The server was restarted, or the network failed: run this again."


def told(error: psycopg.Error, what: str, *, is_cut: bool = False) -> StoreError:
    """Return the error to show, with the hint that suits what the server said."""
    code = error.sqlstate or ""
    said = error.diag.message_primary or _first_line(error)
    if code in _BUSY:
        return StoreBusyError(f"{what}: {said}")
    hint = _HINTS.get(code) or _HINTS.get(code[:2]) or (_CUT if is_cut else "")
    return StoreError(f"{what}: {said}", hint=hint)


def told_at_once(error: psycopg.Error, what: str) -> StoreError:
    """Return the error to show where no connection came about."""
    if error.sqlstate:
        return told(error, what)
    # libpq indents what it asks back and its guesses: the hint does that.
    told_lines = [line for line in str(error).splitlines() if not line.startswith("\t")]
    lines = [line.strip() for line in told_lines if line.strip()]
    # With several addresses there is a line for each; the last is as good as any.
    said = next((line for line in lines if "FATAL" in line), lines[-1] if lines else "")
    greeting = said.partition("FATAL:")[2].strip()
    hint = next((hint for word, hint in _GREETINGS if word in greeting.lower()), "")
    if not greeting:
        tls = "ssl" in said.lower() or "certificate" in said.lower()
        hint = _GREETINGS[-1][1] if tls else _UNREACHABLE
        said = said.rpartition(" failed: ")[2]
    return StoreError(f"{what}: {greeting or said}", hint=hint)


def unsure(error: psycopg.Error) -> StoreUnsureError:
    """Return the error to show where the answer to a COMMIT was lost."""
    return StoreUnsureError(f"the connection to the database was cut: {_first_line(error)}")


def _first_line(error: psycopg.Error) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
