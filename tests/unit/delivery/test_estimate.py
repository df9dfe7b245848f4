"""What the limits make of a send is told before it begins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.delivery.estimate import least_seconds, limits_told
from newsletter.model.sending import DomainSettings, RouteSettings, SendingSettings

FREE = RouteSettings("main", "mail.example")


@pytest.mark.parametrize(
    ("route", "readers", "seconds"),
    [
        (FREE, 1000, None),
        (replace(FREE, per_second=5), 0, None),
        (replace(FREE, per_second=5), 100, 20),
        (replace(FREE, per_hour=100), 100, None),
        (replace(FREE, per_hour=100), 101, 3600),
        (replace(FREE, per_hour=100), 350, 3 * 3600),
        (replace(FREE, per_hour=100, per_day=200), 450, 2 * 86_400),
    ],
)
def test_the_narrowest_limit_says_how_long_it_takes(
    route: RouteSettings, readers: int, seconds: float | None
) -> None:
    assert least_seconds((route,), readers) == seconds


def test_servers_share_the_work_and_those_in_reserve_do_none() -> None:
    limited = replace(FREE, per_second=1)
    reserve = replace(limited, name="reserve", backup=True)

    assert least_seconds((limited, replace(limited, name="second"), reserve), 100) == 50
    assert least_seconds((reserve,), 100) is None


def test_every_limit_is_told_in_words() -> None:
    route = replace(FREE, per_second=0.5, per_hour=100, per_day=1000, warm_up=(50, 100))
    domains = (
        DomainSettings("slow", ("a.example", "b.example"), per_hour=5),
        DomainSettings("free", ("c.example",)),
        DomainSettings("google", ("gmail.com",), mx=("google.com", "psmtp.com"), per_second=2),
        DomainSettings("others", ("*",), per_hour=50, at_once=3),
    )

    told = limits_told((route,), SendingSettings(domains=domains, quiet_hours="22:00-07:00"))

    assert told == (
        "0.5 a second, 100 an hour, 1000 a day, 50 on the first day",
        "a.example, b.example: 5 an hour",
        "gmail.com, mail taken by google.com or psmtp.com: 2 a second",
        "*: 50 an hour, 3 at once",
        "nothing at 22:00-07:00",
    )


def test_with_several_servers_each_limit_names_its_own() -> None:
    routes = (replace(FREE, per_hour=10), replace(FREE, name="second"))

    assert limits_told(routes, SendingSettings()) == ("main: 10 an hour",)
