"""Signatures that an independent verifier (dkimpy) accepts, and keys kept to oneself."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.delivery.signing import (
    Algorithm,
    Signer,
    configured_signer,
    load_signer,
    new_key,
    relaxed_body,
)
from newsletter.errors import SigningError
from newsletter.model.content import Edition, EditionForm, RenderedEdition
from newsletter.model.message import MARKERS
from newsletter.rendering.message import Addressing, build_template

#: 768 bits, made for this test by openssl: new ones are no longer made so short.
SHORT_KEY = b"""\
-----BEGIN PRIVATE KEY-----
MIIB5QIBADANBgkqhkiG9w0BAQEFAASCAc8wggHLAgEAAmEAs5HDS1vK9MVo/qw/
IPQ0mbrBs7mM26OjbsJY2FmejCjxZXx8clN86T2Bb1hntv0Q1+8683FORq65eoGF
bL6cCR41qqXpDjxIXMWE6lMQYDTnDMJSxFse38M2Psb/dI8NAgMBAAECYQCOU+Vw
UJRgSCw9V3c9/nHGu4EWm+ZqnJxIiOB0syv4uecD4pSc5VGnaSmzgGXMY23mk7kM
zm3mMYeSz15AKC5jL5NyGVlecyCZRoSI06/GKwIueuI2gxappY87L2D4Yx0CMQDl
4uLRX4WTkV2kUul437Gc0w2dLIQrXXU5TC9lfrHVbgUR5P/boKpljxmwn3YVA4sC
MQDH96g63wYoRJMEXET9iHN8nwXhqGSTpAo10QTlMPqQBs5Mgt3a95HhfpalIxDe
KscCMBuaM3vKSWKfmKvLXMcrrMrUuJS/rJr8XL/leudn3/htfmRYp7P6RZtuJDqF
2wrI4wIwYMy9TkpaI7IWbRzxdL3SEfi1Eyi+D05wdt7I/N253XC9+wG6vd3sa3kp
GaWg67tPAjEAgGwg6nqoHGDTodP9KdHZqq/AONIZkrUq3hCQXVaUuFGLZ6ivX/0Y
I44HkvWIdbjf
-----END PRIVATE KEY-----
"""


def key_file(folder: Path, pem: bytes, mode: int = 0o600) -> Path:
    path = folder / "key.pem"
    path.write_bytes(pem)
    path.chmod(mode)
    return path


@pytest.fixture(scope="module", params=list(Algorithm))
def signer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Signer:
    path = key_file(tmp_path_factory.mktemp("key"), new_key(request.param))
    return load_signer("Example.org", "news", path)


def verifies(signer: Signer, message: bytes) -> bool:
    def record(name: bytes, timeout: int = 5) -> bytes:
        assert name == b"news._domainkey.example.org."
        return signer.record().encode()

    return bool(dkim.verify(message, dnsfunc=record))


def edition(text: str, html: str = "<p>x</p>") -> bytes:
    form = EditionForm.FULL if html else EditionForm.TEXT
    rendered = RenderedEdition(Edition("en", form), "ltr", "Новости мая", "", html, text)
    addressing = Addressing(
        sender="news@example.org",
        sender_name="Federation",
        reply_to="editors@example.org",
        date=datetime(2016, 5, 31, tzinfo=UTC),
        issue="2016-05",
        list_id="members.example.org",
        one_click=True,
    )
    return build_template(rendered, addressing).fill(
        {
            "address": "anna@example.org",
            "name": "Zoë  Lind",
            "unsubscribe_url": "https://example.org/u/" + "a" * 400,
            "unsubscribe_mailto": "mailto:leave@example.org?subject=leave%20abc",
            "list": "Members",
            "preferences_url": "https://example.org/p",
            "view_url": "",
            "message_id": "<2016-05.0123456789@example.org>",
        }
    )


TEXT = (
    f"Dear {MARKERS['name']},\n\n  two  blanks \n\ttab\n.dot\n\nLeave {MARKERS['unsubscribe_url']}"
)


def test_our_messages_verify(signer: Signer) -> None:
    signed = signer.sign(edition(TEXT))

    assert verifies(signer, signed)


def test_the_headers_of_bulk_mail_are_covered(signer: Signer) -> None:
    header = signer.sign(edition(TEXT)).partition(b"\r\nFrom:")[0]

    named = re.search(rb"h=([^;]*);", header)
    assert named
    covered = re.sub(rb"\s", b"", named[1]).split(b":")
    assert {
        *(b"from", b"to", b"subject", b"date", b"message-id", b"mime-version"),
        *(b"list-unsubscribe", b"list-unsubscribe-post", b"list-id", b"reply-to"),
    } <= set(covered)
    assert covered.count(b"from") == 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"List-Unsubscribe: <https://example.org", b"List-Unsubscribe: <https://example.net"),
        (b"List-Unsubscribe-Post: ", b"X-Was: "),
        (b"Subject: ", b"Subject: x"),
        (b"From: ", b"From: evil@example.net\r\nFrom: "),
        (b"two", b"2"),
    ],
)
def test_a_change_on_the_way_breaks_the_signature(signer: Signer, old: bytes, new: bytes) -> None:
    signed = signer.sign(edition(TEXT))

    assert old in signed
    assert not verifies(signer, signed.replace(old, new, 1))


def test_folding_and_blanks_may_change_on_the_way(signer: Signer) -> None:
    signed = signer.sign(edition(TEXT))

    changed = signed.replace(b"\r\nTo: ", b"\r\nTo:\r\n   ").replace(
        b"\r\nSubject:", b"\r\nsubject:"
    )

    assert verifies(signer, changed + b"\r\n\r\n")


def test_the_same_message_is_signed_to_the_same_bytes(signer: Signer) -> None:
    message = edition(TEXT)

    assert signer.sign(message) == signer.sign(message, is_canonical=True)


def test_the_signature_is_clean_on_the_wire(signer: Signer) -> None:
    header = signer.sign(edition(TEXT)).partition(b"\r\nFrom:")[0]

    assert header.isascii()
    assert all(len(line) <= 78 for line in header.split(b"\r\n"))
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", header)


@settings(max_examples=60)
@given(st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"a", b"b ", b" \r\n", b"."]), max_size=30))
def test_any_body_is_canonicalised_as_dkimpy_does(parts: list[bytes]) -> None:
    body = b"".join(parts) + b"\r\n"

    assert relaxed_body(body) == dkim.canonicalization.Relaxed.canonicalize_body(body)


@settings(max_examples=100)
@given(
    st.one_of(
        st.text(max_size=200),
        st.lists(st.sampled_from([*MARKERS.values(), " ", "\n", "é", "图书馆图书馆"])).map("".join),
    ),
    st.one_of(st.just(""), st.text(max_size=200)),
)
def test_the_bodies_of_our_templates_are_canonical_already(text: str, html: str) -> None:
    body = edition(text, html).partition(b"\r\n\r\n")[2]

    assert relaxed_body(body) is body
    assert dkim.canonicalization.Relaxed.canonicalize_body(body) == body


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = key_file(tmp_path, new_key(Algorithm.ED25519), mode)

    with pytest.raises(SigningError, match=f"mode 0{mode:o}") as refused:
        load_signer("example.org", "news", path)

    assert "chmod 600" in refused.value.hint


def test_a_file_that_is_no_usable_key_is_refused(tmp_path: Path) -> None:
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    curve = ec.generate_private_key(ec.SECP256R1())
    short = rsa.generate_private_key(65537, 1024)
    locked = serialization.BestAvailableEncryption(b"secret")
    for pem in (
        b"no key",
        curve.private_bytes(*form, serialization.NoEncryption()),
        short.private_bytes(*form, locked),
    ):
        with pytest.raises(SigningError, match=r"key\.pem"):
            load_signer("example.org", "news", key_file(tmp_path, pem))


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(SigningError, match=r"no\.pem.*No such file"):
        load_signer("example.org", "news", tmp_path / "no.pem")


@pytest.mark.parametrize(
    ("domain", "selector"),
    [("example", "news"), ("a b.org", "news"), ("example.org", "x;y"), ("example.org", "")],
)
def test_names_that_cannot_stand_in_the_dns_are_refused(
    tmp_path: Path, domain: str, selector: str
) -> None:
    path = key_file(tmp_path, new_key(Algorithm.ED25519))

    with pytest.raises(SigningError, match="dkim"):
        load_signer(domain, selector, path)


def test_a_key_too_short_to_count_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SigningError, match="only 768 bits"):
        load_signer("example.org", "news", key_file(tmp_path, SHORT_KEY))


def test_without_the_package_one_learns_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = key_file(tmp_path, new_key(Algorithm.ED25519))
    monkeypatch.setitem(sys.modules, "cryptography", None)

    with pytest.raises(SigningError, match="cryptography") as refused:
        load_signer("example.org", "news", path)

    assert "pip install" in refused.value.hint


def test_settings_turn_signing_on_only_when_they_are_complete(tmp_path: Path) -> None:
    name = key_file(tmp_path, new_key(Algorithm.ED25519)).name

    assert configured_signer("", "", "", tmp_path) is None
    signer = configured_signer("example.org", "news", name, tmp_path)
    assert signer is not None
    assert signer.algorithm is Algorithm.ED25519
    with pytest.raises(SigningError, match="all three"):
        configured_signer("example.org", "", name, tmp_path)
