"""One SMTP session that always knows at which stage it stands."""

from __future__ import annotations

import contextlib
import ssl
from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.delivery import auth
from newsletter.delivery.envelopes import Outgoing
from newsletter.delivery.exchange import Ending, EndingReason, Exchange, Supply
from newsletter.delivery.extensions import Extensions, read_extensions
from newsletter.delivery.outcome import Outcome, Reply, Stage, Trouble
from newsletter.delivery.server import (
    Server,
    Timeouts,
    TokenError,
    address_literal,
    is_loopback,
)
from newsletter.delivery.tls import client_context
from newsletter.delivery.wire import Wire, WireError, connect

if TYPE_CHECKING:
    from newsletter.delivery.server import Mechanism

__all__ = [
    "Ending",
    "EndingReason",
    "Outcome",
    "Outgoing",
    "Reply",
    "Server",
    "Session",
    "SessionError",
    "Stage",
    "Supply",
    "Timeouts",
    "Trouble",
]

#: "I do not know EHLO": then the server gets the greeting of RFC 821.
_EHLO_UNKNOWN = frozenset({500, 502, 504})


class SessionError(Exception):
    """A session could not be opened; the outcome has the stage and the reply."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


class Session:
    """A connection to one server, from the greeting to QUIT."""

    def __init__(self, server: Server, timeouts: Timeouts | None = None) -> None:
        self.server = server
        self.timeouts = timeouts or Timeouts()
        self.extensions = Extensions()
        self._wire: Wire | None = None
        self._exchange: Exchange | None = None
        self._stage = Stage.CONNECT
        self._is_seated = False

    @property
    def is_usable(self) -> bool:
        """Say whether messages can go over this connection."""
        return self._exchange is not None and self._wire is not None and not self._wire.is_lost

    async def open(self) -> None:
        """Connect, encrypt and log in as the server's settings ask.

        Raises SessionError with the stage and the server's reply when any of it fails.
        """
        self._sit()
        try:
            await self._open()
        except WireError as error:
            await self._drop()
            cause = error.cause + self._guess(error)
            raise SessionError(Outcome(self._stage, None, cause, error.trouble)) from error
        except SessionError:
            await self._drop()
            raise
        except BaseException:
            self._abandon()
            self._rise()
            raise

    def _guess(self, error: WireError) -> str:
        """Return what silence at the very beginning usually means; empty: nothing comes to mind."""
        is_silent = self._stage is Stage.GREETING and error.trouble is Trouble.TIMED_OUT
        if is_silent and self.server.security != "tls":
            # Each side waits for the other to speak first (RFC 8314 section 3).
            return "; if it wants encryption from the first byte: SMTP_SECURITY=tls"
        return ""

    async def deliver(self, supply: Supply) -> Ending:
        """Carry messages until the supply is dry, the connection full, or trouble.

        Every message handed out is settled, whatever happens. After trouble the
        connection is dropped and never used again.
        """
        if self._exchange is None:
            raise RuntimeError("deliver() needs an open session")
        exchange = self._exchange
        try:
            ending = await exchange.run(supply)
        except BaseException:
            self._abandon()
            raise
        if ending.reason is EndingReason.TROUBLE:
            self._abandon()
        return ending

    async def close(self) -> None:
        """Say QUIT where that still makes sense, and let the connection go."""
        try:
            await self._say_goodbye()
        finally:
            self._rise()

    def _sit(self) -> None:
        if self.server.seats is not None and not self._is_seated:
            self._is_seated = True
            self.server.seats.sit()

    def _rise(self) -> None:
        if self.server.seats is not None and self._is_seated:
            self._is_seated = False
            self.server.seats.rise()

    async def _say_goodbye(self) -> None:
        wire, usable = self._wire, self.is_usable
        self._exchange = None
        if wire is None:
            return
        if usable and not wire.has_word:
            wire.write(b"QUIT\r\n")
            # Everything is settled; whether the server says goodbye does not matter.
            with contextlib.suppress(WireError):
                await wire.reply(self.timeouts.quit)
        await wire.close()
        self._wire = None

    def _abandon(self) -> None:
        self._exchange = None
        if self._wire is not None:
            self._wire.abort()

    async def _drop(self) -> None:
        self._exchange = None
        if self._wire is not None:
            await self._wire.close()
            self._wire = None
        self._rise()

    async def _open(self) -> None:
        server, timeouts = self.server, self.timeouts
        self._stage = Stage.CONNECT
        context = self._context()
        self._wire = wire = await connect(server.host, server.port, timeouts.connect)
        self._refuse_clear_text(wire)
        if server.security == "tls" and context is not None:
            self._stage = Stage.STARTTLS
            await wire.encrypt(context, server.host, timeouts.tls)
        await self._greeting(wire)
        await self._ehlo(wire)
        if server.security == "starttls" and context is not None:
            await self._starttls(wire, context)
            await self._ehlo(wire)
        if server.wants_login:
            await self._login(wire)
        self._exchange = Exchange(wire, server, timeouts, self.extensions)

    def _context(self) -> ssl.SSLContext | None:
        if not self.server.encrypts:
            return None
        try:
            return client_context(self.server.ca_file)
        except (OSError, ssl.SSLError) as error:
            said = f"the certificates in {self.server.ca_file!r} cannot be read: {error}"
            raise self._failure(said, Trouble.CERTIFICATE) from error

    def _refuse_clear_text(self, wire: Wire) -> None:
        """Let nothing go over a network in clear unless that was asked for by name."""
        _, theirs = wire.addresses()
        # One that has ended already has no address, and nothing can go over it.
        if self.server.security == "plain" and not (wire.is_lost or is_loopback(theirs)):
            said = f"{self.server.host!r} is not this machine, and everything would go in clear"
            raise self._failure(said, Trouble.IN_CLEAR)

    async def _greeting(self, wire: Wire) -> None:
        self._stage = Stage.GREETING
        self._expect(await wire.reply(self.timeouts.greeting), 220)

    async def _ehlo(self, wire: Wire) -> None:
        self._stage = Stage.EHLO
        name = self.server.local_name or address_literal(wire.addresses()[0])
        reply = await self._ask(wire, f"EHLO {name}", self.timeouts.ehlo)
        if reply.code in _EHLO_UNKNOWN:
            reply = await self._ask(wire, f"HELO {name}", self.timeouts.ehlo)
            self._expect(reply, 250)
            self.extensions = Extensions()
            return
        self._expect(reply, 250)
        self.extensions = read_extensions(reply)

    async def _starttls(self, wire: Wire, context: ssl.SSLContext) -> None:
        self._stage = Stage.STARTTLS
        if not self.extensions.starttls:
            # Whoever strips the offer wants to read along: never go on in clear.
            raise self._failure("the server offers no encryption", Trouble.NO_ENCRYPTION)
        self._expect(await self._ask(wire, "STARTTLS", self.timeouts.ehlo), 220)
        await wire.encrypt(context, self.server.host, self.timeouts.tls)
        # RFC 3207 section 4.2: forget everything that was said in clear.
        self.extensions = Extensions()

    async def _login(self, wire: Wire) -> None:
        self._stage = Stage.AUTH
        server = self.server
        mechanism = auth.choose_mechanism(server, self.extensions.mechanisms)
        if not mechanism:
            offered = ", ".join(sorted(self.extensions.mechanisms)) or "no way to log in"
            raise self._failure(f"the server offers {offered}", Trouble.NO_LOGIN)
        server = await self._with_token(server)
        reply = await self._present(wire, server, mechanism)
        if reply.is_permanent and server.tokens:
            server = await self._with_token(server, refused=server.token)
            reply = await self._present(wire, server, mechanism)
        if reply.is_permanent and server.uses_token:
            raise SessionError(Outcome(self._stage, reply, auth.RAN_OUT))
        self._expect(reply, 235)

    async def _with_token(self, server: Server, refused: str = "") -> Server:
        """Return the server with a token that has not run out, where tokens are used."""
        if server.tokens is None:
            return server
        try:
            return replace(server, token=await server.tokens.token(refused))
        except TokenError as error:
            raise SessionError(Outcome(self._stage, cause=str(error))) from error

    async def _present(self, wire: Wire, server: Server, mechanism: Mechanism) -> Reply:
        """Return what the server says to our credentials."""
        first, *rest = auth.credentials(server, mechanism)
        command = f"AUTH {mechanism} {first.decode()}".rstrip()
        reply = await self._ask(wire, command, self.timeouts.auth)
        for line in rest:
            if reply.code != 334:
                break
            reply = await self._ask(wire, line.decode(), self.timeouts.auth)
        if reply.code == 334:
            reply = await self._dismissed(wire, mechanism, reply)
        return reply

    async def _dismissed(self, wire: Wire, mechanism: Mechanism, challenge: Reply) -> Reply:
        """Return the refusal that follows a challenge we have no answer to."""
        answer = auth.dismissal(mechanism).decode()
        reply = await self._ask(wire, answer, self.timeouts.auth)
        said = auth.explanation(challenge.text)
        return Reply(reply.code, reply.enhanced, f"{reply.text} {said}".strip(), reply.lines)

    async def _ask(self, wire: Wire, command: str, timeout: float) -> Reply:
        if wire.has_word:
            unasked = wire.look()
            raise SessionError(
                Outcome(self._stage, unasked, "the server spoke unasked", Trouble.NONSENSE)
            )
        wire.write(command.encode("utf-8") + b"\r\n")
        return await wire.reply(timeout)

    def _expect(self, reply: Reply, code: int) -> None:
        """Go on only with the code that says yes at this stage."""
        if reply.code == code:
            return
        refused = reply.is_temporary or reply.is_permanent
        trouble = Trouble.NONE if refused else Trouble.NONSENSE
        raise SessionError(Outcome(self._stage, reply, "", trouble))

    def _failure(self, cause: str, trouble: Trouble) -> SessionError:
        return SessionError(Outcome(self._stage, None, cause, trouble))
