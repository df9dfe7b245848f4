"""Check against a real DNS server and real web pages, both on this machine."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from newsletter.cli import main
from tests.servers.names import name_server

ZONE = {
    ("library.example.", "MX"): ["10 mail.library.example."],
    ("library.example.", "TXT"): ['"v=spf1 a:mail.library.example " "-all"'],
    ("mail.library.example.", "A"): ["8.8.4.4"],
    ("4.4.8.8.in-addr.arpa.", "PTR"): ["mail.library.example."],
    ("_dmarc.library.example.", "TXT"): ['"v=DMARC1; p=none; rua=mailto:d@library.example"'],
    ("_dmarc.broken.example.", "TXT"): [],
}


@contextmanager
def serving(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield int(server.socket.getsockname()[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / ".env").write_text(
        'MAIL_FROM="Reading Lamp <news@library.example>"\nSMTP_HOST=mail.library.example\n',
        encoding="utf-8",
    )
    (tmp_path / "newsletter.toml").write_text(
        'postal_address = "Shelf Road 7, The Hague"\n', encoding="utf-8"
    )
    return tmp_path


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["--workspace", str(folder), *arguments])
    return result.exit_code, result.stdout


def test_a_domain_is_proven_against_a_dns_server(folder: Path) -> None:
    with name_server(ZONE) as port:
        code, out = run(folder, "check", "--domain", "--dns", f"127.0.0.1:{port}")

    assert "good MX: library.example takes mail at mail.library.example" in out
    assert "good SPF: SPF of library.example lets 8.8.4.4 send" in out
    assert "good DMARC" in out
    assert "good PTR: 8.8.4.4 is mail.library.example, and back again" in out
    assert "warning DKIM: your mail server has to sign" in out
    assert code == 0


def test_a_dns_that_fails_leaves_a_doubt_and_the_other_proofs(folder: Path) -> None:
    (folder / ".env").write_text("MAIL_FROM=news@broken.example\n", encoding="utf-8")
    with name_server(ZONE) as port:
        code, out = run(folder, "check", "--domain", "--dns", f"127.0.0.1:{port}")

    assert "warning DMARC: DMARC could not be checked" in out
    assert "error SPF: broken.example has no SPF record" in out
    assert "error MX: broken.example has neither MX nor address" in out
    assert code == 3


def test_a_domain_in_other_letters_is_asked_for_as_the_dns_writes_it(folder: Path) -> None:
    (folder / ".env").write_text("MAIL_FROM=news@bücher.example\n", encoding="utf-8")
    ZONE["xn--bcher-kva.example.", "MX"] = ["10 mail.library.example."]
    with name_server(ZONE) as port:
        _, out = run(folder, "check", "--domain", "--dns", f"127.0.0.1:{port}")

    del ZONE["xn--bcher-kva.example.", "MX"]
    assert "takes mail at mail.library.example" in out
    assert "publish: _dmarc.xn--bcher-kva.example TXT" in out


def test_a_new_key_is_missed_until_its_record_is_published(folder: Path) -> None:
    _, made = run(folder, "dkim", "new", "--json")
    key = json.loads(made)
    with (folder / "newsletter.toml").open("a", encoding="utf-8") as file:
        file.write(
            f'[dkim]\ndomain = "{key["domain"]}"\nselector = "{key["selector"]}"\n'
            f'key_file = "{key["key_file"]}"\n'
        )
    record = key["record"]
    with name_server(ZONE) as port:
        before, missing = run(folder, "check", "--domain", "--dns", f"127.0.0.1:{port}")
        ZONE[f"{key['record_name']}.", "TXT"] = [f'"{record[:200]}" "{record[200:]}"']
        after, found = run(folder, "check", "--domain", "--dns", f"127.0.0.1:{port}")

    del ZONE[f"{key['record_name']}.", "TXT"]
    assert before == 3
    assert f"publish: {key['record_name']} TXT {record}" in missing
    assert after == 0
    assert "good DKIM" in found


class _Site(BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        status = {"/gone": 410, "/shy": 403}.get(self.path, 200)
        if self.path == "/moved":
            self.send_response(301)
            self.send_header("Location", "/here")
        else:
            self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_every_link_is_tried_and_the_good_ones_only_once(folder: Path) -> None:
    class Site(_Site):
        asked: list[str] = []  # noqa: RUF012 - one list a test

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Site)) as port:
        site = f"http://127.0.0.1:{port}"
        items = "\n".join(
            f'[[items]]\nkey = "{name}"\ntitle = "Page {name}"\nlink = "{site}/{name}"\n'
            for name in ("here", "gone", "shy", "moved")
        )
        issue = folder / "issues" / "2016-05" / "issue.toml"
        issue.parent.mkdir(parents=True)
        issue.write_text(f'subject = "May"\ndate = 2016-05-31\n{items}', encoding="utf-8")
        with (folder / "newsletter.toml").open("a", encoding="utf-8") as file:
            file.write(f'[[sources]]\nname = "Site"\nurl = "{site}/"\n')
        _, first = run(folder, "check", "2016-05", "--links", "--json")
        asked = sorted(Site.asked)
        _, again = run(folder, "check", "2016-05", "--links", "--json")

    found = {
        (one["check"], one["where"].partition("/")[2].rpartition("/")[2].rstrip("'"))
        for one in json.loads(first)["findings"]
    }
    assert {("link-dead", "gone"), ("link-unsure", "shy")} <= found
    assert not {("link-dead", "here"), ("link-redirect", "moved")} & found
    assert asked == ["/gone", "/here", "/here", "/moved", "/shy"]
    assert sorted(Site.asked[len(asked) :]) == ["/gone", "/shy"]
    assert json.loads(again)["findings"] == json.loads(first)["findings"]
