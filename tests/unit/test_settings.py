"""Settings: who wins, and what a mistake looks like."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter import settings
from newsletter.errors import SettingsError


def _workspace(folder: Path, toml: str = "", env: str = "") -> Path:
    (folder / "newsletter.toml").write_text(toml, encoding="utf-8")
    if env:
        (folder / ".env").write_text(env, encoding="utf-8")
    return folder


def test_the_environment_wins_over_env_file_and_that_over_toml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = _workspace(
        tmp_path,
        '[smtp]\nhost = "toml.example"\nport = 25\nusername = "toml"\n',
        "SMTP_HOST=env-file.example\nSMTP_PORT=465\n",
    )
    monkeypatch.setenv("SMTP_HOST", "environment.example")

    found = settings.load(root)

    assert (found.smtp.host, found.smtp.port, found.smtp.username) == (
        "environment.example",
        465,
        "toml",
    )
    assert found.origins["smtp.host"] == "environment"
    assert found.origins["smtp.port"] == ".env"


def test_an_unknown_key_names_itself_and_the_nearest_known_one(tmp_path: Path) -> None:
    root = _workspace(tmp_path, '[smtp]\nsecurty = "tls"\n')

    with pytest.raises(SettingsError, match=r"unknown key 'securty' in \[smtp\]") as caught:
        settings.load(root)

    assert "'security'" in caught.value.hint


def test_an_unknown_key_of_a_source_is_refused_too(tmp_path: Path) -> None:
    root = _workspace(tmp_path, '[[sources]]\nname = "A"\nurll = "https://example.org/"\n')

    with pytest.raises(SettingsError, match=r"'urll' in \[sources\]"):
        settings.load(root)


def test_a_value_of_the_wrong_kind_is_named(tmp_path: Path) -> None:
    root = _workspace(tmp_path, "[smtp]\nport = 'many'\n")

    with pytest.raises(SettingsError, match=r"'smtp.port' must be a whole number, not 'many'"):
        settings.load(root)


def test_a_password_with_braces_is_kept_as_it_is(tmp_path: Path) -> None:
    root = _workspace(tmp_path, "", "SMTP_PASSWORD='pa${HOME}ss # x'\n")

    assert settings.load(root).smtp.password == "pa${HOME}ss # x"


def test_secrets_are_masked_in_the_description(tmp_path: Path) -> None:
    root = _workspace(tmp_path, "", "SMTP_PASSWORD=hush\n")

    rows = {path: value for path, value, _ in settings.describe(settings.load(root))}

    assert rows["smtp.password"] == "********"
    assert "hush" not in repr(settings.load(root))


def test_a_language_that_there_is_not_is_named_with_a_way_out(tmp_path: Path) -> None:
    root = _workspace(
        tmp_path, 'languages = ["en", "fr"]\n[translations]\nrequired = ["fr", "xx"]\n'
    )

    with pytest.raises(SettingsError, match=r"^'xx' in 'translations.required'") as caught:
        settings.load(root)

    assert "It has en, fr" in caught.value.hint


def test_the_page_to_leave_by_counts_only_over_https(tmp_path: Path) -> None:
    root = _workspace(tmp_path, 'unsubscribe_url = "https://news.example/leave/"\n')
    assert settings.load(root).identity.unsubscribe_url == "https://news.example/leave/"

    _workspace(tmp_path, 'unsubscribe_url = "http://news.example/leave/"\n')
    assert settings.load(root).identity.unsubscribe_url == ""


def test_a_page_to_leave_by_that_nobody_can_open_is_named(tmp_path: Path) -> None:
    root = _workspace(tmp_path, 'unsubscribe_url = "news.example/leave"\n')

    with pytest.raises(SettingsError, match=r"'unsubscribe_url' is 'news\.example/leave'"):
        settings.load(root)
