"""Links that answered are not asked again for a day; a damaged memory only costs time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.preflight.kept_answers import KeptAnswers
from newsletter.preflight.links import Answer

NOW = datetime(2016, 5, 31, 8, tzinfo=UTC)
LINK = "https://library.example/"


def test_a_good_answer_is_kept_for_a_day(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "links.json"
    KeptAnswers(path, NOW).keep({LINK: Answer(200, "https://www.library.example/")})

    soon, later = (
        KeptAnswers(path, NOW + timedelta(hours=23)),
        KeptAnswers(path, NOW + timedelta(2)),
    )

    assert soon.find(LINK) == Answer(200, "https://www.library.example/")
    assert later.find(LINK) is None


def test_a_bad_answer_is_asked_for_each_time(tmp_path: Path) -> None:
    path = tmp_path / "links.json"

    KeptAnswers(path, NOW).keep({LINK: Answer(404)})

    assert KeptAnswers(path, NOW).find(LINK) is None


@pytest.mark.parametrize("content", ["", "[]", "{", '{"x": 1}', '{"x": {}}', "null"])
def test_a_damaged_memory_is_as_good_as_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "links.json"
    path.write_text(content, encoding="utf-8")

    assert KeptAnswers(path, NOW).find(LINK) is None


def test_a_folder_that_cannot_be_written_to_only_costs_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    kept = KeptAnswers(tmp_path / "file" / "links.json", NOW)

    kept.keep({LINK: Answer(200)})

    assert kept.find(LINK) == Answer(200)
