"""A mail server that does at each stage what its script says, and keeps honest books.

In a test::

    with scripted_server(Script(rcpt={"full@example.org": say("452 4.2.2 full")})) as server:
        ...
    assert [mail.recipient for mail in server.accepted] == [...]

As a process: `python -m tests.servers.scripted --log FILE [--port N] [--script FILE.json]`
prints its port and writes "RECIPIENT MESSAGE-ID" to the log *before* it says 250. With
`--gate FILE` it takes as many messages as the file says; the next wait for their answer
until the number grows, so that a test need not hurry.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import random
import re
import socket
import ssl
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from tests.servers.running import running

_MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Action:
    """What the server does when a stage is reached."""

    #: Bytes to send; None: say nothing and go on waiting.
    answer: bytes | None = None
    #: Seconds before the answer.
    delay: float = 0
    #: Close afterwards; "reset": with a RST; "mute": stay, but never answer again;
    #: "deaf": neither answer nor read again.
    close: str = ""
    #: Take the message (at the dot) although the answer does not say so.
    takes: bool = False
    #: Send the answer one byte at a time.
    slowly: bool = False


def say(text: str, *, delay: float = 0, close: str = "", takes: bool = False) -> Action:
    """Answer with lines of text."""
    lines = "".join(f"{line}\r\n" for line in text.split("\n"))
    return Action(lines.encode(), delay=delay, close=close, takes=takes)


def raw(answer: bytes, *, close: str = "", slowly: bool = False) -> Action:
    """Answer with these very bytes."""
    return Action(answer, close=close, slowly=slowly)


def drop(*, takes: bool = False) -> Action:
    """Close the connection without a word."""
    return Action(close="close", takes=takes)


def reset() -> Action:
    """Break the connection with a RST."""
    return Action(close="reset")


def silence(*, takes: bool = False) -> Action:
    """Never say a word again, and read on."""
    return Action(close="mute", takes=takes)


#: One action for always; several: one after the other, the last from then on; by
#: recipient: others are answered as usual.
Behaviour = Action | Sequence[Action] | Mapping[str, "Action | Sequence[Action]"]


@dataclass(frozen=True)
class Script:
    """What to do at each stage; None: as a good server does."""

    greeting: Behaviour | None = None
    ehlo: Behaviour | None = None
    starttls: Behaviour | None = None
    auth: Behaviour | None = None
    mail: Behaviour | None = None
    rcpt: Behaviour | None = None
    data: Behaviour | None = None
    #: As soon as the first bytes of the content arrive.
    body: Behaviour | None = None
    dot: Behaviour | None = None
    rset: Behaviour | None = None
    quit: Behaviour | None = None
    #: Offered after EHLO; STARTTLS and AUTH are added where they apply.
    extensions: tuple[str, ...] = ("PIPELINING", "SIZE 10485760", "8BITMIME", "ENHANCEDSTATUSCODES")
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    #: Sent in clear together with the consent to STARTTLS.
    injected: bytes = b""
    mechanisms: tuple[str, ...] = ()
    accounts: Mapping[str, str] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict)
    #: Close silently after so many messages on a connection (Yahoo).
    messages_per_connection: int = 0
    #: Read in small sips, with little room in the system's buffer.
    sips: bool = False
    #: Up to so many seconds before each answer to the dot.
    dot_delay: float = 0


@dataclass(frozen=True)
class Accepted:
    """One message the server has taken."""

    sender: str
    recipient: str
    content: bytes
    connection: int
    parameters: str = ""

    @property
    def message_id(self) -> str:
        found = _MESSAGE_ID.search(self.content)
        return found.group(1).decode("ascii", "replace") if found else ""


class ScriptedServer:
    """The server: `accepted` is the truth, whatever it has said."""

    def __init__(
        self,
        script: Script | None = None,
        *,
        port: int = 0,
        log: Path | None = None,
        gate: Path | None = None,
    ):
        self.script = script or Script()
        self.host = "127.0.0.1"
        self.port = port
        self.accepted: list[Accepted] = []
        #: (mechanism, user, whether the connection was encrypted)
        self.logins: list[tuple[str, str, bool]] = []
        #: Faults of the client: bare CR or LF, commands sent too early.
        self.faults: list[str] = []
        #: Every command line, with the number of its connection.
        self.commands: list[tuple[int, str]] = []
        self.connections = 0
        #: Connections open at once, now and at most.
        self.open = self.most_open = 0
        #: Domain -> messages for it under way at once, now and at most.
        self.under_way: Counter[str] = Counter()
        self.most_under_way: Counter[str] = Counter()
        self._log = log
        self._gate = gate
        self._allowed = 0
        self._log_handle = -1
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._used: dict[tuple[str, str], int] = {}

    async def start(self) -> None:
        if self._log is not None:
            self._log_handle = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        tls = self.script.tls if self.script.implicit_tls else None
        listening = socket.create_server((self.host, self.port))
        # As asyncio does for sockets of its own: else each answer waits for the one before.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.script.sips:
            # The size of a segment decides how much a sender's system takes at once.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        self._server = await asyncio.start_server(
            self._serve, sock=listening, ssl=tls, limit=4096 if self.script.sips else 2**20
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._log_handle >= 0:
            os.close(self._log_handle)

    def action(self, stage: str, recipient: str = "") -> Action | None:
        """Return what the script says for this stage now."""
        behaviour: Behaviour | None = getattr(self.script, stage)
        key = (stage, "")
        if isinstance(behaviour, Mapping):
            key = (stage, recipient)
            behaviour = behaviour.get(recipient)
        if behaviour is None or isinstance(behaviour, Action):
            return behaviour
        used = self._used.get(key, 0)
        self._used[key] = used + 1
        return behaviour[min(used, len(behaviour) - 1)]

    async def pass_the_gate(self) -> None:
        """Return when one more message may be taken."""
        while self._gate is not None and len(self.accepted) >= self._allowed:
            self._allowed = int(self._gate.read_text())
            await asyncio.sleep(0.01)

    def take(self, accepted: Accepted) -> None:
        """Write the message into the books."""
        self.accepted.append(accepted)
        if self._log_handle >= 0:
            line = f"{accepted.recipient} {accepted.message_id}\n"
            os.write(self._log_handle, line.encode())

    def begin(self, recipient: str) -> None:
        """Note that a message for this recipient is under way."""
        domain = recipient.rpartition("@")[2]
        self.under_way[domain] += 1
        self.most_under_way[domain] = max(self.most_under_way[domain], self.under_way[domain])

    def end(self, recipients: Sequence[str]) -> None:
        """Note that these are not under way any more."""
        self.under_way.subtract(one.rpartition("@")[2] for one in recipients)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        connection = _Connection(self, reader, writer, self.connections)
        try:
            await connection.talk()
        except (_GoneError, ConnectionError, asyncio.CancelledError, ssl.SSLError):
            pass
        finally:
            self._tasks.discard(task)
            self.open -= not connection.has_quit
            self.end(connection.recipients)
            writer.transport.abort()


class _GoneError(Exception):
    """The connection is over."""


class _Connection:
    """One client's session."""

    def __init__(
        self,
        server: ScriptedServer,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        number: int,
    ) -> None:
        self.server = server
        self.script = server.script
        self.reader = reader
        self.writer = writer
        self.number = number
        self.buffer = bytearray()
        self.encrypted = self.script.implicit_tls
        self.sender: str | None = None
        self.parameters = ""
        self.recipients: list[str] = []
        self.count = 0
        self.has_quit = False

    async def talk(self) -> None:
        await self.act("greeting", "220 scripted.test ESMTP")
        while True:
            line = (await self.until(b"\r\n"))[:-2].decode("utf-8", "replace")
            self.server.commands.append((self.number, line))
            verb, _, rest = line.partition(" ")
            handler = getattr(self, f"on_{verb.lower()}", None)
            if handler is None:
                await self.say("500 5.5.2 I do not know that")
            else:
                await handler(rest)

    async def until(self, end: bytes) -> bytes:
        """Return what comes up to and with `end`."""
        looked = 0
        while (found := self.buffer.find(end, max(0, looked - len(end)))) < 0:
            looked = len(self.buffer)
            if self.script.sips:
                await asyncio.sleep(0)
            piece = await self.reader.read(8192 if self.script.sips else 262144)
            if not piece:
                raise _GoneError
            self.buffer += piece
        taken = bytes(self.buffer[: found + len(end)])
        del self.buffer[: found + len(end)]
        return taken

    async def say(self, text: str) -> None:
        self.writer.write(text.encode() + b"\r\n")
        await self.writer.drain()

    async def act(self, stage: str, usual: str, recipient: str = "") -> bool:
        """Do what the script says; return whether the stage was passed as usual."""
        action = self.server.action(stage, recipient)
        if action is None:
            await self.say(usual)
            return True
        await self._perform(action)
        return bool(action.answer and action.answer[:1] in b"23")

    async def _perform(self, action: Action) -> None:
        if action.delay:
            await asyncio.sleep(action.delay)
        if action.answer is not None:
            await self._answer(action, action.answer)
        if action.close == "mute":
            while await self.reader.read(262144):
                pass
            raise _GoneError
        if action.close == "deaf":
            await asyncio.get_running_loop().create_future()
        if action.close == "reset":
            self.writer.transport.abort()
            raise _GoneError
        if action.close:
            await self._close()

    async def _answer(self, action: Action, answer: bytes) -> None:
        pieces = [answer]
        if action.slowly:
            pieces = [answer[i : i + 1] for i in range(len(answer))]
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            if action.slowly:
                await asyncio.sleep(0)

    async def _close(self) -> None:
        """Close without a RST: read what still comes, so that our last words arrive."""
        if self.writer.can_write_eof():
            self.writer.write_eof()
            while await self.reader.read(262144):
                pass
        self.writer.close()
        raise _GoneError

    # Commands.

    async def on_ehlo(self, _name: str) -> None:
        offered = list(self.script.extensions)
        if self.script.tls is not None and not self.encrypted:
            offered.append("STARTTLS")
        if self.script.mechanisms:
            offered.append(f"AUTH {' '.join(self.script.mechanisms)}")
        lines = ["scripted.test", *offered]
        text = "\r\n".join(f"250{'-' if line is not lines[-1] else ' '}{line}" for line in lines)
        await self.act("ehlo", text)

    async def on_helo(self, _name: str) -> None:
        await self.say("250 scripted.test")

    async def on_starttls(self, _rest: str) -> None:
        if not await self.act("starttls", "220 2.0.0 Ready"):
            return
        assert self.script.tls is not None
        if self.script.injected:
            self.writer.write(self.script.injected)
            await self.writer.drain()
        await self.writer.start_tls(self.script.tls)
        self.buffer.clear()
        self.encrypted = True

    async def on_auth(self, rest: str) -> None:
        action = self.script.auth
        if action is not None:
            await self.act("auth", "")
            return
        mechanism, _, initial = rest.partition(" ")
        user, valid = await getattr(self, f"login_{mechanism.lower()}")(initial)
        self.server.logins.append((mechanism, user, self.encrypted))
        await self.say(
            "235 2.7.0 Welcome" if valid else "535 5.7.8 Username and password not accepted"
        )

    async def login_plain(self, initial: str) -> tuple[str, bool]:
        _, user, password = base64.b64decode(initial).decode().split("\0")
        return user, self.script.accounts.get(user) == password

    async def login_login(self, _initial: str) -> tuple[str, bool]:
        answers = []
        for question in (b"Username:", b"Password:"):
            await self.say(f"334 {base64.b64encode(question).decode()}")
            answers.append(base64.b64decode(await self.until(b"\r\n")).decode())
        return answers[0], self.script.accounts.get(answers[0]) == answers[1]

    async def login_xoauth2(self, initial: str) -> tuple[str, bool]:
        return await self._bearer(initial, r"user=(.*?)\x01auth=Bearer (.*?)\x01", b"\r\n")

    async def login_oauthbearer(self, initial: str) -> tuple[str, bool]:
        return await self._bearer(initial, r"a=(.*?),\x01.*auth=Bearer (.*?)\x01", b"AQ==\r\n")

    async def _bearer(self, initial: str, pattern: str, dismissal: bytes) -> tuple[str, bool]:
        if not initial:
            await self.say("334 ")
            initial = (await self.until(b"\r\n")).decode()
        found = re.search(pattern, base64.b64decode(initial).decode(), re.DOTALL)
        assert found is not None
        user, token = found.groups()
        if self.script.tokens.get(user) == token:
            return user, True
        trouble = base64.b64encode(b'{"status":"invalid_token"}').decode()
        await self.say(f"334 {trouble}")
        if await self.until(b"\r\n") != dismissal:
            self.server.faults.append("the refused token was not dismissed properly")
        return user, False

    async def on_mail(self, rest: str) -> None:
        found = re.fullmatch(r"FROM:<(.*?)>\s*(.*)", rest)
        if found is None:
            await self.say("501 5.5.4 syntax")
            return
        self._note_early()
        if self.sender is not None:
            await self.say("503 5.5.1 nested MAIL command")
            return
        if await self.act("mail", "250 2.1.0 Ok"):
            self.sender, self.parameters = found.groups()

    async def on_rcpt(self, rest: str) -> None:
        found = re.fullmatch(r"TO:<(.*?)>\s*(.*)", rest)
        self._note_early()
        if found is None:
            await self.say("501 5.5.4 syntax")
        elif self.sender is None and self.script.rcpt is None:
            await self.say("503 5.5.1 need MAIL command")
        elif await self.act("rcpt", "250 2.1.5 Ok", found.group(1)):
            self.recipients.append(found.group(1))
            self.server.begin(found.group(1))

    def _note_early(self) -> None:
        if self.buffer and "PIPELINING" not in self.script.extensions:
            self.server.faults.append("commands were sent without waiting")

    async def on_data(self, _rest: str) -> None:
        recipient = self.recipients[0] if self.recipients else ""
        if not self.recipients and self.script.data is None:
            await self.say("554 5.5.1 no valid recipients")
            return
        if not await self.act("data", "354 go on", recipient):
            return
        if self.script.body is not None and not await self._interrupted(recipient):
            return
        content = await self._content()
        await self._dot(recipient, content)

    async def _interrupted(self, recipient: str) -> bool:
        if not self.buffer:
            self.buffer += await self.reader.read(262144)
        if self.server.action("body", recipient) is None:
            return True
        return await self.act("body", "", recipient)

    async def _content(self) -> bytes:
        first = await self.until(b"\r\n")
        if first == b".\r\n":
            return b""
        self.buffer[:0] = first
        content = (await self.until(b"\r\n.\r\n"))[:-3]
        if content.count(b"\n") != content.count(b"\r\n"):
            self.server.faults.append("a bare LF")
        if content.count(b"\r") != content.count(b"\r\n"):
            self.server.faults.append("a bare CR")
        return content.replace(b"\r\n..", b"\r\n.").removeprefix(b"." * content.startswith(b".."))

    async def _dot(self, recipient: str, content: bytes) -> None:
        sender, self.sender = self.sender or "", None
        recipients, self.recipients = self.recipients, []
        if not recipients:
            await self.say("554 5.5.1 no valid recipients")
            return
        mails = [Accepted(sender, one, content, self.number, self.parameters) for one in recipients]
        await self.server.pass_the_gate()
        if self.script.dot_delay:
            await asyncio.sleep(random.random() * self.script.dot_delay)
        self.count += 1
        behaviour = self.server.action
        action = behaviour("dot", recipient) if self.script.dot is not None else None
        if action is None or action.takes or (action.answer or b"").startswith(b"2"):
            for mail in mails:
                self.server.take(mail)
        self.server.end(recipients)
        if action is None:
            await self.say(f"250 2.0.0 Ok: queued as Q{len(self.server.accepted)}")
        else:
            await self._perform(action)
        if 0 < self.script.messages_per_connection <= self.count:
            await self._close()

    async def on_rset(self, _rest: str) -> None:
        self.server.end(self.recipients)
        self.sender, self.recipients = None, []
        await self.act("rset", "250 2.0.0 Ok")

    async def on_noop(self, _rest: str) -> None:
        await self.say("250 2.0.0 Ok")

    async def on_quit(self, _rest: str) -> None:
        self.has_quit = True
        self.server.open -= 1
        await self.act("quit", "221 2.0.0 Bye")
        raise _GoneError


@contextmanager
def scripted_server(script: Script | None = None) -> Iterator[ScriptedServer]:
    """Run a scripted server beside the test."""
    server = ScriptedServer(script)
    with running(server):
        yield server


def read_script(text: str) -> Script:
    """Return a script from JSON: {"rcpt": {"say": "450 4.2.0 later"}, "dot": {"drop": true}}.

    A stage may also be a list of such actions, or {"recipient@...": action}.
    """
    given = json.loads(text)
    known = {one.name for one in fields(Script)}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            raise SystemExit(f"no such stage: {name}")
        values[name] = _behaviour(value)
    return Script(**values)


def _behaviour(value: object) -> object:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_behaviour(one) for one in value]
    if isinstance(value, list):
        return tuple(value)
    if not isinstance(value, dict):
        return value
    if "say" in value:
        return say(
            value["say"],
            delay=value.get("delay", 0),
            close=value.get("close", ""),
            takes=value.get("takes", False),
        )
    if "drop" in value:
        return drop(takes=value.get("takes", False))
    if "reset" in value:
        return reset()
    if "silence" in value:
        return silence(takes=value.get("takes", False))
    return {key: _behaviour(one) for key, one in value.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--script", type=Path, help="JSON; see read_script")
    parser.add_argument("--gate", type=Path, help="how many messages to take")
    parser.add_argument("--dot-delay", type=float, default=0.0)
    arguments = parser.parse_args()
    script = read_script(arguments.script.read_text()) if arguments.script else Script()
    if arguments.dot_delay:
        script = replace(script, dot_delay=arguments.dot_delay)
    server = ScriptedServer(script, port=arguments.port, log=arguments.log, gate=arguments.gate)
    asyncio.run(_serve_for_ever(server))


async def _serve_for_ever(server: ScriptedServer) -> None:
    await server.start()
    print(server.port)
    sys.stdout.flush()
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    main()
