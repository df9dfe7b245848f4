"""The scheduler: what it says, how often, and what does not stop it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.delivery.progress import RunEnd, Why
from newsletter.errors import ConfirmationNeededError, SettingsError, StoreError
from newsletter.model.mailing import Balance, Mailing, MailingState, Recipient, UnknownPolicy
from newsletter.store.freezing import FrozenEdition, NewMailing
from newsletter.store.sqlite import SqliteStore
from newsletter.workflow.run import SCHEDULE_SECONDS, OneByOne, Resume, Told, run_due
from newsletter.workspace import Workspace
from tests.frozen import frozen

NOW = datetime(2016, 5, 20, tzinfo=UTC)


class TiredError(Exception):
    """Ends a scheduler that would go on for ever."""


@dataclass
class Day:
    """Time that passes while the scheduler rests; each rest does the next thing."""

    deeds: list[Callable[[], object]]
    seconds: float = 0.0

    def rest(self, seconds: float) -> None:
        self.seconds += seconds
        if not self.deeds:
            raise TiredError
        self.deeds.pop(0)()

    def stopwatch(self) -> float:
        return self.seconds


@dataclass(frozen=True)
class Ran:
    """How one run over a mailing ended."""

    mailing: Mailing
    end: RunEnd


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with one mailing that is due."""
    (tmp_path / "newsletter.toml").write_text("", encoding="utf-8")
    with SqliteStore.open(tmp_path / "newsletter.db", create=True) as store:
        edition = FrozenEdition("en", b"template", "fingerprint")
        new = NewMailing("2016-05", (), (edition,), UnknownPolicy.RESEND, "machine", NOW)
        ana = Recipient("ana@example.org", "en", "<1@example.org>", "news@example.org", {})
        frozen(store, new, [ana], now=NOW)
    return Workspace(tmp_path)


def _failing(errors: Iterable[Exception]) -> Resume:
    coming = iter(errors)

    def resume(mailing: int) -> Ran:
        raise next(coming)

    return resume


def _told(workspace: Workspace, resume: Resume, day: Day) -> list[str]:
    said: list[str] = []
    with suppress(TiredError):
        for one in run_due(workspace, resume, OneByOne(day.rest), stopwatch=day.stopwatch):
            said.append(one.sentence)
    return said


def _nothing() -> None:
    """Let a rest pass."""


def test_trouble_that_stays_is_told_once_and_again_only_when_it_changes(
    workspace: Workspace,
) -> None:
    wrong, other = SettingsError("no host", hint="Set it."), StoreError("no room", hint="Free it.")

    said = _told(workspace, _failing([wrong, wrong, other, other]), Day([_nothing] * 3))

    assert said == ["mailing 1: no host. Set it.", "mailing 1: no room. Free it."]


def test_trouble_that_lasts_is_told_again_after_an_hour(workspace: Workspace) -> None:
    rounds = int(3600 / SCHEDULE_SECONDS)
    wrong = SettingsError("no host", hint="Set it.")

    said = _told(workspace, _failing([wrong] * (rounds + 1)), Day([_nothing] * rounds))

    assert len(said) == 2


def test_a_question_is_told_once_however_long_nobody_answers(workspace: Workspace) -> None:
    rounds = int(2 * 3600 / SCHEDULE_SECONDS)
    asked = ConfirmationNeededError("mailing '1' is late", hint="Is it wanted?")

    said = _told(workspace, _failing([asked] * (rounds + 1)), Day([_nothing] * rounds))

    assert said == ["mailing '1' is late. Is it wanted?"]


def test_a_server_that_stays_away_is_told_once(workspace: Workspace) -> None:
    mailing = Mailing(1, "2016-05", MailingState.SENDING, NOW, balance=Balance(queued=1))
    away = Ran(mailing, RunEnd(Why.NO_SERVER, "connection refused"))

    said = _told(workspace, lambda _: away, Day([_nothing] * 5))

    assert said == ["mailing 1 is sending: connection refused; 0 accepted of 1"]


def test_a_scheduler_at_work_survives_settings_that_are_being_edited(workspace: Workspace) -> None:
    settings = workspace.root / "newsletter.toml"
    wrong = SettingsError("no host", hint="Set it.")
    day = Day(
        [
            lambda: settings.write_text("[sending\n", encoding="utf-8"),
            _nothing,
            lambda: settings.write_text("", encoding="utf-8"),
        ]
    )

    said = _told(workspace, _failing([wrong, wrong]), day)

    assert said[0] == "mailing 1: no host. Set it."
    assert "newsletter.toml" in said[1]
    assert len(said) == 2


@pytest.mark.parametrize("once", [True, False])
def test_settings_that_are_wrong_from_the_start_end_it(workspace: Workspace, once: bool) -> None:
    (workspace.root / "newsletter.toml").write_text("[sending\n", encoding="utf-8")

    with pytest.raises(SettingsError):
        list(run_due(workspace, _failing([]), OneByOne(Day([]).rest), once=once))


def test_a_server_that_stays_away_is_asked_less_and_less_often(workspace: Workspace) -> None:
    mailing = Mailing(1, "2016-05", MailingState.SENDING, NOW, balance=Balance(queued=1))
    day = Day([_nothing] * int(3600 / SCHEDULE_SECONDS))
    begun: list[float] = []

    def resume(number: int) -> Ran:
        begun.append(day.seconds)
        return Ran(mailing, RunEnd(Why.NO_SERVER, "421 closing"))

    _told(workspace, resume, day)

    assert begun[:5] == [0, 60, 180, 420, 900]
    assert len(begun) <= 10


def test_a_server_that_is_back_is_not_waited_for_any_more(workspace: Workspace) -> None:
    mailing = Mailing(1, "2016-05", MailingState.SENDING, NOW, balance=Balance(queued=1))
    day = Day([_nothing] * int(200 / SCHEDULE_SECONDS))
    ends = [Why.NO_SERVER, Why.DONE, Why.NO_SERVER, *[Why.DONE] * 100]
    begun: list[float] = []

    def resume(number: int) -> Ran:
        begun.append(day.seconds)
        return Ran(mailing, RunEnd(ends.pop(0)))

    _told(workspace, resume, day)

    assert begun[:4] == [0, 60, 65, 125]


class Dying(OneByOne):
    """Hands whose processes die."""

    def ended(self) -> list[tuple[int, Told | None]]:
        return [(about, None) for about, _ in super().ended()]


def test_a_process_that_has_died_is_told_and_its_mailing_goes_on(workspace: Workspace) -> None:
    mailing = Mailing(1, "2016-05", MailingState.SENDING, NOW, balance=Balance(queued=1))
    begun: list[int] = []

    def resume(number: int) -> Ran:
        begun.append(number)
        return Ran(mailing, RunEnd(Why.DONE))

    said: list[str] = []
    with suppress(TiredError):
        for one in run_due(workspace, resume, Dying(Day([_nothing]).rest)):
            said.append(one.sentence)

    assert said == ["mailing 1: the process that was sending it has died; it goes on"]
    assert begun == [1, 1]


def test_a_signal_ends_it(workspace: Workspace) -> None:
    mailing = Mailing(1, "2016-05", MailingState.SENDING, NOW, balance=Balance(queued=1))
    cut_off = Ran(mailing, RunEnd(Why.INTERRUPTED, "interrupted by SIGTERM", 15))

    [told] = run_due(workspace, lambda _: cut_off, OneByOne(Day([]).rest))

    assert told.signal == 15
