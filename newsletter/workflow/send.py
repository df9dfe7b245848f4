"""Send a frozen mailing: start it, go on with it, until everybody has an answer."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import TYPE_CHECKING

from newsletter.delivery import setup
from newsletter.delivery.content import Content
from newsletter.delivery.loop import run_to_end
from newsletter.delivery.pacing import Domains
from newsletter.delivery.progress import RunEnd, Why
from newsletter.delivery.routes import Route
from newsletter.delivery.rules import HARD_BOUNCES, Stops, sick_canary
from newsletter.delivery.sender import Manner, Sender
from newsletter.delivery.tray import Tray
from newsletter.errors import (
    ConfirmationNeededError,
    MailingStateError,
    NewsletterError,
    SettingsError,
)
from newsletter.mailhosts import asking_of, sorted_to_providers
from newsletter.model.ledger import Owed
from newsletter.model.mailing import (
    DeliveryState,
    Mailing,
    MailingState,
    Progress,
    UnknownPolicy,
)
from newsletter.model.message import MessageTemplate
from newsletter.store.bounces import suppress_bounced
from newsletter.store.deliveries import Choice, Deliveries
from newsletter.store.ledger import SqliteLedger
from newsletter.store.machine import fingerprint
from newsletter.store.mailings import Mailings
from newsletter.store.seats import SeatFile
from newsletter.store.senders import database_path

if TYPE_CHECKING:
    from newsletter.delivery.signing import Signer
    from newsletter.settings import Settings
    from newsletter.store import Store
    from newsletter.workspace import Workspace

#: A lost answer is sent again by itself up to so many attempts; then a person decides. Many,
#: because most of what was in flight when a sender was killed had not left.
MOST_ATTEMPTS = 10
#: How often the scheduler looks for what is due.
SCHEDULE_SECONDS = 5.0
#: What may be sent: started, or to be started.
SENDABLE = (MailingState.PREPARED, MailingState.SENDING, MailingState.PAUSED)
#: Longer than any mailing is worked on.
FOR_EVER = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Resumption:
    """How a mailing is to be gone on with."""

    #: A person said that it is to be sent all the same: from this machine, however late it
    #: is, whatever became of the canary.
    is_confirmed: bool = False
    #: Try what is deferred now, whenever it would be due.
    hurries: bool = True
    #: Stay until nothing is deferred, however long it takes.
    waits: bool = False
    #: Called while it runs, and with a sentence where something else takes a moment.
    watch: Callable[[Progress], None] | None = None
    tell: Callable[[str], None] | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What a run achieved."""

    mailing: Mailing
    end: RunEnd
    #: Addresses whose answer a killed sender had lost.
    lost: tuple[str, ...] = ()
    #: Of these and earlier ones: sent again, as the policy says.
    sent_again: tuple[str, ...] = ()
    #: Addresses whose answer is lost now.
    unknown: tuple[str, ...] = ()
    #: Addresses at which there is nobody: they are not written to again.
    bounced: tuple[str, ...] = ()
    #: Other processes at work on the same mailing.
    others: tuple[int, ...] = ()
    commits: int = 0


def resume(workspace: Workspace, mailing_id: int, how: Resumption, *, now: datetime) -> Sent:
    """Send what a mailing still owes, and return how far that came.

    Safe at any time: what was accepted is never sent again. Raises
    ConfirmationNeededError for a copied database or a time long past, ServerError where
    the settings cannot work.
    """
    settings = workspace.settings
    routes = setup.routes_of(settings.routes, settings.sending)
    asking = asking_of(settings.sending, how.tell)
    with workspace.open_store(create=False) as store:
        mailing = Mailings(store).named(mailing_id)
        _check(store, mailing, settings, how, now)
        Mailings(store).move(mailing.id, MailingState.SENDING, since=SENDABLE, now=now)
        routes = setup.carrying(routes, str(mailing.settings.get("sender", "")))
        domains = sorted_to_providers(store, mailing.id, asking, now=now)
        with SeatFile(database_path(store)) as seats:
            routes = setup.seated(routes, seats.of)
            return _Run(store, settings, mailing, how, domains, _signer(workspace)).go(routes, now)


def _signer(workspace: Workspace) -> Signer | None:
    """Return who signs the messages; None where signing is off, and nothing is loaded for it."""
    dkim = workspace.settings.dkim
    if not (dkim.domain or dkim.selector or dkim.key_file):
        return None
    from newsletter.delivery.signing import configured_signer

    return configured_signer(dkim.domain, dkim.selector, dkim.key_file, workspace.root)


def _check(
    store: Store, mailing: Mailing, settings: Settings, how: Resumption, now: datetime
) -> None:
    """Refuse what must not be sent, or not without asking."""
    if mailing.state is MailingState.PREPARING:
        raise _unprepared(mailing)
    if not mailing.is_open:
        raise MailingStateError(f"mailing {str(mailing.id)!r} is {mailing.state}")
    machine = fingerprint(store.path, settings.sending.machine)
    if mailing.machine != machine:
        if not how.is_confirmed:
            raise ConfirmationNeededError(
                f"mailing {str(mailing.id)!r} was prepared in another place: {mailing.machine!r}",
                hint="If that copy never sends it, go on here with"
                f" `newsletter resume {mailing.id} --yes`.",
            )
        Mailings(store).settle_machine(mailing.id, machine)
    late = timedelta(hours=settings.sending.late_hours)
    starts = mailing.starts or now
    if mailing.state is MailingState.PREPARED and now - starts > late and not how.is_confirmed:
        raise ConfirmationNeededError(
            f"mailing {str(mailing.id)!r} should have gone at {starts:%Y-%m-%d %H:%M} UTC",
            hint=f"Is it still wanted? `newsletter resume {mailing.id} --yes`,"
            f" or `newsletter cancel {mailing.id}`.",
        )
    # What has begun goes on, also where the clock was set back since.
    if now < starts and not mailing.has_begun:
        raise MailingStateError(
            f"mailing {str(mailing.id)!r} is to go at {starts:%Y-%m-%d %H:%M} UTC",
            hint="Leave `newsletter run` running, or call it off with"
            f" `newsletter cancel {mailing.id}`.",
        )


def _unprepared(mailing: Mailing) -> MailingStateError:
    """Return why a mailing that is not wholly written down cannot be sent."""
    if mailing.senders:
        return MailingStateError(
            f"mailing {str(mailing.id)!r} is still being prepared by process {mailing.senders[0]}",
            hint="It goes by itself when that is done.",
        )
    return MailingStateError(
        f"mailing {str(mailing.id)!r} was never wholly prepared, and nothing of it was sent",
        hint=f"Begin again: newsletter send {mailing.issue}",
    )


@dataclass
class _Run:
    """One run over one mailing."""

    store: Store
    settings: Settings
    mailing: Mailing
    how: Resumption
    domains: Domains
    signer: Signer | None = None
    lost: tuple[str, ...] = ()
    sent_again: tuple[str, ...] = ()
    others: tuple[int, ...] = ()
    commits: int = field(default=0)

    def go(self, routes: tuple[Route, ...], now: datetime) -> Sent:
        """Open the ledger as a new sender, send, and close it whatever happens."""
        machine = fingerprint(self.store.path, self.settings.sending.machine)
        ledger = SqliteLedger(self.store, self.mailing.id, machine, now)
        try:
            self.lost = tuple(ledger.recover(now))
            self.others = ledger.others()
            _draw_in(self.store, self.mailing, self.settings, now)
            self._apply_policy(now)
            if self.how.hurries:
                ledger.hurry(now)
            end = self._send(ledger, routes)
        except BaseException:
            ledger.abandon()
            raise
        try:
            if not end.unwritten:
                ledger.close(datetime.now(UTC))
        finally:
            ledger.abandon()
        return self._concluded(end)

    def _apply_policy(self, now: datetime) -> None:
        """Queue what is unknown again, if the mailing is to be sent rather twice than never."""
        if self.mailing.policy is not UnknownPolicy.RESEND:
            return
        self.sent_again = Deliveries(self.store, self.mailing.id).decide(
            DeliveryState.UNKNOWN,
            DeliveryState.QUEUED,
            now=now,
            who="policy",
            words="the answer was lost: sent again",
            choice=Choice(most_attempts=MOST_ATTEMPTS - 1),
        )

    def _send(self, ledger: SqliteLedger, routes: tuple[Route, ...]) -> RunEnd:
        """Send to the canary first, if there is one, and to the others if it is well."""
        if self.mailing.canary > 1 and not self.how.is_confirmed:
            end = self._round_trip(ledger, routes, self.mailing.canary)
            if end.why is not Why.DONE:
                return end
            if sick := sick_canary(ledger.balance(), self.settings.sending.canary_refused_percent):
                return RunEnd(Why.STOPPED, sick)
        if self.mailing.canary > 1:
            Mailings(self.store).end_canary(self.mailing.id)
        return self._round_trip(ledger, routes, 1)

    def _round_trip(self, ledger: SqliteLedger, routes: tuple[Route, ...], every: int) -> RunEnd:
        sending = self.settings.sending
        templates = {
            key: MessageTemplate.from_bytes(frozen)
            for key, frozen in Mailings(self.store).editions(self.mailing.id).items()
        }

        def compose(owed: Owed) -> Content:
            pieces = templates[owed.edition].pieces(owed.personal)
            if not self.signer:
                return pieces
            message = b"".join(pieces)
            signed = self.signer.sign(message, is_canonical=True)
            return (signed.removesuffix(message), *pieces)

        tray = Tray(
            ledger,
            compose,
            domains=self.domains,
            patience=setup.patience_of(sending),
            chance=random.Random(),  # noqa: S311 - jitter, not secrecy
            every=every,
        )
        manner = Manner(
            stops=Stops(sending.equal_refusals, sending.refused_percent),
            quiet=setup.quiet_of(sending, self.settings.time_zone),
            waits=FOR_EVER if self.how.waits else timedelta(0),
        )

        async def run() -> RunEnd:
            sender = Sender(tray, routes, manner, mailing=self.mailing.id, watch=self.how.watch)
            return await sender.run()

        end = run_to_end(run())
        self.commits += tray.commits
        return end

    def _concluded(self, end: RunEnd) -> Sent:
        """Leave the mailing in the state that its ledger and the end of the run call for."""
        mailings, now = Mailings(self.store), datetime.now(UTC)
        bounced = self._suppress_bounced(end)
        current = mailings.named(self.mailing.id)
        if end.why is Why.NO_LEDGER:
            pass  # It may still not be writable; the mailing stays as it is.
        elif current.state is MailingState.CANCELLED:
            mailings.skip_rest(self.mailing.id, now=now)
        elif not mailings.finish(self.mailing.id, now=now) and _needs_a_person(end):
            sending = (MailingState.SENDING,)
            mailings.move(
                self.mailing.id, MailingState.PAUSED, since=sending, now=now, reason=end.reason
            )
        unknown = Deliveries(self.store, self.mailing.id).listed(DeliveryState.UNKNOWN)
        return Sent(
            mailing=mailings.named(self.mailing.id),
            end=end,
            lost=self.lost,
            sent_again=self.sent_again,
            unknown=tuple(one.address for one in unknown),
            bounced=bounced,
            others=self.others,
            commits=self.commits,
        )

    def _suppress_bounced(self, end: RunEnd) -> tuple[str, ...]:
        """Keep later mailings from addresses where nobody is, unless the run ended in trouble.

        Where all alike are refused it is not the readers' fault, whatever the server says.
        """
        if end.is_trouble or not self.settings.sending.suppress_bounced:
            return ()
        return suppress_bounced(self.store, self.mailing.id, HARD_BOUNCES)


def _needs_a_person(end: RunEnd) -> bool:
    """Say whether the scheduler must not simply go on with the mailing."""
    return end.why is Why.STOPPED or (end.why is Why.INTERRUPTED and end.signal == signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Told:
    """What the scheduler did, as a sentence, and the signal that ended it; 0: it goes on."""

    sentence: str
    signal: int = 0
    #: It waits for a person, and is told once.
    waits: bool = False


def run_due(
    workspace: Workspace,
    *,
    once: bool = False,
    watch: Callable[[Progress], None] | None = None,
    tell: Callable[[str], None] | None = None,
    rest: Callable[[float], None] = sleep,
) -> Iterator[Told]:
    """Send whatever is due, again and again; yield a sentence for everything that happens.

    What a person paused stays paused, and what should have gone long ago, or comes from
    another machine, waits for a person: it is told once.
    """
    told: set[str] = set()
    how = Resumption(hurries=False, watch=watch, tell=tell)
    while True:
        for mailing in _due(workspace, datetime.now(UTC)):
            happened = _attempt(workspace, mailing, how)
            if happened.sentence not in told:
                yield happened
            if happened.waits:
                told.add(happened.sentence)
            if happened.signal:
                return
        if once:
            return
        rest(SCHEDULE_SECONDS)


def _due(workspace: Workspace, now: datetime) -> tuple[Mailing, ...]:
    """Return the mailings that have something to do now and nobody at work on them."""
    with workspace.open_store(create=False) as store:
        resting = [
            one
            for one in Mailings(store).all()
            if one.state in {MailingState.PREPARED, MailingState.SENDING} and not one.senders
        ]
        for one in resting:
            _draw_in(store, one, workspace.settings, now)
        return tuple(
            one
            for one in resting
            if (one.has_begun or (one.starts or now) <= now)
            and (one.balance.waiting or Deliveries(store, one.id).is_any_due(now))
        )


def _draw_in(store: Store, mailing: Mailing, settings: Settings, now: datetime) -> None:
    """Let nobody deferred wait longer than there are pauses: the clock was set back then."""
    # Settings that cannot be used are told by whoever sends.
    with suppress(SettingsError):
        longest = setup.patience_of(settings.sending).longest_pause
        Deliveries(store, mailing.id).draw_in(now + longest)


def _attempt(workspace: Workspace, mailing: Mailing, how: Resumption) -> Told:
    """Send one mailing; return what happened."""
    try:
        sent = resume(workspace, mailing.id, how, now=datetime.now(UTC))
    except NewsletterError as error:
        waits = isinstance(error, ConfirmationNeededError)
        return Told(f"mailing {mailing.id}: {error} {error.hint}".strip(), waits=waits)
    why = f": {sent.end.reason}" if sent.end.reason else ""
    balance = sent.mailing.balance
    return Told(
        f"mailing {mailing.id} is {sent.mailing.state}{why}; {balance.accepted} accepted of"
        f" {balance.planned}",
        sent.end.signal,
    )
