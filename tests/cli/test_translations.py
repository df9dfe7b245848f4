"""Translations from the command line: grid, hand-out, return, and every refusal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from newsletter.cli import main
from newsletter.rendering import wrapping

ISSUE = """
subject = "News of May"
preheader = "Two stories"
intro = ""
language = "en"

[[sections]]
key = "news"
title = "News"

[[items]]
key = "panama"
title = "Panama letter"
link = "https://example.org/p"
section = "news"
included = true
summary = "Thirty met, see https://example.org/x"
"""


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "newsletter.toml").write_text(
        'name = "News"\nlanguage = "en"\nlanguages = ["en", "fr", "ar"]\n', encoding="utf-8"
    )
    folder = tmp_path / "issues" / "2016-05"
    folder.mkdir(parents=True)
    (folder / "issue.toml").write_text(ISSUE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(*words: str) -> Result:
    return CliRunner().invoke(main, ["translations", *words])


def test_the_grid_shows_every_item_by_language(team: Path) -> None:
    result = _run("2016-05")

    assert result.exit_code == 0, result.output
    head, subject, panama, *_ = result.output.splitlines()
    assert head.split() == ["en", "fr", "ar"]
    assert subject.split()[-3:] == ["=", ">en", ">en"]
    assert panama.split() == ["Panama", "letter", "=", ">en", ">en"]


def test_what_is_done_in_part_shows_where_the_rest_comes_from(team: Path) -> None:
    (team / "issues/2016-05/fr.toml").write_text(
        '[items.panama]\ntitle = "La lettre"\n', encoding="utf-8"
    )

    _, _, panama, *legend = _run("2016-05").output.splitlines()

    assert panama.split()[-3:] == ["=", "~en", ">en"]
    assert "~xx done in part, the rest shown in xx" in "\n".join(legend)


def test_the_columns_stand_below_each_other_whatever_the_titles_and_codes(team: Path) -> None:
    settings = team / "newsletter.toml"
    codes = '["en", "pt-BR", "zh-Hant"]'
    settings.write_text(settings.read_text().replace('["en", "fr", "ar"]', codes))
    (team / "issues/2016-05/issue.toml").write_text(
        f'subject = "{"三十个图书馆协会" * 9}"\n[[items]]\ntitle = "{"Long " * 30}"\n'
        '[[items]]\ntitle = "e\u0301te\u0301 مكتبة"\n[[items]]\ntitle = "\u202etxet"\n',
        encoding="utf-8",
    )

    head, *rows = _run("2016-05").output.splitlines()[:5]

    ends = {wrapping.width(row.partition("=")[0]) for row in rows}
    assert ends == {head.index("en")}
    assert "\u202e" not in "".join(rows)


@pytest.mark.parametrize("form", ["po", "xliff", "txt"])
def test_a_file_goes_out_and_comes_back_filled_in(team: Path, form: str) -> None:
    _run("export", "2016-05", "--language", "fr", "--format", form, "--output", "fr.file")
    text = Path("fr.file").read_text(encoding="utf-8")
    filled = {
        "po": ('msgid "Panama letter"\nmsgstr ""', 'msgid "Panama letter"\nmsgstr "La lettre"'),
        "xliff": (
            "<source>Panama letter</source>\n        <target></target>",
            "<source>Panama letter</source><target>La lettre</target>",
        ),
        "txt": ("> Panama letter\n", "> Panama letter\nLa lettre\n"),
    }[form]
    assert filled[0] in text
    Path("fr.file").write_text(text.replace(*filled), encoding="utf-8")

    result = _run("import", "2016-05", "fr.file")

    assert "1 texts taken" in result.output
    assert 'title = "La lettre"' in (team / "issues/2016-05/fr.toml").read_text(encoding="utf-8")


def test_the_grid_marks_what_became_stale(team: Path) -> None:
    _run("export", "2016-05", "--language", "fr", "--format", "txt", "--output", "fr.txt")
    text = Path("fr.txt").read_text(encoding="utf-8")
    text = text.replace("> Panama letter\n", "> Panama letter\nLa lettre\n")
    text = text.replace("/x\n", "/x\nTrente, voir https://example.org/x\n")
    Path("fr.txt").write_text(text, encoding="utf-8")
    _run("import", "2016-05", "fr.txt")
    issue = team / "issues/2016-05/issue.toml"
    issue.write_text(ISSUE.replace("Thirty met", "Forty met"), encoding="utf-8")

    states = json.loads(_run("show", "2016-05", "--json").output)["items"][1]["states"]

    assert states["fr"] == {"state": "stale", "shown": "fr"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("export", "2016-05", "--language", "xx"), "no language 'xx'"),
        (("export", "2016-05", "--language", "en"), "nothing to translate"),
        (("export", "2016-06", "--language", "fr"), "no issue '2016-06'"),
        (("import", "2016-05", "nofile.po"), "cannot read 'nofile.po'"),
        (("2016-07",), "no issue '2016-07'"),
    ],
)
def test_a_mistake_is_one_line_and_a_hint(team: Path, words: tuple[str, ...], message: str) -> None:
    result = _run(*words)

    assert result.exit_code == 1
    assert message in result.output
    assert "Hint: " in result.output
    assert not (team / "issues/2016-05/fr.toml").exists()


def test_a_file_of_another_issue_is_refused(team: Path) -> None:
    _run("export", "2016-05", "--language", "fr", "--output", "fr.po")
    other = team / "issues" / "2016-06"
    other.mkdir()
    (other / "issue.toml").write_text(ISSUE, encoding="utf-8")

    result = _run("import", "2016-06", "fr.po")

    assert result.exit_code == 1
    assert "belongs to issue '2016-05'" in result.output
    assert not (other / "fr.toml").exists()


def test_a_language_may_be_named_by_a_shorter_or_capital_code(team: Path) -> None:
    settings = team / "newsletter.toml"
    settings.write_text(settings.read_text().replace('"fr"', '"pt-BR"'))

    for code in ("pt", "PT-br", "pt_BR"):
        out = _run("export", "2016-05", "--language", code, "--output", "-").output
        assert '"Language: pt-BR\\n"' in out


def test_a_translation_by_hand_goes_stale_and_is_approved(team: Path) -> None:
    folder = team / "issues/2016-05"
    (folder / "fr.toml").write_text(
        '# Ana translates\n[items.panama]\ntitle = "La lettre"\n'
        'summary = "Trente, voir https://example.org/x"\n',
        encoding="utf-8",
    )
    _run("2016-05")
    (folder / "issue.toml").write_text(ISSUE.replace("Panama letter", "Two letters"), "utf-8")

    stale = _run("2016-05").output
    said = _run("approve", "2016-05", "--language", "fr").output
    done = _run("2016-05").output

    assert [text.splitlines()[2].split()[-2] for text in (stale, done)] == ["!", "+"]
    assert "in fr" in said
    assert (folder / "fr.toml").read_text().startswith("# Ana translates\n")
    assert "no texts in 'ar'" in _run("approve", "2016-05", "--language", "ar").output


def test_the_texts_of_a_regional_language_may_stand_in_the_file_of_the_general_one(
    team: Path,
) -> None:
    settings = team / "newsletter.toml"
    settings.write_text(settings.read_text().replace('"fr"', '"fr-FR"'))
    file = team / "issues/2016-05/fr.toml"
    file.write_text('[items.panama]\ntitle = "La lettre"\n', encoding="utf-8")

    out = _run("export", "2016-05", "--language", "fr-FR", "--output", "back.po")
    content = Path("back.po").read_text(encoding="utf-8")
    Path("back.po").write_text(
        content.replace('msgid "News of May"\nmsgstr ""', 'msgid "News of May"\nmsgstr "Mai"')
    )
    result = _run("import", "2016-05", "back.po")

    assert out.exit_code == result.exit_code == 0
    assert 'msgstr "La lettre"' in content
    assert 'subject = "Mai"' in file.read_text(encoding="utf-8")
    assert [path.name for path in file.parent.glob("*.toml")].count("fr-FR.toml") == 0


def test_texts_that_no_reader_gets_to_see_are_named(team: Path) -> None:
    folder = team / "issues/2016-05"
    (folder / "fr.toml").write_text('[items.panma]\ntitle = "La lettre"\n', encoding="utf-8")
    (folder / "nl.toml").write_text('subject = "Mei"\n', encoding="utf-8")

    said = _run("2016-05").stderr

    assert said.splitlines() == [
        "Note: fr.toml has texts of 'panma', which no item has as its key; did you mean 'panama'?",
        "Note: nl.toml is seen by nobody: add 'nl' to `languages`",
    ]
