"""Explain a mailing: counts and reasons, computed from the ledger."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.delivery.reasons import REASONS
from newsletter.model.mailing import Balance, DeliveryState, Mailing
from newsletter.store.deliveries import Deliveries
from newsletter.store.mailings import Mailings

if TYPE_CHECKING:
    from newsletter.workspace import Workspace

#: Domains named one by one; the rest is added up.
MOST_DOMAINS = 20

#: What is not a server's doing, and what it means.
_OURS = {
    "answer lost": "The sender was killed before it had written down the answer.",
    "cancelled": "The mailing was called off.",
    "decided": "A person decided so.",
    "message": "The message could not be built.",
    "no longer a subscriber": "They were removed after the mailing had been prepared.",
    "returned": "It came back, as the log of the mail server says.",
    "unsubscribed": "They left after the mailing had been prepared.",
    "suppressed: asked": "They asked not to be written to.",
    "suppressed: bounced": "Mail to them has come back.",
    "suppressed: complained": "They complained of spam.",
    "suppressed: manual": "Somebody here said not to write to them.",
}

Table = tuple[tuple[str, Balance], ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why some deliveries are not accepted."""

    state: DeliveryState
    reason: str
    count: int
    #: What the reason means, for staff.
    explanation: str
    #: One example of the server's own words.
    words: str


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a mailing."""

    mailing: Mailing
    causes: tuple[Cause, ...]
    editions: Table
    domains: Table

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return the causes as sentences."""
        return tuple(_told(one) for one in self.causes)

    @property
    def tables(self) -> tuple[tuple[str, Table], ...]:
        """Return the tables with their titles."""
        return (("By edition", self.editions), ("By domain", self.domains))

    def as_json(self) -> dict[str, object]:
        """Return all of it for a program."""
        return {
            "version": 1,
            "mailing": self.mailing.id,
            "issue": self.mailing.issue,
            "state": self.mailing.state.value,
            **_counts(self.mailing.balance),
            "reasons": [
                {
                    "state": one.state.value,
                    "reason": one.reason,
                    "count": one.count,
                    "explanation": one.explanation,
                    "words": one.words,
                }
                for one in self.causes
            ],
            "editions": [{"edition": name, **_counts(one)} for name, one in self.editions],
            "domains": [{"domain": name, **_counts(one)} for name, one in self.domains],
        }


def report(workspace: Workspace, mailing: int) -> Report:
    """Return what became of a mailing, by state, reason, edition and domain."""
    with workspace.open_store(create=False) as store:
        found = Mailings(store).named(mailing)
        of_mailing = Deliveries(store, mailing)
        return Report(
            mailing=found,
            causes=tuple(_cause(*row) for row in of_mailing.by_reason()),
            editions=_table(of_mailing.by_edition()),
            domains=_largest(_table(of_mailing.by_domain())),
        )


def _told(cause: Cause) -> str:
    """Return a cause as a sentence, with the word that `retry --reason` takes."""
    reason = cause.reason or "no reason given"
    told = f"{cause.count} {cause.state}, {reason}"
    told += f": {cause.explanation}" if cause.explanation else "."
    # Our own words would only say the same again.
    says_more = cause.words and cause.state is not DeliveryState.SKIPPED
    return told + (f' For example: "{cause.words}"' if says_more else "")


def _cause(state: str, reason: str, count: int, words: str) -> Cause:
    word = reason.removeprefix("gave up: ")
    known = REASONS.get(word)
    explanation = known.explanation if known else _OURS.get(word, "")
    if explanation and word != reason:
        explanation = f"tried for days without success; {explanation}"
    return Cause(DeliveryState(state), reason, count, explanation, words)


def _table(rows: Iterable[tuple[str, str, int]]) -> Table:
    by_name: dict[str, dict[str, int]] = defaultdict(dict)
    for name, state, count in rows:
        by_name[name][state] = count
    return tuple((name, Balance(**by_state)) for name, by_state in by_name.items())


def _largest(table: Table) -> Table:
    """Return the domains with the most readers, the others added up."""
    ordered = sorted(table, key=lambda row: (-row[1].planned, row[0]))
    rest: Counter[str] = Counter()
    for _, balance in ordered[MOST_DOMAINS:]:
        rest.update(_states(balance))
    if not rest:
        return tuple(ordered)
    others = f"{len(ordered) - MOST_DOMAINS} other domains"
    return (*ordered[:MOST_DOMAINS], (others, Balance(**rest)))


def _states(balance: Balance) -> dict[str, int]:
    return {state.value: getattr(balance, state.value) for state in DeliveryState}


def _counts(balance: Balance) -> dict[str, int]:
    return {"planned": balance.planned, "waiting": balance.waiting, **_states(balance)}
