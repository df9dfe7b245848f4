"""Manners that filters and people mind: the sender's name, shouting, disguised words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from newsletter.model.written_sender import name_and_address
from newsletter.preflight import Candidate, Check, Finding, error, warning
from newsletter.preflight.pages import shortened, squeezed, width

#: Longer names are cut in every inbox.
NAME_COLUMNS = 40
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
#: Gmail and Yahoo refuse their own names in From from other servers (DMARC p=reject).
_FREE_MAIL = re.compile(
    r"(?i)(gmail|googlemail|yahoo|ymail|aol|outlook|hotmail|live|msn|icloud|me|gmx|web|mail|yandex"
    r"|qq|163|126|proton|protonmail)\.(com|net|de|fr|ru|es|me|co\.uk|ch|at|org)"
)
_SHOUTS = re.compile(r"[!!]{2,}|[??]{3,}|\${2,}|€{2,}|[!!].*[!!].*[!!]")
_BAIT = re.compile(
    r"(?i)\b(act now|100 ?% free|free money|click here|buy now|limited time|urgent!|winner|"
    r"cliquez ici|gratuit ?!|haga clic|gratis ?!|klicken sie hier|kostenlos ?!|жми|бесплатно ?!)"
    r"|اضغط هنا|مجانا ?!|点击这里|免费 ?!"
)
_HIDDEN_INSIDE = re.compile("\\w[\u200b\u2060\ufeff\u00ad]+\\w")
_WORD = re.compile(r"[^\W\d_]{3,}")


def sender_name(candidate: Candidate) -> Iterator[Finding]:
    """Find a sender's name that hides, shouts or pretends (Gmail's sender guidelines, 2024)."""
    written, address = name_and_address(candidate.identity.mail_from)
    name = written or candidate.identity.name
    where = f"sender {shortened(name)!r}"
    mend = "Correct `name` in newsletter.toml: the plain name of the newsletter."
    if not squeezed(name):
        yield warning("sender-name", "the sender has no name", where="newsletter.toml", mend=mend)
    if _CONTROLS.search(name):
        yield error("sender-name", "the name holds control characters", where=where, mend=mend)
    for problem in _name_problems(name, address, candidate):
        yield warning("sender-name", problem, where=where, mend=mend)
    domain = address.rpartition("@")[2]
    if _FREE_MAIL.fullmatch(domain):
        yield warning(
            "sender-address",
            f"{domain!r} belongs to a mail provider, which lets no other server send for it",
            where="MAIL_FROM",
            mend="Send from an address of your own domain.",
        )


def _name_problems(name: str, address: str, candidate: Candidate) -> Iterator[str]:
    if "@" in name and name.strip().lower() != address.lower():
        yield "the name holds an address"
    if any(unicodedata.category(one) in {"So", "Sk"} and ord(one) > 0x2000 for one in name):
        yield "the name holds an emoji or symbol"
    if width(name) > NAME_COLUMNS:
        yield f"the name is {width(name)} columns long; inboxes cut it"
    subjects = {squeezed(one.subject).casefold() for one in candidate.editions}
    if squeezed(name) and squeezed(name).casefold() in subjects:
        yield "the name is the same as the subject"
    if re.match(r"(?i)\s*(re|fwd?)\s*:", name):
        yield "the name looks like a reply"


def shouting(candidate: Candidate) -> Iterator[Finding]:
    """Find subjects that shout, bait or disguise words, as spam does."""
    for rendered in candidate.editions:
        subject, where = rendered.subject, f"edition {rendered.edition.key!r}"
        for problem in subject_problems(subject):
            yield warning(
                "spam-like",
                f"the subject {shortened(subject)!r} {problem}",
                where=where,
                mend="Say what the news is, plainly.",
            )


def subject_problems(subject: str) -> Iterator[str]:
    """Yield what makes a subject look like spam."""
    letters = [one for one in subject if one.isalpha()]
    # Of all letters: in Arabic and Chinese only "IFLA" and the like have capitals.
    if len(letters) >= 12 and sum(one.isupper() for one in letters) > 0.7 * len(letters):
        yield "is in capitals"
    if _SHOUTS.search(subject):
        yield "shouts with its punctuation"
    if bait := _BAIT.search(subject):
        yield f"baits with {bait[0]!r}"
    if sum(unicodedata.category(one) == "So" for one in subject) > 2:
        yield "has more than two emoji"
    if _HIDDEN_INSIDE.search(subject):
        yield "hides invisible characters inside a word"
    for word in _WORD.findall(subject):
        scripts = {unicodedata.name(one, "").partition(" ")[0] for one in word}
        if {"LATIN", "CYRILLIC"} <= scripts:
            yield f"mixes Latin and Cyrillic letters in {word!r}"


CHECKS: tuple[Check, ...] = (sender_name, shouting)
