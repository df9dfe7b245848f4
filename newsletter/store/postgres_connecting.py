"""A connection to a PostgreSQL server, with everything it must be able to promise."""

from __future__ import annotations

import os
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, cast

from newsletter.errors import StoreError
from newsletter.store import postgres_values
from newsletter.store.postgres_errors import told, told_at_once

if TYPE_CHECKING:
    import psycopg

#: The oldest server whose statements and functions are used.
LEAST_SERVER = 130000

#: Longer than anybody who was stopped in the middle of a transaction can hold anything.
PATIENCE = 20.0

# `on` also where the server's own setting is weaker, never where it is stronger. Who was
# stopped in the middle of a transaction is cut off, long before others give up waiting. A plan
# made for any cursor walks over everything that was sent; making one takes a tenth of a
# millisecond.
_SESSION = """
SELECT set_config('synchronous_commit', 'on', false)
  WHERE current_setting('synchronous_commit') IN ('off', 'local');
SELECT set_config(name, '0', false) FROM pg_settings
  WHERE name IN ('idle_session_timeout', 'transaction_timeout');
SELECT set_config('lock_timeout', '{patience:d}ms', false),
  set_config('idle_in_transaction_session_timeout', '8s', false),
  set_config('tcp_keepalives_idle', '20', false),
  set_config('tcp_keepalives_interval', '10', false),
  set_config('tcp_keepalives_count', '4', false),
  set_config('statement_timeout', '0', false),
  set_config('default_transaction_isolation', 'read committed', false),
  set_config('plan_cache_mode', 'force_custom_plan', false),
  set_config('jit', 'off', false),
  set_config('client_min_messages', 'warning', false),
  set_config('standard_conforming_strings', 'on', false)
"""
#: How long to wait for a server that is being restarted, in seconds.
RESTART_SECONDS = 10.0
#: What the address does not say itself. A server that is gone is noticed within a minute or so,
#: on both sides: signs of life hang on the connection.
_MANNER = {
    "connect_timeout": 10,
    "client_encoding": "UTF8",
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 4,
    "tcp_user_timeout": 60_000,
}


def connect(url: str, patience: float = PATIENCE) -> psycopg.Connection[Any]:
    """Return a connection whose commits are durable, or raise StoreError.

    `patience`: how many seconds to wait for what another process holds.
    """
    loaded = driver()
    raw: Any = None
    try:
        raw = loaded.connect(url, autocommit=True, **_manner(url))
        session = _SESSION.format(patience=round(patience * 1000))
        raw.execute(session.encode(), prepare=False)
        _check_server(raw)
    except loaded.Error as error:
        if raw is not None:
            raw.close()
            raise told(error, f"cannot open the database {place(url)!r}") from error
        raise told_at_once(error, f"cannot open the database {place(url)!r}") from error
    except StoreError:
        raw.close()
        raise
    postgres_values.adapt(raw)
    raw.row_factory = postgres_values.rows
    return cast("psycopg.Connection[Any]", raw)


class Again:
    """Connects again to a server that was there a moment ago."""

    def __init__(self, url: str, patience: float) -> None:
        self._url = url
        self._patience = patience
        self._seconds = RESTART_SECONDS

    def connect(self) -> psycopg.Connection[Any]:
        """Return a new connection, waiting for a server that is being restarted.

        Whoever has waited once in vain looks only whether it is back.
        """
        give_up = monotonic() + self._seconds
        while True:
            try:
                made = connect(self._url, self._patience)
            except StoreError:
                if monotonic() > give_up:
                    self._seconds = 0.0
                    raise
                sleep(0.2)
            else:
                self._seconds = RESTART_SECONDS
                return made


def _manner(url: str) -> dict[str, Any]:
    from psycopg.conninfo import conninfo_to_dict

    said = conninfo_to_dict(url)
    manner = {key: value for key, value in _MANNER.items() if key not in said}
    if not said.get("application_name"):
        manner["application_name"] = f"newsletter {os.getpid()}"
    return manner


def place(url: str) -> str:
    """Return what an address names, without user and password: for people to read."""
    from psycopg.conninfo import conninfo_to_dict

    try:
        said = conninfo_to_dict(url)
    except driver().Error:
        return "postgresql://..."
    host = said.get("host") or said.get("hostaddr") or "localhost"
    port = f":{said['port']}" if said.get("port") else ""
    return f"postgresql://{host}{port}/{said.get('dbname') or ''}"


def _check_server(raw: psycopg.Connection[Any]) -> None:
    if raw.info.server_version < LEAST_SERVER:
        raise StoreError(
            f"the database server is PostgreSQL {raw.info.server_version // 10000}",
            hint=f"Use PostgreSQL {LEAST_SERVER // 10000} or newer.",
        )
    encoding = raw.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise StoreError(
            f"the database keeps texts as {encoding}, which cannot hold every name",
            hint="Make one that can: createdb -E UTF8 -T template0 NAME",
        )


def driver() -> Any:
    """Return psycopg; it is loaded only where an address asks for it."""
    try:
        import psycopg
    except ImportError as error:
        raise StoreError(
            f"PostgreSQL needs a package that is not installed: {error}",
            hint="pip install 'newsletter-press[postgres]'",
        ) from error
    return psycopg
