"""The package emails: python emails_run.py PORT MESSAGES."""

from __future__ import annotations

import sys
from pathlib import Path

import emails
from emails.template import JinjaTemplate

port, messages = map(int, sys.argv[1:])
message = emails.Message(
    subject="News of May",
    html=JinjaTemplate(Path("message.html").read_text(encoding="utf-8")),
    text=JinjaTemplate(Path("message.txt").read_text(encoding="utf-8")),
    mail_from=("Library news", "news@library.example"),
)
for number in range(messages):
    answer = message.send(
        to=f"reader{number}@example.net",
        render={"name": f"Reader {number}"},
        smtp={"host": "127.0.0.1", "port": port},
    )
    if answer.status_code != 250:
        raise SystemExit(f"{answer}")
