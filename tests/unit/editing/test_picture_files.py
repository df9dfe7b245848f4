"""The folder of an issue's pictures survives whatever happens to it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.editing.picture_files import INDEX, KeptPicture, PictureFile, read_kept, save
from newsletter.errors import FileWriteError
from newsletter.model.content import PictureUse

NAME = "0123456789abcdef.jpg"
KEPT = KeptPicture(
    "https://library.example/p.jpg",
    width=800,
    height=600,
    size_bytes=9000,
    media_type="image/jpeg",
    files={PictureUse.SIDE: PictureFile(NAME, 192, 144, 4)},
)
GONE = KeptPicture("https://library.example/gone.jpg", failure="the server answered 404")


def test_what_was_saved_is_read_back(tmp_path: Path) -> None:
    save(tmp_path, [KEPT, GONE], {NAME: b"JPEG"})

    assert read_kept(tmp_path) == {KEPT.url: KEPT, GONE.url: GONE}


def test_the_same_pictures_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    save(tmp_path, [KEPT, GONE], {NAME: b"JPEG"})
    first = (tmp_path / INDEX).read_bytes()

    save(tmp_path, [GONE, KEPT], {NAME: b"JPEG"})

    assert (tmp_path / INDEX).read_bytes() == first
    assert {path.name for path in tmp_path.iterdir()} == {INDEX, NAME}


@pytest.mark.parametrize("content", [b"JP", None])
def test_a_file_that_is_cut_short_or_gone_is_not_there(
    tmp_path: Path, content: bytes | None
) -> None:
    save(tmp_path, [KEPT], {NAME: b"JPEG"})
    (tmp_path / NAME).unlink()
    if content is not None:
        (tmp_path / NAME).write_bytes(content)

    assert read_kept(tmp_path)[KEPT.url].files == {}


def test_a_list_that_names_a_file_elsewhere_is_not_believed(tmp_path: Path) -> None:
    save(tmp_path / "pictures", [KEPT], {NAME: b"JPEG"})
    (tmp_path / "secret").write_bytes(b"1234")
    index = tmp_path / "pictures" / INDEX
    index.write_text(index.read_text().replace(NAME, "../secret"))

    assert read_kept(tmp_path / "pictures")[KEPT.url].files == {}


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "<<<<<<< HEAD\n{}", json.dumps({"version": 2, "pictures": []}), "\x00"],
)
def test_a_broken_list_is_an_empty_one(tmp_path: Path, text: str) -> None:
    (tmp_path / INDEX).write_text(text)

    assert read_kept(tmp_path) == {}


def test_a_size_of_nothing_is_no_size(tmp_path: Path) -> None:
    save(tmp_path, [replace(KEPT, width=0)], {NAME: b"JPEG"})

    assert read_kept(tmp_path)[KEPT.url].files == {}


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_text("in the way")

    with pytest.raises(FileWriteError, match="cannot write"):
        save(tmp_path / "pictures", [KEPT], {NAME: b"JPEG"})
