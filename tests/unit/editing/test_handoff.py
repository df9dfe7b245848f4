"""Translation files: out to a volunteer and back, in three formats."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.editing.handoff import Handoff, HandoffFormat, read, write
from newsletter.editing.translations import Unit
from newsletter.errors import TranslationFileError

FORMATS = list(HandoffFormat)
HANDOFF = Handoff(
    "2016-05",
    "en",
    "ar",
    (
        Unit("subject", 'News & "quotes" <b>', "أخبار", "aaa", "bbb"),
        Unit("intro", "Two\n\nparagraphs, 100 %", "", "ccc", "ddd"),
        Unit("items.panama.title", "Panama", "بنما\nسطر", "eee", "fff"),
    ),
)


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_written_reads_back_the_same(form: HandoffFormat) -> None:
    assert read(write(HANDOFF, form), "fr.file") == HANDOFF


@pytest.mark.parametrize("form", FORMATS)
def test_windows_line_ends_and_a_byte_order_mark_change_nothing(form: HandoffFormat) -> None:
    content = b"\xef\xbb\xbf" + write(HANDOFF, form).replace(b"\n", b"\r\n")

    assert read(content, "fr.file").units[2].translation.splitlines() == ["بنما", "سطر"]


_WORDS = (
    st.text(
        st.characters(
            exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029\x85\ufffe\uffff"
        ),
        min_size=1,
        max_size=60,
    )
    .map(str.strip)
    .filter(lambda text: bool(text) and not text.startswith((">", "[[")))
)


@given(original=_WORDS, translation=_WORDS)
@pytest.mark.parametrize("form", FORMATS)
def test_any_words_survive_the_way_there_and_back(
    form: HandoffFormat, original: str, translation: str
) -> None:
    handoff = Handoff(
        "2016-05", "en", "fr", (Unit("items.a.title", original, translation, "a", "b"),)
    )

    assert read(write(handoff, form), "f") == handoff


def test_a_fuzzy_po_text_counts_as_not_translated() -> None:
    content = write(HANDOFF, HandoffFormat.PO).replace(b"#. of=aaa", b"#, fuzzy\n#. of=aaa")

    assert read(content, "ar.po").units[0].translation == ""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (write(HANDOFF, HandoffFormat.PO) + b"\nnonsense\n", r"line \d+ is not a PO file"),
        (b'msgid "a"\nmsgstr "b"\n', "not a file that this newsletter handed out"),
        (b"<xliff><file></xliff>", "is not an XLIFF file"),
        (b"<html/>", "not an XLIFF 1.2 file"),
        ("été".encode("latin-1"), "is not UTF-8"),
        (b"\x00\x01\x02", "not a"),
    ],
)
def test_a_broken_file_is_named_with_its_reason(content: bytes, reason: str) -> None:
    with pytest.raises(TranslationFileError, match=reason):
        read(content, "volunteer.file")
