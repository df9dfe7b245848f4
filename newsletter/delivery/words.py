"""What the words of servers mean, where the code beside them does not say it."""

from __future__ import annotations

import re

#: Patterns as text: compiling them takes longer than all else at the start of a sender, and
#: most runs meet no refusal. `re` keeps what it has compiled.
Table = tuple[tuple[str, str], ...]


def _words(*alternatives: str) -> str:
    return "|".join(alternatives)


_MAILBOX = r"(user|recipient|address|mailbox|account|person|destinataire|benutzer)"

#: Words that say more than the code beside them, first match wins.
_STRONG: Table = (
    (
        "login-needed",
        _words(
            r"authentication (is )?required",
            r"must issue a starttls",
            r"starttls is required",
            r"encryption is required",
            r"(client|user) (was|is) not authenticated",
            r"please (log ?in|authenticate) first",
            r"turn on smtp auth",
            r"not logged in",
        ),
    ),
    (
        "greeting-name",
        _words(
            r"\bhelo command rejected",
            r"(bad|invalid) (helo|ehlo)\b",
            r"\b(helo|ehlo) (name|argument|hostname|host)?.{0,30}"
            r"(invalid|rejected|fully.?qualified|match)",
            r"fully.?qualified (host ?name|domain)",
        ),
    ),
    (
        "account-stopped",
        _words(
            r"sending (has been |is )?(paused|suspended|disabled|blocked)",
            r"unusual sending activity",
            r"activate your .{0,20}account",
            r"your account .{0,30}(suspended|disabled|blocked|not active|under review)",
            r"\bsandbox\b",
        ),
    ),
    (
        "sender-refused",
        _words(
            r"sender address rejected",
            r"sender verify failed",
            r"not owned by user",
            r"send ?as ?denied",
            r"permission[s]? to send as",
            r"match a verified",
            r"address is not verified",
            r"domain .{0,60}(unverified|not verified)",
            r"sender signature",
            r"unauthenticated senders",
            r"unregistered domain",
            r"bad outbound sender",
            r"badmailfrom",
        ),
    ),
    (
        "relay-denied",
        _words(
            r"relay(ing)? (access )?(is )?(denied|not permitted|not allowed|prohibited)",
            r"unable to relay",
            r"not permitted to relay",
            r"credentials for relay",
            r"allowed rcpthosts",
            r"do(es)? not relay",
        ),
    ),
    (
        "daily-limit",
        _words(
            r"daily .{0,30}(limit|quota)",
            r"(limit|quota) .{0,30}per day",
            r"24.?hour .{0,30}(limit|quota)",
            r"credits exceeded",
        ),
    ),
    ("greylisted", _words(r"gr[ae]y.?list", "postgrey")),
    (
        "recipient-rate",
        _words(
            r"(user|recipient|account|mailbox)\b.{0,80}\b(too quickly|at a rate)",
            r"recipient .{0,80}exceeded .{0,20}rate limit",
            r"recipient thread limit",
        ),
    ),
    ("blocked", _words(r"permanently deferred", r"\b(SC|OU|DY)-00\d\b", r"\bHL:IPB\b")),
    (
        "rate",
        _words(
            r"throttl",
            r"rate.?limit",
            r"too fast",
            r"too much mail (?!data)",
            # Postfix counts those of a client in a minute.
            r"too many recipients from",
            r"too many (open )?(messages|connections|e?mails|concurrent|sessions|login)",
            r"unusual rate",
            r"(submission|sending|connection|message) rate",
            r"connections? limit|concurrent connections|thread limit",
            r"frequency limit",
            r"max(imum)? (e?mails|messages|recipients)\b.{0,30}\bper (hour|minute)",
            r"(e?mails|messages|recipients)\b.{0,30}\b(this|per) (hour|minute)",
            r"hourly .{0,30}(limit|quota)",
            r"defers and failures per hour",
            r"slow down",
            r"\[TSS?\d+\]",
            r"\b(HL:IFC|MI:CEL|RP:CEL|RP:QRC)\b",
            r"unexpected volume",
            r"server busy",
        ),
    ),
    (
        # Orange says 5.1.1 and "overquota" in one breath: a full mailbox is no wrong address.
        "mailbox-full",
        _words(
            r"(recipient|user|mailbox|inbox|boite|postfach)\b.{0,20}\b(over.?quota|full|pleine|voll)\b",
        ),
    ),
    ("too-many-recipients", _words(r"too many recipients")),
    ("policy", _words(r"content filter", r"quarantin")),
)

#: Words to go by where the code says nothing of its own.
_WEAK: Table = (
    ("content", _words(r"content presents", r"security issue", r"(message|subject|from) header")),
    ("refused", _words(r"suppression list")),
    (
        "no-such-user",
        _words(
            rf"{_MAILBOX} (is )?(unknown|not known|inconnu|unbekannt)",
            rf"(unknown|no such|invalid|non.?existent|adresse inconnue) (local )?{_MAILBOX}",
            rf"{_MAILBOX}\b.{{0,60}}"
            r"(not found|(does not|doesn.t|do not) exist|not exist|no longer (exists|available))",
            r"no mailbox here",
            r"mailbox name",
            r"doesn.t have an? .{0,40}account",
            r"recipient address rejected: access denied",
            r"unrouteable address",
            r"adresse inconnue|usuario desconocido|пользователь не найден|用户不存在",
        ),
    ),
    (
        "mailbox-full",
        _words(
            r"over.?quota",
            r"quota.{0,20}exceed",
            r"exceed.{0,40}(quota|storage)",
            r"(mailbox|inbox|account|storage)\b.{0,40}\bfull\b",
        ),
    ),
    (
        "mailbox-disabled",
        _words(
            r"(user|account|mailbox|recipient)\b.{0,60}"
            r"(disabled|inactive|suspended|deactivated|discontinued|closed)",
            r"archived recipient",
        ),
    ),
    (
        "too-big",
        _words(
            r"too (big|large|much mail data)", r"size.{0,30}(limit|exceed)", r"exceed.{0,30}size"
        ),
    ),
    (
        "authentication",
        _words(
            r"\b(dmarc|dkim|spf)\b", "unauthenticated", r"reverse dns", r"\bptr\b", r"\brdns\b",
            r"invalid dns", r"cannot find your (reverse )?hostname",
        ),
    ),
    ("policy", _words(r"administrative prohibition", r"\bOFR_50\d", r"\b(DT|MI):SP[BMF]\b")),
    (
        "blocked",
        _words(
            r"black.?list", r"block.?list", r"\bblocked\b", r"dnsbl", r"\brbl\b", "spamhaus",
            r"\[BL\d+\]", r"banned",
        ),
    ),
    (
        "policy",
        _words(
            "spam", "junk", "unsolicited", "reputation", "polic(y|ies)", "prohibited", "denied",
            "virus", "malware", "phish", "abuse", "complain", "suspicious", "not allowed",
            r"service refuse",
        ),
    ),
)  # fmt: skip

#: A relay that tells what another server said to it: that server's words about our login
#: or our sender are not the relay's, and concern this one reader.
_QUOTED = _words(r"\bhost \S+( \(.*?\))? said:", r"\bunverified address\b")
#: What a server names when its 550 is about the reader.
_READER = _words(_MAILBOX, r"\bno one\b", r"@")


def strong_reason(text: str) -> str:
    """Return the reason that a text names whatever the code beside it; empty: none."""
    return _first(_STRONG, text)


def weak_reason(text: str) -> str:
    """Return the reason that a text suggests; empty: none."""
    return _first(_WEAK, text)


def is_quoted(text: str) -> bool:
    """Say whether a server passes on what another one told it."""
    return _finds(_QUOTED, text)


def names_reader(text: str) -> bool:
    """Say whether a text is about a mailbox, as far as one can tell."""
    return not text or _finds(_READER, text)


def _first(table: Table, text: str) -> str:
    return next((word for word, pattern in table if _finds(pattern, text)), "")


def _finds(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None
