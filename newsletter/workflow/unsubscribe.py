"""Let a reader leave a list by the link in a message, and come back by the same link."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from newsletter import shipped
from newsletter.audience.addresses import masked_address
from newsletter.audience.consent import (
    Keys,
    Purpose,
    claimed_numbers,
    person_on_list,
    read_token,
)
from newsletter.errors import LinkError, StoreError
from newsletter.model.people import (
    MailingList,
    SubscriberRecord,
    SubscriptionStatus,
    canonical_key,
)
from newsletter.model.public import SAMPLE_TOKEN, Situation, Way
from newsletter.rendering.service_pages import Saying, render_page
from newsletter.rendering.service_pages import ServicePage as ServicePage  # the faces show it
from newsletter.store.people import People

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.workspace import Workspace

#: Kept with the subscription and its event.
CAME_BACK = "came back by the page"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a token is for, and how they stand to its list."""

    record: SubscriberRecord
    mailing_list: MailingList

    @property
    def address(self) -> str:
        """Return the address as the store has it."""
        return self.record.subscriber.address

    @property
    def is_on_the_list(self) -> bool:
        """Say whether there is anything to leave."""
        return any(
            one.status is not SubscriptionStatus.UNSUBSCRIBED
            for one in self.record.subscriptions
            if one.mailing_list == self.mailing_list.key
        )

    @property
    def situation(self) -> Situation:
        """Return what the page has to say to them."""
        if self.is_on_the_list:
            return Situation.LEAVE
        return Situation.AWAY if self.record.suppression else Situation.LEFT


def look(workspace: Workspace, token: str, *, wishes: Sequence[str] = ()) -> ServicePage:
    """Return the page of a link; whoever follows links by machine changes nothing.

    `wishes` are the languages of the browser, for who is not known. Raises LinkError for a
    link that is not ours, StoreError where nobody can be looked up.
    """
    if token == SAMPLE_TOKEN:
        return excuse(workspace, Situation.SAMPLE, wishes=wishes)
    with _people(workspace) as people:
        holder = _holder(workspace, people, token)
    return _page(workspace, holder, holder.situation)


def leave(
    workspace: Workspace, token: str, way: Way, *, now: datetime, wishes: Sequence[str] = ()
) -> ServicePage:
    """Take the holder of the token off its list, for good, and return the page that says so.

    Once more changes nothing: the first time counts. Raises like `look`.
    """
    if token == SAMPLE_TOKEN:
        return excuse(workspace, Situation.SAMPLE, wishes=wishes)
    with _people(workspace) as people:
        holder = _holder(workspace, people, token)
        if holder.is_on_the_list:
            people.unsubscribe(holder.address, holder.mailing_list.key, now=now, how=way)
    is_away = holder.record.suppression is not None
    return _page(workspace, holder, Situation.AWAY if is_away else Situation.LEFT)


def come_back(
    workspace: Workspace, token: str, *, now: datetime, wishes: Sequence[str] = ()
) -> ServicePage:
    """Put the holder of the token on its list again and return the page that says so.

    Whoever is suppressed stays so: only staff know why. Raises like `look`.
    """
    if token == SAMPLE_TOKEN:
        return excuse(workspace, Situation.SAMPLE, wishes=wishes)
    with _people(workspace) as people:
        holder = _holder(workspace, people, token)
        if holder.situation is Situation.AWAY:
            return _page(workspace, holder, Situation.AWAY)
        if holder.situation is Situation.LEFT:
            key = holder.mailing_list.key
            people.rejoin(holder.address, key, now=now, how=CAME_BACK)
    return _page(workspace, holder, Situation.BACK)


def excuse(
    workspace: Workspace, situation: Situation, *, wishes: Sequence[str] = ()
) -> ServicePage:
    """Return a page about nobody: a sample, a broken link, a store that cannot be reached."""
    return _rendered(workspace, Saying(situation), (*wishes, workspace.settings.language))


def ready(workspace: Workspace) -> str:
    """Return the address that messages name, "" for none, if the pages can be served.

    Raises SettingsError where no token could be read.
    """
    Keys.of(workspace.settings.secret)
    return workspace.settings.identity.unsubscribe_url


@contextmanager
def _people(workspace: Workspace) -> Iterator[People]:
    with workspace.open_store(create=False) as store:
        if not store.is_there:
            # Nobody must hear that their link is broken while a disk is not mounted.
            raise StoreError("there is no database of subscribers")
        yield People(store)


def _holder(workspace: Workspace, people: People, token: str) -> Holder:
    numbers = claimed_numbers(token)
    found = people.numbered(*numbers) if numbers and len(numbers) == 2 else None
    if found is None:
        raise LinkError("the link is not one of ours")
    holder = Holder(*found)
    bound_to = person_on_list(canonical_key(holder.address), holder.mailing_list.key)
    keys = Keys.of(workspace.settings.secret)
    if read_token(keys, Purpose.UNSUBSCRIBE, token, bound_to=bound_to) is None:
        raise LinkError("the link is not one of ours")
    return holder


def _page(workspace: Workspace, holder: Holder, situation: Situation) -> ServicePage:
    mailing_list = holder.mailing_list
    saying = Saying(
        situation, masked_address(holder.address), mailing_list.title or mailing_list.key
    )
    person = holder.record.subscriber
    languages = (person.language, mailing_list.language, workspace.settings.language)
    return _rendered(workspace, saying, languages)


def _rendered(workspace: Workspace, saying: Saying, languages: Sequence[str]) -> ServicePage:
    settings = workspace.settings
    return render_page(
        saying,
        settings.identity,
        theme=settings.theme,
        theme_folders=(workspace.templates_folder, shipped.templates()),
        languages=languages,
    )
