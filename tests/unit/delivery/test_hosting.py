"""Who takes the mail of a domain: which host decides, and whose it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.delivery.hosting import by_suffix, deciding_host, is_fresh, provider_of
from newsletter.model.mailhost import MailHost

NOW = datetime(2016, 5, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("records", "host"),
    [
        ([(10, "mx2.example.net."), (5, "MX1.Example.ORG.")], "mx1.example.org"),
        ([(10, "b.example.net."), (10, "a.example.org.")], "a.example.org"),
        ([], "library.example"),
        ([(0, ".")], ""),
        # A null MX must stand alone (RFC 7505 section 3); beside others it says nothing.
        ([(0, "."), (10, "mx.example.org.")], "mx.example.org"),
        ([(10, "192.0.2.25.")], "192.0.2.25"),
    ],
)
def test_the_host_with_the_lowest_preference_takes_the_mail(
    records: list[tuple[int, str]], host: str
) -> None:
    assert deciding_host(records, "Library.example.") == host


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        ("mx.hosting.example", "hosting.example"),
        ("library-example.mail.protection.outlook.com", "outlook.com"),
        ("hosting.example", "hosting.example"),
        ("mx.uni.ac.uk", "uni.ac.uk"),
        ("a.b.host.com.br", "host.com.br"),
        ("com.br", "com.br"),
        ("mail.cuyahoga.lib.oh.us", "cuyahoga.lib.oh.us"),
        ("mx.library.us", "library.us"),
        # Only countries have such registries.
        ("mx.co.example", "co.example"),
        ("192.0.2.25", "192.0.2.25"),
        ("localhost", "localhost"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_a_provider_is_what_its_owner_has_registered(host: str, provider: str) -> None:
    assert provider_of(host) == provider


def test_the_longest_ending_wins_and_endings_are_whole_labels() -> None:
    takers = {"outlook.com": "all", "olc.protection.outlook.com": "people"}

    assert by_suffix("x.olc.protection.outlook.com", takers) == "people"
    assert by_suffix("x.mail.protection.outlook.com", takers) == "all"
    assert by_suffix("outlook.com", takers) == "all"
    assert by_suffix("notoutlook.com", takers) is None


@pytest.mark.parametrize(
    ("age", "is_answer", "is_used"),
    [
        (timedelta(days=6, hours=23), True, True),
        (timedelta(days=7), True, False),
        (timedelta(minutes=59), False, True),
        (timedelta(hours=1), False, False),
        (timedelta(days=-8), True, False),
    ],
)
def test_an_answer_is_used_for_a_week_and_none_for_an_hour(
    age: timedelta, is_answer: bool, is_used: bool
) -> None:
    assert is_fresh(MailHost("mx.example.org", NOW - age, is_answer), NOW) is is_used
