"""Limits: never more than allowed in any window, and a clear "ask again then"."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.pacing import (
    SET_BACK,
    UNLIMITED,
    Allowance,
    DomainLimits,
    Domains,
    Limits,
    QuietHours,
    Used,
    WarmUp,
    allowance,
    next_at,
)
from newsletter.delivery.providers import PROVIDERS

NOW = datetime(2016, 5, 20, 12, 0, 30, tzinfo=UTC)


def test_without_limits_everything_may_go() -> None:
    assert allowance(Limits(), Used(), NOW) is UNLIMITED
    assert Limits().is_none


def test_a_window_that_is_full_opens_with_the_next_minute() -> None:
    full = allowance(Limits(per_hour=100), Used(in_hour=100), NOW)

    assert full == Allowance(0, datetime(2016, 5, 20, 12, 1, tzinfo=UTC))
    assert allowance(Limits(per_day=100), Used(in_day=70), NOW).count == 30


def test_the_strictest_limit_rules() -> None:
    limits = Limits(per_second=1000, per_hour=50, per_day=7)

    assert allowance(limits, Used(in_hour=10, in_day=4), NOW).count == 3


@pytest.mark.parametrize(
    "limits",
    [Limits(per_second=15, per_hour=50), Limits(per_hour=3, per_day=7), Limits(50, 3, 7)],
)
def test_the_strictest_limit_rules_whichever_it_is(limits: Limits) -> None:
    assert allowance(limits, Used(), NOW).count == 3


def test_one_message_at_a_time_where_less_than_one_a_second_may_go() -> None:
    limits = Limits(per_second=0.1)
    after = next_at(0.1, None, 1, NOW)

    assert allowance(limits, Used(), NOW).count == 1
    waiting = allowance(limits, Used(next_at=after), NOW)
    assert waiting.count == 0
    assert waiting.ask_again == NOW + timedelta(seconds=10)


@pytest.mark.parametrize("rate", [0.1, 10, 500])
@pytest.mark.parametrize("ahead", [timedelta(seconds=30), timedelta(hours=5), timedelta(days=2)])
def test_a_clock_that_was_set_back_stops_the_mail_for_a_minute_at_most(
    ahead: timedelta, rate: float
) -> None:
    used, now, asked = Used(next_at=NOW + ahead), NOW, 0

    while not (allowed := allowance(Limits(per_second=rate), used, now)).count:
        assert allowed.ask_again is not None
        assert allowed.ask_again > now
        now, asked = allowed.ask_again, asked + 1

    assert now - NOW <= SET_BACK
    assert asked <= 1
    assert next_at(rate, used.next_at, 1, now) <= now + timedelta(seconds=2 / rate) + SET_BACK


def test_processes_that_see_the_clock_a_little_apart_keep_the_limit_together() -> None:
    later = next_at(10, None, 2, NOW + timedelta(seconds=1))

    assert not allowance(Limits(per_second=10), Used(next_at=later), NOW).count


@given(
    rate=st.floats(0.5, 500),
    pauses=st.lists(st.floats(0, 2), min_size=1, max_size=60),
)
def test_in_no_stretch_of_time_more_goes_than_the_rate_and_one_helping(
    rate: float, pauses: list[float]
) -> None:
    now, at, sent = NOW, None, 0

    for pause in pauses:
        now += timedelta(seconds=pause)
        count = allowance(Limits(per_second=rate), Used(next_at=at), now).count
        if count:
            at = next_at(rate, at, count, now)
            sent += count

    seconds = (now - NOW).total_seconds()
    assert sent <= rate * (seconds + max(0.2, 1 / rate)) + 1


@given(rate=st.floats(0.05, 500), wait=st.floats(0, 30))
def test_who_asks_again_when_told_gets_something(rate: float, wait: float) -> None:
    now = NOW + timedelta(seconds=wait)
    at = next_at(rate, None, allowance(Limits(per_second=rate), Used(), now).count, now)
    told = allowance(Limits(per_second=rate), Used(next_at=at), now)

    assert told.count == 0
    assert told.ask_again is not None
    later = told.ask_again + timedelta(microseconds=10)
    assert allowance(Limits(per_second=rate), Used(next_at=at), later).count >= 1


def test_a_warm_up_allows_more_each_day_and_then_ends() -> None:
    plan = WarmUp((50, 100))

    assert plan.applied(Limits(), None, NOW).per_day == 50
    assert plan.applied(Limits(per_day=70), NOW - timedelta(days=1), NOW).per_day == 70
    assert plan.applied(Limits(), NOW - timedelta(days=1, hours=1), NOW).per_day == 100
    assert plan.applied(Limits(), NOW - timedelta(days=2), NOW).is_none
    assert WarmUp().cap(None, NOW) == 0


def test_quiet_hours_over_midnight_end_in_the_morning_of_the_newsletters_own_zone() -> None:
    quiet = QuietHours(time(22), time(7), "Europe/Paris")

    assert quiet.until(datetime(2016, 5, 20, 21, 0, tzinfo=UTC)) == datetime(
        2016, 5, 21, 5, 0, tzinfo=UTC
    )
    assert quiet.until(datetime(2016, 5, 20, 3, 0, tzinfo=UTC)) == datetime(
        2016, 5, 20, 5, 0, tzinfo=UTC
    )
    assert quiet.until(NOW) is None
    assert QuietHours(time(12), time(13)).until(NOW) == datetime(2016, 5, 20, 13, 0, tzinfo=UTC)
    assert QuietHours(time(12), time(12)).until(NOW) is None


@pytest.mark.parametrize(
    ("hours", "now", "end"),
    [
        # Summer time begins on 27 March 2016 in Paris: 02:00 is 03:00, 01:00 in UTC.
        ((time(22), time(7)), "2016-03-26T22:00", "2016-03-27T05:00"),
        ((time(22), time(7)), "2016-03-27T01:30", "2016-03-27T05:00"),
        ((time(1), time(2, 30)), "2016-03-27T00:30", "2016-03-27T01:30"),
        ((time(1), time(2, 30)), "2016-03-27T01:00", None),
        ((time(2, 15), time(2, 45)), "2016-03-27T01:20", None),
        # It ends on 30 October 2016: 03:00 is 02:00, 01:00 in UTC; that hour comes twice.
        ((time(22), time(7)), "2016-10-29T21:00", "2016-10-30T06:00"),
        ((time(22), time(7)), "2016-10-30T00:30", "2016-10-30T06:00"),
        ((time(1), time(2, 30)), "2016-10-30T00:15", "2016-10-30T00:30"),
        ((time(1), time(2, 30)), "2016-10-30T00:45", None),
        ((time(1), time(2, 30)), "2016-10-30T01:15", "2016-10-30T01:30"),
        ((time(1), time(2, 30)), "2016-10-30T01:30", None),
    ],
)
def test_quiet_hours_are_the_clocks_on_the_wall_when_summer_time_begins_and_ends(
    hours: tuple[time, time], now: str, end: str | None
) -> None:
    quiet = QuietHours(*hours, "Europe/Paris")
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)

    assert quiet.until(moment) == (datetime.fromisoformat(end).replace(tzinfo=UTC) if end else None)


@given(st.integers(0, 366 * 24 * 60), st.times(), st.times())
def test_the_end_of_the_quiet_hours_is_always_ahead_and_within_a_day_and_an_hour(
    minutes: int, start: time, end: time
) -> None:
    now = datetime(2016, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)

    until = QuietHours(start, end, "Europe/Paris").until(now)

    # An end in the hour that spring leaves out comes an hour later on the wall.
    assert until is None or now < until <= now + timedelta(hours=25)


def test_the_providers_that_everybody_knows_count_as_one_without_being_named() -> None:
    domains = Domains(
        (
            DomainLimits("ours", Limits(per_hour=5), ("googlemail.com",)),
            DomainLimits("rest", Limits(per_hour=9), ("*",)),
        )
    )

    groups = {
        domain: domains.group_of(domain)
        for domain in ("hotmail.com", "outlook.com", "gmail.com", "googlemail.com", "x.example")
    }

    assert groups["hotmail.com"] is groups["outlook.com"]
    assert {domain: group and group.name for domain, group in groups.items()} == {
        "hotmail.com": "microsoft",
        "outlook.com": "microsoft",
        "gmail.com": "google",
        "googlemail.com": "ours",
        "x.example": "x.example",
    }
    assert Domains().group_of("hotmail.com") is None


def test_no_domain_belongs_to_two_providers() -> None:
    every = [domain for domains in PROVIDERS.values() for domain in domains]

    assert len(every) == len(set(every))


def test_the_domains_of_a_provider_count_together_and_others_each_for_themselves() -> None:
    provider = DomainLimits("mail", Limits(per_hour=10), ("mail.example", "Post.example"))
    domains = Domains((provider, DomainLimits("rest", Limits(per_hour=5), ("*",))))

    assert domains.group_of("mail.example") is domains.group_of("post.example") is provider
    other = domains.group_of("else.example")
    assert other == DomainLimits("else.example", Limits(per_hour=5), ("else.example",))
    assert Domains().group_of("mail.example") is None
    assert Domains((DomainLimits("none", Limits(), ("a.example",)),)).group_of("a.example") is None
