"""What staff do about a mailing: look, decide, try again, wait, call off, move house."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.servers.scripted import Action, Script, ScriptedServer, drop, say, scripted_server
from tests.stories.mailing_room import MailingRoom

PEOPLE = [f"reader{number}@town.example" for number in range(8)]
LOST, MOVED, GONE, LATER = PEOPLE[:4]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that loses an answer, refuses two readers and puts one off."""
    rcpt: dict[str, Action | Sequence[Action]] = {
        MOVED: say("551 5.7.1 user not local"),
        GONE: say("550 5.1.1 no such user"),
        LATER: (say("451 4.3.0 try later"), say("250 2.1.5 Ok")),
    }
    dot = {LOST: (drop(takes=True), say("250 2.0.0 Ok: queued as 2ND"))}
    with scripted_server(Script(rcpt=rcpt, dot=dot)) as running:
        yield running


@pytest.fixture
def room(tmp_path: Path, server: ScriptedServer) -> MailingRoom:
    furnished = MailingRoom.furnish(tmp_path / "workspace", server.port)
    furnished.invite(PEOPLE)
    return furnished


def test_the_dry_run_says_how_many_and_sends_nothing(
    room: MailingRoom, server: ScriptedServer
) -> None:
    shown = room.run("send", "2016-05", "--list", "members", ok=(0,))

    assert "8 readers" in shown.stdout
    assert "edition en: 8" in shown.stdout
    assert server.accepted == []
    assert json.loads(room.run("status", "--json").stdout)["mailings"] == []


def test_without_a_terminal_a_real_send_wants_yes(
    room: MailingRoom, server: ScriptedServer
) -> None:
    shown = room.run("send", "2016-05", "--list", "members", "--really", ok=(1,))

    assert "--yes" in shown.stderr
    assert server.accepted == []


def test_a_test_reaches_only_the_named_address_and_counts_for_nothing(
    room: MailingRoom, server: ScriptedServer
) -> None:
    room.run("send", "2016-05", "--to", "me@desk.example", ok=(0,))
    room.run("send", "2016-05", "--to", "me@desk.example", ok=(0,))
    room.run("send", "2016-05", "--to", PEOPLE[-1], ok=(0,))

    identifiers = [one.message_id for one in server.accepted]
    assert [one.recipient for one in server.accepted] == ["me@desk.example"] * 2 + [PEOPLE[-1]]
    assert len(set(identifiers)) == 3
    assert "8 readers" in room.run("send", "2016-05", "--list", "members").stdout


def test_the_books_after_a_send_with_all_kinds_of_answers(
    room: MailingRoom, server: ScriptedServer
) -> None:
    sent = room.send(ok=(4,))

    states = room.states()
    assert (states[LOST], states[GONE], states[LATER]) == ("unknown", "refused", "deferred")
    assert set(states.values()) <= {"accepted", "unknown", "refused", "deferred"}
    assert LOST in sent.stderr
    assert room.mailing()["state"] == "sending"
    assert LOST in room.run("unknown", "1", ok=(0,)).stdout
    assert "unknown" in room.run("deliveries", "1", "--csv", "--state", "unknown").stdout


def test_resume_sends_the_unknown_again_under_the_same_message_id(
    room: MailingRoom, server: ScriptedServer
) -> None:
    room.send(ok=(4,))

    resumed = room.run("resume", ok=(0, 4))

    copies = [one.message_id for one in server.accepted if one.recipient == LOST]
    assert len(copies) == 2
    assert len(set(copies)) == 1
    assert LOST in resumed.stderr
    assert room.states()[LOST] == room.states()[LATER] == "accepted"
    assert room.deliveries()[LOST]["attempts"] == 2


def test_a_second_send_writes_to_nobody_twice_and_says_so(
    room: MailingRoom, server: ScriptedServer
) -> None:
    room.send(ok=(4,))
    room.run("resume", ok=(0,))
    before = len(server.accepted)

    again = room.send(ok=(0,))

    assert "nobody is sent it twice" in again.stdout
    assert len(server.accepted) == before


def test_who_joins_later_gets_the_issue_by_a_second_send(
    room: MailingRoom, server: ScriptedServer
) -> None:
    room.send("--unknown", "hold", ok=(4,))
    room.invite(["late@town.example"])

    room.send(ok=(0,))

    assert [one.recipient for one in server.accepted].count("late@town.example") == 1
    assert room.states(2) == {"late@town.example": "accepted"}


def test_held_answers_are_decided_by_a_person(room: MailingRoom, server: ScriptedServer) -> None:
    room.send("--unknown", "hold", ok=(4,))
    room.run("resume", ok=(4,))
    assert room.states()[LOST] == "unknown"

    room.run("unknown", "1", "--accepted", LOST.upper(), ok=(0,))

    assert room.states()[LOST] == "accepted"
    room.run("resume", ok=(0, 1))
    assert room.mailing()["state"] == "finished"
    assert [one.recipient for one in server.accepted].count(LOST) == 1


def test_the_history_of_one_delivery_is_told_in_order(
    room: MailingRoom, server: ScriptedServer
) -> None:
    room.send(ok=(4,))
    room.run("resume", ok=(0, 4))

    told = room.run("deliveries", "1", "--address", LATER, ok=(0,)).stdout

    states = [line.split()[3] for line in told.splitlines()]
    assert states == ["in_flight", "deferred", "in_flight", "accepted"]
    assert "451 4.3.0 try later" in told


def test_the_report_explains_in_sentences_and_tables(
    room: MailingRoom, server: ScriptedServer
) -> None:
    room.send(ok=(4,))

    told = room.run("report", "1", ok=(0,)).stdout
    counted = json.loads(room.run("report", "1", "--json", ok=(0,)).stdout)

    assert "no such user" in told
    assert "By domain" in told
    assert {one["state"] for one in counted["reasons"]} >= {"refused", "unknown"}
    assert counted["planned"] == 8
    assert counted["domains"][0]["domain"] == "town.example"


def test_retry_sends_again_to_the_chosen_ones(room: MailingRoom, server: ScriptedServer) -> None:
    room.send(ok=(4,))
    room.run("resume", ok=(0,))
    server.script = Script()

    room.run("retry", "1", "--state", "refused", "--reason", "user", ok=(0, 4))

    taken = [one.recipient for one in server.accepted]
    assert taken.count(GONE) == 1
    assert room.states()[GONE] == "accepted"
    assert room.mailing()["state"] == "finished"


def _second_issue(room: MailingRoom) -> None:
    """Let there be another issue with the same news."""
    issues = room.folder / "issues"
    shutil.copytree(issues / "2016-05", issues / "2016-06")


def test_who_does_not_exist_is_left_out_of_the_next_mailing_and_the_proof_is_kept(
    room: MailingRoom, server: ScriptedServer
) -> None:
    sent = room.send(ok=(4,))
    room.run("resume", ok=(0,))
    _second_issue(room)

    shown = room.run("subscribers", "show", GONE, ok=(0,)).stdout
    planned = room.run("send", "2016-06", "--list", "members", ok=(0,)).stdout

    assert "mailing 1 (2016-05): 550 5.1.1 no such user" in shown
    assert "left out, suppressed: bounced: 1" in planned
    assert "Nobody is there" in sent.stderr
    # A 5.7.x is about us, whatever its code: that reader stays.
    assert "suppressed" not in room.run("subscribers", "show", MOVED, ok=(0,)).stdout
    room.run("subscribers", "suppress", GONE, "--lift", ok=(0,))
    again = room.run("send", "2016-06", "--list", "members", ok=(0,)).stdout
    assert "8 readers" in again


def test_a_team_can_keep_bounced_addresses(room: MailingRoom, server: ScriptedServer) -> None:
    settings = room.folder / "newsletter.toml"
    kept = settings.read_text(encoding="utf-8") + "suppress_bounced = false\n"
    settings.write_text(kept, encoding="utf-8")

    room.send(ok=(4,))

    assert "suppressed" not in room.run("subscribers", "show", GONE, ok=(0,)).stdout


@pytest.mark.parametrize(("percent", "code"), [(25, 1), (26, 0), (0, 0)])
def test_how_many_of_a_canary_may_be_refused_can_be_set(
    room: MailingRoom, server: ScriptedServer, percent: int, code: int
) -> None:
    # Every second delivery is the canary: one of these four is refused.
    server.script = Script(rcpt={PEOPLE[1]: say("550 5.1.1 no such user")})
    settings = room.folder / "newsletter.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f"{text}canary_refused_percent = {percent}\n", encoding="utf-8")

    room.send("--canary", "50%", ok=(code,))

    assert room.mailing()["accepted"] == (3 if code else 7)


def test_a_schedule_long_past_asks_before_it_is_sent(
    room: MailingRoom, server: ScriptedServer
) -> None:
    room.send("--at", "2999-01-01T08:00", ok=(0,))
    _put_back(room, hours=5)

    told = room.run("run", "--once", ok=(0,)).stdout
    refused = room.run("resume", ok=(1,))

    assert "should have gone" in told
    assert "should have gone" in refused.stderr
    assert server.accepted == []
    room.run("resume", "--yes", ok=(0, 4))
    assert server.accepted


def _put_back(room: MailingRoom, *, hours: int) -> None:
    """Let the time a mailing should go at be so long ago."""
    with closing(sqlite3.connect(room.folder / "newsletter.db")) as database:
        database.execute("UPDATE mailings SET starts = created - ?", (hours * 3_600_000,))
        database.commit()


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("timeouts = { rset = 5, dot = 5 }", "unknown stage 'rset'"),
        ('quiet_hours = "at night"', "quiet_hours 'at night'"),
        ('unknown = "guess"', "'guess'"),
        ("first_pause_seconds = 0", "first_pause_seconds"),
    ],
)
def test_settings_that_no_run_could_go_by_are_told_before_anything_is_written(
    room: MailingRoom, server: ScriptedServer, setting: str, told: str
) -> None:
    settings = room.folder / "newsletter.toml"
    settings.write_text(f"{settings.read_text(encoding='utf-8')}{setting}\n", encoding="utf-8")

    looked = room.run("send", "2016-05", "--list", "members", ok=(1,))
    sent = room.send(ok=(1,))

    assert told in looked.stderr
    assert told in sent.stderr
    assert json.loads(room.run("status", "--json", ok=(0,)).stdout)["mailings"] == []


def test_what_has_begun_goes_on_though_the_clock_was_set_back(
    room: MailingRoom, server: ScriptedServer
) -> None:
    room.send(ok=(4,))
    _put_back(room, hours=-24)

    room.run("resume", ok=(0,))

    assert room.mailing()["state"] == "finished"


def test_a_time_that_is_past_is_taken_for_a_slip(room: MailingRoom, server: ScriptedServer) -> None:
    refused = room.send("--at", "2016-05-20T08:00", ok=(2,))

    assert "is past" in refused.stderr
    assert json.loads(room.run("status", "--json").stdout)["mailings"] == []


def test_the_scheduler_sends_what_is_due_and_nothing_before(
    room: MailingRoom, server: ScriptedServer
) -> None:
    room.send("--at", "2999-01-01T08:00", ok=(0,))

    room.run("run", "--once", ok=(0,))
    assert server.accepted == []
    with closing(sqlite3.connect(room.folder / "newsletter.db")) as database:
        database.execute("UPDATE mailings SET starts = created")
        database.commit()
    told = room.run("run", "--once", ok=(0,)).stdout

    assert "mailing 1" in told
    assert len(server.accepted) >= 4


def test_a_hold_can_be_called_off(room: MailingRoom, server: ScriptedServer) -> None:
    held = room.popen("send", "2016-05", "--list", "members", "--really", "--yes", "--hold", "1h")
    assert held.stderr is not None
    held.stderr.readline()

    room.run("cancel", "1", ok=(0,))
    out, _ = held.communicate(timeout=120)

    assert "nothing was sent" in out
    assert held.returncode == 0
    assert server.accepted == []
    assert room.mailing()["skipped"] == 8


def test_a_hold_that_is_interrupted_sends_nothing_and_says_what_is_left(
    room: MailingRoom, server: ScriptedServer
) -> None:
    held = room.popen("send", "2016-05", "--list", "members", "--really", "--yes", "--hold", "1h")
    assert held.stderr is not None
    held.stderr.readline()

    held.send_signal(signal.SIGINT)
    _, err = held.communicate(timeout=120)

    assert held.returncode == 130
    assert "still prepared" in err
    assert server.accepted == []


def test_preflight_errors_stop_the_send(room: MailingRoom, server: ScriptedServer) -> None:
    settings = room.folder / "newsletter.toml"
    without = settings.read_text(encoding="utf-8").replace("postal_address", "# postal_address")
    settings.write_text(without, encoding="utf-8")

    stopped = room.send(ok=(3,))

    assert "not ready to be sent" in stopped.stderr
    assert server.accepted == []


def test_a_canary_that_falls_ill_stops_the_others(
    room: MailingRoom, server: ScriptedServer
) -> None:
    server.script = Script(rcpt=say("550 5.1.1 no such user"))

    stopped = room.send("--canary", "50%", ok=(1,))

    assert "the others wait" in stopped.stderr
    found = room.mailing()
    assert (found["refused"], found["waiting"], found["state"]) == (4, 4, "paused")
    server.script = Script()
    room.run("resume", ok=(1,))
    assert server.accepted == []
    room.run("resume", "--yes", ok=(0,))
    assert room.mailing()["accepted"] == 4


def test_a_healthy_canary_is_followed_by_the_others(
    room: MailingRoom, server: ScriptedServer
) -> None:
    server.script = Script()

    room.send("--canary", "25%", ok=(0,))

    assert sorted(one.recipient for one in server.accepted) == PEOPLE


def test_a_copy_of_the_workspace_asks_before_it_sends(
    room: MailingRoom, server: ScriptedServer
) -> None:
    room.send("--at", "2999-01-01T08:00", ok=(0,))
    copy = MailingRoom(room.folder.with_name("copy"))
    shutil.copytree(room.folder, copy.folder)
    for one in (room, copy):
        with closing(sqlite3.connect(one.folder / "newsletter.db")) as database:
            database.execute("UPDATE mailings SET starts = created")
            database.commit()

    refused = copy.run("resume", ok=(1,))

    assert "another place" in refused.stderr
    assert server.accepted == []
    copy.run("resume", "--yes", ok=(0, 4))
    assert server.accepted


def test_a_backup_that_was_copied_over_the_database_asks_before_it_sends(
    room: MailingRoom, server: ScriptedServer
) -> None:
    room.send("--unknown", "hold", ok=(4,))
    database = room.folder / "newsletter.db"
    backup = database.read_bytes()
    room.run("resume", ok=(4,))
    sent = len(server.accepted)

    with database.open("r+b") as place:
        place.write(backup)
        place.truncate()
    asked = room.run("resume", ok=(1,))
    by_the_scheduler = room.run("run", "--once", ok=(0,)).stdout

    assert "more was sent than it knows of" in asked.stderr
    assert len(server.accepted) == sent
    assert "more was sent" in by_the_scheduler or by_the_scheduler == ""
    room.run("resume", "--yes", ok=(4,))
    assert len(server.accepted) > sent
    room.run("resume", ok=(4,))


def test_a_yes_for_a_copy_sends_no_mailing_that_is_late_and_follows_no_canary(
    room: MailingRoom, server: ScriptedServer
) -> None:
    server.script = Script(rcpt=say("550 5.1.1 no such user"))
    room.send("--at", "2999-01-01T08:00", "--canary", "50%", ok=(0,))
    _put_back(room, hours=5)
    copy = MailingRoom(room.folder.with_name("copy"))
    shutil.copytree(room.folder, copy.folder)

    place = copy.run("resume", "--yes", ok=(1,))
    late = copy.run("resume", "--yes", ok=(1,))
    tried_by_the_canary = copy.mailing()["refused"]
    ill = copy.run("resume", ok=(1,))
    server.script = Script()
    copy.run("resume", "--yes", ok=(0,))

    assert "should have gone" in place.stderr
    assert "the others wait" in late.stderr
    assert tried_by_the_canary == 4
    assert "the others wait" in ill.stderr
    assert len(server.accepted) == copy.mailing()["accepted"] == 4


def test_what_was_scheduled_and_paused_goes_at_its_time_once_it_is_resumed(
    room: MailingRoom, server: ScriptedServer
) -> None:
    server.script = Script()
    room.send("--at", "2999-01-01T08:00", ok=(0,))
    room.run("pause", ok=(0,))

    resumed = room.run("resume", ok=(4,))

    assert "to go at 2999-01-01 08:00 UTC" in resumed.stderr
    assert "newsletter run" in resumed.stderr
    assert room.mailing()["state"] == "prepared"
    _put_back(room, hours=0)
    room.run("run", "--once", ok=(0,))
    assert room.mailing()["accepted"] == 8


def test_a_time_is_read_and_told_in_the_time_zone_of_the_newsletter(room: MailingRoom) -> None:
    settings = room.folder / "newsletter.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f'time_zone = "Europe/Paris"\n{text}', encoding="utf-8")

    never = room.send("--at", "2999-03-31T02:30", ok=(2,))
    told = room.send("--at", "2999-07-01T08:00", ok=(0,)).stdout

    assert "does not exist in Europe/Paris" in never.stderr
    assert "prepared for 2999-07-01 08:00 CEST (06:00 UTC)" in told
    assert "prepared for 2999-07-01 08:00 CEST" in room.run("status", ok=(0,)).stdout


def test_who_is_not_in_a_mailing_has_no_history_there(room: MailingRoom) -> None:
    room.send("--at", "2999-01-01T08:00", ok=(0,))

    told = room.run("deliveries", "1", "--address", "nobody@town.example", ok=(1,))

    assert "has no delivery to 'nobody@town.example'" in told.stderr


def test_a_wrong_password_stops_at_once_and_marks_nobody(tmp_path: Path) -> None:
    script = Script(mechanisms=("PLAIN",), accounts={"desk": "right"})
    with scripted_server(script) as guarded:
        room = MailingRoom.furnish(tmp_path / "workspace", guarded.port)
        room.invite(PEOPLE)
        room.environment = {"SMTP_USERNAME": "desk", "SMTP_PASSWORD": "wrong-secret"}
        stopped = room.send(ok=(1,))

    assert "SMTP_PASSWORD" in stopped.stderr or "log" in stopped.stderr
    assert "wrong-secret" not in stopped.stderr + stopped.stdout
    found = room.mailing()
    assert (found["waiting"], found["refused"], found["deferred"]) == (8, 0, 0)


def test_without_a_server_it_says_which_setting_is_missing(
    room: MailingRoom, server: ScriptedServer
) -> None:
    env = room.folder / ".env"
    env.write_text("NEWSLETTER_SECRET=only-for-these-tests-and-long-enough\n", encoding="utf-8")

    refused = room.send(ok=(1,))

    assert "SMTP_HOST" in refused.stderr


def _on_a_terminal(room: MailingRoom, answer: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command where somebody sits, who answers what is asked."""
    if shutil.which("script") is None:
        pytest.skip("there is no program to make a terminal")
    return subprocess.run(
        ["script", "-qefc", " ".join([*room.command, *words]), "/dev/null"],
        input=f"{answer}\n",
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
        cwd=Path(__file__).parents[2],
    )


@pytest.mark.parametrize(("answer", "copies"), [("2", 0), ("1", 1)])
def test_retry_shows_whom_it_is_about_and_asks_for_their_number(
    room: MailingRoom, server: ScriptedServer, answer: str, copies: int
) -> None:
    room.send(ok=(4,))
    room.run("resume", ok=(0,))
    server.script = Script()

    asked = _on_a_terminal(room, answer, "retry", "1", "--reason", "user")

    assert "1 refused, no-such-user" in asked.stdout
    assert [one.recipient for one in server.accepted].count(GONE) == copies


def test_progress_is_shown_on_a_terminal_and_in_a_second_one(
    room: MailingRoom, server: ScriptedServer
) -> None:
    server.script = Script(dot_delay=0.05)
    process = _on_a_terminal(room, "8", "send", "2016-05", "--list", "members", "--really")

    assert "type the number of readers" in process.stdout
    assert process.returncode == 0, process.stdout
    assert len(server.accepted) == 8
    assert "finished" in room.run("status", "--watch", ok=(0,)).stdout


def test_the_dry_run_tells_the_limits_that_are_set(room: MailingRoom) -> None:
    settings = room.folder / "newsletter.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f"{text}per_second = 0.5\nper_hour = 100\n", encoding="utf-8")

    shown = room.run("send", "2016-05", "--list", "members", ok=(0,)).stdout

    assert "about 16 s, at most 0.5 a second, 100 an hour" in shown


@pytest.mark.parametrize("whom", [("--list", "members"), ("--to", "me@desk.example")])
def test_an_edition_there_is_not_is_refused_with_those_there_are(
    room: MailingRoom, server: ScriptedServer, whom: tuple[str, str]
) -> None:
    refused = room.run("send", "2016-05", *whom, "--edition", "xx", "--really", "--yes", ok=(1,))

    assert "no edition 'xx' of '2016-05'" in refused.stderr
    assert "There are en, en-light, en-text" in refused.stderr
    assert server.accepted == []


def test_a_hold_does_not_bring_a_schedule_forward(
    room: MailingRoom, server: ScriptedServer
) -> None:
    room.send("--at", "2999-01-01T08:00", "--hold", "1s", ok=(0,))

    assert room.mailing()["starts"].startswith("2999-01-01")
    assert server.accepted == []


@pytest.mark.parametrize("hold", ["99999999999999d", "367d"])
def test_a_hold_of_more_than_a_year_is_taken_for_a_slip(room: MailingRoom, hold: str) -> None:
    assert "more than a year" in room.send("--hold", hold, ok=(2,)).stderr


def test_a_table_of_nobody_has_its_headings(room: MailingRoom) -> None:
    room.send(ok=(4,))

    shown = room.run("deliveries", "1", "--csv", "--state", "skipped", ok=(0,)).stdout

    assert shown.splitlines() == [
        "address,state,attempts,message_id,reply,reason,edition,stage,queue_id,updated,due"
    ]


def test_the_history_of_one_delivery_is_there_for_programs(room: MailingRoom) -> None:
    room.send(ok=(4,))

    told = room.run("deliveries", "1", "--address", LATER, "--json", ok=(0,)).stdout

    states = [one["state"] for one in json.loads(told)["events"]]
    # Given back and tried again where it waited behind a message whose connection was dropped.
    assert (states[0], states[-1]) == ("in_flight", "deferred")
    assert set(states[:-1]) <= {"in_flight", "queued"}


def test_a_decision_is_made_once_and_only_on_what_is_unknown(room: MailingRoom) -> None:
    room.send("--unknown", "hold", ok=(4,))

    twice = room.run("unknown", "1", "--accepted", LOST, "--again", LOST.upper(), ok=(2,))
    known = room.run("unknown", "1", "--again", GONE, ok=(0,))

    assert "decide once" in twice.stderr
    assert f"{GONE} is not unknown" in known.stderr
    assert (room.states()[LOST], room.states()[GONE]) == ("unknown", "refused")


def test_a_reason_that_nobody_has_is_said_to_be_none(room: MailingRoom) -> None:
    room.send(ok=(4,))

    refused = room.run("retry", "1", "--reason", "nonesuch", ok=(2,))

    assert "nobody is refused with a reason like 'nonesuch'" in refused.stderr


def test_who_was_put_off_while_the_clock_was_ahead_does_not_wait_for_that_day(
    room: MailingRoom,
) -> None:
    room.send("--unknown", "hold", ok=(4,))
    with closing(sqlite3.connect(room.folder / "newsletter.db")) as database:
        database.execute("UPDATE deliveries SET due = due + 172800000 WHERE due IS NOT NULL")
        database.commit()

    room.run("run", "--once", ok=(0,))

    due = datetime.fromisoformat(room.deliveries()[LATER]["due"])
    assert due < datetime.now(UTC) + timedelta(hours=2)
