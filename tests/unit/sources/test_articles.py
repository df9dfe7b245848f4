"""Articles: what a listing left out is filled in, what it gave stays."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from newsletter.errors import SourceUnreachableError
from newsletter.model.content import Item, ItemDate, ItemStatus, Picture
from newsletter.sources.articles import enrich
from newsletter.sources.fetching import Fetched

NOW = datetime(2016, 5, 25, 12, tzinfo=UTC)
LINK = "https://news.example.org/2016/panama"
BARE = Item("Panama letter", LINK, status=ItemStatus.UNDATED)
LONG = (
    "Thirty library associations met in Panama for a week and signed a letter of intent at the end."
)


@dataclass
class OnePage:
    """Answers every address with the same page."""

    html: str = ""
    content_type: str = "text/html"
    is_down: bool = False
    is_closed: bool = False
    asked: list[str] = field(default_factory=list)

    def fetch(
        self,
        url: str,
        *,
        typed_by_staff: bool,
        accept: str = "",
        max_bytes: int = 0,
        whole: bool = True,
    ) -> Fetched:
        assert not typed_by_staff
        self.asked.append(url)
        if self.is_down:
            raise SourceUnreachableError(url, "the server answered 404: not found")
        return Fetched(url, 200, self.content_type, self.html.encode(), NOW)

    def may_read(self, url: str) -> bool:
        return not self.is_closed


def _enriched(html: str, item: Item = BARE) -> Item:
    return enrich(item, OnePage(html), now=NOW).item


def test_opengraph_gives_summary_picture_and_date() -> None:
    item = _enriched(
        '<meta property="og:description" content="Thirty &amp; more met.">'
        '<meta property="og:image" content="/p.jpg"><meta property="og:image:alt" content="Letter">'
        '<meta property="og:image:width" content="1200">'
        '<meta property="article:published_time" content="2016-05-20T08:00:00+02:00">'
    )

    assert item.summary == "Thirty & more met."
    assert item.picture == Picture("https://news.example.org/p.jpg", "Letter", 1200)
    assert item.date is not None
    assert (item.date.isoformat(), item.status) == ("2016-05-20", ItemStatus.NEW)


def test_json_ld_gives_what_opengraph_does_not() -> None:
    item = _enriched(
        '<script type="application/ld+json">{"@graph": [{"@type": "WebSite", "description": "no"},'
        '{"@type": ["NewsArticle"], "description": "Thirty met.", "image": [{"url": "/p.jpg"}],'
        '"datePublished": "2016-05-20"}]}</script>'
    )

    assert (item.summary, item.date) == ("Thirty met.", ItemDate(2016, 5, 20))
    assert item.picture is not None
    assert item.picture.url == "https://news.example.org/p.jpg"


def test_the_first_running_paragraph_is_the_last_resort() -> None:
    item = _enriched(
        "<header><p>We use cookies to make this page better for you and for everyone else, ok?</p>"
        "</header><main><p>By Anna Berg</p><figure><p>A very long caption under a picture that has "
        f"more than eighty characters in it.</p></figure><p>{LONG}</p><p>Second.</p></main>"
    )

    assert item.summary == LONG


def test_a_description_that_only_repeats_the_title_is_no_summary() -> None:
    item = _enriched(
        f'<meta name="description" content="Panama letter"><article><p>{LONG}</p></article>'
    )

    assert item.summary == LONG


def test_what_the_listing_gave_is_never_overwritten() -> None:
    full = Item(
        "Panama letter", LINK, ItemDate(2016, 5, 19), "Ours.", status=ItemStatus.NEW
    )  # fmt: skip

    item = _enriched(
        '<meta property="og:description" content="Theirs."><meta property="og:image" content="/p">'
        '<meta property="article:published_time" content="2016-05-20">',
        full,
    )

    assert (item.summary, item.date) == ("Ours.", ItemDate(2016, 5, 19))
    assert item.picture is not None


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (ItemDate(2016, 5), ItemDate(2016, 5, 20)),
        (ItemDate(None, 5, 20), ItemDate(2016, 5, 20)),
        (ItemDate(2016, 4), ItemDate(2016, 4)),
        (ItemDate(None, 5, 21), ItemDate(None, 5, 21)),
    ],
)
def test_a_part_of_a_date_is_completed_only_where_the_page_agrees(
    written: ItemDate, kept: ItemDate
) -> None:
    item = _enriched(
        '<meta property="article:published_time" content="2016-05-20">',
        Item("Panama letter", LINK, written, status=ItemStatus.UNDATED),
    )

    assert item.date == kept


def test_a_complete_item_costs_no_request() -> None:
    site = OnePage()
    full = Item("T", LINK, ItemDate(2016, 5, 20), "S", Picture("https://news.example.org/p.jpg"))

    assert enrich(full, site, now=NOW).item is full
    assert enrich(Item("T"), site, now=NOW).item == Item("T")
    assert site.asked == []


@pytest.mark.parametrize(
    ("site", "note"),
    [
        (OnePage(is_down=True), f"{LINK}: the server answered 404: not found"),
        (
            OnePage(is_closed=True),
            f"{LINK}: the site does not answer, or asks programs not to read it",
        ),
        (OnePage("%PDF-1.4", "application/pdf"), ""),
        (OnePage(""), ""),
        (OnePage("<script type='application/ld+json'>{{{</script>"), ""),
    ],
    ids=["down", "robots", "pdf", "empty", "broken"],
)
def test_a_page_that_gives_nothing_leaves_the_item_as_it_is(site: OnePage, note: str) -> None:
    enriched = enrich(BARE, site, now=NOW)

    assert enriched.item == BARE
    assert enriched.note == note


def test_deep_json_ld_is_not_followed_for_ever() -> None:
    deep = "[" * 100_000

    assert _enriched(f'<script type="application/ld+json">{deep}</script>') == BARE


def test_a_summary_from_a_page_is_clean_text() -> None:
    item = _enriched(
        '<meta property="og:description" content="A&lt;style&gt;x&lt;/style&gt;\u202eb &lt;b&gt;c">'
        '<meta property="og:image" content="javascript:alert(1)">'
    )

    assert (item.summary, item.picture) == ("Ab c", None)


@pytest.mark.parametrize("url", ["/img/site-logo.png", "/default-share.jpg", "/placeholder.png"])
def test_the_picture_that_all_pages_share_is_none_of_the_item(url: str) -> None:
    assert _enriched(f'<meta property="og:image" content="{url}">').picture is None
