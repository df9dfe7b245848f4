"""Pictures from a news site to the reader, and those that were made to hurt."""

from __future__ import annotations

import email
import io
import json
import random
import re
import subprocess
import sys
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from newsletter.cli import main
from tests.servers.news_site import NewsSite, Page

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
<link>{url}/</link>{items}</channel></rss>"""
ITEM = """<item><title>Story {key}</title><link>https://library.example/{key}</link>
<description>Text of {key}.
</description><pubDate>Fri, 20 May 2016 10:00:00 GMT</pubDate>
<enclosure url="{picture}" type="image/jpeg" length="1"/></item>"""


def photo(width: int = 1200, height: int = 900, seed: int = 1, **options: object) -> bytes:
    noise = Image.frombytes("RGB", (60, 45), random.Random(seed).randbytes(60 * 45 * 3))
    out = io.BytesIO()
    noise.resize((width, height)).save(out, "JPEG", **options)
    return out.getvalue()


class Room:
    """A workspace, its news site, and a person who types."""

    def __init__(self, root: Path, site: NewsSite) -> None:
        self.root, self.site = root, site
        self.folder = root / "issues" / "2016-05"
        self.settings()

    def settings(self, top: str = "", tables: str = "") -> None:
        (self.root / "newsletter.toml").write_text(
            f'name = "News"\npostal_address = "1 Lane"\n{top}\n'
            f'[mail]\nsender = "news@library.example"\n{tables}\n'
            f'[[sources]]\nname = "News"\nurl = "{self.site.url}/feed.xml"\nread_articles = false\n'
        )

    def publish(self, **pictures: str) -> None:
        items = "".join(
            ITEM.format(url=self.site.url, key=key, picture=picture)
            for key, picture in pictures.items()
        )
        feed = FEED.format(url=self.site.url, items=items)
        self.site.serve("/feed.xml", feed, "application/rss+xml")

    def serve(self, path: str, content: bytes, kind: str = "image/jpeg") -> str:
        return self.site.serve(path, content, kind)

    def type(self, *words: str, code: int | None = 0) -> Result:
        result = CliRunner().invoke(main, ["--workspace", str(self.root), *words])
        assert code is None or result.exit_code == code, result.output
        return result

    def states(self, *words: str) -> dict[str, dict[str, object]]:
        rows = json.loads(self.type("pictures", "2016-05", "--json", *words).stdout)["pictures"]
        return {row["item"]: row for row in rows}

    def html(self, name: str = "en.html") -> str:
        return (self.folder / "out" / name).read_text()

    def message(self) -> EmailMessage:
        raw = (self.folder / "out" / "en.eml").read_bytes()
        return email.message_from_bytes(raw, policy=policy.default)

    def mailed(self) -> str:
        body = self.message().get_body(("related", "html"))
        assert body is not None
        page = next(part for part in body.walk() if part.get_content_type() == "text/html")
        assert isinstance(page, EmailMessage)
        return str(page.get_content())

    def files(self) -> dict[str, bytes]:
        folder = self.folder / "pictures"
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def images(html: str) -> list[dict[str, str]]:
    return [dict(re.findall(r'(\w+)="([^"]*)"', tag)) for tag in re.findall(r"<img [^>]*>", html)]


@pytest.fixture
def room(tmp_path: Path, news_site: NewsSite) -> Room:
    return Room(tmp_path, news_site)


@pytest.fixture
def pictured(room: Room) -> Room:
    """Return a room whose issue has a lead and a side picture, both collected."""
    exif = Image.Exif()
    exif[0x010F] = "Camera of Amina"
    lead = room.serve("/lead.jpg", photo(1600, 900, exif=exif))
    side = room.serve("/side.jpg", photo(800, 600, seed=2, exif=exif))
    room.publish(lead=lead, side=side, plain="")
    return room


def test_collected_pictures_are_kept_beside_the_issue_and_left_where_they_are(
    pictured: Room,
) -> None:
    pictured.type("collect", "2016-05")

    pictured.type("preview", "2016-05")

    shown = images(pictured.mailed())
    assert [(one["src"], one["width"], one["height"]) for one in shown] == [
        (f"{pictured.site.url}/lead.jpg", "600", "338"),
        (f"{pictured.site.url}/side.jpg", "96", "72"),
    ]
    local = [one["src"] for one in images(pictured.html())]
    assert all(re.fullmatch(r"\.\./pictures/[0-9a-f]{16}\.jpg", one) for one in local)
    assert all((pictured.folder / "out" / one).is_file() for one in local)
    deeper = [one["src"] for one in images(pictured.html("views/en-dark.html"))]
    assert all((pictured.folder / "out" / "views" / one).is_file() for one in deeper)
    assert images(pictured.html("en-light.html")) == []


def test_with_public_pages_the_scaled_pictures_are_shown_from_there(pictured: Room) -> None:
    pictured.settings('public_url = "https://library.example/archive/"')
    noted = pictured.type("collect", "2016-05").stderr

    pictured.type("preview", "2016-05")

    shown = images(pictured.mailed())
    base = "https://library.example/archive/2016-05/pictures/"
    assert all(one["src"].startswith(base) for one in shown)
    assert [(one["width"], one["height"]) for one in shown] == [("600", "338"), ("96", "72")]
    files = pictured.files()
    assert {one["src"].removeprefix(base) for one in shown} == set(files) - {"index.json"}
    assert not any(b"Camera" in content or b"Exif" in content for content in files.values())
    sizes = [Image.open(io.BytesIO(one)).size for name, one in files.items() if name[-1] == "g"]
    assert sorted(sizes) == [(192, 144), (600, 338)]
    assert "copy issues/2016-05/pictures/ there" in noted


def test_pictures_travel_inside_the_message_on_request(pictured: Room) -> None:
    pictured.settings(tables="[pictures]\nembed = true")
    pictured.type("collect", "2016-05")

    pictured.type("preview", "2016-05")

    message = pictured.message()
    inside = {
        part["Content-ID"].strip("<>"): part.get_content()
        for part in message.walk()
        if part.get_content_maintype() == "image"
    }
    assert {one["src"] for one in images(pictured.mailed())} == {f"cid:{name}" for name in inside}
    assert set(inside.values()) == {
        content for name, content in pictured.files().items() if name != "index.json"
    }


def test_the_books_of_an_edition_name_its_pictures(pictured: Room) -> None:
    pictured.type("collect", "2016-05")

    left = json.loads(pictured.type("check", "2016-05", "--json", code=None).stdout)["editions"]
    pictured.settings(tables="[pictures]\nembed = true\n[budgets]\npictures_kb = 1")
    checked = pictured.type("check", "2016-05", "--json", code=None)
    inside = json.loads(checked.stdout)["editions"]

    originals = len(pictured.site.pages["/lead.jpg"].body + pictured.site.pages["/side.jpg"].body)
    assert [one["picture_bytes"] for one in left] == [originals, 0, 0]
    full = left[0]
    seconds = (full["message_bytes"] + originals) * 8 / 64000
    assert full["seconds_at_64_kbit"] == round(seconds, 1)
    assert 0 < inside[0]["picture_bytes"] < originals
    assert inside[0]["message_bytes"] > full["message_bytes"] + inside[0]["picture_bytes"]
    assert inside[0]["seconds_at_64_kbit"] == round(inside[0]["message_bytes"] * 8 / 64000, 1)
    assert "picture-budget" in checked.stdout


def test_the_second_preview_asks_nobody_and_gives_the_same_bytes(pictured: Room) -> None:
    pictured.type("collect", "2016-05")
    pictured.type("preview", "2016-05")
    before, asked = pictured.files(), len(pictured.site.requests)
    first = pictured.html()
    code = (
        "import sys; from newsletter.cli import main\n"
        f"main(['--workspace', {str(pictured.root)!r}, 'preview', '2016-05'],"
        " standalone_mode=False)\n"
        "print(sorted({'requests', 'urllib3', 'PIL'} & set(sys.modules)), file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stderr.strip() == "[]"
    assert (pictured.files(), pictured.html()) == (before, first)
    assert len(pictured.site.requests) == asked


def test_scaling_happens_in_a_process_of_its_own(pictured: Room) -> None:
    pictured.publish(lead="", side="")
    pictured.type("collect", "2016-05")
    issue = pictured.folder / "issue.toml"
    text = issue.read_text().replace('picture = ""', f'picture = "{pictured.site.url}/lead.jpg"')
    issue.write_text(text)
    code = (
        "import sys; from newsletter.cli import main\n"
        f"main(['--workspace', {str(pictured.root)!r}, 'check', '2016-05'],"
        " standalone_mode=False)\n"
        "print('PIL' in sys.modules, file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stderr.strip() == "False"
    assert len(pictured.files()) == 2


HOSTILE = {
    "gone": (Page(status=404), "404"),
    "script": (Page(b"#!/bin/sh\nrm -rf /\n"), "not a JPEG"),
    "page": (Page(b"<html><p>Log in first</p></html>"), "not a JPEG"),
    "vector": (
        Page(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        "not a JPEG",
    ),
    "tiny": (Page(), "1 x 1"),
    "bomb": (Page(), "8000 x 6250"),
    "cut": (Page(photo()[:3000]), "broken"),
    "huge": (Page(claimed_length=50_000_000), "larger than"),
    "looping": (Page(status=302, headers={"Location": "/looping.jpg"}), "redirects"),
}


def _flat(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("1", (width, height)).save(out, "PNG")
    return out.getvalue()


def test_a_picture_that_cannot_be_had_leaves_a_note_and_no_hole(room: Room) -> None:
    pages = {name: page for name, (page, _) in HOSTILE.items()}
    pages["tiny"] = Page(_flat(1, 1))
    pages["bomb"] = Page(_flat(8000, 6250))
    pages["huge"] = Page(b"x" * 13_000_000)
    for name, page in pages.items():
        room.site.put(f"/{name}.jpg", page)
    good = room.serve("/good.jpg", photo())
    room.publish(good=good, **{name: f"{room.site.url}/{name}.jpg" for name in HOSTILE})

    noted = room.type("collect", "2016-05").stderr
    room.type("preview", "2016-05")
    checked = room.type("check", "2016-05", "--json", code=None)

    assert [one["src"] for one in images(room.mailed())] == [good]
    assert room.html().count("Text of ") == len(HOSTILE) + 1
    found = json.loads(checked.stdout)["findings"]
    missing = {one["where"]: one["message"] for one in found if one["check"] == "picture-missing"}
    for name, (_, reason) in HOSTILE.items():
        (line,) = [one for one in noted.splitlines() if f"/{name}.jpg'" in one]
        assert reason in line
        assert reason in missing[f"item 'Story {name}'"]
    assert set(room.files()) == {"index.json", *(n for n in room.files() if n.endswith(".jpg"))}


def test_a_picture_never_opens_a_way_into_a_private_network(room: Room) -> None:
    with NewsSite() as intranet:
        secret = intranet.serve("/secret.jpg", photo(), "image/jpeg")
        room.site.redirect("/jump.jpg", secret)
        room.publish(straight=secret, jump=f"{room.site.url}/jump.jpg", file="file:///etc/passwd")
        room.type("collect", "2016-05")
        issue = room.folder / "issue.toml"
        for name, url in {"file": "file:///etc/hostname", "up": "../../newsletter.toml"}.items():
            with issue.open("a") as file:
                file.write(f'[[items]]\ntitle = "Own {name}"\npicture = "{url}"\n')
        (room.folder / "link.jpg").symlink_to("/etc/hostname")
        with issue.open("a") as file:
            file.write('[[items]]\ntitle = "Own link"\npicture = "link.jpg"\n')

        states = room.states()

        assert intranet.requests == []
    assert all(one["failure"] for one in states.values())
    assert "private network" in str(states["Story straight"]["failure"])
    assert "private network" in str(states["Story jump"]["failure"])
    assert "only http and https" in str(states["Own file"]["failure"])
    assert "outside the issue" in str(states["Own up"]["failure"])
    assert "outside the issue" in str(states["Own link"]["failure"])


def test_a_picture_of_ones_own_travels_inside_where_nothing_is_public(room: Room) -> None:
    room.publish(plain="")
    room.type("collect", "2016-05")
    own = room.folder / "pictures" / "own.jpg"
    own.parent.mkdir()
    own.write_bytes(photo(900, 600))
    issue = room.folder / "issue.toml"
    issue.write_text(issue.read_text().replace('picture = ""', 'picture = "pictures/own.jpg"'))

    room.type("preview", "2016-05")
    first = images(room.mailed())
    own.write_bytes(photo(900, 600, seed=7))
    room.type("preview", "2016-05")

    assert first[0]["src"].startswith("cid:")
    assert (first[0]["width"], first[0]["height"]) == ("600", "375")
    assert images(room.mailed()) != first, "an edited file is read again"
    own.unlink()
    assert "cannot be read" in room.type("preview", "2016-05").stderr
    assert images(room.mailed()) == []


def test_what_failed_for_the_moment_is_tried_again_and_what_failed_for_good_is_not(
    room: Room,
) -> None:
    busy = room.site.put("/busy.jpg", Page(status=503))
    gone = room.site.put("/gone.jpg", Page(status=404))
    room.publish(busy=busy, gone=gone)
    room.type("collect", "2016-05")
    for name in ("busy", "gone"):
        room.serve(f"/{name}.jpg", photo())

    room.type("preview", "2016-05")
    after_preview = [one["src"] for one in images(room.mailed())]
    listed = room.type("pictures", "2016-05").stdout

    assert after_preview == [busy]
    assert "missing" not in listed
    assert listed.count("remote") == 2


def test_fetching_again_brings_what_changed_at_the_source(pictured: Room) -> None:
    pictured.type("collect", "2016-05")
    assert pictured.states()["Story side"]["width"] == 800
    pictured.serve("/side.jpg", photo(400, 400))

    assert pictured.states()["Story side"]["width"] == 800
    assert pictured.states("--again")["Story side"]["width"] == 400


def test_a_picture_that_is_left_where_it_is_keeps_its_shape(room: Room) -> None:
    tower = room.serve("/tower.jpg", photo(300, 3000))
    tall = room.serve("/tall.jpg", photo(600, 900, seed=3))
    small = room.serve("/small.jpg", photo(60, 60, seed=4))
    room.publish(tower=tower, tall=tall, small=small)
    room.type("collect", "2016-05")

    room.type("preview", "2016-05")

    sizes = {one["src"]: (int(one["width"]), int(one["height"])) for one in images(room.mailed())}
    assert sizes == {tower: (40, 400), tall: (64, 96), small: (60, 60)}


def test_a_broken_list_of_pictures_costs_fetching_them_again(pictured: Room) -> None:
    pictured.type("collect", "2016-05")
    before = pictured.files()
    (pictured.folder / "pictures" / "index.json").write_text('{"version": 1, "pictures": [{}]}')

    pictured.type("preview", "2016-05")

    assert pictured.files() == before


def test_what_is_sent_carries_the_pictures_that_the_preview_showed(pictured: Room) -> None:
    from datetime import UTC, datetime

    from newsletter.store.mailings import Mailings
    from newsletter.workflow.prepare import Order, Preparation
    from newsletter.workspace import Workspace

    pictured.settings(tables="[pictures]\nembed = true")
    (pictured.root / ".env").write_text("NEWSLETTER_SECRET=0123456789abcdef0123456789abcdef\n")
    pictured.type("collect", "2016-05")
    pictured.type("preview", "2016-05")
    workspace = Workspace(pictured.root)
    now = datetime(2016, 6, 1, tzinfo=UTC)

    with workspace.open_store(create=True) as store:
        order = Order("2016-05", to=("ana@library.example",))
        mailing = Preparation(workspace, store, order, now).freeze()
        assert mailing is not None
        template = Mailings(store).editions(mailing.id)["en"]

    for name, content in pictured.files().items():
        if name != "index.json":
            assert f"Content-ID: <{name}@pictures>".encode() in template
            assert len(content) < len(template)


def test_a_picture_that_moved_is_shown_from_its_new_place(room: Room) -> None:
    old = room.serve("/old.jpg", photo())
    room.publish(story=old)
    room.type("collect", "2016-05")
    new = room.serve("/a-new-place.jpg", photo())
    issue = room.folder / "issue.toml"
    issue.write_text(issue.read_text().replace(old, new))

    room.type("preview", "2016-05")

    assert [one["src"] for one in images(room.mailed())] == [new]


def test_the_address_of_a_picture_carries_no_readers_address_away(room: Room) -> None:
    from newsletter.model.message import MARKERS

    spy = room.serve(
        f"/p.jpg?to={MARKERS['address']}".replace("XPERSONALX", "XPERSONAL%20X"), photo()
    )
    room.publish(story=f"{room.site.url}/p.jpg?to={MARKERS['address']}")
    room.type("collect", "2016-05")

    room.type("preview", "2016-05")

    assert "reader@library.example" not in " ".join(one["src"] for one in images(room.mailed()))
    assert [one["src"] for one in images(room.mailed())] == [spy]
