from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from newsletter import shipped
from newsletter.model.message import MARKERS
from newsletter.rendering import remembered
from newsletter.rendering.editions import render_edition
from tests.factories import make_content, make_identity, make_issue

FOLDERS = [shipped.templates()]


def test_an_edition_is_found_again_exactly(tmp_path: Path) -> None:
    cache = tmp_path / "rendered"
    rendered = render_edition(make_content(), make_identity(), theme_folders=FOLDERS, cache=cache)

    (kept,) = cache.iterdir()

    assert remembered.recall(cache, kept.stem) == rendered


def test_what_was_rendered_before_is_not_rendered_again(tmp_path: Path) -> None:
    again = {"theme_folders": FOLDERS, "cache": tmp_path}
    render_edition(make_content(), make_identity(), **again)  # type: ignore[arg-type]
    (kept,) = tmp_path.iterdir()
    kept.write_text(kept.read_text().replace("item 1", "item one"))

    rendered = render_edition(make_content(), make_identity(), **again)  # type: ignore[arg-type]

    assert "News of item one" in rendered.text


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"key": "en"}', "\ud800"])
def test_a_damaged_file_costs_only_a_rendering(tmp_path: Path, damage: str) -> None:
    (tmp_path / "x.json").write_bytes(damage.encode("utf-8", "surrogatepass"))

    assert remembered.recall(tmp_path, "x") is None


def test_a_folder_that_cannot_be_written_to_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    rendered = render_edition(
        make_content(), make_identity(), theme_folders=FOLDERS, cache=tmp_path / "file"
    )

    assert "News of item 1" in rendered.text


@pytest.mark.parametrize(
    "change",
    [
        {"content": make_content(make_issue(4))},
        {"content": make_content(make_issue(subject="Another"))},
        {"content": make_content(edition="en-light")},
        {"identity": make_identity(contact="b@library.example")},
        {"markers": {**MARKERS, "name": "XX"}},
        {"files": [Path(__file__)]},
    ],
)
def test_whatever_changes_the_bytes_changes_the_key(change: Mapping[str, Any]) -> None:
    values: dict[str, Any] = {
        "content": make_content(),
        "identity": make_identity(),
        "markers": MARKERS,
        "files": [],
    }

    assert remembered.key(**values) != remembered.key(**{**values, **change})


def test_the_same_values_give_the_same_key() -> None:
    one, other = make_content(), replace(make_content())

    assert remembered.key(one, make_identity(), MARKERS, []) == remembered.key(
        other, make_identity(), MARKERS, []
    )


def test_the_oldest_are_forgotten(tmp_path: Path) -> None:
    import os

    for at in range(205):
        (tmp_path / f"{at}.json").write_text("{}")
        os.utime(tmp_path / f"{at}.json", (at, at))

    render_edition(make_content(), make_identity(), theme_folders=FOLDERS, cache=tmp_path)

    kept = {path.stem for path in tmp_path.iterdir()}
    assert len(kept) == 200
    assert {"0", "5"}.isdisjoint(kept)
    assert "204" in kept
