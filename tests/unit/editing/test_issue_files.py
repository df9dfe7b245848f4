"""issue.toml, collected.json and the files of the languages: read, written, refused."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from newsletter.editing import guarded_files
from newsletter.editing.issue_files import open_files, read_issue, slugs
from newsletter.editing.issue_toml import header_lines
from newsletter.editing.text_files import read_texts, write_texts
from newsletter.errors import FileWriteError, IssueFileError, IssueNotFoundError
from newsletter.model.content import IssueTexts, ItemDate, ItemTexts, QuickLink
from tests.unit.editing.test_merging import HARARE, PANAMA, collect

BY_HAND = '''\
subject = "May"
intro = """
Dear readers,

**welcome**.
"""
number = 12
date = 2016-05-31

[[sections]]
title = "News"

[[items]]
title = "Written by hand"
section = "News"
date = "2016-05"
summary = """
One line
and another,

then a paragraph.
"""

[[items]]
title = "Written by hand"
link = "https://library.example/x"
included = false
place = "Harare"
ends = 2016-05-06

[[quick_links]]
title = "Catalogue"
link = "https://library.example/"

[waivers]
contrast = "Jane: a logo"
'''


def write(folder: Path, text: str, name: str = "issue.toml") -> None:
    (folder / "2016-05").mkdir(exist_ok=True)
    (folder / "2016-05" / name).write_text(text, encoding="utf-8")


def test_an_issue_written_by_hand_needs_no_keys(tmp_path: Path) -> None:
    write(tmp_path, BY_HAND)

    issue = read_issue(tmp_path, "2016-05")

    assert [item.key for item in issue.items] == ["written-by-hand", "written-by-hand-2"]
    assert issue.items[0].summary == "One line and another,\n\nthen a paragraph."
    assert issue.items[0].date == ItemDate(2016, 5)
    assert issue.items[0].section == issue.sections[0].key == "news"
    assert issue.items[1].ends == ItemDate(2016, 5, 6)
    assert issue.intro == "Dear readers,\n\n**welcome**."
    assert issue.number == "12"
    assert issue.quick_links == (QuickLink("Catalogue", "https://library.example/"),)
    assert issue.waivers == {"contrast": "Jane: a logo"}


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ('subject = "May"', 'subject = "May', 1, "not valid TOML"),
        ('subject = "May"', 'subjcet = "May"', 1, "did you mean 'subject'"),
        ("number = 12", "number = true", 7, "must be text"),
        ("date = 2016-05-31", 'date = "2016-05"', 8, "whole day"),
        ('date = "2016-05"', 'date = "soon"', 16, "must be a date"),
        ('date = "2016-05"', "date = 5", 16, "must be a date"),
        ('section = "News"', 'section = "Nwes"', 15, "did you mean 'News'"),
        ("included = false", 'included = "no"', 27, "true or false"),
        ("included = false", "inclded = false", 27, "did you mean 'included'"),
        ("included = false", 'key = "a/../b"', 27, "letters, digits and hyphens"),
        ("[[quick_links]]", "[quick_links]", 31, "[[quick_links]]"),
        ('link = "https://library.example/"\n', "link = 5\n", 33, "must be text"),
    ],
)
def test_a_broken_issue_is_reported_with_line_and_reason(
    tmp_path: Path, old: str, new: str, line: int, reason: str
) -> None:
    write(tmp_path, BY_HAND.replace(old, new, 1))

    with pytest.raises(IssueFileError) as caught:
        read_issue(tmp_path, "2016-05")

    assert "2016-05/issue.toml" in str(caught.value)
    assert f"line {line}" in str(caught.value)
    assert reason in str(caught.value)


def test_two_items_with_one_key_are_refused(tmp_path: Path) -> None:
    write(tmp_path, '[[items]]\nkey = "a"\ntitle = "A"\n[[items]]\ntitle = "B"\nkey = "a"\n')

    with pytest.raises(IssueFileError, match=r"line 6: the item 'a' stands twice"):
        read_issue(tmp_path, "2016-05")


def test_bytes_that_are_not_text_are_refused_with_their_line(tmp_path: Path) -> None:
    write(tmp_path, "")
    (tmp_path / "2016-05" / "issue.toml").write_bytes(b'subject = "x"\nintro = "\xe9"\n')

    with pytest.raises(IssueFileError, match="line 2 is not UTF-8"):
        read_issue(tmp_path, "2016-05")


@pytest.mark.parametrize("slug", ["..", "../2016-05", "/etc", "a/b", "", ".hidden", "a..b", "a\\b"])
def test_no_name_leaves_the_folder_of_issues(tmp_path: Path, slug: str) -> None:
    with pytest.raises(IssueNotFoundError):
        read_issue(tmp_path, slug)


def test_an_unknown_issue_names_the_nearest(tmp_path: Path) -> None:
    collect(tmp_path, [PANAMA])

    with pytest.raises(IssueNotFoundError, match="'2016-04'") as caught:
        read_issue(tmp_path, "2016-04")

    assert "2016-05" in caught.value.hint
    assert slugs(tmp_path) == ["2016-05"]
    assert slugs(tmp_path / "nothing") == []


def test_a_broken_collection_stops_before_anything_is_taken_for_a_persons(tmp_path: Path) -> None:
    collect(tmp_path, [PANAMA])
    before = (tmp_path / "2016-05" / "issue.toml").read_bytes()
    write(tmp_path, '{"version": 1,\n"items": ', "collected.json")

    with pytest.raises(IssueFileError, match=r"collected\.json' line 2"):
        collect(tmp_path, [PANAMA, HARARE])

    assert (tmp_path / "2016-05" / "issue.toml").read_bytes() == before


def test_an_issue_that_an_editor_saves_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    collect(tmp_path, [PANAMA])
    files = open_files(tmp_path, "2016-05")
    path = tmp_path / "2016-05" / "issue.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n# mine\n", encoding="utf-8")
    before = path.read_bytes()

    with pytest.raises(IssueFileError, match="changed by somebody else"):
        files.issue_file.replace("subject = 'x'\n")

    assert path.read_bytes() == before
    assert sorted(one.name for one in path.parent.iterdir()) == ["collected.json", "issue.toml"]


def test_a_full_disk_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "issue.toml"
    path.write_text("subject = 'old'\n", encoding="utf-8")
    program = textwrap.dedent(
        """
        import resource, signal, sys
        from pathlib import Path
        from newsletter.editing import guarded_files
        from newsletter.errors import FileWriteError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        file = guarded_files.read(Path(sys.argv[1]))
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            file.replace("x" * 100_000)
        except FileWriteError as error:
            print(error)
        """
    )

    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )

    assert "cannot write" in done.stdout
    assert path.read_text(encoding="utf-8") == "subject = 'old'\n"
    assert [one.name for one in tmp_path.iterdir()] == ["issue.toml"]


def test_a_folder_in_the_way_is_an_error_for_people(tmp_path: Path) -> None:
    blocked = tmp_path / "2016-05"
    blocked.write_text("not a folder", encoding="utf-8")

    with pytest.raises((FileWriteError, IssueFileError)):
        collect(tmp_path, [PANAMA])


def test_a_file_is_replaced_whole_and_can_be_replaced_again(tmp_path: Path) -> None:
    first = guarded_files.read(tmp_path / "deep" / "a.toml").replace("one")

    second = first.replace("two")

    assert second.text == "two"
    assert (tmp_path / "deep" / "a.toml").read_text(encoding="utf-8") == "two"


def test_a_file_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("one", encoding="utf-8")
    path.chmod(0o664)

    guarded_files.read(path).replace("two")

    assert path.stat().st_mode & 0o777 == 0o664


def test_translations_are_read_with_the_issue(tmp_path: Path) -> None:
    collect(tmp_path, [PANAMA])
    write(
        tmp_path,
        'subject = "Mai"\n[sections]\nnews = "Actualités"\n'
        '[items.letter-of-intent-signed-in-panama]\ntitle = "Lettre"\nsummary = "a\\nb"\n',
        "fr.toml",
    )

    texts = read_issue(tmp_path, "2016-05").translations["fr"]

    assert texts.subject == "Mai"
    assert texts.sections == {"news": "Actualités"}
    assert texts.items["letter-of-intent-signed-in-panama"] == ItemTexts("Lettre", "a b")


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("fr.toml", 'sujbect = "x"', "line 1: unknown key 'sujbect'; did you mean 'subject'"),
        ("fr.toml", '[items.a]\ntitel = "x"', "line 2: unknown key 'titel'; did you mean 'title'"),
        ("fr.toml", "[items]\na = 5", "line 2: 'items.a' must be a table"),
        ("fr.toml", "subject = 5", "line 1: 'subject' must be text"),
        ("fr.toml", "sections = 5", "must be a table"),
        ("notes.toml", "", "named by a language"),
    ],
)
def test_a_broken_translation_is_reported_with_line_and_reason(
    tmp_path: Path, name: str, text: str, reason: str
) -> None:
    collect(tmp_path, [PANAMA])
    write(tmp_path, text, name)

    with pytest.raises(IssueFileError, match=reason.split(";")[0].replace("(", r"\(")):
        read_issue(tmp_path, "2016-05")


def test_texts_come_back_as_they_were_written(tmp_path: Path) -> None:
    texts = IssueTexts(
        'Un "sujet" \\ l\'',
        "avant",
        'Deux\n\n"""paragraphes"""',
        {"news": "Actualités"},
        {"a": ItemTexts("Titre", "Un résumé " * 30 + "fin.", "alt", "", "", "Harare", "abc")},
        {"https://library.example/a?b=1": "Catalogue"},
        "def",
    )

    write_texts(tmp_path, "fr", texts, read=IssueTexts())

    assert read_texts(tmp_path, "fr") == texts
    with pytest.raises(IssueFileError, match="changed by somebody else"):
        write_texts(tmp_path, "fr", texts, read=IssueTexts())


def test_a_comment_of_the_translator_stays(tmp_path: Path) -> None:
    (tmp_path / "fr.toml").write_text('# By Amina.\nsubject = "x"\n', encoding="utf-8")
    texts = read_texts(tmp_path, "fr")

    write_texts(tmp_path, "fr", IssueTexts("y"), read=texts)

    assert (tmp_path / "fr.toml").read_text(encoding="utf-8").startswith("# By Amina.\n")


def test_headers_inside_long_texts_are_no_headers() -> None:
    text = (
        'a = """\n[[items]]\n\\"""\n"""\n[[items]] # one\n'
        "b = '''\n[[items]]'''\n  [[ items ]]\n"
    )

    assert header_lines(text, "items") == [4, 7]


def test_the_collection_is_json_that_git_can_show(tmp_path: Path) -> None:
    collect(tmp_path, [PANAMA])
    rows = json.loads((tmp_path / "2016-05" / "collected.json").read_text(encoding="utf-8"))

    assert rows["version"] == 1
    assert rows["period"]["name"] == "2016-05"
    assert rows["items"]["letter-of-intent-signed-in-panama"]["link"] == PANAMA.link
