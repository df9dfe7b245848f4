"""Which languages an issue is sent in, to whom, and what may keep it from being sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.editions import Editions
from newsletter.errors import EditionNotFoundError, SettingsError
from newsletter.model.content import Edition
from newsletter.workspace import Workspace

ISSUE = """
subject = "News"
language = "en"
{rule}
[[items]]
key = "one"
title = "One"
link = "https://example.org/1"
[[items]]
key = "two"
title = "Two"
link = "https://example.org/2"
"""
FRENCH = """
subject = "Nouvelles"
[items.one]
title = "Un"
"""


def _editions(root: Path, settings: str = "", rule: str = "") -> Editions:
    (root / "newsletter.toml").write_text(
        f'language = "en"\nlanguages = ["en", "fr", "ar"]\n{settings}', encoding="utf-8"
    )
    folder = root / "issues" / "i"
    folder.mkdir(parents=True)
    (folder / "issue.toml").write_text(ISSUE.format(rule=rule), encoding="utf-8")
    (folder / "fr.toml").write_text(FRENCH, encoding="utf-8")
    return Editions.of(Workspace(root), "i")


@pytest.mark.parametrize(
    ("wishes", "language"),
    [(("fr-CA", "ar"), "fr"), (("pt", "ar"), "ar"), (("", ""), "en"), (("pt", "ja"), "en")],
)
def test_a_reader_gets_the_first_language_there_is(
    tmp_path: Path, wishes: tuple[str, ...], language: str
) -> None:
    assert _editions(tmp_path).language_for(*wishes) == language


def test_an_untranslated_item_falls_back_unless_the_rule_leaves_it_out(tmp_path: Path) -> None:
    falling = _editions(tmp_path / "a")
    leaving = _editions(tmp_path / "b", '[translations]\nmissing = "leave-out"\n')
    by_issue = _editions(tmp_path / "c", rule='missing_translations = "leave-out"')

    titles = [
        [str(item.title) for item in one.content(Edition("fr")).items]
        for one in (falling, leaving, by_issue)
    ]

    assert titles == [["Un", "Two"], ["Un"], ["Un"]]


def test_a_required_language_that_is_incomplete_is_an_error(tmp_path: Path) -> None:
    from newsletter.preflight import Severity, run

    required = _editions(tmp_path / "a", '[translations]\nrequired = ["fr"]\n')
    waived = _editions(
        tmp_path / "b", '[translations]\nrequired = ["fr"]\n', rule="required_languages = []"
    )

    found = [
        [
            finding.severity
            for finding in run(one.candidate([one.render(Edition("fr"))]))
            if finding.check == "translation-missing"
        ]
        for one in (required, waived)
    ]

    assert found == [[Severity.ERROR], [Severity.WARNING]]


def test_a_required_language_stops_the_send_before_it_has_its_first_reader(tmp_path: Path) -> None:
    from newsletter.preflight import run, stops

    editions = _editions(tmp_path, '[translations]\nrequired = ["fr"]\n')

    assert stops(run(editions.candidate([editions.render(Edition("en"))])))


def test_requiring_a_language_that_the_issue_is_not_sent_in_is_named(tmp_path: Path) -> None:
    editions = _editions(tmp_path, rule='required_languages = ["fr", "pt"]')

    with pytest.raises(SettingsError, match="'pt' has to be complete"):
        editions.candidate([])


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).mkdir()


@pytest.mark.parametrize(
    ("written", "key"),
    [("fr", "fr"), ("FR", "fr"), (" ar-Light ", "ar-light"), ("en_text", "en-text")],
)
def test_an_edition_is_found_however_its_key_is_written(
    tmp_path: Path, written: str, key: str
) -> None:
    assert _editions(tmp_path).named(written).key == key


@pytest.mark.parametrize("written", ["xx", "", "fr-heavy", "fr-full", "en/../fr", "x" * 500])
def test_an_edition_there_is_not_is_answered_with_those_there_are(
    tmp_path: Path, written: str
) -> None:
    with pytest.raises(EditionNotFoundError) as raised:
        _editions(tmp_path).named(written)

    assert raised.value.hint.startswith("There are en, en-light, en-text, fr,")
