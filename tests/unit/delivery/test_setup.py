"""From what newsletter.toml says to routes, limits and patience; and how patience ends."""

from __future__ import annotations

import random
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from newsletter import settings
from newsletter.delivery import setup
from newsletter.delivery.ledger import Patience, settle
from newsletter.delivery.outcome import Outcome, Reply, Stage
from newsletter.delivery.pacing import Limits, QuietHours
from newsletter.delivery.replies import judge
from newsletter.errors import ServerError, SettingsError
from newsletter.model.ledger import Owed
from newsletter.model.mailing import DeliveryState
from newsletter.model.sending import DomainSettings, RouteSettings, SendingSettings

NOW = datetime(2016, 5, 20, 12, 0, tzinfo=UTC)
LATER = Outcome(Stage.RCPT, Reply(451, "4.3.0", "try later"))

TOML = """
[sending]
per_second = 10
quiet_hours = "22:00-07:00"
timeouts = { dot = 900, connect = 5 }

[[sending.domains]]
name = "provider"
domains = ["mail.example"]
per_hour = 100

[[sending.routes]]
name = "office"
host = "mail.example.org"
username = "desk"
password_variable = "OFFICE_PASSWORD"
senders = ["news@library.example"]
warm_up = [50, 100]

[[sending.routes]]
name = "provider"
host = "smtp.example.net"
port = 465
security = "tls"
backup = true
"""


def _load(folder: Path, toml: str, env: str = "") -> settings.Settings:
    (folder / "newsletter.toml").write_text(toml, encoding="utf-8")
    (folder / ".env").write_text(env, encoding="utf-8")
    return settings.load(folder)


def test_several_servers_come_with_their_limits_and_their_passwords_from_env(
    tmp_path: Path,
) -> None:
    loaded = _load(tmp_path, TOML, "OFFICE_PASSWORD='pa ss'\n")

    office, backup = setup.routes_of(loaded.routes, loaded.sending)

    assert (office.server.password, office.server.username) == ("pa ss", "desk")
    assert office.warm_up.per_day == (50, 100)
    assert not office.carries("else@library.example")
    assert (backup.is_backup, backup.server.port, backup.server.security) == (True, 465, "tls")
    assert (office.timeouts.dot, office.timeouts.connect, office.timeouts.mail) == (900, 5, 300)
    assert "pa ss" not in repr(loaded)


def test_a_password_that_is_not_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="OFFICE_PASSWORD"):
        _load(tmp_path, TOML)


def test_the_server_of_env_is_the_only_route_where_no_other_is_named(tmp_path: Path) -> None:
    loaded = _load(tmp_path, "[sending]\nper_hour = 7\n", "SMTP_HOST=mail.example\nSMTP_PORT=25\n")

    [route] = setup.routes_of(loaded.routes, loaded.sending)

    assert (route.name, route.server.host, route.server.port) == ("main", "mail.example", 25)
    assert route.limits == Limits(per_hour=7)


def test_a_token_or_the_command_that_prints_it_comes_from_env(tmp_path: Path) -> None:
    lines = (
        "SMTP_HOST=h\nSMTP_USERNAME=desk@x.example\nSMTP_TOKEN=s3cret\nSMTP_LOCAL_NAME=m.example\n"
    )
    fixed = _load(tmp_path, '[smtp]\nmechanism = "xoauth2"\n', lines)
    fresh = _load(tmp_path, "", lines + "SMTP_TOKEN_COMMAND=print-token desk\n")

    [by_token] = setup.routes_of(fixed.routes, fixed.sending)
    [by_command] = setup.routes_of(fresh.routes, fresh.sending)

    assert (by_token.server.token, by_token.server.mechanism) == ("s3cret", "XOAUTH2")
    assert by_token.server.local_name == "m.example"
    assert (by_command.server.token, by_command.server.uses_token) == ("", True)
    assert "s3cret" not in repr(fixed)
    assert "s3cret" not in str(settings.describe(fixed))


def test_each_route_has_its_own_token_and_name(tmp_path: Path) -> None:
    toml = """
    [[sending.routes]]
    name = "a"
    host = "a.example"
    username = "desk"
    token_variable = "A_TOKEN"
    local_name = "bücherei.example"
    """
    loaded = _load(tmp_path, toml, "A_TOKEN=s3cret\n")

    [route] = setup.routes_of(loaded.routes, loaded.sending)

    assert (route.server.token, route.server.local_name) == ("s3cret", "xn--bcherei-n2a.example")


def test_domains_and_quiet_hours_are_read(tmp_path: Path) -> None:
    loaded = _load(tmp_path, TOML, "OFFICE_PASSWORD=x\n")

    group = setup.domains_of(loaded.sending).group_of("mail.example")

    assert group is not None
    assert group.limits == Limits(per_hour=100)
    assert setup.quiet_of(loaded.sending, "UTC") == QuietHours(time(22), time(7), "UTC")
    assert setup.quiet_of(SendingSettings(), "UTC") is None


@pytest.mark.parametrize(
    ("route", "sending"),
    [
        (RouteSettings("r", "mail.example", security="ssl"), SendingSettings()),
        (RouteSettings("r", "mail.example"), SendingSettings(timeouts={"ssl": 3})),
        (RouteSettings("r", "mail.example", mechanism="ssl"), SendingSettings()),
        (RouteSettings("r", "mail.example", local_name="ssl x\r\nMAIL"), SendingSettings()),
        (RouteSettings("r", "mail.example", local_name="ssl..x"), SendingSettings()),
        (RouteSettings("r", "ssl.example", token="t"), SendingSettings()),
    ],
    ids=["security", "stage", "mechanism", "name", "empty part", "account"],
)
def test_what_is_misspelt_is_named(route: RouteSettings, sending: SendingSettings) -> None:
    with pytest.raises(SettingsError, match=r"(?i)ssl"):
        setup.routes_of([route], sending)


@pytest.mark.parametrize(
    "changes",
    [
        {"port": 0},
        {"port": 70000},
        {"connections": 0},
        {"per_second": -1.0},
        {"per_second": float("nan")},
        {"per_second": float("inf")},
        {"per_hour": -5},
        {"per_day": -5},
        {"warm_up": (0, 50)},
    ],
)
def test_numbers_that_mean_nothing_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=next(iter(changes))):
        setup.routes_of([RouteSettings("r", "mail.example", **changes)], SendingSettings())


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_time_out_is_some_time(seconds: float) -> None:
    with pytest.raises(SettingsError, match=r"timeouts\.dot"):
        setup.routes_of(
            [RouteSettings("r", "mail.example")], SendingSettings(timeouts={"dot": seconds})
        )


@pytest.mark.parametrize(
    "changes",
    [{"first_pause_seconds": 0}, {"longest_pause_seconds": 10}, {"give_up_days": -1}],
)
def test_patience_has_some_length(changes: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=next(iter(changes))):
        setup.patience_of(SendingSettings(**changes))


@pytest.mark.parametrize(
    "host", ["mail.example:587", "smtp://mail.example", "bad host", "x" * 64, "a..b"]
)
def test_what_is_no_name_of_a_server_is_refused(host: str) -> None:
    with pytest.raises(SettingsError, match="SMTP_HOST"):
        setup.routes_of([RouteSettings("r", host)], SendingSettings())


@pytest.mark.parametrize(
    ("written", "host"),
    [("[::1]", "::1"), ("2001:DB8::1", "2001:db8::1"), (" mail.example. ", "mail.example."),
     ("bücherei.example", "bücherei.example"), ("localhost", "localhost")],
)  # fmt: skip
def test_a_server_has_a_name_or_an_address(written: str, host: str) -> None:
    [route] = setup.routes_of([RouteSettings("r", written)], SendingSettings())

    assert route.server.host == host


def test_the_port_of_tls_is_not_for_starttls() -> None:
    with pytest.raises(SettingsError, match="465"):
        setup.routes_of([RouteSettings("r", "mail.example", 465)], SendingSettings())

    [route] = setup.routes_of([RouteSettings("r", "h", 465, "tls")], SendingSettings())
    assert route.server.port == 465


def test_two_routes_of_one_name_are_refused() -> None:
    with pytest.raises(SettingsError, match="two routes are called 'r'"):
        setup.routes_of([RouteSettings("r", "a"), RouteSettings("r", "b")], SendingSettings())


def test_no_server_and_no_hours_are_told() -> None:
    with pytest.raises(ServerError, match="no mail server"):
        setup.routes_of((), SendingSettings())
    with pytest.raises(SettingsError, match="at night"):
        setup.quiet_of(SendingSettings(quiet_hours="at night"), "UTC")


def test_pauses_grow_are_jittered_and_have_a_limit() -> None:
    patience, chance = setup.patience_of(SendingSettings()), random.Random(1)

    for attempts, plain in ((1, 300), (2, 600), (3, 1200), (9, 4000), (90, 4000)):
        pause = patience.pause(attempts, chance).total_seconds()
        assert 0.8 * plain <= pause <= 1.2 * plain


@pytest.mark.parametrize(
    ("tried", "state"),
    [(None, DeliveryState.DEFERRED), (4, DeliveryState.DEFERRED), (5, DeliveryState.REFUSED)],
)
def test_after_days_of_trying_what_is_deferred_is_refused(
    tried: int | None, state: DeliveryState
) -> None:
    since = None if tried is None else NOW - timedelta(days=tried)
    owed = Owed(1, "a@x.example", "x.example", "en", "n@x.example", {}, 3, since)

    settled = settle(
        owed, LATER, judge(LATER), now=NOW, patience=Patience(), chance=random.Random(1)
    )

    assert settled.state is state
    assert settled.is_counted
    assert (settled.due is not None) == (state is DeliveryState.DEFERRED)
    assert settled.reason.startswith("gave up: ") == (state is DeliveryState.REFUSED)
    assert (settled.code, settled.enhanced, settled.words) == (451, "4.3.0", "try later")


@pytest.mark.parametrize(
    ("hours", "zone", "named"),
    [
        ("22:00", "UTC", "quiet_hours"),
        ("22-7", "UTC", "quiet_hours"),
        ("25:00-07:00", "UTC", "quiet_hours"),
        ("22:00-07:00+02:00", "UTC", "quiet_hours"),
        ("22:00-07:00", "Mars/City", "Mars/City"),
        ("22:00-07:00", "Europe", "Europe"),
        ("22:00-07:00", "../etc/passwd", "passwd"),
    ],
)
def test_hours_and_zones_that_cannot_be_read_are_named(hours: str, zone: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        setup.quiet_of(SendingSettings(quiet_hours=hours), zone)


HOSTED = """
[sending]
dns = "127.0.0.1:5353"

[[sending.domains]]
name = "Google"
domains = ["Gmail.com.", "Bücher.example"]
mx = ["*.Google.com", ".googlemail.com.", "bücher.example"]
per_second = 5

[[sending.domains]]
name = "others"
domains = ["*"]
per_second = 2
"""


def test_a_limit_names_mail_hosts_and_domains_as_people_write_them(tmp_path: Path) -> None:
    loaded = _load(tmp_path, HOSTED)

    google, others = setup.domains_of(loaded.sending).groups

    assert google.domains == ("gmail.com", "xn--bcher-kva.example")
    assert google.mx == ("google.com", "googlemail.com", "xn--bcher-kva.example")
    assert (others.domains, others.by_mx) == (("*",), True)
    assert setup.name_server_of(loaded.sending) == ("127.0.0.1", 5353)


@pytest.mark.parametrize("ending", ["*", "", "http://google.com", "google com", "a..example"])
def test_what_is_not_how_a_mail_host_ends_is_refused(ending: str) -> None:
    sending = SendingSettings(domains=(DomainSettings("g", mx=(ending,)),))

    with pytest.raises(SettingsError, match="mx "):
        setup.domains_of(sending)


def test_mail_hosts_are_named_once() -> None:
    one, two = (DomainSettings(name, mx=("google.com",)) for name in ("one", "two"))

    with pytest.raises(SettingsError, match="named twice"):
        setup.domains_of(SendingSettings(domains=(one, two)))


@pytest.mark.parametrize(
    ("written", "server"),
    [
        ("", None),
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("192.0.2.53:5353", ("192.0.2.53", 5353)),
        ("2001:db8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
    ],
)
def test_the_dns_server_is_written_in_numbers(written: str, server: tuple[str, int] | None) -> None:
    assert setup.name_server_of(SendingSettings(dns=written)) == server


@pytest.mark.parametrize("written", ["ns.example.org", "192.0.2.53:99999", "192.0.2.53:", "1.2.3"])
def test_a_dns_server_that_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(SettingsError, match="dns"):
        setup.name_server_of(SendingSettings(dns=written))


@pytest.mark.parametrize(
    "limit",
    [DomainSettings("g", ("bücher..example",)), DomainSettings("g", mx=("bücher..example",))],
)
def test_a_domain_that_cannot_be_one_is_refused(limit: DomainSettings) -> None:
    with pytest.raises(SettingsError, match="'bücher"):
        setup.domains_of(SendingSettings(domains=(limit,)))
