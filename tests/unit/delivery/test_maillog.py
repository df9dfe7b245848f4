"""What a Postfix log says about messages."""

from __future__ import annotations

from datetime import UTC, datetime

from newsletter.delivery import maillog

NOW = datetime(2016, 5, 20, 12, 0, tzinfo=UTC)
ONE, TWO, THREE = "<2016-05.aa@x.example>", "<2016-05.bb@x.example>", "<2016-05.cc@x.example>"
WANTED = frozenset({ONE, TWO, THREE})

LOG = f"""\
May 20 10:00:00 mail postfix/smtpd[71]: 806A026E439: client=localhost[127.0.0.1]
May 20 10:00:00 mail postfix/cleanup[72]: 806A026E439: message-id={ONE}
May 20 10:00:00 mail postfix/qmgr[73]: 806A026E439: from=<news@x.example>, size=900, nrcpt=1 (queue active)
May 20 10:00:01 mail postfix/smtp[74]: 806A026E439: to=<ana@y.example>, relay=y[192.0.2.1]:25, delay=1, dsn=2.0.0, status=sent (250 Ok)
May 20 10:00:02 mail postfix/cleanup[72]: 90B3F26E43A: message-id={TWO}
May 20 10:00:02 mail postfix/smtpd[71]: lost connection after DATA (20000 bytes) from localhost[127.0.0.1]
May 20 10:00:03 mail postfix/cleanup[72]: 3XkYzB0abcz1: message-id={THREE}
May 20 10:00:03 mail postfix/qmgr[73]: 3XkYzB0abcz1: from=<news@x.example>, size=900, nrcpt=1 (queue active)
May 20 10:00:04 mail postfix/smtp[74]: 3XkYzB0abcz1: to=<cy@y.example>, dsn=5.1.1, status=bounced (host said: 550 no such user)
May 20 10:00:05 mail postfix/qmgr[73]: 806A026E439: removed
May 20 10:00:06 mail postfix/cleanup[72]: 806A026E439: message-id=<somebody@else.example>
"""  # noqa: E501 - as the log has it


def _read(text: str) -> maillog.MailLog:
    return maillog.read(text.splitlines(), WANTED, now=NOW, zone=UTC)


def test_a_message_in_the_queue_was_taken_and_the_last_status_counts() -> None:
    log = _read(LOG.rsplit("\n", 2)[0])

    assert log.traces[ONE] == maillog.Trace("806A026E439", True, "sent", "250 Ok")
    assert log.traces[THREE].has_failed
    assert "no such user" in log.traces[THREE].words


def test_a_message_whose_connection_broke_before_its_end_was_not_taken() -> None:
    assert TWO not in _read(LOG).traces


def test_a_queue_number_used_again_is_somebody_elses() -> None:
    assert ONE not in _read(LOG).traces


def test_the_log_says_which_time_it_covers() -> None:
    log = _read(LOG)

    assert log.covers(datetime(2016, 5, 20, 10, 0, 3, 500_000, tzinfo=UTC))
    assert not log.covers(datetime(2016, 5, 20, 10, 0, 7, tzinfo=UTC))
    assert not log.covers(datetime(2016, 5, 20, 9, 0, tzinfo=UTC))
    assert not maillog.MailLog().covers(NOW)


def test_newer_systems_write_the_whole_time_and_december_is_last_year() -> None:
    newer = f"2016-05-20T10:00:00.123+02:00 mail postfix/cleanup[1]: 806A026E439: message-id={ONE}"

    assert _read(newer).first == datetime(2016, 5, 20, 8, 0, 0, 123_000, tzinfo=UTC)
    assert _read("Dec 31 23:59:59 mail x: y").first == datetime(
        2015, 12, 31, 23, 59, 59, tzinfo=UTC
    )


def test_lines_that_are_no_log_are_passed_over() -> None:
    log = _read("Feb 31 10:00:00 x\n2016-99-99T10:00:00Z x\nFoo 10 10:00:00 x\n\x00\n")

    assert log == maillog.MailLog({}, None, None)
