"""A mailing's limits per domain, with the readers' domains sorted to their providers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from newsletter.delivery import setup
from newsletter.delivery.hosting import is_fresh
from newsletter.delivery.pacing import Domains
from newsletter.errors import StoreError
from newsletter.model.mailhost import MailHost
from newsletter.store.mailhosts import MailHosts

if TYPE_CHECKING:
    from newsletter.delivery.asking import NameServer
    from newsletter.model.sending import SendingSettings
    from newsletter.store import Store


@dataclass(frozen=True, slots=True)
class Asking:
    """The limits per domain, whom to ask for them, and whom to tell that it takes a moment."""

    domains: Domains
    server: NameServer | None = None
    tell: Callable[[str], None] | None = None


def asking_of(sending: SendingSettings, tell: Callable[[str], None] | None = None) -> Asking:
    """Return what the settings say of it, or raise SettingsError."""
    return Asking(setup.domains_of(sending), setup.name_server_of(sending), tell)


def sorted_to_providers(store: Store, mailing: int, asking: Asking, *, now: datetime) -> Domains:
    """Return the limits with the domains of one provider counted together.

    The DNS is asked only where a limit needs it, once in a week for each domain. A domain it
    does not answer for counts as it did before, or by itself: no mailing fails for it.
    """
    domains = asking.domains
    if not domains.needs_hosts:
        return domains
    memory = MailHosts(store)
    wanted = domains.without_host(memory.open_domains(mailing))
    known = memory.known(wanted)
    unknown = [one for one in wanted if one not in known or not is_fresh(known[one], now)]
    if unknown:
        learnt = _learn(unknown, known, asking, now)
        # The ledger will tell of a store that cannot be written, before the first message.
        with suppress(StoreError):
            memory.keep(learnt, now=now)
        known |= learnt
    return replace(domains, hosts={domain: host.name for domain, host in known.items()})


def _learn(
    domains: Sequence[str], before: Mapping[str, MailHost], asking: Asking, now: datetime
) -> dict[str, MailHost]:
    """Return what the DNS says of these domains now."""
    from newsletter.delivery.asking import mail_hosts

    if asking.tell:
        many = "1 domain" if len(domains) == 1 else f"{len(domains)} domains"
        asking.tell(f"Asking the DNS who takes mail for {many} ...")
    learnt = {}
    for domain, host in mail_hosts(domains, asking.server).items():
        old = before[domain].name if domain in before else ""
        learnt[domain] = MailHost(old if host is None else host, now, host is not None)
    return learnt
