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
    .filter(bool)
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


@pytest.mark.parametrize("line", ["> quoted", "[[items.b.title]] of=a was=b", r"\> so", r"\\[[x"])
def test_a_line_of_a_text_file_that_looks_like_ours_is_kept(line: str) -> None:
    text = f"Before\n{line}\nafter"
    handoff = Handoff("2016-05", "en", "fr", (Unit("intro", "Intro", text, "a", "b"),))

    assert read(write(handoff, HandoffFormat.TXT), "fr.txt") == handoff


def test_a_fuzzy_po_text_is_unfinished() -> None:
    content = write(HANDOFF, HandoffFormat.PO).replace(b"#. of=aaa", b"#, fuzzy\n#. of=aaa")

    assert [unit.is_unfinished for unit in read(content, "ar.po").units] == [True, False, False]


@pytest.mark.parametrize(
    ("state", "unfinished"),
    [("new", True), ("needs-review-translation", True), ("translated", False), ("final", False)],
)
def test_an_xliff_target_says_whether_it_is_finished(state: str, unfinished: bool) -> None:
    content = write(HANDOFF, HandoffFormat.XLIFF).replace(
        b"<target>", f'<target state="{state}" state-qualifier="x">'.encode(), 1
    )

    assert read(content, "ar.xlf").units[0].is_unfinished is unfinished


def test_a_po_file_as_other_tools_save_it_comes_back() -> None:
    """Header wrapped, fields added, language with its country, as Poedit and gettext do."""
    content = r"""
# Translated by a volunteer
msgid ""
msgstr ""
"Project-Id-Version: "
"newsletter 2016-05\n"
"PO-Revision-Date: 2016-06-01 10:00+0200\n"
"Last-Translator: Ana <ana@example.org>\n"
"Language: fr_FR\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=ISO-8859-1\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\n"

#. of=aaa was=bbb
msgctxt "subject"
msgid "News"
msgstr "Actualités "
"d'été"
""".encode("iso-8859-1")

    handoff = read(content, "fr.po")

    assert (handoff.issue, handoff.language) == ("2016-05", "fr-FR")
    assert handoff.units == (Unit("subject", "News", "Actualités d'été", "aaa", "bbb"),)


def test_a_percent_sign_is_no_format_that_a_translation_has_to_keep() -> None:
    unit = Unit("subject", "30 % in may, {name} 100% done", "Mai", "a", "b")
    content = write(Handoff("2016-05", "en", "fr", (unit,)), HandoffFormat.PO)

    assert b"-format" not in content


def test_an_xliff_file_as_other_tools_save_it_comes_back() -> None:
    """Marks inside, a comment, a note of the volunteer before ours, another suggestion."""
    content = b"""<?xml version="1.0"?>
<x:xliff xmlns:x="urn:oasis:names:tc:xliff:document:1.2" version="1.2">
<x:file original="2016-05" source-language="en" target-language="fr" datatype="plaintext">
<x:header><x:tool tool-id="t" tool-name="T"/></x:header>
<x:body><x:group id="g"><x:trans-unit id="subject" approved="yes" xml:space="preserve">
<x:source>News</x:source>
<x:seg-source><x:mrk>News</x:mrk></x:seg-source>
<x:target state="final"><x:mrk>Des <x:g id="1">nouvelles</x:g><!-- ? --></x:mrk></x:target>
<x:note from="Ana">Is that right?</x:note><x:note>of=aaa was=bbb</x:note>
<x:alt-trans><x:target>Infos</x:target></x:alt-trans>
</x:trans-unit></x:group></x:body></x:file></x:xliff>"""

    assert read(content, "fr.xlf") == Handoff(
        "2016-05", "en", "fr", (Unit("subject", "News", "Des nouvelles", "aaa", "bbb"),)
    )


@pytest.mark.parametrize("form", FORMATS)
def test_what_windows_saves_as_unicode_comes_back(form: HandoffFormat) -> None:
    text = write(HANDOFF, form).decode().replace("utf-8", "utf-16").replace("\n", "\r\n")

    assert read(text.encode("utf-16"), "ar.file") == HANDOFF


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (write(HANDOFF, HandoffFormat.PO) + b"\nnonsense\n", r"line \d+ is not a PO file"),
        (b'msgid "a"\nmsgstr "b"\n', "not a file that this newsletter handed out"),
        (b"<xliff><file></xliff>", "is not an XLIFF file"),
        (write(HANDOFF, HandoffFormat.PO)[:-20], "line \\d+ .* without its closing quote"),
        (b"<html/>", "not an XLIFF 1.2 file"),
        ("été".encode("latin-1"), "is not UTF-8"),
        (b"\x00\x01\x02", "not a"),
    ],
)
def test_a_broken_file_is_named_with_its_reason(content: bytes, reason: str) -> None:
    with pytest.raises(TranslationFileError, match=reason):
        read(content, "volunteer.file")
