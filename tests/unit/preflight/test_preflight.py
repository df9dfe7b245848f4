"""The gate: what stops, what informs, what a person waived."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.preflight import Severity, error, run, stops, warning
from tests.unit.preflight.candidates import ISSUE, candidate


def test_an_issue_without_a_fault_has_no_findings() -> None:
    assert run(candidate()) == ()


def test_errors_come_first_and_each_thing_once() -> None:
    mild, grave = warning("mild", "m"), error("grave", "g")

    found = run(candidate(), [lambda _: [mild, grave], lambda _: [mild]])

    assert found == (grave, mild)
    assert stops(found)


def test_a_waived_warning_stays_visible_with_its_reason() -> None:
    issue = replace(ISSUE, waivers={"mild": "Anna: it is a pun"})

    found = run(candidate(issue), [lambda _: [warning("mild", "m")]])

    assert [one.waived for one in found] == ["Anna: it is a pun"]
    assert not stops(found)


def test_an_error_cannot_be_waived() -> None:
    issue = replace(ISSUE, waivers={"grave": "Anna: never mind"})

    found = run(candidate(issue), [lambda _: [error("grave", "g")]])

    assert found[0].severity is Severity.ERROR
    assert found[0].waived == ""
    assert stops(found)


@pytest.mark.parametrize(
    ("name", "said", "told"),
    [
        ("milt", "Anna: it is a pun", "nothing of that name is found"),
        ("grave", "Anna: never mind", "errors cannot be"),
        ("mild", "", "without a name and a reason"),
        ("mild", "it is a pun", "without a name and a reason"),
        ("mild", "Anna:", "without a name and a reason"),
        ("mild", ": it is a pun", "without a name and a reason"),
    ],
)
def test_a_waiver_that_does_nothing_is_told(name: str, said: str, told: str) -> None:
    issue = replace(ISSUE, waivers={name: said})

    found = run(candidate(issue), [lambda _: [warning("mild", "m"), error("grave", "g")]])

    assert [one.check for one in found if one.waived] == []
    assert [told in one.message for one in found if one.check == "waiver"] == [True]


def test_a_waiver_of_what_is_looked_for_on_request_may_wait() -> None:
    issue = replace(ISSUE, waivers={"link-unsure": "Анна:страница только для членов"})

    assert run(candidate(issue), []) == ()
    waived = run(candidate(issue), [lambda _: [warning("link-unsure", "u")]])
    assert [one.waived for one in waived] == ["Анна:страница только для членов"]
