"""The server that `newsletter serve` runs, meant to stand behind a web server with HTTPS."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from newsletter.errors import ServerError
from newsletter.web import require

if TYPE_CHECKING:
    from newsletter.workspace import Workspace

#: More at once wait for nothing useful: each answer takes milliseconds.
_MOST_AT_ONCE = 200


def serve(
    workspace: Workspace, host: str, port: int, *, listening: Callable[[str, int], None]
) -> None:
    """Serve the pages until the process is told to end; `listening` hears host and port.

    Raises SettingsError where the extra is missing or nothing could be read, ServerError
    where the port cannot be had.
    """
    require()
    import uvicorn

    from newsletter.web.public import public_app

    app = public_app(workspace)
    config = uvicorn.Config(
        app,
        log_level="warning",
        # Its lines would hold tokens, and with them the right to unsubscribe people.
        access_log=False,
        server_header=False,
        limit_concurrency=_MOST_AT_ONCE,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=10,
    )
    with _listening(host, port) as at:
        listening(host, at.getsockname()[1])
        uvicorn.Server(config).run(sockets=[at])


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise ServerError(
            f"cannot listen on {host!r}, port {port}: {error.strerror}",
            hint="Name another one with --port; ports below 1024 are for root.",
        ) from error
