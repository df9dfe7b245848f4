"""`newsletter dkim`: a key nobody else can read, and the record to publish."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from newsletter.cli import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "newsletter.toml").write_text('name = "News"\n', encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["--workspace", str(folder), "dkim", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_a_new_key_is_private_and_kept_out_of_git(folder: Path) -> None:
    code, out, _ = run(folder, "new", "--domain", "Example.org", "--json")

    key = json.loads(out)
    path = folder / key["key_file"]
    assert code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (path.parent / ".gitignore").read_text(encoding="utf-8").endswith("*\n")
    assert key["record_name"] == "newsletter._domainkey.example.org"
    assert key["record"].startswith("v=DKIM1; k=rsa; p=MII")


def test_the_printed_record_fits_a_zone_file(folder: Path) -> None:
    _, out, _ = run(folder, "new", "--domain", "example.org")

    line = next(line for line in out.splitlines() if " IN TXT " in line)
    strings = line.split('"')[1::2]
    assert len(strings) == 2
    assert all(len(one) <= 255 for one in strings)
    assert f"Content: {''.join(strings)}\n" in out


def test_the_printed_settings_turn_signing_on(folder: Path) -> None:
    _, out, _ = run(folder, "new", "--domain", "example.org", "--ed25519")
    settings = out.partition("For newsletter.toml:\n")[2]
    with (folder / "newsletter.toml").open("a", encoding="utf-8") as file:
        file.write(settings)

    code, shown, _ = run(folder, "show")

    assert code == 0
    assert "k=ed25519" in shown
    assert shown == out


def test_a_key_is_never_overwritten(folder: Path) -> None:
    run(folder, "new", "--domain", "example.org", "--ed25519")
    path = folder / "dkim" / "example.org.newsletter.pem"
    before = path.read_bytes()

    code, _, complaint = run(folder, "new", "--domain", "example.org")

    assert code == 1
    assert "already" in complaint
    assert path.read_bytes() == before


def test_the_domain_of_the_sender_is_taken(folder: Path) -> None:
    (folder / ".env").write_text('MAIL_FROM="Library News <news@example.net>"\n', encoding="utf-8")

    _, out, _ = run(folder, "new", "--ed25519")

    assert "Name:    newsletter._domainkey.example.net\n" in out


def test_a_domain_in_other_letters_gets_the_name_that_the_dns_has(folder: Path) -> None:
    (folder / ".env").write_text('MAIL_FROM="<news@Bücher.example>"\n', encoding="utf-8")

    _, out, _ = run(folder, "new", "--ed25519")

    assert "Name:    newsletter._domainkey.xn--bcher-kva.example\n" in out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["new"], "which domain"),
        (["new", "--domain", "exa mple"], "is not a domain"),
        (["new", "--domain", "example.org", "--selector", "../x"], "not a name in the DNS"),
        (["show"], "sets no [dkim] key"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    folder: Path, arguments: list[str], complaint: str
) -> None:
    code, out, err = run(folder, *arguments)

    assert code == 1
    assert complaint in err
    assert out == ""
    assert not (folder / "dkim").exists()


def test_half_a_setting_is_refused(folder: Path) -> None:
    with (folder / "newsletter.toml").open("a", encoding="utf-8") as file:
        file.write('[dkim]\ndomain = "example.org"\n')

    code, _, complaint = run(folder, "show")

    assert code == 1
    assert "all three" in complaint


@pytest.mark.parametrize("really", [(), ("--really", "--yes")])
def test_a_key_that_others_can_read_stops_before_a_mailing_is_written(
    folder: Path, really: tuple[str, ...]
) -> None:
    _, out, _ = run(folder, "new", "--domain", "example.org", "--json")
    key_file = json.loads(out)["key_file"]
    (folder / key_file).chmod(0o644)
    (folder / "newsletter.toml").write_text(
        'name = "News"\npostal_address = "1 Quay, Biel"\n[mail]\nsender = "n@example.org"\n'
        f'[smtp]\nhost = "127.0.0.1"\n'
        f'[dkim]\ndomain = "example.org"\nselector = "newsletter"\nkey_file = "{key_file}"\n',
        encoding="utf-8",
    )
    issue = folder / "issues" / "i" / "issue.toml"
    issue.parent.mkdir(parents=True)
    issue.write_text(
        'subject = "May"\n[[items]]\nkey = "a"\ntitle = "Harare plans"\n'
        'link = "https://example.org/a"\n',
        encoding="utf-8",
    )

    sent = CliRunner().invoke(
        main, ["--workspace", str(folder), "send", "i", "--to", "a@example.org", *really]
    )
    known = CliRunner().invoke(main, ["--workspace", str(folder), "status", "--json"])

    assert sent.exit_code == 1
    assert "can be read by others (mode 0644)" in sent.stderr
    assert json.loads(known.stdout)["mailings"] == []
