"""A candidate without a fault; tests name only what they break."""

from __future__ import annotations

from dataclasses import replace

from newsletter.model.content import Edition, Issue, IssueItem, RenderedEdition
from newsletter.model.identity import Identity
from newsletter.model.message import MARKERS
from newsletter.preflight import Candidate

POSTAL_ADDRESS = "Reading Street 1\n2595 The Hague, Netherlands"
ITEM = IssueItem(
    key="workshop",
    title="Workshop in Harare",
    link="https://news.example.org/harare",
    summary="Thirty librarians met for two days and wrote down what they need.",
)
ISSUE = Issue(
    "2016-05",
    subject="Harare plans, Panama signs",
    preheader="Thirty librarians met for two days, and the letter of intent is there.",
    items=(ITEM,),
)
IDENTITY = Identity("Library News", postal_address=POSTAL_ADDRESS, mail_from="news@example.org")
BODY = (
    "<h1>Library News</h1><h2>Workshop in Harare</h2>"
    "<p>Thirty librarians met for two days and wrote down what they need. The report is a long "
    "one, it tells of roofs, of shelves and of people, and it closes with a list of eleven "
    "requests to the ministry, which has promised to answer before the rains come.</p>"
    '<a href="https://news.example.org/harare">Read about Harare</a>'
    f"<p>Reading Street 1<br>2595 The Hague<br>Netherlands</p>"
    f'<a href="{MARKERS["unsubscribe_url"]}">Leave the list</a>'
)
TEXT = (
    "Workshop in Harare\nhttps://news.example.org/harare\n\n"
    f"{POSTAL_ADDRESS}\nLeave: {MARKERS['unsubscribe_url']}\n"
)


def document(body: str, *, lang: str = "en", direction: str = "ltr", head: str = "") -> str:
    return (
        f'<!DOCTYPE html><html lang="{lang}" dir="{direction}"><head><title>x</title>{head}</head>'
        f"<body>{body}</body></html>"
    )


EDITION = RenderedEdition(
    Edition("en"), "ltr", ISSUE.subject, ISSUE.preheader, document(BODY), TEXT
)


def candidate(issue: Issue = ISSUE, identity: Identity = IDENTITY, **edition: object) -> Candidate:
    """Return a candidate whose one edition differs as named."""
    return Candidate(issue, identity, (replace(EDITION, **edition),))  # type: ignore[arg-type]


def with_body(body: str, **names: str) -> Candidate:
    """Return a candidate with more in its body."""
    return candidate(html=document(BODY + body, **names))
