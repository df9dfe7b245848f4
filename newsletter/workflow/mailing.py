"""A mailing between its start and its end: look at it, pause it, call it off, decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.errors import (
    FileWriteError,
    MailingNotFoundError,
    MailingStateError,
    StoreBusyError,
    StoreError,
)
from newsletter.model.mailing import Delivery, DeliveryEvent, DeliveryState, Mailing, MailingState
from newsletter.store.bounces import lift_bounced
from newsletter.store.deliveries import Choice, Deliveries
from newsletter.store.ledger import take_back
from newsletter.store.mailings import Mailings
from newsletter.store.orders import SINCE, Orders

if TYPE_CHECKING:
    from newsletter.delivery.maillog import MailLog
    from newsletter.store import Store
    from newsletter.workspace import Workspace

#: So many messages that a server took show whether a log is its own.
MOST_TAKEN = 100


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a server's log settled."""

    accepted: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    #: The log covers the attempt and does not know the message: it never arrived.
    again: tuple[str, ...] = ()
    #: The log does not reach that far.
    still_unknown: tuple[str, ...] = ()
    #: The log covers the attempt, but not the server that it was made with.
    elsewhere: tuple[str, ...] = ()
    #: It never arrived, and is not sent again: the mailing was cancelled.
    skipped: tuple[str, ...] = ()


def mailings(workspace: Workspace, *, tests: bool = True) -> tuple[Mailing, ...]:
    """Return every mailing with its counts, the newest last."""
    orders = Orders(workspace.root)
    with workspace.open_store(create=False) as store:
        found = (one for one in Mailings(store).all() if tests or not one.is_test)
        return tuple(orders.shown(one) for one in found)


def named(workspace: Workspace, mailing: int) -> Mailing:
    """Return one mailing with its counts."""
    with workspace.open_store(create=False) as store:
        return Orders(workspace.root).shown(Mailings(store).named(mailing))


def the_open_one(workspace: Workspace) -> Mailing:
    """Return the one mailing that is open.

    Raises MailingNotFoundError where none is, MailingStateError where several are.
    """
    is_open = [
        one
        for one in mailings(workspace)
        if one.is_open and one.state is not MailingState.PREPARING
    ]
    real = [one for one in is_open if not one.is_test] or is_open
    if not real:
        raise MailingNotFoundError("no mailing is open", hint="Nobody is waiting for anything.")
    if len(real) > 1:
        numbers = ", ".join(f"{one.id} ({one.issue})" for one in real)
        raise MailingStateError(f"several mailings are open: {numbers}", hint="Name one of them.")
    return real[0]


@dataclass(frozen=True, slots=True)
class Ordered:
    """A mailing as an order has left it, and what the order waits for, if it does."""

    mailing: Mailing
    #: The database is held by another process; the order is obeyed as soon as it is free.
    waits_for: StoreBusyError | None = None


def pause(workspace: Workspace, mailing: int, *, now: datetime) -> Ordered:
    """Let a mailing rest until `resume`; who is sending it stops within two seconds."""
    return _order(workspace, mailing, MailingState.PAUSED, now)


def cancel(workspace: Workspace, mailing: int, *, now: datetime) -> Ordered:
    """Call a mailing off for good: nobody who has not had it gets it any more.

    Done again it finishes what was interrupted.
    """
    return _order(workspace, mailing, MailingState.CANCELLED, now)


def _order(workspace: Workspace, mailing: int, to: MailingState, now: datetime) -> Ordered:
    """Carry an order out; where the database is held, leave it to whoever can write next."""
    orders = Orders(workspace.root)
    with workspace.open_store(create=False, is_order=True) as store:
        mailings = Mailings(store)
        before = mailings.named(mailing)
        try:
            done = mailings.move(mailing, to, since=SINCE[to], now=now, reason=f"{to} by a person")
            if to is MailingState.CANCELLED and (done or before.state is to):
                done = bool(mailings.call_off(mailing, now=now)) or done
        except StoreBusyError as busy:
            _refuse_order(before, to, is_possible=before.state in SINCE[to])
            orders.leave(before, to)
            return Ordered(orders.shown(before), busy)
        after = mailings.named(mailing)
        _refuse_order(after, to, is_possible=done)
        if orders.of(after) is to:
            orders.forget(after)
        return Ordered(orders.shown(after))


def _refuse_order(mailing: Mailing, to: MailingState, *, is_possible: bool) -> None:
    if not is_possible:
        cannot = "already" if mailing.state == to else f"and cannot be {to}"
        raise MailingStateError(f"mailing {str(mailing.id)!r} is {mailing.state} {cannot}")


@contextmanager
def deliveries(
    workspace: Workspace, mailing: int, state: DeliveryState | None = None
) -> Iterator[Iterator[Delivery]]:
    """Open the list of a mailing's deliveries; a million of them need no memory."""
    with workspace.open_store(create=False) as store:
        Mailings(store).named(mailing)
        yield Deliveries(store, mailing).listed(state)


def settle_killed(workspace: Workspace, mailing: int, *, now: datetime) -> None:
    """Let what a killed sender had in flight be unknown from now on, before anybody sends again.

    Where nothing can be written, nothing is: then it is still shown as in flight.
    """
    with workspace.open_store(create=False) as store, suppress(StoreError):
        Mailings(store).named(mailing)
        take_back(store, mailing, now)


def history(workspace: Workspace, mailing: int, address: str) -> tuple[DeliveryEvent, ...]:
    """Return everything that happened to one person's delivery."""
    with workspace.open_store(create=False) as store:
        of_mailing = Deliveries(store, Mailings(store).named(mailing).id)
        # Nothing at all would look as if nothing had happened yet.
        _key(of_mailing, address, mailing)
        return of_mailing.history(address)


def decide(
    workspace: Workspace,
    mailing: int,
    addresses: Sequence[str],
    to: DeliveryState,
    *,
    now: datetime,
) -> tuple[str, ...]:
    """Decide what became of deliveries whose answer was lost; return those decided on.

    Without addresses: of all of them. To `queued` means: send again.
    """
    with workspace.open_store(create=False) as store:
        found = Mailings(store).named(mailing)
        if to is DeliveryState.QUEUED and found.state is MailingState.CANCELLED:
            raise MailingStateError(
                f"mailing {str(mailing)!r} is cancelled: nobody is sent it again",
                hint="Decide --accepted or --skip.",
            )
        take_back(store, mailing, now)
        of_mailing = Deliveries(store, mailing)
        keys = [_key(of_mailing, address, mailing) for address in addresses] or [0]
        decided: tuple[str, ...] = ()
        for key in keys:
            decided += of_mailing.decide(
                DeliveryState.UNKNOWN,
                to,
                now=now,
                who="person",
                words="decided by a person",
                choice=Choice(key=key, new_reason="decided"),
            )
        _settle_state(store, found, now)
    return decided


def _key(of_mailing: Deliveries, address: str, mailing: int) -> int:
    key = of_mailing.key_of(address)
    if not key:
        raise MailingNotFoundError(
            f"mailing {str(mailing)!r} has no delivery to {address!r}",
            hint=f"Run `newsletter deliveries {mailing}` to see who is in it.",
        )
    return key


def retriable(
    workspace: Workspace, mailing: int, since: DeliveryState, reason: str
) -> dict[str, int]:
    """Return whom `retry` would send to again: how many for each reason."""
    with workspace.open_store(create=False) as store:
        of_mailing = Deliveries(store, Mailings(store).named(mailing).id)
        return {
            known: count
            for state, known, count, _ in of_mailing.by_reason()
            if state == since and reason.lower() in known.lower()
        }


def retry(
    workspace: Workspace, mailing: int, since: DeliveryState, reason: str, *, now: datetime
) -> tuple[str, ...]:
    """Queue deliveries again that came to nothing; return their addresses.

    `reason` is a reason or a part of one, as `newsletter report` shows them: "full"
    means mailbox-full too. The mailing is open again afterwards; what it had suppressed
    for such a refusal may be written to again.
    """
    with workspace.open_store(create=False) as store:
        found = Mailings(store).named(mailing)
        if found.state is MailingState.CANCELLED:
            raise MailingStateError(f"mailing {str(mailing)!r} is cancelled")
        take_back(store, mailing, now)
        of_mailing = Deliveries(store, mailing)
        queued: tuple[str, ...] = ()
        for state, known, _, _ in of_mailing.by_reason():
            if state == since and reason.lower() in known.lower():
                queued += of_mailing.decide(
                    since,
                    DeliveryState.QUEUED,
                    now=now,
                    who="person",
                    words="to be tried again",
                    choice=Choice(reason=known),
                )
        if queued:
            lift_bounced(store, mailing, queued, now=now)
        if queued and not found.is_open:
            done = (MailingState.FINISHED,)
            Mailings(store).move(mailing, MailingState.PAUSED, since=done, now=now)
    return queued


def reconcile(workspace: Workspace, mailing: int, log: Path, *, now: datetime) -> Reconciled:
    """Settle the deliveries whose answer was lost by the log of our mail server.

    Their Message-IDs tell: what is in the log was taken, what is not in a log that
    covers the attempt never arrived and is queued again. That the log is the right
    server's shows in what this one took of the same mailing at that time.
    """
    from newsletter.delivery import maillog

    with workspace.open_store(create=False) as store:
        found = Mailings(store).named(mailing)
        take_back(store, mailing, now)
        of_mailing = Deliveries(store, mailing)
        unknown = list(of_mailing.listed(DeliveryState.UNKNOWN))
        tried = {one.id: _last_attempt(of_mailing, one) for one in unknown}
        taken = _taken(of_mailing, tried.values())
        wanted = frozenset(one.message_id for one in unknown).union(*taken.values())
        try:
            with log.open(encoding="utf-8", errors="replace") as lines:
                zone = now.astimezone().tzinfo
                assert zone is not None  # noqa: S101 - an aware moment has one
                read = maillog.read(lines, wanted, now=now, zone=zone)
        except OSError as error:
            raise FileWriteError(
                f"cannot read {str(log)!r}: {error.strerror}", hint="Name the log of the server."
            ) from error
        is_only = len(workspace.settings.routes) <= 1
        theirs = {name: _is_theirs(read, some, is_only) for name, some in taken.items()}
        never = DeliveryState.QUEUED
        if found.state is MailingState.CANCELLED:
            never = DeliveryState.SKIPPED
        settled = [
            _by_log(of_mailing, one, tried[one.id], _Log(read, theirs, never), now)
            for one in unknown
        ]
        _settle_state(store, found, now)
    return Reconciled(*(tuple(a for a, to in settled if to == word) for word in _FOUND))


#: What a log says, in the order of `Reconciled`.
_FOUND = ("accepted", "refused", "queued", "unknown", "elsewhere", "skipped")


@dataclass(frozen=True, slots=True)
class _Log:
    """A log that was read, whose it is, and what becomes of those that it does not know."""

    read: MailLog
    #: Route -> whether the log is of its server.
    theirs: Mapping[str, bool]
    #: Sent again; or not any more, where the mailing was cancelled.
    never: DeliveryState


def _last_attempt(of_mailing: Deliveries, one: Delivery) -> DeliveryEvent | None:
    events = of_mailing.history(one.address)
    return next((event for event in reversed(events) if event.state == "in_flight"), None)


def _taken(
    of_mailing: Deliveries, tried: Iterable[DeliveryEvent | None]
) -> dict[str, dict[str, datetime]]:
    """Return for each route what it took about the time of an attempt by it."""
    by_route = {one.route: one.at for one in tried if one}
    return {name: of_mailing.taken(name, at, MOST_TAKEN) for name, at in by_route.items()}


def _is_theirs(log: MailLog, taken: Mapping[str, datetime], is_only: bool) -> bool:
    """Say whether a log is of the server that took these; where none can tell, of the only one."""
    covered = [name for name, at in taken.items() if log.covers(at)]
    return any(name in log.traces for name in covered) if covered else is_only


def _by_log(
    of_mailing: Deliveries,
    one: Delivery,
    tried: DeliveryEvent | None,
    log: _Log,
    now: datetime,
) -> tuple[str, str]:
    """Settle one delivery as the log says; return what it became."""
    trace = log.read.traces.get(one.message_id)
    if trace is None and not (tried and log.read.covers(tried.at)):
        return one.address, "unknown"
    if trace is None and tried and not log.theirs[tried.route]:
        return one.address, "elsewhere"
    to, words, queue_id = log.never, "the server never had it", ""
    reason = "cancelled" if to is DeliveryState.SKIPPED else ""
    if trace is not None:
        to = DeliveryState.REFUSED if trace.has_failed else DeliveryState.ACCEPTED
        words, queue_id = trace.words or "in the server's queue", trace.queue_id
        reason = "returned" if trace.has_failed else ""
    of_mailing.decide(
        DeliveryState.UNKNOWN,
        to,
        now=now,
        who="log",
        words=words,
        choice=Choice(key=one.id, new_reason=reason, queue_id=queue_id),
    )
    return one.address, to


def _settle_state(store: Store, mailing: Mailing, now: datetime) -> None:
    """Finish a mailing that has nothing open any more."""
    if mailing.is_open and not mailing.senders:
        Mailings(store).finish(mailing.id, now=now)
