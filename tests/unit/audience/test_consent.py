"""Tokens that nobody can make, change or use for something else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.audience.consent import (
    Keys,
    Purpose,
    claimed_numbers,
    make_token,
    person_on_list,
    read_token,
    token_in_subject,
    unsubscribe_mailto,
)
from newsletter.errors import SettingsError

KEYS = Keys.of("a secret of thirty-two characters")
OTHERS = Keys.of("another secret of a good length")


@given(st.sampled_from(Purpose), st.lists(st.integers(0, 2**53), max_size=3))
def test_a_token_gives_its_numbers_back(purpose: Purpose, numbers: list[int]) -> None:
    assert read_token(KEYS, purpose, make_token(KEYS, purpose, *numbers)) == tuple(numbers)


@given(st.sampled_from(Purpose), st.sampled_from(Purpose))
def test_a_token_is_worth_nothing_for_another_purpose(one: Purpose, other: Purpose) -> None:
    read = read_token(KEYS, other, make_token(KEYS, one, 7, 3))

    assert read == ((7, 3) if one is other else None)


def test_no_change_of_a_single_character_is_accepted() -> None:
    token = make_token(KEYS, Purpose.UNSUBSCRIBE, 1234, 5)
    forged = {
        token[:at] + letter + token[at + 1 :]
        for at in range(len(token))
        for letter in "abcdefghijklmnopqrstuvwxyz0123456789-"
    } - {token}

    assert [one for one in forged if read_token(KEYS, Purpose.UNSUBSCRIBE, one)] == []


@given(st.text(max_size=130))
def test_anything_else_is_no_token(text: str) -> None:
    assert read_token(KEYS, Purpose.UNSUBSCRIBE, text) is None


def test_another_secret_makes_other_tokens() -> None:
    token = make_token(OTHERS, Purpose.UNSUBSCRIBE, 1, 2)

    assert read_token(KEYS, Purpose.UNSUBSCRIBE, token) is None


def test_old_tokens_work_after_the_secret_was_renewed() -> None:
    old = make_token(KEYS, Purpose.UNSUBSCRIBE, 1, 2)
    renewed = Keys(OTHERS.secrets + KEYS.secrets)

    assert read_token(renewed, Purpose.UNSUBSCRIBE, old) == (1, 2)
    assert make_token(renewed, Purpose.UNSUBSCRIBE, 1, 2) != old


def test_a_bound_token_is_worth_nothing_for_another_person_or_list() -> None:
    ana = person_on_list("ana@example.org", "members")
    token = make_token(KEYS, Purpose.UNSUBSCRIBE, 1, 2, bound_to=ana)

    def read(bound_to: str) -> tuple[int, ...] | None:
        return read_token(KEYS, Purpose.UNSUBSCRIBE, token, bound_to=bound_to)

    assert read(ana) == (1, 2)
    # A store that was made anew gives the same numbers to others.
    assert read(person_on_list("bo@example.org", "members")) is None
    assert read(person_on_list("ana@example.org", "press")) is None
    assert read("") is None
    assert "ana" not in token


def test_numbers_are_claimed_before_the_seal_is_tried() -> None:
    forged = make_token(OTHERS, Purpose.UNSUBSCRIBE, 35, 36)

    assert claimed_numbers(forged) == (35, 36)
    assert read_token(KEYS, Purpose.UNSUBSCRIBE, forged) is None


@pytest.mark.parametrize(
    "token",
    ["", "sample", "u", "uabc-1_0-2-x", "uabc--1-2-x", "uabc-" + "z" * 14 + "-x", "uäbc-1-2-x"],
)
def test_what_no_store_can_number_is_no_token(token: str) -> None:
    assert claimed_numbers(token) in (None, (), (36, 2))
    assert read_token(KEYS, Purpose.UNSUBSCRIBE, token) is None


def test_a_token_survives_capitals_and_fits_a_return_path() -> None:
    token = make_token(KEYS, Purpose.BOUNCE, 10**12)

    assert re.fullmatch(r"[a-z0-9-]{1,56}", token)
    assert read_token(KEYS, Purpose.BOUNCE, f" {token.upper()}\n") == (10**12,)


def test_a_token_does_not_show_whom_it_is_for() -> None:
    one, two = (make_token(KEYS, Purpose.UNSUBSCRIBE, number, 1) for number in (1, 2))

    assert one.rpartition("-")[2] != two.rpartition("-")[2]
    assert len(one.rpartition("-")[2]) == 26


def test_a_reader_can_leave_by_sending_a_message() -> None:
    token = make_token(KEYS, Purpose.UNSUBSCRIBE, 7, 3)

    assert unsubscribe_mailto("leave+news@example.org", token) == (
        f"mailto:leave+news@example.org?subject=unsubscribe%20{token}"
    )
    assert token_in_subject(f"Re: UNSUBSCRIBE {token.upper()} ") == token
    assert token_in_subject("unsubscribe me") == ""


@pytest.mark.parametrize("secret", ["", " , ", "too short", "a secret of good length,short"])
def test_a_secret_that_keeps_nothing_is_refused(secret: str) -> None:
    with pytest.raises(SettingsError, match="NEWSLETTER_SECRET"):
        Keys.of(secret)


def test_a_negative_number_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="negative"):
        make_token(KEYS, Purpose.UNSUBSCRIBE, -1)
