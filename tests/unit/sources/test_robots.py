"""robots.txt: RFC 9309, rule by rule."""

from __future__ import annotations

import pytest

from newsletter.sources.robots import CLOSED, OPEN, parse_robots

AGENT = "newsletter-press"
SITE = "https://news.example.org"


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("User-agent: *\nDisallow: /private", "/private/a", False),
        ("User-agent: *\nDisallow: /private", "/public", True),
        ("User-agent: *\nDisallow:", "/anything", True),
        ("User-agent: *\nDisallow: /\nAllow: /news", "/news/1", True),
        ("User-agent: *\nAllow: /news\nDisallow: /news/old", "/news/old/1", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf?x=1", True),
        ("User-agent: *\nDisallow: /*/print/", "/a/print/1", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True),
        ("user-agent: Newsletter-Press\ndisallow: /x\n\nUser-agent: *\nDisallow: /", "/y", True),
        ("User-agent: other\nUser-agent: newsletter-press\nDisallow: /x", "/x", False),
        ("User-agent: other\nDisallow: /", "/x", True),
        ("# comment\nUser-agent: * # all\nDisallow: /caf%C3%A9", "/café", False),
        ("Sitemap: https://news.example.org/s.xml", "/x", True),
        ("Disallow: /", "/x", True),
    ],
)
def test_the_longest_rule_of_our_group_decides(rules: str, path: str, allowed: bool) -> None:
    assert parse_robots(rules, AGENT).allows(SITE + path) is allowed


def test_a_missing_file_allows_all_and_a_broken_server_nothing() -> None:
    assert OPEN.allows(f"{SITE}/x")
    assert not CLOSED.allows(f"{SITE}/x")
