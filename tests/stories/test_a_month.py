"""A month at the desk, typed as staff type it: from four sources to every inbox, once."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.servers.news_site import NewsSite
from tests.servers.running import running
from tests.servers.scripted import Accepted, Script, ScriptedServer
from tests.stories.mailing_room import MailingRoom

FEED = """<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>
<title>City Library</title><link>{url}/city/</link>
<item><title>Night of the open stacks</title><link>{url}/city/stacks</link>
<pubDate>Fri, 20 May 2016 10:00:00 GMT</pubDate>
<description>&lt;p&gt;The stacks were open until midnight.
&lt;script&gt;steal()&lt;/script&gt;&lt;/p&gt;
</description></item>
<item><title>Reading aloud in the tram</title><link>{url}/city/tram</link>
<pubDate>Tue, 10 May 2016 10:00:00 GMT</pubDate><description>Line 5, every day.</description></item>
<item><title>Spring cleaning</title><link>{url}/city/cleaning</link>
<pubDate>Fri, 29 Apr 2016 10:00:00 GMT</pubDate><description>All done.</description></item>
</channel></rss>"""
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Archive",
    "items": [
        {
            "id": "7",
            "title": "Ten thousand maps put online",
            "url": "{url}/archive/maps",
            "date_published": "2016-05-17T09:00:00Z",
            "content_text": "Every sheet of the survey can be seen.",
        }
    ],
}
PAGE = """<!DOCTYPE html><html lang="en"><head><title>Association</title></head><body>
<nav><a href="/">Home</a> <a href="/about">About us</a> <a href="/join">Join</a></nav>
<main><h1>Latest news</h1>{rows}</main>
<footer><a href="/imprint">Imprint</a></footer></body></html>"""
ROW = """<article><h2><a href="/news/{key}">{title}</a></h2><p class="date">{date}</p>
<p>{summary}</p></article>"""
NEWS = [
    ("council", "A new council was elected", "24 May 2016", "Seven members will serve."),
    ("grants", "Grants for village libraries", "12 May 2016", "Twenty villages were chosen."),
    ("vans", "Two vans take to the road", "3 May 2016", "They carry 2,000 books each."),
    ("winter", "Winter school is over", "1 March 2016", "Forty people took part."),
]
NOTE = """---
title: Wanted, a cataloguer for old prints
date: 2016-05-19
link: https://library.example/jobs/prints
---
The post is open until the end of June.
"""
#: As a spreadsheet of Western Europe saves it, after ten years of several hands.
MEMBERS = (
    "Nom;E-mail;Pays;Langue\r\n"
    + "".join(f"Membre Numéro {number};m{number}@town.example;CH;fr\r\n" for number in range(120))
    + "Encore elle;M7@TOWN.example ;CH;fr\r\n"
    + "Zoë;zoe@bücher.example;DE;de\r\n"
    + "personne;;CH;fr\r\n"
    + "téléphone;022 123 45 67;CH;fr\r\n"
    + ";;;\r\n"
    + "Chef;chef@town.example;;;déplacé\r\n"
).encode("cp1252")
READERS = {*(f"m{number}@town.example" for number in range(120)), "chef@town.example"} | {
    "zoe@xn--bcher-kva.example"
}
GATE = 40


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    path = tmp_path / "gate"
    path.write_text("1000000")
    return path


@pytest.fixture
def server(gate: Path) -> Iterator[ScriptedServer]:
    scripted = ScriptedServer(Script(), gate=gate)
    with running(scripted):
        yield scripted


def publish(site: NewsSite) -> None:
    site.serve("/city/feed", FEED.replace("{url}", site.url), "application/rss+xml")
    feed = json.dumps(JSON_FEED).replace("{url}", site.url)
    site.serve("/archive.json", feed, "application/feed+json")
    rows = "".join(
        ROW.format(key=key, title=title, date=date, summary=summary)
        for key, title, date, summary in NEWS
    )
    site.serve("/news", PAGE.format(rows=rows))
    site.serve("/broken", "down", status=500)
    for key, title, _, summary in NEWS:
        site.serve(f"/news/{key}", f"<html><h1>{title}</h1><p>{summary}</p></html>")
    for path in ("/city/stacks", "/city/tram", "/archive/maps"):
        site.serve(path, "<html><p>An article.</p></html>")


def edit(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


def wait_until(is_true: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(12_000):
        if is_true():
            return
        pause.wait(0.01)
    raise AssertionError("it never happened")


def set_up(folder: Path, site: NewsSite, port: int) -> MailingRoom:
    """Make the workspace as the README says, and add the sources."""
    room = MailingRoom(folder)
    room.run("init", str(folder), ok=(0,))
    edit(
        folder / "newsletter.toml",
        ('organisation = ""', 'organisation = "Association of Libraries"'),
        ('postal_address = ""', 'postal_address = "1 Example Square, Biel"'),
        ('website = ""', 'website = "https://library.example/"'),
        ('time_zone = "UTC"', 'time_zone = "Europe/Zurich"'),
    )
    edit(
        folder / ".env",
        ("SMTP_HOST=\n", "SMTP_HOST=127.0.0.1\n"),
        ("SMTP_PORT=587", f"SMTP_PORT={port}"),
        ("SMTP_SECURITY=starttls", "SMTP_SECURITY=plain"),
        ("MAIL_FROM=\n", "MAIL_FROM=Library news <news@library.example>\n"),
        ("MAIL_REPLY_TO=\n", "MAIL_REPLY_TO=office@library.example\n"),
    )
    (folder / "notes").mkdir()
    (folder / "notes" / "prints.md").write_text(NOTE, encoding="utf-8")
    for name, where in (
        ("City", f"{site.url}/city/feed"),
        ("Archive", f"{site.url}/archive.json"),
        ("Association", f"{site.url}/news"),
        ("Jobs", str(folder / "notes")),
    ):
        room.run("sources", "add", where, "--name", name, "--section", "News", "--yes", ok=(0,))
    with (folder / "newsletter.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[[sources]]\nname = "Broken"\nurl = "{site.url}/broken"\n')
    return room


def titles(room: MailingRoom) -> set[str]:
    shown = json.loads(room.run("collect", "2016-05", "--json", ok=(0,)).stdout)
    assert [one["source"] for one in shown["failures"]] == ["Broken"]
    return {one["title"] for one in shown["items"]}


def body(mail: Accepted) -> tuple[str, str]:
    """Return the text and the HTML of a message as a mail client finds them."""
    read = message_from_bytes(mail.content, policy=policy.default)
    assert isinstance(read, EmailMessage)
    parts = [read.get_body((kind,)) for kind in ("plain", "html")]
    assert all(parts)
    text, html = (str(part.get_content()) for part in parts if part is not None)
    return text, html


def test_a_month_from_four_sources_to_every_inbox_through_a_crash(
    tmp_path: Path, news_site: NewsSite, server: ScriptedServer, gate: Path
) -> None:
    publish(news_site)
    room = set_up(tmp_path / "desk", news_site, server.port)
    issue = room.folder / "issues" / "2016-05" / "issue.toml"

    # Collected: what belongs to May, whatever the kind of source, and the broken one is named.
    assert titles(room) == {
        "Night of the open stacks",
        "Reading aloud in the tram",
        "Ten thousand maps put online",
        "A new council was elected",
        "Grants for village libraries",
        "Two vans take to the road",
        "Wanted, a cataloguer for old prints",
    }

    # Edited by hand, and collected again when the site has changed.
    edit(
        issue,
        ('title = "A new council was elected"', 'title = "Seven people, one council"'),
        ('title = "Reading aloud in the tram"', 'title = "Tram readings"'),
        ('intro = ""', 'intro = "Dear members, here is **May**."'),
    )
    news_site.serve(
        "/archive.json",
        json.dumps(JSON_FEED)
        .replace("{url}", news_site.url)
        .replace("Ten thousand maps", "All the maps"),
        "application/feed+json",
    )
    titles(room)
    edited = issue.read_text(encoding="utf-8")
    assert "Seven people, one council" in edited
    assert "A new council was elected" not in edited
    assert "here is **May**." in edited
    assert "All the maps put online" in edited

    # Checked: these links work at the desk only. The gate is shut until they are mended.
    checked = room.run("check", "2016-05", ok=(3,)).stdout
    assert "'127.0.0.1' works from inside only" in checked
    issue.write_text(edited.replace(news_site.url, "https://library.example"), encoding="utf-8")
    room.run("check", "2016-05", ok=(0,))

    # Looked at.
    room.run("preview", "2016-05", ok=(0,))
    pages = "".join(path.read_text(encoding="utf-8") for path in issue.parent.glob("out/**/*.html"))
    assert "Seven people, one council" in pages
    assert "steal()" not in pages

    # The members come in from a spreadsheet.
    table = tmp_path / "members.csv"
    table.write_bytes(MEMBERS)
    shown = room.run("subscribers", "import", str(table), "--list", "members", ok=(0,)).stdout
    assert "line 125" in shown
    assert "022 123 45 67" in shown
    room.run("subscribers", "import", str(table), "--list", "members", "--really", ok=(0,))
    dry = room.run("send", "2016-05", "--list", "members", ok=(0,)).stdout
    assert f"{len(READERS)} readers" in dry
    assert server.accepted == []

    # Sent, and killed in the middle.
    gate.write_text(str(GATE))
    sending = room.popen("send", "2016-05", "--list", "members", "--really", "--yes")
    wait_until(lambda: len(server.accepted) >= GATE)
    sending.kill()
    sending.communicate()
    gate.write_text("1000000")
    resumed = room.run("resume", ok=(0,))

    # Counted in the mailbox.
    copies = Counter(mail.recipient for mail in server.accepted)
    twice = {address for address, count in copies.items() if count > 1}
    assert set(copies) == READERS
    assert max(copies.values()) <= 2
    assert all(address in resumed.stderr for address in twice), "an unknown one is named"
    assert len({mail.message_id for mail in server.accepted}) == len(READERS)
    found = room.mailing()
    assert (found["state"], found["accepted"], found["planned"]) == ("finished", 122, 122)
    assert server.faults == []

    # And nobody gets it again.
    before = len(server.accepted)
    again = room.send(ok=(0,))
    assert "nobody is sent it twice" in again.stdout
    assert len(server.accepted) == before

    text, html = body(next(one for one in server.accepted if one.recipient.startswith("zoe@")))
    for part in (text, html):
        assert "Seven people, one council" in part
        assert "Tram readings" in part
        assert "1 Example Square, Biel" in part
