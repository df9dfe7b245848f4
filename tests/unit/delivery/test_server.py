"""What a server's settings mean."""

from __future__ import annotations

import pytest

from newsletter.delivery.server import Server, address_literal, is_loopback


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1", "::1%lo", "::ffff:127.0.0.1"])
def test_this_machine_is_known(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address", ["192.0.2.1", "0.0.0.0", "2001:db8::1", "::ffff:192.0.2.1", "", "localhost"]
)
def test_other_machines_are_not_this_one(address: str) -> None:
    assert not is_loopback(address)


def test_an_address_is_written_as_ehlo_wants_it() -> None:
    assert address_literal("192.0.2.1") == "[192.0.2.1]"
    assert address_literal("2001:db8::1") == "[IPv6:2001:db8::1]"
    assert address_literal("fe80::1%eth0") == "[IPv6:fe80::1]"
    assert address_literal("") == "localhost"


def test_a_server_is_shown_with_its_port() -> None:
    assert str(Server("mail.example.org", 465)) == "mail.example.org:465"
