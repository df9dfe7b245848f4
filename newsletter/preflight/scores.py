"""What SpamAssassin or rspamd think of a message, where one of them is installed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from newsletter.preflight import Finding, warning

#: rspamd and SpamAssassin with network tests off answer in seconds.
TIMEOUT_SECONDS = 60
#: What our own bundled themes stay under; servers begin to refuse at about 5.
GOOD_SCORE = 2.0
#: "(3.4 points, 5.0 required)" in the words of any language.
_TOTAL = re.compile(r"\((-?\d[\d.]*) [^\W\d]+,? ?(-?\d[\d.]*) [^\W\d]+\)")
#: spamc -R begins with the two numbers.
_BARE_TOTAL = re.compile(r"(-?\d[\d.]*)/(\d[\d.]*)$", re.M)
_RULE = re.compile(r"^\s*(-?\d+\.\d+|-?\d+)\s+([A-Z][A-Z0-9_]{2,})\s+(.*)$", re.M)

Run = Callable[[Sequence[str], bytes], str]


@dataclass(frozen=True, slots=True)
class Score:
    """The points a filter gives, where it draws the line, and its reasons, the worst first."""

    program: str
    points: float
    line: float
    #: "MIME_HTML_ONLY 0.1: Message only has text/html MIME parts".
    reasons: tuple[str, ...] = ()


#: Program -> the command that reads a message from standard input.
COMMANDS = {
    # --ip: as if a server of our own handed it over. Without it, rspamd judges the missing name
    # of the machine that asks (HFILTER_HOSTNAME_UNKNOWN: 2.5 points), which is not in the message.
    "rspamc": ("rspamc", "--json", "--timeout=30", "--ip=127.0.0.1"),
    "spamc": ("spamc", "-R", "-x", "-t", "30"),
    # -L: local tests only; the network tests are the domain check's matter.
    "spamassassin": ("spamassassin", "-L", "-t"),
}


def installed() -> tuple[str, ...]:
    """Return the filters that this machine has."""
    return tuple(name for name in COMMANDS if shutil.which(name))


def run(command: Sequence[str], message: bytes) -> str:
    """Return what a filter prints about a message; "" where it fails or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603 - fixed commands, the message by standard input
            command, input=message, capture_output=True, timeout=TIMEOUT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")


def score(message: bytes, programs: Sequence[str], ask: Run = run) -> Score | None:
    """Return the score of the first program that gives one."""
    for program in programs:
        said = ask(COMMANDS[program], message)
        found = _rspamd(said) if program == "rspamc" else _spamassassin(program, said)
        if found is not None:
            return found
    return None


def _rspamd(said: str) -> Score | None:
    try:
        read = json.loads(said)
        symbols = read["symbols"].values()
        reasons = sorted(symbols, key=lambda one: -one["score"])
        told = tuple(
            f"{one['name']} {one['score']:g}: {one.get('description', '')}".rstrip(": ")
            for one in reasons
            if one["score"] > 0
        )
        return Score("rspamd", float(read["score"]), float(read["required_score"]), told)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _spamassassin(program: str, said: str) -> Score | None:
    # The report stands below the message, which may hold "12 IFLA members" and other numbers.
    *_, report = [None, *_TOTAL.finditer(said)]
    total = report or _BARE_TOTAL.match(said)
    if total is None or (program == "spamc" and said.startswith("0/0")):
        return None
    points, line = (float(one) for one in total.groups())
    below = _RULE.finditer(said, total.end())
    rules = [(float(rule[1]), rule[2], rule[3].strip()) for rule in below]
    worst = sorted((rule for rule in rules if rule[0] > 0), key=lambda one: -one[0])
    told = tuple(f"{name} {given:g}: {why}" for given, name, why in worst)
    return Score("SpamAssassin", points, line, told)


def judged(edition: str, found: Score) -> Iterator[Finding]:
    """Find a score that endangers the mail."""
    if found.points > GOOD_SCORE:
        reasons = "; ".join(found.reasons[:4])
        yield warning(
            "spam-score",
            f"{found.program} gives {found.points:g} points of {found.line:g}: {reasons}",
            where=f"edition {edition!r}",
            mend="Change what the reasons name; stay below 2.",
        )
