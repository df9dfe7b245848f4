"""The server of the public pages takes a port, or says in one line why it cannot."""

from __future__ import annotations

import socket

import pytest

from newsletter.errors import ServerError
from newsletter.web.serving import _listening


def test_a_port_that_another_has_is_named_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(ServerError, match=f"'127.0.0.1', port {port}") as caught:
            _listening("127.0.0.1", port)

    assert "--port" in caught.value.hint
