"""aiosmtpd as a server that somebody else has written: logins, encryption, other letters."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.servers.running import running


class Receiver:
    """A running aiosmtpd that wants encryption and a login."""

    def __init__(self, accounts: Mapping[str, str], tls: ssl.SSLContext) -> None:
        self.host, self.port = "127.0.0.1", 0
        #: (envelope sender, recipients, content) of every message taken.
        self.received: list[tuple[str, list[str], bytes]] = []
        #: (mechanism, user)
        self.logins: list[tuple[str, str]] = []
        self._accounts = accounts
        self._tls = tls
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        taken = (envelope.mail_from, list(envelope.rcpt_tos), envelope.original_content)
        self.received.append(taken)
        return "250 2.0.0 Taken"

    def _protocol(self) -> asyncio.BaseProtocol:
        protocol: asyncio.BaseProtocol = SMTP(
            self,
            hostname="receiver.test",
            enable_SMTPUTF8=True,
            tls_context=self._tls,
            require_starttls=True,
            authenticator=self._authenticate,
            auth_required=True,
        )
        return protocol

    def _authenticate(
        self, _server: Any, _session: Any, _envelope: Any, mechanism: str, given: Any
    ) -> Any:
        assert isinstance(given, LoginPassword)
        user, password = given.login.decode(), given.password.decode()
        self.logins.append((mechanism, user))
        return AuthResult(success=self._accounts.get(user) == password, handled=False)


@contextmanager
def aiosmtpd_receiver(accounts: Mapping[str, str], tls: ssl.SSLContext) -> Iterator[Receiver]:
    """Run aiosmtpd beside the test."""
    receiver = Receiver(accounts, tls)
    with running(receiver):
        yield receiver
