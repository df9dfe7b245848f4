"""The session against a server that somebody else has written (aiosmtpd)."""

from __future__ import annotations

import asyncio

import pytest

from newsletter.delivery.replies import judge
from newsletter.delivery.server import Mechanism
from newsletter.delivery.smtp import Server, Session, SessionError
from tests.servers.certificates import Certificates, make_certificates
from tests.servers.receiver import Receiver, aiosmtpd_receiver
from tests.servers.supplies import ListSupply, make_content, make_outgoing, send

ACCOUNTS = {"desk": "sécret"}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def server_at(
    receiver: Receiver,
    certificates: Certificates,
    mechanism: Mechanism = "",
    password: str = "sécret",
) -> Server:
    return Server(
        "localhost",
        receiver.port,
        username="desk",
        password=password,
        mechanism=mechanism,
        ca_file=str(certificates.authority),
    )


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_it_lets_us_in_and_takes_what_we_send(
    certificates: Certificates, mechanism: Mechanism
) -> None:
    contents = [make_content(key, 20_000) for key in range(1, 6)]
    supply = ListSupply(make_outgoing(key, content=one) for key, one in enumerate(contents))

    with aiosmtpd_receiver(ACCOUNTS, certificates.server_context()) as receiver:
        send(server_at(receiver, certificates, mechanism), supply)

    assert receiver.logins == [(mechanism, "desk")]
    assert [content for _, _, content in receiver.received] == contents


def test_it_takes_an_address_in_other_letters(certificates: Certificates) -> None:
    supply = ListSupply([make_outgoing(recipient="读者@bücher.example")])

    with aiosmtpd_receiver(ACCOUNTS, certificates.server_context()) as receiver:
        send(server_at(receiver, certificates), supply)

    assert [recipients for _, recipients, _ in receiver.received] == [
        ["读者@xn--bcher-kva.example"]
    ]


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_it_refuses_a_wrong_password(certificates: Certificates, mechanism: Mechanism) -> None:
    with (
        aiosmtpd_receiver(ACCOUNTS, certificates.server_context()) as receiver,
        pytest.raises(SessionError) as caught,
    ):
        asyncio.run(Session(server_at(receiver, certificates, mechanism, "wrong")).open())

    assert judge(caught.value.outcome).reason == "login"
