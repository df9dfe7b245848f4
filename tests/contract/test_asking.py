"""The DNS is asked who takes mail: by a DNS server on this machine, well, ill or silent."""

from __future__ import annotations

import socket

import dns.resolver
import pytest

from newsletter.delivery import asking
from newsletter.delivery.asking import NameServer, mail_hosts
from tests.servers.names import name_server

ZONE = {
    ("plain.example.", "MX"): ("20 second.hosting.example.", "10 MX.Hosting.Example."),
    ("alias.example.", "CNAME"): ("plain.example.",),
    ("bare.example.", "A"): ("192.0.2.25",),
    ("null.example.", "MX"): ("0 .",),
    ("numbers.example.", "MX"): ("10 192.0.2.25.",),
    ("xn--bcher-kva.example.", "MX"): ("10 mx.hosting.example.",),
    # Its servers fail.
    ("broken.example.", "MX"): (),
}


def _server(port: int) -> NameServer:
    return NameServer("127.0.0.1", port)


def test_every_kind_of_answer_says_who_takes_the_mail() -> None:
    readers = [
        *("plain.example", "alias.example", "bare.example", "null.example", "numbers.example"),
        *("xn--bcher-kva.example", "broken.example", "nowhere.example"),
    ]

    with name_server(ZONE) as port:
        hosts = mail_hosts(readers, _server(port))

    assert hosts == {
        "plain.example": "mx.hosting.example",
        "alias.example": "mx.hosting.example",
        "bare.example": "bare.example",
        "null.example": "",
        "numbers.example": "192.0.2.25",
        "xn--bcher-kva.example": "mx.hosting.example",
        "broken.example": None,
        "nowhere.example": "",
    }


def test_what_is_no_name_for_the_dns_is_no_answer_and_no_error() -> None:
    wrong = ["a..example", f"{'x' * 64}.example", f"{'x.' * 130}example", "bücher\udce9.example"]

    with name_server(ZONE) as port:
        hosts = mail_hosts(["plain.example", *wrong], _server(port))

    assert hosts == {"plain.example": "mx.hosting.example", **dict.fromkeys(wrong)}


def test_each_of_hundreds_of_domains_is_asked_about_once() -> None:
    zone = {(f"d{number}.example.", "MX"): (f"10 mx{number}.example.",) for number in range(500)}
    asked: list[str] = []

    with name_server(zone, asked=asked) as port:
        hosts = mail_hosts([f"d{number}.example" for number in range(500)], _server(port))

    assert hosts == {f"d{number}.example": f"mx{number}.example" for number in range(500)}
    assert sorted(set(asked)) == sorted(name for name, _ in zone)


def test_a_domain_whose_servers_are_silent_has_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "QUERY_SECONDS", 0.3)

    with name_server(ZONE, silent={"silent.example."}) as port:
        hosts = mail_hosts(["silent.example", "plain.example"], _server(port))

    assert hosts == {"plain.example": "mx.hosting.example", "silent.example": None}


def test_what_there_is_no_time_for_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "QUERY_SECONDS", 600)
    monkeypatch.setattr(asking, "ALL_SECONDS", 0.5)

    with name_server(ZONE, silent={"silent.example."}) as port:
        hosts = mail_hosts(["silent.example", "plain.example"], _server(port))

    assert hosts == {"plain.example": "mx.hosting.example"}


def test_a_dns_that_answers_nothing_is_soon_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "QUERY_SECONDS", 0.3)
    readers = [f"d{number}.example" for number in range(10 * asking.AT_ONCE)]
    asked: list[str] = []

    with name_server({}, asked=asked, silent={f"{one}." for one in readers}) as port:
        hosts = mail_hosts(readers, _server(port))

    assert hosts == {}
    assert 0 < len(set(asked)) <= 2 * asking.AT_ONCE


def test_where_no_dns_server_listens_there_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "QUERY_SECONDS", 0.3)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

    assert mail_hosts(["plain.example"], _server(port)) == {}


def test_a_machine_that_knows_no_dns_server_gets_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unconfigured(*_: object) -> None:
        raise dns.resolver.NoResolverConfiguration

    # How dnspython reads this machine's resolv.conf.
    monkeypatch.setattr(dns.resolver.BaseResolver, "read_resolv_conf", unconfigured)

    assert mail_hosts(["plain.example"]) == {}


def test_the_dns_servers_of_this_machine_are_asked_where_none_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with name_server(ZONE) as port:

        def configured(resolver: dns.resolver.BaseResolver, _: object) -> None:
            resolver.nameservers, resolver.port = ["127.0.0.1"], port

        monkeypatch.setattr(dns.resolver.BaseResolver, "read_resolv_conf", configured)

        assert mail_hosts(["plain.example"]) == {"plain.example": "mx.hosting.example"}
