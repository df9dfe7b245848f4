"""A mailing's limits are sorted to providers by what the DNS says, now or a while ago."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.errors import SettingsError
from newsletter.mailhosts import Asking, asking_of, sorted_to_providers
from newsletter.model.mailhost import MailHost
from newsletter.model.mailing import Recipient, UnknownPolicy
from newsletter.model.sending import DomainSettings, SendingSettings
from newsletter.store.freezing import FrozenEdition, NewMailing
from newsletter.store.mailhosts import MailHosts
from newsletter.store.sqlite import SqliteStore
from tests.frozen import frozen
from tests.servers.names import Zone, name_server

NOW = datetime(2016, 5, 20, 12, 0, tzinfo=UTC)
READERS = ("ana@one.example", "ben@two.example", "cy@xn--bcher-kva.example")
ZONE: Zone = {
    ("one.example.", "MX"): ("10 mx1.hosting.example.",),
    ("two.example.", "MX"): ("10 mx2.hosting.example.",),
    ("xn--bcher-kva.example.", "MX"): ("10 mx3.hosting.example.",),
}
BROKEN: Zone = {**ZONE, ("two.example.", "MX"): ()}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore.open(tmp_path / "newsletter.db", create=True) as opened:
        new = NewMailing(
            "2016-05", (), (FrozenEdition("en", b"", ""),), UnknownPolicy.HOLD, "here", NOW
        )
        people = [Recipient(one, "en", f"<{one}>", "news@example.org") for one in READERS]
        assert frozen(opened, new, people, now=NOW)
        yield opened


def _asking(port: int, told: list[str] | None = None) -> Asking:
    limit = DomainSettings("others", ("*",), per_hour=5)
    sending = SendingSettings(domains=(limit,), dns=f"127.0.0.1:{port}")
    return asking_of(sending, None if told is None else told.append)


def _providers(
    store: SqliteStore, zone: Zone, now: datetime, told: list[str] | None = None
) -> dict[str, str]:
    """Return what each reader's domain counts as."""
    with name_server(zone) as port:
        domains = sorted_to_providers(store, 1, _asking(port, told), now=now)
    groups = {reader: domains.group_of(reader.rpartition("@")[2]) for reader in READERS}
    return {reader.partition("@")[0]: group.name for reader, group in groups.items() if group}


def test_domains_at_one_provider_count_together_and_are_asked_about_once_a_week(
    store: SqliteStore,
) -> None:
    told: list[str] = []
    together = dict.fromkeys(("ana", "ben", "cy"), "hosting.example")

    # Nothing of it is in the DNS any more the second and third time.
    assert _providers(store, ZONE, NOW, told) == together
    assert _providers(store, {}, NOW + timedelta(days=6), told) == together
    assert _providers(store, {}, NOW + timedelta(days=8), told)["ana"] == "one.example"
    assert told == ["Asking the DNS who takes mail for 3 domains ..."] * 2


def test_a_domain_without_an_answer_counts_by_itself_and_is_asked_about_in_an_hour(
    store: SqliteStore,
) -> None:
    told: list[str] = []

    first = _providers(store, BROKEN, NOW, told)
    soon = _providers(store, ZONE, NOW + timedelta(minutes=50), told)
    later = _providers(store, ZONE, NOW + timedelta(minutes=70), told)

    assert (first["ana"], first["ben"]) == ("hosting.example", "two.example")
    assert soon == first
    assert later["ben"] == "hosting.example"
    assert told[1:] == ["Asking the DNS who takes mail for 1 domain ..."]


def test_a_domain_that_gives_no_answer_any_more_counts_as_it_did_before(
    store: SqliteStore,
) -> None:
    _providers(store, ZONE, NOW)

    assert _providers(store, BROKEN, NOW + timedelta(days=8))["ben"] == "hosting.example"
    kept = MailHosts(store).known(["two.example"])["two.example"]
    assert kept == MailHost("mx2.hosting.example", NOW + timedelta(days=8), is_answer=False)


def test_answers_that_cannot_be_kept_still_count(store: SqliteStore) -> None:
    store.connection.execute("PRAGMA query_only = ON")

    assert _providers(store, ZONE, NOW)["ana"] == "hosting.example"
    assert MailHosts(store).known(["one.example"]) == {}


def test_settings_that_cannot_work_are_refused_before_anybody_is_asked() -> None:
    with pytest.raises(SettingsError, match="per_hour"):
        asking_of(SendingSettings(domains=(DomainSettings("o", ("*",), per_hour=-1),)))
