"""Signatures that OpenDKIM, the verifier most servers run, accepts."""

from __future__ import annotations

import json
import shutil
import smtplib
import subprocess
import threading
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest

from newsletter.delivery.signing import Algorithm, load_signer, new_key
from newsletter.model.content import Edition, RenderedEdition
from newsletter.model.message import MARKERS
from newsletter.rendering.message import Addressing, build_template
from tests.servers.names import name_server
from tests.servers.postfix import needs_postfix, postfix
from tests.servers.rspamd import RSPAMC, needs_rspamd, rspamd

OPENDKIM = shutil.which("opendkim", path="/usr/sbin:/usr/bin")
TEXT = f"Dear {MARKERS['name']},\n\n.dot  and  blanks\nLeave: {MARKERS['unsubscribe_url']}\n"
HTML = f'<p>Liebe {MARKERS["name"]}</p><a href="{MARKERS["unsubscribe_url"]}">مغادرة 离开</a>'


def message() -> bytes:
    addressing = Addressing(
        sender="news@library.example",
        sender_name="Lesen & Schreiben",
        reply_to="office@library.example",
        date=datetime(2016, 5, 31, 8, tzinfo=UTC),
        issue="2016-05",
        list_id="members.library.example",
        one_click=True,
    )
    rendered = RenderedEdition(Edition("de"), "ltr", "Größe zählt: 图书馆", "", HTML, TEXT)
    return build_template(rendered, addressing).fill(
        {
            "address": "zoe@library.example",
            "name": "Zoë Łąck",
            "unsubscribe_url": "https://library.example/leave/" + "x" * 300,
            "unsubscribe_mailto": "mailto:leave@library.example?subject=unsubscribe%20x",
            "message_id": "2016-05.0123@library.example",
        }
    )


@pytest.mark.skipif(not OPENDKIM, reason="OpenDKIM is not installed")
@pytest.mark.parametrize("is_changed", [False, True])
def test_opendkim_accepts_what_we_sign_and_nothing_that_was_changed(
    tmp_path: Path, is_changed: bool
) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(new_key(Algorithm.RSA))
    key.chmod(0o600)
    signer = load_signer("library.example", "news", key)
    signed = signer.sign(message(), is_canonical=True)
    if is_changed:
        assert signed.count(b"Dear") == 1
        signed = signed.replace(b"Dear", b"Deer")
    # OpenDKIM reads public keys from a file instead of the DNS.
    (tmp_path / "keys").write_text(
        f"news._domainkey.library.example {signer.record()}\n", encoding="utf-8"
    )
    (tmp_path / "conf").write_text(
        f"Mode v\nTestPublicKeys {tmp_path / 'keys'}\nSyslog no\n", encoding="utf-8"
    )
    (tmp_path / "mail.eml").write_bytes(signed)

    assert OPENDKIM is not None
    done = subprocess.run(
        [OPENDKIM, "-f", "-x", str(tmp_path / "conf"), "-t", str(tmp_path / "mail.eml"), "-v"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    said = done.stdout + done.stderr
    succeeded = "verification (s=news, d=library.example, 2048-bit key) succeeded" in said
    assert succeeded is not is_changed, said


@needs_postfix
@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_signature_is_still_good_after_postfix_passed_the_message_on(
    tmp_path: Path, algorithm: Algorithm
) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(new_key(algorithm))
    key.chmod(0o600)
    signer = load_signer("library.example", "news", key)
    signed = signer.sign(message(), is_canonical=True)

    with postfix(keeps=True) as server:
        with smtplib.SMTP(server.host, server.port, timeout=30) as session:
            session.sendmail("bounces@library.example", ["zoe@library.example"], signed)
        pause = threading.Event()
        for _ in range(400):
            if "status=sent" in server.log():
                break
            pause.wait(0.05)
        (arrived,) = server.messages()

    raw = arrived.as_bytes()
    assert raw.count(b"Received:") == 1
    assert dkim.verify(raw, dnsfunc=lambda *_, **__: signer.record().encode())


@needs_rspamd
def test_rspamd_finds_the_key_in_the_dns_and_the_signature_good(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(new_key(Algorithm.RSA))
    key.chmod(0o600)
    signer = load_signer("library.example", "news", key)
    record = signer.record()
    zone = {
        ("news._domainkey.library.example.", "TXT"): [f'"{record[:200]}" "{record[200:]}"'],
        ("_dmarc.library.example.", "TXT"): ['"v=DMARC1; p=reject"'],
    }
    assert RSPAMC is not None
    with name_server(zone) as dns_port, rspamd(tmp_path / "r", dns_port=dns_port) as port:
        done = subprocess.run(
            [RSPAMC, "-h", f"127.0.0.1:{port}", "--json", "--ip=8.8.4.4"],
            input=signer.sign(message(), is_canonical=True),
            capture_output=True,
            timeout=60,
            check=True,
        )

    symbols = json.loads(done.stdout)["symbols"]
    assert {"R_DKIM_ALLOW", "DMARC_POLICY_ALLOW"} <= symbols.keys()
