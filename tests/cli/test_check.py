"""`newsletter check`: what is wrong, where, how to mend it, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from newsletter.cli import main

CONFIG = """
name = "The Reading Lamp"
postal_address = "Shelf Road 7, 2595 The Hague"
"""
ISSUE = """
subject = "Harare plans, Panama signs"
preheader = "Thirty librarians met for two days, and the letter of intent is there."
date = 2016-05-31

[[items]]
key = "workshop"
title = "Workshop in Harare"
link = "https://news.example.org/harare"
summary = "Thirty librarians met for two days and wrote down what their readers need."
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "newsletter.toml", CONFIG)
    write(tmp_path / "issues" / "2016-05" / "issue.toml", ISSUE)
    return tmp_path


@pytest.fixture(autouse=True)
def _no_filters(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No spam filter of this machine takes part."""
    monkeypatch.setenv("PATH", str(tmp_path))


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["--workspace", str(folder), "check", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_an_issue_in_order_may_be_sent(folder: Path) -> None:
    code, out, _ = run(folder, "2016-05")

    assert code == 0
    assert out.endswith("Issue '2016-05' may be sent: 0 errors, 0 warnings.\n")
    assert "en-light: HTML" in out


def test_an_error_stops_with_its_place_and_mend(folder: Path) -> None:
    write(folder / "newsletter.toml", 'name = "The Reading Lamp"\n')

    code, out, _ = run(folder, "2016-05")

    assert code == 3
    assert "error postal-address: there is no postal address" in out
    assert "  where: newsletter.toml\n  mend:  Add postal_address" in out
    assert "must not be sent yet: 1 error, 0 warnings" in out


def test_a_waived_warning_is_shown_with_who_and_why(folder: Path) -> None:
    subject = 'subject = "Re: your library"'
    waiver = '[waivers]\nsubject-reply = "Anna: the issue is a reply"\n'
    write(
        folder / "issues" / "2016-05" / "issue.toml",
        ISSUE.replace('subject = "Harare plans, Panama signs"', subject) + waiver,
    )

    code, out, _ = run(folder, "2016-05")

    assert code == 0
    assert "waived subject-reply" in out
    assert "by:    Anna: the issue is a reply" in out
    assert "0 errors, 0 warnings, 1 waived" in out


def test_json_gives_everything_to_programs(folder: Path) -> None:
    write(folder / ".env", "MAIL_FROM=news@library.example\n")

    code, out, _ = run(folder, "2016-05", "--json")

    read = json.loads(out)
    assert code == 0
    assert read["may_be_sent"] is True
    assert read["findings"] == []
    assert [one["edition"] for one in read["editions"]] == ["en", "en-light", "en-text"]
    assert all(one["message_bytes"] > 1000 for one in read["editions"])
    assert read["client_support"]["features"]


def test_a_language_that_is_not_translated_is_a_warning(folder: Path) -> None:
    write(folder / "newsletter.toml", f'{CONFIG}\nlanguages = ["en", "fr"]\n')

    code, out, _ = run(folder, "2016-05")

    assert code == 0
    assert "warning translation-missing" in out
    assert "translations export 2016-05 --language fr" in out


def test_an_edition_that_would_be_empty_stops(folder: Path) -> None:
    write(folder / "issues" / "2016-05" / "issue.toml", 'subject = "Nothing"\n')

    code, out, _ = run(folder, "2016-05")

    assert code == 3
    assert "error" in out


def test_the_default_theme_passes_in_every_language_and_form(folder: Path) -> None:
    languages = ["en", "fr", "es", "de", "ru", "ar", "zh"]
    write(folder / "newsletter.toml", f"{CONFIG}\nlanguages = {languages}\n")

    _, out, _ = run(folder, "2016-05", "--json")

    read = json.loads(out)
    found = {one["check"] for one in read["findings"]}
    assert found <= {"translation-missing"}
    assert len(read["editions"]) == 21


def test_an_issue_that_does_not_exist_is_said(folder: Path) -> None:
    code, _, complaint = run(folder, "2016-06")

    assert code == 1
    assert "there is no issue '2016-06'" in complaint


def test_one_has_to_say_what_to_check(folder: Path) -> None:
    assert run(folder)[0] == 2
    assert run(folder, "2016-05", "--settings", "--json")[0] == 2


def test_settings_show_their_origin_and_hide_secrets(folder: Path) -> None:
    write(folder / ".env", "SMTP_PASSWORD=magpie-4711\nSMTP_HOST=smtp.library.example\n")
    (folder / ".env").chmod(0o600)

    code, out, err = run(folder, "--settings")

    assert code == 0
    assert "smtp.host" in out
    assert "smtp.library.example  (.env)" in out
    assert "(newsletter.toml)" in out
    assert "magpie" not in out + err


def test_an_env_file_that_gives_secrets_away_or_cuts_them_is_found(folder: Path) -> None:
    write(folder / ".env", "SMTP_PASSWORD=abc #def\nNEWSLETTER_SECRET='abc #def'\n")
    (folder / ".env").chmod(0o644)

    _, out, _ = run(folder, "--settings", "--json")

    found = json.loads(out)["findings"]
    assert [one["check"] for one in found] == ["env-mode", "env-comment"]
    assert found[1]["where"] == ".env, line 1"
    assert "abc" not in out


def test_a_domain_needs_a_sender(folder: Path) -> None:
    code, _, complaint = run(folder, "--domain")

    assert code == 1
    assert "MAIL_FROM" in complaint


@pytest.mark.parametrize(
    ("option", "value"), [("--address", "mail"), ("--dns", "dns.example"), ("--dns", "1.1.1.1:x")]
)
def test_an_address_that_is_none_is_said(folder: Path, option: str, value: str) -> None:
    write(folder / ".env", "MAIL_FROM=news@library.example\n")

    code, _, complaint = run(folder, "--domain", option, value)

    assert code == 1
    assert "not an address in numbers" in complaint


def test_an_unknown_time_zone_is_told_before_anything_else(folder: Path) -> None:
    write(folder / "newsletter.toml", 'name = "News"\ntime_zone = "Mars/Base"\n')

    code, _, err = run(folder, "2016-05")

    assert code == 1
    assert "time_zone 'Mars/Base' is not known" in err
