"""Routes: when to leave a server in peace, and how many connections pay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.delivery.outcome import Outcome, Reply, Stage
from newsletter.delivery.progress import LINE_SHOWN, RunEnd, Why
from newsletter.delivery.resting import MOST_PUT_OFF
from newsletter.delivery.routes import (
    FIRST_CONNECTIONS,
    LONGEST_PAUSE,
    RATE_PAUSE,
    TOO_FAST_PAUSE,
    Crew,
    Route,
    RouteHealth,
    rest_after,
    usable,
)
from newsletter.delivery.sender import FAILURES_BEFORE_LEAVING
from newsletter.delivery.server import Server
from newsletter.model.ledger import Settlement
from newsletter.model.mailing import DeliveryState

NOW = datetime(2016, 5, 20, 12, 0, tzinfo=UTC)


def _health(name: str = "main", *, backup: bool = False, most: int = 16) -> RouteHealth:
    return RouteHealth(Route(name, Server("mail.example"), connections=most, is_backup=backup))


def test_connections_rise_while_the_rate_rises_and_fall_back_when_it_does_not() -> None:
    crew = Crew(64)

    sizes = [crew.size]
    for rate in (100, 190, 230, 231):
        crew.review(rate)
        sizes.append(crew.size)

    # Twice as many while that brings nearly twice as much, then half as many more.
    assert sizes == [FIRST_CONNECTIONS, 8, 16, 24, 16]


def test_after_a_try_that_did_not_pay_it_rests_before_the_next() -> None:
    crew = Crew(16)
    crew.review(100)
    crew.review(100)
    assert crew.size == FIRST_CONNECTIONS

    for _ in range(60):
        crew.review(100)
        assert crew.size == FIRST_CONNECTIONS
    crew.review(100)
    assert crew.size > FIRST_CONNECTIONS


def test_no_more_connections_than_the_server_allows() -> None:
    crew = Crew(2)

    for rate in (100, 1000, 10000):
        crew.review(rate)

    assert crew.size == 2


def test_after_a_complaint_there_are_half_as_many_and_they_come_back_one_by_one() -> None:
    health = _health()
    health.crew.review(100)
    assert health.crew.size == 8

    health.complained("421 too many connections", NOW)

    assert health.is_paused(NOW)
    assert health.crew.size == 0  # What is on the wire ends, nothing begins.
    assert usable([health], NOW + TOO_FAST_PAUSE) == [health]
    assert health.crew.size == 4
    health.worked(NOW + TOO_FAST_PAUSE)
    assert health.crew.size == 5
    for _ in range(30):
        health.crew.review(10_000)
    assert health.crew.size <= 8


def test_too_fast_means_ten_minutes_of_peace_and_then_one_connection() -> None:
    health = _health()

    health.complained("421 4.7.28 too fast", NOW, least=TOO_FAST_PAUSE)

    assert health.is_paused(NOW + TOO_FAST_PAUSE - timedelta(seconds=1))
    assert not health.is_paused(NOW + TOO_FAST_PAUSE)
    assert usable([health], NOW + TOO_FAST_PAUSE) == [health]
    assert health.crew.size == 1


def test_pauses_grow_with_the_complaints_even_if_a_message_passes_now_and_then() -> None:
    health, now, pauses = _health(), NOW, []

    for _ in range(5):
        health.complained("450 too many messages", now)
        assert health.paused_until is not None
        pauses.append(health.paused_until - now)
        now = health.paused_until
        health.worked(now)

    assert pauses == [timedelta(seconds=0.5 * 2**times) for times in range(5)]
    health.worked(now + TOO_FAST_PAUSE)
    health.complained("450 too many messages", now + TOO_FAST_PAUSE)
    assert health.paused_until == now + TOO_FAST_PAUSE + timedelta(seconds=0.5)


def test_a_server_that_puts_off_readers_of_several_domains_in_a_row_is_left_in_peace() -> None:
    health = _health()
    for number in range(MOST_PUT_OFF - 1):
        health.put_off(f"town{number}.example", "451 4.3.0 later", NOW)
    assert not health.is_paused(NOW)

    health.put_off("other.example", "451 4.3.0 later", NOW)

    assert health.is_paused(NOW + RATE_PAUSE - timedelta(seconds=1))
    assert health.trouble == "451 4.3.0 later"


def test_a_server_that_took_one_in_between_or_puts_off_one_domain_only_goes_on() -> None:
    taking, one_domain = _health(), _health()
    for number in range(5 * MOST_PUT_OFF):
        taking.put_off(f"town{number}.example", "451 4.3.0 later", NOW)
        if number % (MOST_PUT_OFF // 2) == 0:
            taking.took()
        one_domain.put_off("town.example", "451 4.3.0 later", NOW)

    assert not taking.is_paused(NOW)
    assert not one_domain.is_paused(NOW)


def test_a_server_that_was_greylisting_has_its_connections_back_with_the_first_it_takes() -> None:
    health = RouteHealth(Route("main", Server("mail.example")), rest=timedelta(minutes=5))
    before = health.crew.size
    for number in range(MOST_PUT_OFF):
        health.put_off(f"town{number}.example", "450 4.2.0 greylisted", NOW)
    later = NOW + timedelta(minutes=5)
    assert not health.look(later - timedelta(seconds=1))
    assert health.look(later)
    tried = health.crew.size

    health.took()

    assert (tried, health.crew.size) == (1, before)


def test_to_put_everybody_off_twice_counts_as_having_no_server() -> None:
    health = _health()
    for number in range(MOST_PUT_OFF):
        health.put_off(f"town{number}.example", "451 4.3.0 later", NOW)
    health.put_off("town.example", "451 4.3.0 later", NOW + RATE_PAUSE)

    assert health.failures >= FAILURES_BEFORE_LEAVING


def test_an_answer_that_puts_a_reader_off_does_not_show_a_server_at_work() -> None:
    later = Outcome(Stage.RCPT, Reply(451, "4.3.0", "later"))
    gone = Outcome(Stage.RCPT, Reply(550, "5.1.1", "no such user"))
    put_off, answering = _health(), _health()
    for health in (put_off, answering):
        health.failed("no connection", NOW)

    put_off.heard(Settlement(1, DeliveryState.DEFERRED, due=NOW), "town.example", later, NOW)
    answering.heard(Settlement(1, DeliveryState.REFUSED), "town.example", gone, NOW)

    assert (put_off.failures, answering.failures) == (1, 0)


def test_a_server_tried_again_rests_longer_if_the_first_reader_is_put_off_too() -> None:
    health = _health()
    for number in range(MOST_PUT_OFF):
        health.put_off(f"town{number}.example", "451 4.3.0 later", NOW)
    later = NOW + RATE_PAUSE
    assert health.look(later)

    health.put_off("town.example", "451 4.3.0 later", later)

    assert health.is_paused(later + 2 * RATE_PAUSE - timedelta(seconds=1))


def test_the_first_connection_of_a_run_is_opened_alone() -> None:
    fresh, working, failing = _health(), _health(), _health()
    assert fresh.may_open
    working.worked(NOW)
    failing.failed("no connection", NOW)
    for health in (fresh, working, failing):
        health.opening = 1

    assert [one.may_open for one in (fresh, working, failing)] == [False, True, True]


def test_a_long_reply_is_shortened_where_people_read_it() -> None:
    health = _health()

    health.failed("550 " + "x" * 5000, NOW)

    assert len(health.trouble) == LINE_SHOWN
    assert len(RunEnd(Why.STOPPED, "x" * 5000).reason) == LINE_SHOWN


def test_pauses_after_failures_grow_up_to_a_limit_and_end_with_success() -> None:
    health = _health()
    pauses = []

    for _ in range(14):
        health.failed("no connection", NOW)
        assert health.paused_until is not None
        pauses.append(health.paused_until - NOW)

    assert pauses[:4] == [timedelta(seconds=0.5 * 2**n) for n in range(4)]
    assert pauses[-1] == LONGEST_PAUSE
    health.worked(NOW)
    assert health.failures == 0


@pytest.mark.parametrize("back", [timedelta(hours=5), timedelta(days=400)])
def test_no_pause_is_longer_than_the_longest_because_the_clock_was_set_back(
    back: timedelta,
) -> None:
    health, now = _health(), NOW - back
    health.complained("421 4.7.28 too fast", NOW, least=TOO_FAST_PAUSE)

    assert usable([health], now) == [health]  # There is no other.
    assert health.is_paused(now + LONGEST_PAUSE - timedelta(seconds=1))
    assert health.look(now + LONGEST_PAUSE)
    assert health.crew.size == 1


def test_connections_come_back_though_the_clock_was_set_back() -> None:
    health, now = _health(), NOW - timedelta(hours=5)
    health.complained("421 too many connections", NOW)
    assert not health.look(now)
    assert health.look(now + LONGEST_PAUSE)
    before = health.crew.size

    health.worked(now + LONGEST_PAUSE)
    health.worked(now + LONGEST_PAUSE + TOO_FAST_PAUSE)

    assert health.crew.size > before


def test_a_backup_is_used_only_while_no_other_server_works() -> None:
    main, backup = _health(), _health("backup", backup=True)
    routes = [main, backup]

    assert usable(routes, NOW) == [main]
    main.failed("no connection", NOW)
    main.failed("no connection", NOW)
    assert usable(routes, NOW) == routes
    main.worked(NOW + timedelta(minutes=1))
    assert usable(routes, NOW + timedelta(minutes=1)) == [main]


def test_senders_are_compared_as_people_write_them() -> None:
    route = Route("office", Server("h"), senders=("@Library.example", "News@Press.example"))

    assert route.carries("desk@library.EXAMPLE")
    assert route.carries("news@press.example")
    assert not route.carries("desk@press.example")


def test_a_route_carries_the_senders_it_is_for() -> None:
    route = Route("r", Server("mail.example"), senders=("news@a.example", "b.example"))

    assert route.carries("news@a.example")
    assert route.carries("anybody@b.example")
    assert not route.carries("other@a.example")
    assert Route("all", Server("mail.example")).carries("anybody@anywhere.example")


@pytest.mark.parametrize(
    ("reason", "enhanced", "text", "rest"),
    [
        ("rate", "4.7.28", "an unusual rate of mail", TOO_FAST_PAUSE),
        ("rate", "4.7.1", "Error: too much mail from 192.0.2.1", RATE_PAUSE),
        ("rate", "", "Maximum sending rate exceeded", RATE_PAUSE),
        ("rate", "4.3.2", "Too many open connections", timedelta(0)),
        ("rate", "4.3.2", "sender thread limit exceeded", timedelta(0)),
        ("server-closing", "4.3.2", "try again later", timedelta(0)),
    ],
)
def test_too_fast_asks_for_a_rest_and_too_many_connections_for_fewer(
    reason: str, enhanced: str, text: str, rest: timedelta
) -> None:
    assert rest_after(reason, Outcome(Stage.MAIL, Reply(450, enhanced, text))) == rest


def test_a_rest_is_doubled_while_the_server_complains_and_ends_with_one_connection() -> None:
    health, now, pauses = _health(), NOW, []

    for _ in range(6):
        health.complained("450 too much mail", now, least=RATE_PAUSE)
        assert health.paused_until is not None
        pauses.append((health.paused_until - now) // RATE_PAUSE)
        now = health.paused_until

    assert pauses == [1, 2, 4, 8, 10, 10]
    assert usable([health], now) == [health]
    assert health.crew.size == 1
