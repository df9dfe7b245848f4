from __future__ import annotations

import pytest

from newsletter.sources.pages import MAX_ELEMENTS, FeedLink, absolute, clean, parse_page

BASE = "https://library.example/news/"


def test_a_page_knows_its_title_language_and_canonical_address() -> None:
    page = parse_page(
        b"<html lang='en'><head><title> Library\n news </title>"
        b"<link rel=canonical href='/news'></head><body><p>Hello",
        base_url=BASE,
    )

    assert (page.title, page.language, page.canonical) == (
        "Library news",
        "en",
        "https://library.example/news",
    )


def test_links_are_relative_to_the_base_of_the_page() -> None:
    page = parse_page(b"<base href='/en/'><p>x", base_url=BASE)

    assert (page.base_url, page.url) == ("https://library.example/en/", BASE)


def test_announced_feeds_are_listed_once_and_in_order() -> None:
    page = parse_page(
        b"""<head><link rel="alternate" type="application/rss+xml" title="News" href="/feed">
        <link rel="alternate" type="application/atom+xml" href="atom.xml">
        <link rel="alternate" type="application/rss+xml" href="/feed">
        <link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/1">
        <link rel="alternate" type="application/feed+json" href="/feed.json">
        <link rel="stylesheet" type="text/css" href="/x.css">
        <link rel="alternate" hreflang="fr" href="/fr"></head><body>x""",
        base_url=BASE,
    )

    assert page.feeds == (
        FeedLink("https://library.example/feed", "News", "rss"),
        FeedLink("https://library.example/news/atom.xml", "", "atom"),
        FeedLink("https://library.example/feed.json", "", "jsonfeed"),
    )


@pytest.mark.parametrize(
    ("head", "language"),
    [
        (b"<html lang='pt_BR'>", "pt-BR"),
        (b"<html xml:lang='de'>", "de"),
        (b"<html><head><meta http-equiv='Content-Language' content='es, en'>", "es"),
        (b"<html><head><meta property='og:locale' content='fr_FR'>", "fr-FR"),
        (b"<html lang='{{lang}}'>", ""),
    ],
)
def test_the_language_is_found_wherever_it_is_declared(head: bytes, language: str) -> None:
    assert parse_page(head + b"<body>x", base_url=BASE).language == language


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("a/b", "https://library.example/news/a/b"),
        ("//other.example/x y", "https://other.example/x%20y"),
        ("  /a\n/b ", "https://library.example/a/b"),
        ("javascript:alert(1)", ""),
        ("java\u200bscript:alert(1)", ""),
        ("mailto:a@b.example", ""),
        ("#top", ""),
        ("http://[", ""),
        ("data:text/html,x", ""),
        ("", ""),
    ],
)
def test_only_web_addresses_are_links(link: str, expected: str) -> None:
    assert absolute(link, BASE) == expected


def test_text_is_cleaned_of_controls_and_direction_overrides() -> None:
    assert clean(" a\x00\u202eb\u2066 \n\tc\u00a0d ") == "ab c d"


def test_joiners_that_languages_need_are_kept() -> None:
    assert clean("کتاب\u200cخانه") == "کتاب\u200cخانه"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00" * 5000,
        b"<!--" * 5000,
        b"<div>" * 40_000 + b"x",
        b"<b><i>" * 20_000,
        b"<?xml version='1.0' encoding='utf-16'?><html><body>x",
        bytes(range(256)) * 100,
    ],
)
def test_no_bytes_break_the_parser(body: bytes) -> None:
    assert parse_page(body, base_url=BASE).tree.tag == "html"


def test_a_page_of_too_many_elements_is_cut_but_keeps_its_start() -> None:
    page = parse_page(b"<p id=first>a</p>" + b"<p>x</p>" * 100_000, base_url=BASE)

    assert sum(1 for _ in page.tree.iter()) <= MAX_ELEMENTS
    assert page.tree.xpath("//p[@id='first']")
