"""The people commands as a person types them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from newsletter.cli import main


class Desk:
    """A workspace and a person who types."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "newsletter.toml").write_text('name = "ALP news"\n', encoding="utf-8")

    def type(self, *words: str, stdin: bytes | str | None = None, code: int = 0) -> Result:
        result = CliRunner().invoke(main, ["--workspace", str(self.root), *words], input=stdin)
        assert result.exit_code == code, result.output
        return result

    def file(self, name: str, content: str | bytes) -> str:
        path = self.root / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def members(self, *addresses: str) -> None:
        path = self.file("members.csv", "Email\n" + "".join(f"{one}\n" for one in addresses))
        self.type("subscribers", "import", path, "--list", "members", "--really")

    def rows(self) -> list[dict[str, str]]:
        text = self.type("subscribers", "export").stdout
        return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


MIXED = (
    "\ufeffE-Mail;Name;Land;Sprache\r\n"
    "ana@example.org;Ana;CL;Deutsch\r\n"
    "kein Mensch;x;y;\r\n"
    "ANA@Example.org;;;\r\n"
    "bo@gmial.com;Bo;;fr\r\n"
)


def test_an_import_shows_first_what_it_would_do_and_makes_no_file(desk: Desk) -> None:
    path = desk.file("members.csv", MIXED)
    before = sorted(desk.root.iterdir())

    shown = desk.type("subscribers", "import", path, "--list", "members").stdout

    assert "semicolons" in shown
    assert "new                  2" in shown
    assert "line 3: 'kein Mensch' is not an address: it has no @" in shown
    assert "did you mean gmail.com?" in shown
    assert "Nothing was written. Add --really to import." in shown
    assert sorted(desk.root.iterdir()) == before


def test_an_import_with_really_does_it(desk: Desk) -> None:
    path = desk.file("members.csv", MIXED)

    desk.type("subscribers", "import", path, "--list", "members", "--really")

    assert [(row["email"], row["language"], row["Land"]) for row in desk.rows()] == [
        ("ana@example.org", "de", "CL"),
        ("bo@gmial.com", "fr", ""),
    ]


def test_an_import_answers_programs(desk: Desk) -> None:
    path = desk.file("members.csv", MIXED)

    found = json.loads(desk.type("subscribers", "import", path, "--list", "m", "--json").stdout)

    assert found["version"] == 1
    assert (found["new"], found["refused_count"], found["repeated"]) == (2, 1, 1)
    assert found["refused"][0]["line"] == 3
    assert found["really"] is False


def test_an_import_never_brings_back_who_left_or_is_suppressed(desk: Desk) -> None:
    desk.members("ana@example.org", "bo@example.org", "cy@example.org")
    desk.type("subscribers", "remove", "ana@example.org", "--list", "members", "--yes")
    desk.type("subscribers", "suppress", "bo@example.org", "--reason", "asked", "--yes")

    desk.members("Ana@example.org", "BO@example.org", "cy@example.org")

    found = json.loads(desk.type("lists", "--json").stdout)["lists"][0]
    assert (found["confirmed"], found["unsubscribed"], found["suppressed"]) == (2, 1, 1)


def test_people_come_from_standard_input_too(desk: Desk) -> None:
    desk.type(
        "subscribers", "import", "-", "--list", "members", "--really", stdin=b"ana@example.org\n"
    )

    assert [row["email"] for row in desk.rows()] == ["ana@example.org"]


def test_a_list_that_may_be_a_typing_mistake_is_pointed_out(desk: Desk) -> None:
    desk.members("ana@example.org")
    path = desk.file("more.csv", "Email\nbo@example.org\n")

    shown = desk.type("subscribers", "import", path, "--list", "menbers").stdout

    assert "(a new list; did you mean 'members'?)" in shown


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Name,Town\nAna,Quito\n", "no column holds addresses"),
        (b"PK\x03\x04 and more", "a packed file or an Excel"),
        ("Email\nbroken\n", "nobody in"),
    ],
)
def test_a_file_that_gives_nobody_is_an_error_and_writes_nothing(
    desk: Desk, content: str | bytes, message: str
) -> None:
    path = desk.file("bad.csv", content)

    result = desk.type("subscribers", "import", path, "--list", "members", code=1)

    assert message in result.stderr
    assert "Hint:" in result.stderr
    assert not (desk.root / "newsletter.db").exists()


def test_a_file_that_is_not_there_is_an_error(desk: Desk) -> None:
    result = desk.type("subscribers", "import", "nowhere.csv", "--list", "members", code=1)

    assert "cannot read 'nowhere.csv'" in result.stderr


def test_a_name_that_no_list_can_have_is_an_error(desk: Desk) -> None:
    path = desk.file("members.csv", "Email\nana@example.org\n")

    result = desk.type("subscribers", "import", path, "--list", "All members", code=1)

    assert "'all-members'" in result.stderr


def test_many_bad_rows_are_named_up_to_a_point_and_counted(desk: Desk) -> None:
    path = desk.file("members.csv", "Email\nana@example.org\n" + "broken\n" * 60)

    shown = desk.type("subscribers", "import", path, "--list", "members").stdout

    assert "refused rows        60" in shown
    assert "… and 10 more; --json names them" in shown


def test_what_is_exported_comes_back_the_same(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = (
        'email,name,note,"=SUM(A1)"\n'
        '\'+ana@example.org,\'=HYPERLINK(1),"two\nlines, ""quoted""",-1\n'
        "josé@bücher.example,محمد,'@x,\n"
        "left@example.org,,,\n"
        "gone@example.org,,,\n"
        "''=odd@example.org,,,\n"
    )
    path = desk.file("members.csv", text)
    desk.type("subscribers", "import", path, "--list", "members", "--really")
    desk.type("subscribers", "remove", "left@example.org", "--yes")
    desk.type("subscribers", "suppress", "gone@example.org", "--reason", "complained", "--yes")
    other = Desk(tmp_path_factory.mktemp("other"))
    exported = str(other.root / "export.csv")

    desk.type("subscribers", "export", "--list", "members", exported)
    other.type("subscribers", "import", exported, "--list", "members", "--really")

    kept = ("email", "name", "language", "edition", "status", "suppression", "note", "'=SUM(A1)")
    before, after = (
        [[row[column] for column in kept] for row in one.rows()] for one in (desk, other)
    )
    assert after == before
    assert before[0][:2] == ["'+ana@example.org", "'=HYPERLINK(1)"]


def test_no_exported_cell_is_a_formula(desk: Desk) -> None:
    path = desk.file("members.csv", 'Email,Name,Note\n=x@example.org,@SUM(A1),"\t=1"\n')
    desk.type("subscribers", "import", path, "--list", "members", "--really")

    cells = [cell for row in desk.rows() for cell in row.values()]

    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_an_export_for_excel_carries_the_mark_that_it_needs(desk: Desk) -> None:
    desk.members("ana@example.org")
    target = desk.root / "excel.csv"

    result = desk.type("subscribers", "export", "--excel", str(target))

    assert target.read_bytes().startswith(b"\xef\xbb\xbf")
    assert "1 person written" in result.stderr


def test_an_export_that_fails_leaves_the_old_file_whole(desk: Desk) -> None:
    desk.members("ana@example.org")

    result = desk.type("subscribers", "export", str(desk.root / "nowhere" / "x.csv"), code=1)

    assert "cannot write" in result.stderr


def test_an_export_of_a_list_nobody_made_is_an_error(desk: Desk) -> None:
    result = desk.type("subscribers", "export", "--list", "members", code=1)

    assert "there is no list 'members'" in result.stderr


def test_adding_a_person_by_hand_makes_the_list(desk: Desk) -> None:
    shown = desk.type(
        "subscribers", "add", "Ana Ruiz <ana@example.org>", "--list", "members",
        "--language", "Spanish", "--field", "town=Quito",
    ).stdout  # fmt: skip

    assert shown == "ana@example.org was added to 'members' (a new list)\n"
    assert desk.type("subscribers", "show", "ANA@example.org").stdout.splitlines()[:3] == [
        "ana@example.org",
        "  name:        Ana Ruiz",
        "  language:    es",
    ]


def test_adding_a_person_again_says_so(desk: Desk) -> None:
    desk.members("ana@example.org")

    shown = desk.type("subscribers", "add", "ana@example.org", "--list", "members").stdout

    assert "is on 'members' already" in shown


def test_who_left_comes_back_only_when_they_asked(desk: Desk) -> None:
    desk.members("ana@example.org")
    desk.type("subscribers", "remove", "ana@example.org", "--yes")

    first = desk.type("subscribers", "add", "ana@example.org", "--list", "members").stdout
    second = desk.type("subscribers", "add", "ana@example.org", "--list", "members", "--rejoin")

    assert "had left 'members' and was not added" in first
    assert "is on 'members' again" in second.stdout
    assert desk.rows()[0]["status"] == "confirmed"


def test_who_is_suppressed_is_not_added(desk: Desk) -> None:
    desk.type("subscribers", "suppress", "ana@example.org", "--note", "by letter", "--yes")

    shown = desk.type("subscribers", "add", "ana@example.org", "--list", "members").stdout

    assert "is suppressed and was not added" in shown
    assert "by letter" in desk.type("subscribers", "show", "ana@example.org").stdout


def test_a_suppression_can_be_lifted(desk: Desk) -> None:
    desk.type("subscribers", "suppress", "ana@example.org", "--yes")

    first = desk.type("subscribers", "suppress", "ana@example.org", "--lift").stdout
    second = desk.type("subscribers", "suppress", "ana@example.org", "--lift").stdout

    assert (first, second) == (
        "ana@example.org may be written to again\n",
        "ana@example.org was not suppressed\n",
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("add", "no address", "--list", "members"), "it has no @"),
        (("add", "a@example.org", "--list", "members", "--language", "Elvish"), "'Elvish'"),
        (("show", "who@example.org"), "nobody with the address"),
        (("show", "no address"), "nobody with the address"),
        (("remove", "who@example.org", "--yes"), "nobody with the address"),
        (("list", "--list", "members"), "there is no list 'members'"),
    ],
)
def test_what_cannot_be_is_one_line_and_a_hint(
    desk: Desk, words: tuple[str, ...], message: str
) -> None:
    result = desk.type("subscribers", *words, code=1)

    assert message in result.stderr
    assert "Hint:" in result.stderr
    assert not (desk.root / "newsletter.db").exists()


def test_a_field_without_a_value_is_wrong_usage(desk: Desk) -> None:
    desk.type("subscribers", "add", "a@b.org", "--list", "m", "--field", "town", code=2)


def test_removing_without_a_terminal_needs_a_yes(desk: Desk) -> None:
    desk.members("ana@example.org")

    result = desk.type("subscribers", "remove", "ana@example.org", code=1)

    assert "will be unsubscribed from: members" in result.stderr
    assert desk.rows()[0]["status"] == "confirmed"


def test_removing_who_is_on_no_list_changes_nothing(desk: Desk) -> None:
    desk.members("ana@example.org")
    desk.type("subscribers", "remove", "ana@example.org", "--yes")

    shown = desk.type("subscribers", "remove", "ana@example.org", "--yes").stdout

    assert shown == "ana@example.org is not on any list; nothing to do\n"


def test_subscribers_are_listed_with_their_lists(desk: Desk) -> None:
    desk.members("ana@example.org", "bo@example.org", "cy@example.org")
    desk.type("subscribers", "remove", "bo@example.org", "--yes")
    desk.type("subscribers", "suppress", "cy@example.org", "--yes")

    text = desk.type("subscribers", "list").stdout
    left = desk.type("subscribers", "list", "--status", "unsubscribed", "--json").stdout

    assert text.splitlines() == [
        "ana@example.org\t\t\t\tmembers confirmed",
        "bo@example.org\t\t\t\tmembers unsubscribed",
        "cy@example.org\t\t\t\tmembers confirmed, suppressed: manual",
    ]
    assert [one["address"] for one in json.loads(left)["subscribers"]] == ["bo@example.org"]


def test_the_edition_that_somebody_chose_is_listed(desk: Desk) -> None:
    desk.type(
        *("subscribers", "add", "Ana <ana@example.org>", "--list", "members"),
        *("--language", "ar", "--form", "light"),
    )

    line = desk.type("subscribers", "list").stdout
    (person,) = json.loads(desk.type("subscribers", "list", "--json").stdout)["subscribers"]

    assert line == "ana@example.org\tAna\tar\tlight\tmembers confirmed\n"
    assert (person["language"], person["form"]) == ("ar", "light")


def test_an_empty_workspace_lists_nobody_and_makes_no_file(desk: Desk) -> None:
    assert json.loads(desk.type("subscribers", "list", "--json").stdout)["subscribers"] == []
    assert json.loads(desk.type("lists", "--json").stdout) == {"version": 1, "lists": []}
    assert "There is no list yet" in desk.type("lists").stdout
    assert [path.name for path in desk.root.iterdir()] == ["newsletter.toml"]


def test_lists_are_counted(desk: Desk) -> None:
    desk.members("ana@example.org", "bo@example.org")

    assert desk.type("lists").stdout.splitlines()[1].split() == ["members", "2", "0", "0", "0"]


def test_a_person_is_shown_to_programs_too(desk: Desk) -> None:
    desk.members("ana@example.org")

    found = json.loads(desk.type("subscribers", "show", "ana@example.org", "--json").stdout)

    assert found["subscriptions"][0]["list"] == "members"
    assert found["suppressed"] is None


def test_a_read_only_folder_is_a_clear_error(desk: Desk) -> None:
    path = desk.file("members.csv", "Email\nana@example.org\n")
    (desk.root / "newsletter.toml").write_text('database_url = "sqlite:////proc/none/x.db"\n')

    result = desk.type("subscribers", "import", path, "--list", "members", "--really", code=1)

    assert "cannot open the database" in result.stderr


def test_a_list_says_what_those_get_who_chose_nothing(desk: Desk) -> None:
    desk.type("subscribers", "add", "a@example.org", "--list", "members")

    done = desk.type(
        "lists",
        "set",
        "Members",
        "--language",
        "English",
        "--form",
        "light",
        "--title",
        "All\r\nX: y",
    )
    shown = desk.type("lists").stdout.splitlines()

    assert done.stdout.splitlines()[1:] == [
        "  title:     All X: y",
        "  language:  en",
        "  form:      light",
    ]
    assert shown[0].split()[-1] == "edition"
    assert shown[1].split() == ["members", "1", "0", "0", "0", "en", "light"]


def test_an_empty_value_takes_a_setting_of_a_list_back_and_leaves_the_others(desk: Desk) -> None:
    desk.type("subscribers", "add", "a@example.org", "--list", "members")
    desk.type("lists", "set", "members", "--language", "en", "--form", "text")

    desk.type("lists", "set", "members", "--language", "")

    found = json.loads(desk.type("lists", "--json").stdout)["lists"][0]
    assert (found["language"], found["form"]) == ("", "text")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("nobody", "--form", "text"), 1, "there is no list 'nobody'"),
        (("members", "--language", "Klingon"), 1, "the newsletter has no language 'Klingon'"),
        (("members",), 2, "say what to set"),
    ],
)
def test_what_cannot_be_set_of_a_list_is_named(
    desk: Desk, words: tuple[str, ...], code: int, message: str
) -> None:
    desk.type("subscribers", "add", "a@example.org", "--list", "members")

    refused = desk.type("lists", "set", *words, code=code)

    assert message in refused.stderr


def test_a_file_that_cannot_be_used_leaves_no_empty_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "newsletter.toml").write_text('name = "News"\n', encoding="utf-8")
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(
        main, ["subscribers", "import", "x.csv", "--list", "members", "--really"]
    )

    assert result.exit_code == 1
    assert not list(tmp_path.glob("newsletter.db*"))
