"""Snapshots: what was recorded comes back without a network."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.errors import SourceUnreachableError
from newsletter.sources.fetching import FEED_BYTES, Fetched
from newsletter.sources.snapshots import Recorder, Replayer

MOMENT = datetime(2016, 5, 25, 12, tzinfo=UTC)
URL = "https://news.example.org/feed"


@dataclass
class FakeFetcher:
    """Answers from a table; an absent address is down."""

    answers: dict[str, bytes] = field(default_factory=dict)
    is_closed: bool = False

    def fetch(
        self,
        url: str,
        *,
        typed_by_staff: bool,
        accept: str = "",
        max_bytes: int = FEED_BYTES,
        whole: bool = True,
    ) -> Fetched:
        if url not in self.answers:
            raise SourceUnreachableError(url, "the server answered 404: not found")
        return Fetched(f"{url}/", 200, "application/rss+xml", self.answers[url], MOMENT)

    def may_read(self, url: str) -> bool:
        return not self.is_closed


def test_a_recorded_answer_comes_back_as_it_was(tmp_path: Path) -> None:
    recorder = Recorder(FakeFetcher({URL: b"<rss/>"}))
    first = recorder.fetch(URL, typed_by_staff=True)
    recorder.save(tmp_path / "snapshot")

    again = Replayer(tmp_path / "snapshot").fetch(URL, typed_by_staff=True)

    assert (again.url, again.status, again.content_type, again.body, again.fetched_at) == (
        first.url,
        first.status,
        first.content_type,
        first.body,
        first.fetched_at,
    )


def test_a_recorded_failure_fails_again_with_its_reason(tmp_path: Path) -> None:
    recorder = Recorder(FakeFetcher())
    with pytest.raises(SourceUnreachableError):
        recorder.fetch(URL, typed_by_staff=True)
    recorder.save(tmp_path)

    with pytest.raises(SourceUnreachableError, match="answered 404: not found"):
        Replayer(tmp_path).fetch(URL, typed_by_staff=True)


def test_what_was_never_asked_for_is_not_in_the_snapshot(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachableError, match="the snapshot does not have it"):
        Replayer(tmp_path).fetch(URL, typed_by_staff=True)


def test_collecting_again_keeps_the_answers_of_before(tmp_path: Path) -> None:
    for url in (URL, f"{URL}2"):
        recorder = Recorder(FakeFetcher({url: url.encode()}))
        recorder.fetch(url, typed_by_staff=True)
        recorder.save(tmp_path)

    replayer = Replayer(tmp_path)

    assert replayer.fetch(URL, typed_by_staff=True).body == URL.encode()
    assert replayer.fetch(f"{URL}2", typed_by_staff=True).body == f"{URL}2".encode()


def test_a_password_in_an_address_is_not_written_down(tmp_path: Path) -> None:
    url = "https://staff:secret@intranet.example.org/news"
    recorder = Recorder(FakeFetcher({url: b"<rss/>"}))
    recorder.fetch(url, typed_by_staff=True)
    recorder.save(tmp_path)

    assert "secret" not in (tmp_path / "index.json").read_text(encoding="utf-8").split('"final')[0]
    assert Replayer(tmp_path).fetch(url, typed_by_staff=True).body == b"<rss/>"


def test_an_index_that_names_a_file_elsewhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    folder = tmp_path / "snapshot"
    recorder = Recorder(FakeFetcher({URL: b"<rss/>"}))
    recorder.fetch(URL, typed_by_staff=True)
    recorder.save(folder)
    index = folder / "index.json"
    name = next(folder.glob("*.xml")).name
    index.write_text(
        index.read_text(encoding="utf-8").replace(name, "../secret.txt"), encoding="utf-8"
    )

    with pytest.raises(SourceUnreachableError, match="broken"):
        Replayer(folder).fetch(URL, typed_by_staff=True)


def test_a_broken_index_is_named(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text("{", encoding="utf-8")

    with pytest.raises(SourceUnreachableError, match=r"index\.json"):
        Replayer(tmp_path)


def test_what_a_site_did_not_allow_is_not_allowed_again(tmp_path: Path) -> None:
    recorder = Recorder(FakeFetcher(is_closed=True))
    recorder.may_read(URL)
    recorder.save(tmp_path)

    assert not Replayer(tmp_path).may_read(URL)
    assert Replayer(tmp_path).may_read(f"{URL}2")
