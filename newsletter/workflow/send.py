"""Send a frozen mailing: start it, go on with it, until everybody has an answer."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from newsletter.delivery import setup
from newsletter.delivery.content import Content
from newsletter.delivery.loop import run_to_end
from newsletter.delivery.pacing import Domains
from newsletter.delivery.progress import RunEnd, Why
from newsletter.delivery.questions import (
    Question,
    answered,
    put,
    questions,
    refuse_unsendable,
)
from newsletter.delivery.routes import Route
from newsletter.delivery.rules import HARD_BOUNCES, Stops, sick_canary
from newsletter.delivery.sender import Manner, Sender
from newsletter.delivery.tray import Tray
from newsletter.errors import MailingStoppedError, StoreError
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
from newsletter.model.zones import in_zone
from newsletter.store.bounces import suppress_bounced
from newsletter.store.deliveries import Choice, Deliveries
from newsletter.store.last_run import LastRun
from newsletter.store.ledger import StoreLedger
from newsletter.store.mailings import Mailings
from newsletter.store.orders import Orders

if TYPE_CHECKING:
    from newsletter.delivery.signing import Signer
    from newsletter.settings import Settings
    from newsletter.store import Store
    from newsletter.workspace import Workspace

#: Who has lost so many answers is not sent it again by itself: a person decides. Many, because
#: most of what was in flight when a sender was killed had not left. How often a server has put
#: somebody off does not count.
MOST_LOSSES = 10
#: What may be sent: started, or to be started.
SENDABLE = (MailingState.PREPARED, MailingState.SENDING, MailingState.PAUSED)
#: Longer than any mailing is worked on.
FOR_EVER = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Resumption:
    """How a mailing is to be gone on with."""

    #: A person has said yes to the one question that was asked: whether it is to be sent from
    #: this machine, so late, after such a canary.
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
    orders = Orders(workspace.root)
    with workspace.open_store(create=False, is_order=True) as store:
        mailing = Mailings(store).named(mailing_id)
        mailing = orders.obey(Mailings(store), mailing, now=now)
        last_run = LastRun(workspace.root)
        is_canary_over = _may_start(_Place(store, settings, last_run), mailing, how, now)
        if _is_early(mailing, now):
            return _left_for_later(store, mailing, now, settings.time_zone)
        Mailings(store).move(mailing.id, MailingState.SENDING, since=SENDABLE, now=now)
    with workspace.open_store(create=False) as store:
        routes = setup.carrying(routes, str(mailing.settings.get("sender", "")))
        domains = sorted_to_providers(store, mailing.id, asking, now=now)
        with store.seats() as seats:
            routes = setup.seated(routes, seats.of)
            run = _Run(
                store,
                settings,
                mailing,
                how,
                domains,
                orders,
                last_run,
                signer=_signer(workspace),
                is_canary_over=is_canary_over,
            )
            return run.go(routes, now)


def _signer(workspace: Workspace) -> Signer | None:
    """Return who signs the messages; None where signing is off, and nothing is loaded for it."""
    dkim = workspace.settings.dkim
    if not (dkim.domain or dkim.selector or dkim.key_file):
        return None
    from newsletter.delivery.signing import configured_signer

    return configured_signer(dkim.domain, dkim.selector, dkim.key_file, workspace.root)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a mailing is to be sent from."""

    store: Store
    settings: Settings
    last_run: LastRun

    @property
    def machine(self) -> str:
        """Return what tells this database from any copy of it."""
        return self.store.fingerprint(self.settings.sending.machine)

    def settle(self, yes: Question | None, mailing: int) -> None:
        """Take this place, or this database, for the right one: a person said so."""
        if yes is Question.PLACE:
            Mailings(self.store).settle_machine(mailing, self.machine)
        if yes is Question.OLDER:
            self.last_run.forget()


def _may_start(place: _Place, mailing: Mailing, how: Resumption, now: datetime) -> bool:
    """Ask what has to be asked; say whether a canary that fell ill is to be followed."""
    refuse_unsendable(mailing)
    sending, machine = place.settings.sending, place.machine
    asked = questions(
        mailing,
        machine=machine,
        is_older=place.last_run.is_ahead_of(place.store, machine),
        late=timedelta(hours=sending.late_hours),
        sick=sick_canary(mailing.balance, sending.canary_refused_percent),
        now=now,
    )
    answer = answered(asked, is_confirmed=how.is_confirmed)
    place.settle(answer.yes, mailing.id)
    for question in answer.still:
        # What became of a canary is told, and asked, at the end of a run.
        if question is not Question.CANARY:
            raise put(question, mailing, place.settings.time_zone)
    return answer.yes is Question.CANARY


def _is_early(mailing: Mailing, now: datetime) -> bool:
    """Say whether its time is to come; what has begun goes on, also by a clock set back since."""
    return now < (mailing.starts or now) and not mailing.has_begun


def _left_for_later(store: Store, mailing: Mailing, now: datetime, time_zone: str) -> Sent:
    """Leave a mailing to the scheduler until its time, also where it was paused meanwhile."""
    resting = (MailingState.PAUSED,)
    Mailings(store).move(mailing.id, MailingState.PREPARED, since=resting, now=now)
    at = in_zone(mailing.starts or now, time_zone)
    due = RunEnd(Why.TOLD, f"it is to go at {at}")
    return Sent(Mailings(store).named(mailing.id), due)


@dataclass
class _Run:
    """One run over one mailing."""

    store: Store
    settings: Settings
    mailing: Mailing
    how: Resumption
    domains: Domains
    orders: Orders
    last_run: LastRun
    signer: Signer | None = None
    #: A person lets the others follow a canary that fell ill.
    is_canary_over: bool = False
    lost: tuple[str, ...] = ()
    sent_again: tuple[str, ...] = ()
    others: tuple[int, ...] = ()
    commits: int = field(default=0)

    def go(self, routes: tuple[Route, ...], now: datetime) -> Sent:
        """Open the ledger as a new sender, send, and close it whatever happens."""
        machine = self.store.fingerprint(self.settings.sending.machine)
        ledger = StoreLedger(self.store, self.mailing.id, machine, now)
        self.last_run.note(machine, ledger.sender, has_ended=False)
        try:
            self.lost = tuple(ledger.recover(now))
            self.others = ledger.others()
            # The clock may have been set back since they were deferred.
            longest = setup.patience_of(self.settings.sending).longest_pause
            Deliveries(self.store, self.mailing.id).draw_in(now + longest)
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
                self.last_run.note(machine, ledger.sender, has_ended=True)
        finally:
            ledger.abandon()
        try:
            return self._concluded(end)
        except StoreError as error:
            if not end.unwritten:
                raise
            # Nobody else will ever know how many answers were lost.
            raise MailingStoppedError(
                self.mailing.id, end.reason, unwritten=end.unwritten, answers=end.answers
            ) from error

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
            choice=Choice(most_losses=MOST_LOSSES - 1),
        )

    def _send(self, ledger: StoreLedger, routes: tuple[Route, ...]) -> RunEnd:
        """Send to the canary first, if there is one, and to the others if it is well."""
        if self.mailing.canary > 1 and not self.is_canary_over:
            end = self._round_trip(ledger, routes, self.mailing.canary)
            if end.why is not Why.DONE:
                return end
            if sick := sick_canary(ledger.balance(), self.settings.sending.canary_refused_percent):
                return RunEnd(Why.STOPPED, sick)
        if self.mailing.canary > 1:
            Mailings(self.store).end_canary(self.mailing.id)
        return self._round_trip(ledger, routes, 1)

    def _round_trip(self, ledger: StoreLedger, routes: tuple[Route, ...], every: int) -> RunEnd:
        sending = self.settings.sending
        templates = {
            key: MessageTemplate.from_bytes(frozen)
            for key, frozen in Mailings(self.store).editions(self.mailing.id).items()
        }

        def compose(owed: Owed) -> Content:
            filled = templates[owed.edition].filled(owed.personal)
            if not self.signer:
                return filled
            message = b"".join(filled.pieces)
            signature = self.signer.sign(message, is_canonical=True).removesuffix(message)
            return filled._replace(
                pieces=(signature, *filled.pieces), personal=signature + filled.personal
            )

        tray = Tray(
            ledger,
            compose,
            domains=self.domains,
            patience=setup.patience_of(sending),
            chance=random.Random(),  # noqa: S311 - jitter, not secrecy
            every=every,
            most_put_off=sending.equal_refusals,
        )
        manner = Manner(
            stops=Stops(sending.equal_refusals, sending.refused_percent),
            quiet=setup.quiet_of(sending, self.settings.time_zone),
            waits=FOR_EVER if self.how.waits else timedelta(0),
            is_called_off=lambda: self.orders.of(self.mailing) is not None,
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
        if end.why is not Why.NO_LEDGER:
            current = self.orders.obey(mailings, current, now=now)
        if end.why is Why.NO_LEDGER:
            pass  # It may still not be writable; the mailing stays as it is.
        elif current.state is MailingState.CANCELLED:
            mailings.call_off(self.mailing.id, now=now)
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
