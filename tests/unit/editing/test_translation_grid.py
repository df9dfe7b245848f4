"""The grid says what readers get: it makes the same choice as an edition does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.editing.translations import Cell, FallbackRule, TranslationState, grid, units
from newsletter.errors import EmptyEditionError
from newsletter.model.content import (
    Edition,
    Issue,
    IssueItem,
    IssueTexts,
    ItemTexts,
    Picture,
    QuickLink,
    Section,
)
from newsletter.model.editions import EditionItem, resolve
from newsletter.model.languages import is_same

_CODES = ("en", "en-GB", "fr", "ar", "zh", "zh-Hans", "zh-TW")
_SHOWN_AS_ITS_OWN = {TranslationState.ORIGINAL, TranslationState.DONE, TranslationState.STALE}
codes = st.sampled_from(_CODES)
words = st.sampled_from(["", "word"])
pictures = st.none() | st.builds(Picture, st.just("https://a.example/p.png"), words)


@st.composite
def issues(draw: st.DrawFn) -> Issue:
    keys = draw(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6, unique=True))
    items = tuple(
        IssueItem(
            key,
            f"title {key}",
            summary=draw(words),
            place=draw(words),
            picture=Picture("https://a.example/p.png", draw(words))
            if draw(st.booleans())
            else None,
            language=draw(st.sampled_from(["", *_CODES])),
        )
        for key in keys
    )
    texts = st.builds(ItemTexts, title=words, summary=words, alt=words, place=words)
    translated = st.builds(
        IssueTexts,
        subject=words,
        intro=words,
        items=st.dictionaries(st.sampled_from(keys), texts),
    )
    return Issue(
        "i",
        subject="subject",
        intro=draw(words),
        language=draw(codes),
        items=items,
        translations=draw(st.dictionaries(codes, translated)),
    )


@given(
    issue=issues(),
    language=codes,
    fallback=st.lists(codes, max_size=3),
    missing=st.sampled_from(["fallback", "leave-out"]),
)
def test_a_cell_says_what_a_reader_of_that_edition_gets(
    issue: Issue, language: str, fallback: list[str], missing: str
) -> None:
    rows = grid(issue, [language], FallbackRule(tuple(fallback), missing))
    states = {row.key: row.cells[language] for row in rows}

    try:
        content = resolve(issue, Edition(language), fallback, missing=missing)
    except EmptyEditionError:
        told: dict[str, EditionItem] = {}
    else:
        told = {one.key: one for one in content.items}
        own = [content.subject, content.intro]
        foreign = [one for one in own if one and not is_same(one.language, language)]
        assert (states[""].state in _SHOWN_AS_ITS_OWN) == (not foreign)

    for item in issue.items:
        cell = states[item.key]
        shown = told.get(item.key)
        if shown is None:
            assert cell.state is TranslationState.MISSING
            continue
        texts = [text for text in (shown.title, shown.summary, shown.place, shown.alt) if text]
        other = [text.language for text in texts if not is_same(text.language, language)]
        if cell == Cell(TranslationState.PARTIAL, ""):
            assert missing == "leave-out"
            assert not other
            continue
        assert (cell.state in _SHOWN_AS_ITS_OWN) == (not other)
        assert cell.shown in (other or [language])


@pytest.mark.parametrize("lacking", ["title", "summary", "alt", "place"])
def test_an_item_is_done_only_when_every_text_of_it_is(lacking: str) -> None:
    item = IssueItem(
        "a", "A", summary="S", place="P", picture=Picture("https://a.example/p.png", "Alt")
    )
    whole = ItemTexts(title="T", summary="R", alt="Bild", place="O")
    issue = Issue("i", items=(item,), translations={"de": IssueTexts(items={"a": whole})})
    lacks = replace(
        issue, translations={"de": IssueTexts(items={"a": replace(whole, **{lacking: ""})})}
    )

    states = [_cell(one, "a") for one in (issue, lacks)]

    assert states == [TranslationState.DONE, TranslationState.PARTIAL]


def test_the_issues_own_texts_are_done_only_with_their_quick_links_and_sections() -> None:
    items = tuple(IssueItem(key, key, language="de", section="news") for key in "abcde")
    issue = Issue(
        "i",
        subject="May",
        sections=(Section("news", "News"),),
        items=items,
        quick_links=(QuickLink("Join", "https://a.example"),),
    )
    subject = IssueTexts(subject="Mai")
    linked = replace(subject, quick_links={"https://a.example": "Beitreten"})
    whole = replace(linked, sections={"news": "Neues"})

    states = [
        _cell(replace(issue, translations={"de": one}), "") for one in (subject, linked, whole)
    ]

    assert states == [
        TranslationState.PARTIAL,
        TranslationState.PARTIAL,
        TranslationState.DONE,
    ]


def test_what_is_written_in_a_language_is_not_handed_out_for_it() -> None:
    foreign = IssueItem("a", "Titre", language="fr")
    own = IssueItem("b", "Title")
    issue = Issue("i", subject="May", items=(foreign, own))

    handed_out = {one: [unit.id for unit in units(issue, one)] for one in ("fr", "en", "en-GB")}

    assert handed_out == {
        "fr": ["subject", "items.b.title"],
        "en": ["items.a.title"],
        "en-GB": ["items.a.title"],
    }


def _cell(issue: Issue, key: str) -> TranslationState:
    (row,) = [row for row in grid(issue, ["de"], FallbackRule(("en",))) if row.key == key]
    return row.cells["de"].state


def test_an_item_whose_summary_would_be_left_out_is_not_done() -> None:
    item = IssueItem("a", "A", summary="S")
    texts = IssueTexts(items={"a": ItemTexts(title="T")})
    issue = Issue("i", items=(item,), translations={"de": texts})

    (row,) = [row for row in grid(issue, ["de"], FallbackRule((), "leave-out")) if row.key == "a"]

    assert row.cells["de"] == Cell(TranslationState.PARTIAL, "")
