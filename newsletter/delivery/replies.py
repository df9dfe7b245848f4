"""From what a server said to what we do: the reply matrix."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from newsletter.delivery.outcome import Reply, Stage, Trouble
from newsletter.delivery.reasons import REASONS, Scope, reason_of_code, reason_of_subject
from newsletter.delivery.words import is_quoted, names_reader, strong_reason, weak_reason
from newsletter.model.mailing import DeliveryState

if TYPE_CHECKING:
    from newsletter.delivery.outcome import Outcome

__all__ = ["GIVE_BACKS", "Handling", "Scope", "Verdict", "judge"]

Handling = Literal["keep", "reset", "close"]

#: A message whose connection broke so often in a row may itself be what breaks it;
#: from then on the attempt counts, so that it cannot keep the sender busy for ever.
GIVE_BACKS = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from one outcome."""

    scope: Scope
    #: QUEUED: give it back, the attempt does not count.
    state: DeliveryState
    #: A short word that never changes, to count and to filter by.
    reason: str
    session: Handling = "keep"
    #: Stop the whole run at once; nobody else would fare better.
    stop_run: bool = False
    #: Fewer and slower on this route.
    slow_down: bool = False
    #: The address itself is bad, as far as the server knows.
    suppress_candidate: bool = False
    #: One sentence for staff.
    explanation: str = ""


_BEFORE_MAIL = frozenset({Stage.CONNECT, Stage.GREETING, Stage.EHLO, Stage.STARTTLS, Stage.AUTH})
#: Troubles that mean the same at every stage.
_TROUBLES: dict[Trouble, tuple[str, DeliveryState, Handling]] = {
    Trouble.NO_SUCH_HOST: ("no-such-server", DeliveryState.QUEUED, "close"),
    Trouble.UNREACHABLE: ("unreachable", DeliveryState.QUEUED, "close"),
    Trouble.NOT_BEGUN: ("not-begun", DeliveryState.QUEUED, "close"),
    Trouble.NO_ENCRYPTION: ("no-encryption", DeliveryState.QUEUED, "close"),
    Trouble.CERTIFICATE: ("certificate", DeliveryState.QUEUED, "close"),
    Trouble.TLS: ("encryption", DeliveryState.QUEUED, "close"),
    Trouble.NO_LOGIN: ("no-login", DeliveryState.QUEUED, "close"),
    Trouble.IN_CLEAR: ("in-clear", DeliveryState.QUEUED, "close"),
    Trouble.CONTENT: ("content-fault", DeliveryState.REFUSED, "keep"),
    # Found before anything was said of the message, and the same for everybody.
    Trouble.TOO_BIG: ("too-big", DeliveryState.QUEUED, "keep"),
    Trouble.NEEDS_8BITMIME: ("needs-8bitmime", DeliveryState.QUEUED, "keep"),
    Trouble.NEEDS_SMTPUTF8: ("needs-smtputf8", DeliveryState.REFUSED, "keep"),
}
#: Codes without any more telling words: stage -> code -> reason.
_BARE: dict[Stage, dict[int, str]] = {
    Stage.RCPT: {
        450: "mailbox-unavailable",
        452: "server-full",
        501: "bad-address",
        513: "bad-address",
        521: "no-such-domain",
        550: "no-such-user",
        551: "moved",
        552: "mailbox-full",
        553: "no-such-user",
        554: "policy",
        556: "no-such-domain",
    },
    Stage.BODY: {552: "too-big"},
    Stage.DOT: {452: "server-full", 552: "too-big"},
}
#: The command itself was not understood, or not expected now (RFC 5321 section 4.2.2).
_NOT_SUPPORTED = frozenset({500, 502, 504, 555})


def judge(outcome: Outcome, given_back: int = 0) -> Verdict:
    """Return what follows from an outcome: whose matter it is, and what to do.

    `given_back` is how often in a row this message has already come back because its
    connection ended; see GIVE_BACKS.
    """
    if outcome.is_accepted:
        return _ACCEPTED
    if outcome.after_dot:
        return _after_dot(outcome)
    if outcome.trouble is not Trouble.NONE or outcome.reply is None:
        return _troubled(outcome, given_back)
    if outcome.stage in _BEFORE_MAIL:
        verdict = _before_mail(outcome.stage, outcome.reply)
        return replace(verdict, explanation=outcome.cause) if outcome.cause else verdict
    return _answered(outcome.stage, outcome.reply)


def _after_dot(outcome: Outcome) -> Verdict:
    """No definite answer: only `unknown` is honest (RFC 1047)."""
    reason = "nonsense" if outcome.reply else "lost-after-dot"
    return _verdict(
        reason,
        DeliveryState.UNKNOWN,
        "close",
        slow_down=outcome.trouble is Trouble.TIMED_OUT,
        explanation=REASONS["lost-after-dot"].explanation,
    )


def _troubled(outcome: Outcome, given_back: int) -> Verdict:
    """Judge what ended without an answer to go by."""
    if known := _TROUBLES.get(outcome.trouble):
        verdict = _verdict(*known)
        if outcome.trouble is Trouble.NOT_BEGUN and outcome.reply is not None:
            return replace(verdict, slow_down=True)
        return verdict
    if outcome.trouble is Trouble.ADDRESS:
        return _bad_path(outcome.stage)
    if outcome.stage is Stage.AUTH and outcome.trouble is Trouble.NONE:
        return _verdict("token", DeliveryState.QUEUED, "close")
    if outcome.stage in _BEFORE_MAIL:
        return _verdict("unreachable", DeliveryState.QUEUED, "close")
    if outcome.trouble is Trouble.STOPPED:
        return _verdict("stopped", DeliveryState.QUEUED, "close")
    if outcome.trouble is Trouble.NONSENSE:
        return _verdict("nonsense", DeliveryState.DEFERRED, "close")
    reason = "no-answer" if outcome.trouble is Trouble.TIMED_OUT else "lost-before-dot"
    suspicious = given_back >= GIVE_BACKS and outcome.stage is not Stage.MAIL
    state = DeliveryState.DEFERRED if suspicious else DeliveryState.QUEUED
    return _verdict(reason, state, "close")


def _bad_path(stage: Stage) -> Verdict:
    """Judge an address that cannot be written into a command."""
    if stage is Stage.MAIL:
        return _verdict("sender-refused", DeliveryState.QUEUED)
    return _verdict("bad-address", DeliveryState.REFUSED, suppress_candidate=True)


def _before_mail(stage: Stage, reply: Reply) -> Verdict:
    """Judge a server that does not let us come as far as a message: nobody's attempt counts."""
    queued: DeliveryState = DeliveryState.QUEUED
    said = strong_reason(reply.text)
    if reply.is_temporary:
        usual = "login-deferred" if stage is Stage.AUTH else "server-closing"
        word = said if said in {"rate", *_FOR_ALL} else usual
        return _verdict(word, queued, "close", slow_down=True)
    if said in {"greeting-name", "account-stopped"}:
        return _verdict(said, queued, "close")
    if stage is Stage.AUTH or reply.code == 530:
        return _verdict("login" if stage is Stage.AUTH else "login-needed", queued, "close")
    if stage is Stage.STARTTLS:
        return _verdict("no-encryption", queued, "close")
    return _verdict("server-refuses", queued, "close")


def _answered(stage: Stage, reply: Reply) -> Verdict:
    """Judge a refusal of one message."""
    if reply.code == 503 or not (reply.is_temporary or reply.is_permanent):
        return _verdict("nonsense", DeliveryState.DEFERRED, "close")
    word = _reason(stage, reply)
    reason = REASONS[word]
    closing = reply.code == 421
    stops = _stops(stage, reply, word)
    state = DeliveryState.DEFERRED
    if reply.is_permanent and not reason.passes:
        ours = stops and reason.scope is not Scope.MESSAGE
        state = DeliveryState.QUEUED if ours else DeliveryState.REFUSED
    handling: Handling = "keep" if stage is Stage.RCPT else "reset"
    return _verdict(
        word,
        state,
        "close" if closing else handling,
        slow_down=closing or reason.slow_down or (reply.is_temporary and word in _OUR_STANDING),
        stop_run=stops,
        suppress_candidate=reason.blames_address and _is_sure(reply),
    )


#: Nobody fares better with these, even where the server says "not now".
_FOR_ALL = frozenset({"daily-limit", "relay-denied", "account-stopped", "greeting-name"})
#: An enhanced code that was not taken for one, being of another class than the reply's.
_CONTRADICTION = re.compile(r"[24]\.\d{1,3}\.\d{1,3}\b")


def _stops(stage: Stage, reply: Reply, word: str) -> bool:
    """Say whether nobody else would fare better: MAIL is refused before a reader is named."""
    reason = REASONS[word]
    if reply.is_permanent and stage is Stage.MAIL and reason.scope is not Scope.MESSAGE:
        return True
    return reason.stop_run and (reply.is_permanent or word in _FOR_ALL)


def _is_sure(reply: Reply) -> bool:
    """Say whether a refusal may count against the address: policy (5.7.x) never does."""
    is_policy = reply.enhanced[2:3] == "7"
    return reply.is_permanent and not is_policy and not _CONTRADICTION.match(reply.text)


#: Told "not now" for these, sending on at the same speed makes it worse (Gmail, Yahoo).
_OUR_STANDING = frozenset({"policy", "authentication", "blocked"})


def _reason(stage: Stage, reply: Reply) -> str:
    """Return the reason of a refusal: telling words first, then codes, then hints."""
    word = _named(stage, reply)
    if reply.is_temporary:
        return _softened(word)
    if stage is Stage.MAIL and REASONS[word].scope not in {Scope.MESSAGE, Scope.CONFIGURATION}:
        # The reader has not been named yet: whatever it is, it is not about him.
        return word if word in _KNOWN_AT_MAIL else "sender-refused"
    return word


#: What says more about a refusal of MAIL than that it was one.
_KNOWN_AT_MAIL = frozenset({"daily-limit", "rate", "blocked", "authentication"})


def _named(stage: Stage, reply: Reply) -> str:
    if reply.code == 530:
        return "login-needed"
    if strong := _said(stage, reply):
        return strong
    if word := reason_of_code(reply.enhanced):
        return _at_stage(word, stage)
    if reply.code in _NOT_SUPPORTED and stage is Stage.MAIL:
        return "not-supported"
    return _hinted(reply) or _of_subject(stage, reply) or _bare(stage, reply)


def _hinted(reply: Reply) -> str:
    """Return the reason the words suggest.

    Microsoft says "recipient address rejected: access denied" with 5.4.1 where there is no such
    mailbox; with 5.7.1 it is Postfix, and a rule of its own.
    """
    word = weak_reason(reply.text)
    is_rule = reply.enhanced[2:3] == "7" and "access denied" in reply.text.lower()
    return "policy" if is_rule and word == "no-such-user" else word


def _of_subject(stage: Stage, reply: Reply) -> str:
    """Return what the class of the enhanced code leaves to believe at this stage."""
    word = reason_of_subject(reply.enhanced)
    is_telling = stage is Stage.RCPT and (reply.is_permanent or word == "no-route")
    return word if is_telling or word == "content" else ""


def _said(stage: Stage, reply: Reply) -> str:
    """Return the reason that the words name, where they may be believed."""
    word = strong_reason(reply.text)
    if word == "greylisted" and reply.is_permanent:
        return ""
    if stage is Stage.RCPT and word and REASONS[word].stop_run and is_quoted(reply.text):
        # One reader's server must not stop the mailing to all others.
        return "mailbox-unavailable" if reply.is_temporary else "refused"
    return word


def _at_stage(word: str, stage: Stage) -> str:
    """Return what a code means here: a size that one mailbox takes is not the server's."""
    return "mailbox-too-small" if word == "too-big" and stage is Stage.RCPT else word


def _bare(stage: Stage, reply: Reply) -> str:
    """Return the reason where nothing but the code is there to go by."""
    if reply.enhanced[2:3] == "7":
        # RFC 6647 section 2.5: greylisting says 4.7.1, often without its name. 421 ends the
        # session, so it is not about the reader (Google and Yahoo: 421 4.7.0).
        is_about_reader = reply.is_temporary and stage is Stage.RCPT and reply.code != 421
        return "greylisted" if is_about_reader else "policy"
    if stage is Stage.RCPT and reply.code == 550 and not names_reader(reply.text):
        return "refused"
    if word := _BARE.get(stage, {}).get(reply.code):
        return word
    if reply.is_temporary:
        return "server-closing" if reply.code == 421 else _temporary(stage)
    return {Stage.MAIL: "sender-refused", Stage.RCPT: "refused"}.get(stage, "content")


def _temporary(stage: Stage) -> str:
    return "server-problem" if stage in {Stage.MAIL, Stage.RCPT} else "message-deferred"


#: "Not now" of what would be for good otherwise: the address is not known to be bad.
_SOFT = {
    "refused": "mailbox-unavailable",
    "no-such-user": "mailbox-unavailable",
    "bad-address": "mailbox-unavailable",
    "moved": "mailbox-unavailable",
    "mailbox-disabled": "mailbox-unavailable",
    "no-such-domain": "no-route",
    "not-supported": "server-problem",
    "too-big": "server-full",
    "login-needed": "login-deferred",
}


def _softened(word: str) -> str:
    return _SOFT.get(word, word)


def _verdict(
    word: str,
    state: DeliveryState,
    session: Handling = "keep",
    **flags: bool | str,
) -> Verdict:
    """Return a verdict with what the reason itself says, unless `flags` say otherwise."""
    reason = REASONS[word]
    verdict = Verdict(
        reason.scope,
        state,
        word,
        session,
        stop_run=reason.stop_run,
        slow_down=reason.slow_down,
        explanation=reason.explanation,
    )
    return replace(verdict, **flags) if flags else verdict  # type: ignore[arg-type]


#: The verdict of nearly every message, made once.
_ACCEPTED = _verdict("accepted", DeliveryState.ACCEPTED)
