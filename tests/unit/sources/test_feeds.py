"""Feeds: every version, every encoding, every kind of mistake, from bytes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.errors import SourceNotUnderstoodError
from newsletter.model.content import Item, ItemStatus, Reading
from newsletter.model.sources import Source
from newsletter.sources.feeds import is_feed, read_feed

NOW = datetime(2016, 5, 25, 12, tzinfo=UTC)
BASE = "https://news.example.org/feed/all.xml"


def _read(body: str | bytes, *, content_type: str = "", source: Source | None = None) -> Reading:
    raw = body if isinstance(body, bytes) else body.encode()
    source = source or Source("News")
    return read_feed(raw, source, content_type=content_type, base_url=BASE, fetched_at=NOW)


def _rss(items: str, head: str = "<title>Library news</title>") -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{items}</channel></rss>'


def _only(body: str | bytes, *, content_type: str = "") -> Item:
    (item,) = _read(body, content_type=content_type).items
    return item


def test_an_rss_item_has_everything_a_newsletter_needs() -> None:
    reading = _read(
        _rss(
            """<item><title>Panama letter</title><link>https://news.example.org/1</link>
            <description>&lt;p&gt;Thirty &lt;b&gt;associations&lt;/b&gt; met.&lt;/p&gt;
            </description><pubDate>Fri, 20 May 2016 08:00:00 +0200</pubDate>
            <guid>abc</guid></item>""",
            "<title>Library news</title><language>en-us</language>",
        )
    )

    (item,) = reading.items
    assert (reading.rule, reading.title, reading.language) == ("rss", "Library news", "en-US")
    assert (item.title, item.link) == ("Panama letter", "https://news.example.org/1")
    assert item.summary == "Thirty associations met."
    assert item.date is not None
    assert item.date.isoformat() == "2016-05-20"
    assert item.date.instant == datetime(2016, 5, 20, 6, tzinfo=UTC)
    assert (item.guid, item.language, item.source) == ("abc", "en-US", "News")
    assert item.status is ItemStatus.NEW


def test_an_atom_entry_links_to_its_page_and_not_to_its_enclosure() -> None:
    item = _only(
        """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr"><title>Nouvelles</title>
        <entry><title type="html">L&amp;#8217;atelier</title><id>urn:1</id>
        <link rel="enclosure" href="/a.mp3" type="audio/mpeg"/><link rel="self" href="/self"/>
        <link href="/atelier"/><published>2016-05-12T10:00:00Z</published>
        <updated>2016-05-20T10:00:00Z</updated><summary>Un atelier.</summary></entry></feed>"""
    )

    assert (item.title, item.link) == ("L’atelier", "https://news.example.org/atelier")
    assert item.date is not None
    assert item.date.isoformat() == "2016-05-12"
    assert (item.summary, item.language) == ("Un atelier.", "fr")


def test_atom_text_is_text_even_if_it_looks_like_markup() -> None:
    item = _only(
        """<feed xmlns="http://www.w3.org/2005/Atom"><entry>
        <title type="text">Using &lt;b&gt; in titles</title><link href="/1"/></entry></feed>"""
    )

    assert item.title == "Using <b> in titles"


def test_atom_xhtml_is_sanitised_content() -> None:
    item = _only(
        """<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>T</title><link href="/1"/>
        <content type="xhtml"><x:div xmlns:x="http://www.w3.org/1999/xhtml"><x:p>One
        <x:a href="two">two</x:a></x:p><x:script>alert(1)</x:script></x:div></content></entry>
        </feed>"""
    )

    assert '<a href="https://news.example.org/feed/two">two</a>' in item.content
    assert "script" not in item.content
    assert item.summary == "One two"


@pytest.mark.parametrize(
    "namespace",
    [
        "http://purl.org/rss/1.0/",
        "http://my.netscape.com/rdf/simple/0.9/",
        "http://channel.netscape.com/rdf/simple/0.9/",
    ],
)
def test_rdf_items_stand_beside_the_channel(namespace: str) -> None:
    item = _only(
        f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="{namespace}"
        xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>N</title></channel>
        <item rdf:about="https://news.example.org/1"><title>Atelier</title>
        <dc:date>2016-05-12</dc:date><dc:language>fr</dc:language></item></rdf:RDF>"""
    )

    assert (item.title, item.link, item.language) == ("Atelier", "https://news.example.org/1", "fr")
    assert item.date is not None
    assert item.date.isoformat() == "2016-05-12"


def test_a_json_feed_is_read_like_any_other() -> None:
    reading = _read(
        """{"version": "https://jsonfeed.org/version/1.1", "title": "N & M", "language": "en",
        "items": [{"id": 7, "url": "/1", "title": "A < B", "content_html": "<p>x</p>",
        "summary": "5 < 6", "date_published": "2016-05-20T08:00:00+02:00", "language": "de",
        "image": "/p.jpg"}, {"id": "2", "content_text": "Only words, no title"}]}"""
    )

    first, second = reading.items
    assert (reading.rule, reading.title) == ("jsonfeed", "N & M")
    assert (first.title, first.link, first.summary) == (
        "A < B",
        "https://news.example.org/1",
        "5 < 6",
    )
    assert (first.guid, first.language, first.content) == ("7", "de", "<p>x</p>")
    assert first.picture is not None
    assert first.picture.url == "https://news.example.org/p.jpg"
    assert (second.title, second.status) == ("Only words, no title", ItemStatus.UNDATED)


def test_cyrillic_bytes_are_read_as_declared() -> None:
    body = _rss("<item><title>Новости</title><link>http://a.example/</link></item>")
    body = body.replace('version="1.0"?', 'version="1.0" encoding="windows-1251"?')

    assert _only(body.encode("cp1251")).title == "Новости"


@pytest.mark.parametrize(
    "content_type", ["", "text/xml; charset=utf-8", "text/xml; charset=iso-8859-1"]
)
def test_western_bytes_without_a_declaration_are_read(content_type: str) -> None:
    body = "<rss><channel><item><title>Études à l’été</title></item></channel></rss>"

    assert _only(body.encode("cp1252"), content_type=content_type).title == "Études à l’été"


def test_utf16_with_its_mark_is_read() -> None:
    body = _rss("<item><title>اردو خبریں</title></item>").replace("1.0", '1.0" encoding="utf-16', 1)

    assert _only(body.encode("utf-16")).title == "اردو خبریں"


def test_links_are_relative_to_the_nearest_base() -> None:
    item = _only(
        """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://other.example/a/">
        <entry xml:base="b/"><title>T</title><link href="c"/>
        <content type="html">&lt;a href="d"&gt;d&lt;/a&gt;</content></entry></feed>"""
    )

    assert item.link == "https://other.example/a/b/c"
    assert 'href="https://other.example/a/b/d"' in item.content


@pytest.mark.parametrize(
    ("inside", "link"),
    [
        ("<guid>https://news.example.org/1</guid>", "https://news.example.org/1"),
        (
            '<guid isPermaLink="true">https://news.example.org/1</guid>',
            "https://news.example.org/1",
        ),
        ('<guid isPermaLink="false">https://news.example.org/1</guid>', ""),
        ("<guid>news-1</guid>", ""),
        ("<link>javascript:alert(1)</link>", ""),
        ("<link>/a b</link>", "https://news.example.org/a%20b"),
        ("<link>\n  https://news.example.org/1\n </link>", "https://news.example.org/1"),
        (
            '<link>https://feeds.example/x</link><f:origLink xmlns:f="http://rssnamespace.org/'
            'feedburner/ext/1.0">https://news.example.org/1</f:origLink>',
            "https://news.example.org/1",
        ),
        (
            '<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="self" href="/s"/><link>/1</link>',
            "https://news.example.org/1",
        ),
    ],
)
def test_the_link_is_the_items_page(inside: str, link: str) -> None:
    assert _only(_rss(f"<item><title>T</title>{inside}</item>")).link == link


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("<![CDATA[Tom &amp; Jerry&#8217;s <i>tour</i>]]>", "Tom & Jerry’s tour"),
        ("AT&amp;amp;T", "AT&T"),
        ("One\r\nTwo", "One Two"),
        ("A <b>bold</b> claim", "A bold claim"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;News", "News"),
        ("5 &lt; 6", "5 < 6"),
    ],
)
def test_titles_are_one_line_of_text_however_they_were_escaped(written: str, title: str) -> None:
    assert _only(_rss(f"<item><title>{written}</title></item>")).title == title


def test_an_item_without_title_is_called_by_its_first_words() -> None:
    words = (
        "The association of libraries has met in Panama for a week and decided to write a letter."
    )

    item = _only(_rss(f"<item><description>{words}</description><link>/1</link></item>"))

    assert item.title == "The association of libraries has met in Panama for a week and…"
    assert item.summary == words


def test_an_item_with_neither_title_nor_text_is_left_out_and_counted() -> None:
    reading = _read(_rss("<item><link>/1</link></item><item><title>T</title></item>"))

    assert [item.title for item in reading.items] == ["T"]
    assert reading.notes == ("left out 1 without title and text",)


MEDIA = 'xmlns:media="http://search.yahoo.com/mrss/"'


@pytest.mark.parametrize(
    ("inside", "url", "alt"),
    [
        (f'<media:thumbnail {MEDIA} url="/t.jpg" width="200"/>', "/t.jpg", ""),
        (
            f'<media:content {MEDIA} url="/c.jpg" medium="image"><media:description>A letter'
            "</media:description></media:content>",
            "/c.jpg",
            "A letter",
        ),
        (
            f'<media:group {MEDIA}><media:content url="/v.mp4" medium="video"/>'
            '<media:thumbnail url="/g.jpg"/><media:title>Panama</media:title></media:group>',
            "/g.jpg",
            "Panama",
        ),
        (
            f'<media:content {MEDIA} url="/s.jpg" width="140"/><media:content {MEDIA} url="/m.jpg" '
            f'width="700"/><media:content {MEDIA} url="/l.jpg" width="4000"/>',
            "/m.jpg",
            "",
        ),
        ('<enclosure url="/e.png" type="image/png"/>', "/e.png", ""),
        (
            '<description>&lt;img src="/pixel.gif" width="1" height="1"&gt;&lt;img src="/d.jpg" '
            'alt="Two &amp;amp; three"&gt;Text</description>',
            "/d.jpg",
            "Two & three",
        ),
    ],
)
def test_the_picture_of_an_item_is_found_with_its_words(inside: str, url: str, alt: str) -> None:
    picture = _only(_rss(f"<item><title>T</title>{inside}</item>")).picture

    assert picture is not None
    assert (picture.url, picture.alt) == (f"https://news.example.org{url}", alt)


@pytest.mark.parametrize(
    "inside",
    [
        '<enclosure url="/a.mp3" type="audio/mpeg"/>',
        '<description>&lt;img src="data:image/gif;base64,R0lG"&gt;x</description>',
        '<description>&lt;img src="/1.gif" width="1" height="1"&gt;x</description>',
        '<description>&lt;img src="https://s.w.org/images/core/emoji/1.png"&gt;x</description>',
    ],
)
def test_what_is_no_picture_of_the_news_is_none(inside: str) -> None:
    assert _only(_rss(f"<item><title>T</title>{inside}</item>")).picture is None


def test_a_whole_text_becomes_content_and_a_short_summary() -> None:
    sentence = "The letter of intent was signed by thirty associations in Panama. "
    item = _only(_rss(f"<item><title>T</title><description>{sentence * 40}</description></item>"))

    assert len(item.summary) <= 500
    assert item.summary.endswith("Panama.")
    assert item.content.count("letter of intent") == 40


def test_the_line_a_blog_system_adds_is_not_part_of_the_summary() -> None:
    item = _only(
        _rss(
            "<item><title>Panama letter</title><description><![CDATA[<p>Thirty met.</p><p>The post "
            '<a href="/1">Panama letter</a> appeared first on <a href="/">Library news</a>.</p>]]>'
            "</description></item>"
        )
    )

    assert item.summary == "Thirty met."


def test_nor_is_it_part_of_the_whole_text() -> None:
    item = _only(
        """<feed xmlns="http://www.w3.org/2005/Atom"><title>Library news</title><entry>
        <title>Panama letter</title><content type="html">&lt;p&gt;Thirty met.&lt;/p&gt;&lt;p&gt;The
        post &lt;a href="/1"&gt;Panama letter&lt;/a&gt; appeared first on &lt;a href="/"&gt;Library
        news&lt;/a&gt;.&lt;/p&gt;</content></entry></feed>"""
    )

    assert (item.summary, item.content) == ("Thirty met.", "<p>Thirty met.</p>")


def test_title_author_and_time_before_the_text_are_no_summary() -> None:
    field = "field field--name-{} field--label-hidden"
    item = _only(
        _rss(
            "<item><title>Panama letter</title><description><![CDATA["
            f'<span class="{field.format("title")}">Panama letter</span>\n'
            f'<span class="{field.format("uid")}"><span lang="">admin</span></span>\n'
            f'<span class="{field.format("created")}">Fri, 05/20/2016 - 10:00</span>\n'
            '<div class="field field--name-body"><p>Thirty met.</p></div>]]></description></item>'
        )
    )

    assert item.summary == "Thirty met."


def test_the_language_staff_gave_wins_over_the_feeds_but_not_over_the_items() -> None:
    source = Source("News", language="ar")
    reading = _read(
        _rss(
            '<item><title>A</title></item><item xml:lang="fr"><title>B</title></item>',
            "<language>en-US</language>",
        ),
        source=source,
    )

    assert [item.language for item in reading.items] == ["ar", "fr"]


def test_the_same_item_twice_counts_once() -> None:
    item = "<item><title>T</title><link>/1</link></item>"

    assert len(_read(_rss(item + item)).items) == 1


@pytest.mark.parametrize(
    "broken",
    [
        _rss("<item><title>Ben & Jerry &nbsp; caf&eacute;</title><link>/?a=1&b=2</link></item>"),
        "Warning: something in line 7\n"
        + _rss("<item><title>Ben &amp; Jerry caf&#233;</title><link>/?a=1&amp;b=2</link></item>"),
        _rss("<item><title>Ben &amp; Jerry caf\u00e9\x0b</title><link>/?a=1&amp;b=2</link></item>")
        + "<!-- cached --> <p>more</p>",
        _rss(
            "<item><title>Ben &amp; Jerry caf\u00e9</title><media:thumbnail url='/t.jpg'/>"
            "<link>/?a=1&amp;b=2</link></item>"
        ),
        "\n\n  \ufeff"
        + _rss("<item><title>Ben &amp; Jerry caf\u00e9</title><link>/?a=1&amp;b=2</link></item>"),
        _rss(
            "<item><title>Ben &amp; Jerry caf\u00e9</title><link>/?a=1&amp;b=2</link></item>"
        ).replace("</channel></rss>", ""),
        _rss("<item><title>Ben &amp; Jerry caf\u00e9&#0;</title><link>/?a=1&amp;b=2</link></item>"),
        "<RSS><Channel><Item><Title>Ben &amp; Jerry caf\u00e9</Title><Link>/?a=1&amp;b=2</Link>"
        "</Item></Channel></RSS>",
    ],
    ids=["entities", "before", "after", "prefix", "space", "cut", "null", "case"],
)
def test_the_usual_mistakes_cost_no_item(broken: str) -> None:
    (item,) = _read(broken).items

    assert " ".join(item.title.split()) == "Ben & Jerry café"
    assert item.link == "https://news.example.org/?a=1&b=2"


def test_html_that_nobody_escaped_is_read_all_the_same() -> None:
    reading = _read(
        _rss(
            "<item><title>One</title><description><p>First<br>line<p>Second</description></item>"
            "<item><title>Two</title></item>"
        )
    )

    assert [item.title for item in reading.items] == ["One", "Two"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<!DOCTYPE html><html><body>News</body></html>", "a web page, not a feed"),
        (b"<html><head></head></html>", "a web page, not a feed"),
        (b"", "empty"),
        (b'{"items": []}', "not a JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": "none"}', "not a JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": [', "not a JSON Feed"),
        (b"<?xml version='1.0'?><urlset><url/></urlset>", "neither RSS nor Atom"),
        (b"News of the week", "not a feed"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not a feed"),
    ],
)
def test_what_is_no_feed_is_refused_in_words(body: bytes, reason: str) -> None:
    assert not is_feed(body) or b"jsonfeed" in body
    with pytest.raises(SourceNotUnderstoodError, match=reason):
        _read(body)


def test_an_empty_feed_is_a_feed() -> None:
    reading = _read(_rss(""))

    assert reading.items == ()
    assert reading.notes == ("the feed has no items",)


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">' for n in range(1, 10)).replace(
        "&lol0;", "&lol;"
    )
    + "]>"
    + "<rss><channel><item><title>&lol9;</title><link>/1</link></item></channel></rss>"
)


def test_an_entity_bomb_does_not_go_off() -> None:
    reading = _read(BOMB)

    assert sum(len(item.title) for item in reading.items) < 1_000


def test_an_external_entity_is_not_opened() -> None:
    body = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + _rss(
        "<item><title>A&x;</title></item>"
    ).removeprefix('<?xml version="1.0"?>')

    assert all("root:" not in item.title for item in _read(body).items)


def test_a_feed_of_fifty_thousand_items_is_cut_and_says_so() -> None:
    reading = _read(
        _rss("<item><title>T</title><link>/%d</link></item>" * 50_000 % tuple(range(50_000)))
    )

    assert len(reading.items) == 2_000
    assert reading.notes == ("the feed has 50000 items; only the first 2000 were read",)


def test_nesting_without_end_gives_no_item_and_no_crash() -> None:
    body = "<rss><channel>" + "<item>" * 100_000 + "<title>T</title>"

    assert len(_read(body).items) <= 1


def test_hostile_titles_cannot_add_a_header_or_turn_the_text_around() -> None:
    item = _only(_rss("<item><title>A&#13;&#10;Bcc: x@example.org\u202egnp</title></item>"))

    assert item.title == "A Bcc: x@example.orggnp"


def test_the_words_of_a_feed_outweigh_the_default_of_its_system() -> None:
    reading = _read(
        _rss("<item><title>Новости библиотеки</title></item>", "<language>en-US</language>")
    )

    assert (reading.language, reading.items[0].language) == ("ru", "ru")
