"""rspamd as Debian ships it, on this machine alone: no Redis, and no DNS but one of ours."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.ports import free_port

RSPAMD, RSPAMC = shutil.which("rspamd"), shutil.which("rspamc")

needs_rspamd = pytest.mark.skipif(not (RSPAMD and RSPAMC), reason="rspamd is not installed")

_CONFIG = """
.include "$CONFDIR/common.conf"
options {{
    pidfile = "$RUNDIR/rspamd.pid";
    .include "$CONFDIR/options.inc"
    .include(priority=1,duplicate=merge) "{options}"
}}
logging {{ type = "file"; filename = "$LOGDIR/rspamd.log"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
worker "controller" {{ enabled = false; }}
worker "rspamd_proxy" {{ enabled = false; }}
"""


_DNS = 'dns {{ nameserver = ["127.0.0.1:{port}"]; timeout = 2s; retransmits = 1; }}\n'
#: A port where nobody listens: filters that ask the network have nothing to say.
NOBODY = 1


@contextmanager
def rspamd(folder: Path, *, dns_port: int = NOBODY) -> Iterator[int]:
    """Run rspamd with all it writes in the folder; give the port where it judges messages."""
    assert RSPAMD is not None
    port = free_port()
    folder.mkdir(parents=True)
    config, options = folder / "rspamd.conf", folder / "options.inc"
    options.write_text(_DNS.format(port=dns_port), encoding="utf-8")
    config.write_text(_CONFIG.format(port=port, options=options), encoding="utf-8")
    places = ("RUNDIR", "LOGDIR", "DBDIR", "LOCAL_CONFDIR")
    variables = [word for place in places for word in ("--var", f"{place}={folder}")]
    command = [RSPAMD, "--no-fork", "--insecure", "-c", str(config), *variables]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            _wait_for(port, process)
            yield port
        finally:
            process.terminate()


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    """Return when it answers; reading its ten thousand rules takes some seconds."""
    for _ in range(1200):
        if process.poll() is not None:
            assert process.stderr is not None
            raise RuntimeError(process.stderr.read())
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"rspamd does not listen on port {port}")
