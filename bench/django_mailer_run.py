"""django-mailer: python django_mailer_run.py PORT fill MESSAGES, then PORT send."""

from __future__ import annotations

import sys
from pathlib import Path

import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["mailer"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "mail.db"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    EMAIL_BACKEND="mailer.backend.DbBackend",
    MAILER_EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
    EMAIL_HOST="127.0.0.1",
    EMAIL_PORT=int(sys.argv[1]),
    USE_TZ=True,
)
django.setup()

from django.core.mail import EmailMultiAlternatives, get_connection  # noqa: E402
from django.core.management import call_command  # noqa: E402


def fill(messages: int) -> None:
    """Put the messages into the queue."""
    call_command("migrate", verbosity=0)
    html = Path("message.html").read_text(encoding="utf-8")
    text = Path("message.txt").read_text(encoding="utf-8")
    queue = []
    for number in range(messages):
        name = f"Reader {number}"
        message = EmailMultiAlternatives(
            "News of May",
            text.replace("{{name}}", name),
            "Library news <news@library.example>",
            [f"reader{number}@example.net"],
        )
        message.attach_alternative(html.replace("{{name}}", name), "text/html")
        queue.append(message)
    get_connection().send_messages(queue)


if sys.argv[2] == "fill":
    fill(int(sys.argv[3]))
else:
    call_command("send_mail", verbosity=0)
