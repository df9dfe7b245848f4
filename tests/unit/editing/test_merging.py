"""Collecting again: the person's words stay, the source's follow, nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.editing.collected_files import Collection
from newsletter.editing.issue_files import IssueFiles, open_files, read_issue
from newsletter.editing.merging import Merged, Round, merge
from newsletter.editing.periods import parse_period
from newsletter.model.content import Issue, Item, ItemDate, ItemStatus, Picture
from tests.factories import make_item

NOW = datetime(2016, 6, 1, 9, 0, tzinfo=UTC)
MAY = parse_period("2016-05", time_zone="UTC", now=NOW)


def make_round(items: Sequence[Item], sections: Sequence[str] = ()) -> Round:
    return Round(MAY, NOW, "UTC", tuple(items), tuple(items), tuple(sections))


def collect(folder: Path, items: Sequence[Item], sections: Sequence[str] = ()) -> Merged:
    files = open_files(folder, "2016-05")
    merged = merge(files.issue, files.collection, make_round(items, sections))
    files.save(merged.issue, merged.collection)
    return merged


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "2016-05" / "issue.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


PANAMA = make_item(
    "Letter of intent signed in Panama",
    link="https://library.example/news/panama",
    summary="Thirty associations met.",
    picture=Picture("https://library.example/panama.jpg", "Signing", 800, 600),
)
HARARE = make_item(
    "Workshop in Harare", link="https://library.example/news/harare", date=ItemDate(2016, 5, 20)
)


def test_a_new_issue_proposes_order_lead_subject_and_preheader(tmp_path: Path) -> None:
    collect(tmp_path, [PANAMA, HARARE])

    issue = read_issue(tmp_path, "2016-05")

    assert [item.title for item in issue.items] == [HARARE.title, PANAMA.title]
    assert [item.title for item in issue.items if item.lead] == [PANAMA.title]
    assert issue.subject == PANAMA.title
    assert issue.preheader == HARARE.title
    assert issue.items[1].picture == PANAMA.picture
    assert issue.date is not None
    assert issue.date.isoformat() == "2016-05-31"


def test_an_unedited_text_follows_its_source(tmp_path: Path) -> None:
    collect(tmp_path, [PANAMA, HARARE])

    merged = collect(tmp_path, [replace(PANAMA, title="Letter of intent agreed"), HARARE])

    assert read_issue(tmp_path, "2016-05").items[1].title == "Letter of intent agreed"
    assert [item.status for item in merged.items] == [
        ItemStatus.CHANGED,
        ItemStatus.KNOWN,
    ]


def test_an_edited_text_stays_and_is_flagged_when_its_source_changes(tmp_path: Path) -> None:
    collect(tmp_path, [PANAMA, HARARE])
    edit(tmp_path, 'title = "Letter of intent signed in Panama"', 'title = "Panama: we signed!"')

    collect(tmp_path, [PANAMA, HARARE])
    quiet = read_issue(tmp_path, "2016-05").items[1]
    collect(tmp_path, [replace(PANAMA, title="Letter of intent agreed"), HARARE])
    flagged = read_issue(tmp_path, "2016-05").items[1]

    assert (quiet.title, quiet.source_changed) == ("Panama: we signed!", False)
    assert (flagged.title, flagged.source_changed) == ("Panama: we signed!", True)
    record = open_files(tmp_path, "2016-05").collection
    assert record is not None
    assert record.items[flagged.key].item.title == "Letter of intent agreed"


def test_a_removed_item_stays_removed(tmp_path: Path) -> None:
    collect(tmp_path, [PANAMA, HARARE])
    path = tmp_path / "2016-05" / "issue.toml"
    text = path.read_text(encoding="utf-8")
    first, _, third = text.split("[[items]]")
    path.write_text(first + "[[items]]" + third, encoding="utf-8")

    merged = collect(tmp_path, [PANAMA, HARARE, make_item("New", link="https://x.example/new")])

    assert [item.title for item in read_issue(tmp_path, "2016-05").items] == [PANAMA.title, "New"]
    assert len(merged.removed) == 1


def test_comments_order_and_line_breaks_of_a_person_survive(tmp_path: Path) -> None:
    collect(tmp_path, [PANAMA, HARARE], ["News"])
    path = tmp_path / "2016-05" / "issue.toml"
    head, first, second = path.read_text(encoding="utf-8").split("[[items]]")
    mine = (
        f"{head}# Ask Jane about this one!\n[[items]]  # top\n{second.strip()}\n\n"
        f"[[items]]\n{first.strip()}\n# the end\n"
    ).replace("Thirty associations met.", "Thirty   associations\\nmet.")
    path.write_text(mine, encoding="utf-8")

    collect(tmp_path, [PANAMA, replace(HARARE, title="Workshop held in Harare")], ["News"])

    text = path.read_text(encoding="utf-8")
    assert text == mine.replace("Workshop in Harare", "Workshop held in Harare")


def test_collecting_the_same_again_changes_no_byte_of_the_issue(tmp_path: Path) -> None:
    collect(tmp_path, [PANAMA, HARARE], ["News"])
    path = tmp_path / "2016-05" / "issue.toml"
    before = path.read_bytes()

    collect(tmp_path, [PANAMA, HARARE], ["News"])

    assert path.read_bytes() == before


def test_an_undated_item_is_offered_and_goes_in_once_it_is_dated(tmp_path: Path) -> None:
    undated = replace(HARARE, date=None, status=ItemStatus.UNDATED)
    collect(tmp_path, [PANAMA, undated])
    offered = read_issue(tmp_path, "2016-05").items[1]
    assert "# undated" in (tmp_path / "2016-05" / "issue.toml").read_text(encoding="utf-8")

    collect(tmp_path, [PANAMA, HARARE])

    item = read_issue(tmp_path, "2016-05").items[1]
    assert (offered.included, item.included) == (False, True)
    assert item.date == HARARE.date
    assert "# undated" not in (tmp_path / "2016-05" / "issue.toml").read_text(encoding="utf-8")


def test_a_source_that_lost_its_summary_takes_nothing_away(tmp_path: Path) -> None:
    collect(tmp_path, [PANAMA])

    collect(tmp_path, [replace(PANAMA, summary="", picture=None)])

    item = read_issue(tmp_path, "2016-05").items[0]
    assert (item.summary, item.picture) == (PANAMA.summary, PANAMA.picture)


def test_an_item_a_person_wrote_is_not_added_twice(tmp_path: Path) -> None:
    collect(tmp_path, [PANAMA])
    path = tmp_path / "2016-05" / "issue.toml"
    path.write_text(
        path.read_text(encoding="utf-8")
        + f'\n[[items]]\ntitle = "Harare, by us"\nlink = "{HARARE.link}"\n',
        encoding="utf-8",
    )

    collect(tmp_path, [PANAMA, HARARE])

    added = read_issue(tmp_path, "2016-05").items[1]
    assert len(read_issue(tmp_path, "2016-05").items) == 2
    assert (added.title, added.summary) == ("Harare, by us", HARARE.summary)


def test_a_key_that_a_person_rewrote_is_still_the_same_item(tmp_path: Path) -> None:
    collect(tmp_path, [PANAMA, HARARE])
    edit(tmp_path, 'key = "workshop-in-harare"', 'key = "harare"')

    collect(tmp_path, [PANAMA, replace(HARARE, summary="A new summary.")])

    issue = read_issue(tmp_path, "2016-05")
    assert [item.key for item in issue.items] == ["harare", "letter-of-intent-signed-in-panama"]
    assert issue.items[0].summary == "A new summary."


def test_a_section_that_a_person_renamed_takes_the_new_items(tmp_path: Path) -> None:
    news = replace(PANAMA, section="News")
    collect(tmp_path, [news], ["News"])
    edit(tmp_path, 'title = "News"', 'title = "What is new"')

    collect(tmp_path, [news, replace(HARARE, section="News")], ["News"])

    issue = read_issue(tmp_path, "2016-05")
    assert [section.title for section in issue.sections] == ["What is new"]
    assert {item.section for item in issue.items} == {"news"}


def test_a_new_section_comes_after_the_others(tmp_path: Path) -> None:
    collect(tmp_path, [replace(PANAMA, section="News")], ["News", "Events"])

    collect(
        tmp_path,
        [replace(PANAMA, section="News"), replace(HARARE, section="Events")],
        ["News", "Events"],
    )

    issue = read_issue(tmp_path, "2016-05")
    assert [section.title for section in issue.sections] == ["News", "Events"]
    assert [item.section for item in issue.items] == ["news", "events"]


def test_killed_between_its_two_files_the_next_collecting_loses_nothing(tmp_path: Path) -> None:
    collect(tmp_path, [PANAMA])
    collected = tmp_path / "2016-05" / "collected.json"
    old = collected.read_bytes()
    collect(tmp_path, [replace(PANAMA, title="Agreed"), HARARE])
    collected.write_bytes(old)

    merged = collect(tmp_path, [replace(PANAMA, title="Agreed in Panama"), HARARE])

    issue = read_issue(tmp_path, "2016-05")
    assert [item.title for item in issue.items] == ["Agreed", "Workshop in Harare"]
    assert issue.items[0].source_changed
    assert merged.removed == ()


WORDS = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=40
)
ODD = st.sampled_from(
    ['"""', "'''", "\\", '\\"', 'it\'s "so"', "[[items]]", "# no", "a\n\nb", "中文 文\n字", "=", ""]
)
TEXTS = st.one_of(WORDS, ODD, st.lists(st.one_of(WORDS, ODD), max_size=30).map(" ".join))


@st.composite
def sources(draw: st.DrawFn) -> list[Item]:
    return [
        make_item(
            draw(TEXTS) or "T",
            link=f"https://library.example/{number}",
            summary=draw(TEXTS),
            date=draw(st.sampled_from([ItemDate(2016, 5, 3), ItemDate(2016, 5), None])),
            picture=draw(st.sampled_from([None, Picture("https://library.example/a.jpg", "A")])),
            section=draw(st.sampled_from(["", "News", "Events"])),
            status=draw(st.sampled_from([ItemStatus.NEW, ItemStatus.UNDATED])),
        )
        for number in range(draw(st.integers(1, 4)))
    ]


def changed_by_person(draw: st.DrawFn, issue: Issue) -> Issue:
    """Return the issue as a person might leave it: texts, order, removals, choices."""
    items = [
        replace(item, title=f"MINE {item.title}".strip(), included=draw(st.booleans()))
        if draw(st.booleans())
        else replace(item, summary="MINE", lead=draw(st.booleans()))
        for item in issue.items
        if draw(st.booleans())
    ]
    items = draw(st.permutations(items))
    return replace(
        issue, items=tuple(items), subject=draw(st.sampled_from(["Mine", issue.subject]))
    )


@settings(max_examples=30)
@given(data=st.data())
def test_whatever_a_person_and_the_sources_change_nothing_of_the_person_is_lost(
    data: st.DataObject,
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        collect(folder, data.draw(sources()), ["News"])
        for _ in range(2):
            files = open_files(folder, "2016-05")
            mine = data.draw(st.composite(changed_by_person)(files.issue))
            write_by_hand(files, mine)
            merged = collect(folder, data.draw(sources()), ["News", "Events"])

            after = open_files(folder, "2016-05").issue
            assert_kept(mine, after, files.collection)
            assert after == merged.issue


def write_by_hand(files: IssueFiles, mine: Issue) -> None:
    from newsletter.editing.issue_writing import new_text

    files.issue_file.path.write_text(new_text(mine, "2016-05", "2016-05-31"), encoding="utf-8")


def assert_kept(mine: Issue, after: Issue, base: Collection | None) -> None:
    assert base is not None
    kept = {item.key: item for item in after.items}
    assert [item.key for item in after.items][: len(mine.items)] == [one.key for one in mine.items]
    for item in mine.items:
        old, now = base.items[item.key].item, kept[item.key]
        for field in ("title", "summary", "link", "section", "date"):
            if getattr(item, field) != getattr(old, field):
                assert getattr(now, field) == getattr(item, field)
        assert now.lead == item.lead
        if item.included != base.items[item.key].included:
            assert now.included == item.included
    removed = set(base.items) - {item.key for item in mine.items}
    assert not removed & set(kept)
    if mine.subject != base.subject:
        assert after.subject == mine.subject


@pytest.mark.parametrize("link", ["", "https://library.example/all"])
def test_items_of_one_page_are_told_apart_by_their_titles(tmp_path: Path, link: str) -> None:
    one, two = replace(PANAMA, link=link), replace(HARARE, link=link)
    collect(tmp_path, [one, two])

    collect(tmp_path, [replace(one, summary="New one."), replace(two, summary="New two.")])

    issue = read_issue(tmp_path, "2016-05")
    assert [item.summary for item in issue.items] == ["New two.", "New one."]


def with_comments(text: str, draw: st.DrawFn) -> tuple[str, list[str]]:
    """Return the file with a person's comments and empty lines anywhere, and the comments."""
    lines: list[str] = []
    comments: list[str] = []
    is_inside = False
    for line in text.split("\n"):
        if not is_inside and draw(st.integers(0, 3)) == 0:
            comments.append(
                f"# mine {len(comments)} {draw(st.sampled_from(['', '[[items]]', 'a = 1']))}"
            )
            lines += [comments[-1], *draw(st.sampled_from([[], [""]]))]
        is_whole = "=" in line and not is_inside and '"""' not in line and "#" not in line
        is_inside ^= '"""' in line
        if is_whole and draw(st.integers(0, 4)) == 0:
            comments.append(f"# tail {len(comments)}")
            line += f"   {comments[-1]}"
        lines.append(line)
    return "\n".join(lines), comments


@settings(max_examples=30)
@given(data=st.data())
def test_a_comment_of_a_person_survives_wherever_it_stands(data: st.DataObject) -> None:
    items = [
        replace(item, section="News", date=data.draw(st.sampled_from([item.date, None])))
        for item in (PANAMA, HARARE)
    ]
    later = [
        replace(items[0], title=data.draw(st.sampled_from([PANAMA.title, "New title"]))),
        replace(HARARE, summary=data.draw(st.sampled_from([HARARE.summary, "New. " * 40]))),
        make_item("Fresh", link="https://library.example/fresh", section="Events"),
    ]
    with TemporaryDirectory() as name:
        folder = Path(name)
        collect(folder, items, ["News"])
        path = folder / "2016-05" / "issue.toml"
        text, comments = data.draw(
            st.composite(lambda draw: with_comments(path.read_text(encoding="utf-8"), draw))()
        )
        path.write_text(text, encoding="utf-8")

        collect(folder, later, ["News", "Events"])

        after = path.read_text(encoding="utf-8").split("\n")
        told = [line.strip() for line in after]
        places = [
            next(at for at, line in enumerate(told) if line.endswith(one.strip()))
            for one in comments
        ]
        assert places == sorted(places)
