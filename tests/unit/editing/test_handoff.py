"""Translation files: out to a volunteer and back, in three formats."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.editing.handoff import Handoff, HandoffFormat, read, write
from newsletter.editing.translations import Unit, fingerprint
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
        b'<target state="translated">', f'<target state="{state}" state-qualifier="x">'.encode(), 1
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
        (
            write(HANDOFF, HandoffFormat.TXT).replace(b"[[end]]\n", b""),
            "was cut off: .* 3 of the 3",
        ),
        ("é".encode("cp1252") + b"Content-Type: text/plain; charset=klingon", "not 'klingon'"),
    ],
)
def test_a_broken_file_is_named_with_its_reason(content: bytes, reason: str) -> None:
    with pytest.raises(TranslationFileError, match=reason):
        read(content, "volunteer.file")


LONG = Handoff(
    "2016-05",
    "en",
    "fr",
    (
        Unit("subject", "News", "Nouvelles", "a", "b"),
        Unit("intro", "word " * 40, "mot d'une lettre " * 20, "c", "d"),
    ),
)


def test_a_po_file_cut_between_two_lines_of_a_text_says_so() -> None:
    lines = write(LONG, HandoffFormat.PO).splitlines(keepends=True)
    last = max(at for at, line in enumerate(lines) if line.startswith(b'"mot'))

    cut = read(b"".join(lines[: last + 1]), "fr.po")

    assert [unit.may_be_cut for unit in cut.units] == [False, True]
    assert "2 of the 2 texts" in cut.doubt


def test_a_po_file_of_before_there_was_an_end_is_taken_whole() -> None:
    text = write(LONG, HandoffFormat.PO).decode()
    old = text.replace('"X-Texts: 2\\n"\n', "").partition('msgctxt "newsletter-end')[0]

    assert read(old.encode(), "fr.po") == LONG


@pytest.mark.parametrize("form", FORMATS)
def test_a_text_that_stands_twice_is_refused(form: HandoffFormat) -> None:
    double = replace(HANDOFF, units=(*HANDOFF.units, replace(HANDOFF.units[2], translation="x")))
    content = write(double, form)
    if form is HandoffFormat.PO:  # Babel writes it once
        once = write(HANDOFF, form).partition(b"#. of=eee")
        content = once[0] + once[1] + once[2] + b"\n" + once[1] + once[2]

    with pytest.raises(TranslationFileError, match="twice"):
        read(content, "ar.file")


@pytest.mark.parametrize("form", FORMATS)
def test_a_stale_text_goes_out_marked_and_comes_back_so(form: HandoffFormat) -> None:
    was = fingerprint("بنما")
    stale = Unit("items.panama.title", "Panama", "بنما", "eee", was, is_unfinished=True)
    handoff = replace(HANDOFF, units=(stale,))

    assert read(write(handoff, form), "ar.file") == handoff


def test_a_stale_text_of_a_text_file_that_was_changed_is_finished() -> None:
    stale = Unit("intro", "Intro", "Avant", "a", fingerprint("Avant"), is_unfinished=True)
    content = write(replace(HANDOFF, units=(stale,)), HandoffFormat.TXT)

    (unit,) = read(content.replace(b"Avant", "Après".encode()), "fr.txt").units

    assert (unit.translation, unit.is_unfinished) == ("Après", False)


@pytest.mark.parametrize("form", FORMATS)
def test_an_original_in_another_language_is_said_to_be_so(form: HandoffFormat) -> None:
    russian = Unit("items.a.title", "Архив", "", "a", "b", language="ru")

    assert b"written in ru" in write(replace(HANDOFF, units=(russian,)), form)


@pytest.mark.parametrize("line", ["PO-Revision-Date: yesterday", "Plural-Forms: nplurals=rubbish;"])
def test_what_a_po_header_says_beside_the_matter_breaks_nothing(line: str) -> None:
    content = write(HANDOFF, HandoffFormat.PO).replace(b"MIME-Version: 1.0", line.encode())

    assert read(content, "ar.po") == HANDOFF


def test_plural_forms_in_a_po_file_are_refused() -> None:
    content = write(HANDOFF, HandoffFormat.PO).replace(
        b'msgid "Panama"\nmsgstr "', b'msgid "Panama"\nmsgid_plural "Panamas"\nmsgstr[0] "'
    )

    with pytest.raises(TranslationFileError, match="plural forms at 'items"):
        read(content, "ar.po")


ENTITIES = {
    "bomb": '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>',
    "file": '<!DOCTYPE x [<!ENTITY b SYSTEM "file:///etc/hostname">]>',
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
@pytest.mark.parametrize("declared", ENTITIES.values(), ids=ENTITIES)
def test_an_xliff_file_with_entities_is_refused(declared: str, encoding: str) -> None:
    body = write(HANDOFF, HandoffFormat.XLIFF).decode().split("\n", 1)[1]
    content = f'<?xml version="1.0"?>{declared}{body}'.replace("<target/>", "<target>&b;</target>")

    with pytest.raises(TranslationFileError, match="declares entities"):
        read(content.encode(encoding), "ar.xlf")


def test_an_xliff_file_saved_in_version_1_1_comes_back() -> None:
    """As translate-toolkit's pofilter writes it."""
    content = write(HANDOFF, HandoffFormat.XLIFF).replace(b":1.2", b":1.1")

    assert read(content, "ar.xlf") == HANDOFF


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "link", ["https://a.example/?x[]=1", 'https://a.example/"q"\\b', "a]] of="]
)
def test_a_quick_link_with_signs_of_the_format_comes_back(link: str, form: HandoffFormat) -> None:
    handoff = replace(HANDOFF, units=(Unit(f"quick_links.{link}", "Join", "Adhérer", "a", "b"),))

    assert read(write(handoff, form), "f") == handoff


def test_blanks_that_a_mail_program_changes_do_not_break_a_text_file() -> None:
    content = write(HANDOFF, HandoffFormat.TXT).replace(b" of=", b"  of=").replace(b"\n", b" \r\n")

    assert [unit.was for unit in read(content, "ar.txt").units] == ["bbb", "ddd", "fff"]


@pytest.mark.parametrize("mark", ["> ", ">"])
def test_a_text_file_that_came_back_as_a_quoted_mail_is_read(mark: str) -> None:
    lines = write(HANDOFF, HandoffFormat.TXT).decode().splitlines()
    quoted = "\n".join(f"{mark}{line}".rstrip() for line in lines)

    assert read(quoted.encode(), "ar.txt") == HANDOFF
