"""Feeds that only the forgiving parser reads, and the bounds on it."""

from __future__ import annotations

from newsletter.sources.forgiving import forgiving_feed

BASE = "https://news.example.org/feed"


def test_everything_a_newsletter_needs_survives_the_way_round() -> None:
    feed = forgiving_feed(
        """<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"
        xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>News</title>
        <language>fr</language><item><title>Lettre</title><link>/1</link><guid>abc</guid>
        <description>Trente.</description><content:encoded>&lt;p&gt;Tout&lt;/p&gt;</content:encoded>
        <pubDate>Fri, 20 May 2016 08:00:00 GMT</pubDate><media:thumbnail url="/t.jpg" width="200"/>
        <enclosure url="/e.png" type="image/png"/></item></channel></rss>""",
        BASE,
    )

    assert feed is not None
    (entry,) = feed.entries
    assert (feed.rule, feed.title, feed.language, feed.count) == ("rss", "News", "fr", 1)
    assert (entry.title, entry.link, entry.guid) == ("Lettre", "/1", "abc")
    assert (entry.summary, entry.content) == ("Trente.", "<p>Tout</p>")
    assert entry.dates == ["Fri, 20 May 2016 08:00:00 GMT"]
    assert [picture.url for picture in entry.pictures] == ["/t.jpg", "/e.png"]


def test_what_is_no_feed_is_none() -> None:
    assert forgiving_feed("<html><p>News</p></html>", BASE) is None


def test_nesting_that_would_cost_minutes_is_not_even_tried() -> None:
    assert forgiving_feed("<rss><channel>" + "<item>" * 200_000, BASE) is None
