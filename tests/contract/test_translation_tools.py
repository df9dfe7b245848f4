"""Files for volunteers, in the hands of the tools that they use: translate-toolkit, gettext."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from newsletter.editing.handoff import Handoff, HandoffFormat, read, write
from newsletter.editing.translations import Unit

#: Debian's php-symfony-translation brings the OASIS schema along.
SCHEMA = Path(
    "/usr/share/php/Symfony/Component/Translation/Resources/schemas/xliff-core-1.2-strict.xsd"
)
HANDOFF = Handoff(
    "2016-05",
    "en",
    "ar",
    (
        Unit("subject", 'News & "quotes" <b>', "أخبار", "aaa", "bbb"),
        Unit("intro", "Two\n\nparagraphs, 100 %", "", "ccc", "ddd"),
        Unit("items.panama.title", "Panama", "بنما", "eee", "fff", is_unfinished=True),
        Unit(
            "items.long.summary",
            "A long text, " * 30 + "end",
            "نص طويل، " * 30 + "نهاية",
            "ggg",
            "hhh",
        ),
        Unit("quick_links.https://example.org/?a=1&b=2", "Архив", "", "i", "j", language="ru"),
    ),
)
#: What XLIFF 1.2 allows of what we write, in strict form; the sections are those of the
#: OASIS Standard of 1 February 2008.
GRAMMAR = """
<element name="xliff" xmlns="http://relaxng.org/ns/structure/1.0"
    ns="urn:oasis:names:tc:xliff:document:1.2"
    datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <attribute name="version" ns=""><value>1.2</value></attribute><!-- 2.2.1 -->
  <oneOrMore><element name="file"><!-- 2.2.2: four attributes, three of them required -->
    <attribute name="original" ns=""/>
    <attribute name="source-language" ns=""><data type="language"/></attribute>
    <attribute name="target-language" ns=""><data type="language"/></attribute>
    <attribute name="datatype" ns=""><value>plaintext</value></attribute>
    <element name="body"><zeroOrMore><element name="trans-unit"><!-- 2.2.4 -->
      <attribute name="id" ns=""/>
      <attribute name="space" ns="http://www.w3.org/XML/1998/namespace">
        <value>preserve</value></attribute>
      <element name="source"><text/></element>
      <optional><element name="target"><!-- 2.2.5; states: 2.4 -->
        <optional><attribute name="state" ns=""><choice>
          <value>translated</value><value>needs-review-translation</value>
        </choice></attribute></optional><text/></element></optional>
      <zeroOrMore><element name="note"><text/></element></zeroOrMore>
    </element></zeroOrMore></element>
  </element></oneOrMore>
</element>
"""


def _document() -> etree._Element:
    return etree.fromstring(write(HANDOFF, HandoffFormat.XLIFF))


def test_xliff_files_are_built_as_the_standard_says() -> None:
    grammar = etree.RelaxNG(etree.fromstring(GRAMMAR))

    assert grammar.validate(_document()), grammar.error_log


@pytest.mark.skipif(not SCHEMA.exists(), reason="the OASIS schema is not on this machine")
def test_xliff_files_are_valid_by_the_strict_schema_of_oasis() -> None:
    text = SCHEMA.read_text(encoding="utf-8").replace("http://www.w3.org/2001/xml.xsd", "xml.xsd")
    schema = etree.XMLSchema(etree.fromstring(text.encode(), base_url=str(SCHEMA)))

    assert schema.validate(_document()), schema.error_log


def _filled_in(content: bytes, form: HandoffFormat) -> bytes:
    """Return the file as translate-toolkit saves it, with one more text translated."""
    from translate.storage.pypo import pofile
    from translate.storage.xliff import Xliff1File

    kind = pofile if form is HandoffFormat.PO else Xliff1File
    store = kind.parsestring(content)  # type: ignore[no-untyped-call]
    for unit in store.units:
        if unit.source == "Архив":
            unit.target = "الأرشيف"
    return bytes(store)


@pytest.mark.parametrize("form", [HandoffFormat.PO, HandoffFormat.XLIFF])
def test_what_translate_toolkit_saves_comes_back(form: HandoffFormat) -> None:
    done = replace(HANDOFF.units[-1], translation="الأرشيف")

    returned = read(_filled_in(write(HANDOFF, form), form), "ar.file")

    assert returned == replace(HANDOFF, units=(*HANDOFF.units[:-1], done))
    assert not returned.doubt


@pytest.mark.parametrize("form", [HandoffFormat.PO, HandoffFormat.XLIFF])
def test_what_pofilter_writes_into_a_file_does_not_get_into_the_texts(
    form: HandoffFormat, tmp_path: Path
) -> None:
    there, back = tmp_path / f"there.{form}", tmp_path / f"back.{form}"
    there.write_bytes(write(HANDOFF, form))

    program = "from translate.filters.pofilter import main; main()"
    subprocess.run(
        [sys.executable, "-c", program, "--progress=none", str(there), str(back)],
        check=True,
        capture_output=True,
        timeout=60,
    )

    known = {unit.id: unit for unit in HANDOFF.units}
    found = read(back.read_bytes(), back.name).units
    assert found
    assert [(one.original, one.translation, one.of) for one in found] == [
        (known[one.id].original, known[one.id].translation, known[one.id].of) for one in found
    ]


gettext = pytest.mark.skipif(not shutil.which("msgcat"), reason="gettext is not installed")


def _run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=60)


@gettext
def test_msgfmt_has_nothing_to_say_about_a_file(tmp_path: Path) -> None:
    (tmp_path / "ar.po").write_bytes(write(HANDOFF, HandoffFormat.PO))

    told = _run("msgfmt", "--check", "--output-file=/dev/null", tmp_path / "ar.po")

    assert told.stderr == ""


@gettext
@pytest.mark.parametrize("how", ["--width=20", "--no-wrap", "--sort-output"])
def test_what_msgcat_wraps_or_sorts_anew_comes_back(how: str, tmp_path: Path) -> None:
    (tmp_path / "ar.po").write_bytes(write(HANDOFF, HandoffFormat.PO))

    _run("msgcat", how, tmp_path / "ar.po", "-o", tmp_path / "back.po")

    returned = read((tmp_path / "back.po").read_bytes(), "back.po")
    assert sorted(returned.units, key=str) == sorted(HANDOFF.units, key=str)
    assert not any(unit.may_be_cut for unit in returned.units)
