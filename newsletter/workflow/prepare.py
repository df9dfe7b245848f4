"""Prepare a mailing: who would get which edition; then freeze content and recipients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from newsletter.audience.addresses import parse_address
from newsletter.audience.consent import Keys, Purpose, make_token, person_on_list
from newsletter.delivery import setup
from newsletter.delivery.estimate import least_seconds, limits_told
from newsletter.delivery.rules import HARD_BOUNCES
from newsletter.delivery.signing import configured_signer
from newsletter.editions import Editions
from newsletter.errors import AddressError, PreflightError, SettingsError, StoreError
from newsletter.model.content import Edition, EditionForm, Issue, RenderedEdition
from newsletter.model.mailing import Mailing, Recipient, UnknownPolicy
from newsletter.model.people import EmailAddress, MailingList, Reader, Subscriber, canonical_key
from newsletter.model.written_sender import name_and_address
from newsletter.store.bounces import suppress_all_bounced
from newsletter.store.freezing import Freezing, FrozenEdition, NewMailing, served
from newsletter.store.mailings import Mailings
from newsletter.store.readers import Readers

if TYPE_CHECKING:
    from newsletter.preflight import Finding
    from newsletter.settings import Settings
    from newsletter.store import Store
    from newsletter.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be sent to whom, when and how."""

    issue: str
    #: Everybody confirmed on one of these lists.
    lists: tuple[str, ...] = ()
    #: Or only these addresses: a test with the real thing.
    to: tuple[str, ...] = ()
    #: Edition of the addresses of a test; empty: each its own.
    edition: str = ""
    #: Not before; None: now.
    starts: datetime | None = None
    #: So long after everybody is written down, for second thoughts.
    hold: timedelta = timedelta(0)
    #: Percent of the readers who get it first; 0: everybody at once.
    canary_percent: float = 0.0
    policy: UnknownPolicy | None = None

    @property
    def is_test(self) -> bool:
        """Say whether only named addresses are written to."""
        return bool(self.to)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a send would do; nothing has been written."""

    issue: str
    lists: tuple[str, ...]
    #: Who would get it now.
    readers: int
    by_edition: Mapping[str, int]
    #: Reason -> how many of the lists' people are not written to.
    left_out: Mapping[str, int]
    #: How many already have a delivery of this issue by an earlier mailing.
    served: int
    #: Earlier mailings of this issue.
    earlier: tuple[Mailing, ...] = ()
    #: How long the limits make it take; None: as long as the server takes.
    seconds: float | None = None
    #: The limits it has to keep to, in words.
    limits: tuple[str, ...] = ()
    server: str = ""
    findings: tuple[Finding, ...] = field(default=())


def plan(workspace: Workspace, order: Order, *, now: datetime) -> Plan:
    """Return who would get which edition, who is left out and why, and how long it takes.

    Raises PreflightError where the issue must not be sent as it is.
    """
    with workspace.open_store(create=False) as store:
        preparation = Preparation(workspace, store, order, now)
        by_edition, before = preparation.count()
        findings: tuple[Finding, ...] = ()
        if by_edition or not before:
            findings = preparation.checked(by_edition or {preparation.own_edition.key: 0})
        readers = sum(by_edition.values())
        routes = workspace.settings.routes
        return Plan(
            issue=order.issue,
            lists=order.lists,
            readers=readers,
            by_edition=by_edition,
            left_out=Readers(store).left_out(order.lists) if order.lists else {},
            served=before,
            earlier=Mailings(store).of_issue(order.issue),
            seconds=least_seconds(routes, readers),
            limits=limits_told(routes, workspace.settings.sending),
            server=", ".join(f"{one.host}:{one.port}" for one in routes),
            findings=findings,
        )


#: Called with how many recipients are written down, of how many.
Watch = Callable[[int, int], None]


def prepare(
    workspace: Workspace, order: Order, *, now: datetime, watch: Watch | None = None
) -> Mailing | None:
    """Freeze content, settings and recipients into a mailing; None: nobody is left to send to.

    Nothing that is edited afterwards changes a byte of it. Who already has a delivery of
    this issue is not in it. Killed half-way it leaves nothing that could be sent. Raises
    PreflightError where the issue must not be sent.
    """
    with workspace.open_store(create=False) as store:
        is_new = not store.is_there
    if is_new:
        # What is refused must not leave an empty database behind.
        plan(workspace, order, now=now)
    with workspace.open_store(create=True) as store:
        if workspace.settings.sending.suppress_bounced:
            suppress_all_bounced(store, HARD_BOUNCES)
        return Preparation(workspace, store, order, now).freeze(watch)


class Preparation:
    """The making of one mailing."""

    def __init__(self, workspace: Workspace, store: Store, order: Order, now: datetime) -> None:
        self.settings = workspace.settings
        self._workspace = workspace
        self._store = store
        self._order = order
        self._now = now
        self._starts = max(order.starts or now, now)
        self.editions = Editions.of(workspace, order.issue)
        self._asked_edition = self.editions.named(order.edition) if order.edition else None
        self.issue: Issue = self.editions.issue
        self.identity = self.editions.identity
        self._sender = _sender(self.settings)
        _check_sending(self.settings)
        # A key that cannot be used is told before anything is written, in a dry run too.
        dkim = self.settings.dkim
        configured_signer(dkim.domain, dkim.selector, dkim.key_file, workspace.root)

    @property
    def own_edition(self) -> Edition:
        """Return the edition in the newsletter's own language."""
        return Edition(self.settings.language)

    def count(self) -> tuple[dict[str, int], int]:
        """Return how many would get each edition, and how many have had it before."""
        had = served(self._store, self._order.issue) if not self._order.is_test else None
        counts: Counter[str] = Counter()
        before = 0
        for reader in self._readers():
            if had and had.has(reader.subscriber.address):
                before += 1
            else:
                counts[self._edition(reader).key] += 1
        return dict(sorted(counts.items())), before

    def checked(self, editions: Mapping[str, int]) -> tuple[Finding, ...]:
        """Return the findings about these editions; PreflightError where one stops the send."""
        from newsletter import preflight

        rendered = tuple(self._render(key) for key in editions)
        candidate = self.editions.candidate(rendered)
        findings = preflight.run(candidate)
        if preflight.stops(findings):
            errors = [one for one in findings if one.severity is preflight.Severity.ERROR]
            told = "; ".join(
                f"{one.message} ({one.where})" if one.where else one.message for one in errors[:3]
            )
            more = f" and {len(errors) - 3} more" if len(errors) > 3 else ""
            raise PreflightError(
                f"{self._order.issue!r} is not ready to be sent: {told}{more}",
                hint=f"Run `newsletter check {self._order.issue}`, mend each error, send again.",
            )
        return findings

    def freeze(self, watch: Watch | None = None) -> Mailing | None:
        """Write the mailing, or nothing."""
        editions, _ = self.count()
        if not editions:
            return None
        self.checked(editions)
        sending = self.settings.sending
        new = NewMailing(
            issue=self._order.issue,
            lists=self._order.lists,
            editions=tuple(self._frozen(key) for key in editions),
            policy=self._order.policy or _policy(sending.unknown),
            machine=self._store.fingerprint(sending.machine),
            starts=self._starts,
            is_test=self._order.is_test,
            canary=self._canary(),
            settings={"sender": self._sender.address, "subject": self.issue.subject},
        )
        return self._write(Freezing(self._store, new, now=self._now), editions, watch)

    def _write(
        self, freezing: Freezing, editions: Mapping[str, int], watch: Watch | None
    ) -> Mailing | None:
        """Write everybody down; what is given up half-way is taken away again."""
        planned = sum(editions.values())
        try:
            for count in freezing.add(self._recipients(editions), self._returns_to):
                if watch is not None:
                    watch(count, planned)
            now = datetime.now(UTC)
            # A hold ends no earlier than the time that was asked for.
            starts = max(now + self._order.hold, self._starts) if self._order.hold else None
            if not freezing.complete(now=now, starts=starts):
                return None
        except BaseException:
            # Where even that fails, the next preparation does it.
            with suppress(StoreError):
                freezing.discard()
            raise
        return Mailings(self._store).named(freezing.mailing)

    def _canary(self) -> int:
        percent = self._order.canary_percent
        return max(2, round(100 / percent)) if 0 < percent < 100 else 1

    # readers

    def _readers(self) -> Iterator[Reader]:
        """Return who the order names, each person once."""
        if not self._order.is_test:
            yield from Readers(self._store).recipients(self._order.lists)
            return
        seen: set[str] = set()
        for written in self._order.to:
            address = parse_address(written)
            if address.key not in seen:
                seen.add(address.key)
                yield self._named(address)

    def _named(self, address: EmailAddress) -> Reader:
        """Return a reader for an address of a test, with what is known of the person."""
        from newsletter.errors import SubscriberNotFoundError
        from newsletter.store.people import People

        key = "".join(c if c.isalnum() and c.isascii() else "-" for c in self.settings.name.lower())
        mailing_list = MailingList(key.strip("-") or "newsletter", self.settings.name)
        try:
            person = People(self._store).find(address.address).subscriber
        except SubscriberNotFoundError:
            person = Subscriber(address.address, address.name)
        return Reader(person, mailing_list)

    def _edition(self, reader: Reader) -> Edition:
        """Return the edition in the reader's language, else in the newsletter's own."""
        if self._asked_edition:
            return self._asked_edition
        person = reader.subscriber
        language = self.editions.language_for(person.language, reader.mailing_list.language)
        form = EditionForm(person.form) if person.form in set(EditionForm) else EditionForm.FULL
        return Edition(language, form)

    def _recipients(self, editions: Mapping[str, int]) -> Iterator[Recipient]:
        """Return who is frozen in; who joined meanwhile in another edition is for the next send."""
        from newsletter.rendering.headers import message_id
        from newsletter.rendering.personal import ListName, personal_values

        settings, sender = self.settings, self._sender.address
        keys = Keys.of(settings.secret)
        domain = sender.rpartition("@")[2]
        # Each test is a message of its own; mail programs hide a second one with the same id.
        key = self._order.issue
        if self._order.is_test:
            key = f"{key}-test-{self._now:%Y%m%d%H%M%S%f}"
        for reader in self._readers():
            person, edition = reader.subscriber, self._edition(reader)
            if edition.key not in editions:
                continue
            name = ListName(reader.mailing_list.key, reader.mailing_list.title)
            personal = personal_values(
                person.name,
                name,
                edition,
                self.identity,
                slug=self.issue.slug,
                token=_leaving(keys, reader),
            )
            yield Recipient(
                person.address,
                edition.key,
                message_id(settings.secret, key, person.address, domain),
                sender,
                personal,
            )

    def _returns_to(self, number: int) -> str:
        """Return the address returned mail goes to: it names the delivery and nobody else."""
        from newsletter.rendering.headers import return_path

        base = self.settings.mail.return_path
        if not base:
            return ""
        keys = Keys.of(self.settings.secret)
        return return_path(base, make_token(keys, Purpose.BOUNCE, number))

    # editions

    def _render(self, key: str) -> RenderedEdition:
        return self.editions.render(Edition.from_key(key))

    def _frozen(self, key: str) -> FrozenEdition:
        from newsletter.rendering.addressing import addressing_of
        from newsletter.rendering.message import build_template

        addressing = addressing_of(self.identity, self._order.issue, self._starts)
        edition = Edition.from_key(key)
        template = build_template(
            self.editions.render(edition),
            addressing,
            attachments=self.editions.attachments(edition),
        )
        return FrozenEdition(key, template.to_bytes(), template.fingerprint)


def _leaving(keys: Keys, reader: Reader) -> str:
    """Return the token by which this person may leave this list; empty: nobody we know."""
    person, mailing_list = reader.subscriber.id, reader.mailing_list.id
    if not person or not mailing_list:
        return ""
    bound_to = person_on_list(canonical_key(reader.subscriber.address), reader.mailing_list.key)
    return make_token(keys, Purpose.UNSUBSCRIBE, person, mailing_list, bound_to=bound_to)


def _check_sending(settings: Settings) -> None:
    """Refuse settings that no run could go by, before anything is written; a dry run does too."""
    sending = settings.sending
    if settings.routes:
        setup.routes_of(settings.routes, sending)
    setup.patience_of(sending)
    setup.quiet_of(sending, settings.time_zone)
    setup.domains_of(sending)
    _policy(sending.unknown)


def _sender(settings: Settings) -> EmailAddress:
    if not settings.mail.sender:
        raise SettingsError(
            "nobody is set to send from",
            hint='Write MAIL_FROM="Name <address@example.org>" into .env.',
        )
    try:
        return parse_address(name_and_address(settings.mail.sender)[1])
    except AddressError as error:
        raise SettingsError(
            f"MAIL_FROM: {error}",
            hint='Write it as MAIL_FROM="Name <address@example.org>" in .env.',
        ) from error


def _policy(written: str) -> UnknownPolicy:
    try:
        return UnknownPolicy(written)
    except ValueError as error:
        raise SettingsError(
            f"'unknown' of [sending] is {written!r}",
            hint=f"Write one of {', '.join(UnknownPolicy)}.",
        ) from error
