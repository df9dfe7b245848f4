"""The embedded receiver files what real SMTP brings."""

from __future__ import annotations

import mailbox
import smtplib
from pathlib import Path

import pytest

from newsletter.errors import ServerError
from newsletter.workflow.receiver import receiver


def test_the_receiver_files_a_message_with_its_envelope(tmp_path: Path) -> None:
    with (
        receiver(tmp_path / "received") as server,
        smtplib.SMTP(server.host, server.port, timeout=60) as client,
    ):
        client.sendmail("from@example.org", ["to@example.org"], "Subject: One\r\n\r\nHello\r\n")

    (message,) = mailbox.Maildir(tmp_path / "received", create=False)
    assert message["Subject"] == "One"
    assert message["Delivered-To"] == "to@example.org"
    assert message["Return-Path"] == "<from@example.org>"


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with (
        receiver(tmp_path / "a") as first,
        pytest.raises(ServerError, match="cannot listen on port"),
        receiver(tmp_path / "b", port=first.port),
    ):
        pass
