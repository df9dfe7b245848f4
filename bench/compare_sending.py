"""How long a thousand messages of 45 KB take: near, far, and into a real queue."""

from __future__ import annotations

from bench.contest import Aim, Comparison, Contender
from bench.mail_servers import far_sink, near_sink, real_postfix
from bench.senders import django_mailer, emails, mailmerge, nodemailer, ours, smtp_source

OURS, SOURCE, NODE = "newsletter resume", "smtp-source, 16 sessions", "nodemailer, pool of 16"
UNIT = 1000
_WORK = (
    "An edition of 48 items, 45 KB in HTML and text, personal for each reader, unsigned. "
    "`newsletter resume` goes on with a mailing that is frozen and not begun: its ledger "
    "(SQLite, synchronous=FULL) has every intent on disk before the message may leave, and "
    "its start-up is counted in; connections are kept. smtp-source is Postfix's own load "
    "generator: one message over and over, nothing built, nothing remembered."
)


def _contender(name: str, make: object, messages: int, port: object) -> Contender:
    return Contender(name, make(messages, port), amount=messages / UNIT)  # type: ignore[operator]


COMPARISONS = [
    Comparison(
        key="sending",
        title="Sending, to a server on the same machine that takes everything (smtp-sink)",
        work=_WORK,
        unit="1,000 messages",
        contenders=[
            _contender(OURS, ours, 20_000, near_sink),
            _contender(SOURCE, smtp_source, 20_000, near_sink),
            _contender(NODE, nodemailer, 1500, near_sink),
            _contender("emails", emails, 400, near_sink),
            _contender("django-mailer, queue filled before", django_mailer, 300, near_sink),
            _contender("mailmerge", mailmerge, 150, near_sink),
        ],
        aims=[
            Aim(OURS, SOURCE, at_most=1 / 0.9, floor=1 / 0.65),
            Aim(OURS, NODE, at_most=1 / 8, floor=1 / 5),
            Aim(OURS, "mailmerge", at_most=1 / 25, floor=1 / 15),
            Aim(OURS, "django-mailer, queue filled before", at_most=1 / 12, floor=1 / 6),
            Aim(OURS, "emails", at_most=1 / 8, floor=1 / 4),
            # 0.06 and 0.12 CPU seconds, on a machine where smtp-source takes 0.044 and
            # nodemailer 1.35: as ratios, because machines differ and shared ones change.
            Aim(OURS, SOURCE, at_most=0.06 / 0.044, figure="cpu", floor=0.12 / 0.044),
            Aim(OURS, NODE, at_most=0.06 / 1.35, figure="cpu", floor=0.12 / 1.35),
        ],
        rounds=5,
    ),
    Comparison(
        key="sending-queue",
        title="Sending, into the queue of a real Postfix on the same machine",
        work="The same messages; Postfix writes each to its queue, with fsync, before it says "
        "250, and shares the machine with the sender.",
        unit="1,000 messages",
        contenders=[
            _contender(OURS, ours, 3000, real_postfix),
            _contender(SOURCE, smtp_source, 3000, real_postfix),
            _contender(NODE, nodemailer, 1000, real_postfix),
        ],
        aims=[
            Aim(OURS, SOURCE, at_most=1 / 0.8, floor=1 / 0.6),
            Aim(OURS, NODE, at_most=1 / 2, floor=1 / 1.5),
        ],
        rounds=5,
    ),
    Comparison(
        key="sending-far",
        title="Sending, to a server 10 milliseconds away",
        work="The same messages over a line on which every byte takes 5 ms in each direction "
        "(a small proxy), 16 connections each.",
        unit="1,000 messages",
        contenders=[
            _contender(OURS, ours, 5000, far_sink),
            _contender(SOURCE, smtp_source, 3000, far_sink),
            _contender(NODE, nodemailer, 1000, far_sink),
        ],
        aims=[
            Aim(OURS, SOURCE, at_most=1 / 3, floor=1 / 2.2),
            Aim(OURS, NODE, at_most=1 / 2, floor=1 / 1.5),
        ],
        rounds=5,
    ),
    Comparison(
        key="sending-memory",
        title="Memory of a mailing to 1,000 and to 100,000 readers",
        work="The same messages into smtp-sink; what the sending process needs at its peak.",
        unit="1,000 messages",
        contenders=[
            _contender("newsletter resume, 100,000 readers", ours, 100_000, near_sink),
            _contender("newsletter resume, 1,000 readers", ours, 1000, near_sink),
        ],
        aims=[
            Aim(
                "newsletter resume, 100,000 readers",
                "newsletter resume, 1,000 readers",
                at_most=1.1,
                figure="memory",
                floor=1.25,
            ),
        ],
        rounds=1,
    ),
]
