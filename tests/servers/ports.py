"""Ports for servers that cannot choose one themselves, and for nobody."""

from __future__ import annotations

import os
import random
import socket

#: Below the ports that Linux hands out by itself (net.ipv4.ip_local_port_range begins at
#: 32768): there no other test's connection or server takes the port before ours does.
_FIRST, _EACH = 20_000, 1_200
#: pytest-randomly gives every test the same chance; two suites at once need different ones.
_CHANCE = random.SystemRandom()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody uses and no other worker of this suite takes."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    first = _FIRST + int(worker) % 10 * _EACH
    for port in _CHANCE.sample(range(first, first + _EACH), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("a hundred ports, and all in use")
