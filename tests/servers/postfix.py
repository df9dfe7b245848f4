"""A private Postfix: Debian's own daemons with a configuration and a queue of the test's.

In a test::

    with postfix(accounts={"desk": "secret"}, certificates=certificates) as server:
        ...
    server.log()          # what it wrote to its mail log
    server.messages()     # what it has delivered, with `keeps=True`

Needs root, because Postfix drops its rights itself; nothing of the system's own Postfix
is touched.
"""

from __future__ import annotations

import base64
import mailbox
import os
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.certificates import Certificates
from tests.servers.ports import free_port

#: Who may write the delivered messages: nobody.
_NOBODY = 65534
_SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{tls_port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""

needs_postfix = pytest.mark.skipif(
    not Path("/usr/sbin/postfix").exists() or os.geteuid() != 0,
    reason="needs Debian's Postfix, and root to start it",
)


@dataclass(frozen=True)
class Postfix:
    """A running instance."""

    root: Path
    port: int
    tls_port: int
    host: str = "127.0.0.1"

    @property
    def maillog(self) -> Path:
        return self.root / "mail.log"

    @property
    def maildir(self) -> Path:
        return self.root / "mail" / "inbox"

    def log(self) -> str:
        return self.maillog.read_text() if self.maillog.exists() else ""

    def messages(self) -> list[mailbox.MaildirMessage]:
        return list(mailbox.Maildir(self.maildir, create=False)) if self.maildir.exists() else []


@contextmanager
def postfix(
    *,
    keeps: bool = False,
    accounts: Mapping[str, str] | None = None,
    certificates: Certificates | None = None,
    greylists: bool = False,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Postfix]:
    """Run a Postfix: it discards what it takes, or keeps it in one Maildir.

    With accounts only who logs in may send; with certificates it offers STARTTLS, and
    TLS from the start on `tls_port`. Greylisting refuses each reader's first attempt.
    """
    with ExitStack() as stack:
        root = Path(tempfile.mkdtemp(prefix="postfix-"))
        stack.callback(shutil.rmtree, root, ignore_errors=True)
        root.chmod(0o755)
        server = Postfix(root, free_port(), free_port())
        lines = _basic(server, keeps)
        if certificates is not None:
            lines |= _encryption(root, certificates)
        if accounts is not None:
            lines |= _login(stack.enter_context(_auth_server(accounts)))
        if greylists:
            lines |= _greylisting(stack.enter_context(_policy_server()))
        lines |= settings or {}
        _write(server, lines)
        stack.callback(_run, server, "stop")
        _run(server, "start")
        _wait_for(server.port)
        yield server


def _basic(server: Postfix, keeps: bool) -> dict[str, str]:
    root = server.root
    lines = {
        "compatibility_level": "3.6",
        "queue_directory": f"{root}/spool",
        "data_directory": f"{root}/data",
        "maillog_file": f"{server.maillog}",
        "maillog_file_prefixes": f"{root}",
        "mail_owner": "postfix",
        "setgid_group": "postdrop",
        "myhostname": "relay.test",
        "mydestination": "",
        "local_recipient_maps": "",
        "alias_maps": "",
        "alias_database": "",
        "mynetworks": "127.0.0.0/8",
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "smtpd_peername_lookup": "no",
        "default_transport": "discard:",
        "smtpd_relay_restrictions": "permit_mynetworks, reject",
        # Its throttle makes a loopback rate bimodal; limits are tested with settings.
        "in_flow_delay": "0",
        "smtpd_client_event_limit_exceptions": "",
        "smtpd_error_sleep_time": "0",
        "smtpd_client_connection_count_limit": "0",
    }
    if keeps:
        lines |= {
            "virtual_mailbox_domains": "static:all",
            "virtual_mailbox_maps": "static:inbox/",
            "virtual_mailbox_base": f"{root}/mail",
            "virtual_uid_maps": f"static:{_NOBODY}",
            "virtual_gid_maps": f"static:{_NOBODY}",
        }
    return lines


def _encryption(root: Path, certificates: Certificates) -> dict[str, str]:
    copied = root / "key.pem"
    copied.write_bytes(certificates.key.read_bytes() + certificates.certificate.read_bytes())
    copied.chmod(0o600)
    return {"smtpd_tls_security_level": "may", "smtpd_tls_chain_files": str(copied)}


def _login(port: int) -> dict[str, str]:
    return {
        "smtpd_sasl_auth_enable": "yes",
        "smtpd_sasl_type": "dovecot",
        "smtpd_sasl_path": f"inet:127.0.0.1:{port}",
        "smtpd_tls_auth_only": "yes",
        "smtpd_relay_restrictions": "permit_sasl_authenticated, reject",
    }


def _greylisting(port: int) -> dict[str, str]:
    return {"smtpd_recipient_restrictions": f"check_policy_service inet:127.0.0.1:{port}"}


def _write(server: Postfix, lines: Mapping[str, str]) -> None:
    for folder in ("etc", "spool", "data", "mail"):
        (server.root / folder).mkdir()
    shutil.chown(server.root / "data", "postfix")
    os.chown(server.root / "mail", _NOBODY, _NOBODY)
    text = "".join(f"{name} = {value}\n" for name, value in lines.items())
    (server.root / "etc" / "main.cf").write_text(text)
    services = _SERVICES.format(port=server.port, tls_port=server.tls_port)
    (server.root / "etc" / "master.cf").write_text(services)


def _run(server: Postfix, verb: str) -> None:
    command = ["/usr/sbin/postfix", "-c", f"{server.root}/etc", verb]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise RuntimeError(f"postfix {verb}: {done.stderr}{server.log()}")


def _wait_for(port: int) -> None:
    """Return when the greeting has come: master listens before smtpd can answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.settimeout(60)
        assert connection.recv(3) == b"220"


class _Threads(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def _serving(handler: type[socketserver.StreamRequestHandler]) -> Iterator[int]:
    with _Threads(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join(10)


@contextmanager
def _auth_server(accounts: Mapping[str, str]) -> Iterator[int]:
    """Speak as much of Dovecot's authentication protocol as Postfix asks for."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            mechanisms = "".join(
                f"MECH\t{name}\tplaintext\n" for name in ("PLAIN", "LOGIN", "XOAUTH2")
            )
            cookie = "0" * 32
            self.tell(f"VERSION\t1\t1\n{mechanisms}SPID\t1\nCUID\t1\nCOOKIE\t{cookie}\nDONE\n")
            for line in self.rfile:
                verb, *words = line.decode().rstrip("\n").split("\t")
                if verb == "AUTH":
                    self.login(*words)

        def login(self, number: str, mechanism: str, *parameters: str) -> None:
            given = dict(word.partition("=")[::2] for word in parameters)
            if mechanism == "LOGIN":
                user = self.asked(number, "Username:")
                good = accounts.get(user) == self.asked(number, "Password:")
            else:
                answer = base64.b64decode(given["resp"]).decode()
                if mechanism == "PLAIN":
                    _, user, secret = answer.split("\0")
                else:
                    user = answer.partition("user=")[2].partition("\1")[0]
                    secret = answer.partition("auth=Bearer ")[2].partition("\1")[0]
                good = accounts.get(user) == secret
            verdict = f"OK\t{number}\tuser={user}\n" if good else f"FAIL\t{number}\tuser={user}\n"
            self.tell(verdict)

        def asked(self, number: str, question: str) -> str:
            self.tell(f"CONT\t{number}\t{base64.b64encode(question.encode()).decode()}\n")
            words = self.rfile.readline().decode().rstrip("\n").split("\t")
            return base64.b64decode(words[2]).decode()

        def tell(self, text: str) -> None:
            self.wfile.write(text.encode())

    with _serving(Handler) as port:
        yield port


@contextmanager
def _policy_server() -> Iterator[int]:
    """Speak Postfix's policy protocol: the first attempt for each reader must wait."""
    seen: set[str] = set()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            request: dict[str, str] = {}
            for line in self.rfile:
                name, _, value = line.decode().rstrip("\n").partition("=")
                if name:
                    request[name] = value
                    continue
                reader = request.get("recipient", "")
                action = "DUNNO" if reader in seen else "450 4.2.0 Greylisted, come back later"
                seen.add(reader)
                self.wfile.write(f"action={action}\n\n".encode())

    with _serving(Handler) as port:
        yield port
