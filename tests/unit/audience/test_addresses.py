"""Addresses: what people write, what is refused and why, what is the same person."""

from __future__ import annotations

import email_validator
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.audience.addresses import (
    AddressReader,
    clean_name,
    masked_address,
    parse_address,
)
from newsletter.audience.typing_mistakes import hint_for_domain
from newsletter.errors import AddressError


@pytest.mark.parametrize(
    ("written", "address", "name"),
    [
        ("ana@example.org", "ana@example.org", ""),
        ("Ana.Ruiz+news@EXAMPLE.org", "Ana.Ruiz+news@example.org", ""),
        ("  <ana@example.org>  ", "ana@example.org", ""),
        ("Ana Ruiz <ana@example.org>", "ana@example.org", "Ana Ruiz"),
        ('"Ruiz, Ana" <ana@example.org>', "ana@example.org", "Ruiz, Ana"),
        ("'Ana Ruiz' <ana@example.org>", "ana@example.org", "Ana Ruiz"),
        ("ana@example.org (Ana Ruiz)", "ana@example.org", "Ana Ruiz"),
        ("ana@example.org <ana@example.org>", "ana@example.org", ""),
        ("=?utf-8?q?Jos=C3=A9?= <jose@example.org>", "jose@example.org", "José"),
        ("mailto:ana@example.org", "ana@example.org", ""),
        ("'ana@example.org'", "ana@example.org", ""),
        ("ana@example.org;", "ana@example.org", ""),
        ("\ufeffana@example.org\u200b", "ana@example.org", ""),
        ("\u00a0ana@example.org\u3000", "ana@example.org", ""),
        ("ana＠example.org", "ana@example.org", ""),
        ("o'brien@example.org", "o'brien@example.org", ""),
        ("ana@bücher.ch", "ana@xn--bcher-kva.ch", ""),
        ("ana@xn--bcher-kva.ch", "ana@xn--bcher-kva.ch", ""),
        ("ana@例子。公司", "ana@xn--fsqu00a.xn--55qx5d", ""),
        ("ana@office.test", "ana@office.test", ""),
        ("ana@Intranet.LOCAL", "ana@intranet.local", ""),
    ],
)
def test_what_people_write_is_understood(written: str, address: str, name: str) -> None:
    found = parse_address(written)

    assert (found.address, found.name) == (address, name)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("Ana Ruiz", "no @"),
        ("ana@example", "no dot"),
        ("ana@example..org", "two periods"),
        ("ana@-example.org", "hyphen"),
        (".ana@example.org", "start with a period"),
        ("ana@exam ple.org", "space"),
        ("ana@x@example.org", "more than one"),
        ("ana@example.org, bo@example.org", "more than one address"),
        ("ana@example.org/bo@example.org", "more than one address"),
        ("Evil <victim@example.org>, <bo@example.org>", "more than one address"),
        ("ana@example.org\r\nBcc: victim@example.org", "line break"),
        ("Ana\nRuiz <ana@example.org>", "line break"),
        ("ana\x00@example.org", "control"),
        ('"ana ruiz"@example.org', "space"),
        ('"ana"@example.org', "quotation marks"),
        ("ana@[127.0.0.1]", "bracketed IP"),
        ("ana@192.168.1.1", "top-level"),
        ("ana@example.invalid", "nothing can ever be behind"),
        ("\u202eana@example.org", "RIGHT-TO-LEFT OVERRIDE"),
        ("a" * 65 + "@example.org", "too long"),
        ("a" * 60 + "@" + "b" * 60 + "." + "c" * 60 + "." + "d" * 60 + "." + "e" * 30, "too"),
        ("ana@xn--zz-zz--.org", "'ana@xn--zz-zz--.org' is not"),
    ],
)
def test_what_cannot_be_written_to_is_refused_with_the_reason(written: str, reason: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_address(written)

    assert reason.casefold() in str(caught.value).casefold()
    assert "\n" not in str(caught.value)


def test_letter_case_and_idn_form_make_no_other_person() -> None:
    forms = ["Ana@Bücher.ch", "ana@BÜCHER.ch", "ANA@xn--bcher-kva.CH"]

    assert {parse_address(form).key for form in forms} == {"ana@xn--bcher-kva.ch"}


def test_the_local_part_is_written_to_as_the_person_wrote_it() -> None:
    assert parse_address("Ana.RUIZ@Example.ORG").address == "Ana.RUIZ@example.org"


def test_an_address_beyond_ascii_says_what_the_server_must_offer() -> None:
    assert parse_address("josé@example.org").needs_smtputf8
    assert not parse_address("jose@bücher.ch").needs_smtputf8


def test_two_unicode_spellings_of_one_local_part_are_one_person() -> None:
    assert parse_address("jose\u0301@example.org").key == parse_address("JOSÉ@example.org").key


def test_what_looks_like_a_typing_mistake_is_a_warning_not_a_change() -> None:
    found = parse_address("ana@gmial.com")

    assert (found.address, found.warning) == ("ana@gmial.com", "did you mean gmail.com?")


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("hotnail.com", "hotmail.com"),
        ("yaho.com", "yahoo.com"),
        ("example.con", "example.com"),
        ("example.ogr", "example.org"),
        ("t-onlin.de", "t-online.de"),
    ],
)
def test_a_slip_in_a_well_known_domain_is_noticed(domain: str, meant: str) -> None:
    assert hint_for_domain(domain) == f"did you mean {meant}?"


@pytest.mark.parametrize(
    "domain",
    ["gmail.com", "mail.com", "email.com", "ymail.com", "yahoo.it", "example.org", "ifla.org"],
)
def test_a_real_domain_is_left_in_peace(domain: str) -> None:
    assert hint_for_domain(domain) == ""


def test_a_private_name_is_a_warning() -> None:
    assert "not reachable" in parse_address("ana@office.test").warning


def test_a_hostile_file_cannot_fill_the_memory_with_domains(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("newsletter.audience.addresses.MOST_DOMAINS_REMEMBERED", 3)
    reader = AddressReader()

    for number in range(10):
        reader.read(f"ana@example{number}.org")

    assert len(reader._domains) <= 3


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Ana  Ruiz", "Ana Ruiz"),
        ("Ana\r\nBcc: x", "Ana Bcc: x"),
        ("Ana\x00Ruiz", "Ana Ruiz"),
        ("Ana \u202egnp.exe", "Ana gnp.exe"),
        ("محمد علي", "محمد علي"),
        ("=?broken?q?x?=", "=?broken?q?x?="),
    ],
)
def test_a_name_stays_on_one_line_and_tells_the_truth(text: str, clean: str) -> None:
    assert clean_name(text) == clean


_LETTERS = st.sampled_from("aZ09.!#$%&'*+/=?^_`{|}~-")


@given(st.text(_LETTERS, min_size=1, max_size=70))
def test_the_quick_way_judges_a_local_part_as_email_validator_does(local: str) -> None:
    written = f"{local}@example.org"
    try:
        expected = email_validator.validate_email(
            written, check_deliverability=False, allow_quoted_local=False
        ).normalized
    except email_validator.EmailNotValidError:
        expected = None

    try:
        found = AddressReader().read(written).address
    except AddressError:
        found = None

    quoted = local[0] == local[-1] == "'" and len(local) > 1
    assert found == expected or quoted


@given(st.text(max_size=40))
def test_whatever_is_written_gives_an_address_or_a_reason(text: str) -> None:
    try:
        found = parse_address(text)
    except AddressError:
        return

    assert found.address.count("@") == 1
    assert not any(character.isspace() for character in found.address)


def test_a_masked_address_shows_its_owner_and_nobody_else_whose_it_is() -> None:
    assert masked_address("ana.ruiz@example.org") == "a•••@example.org"
    assert masked_address("a@example.org") == "a•••@example.org"
    assert masked_address("йога@example.org") == "й•••@example.org"
