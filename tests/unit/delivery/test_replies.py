"""The reply matrix, cell by cell, in the words of the servers that say it."""

from __future__ import annotations

import pytest

from newsletter.delivery.outcome import Outcome, Stage, Trouble
from newsletter.delivery.parsing import read_reply
from newsletter.delivery.reasons import REASONS
from newsletter.delivery.replies import GIVE_BACKS, Scope, Verdict, judge
from newsletter.model.mailing import DeliveryState

Q, D, R, A, U = (
    DeliveryState.QUEUED,
    DeliveryState.DEFERRED,
    DeliveryState.REFUSED,
    DeliveryState.ACCEPTED,
    DeliveryState.UNKNOWN,
)


def verdict_of(stage: str, line: str) -> Verdict:
    return judge(Outcome(Stage(stage), read_reply(line.encode())))


BEFORE_MAIL = [
    ("greeting", "421 4.3.2 Service not available", Scope.SITE, False),
    ("greeting", "450 4.7.1 try later", Scope.SITE, False),
    ("greeting", "554 5.7.1 No SMTP service here", Scope.SITE, False),
    ("greeting", "530 5.7.0 must log in", Scope.CONFIGURATION, True),
    ("ehlo", "550 5.7.1 bad name", Scope.SITE, False),
    ("starttls", "454 4.7.0 TLS not available due to local problem", Scope.SITE, False),
    ("starttls", "501 5.5.4 no", Scope.CONFIGURATION, True),
    ("auth", "454 4.7.0 Temporary authentication failure", Scope.SITE, False),
    ("auth", "535 5.7.8 Username and Password not accepted", Scope.CONFIGURATION, True),
    ("auth", "534 5.7.9 Application-specific password required", Scope.CONFIGURATION, True),
    ("auth", "538 5.7.11 Encryption required", Scope.CONFIGURATION, True),
    ("auth", "530 5.7.0 Must issue a STARTTLS command first", Scope.CONFIGURATION, True),
]


@pytest.mark.parametrize(("stage", "line", "scope", "stops"), BEFORE_MAIL)
def test_what_happens_before_a_message_costs_nobody_an_attempt(
    stage: str, line: str, scope: Scope, stops: bool
) -> None:
    verdict = verdict_of(stage, line)

    assert (verdict.scope, verdict.state, verdict.stop_run) == (scope, Q, stops)
    assert verdict.session == "close"
    assert not verdict.suppress_candidate


READERS = [
    # (stage, line, state, reason, is the address itself bad)
    ("rcpt", "450 4.2.0 <a@b>: Recipient address rejected: Greylisted", D, "greylisted", False),
    ("rcpt", "451 4.7.1 Greylisting in action, please come back later", D, "greylisted", False),
    ("rcpt", "450 4.2.1 mailbox busy", D, "mailbox-unavailable", False),
    ("rcpt", "450 mailbox unavailable", D, "mailbox-unavailable", False),
    ("rcpt", "451 4.3.0 local error", D, "server-problem", False),
    ("rcpt", "452 4.2.2 The email account that you tried to reach is over quota", D,
     "mailbox-full", False),
    ("rcpt", "452 4.5.3 Too many recipients", D, "too-many-recipients", False),
    ("rcpt", "552 5.5.3 Too many recipients", D, "too-many-recipients", False),
    ("rcpt", "552 too many recipients", D, "too-many-recipients", False),
    ("rcpt", "550 5.1.1 The email account that you tried to reach does not exist", R,
     "no-such-user", True),
    ("rcpt", "550 5.1.0 Address rejected", R, "no-such-user", True),
    ("rcpt", "550 No such user here", R, "no-such-user", True),
    ("rcpt", "550 sorry, no mailbox here by that name (#5.1.1)", R, "no-such-user", True),
    ("rcpt", "550 5.1.10 RESOLVER.ADR.RecipientNotFound", R, "no-such-user", True),
    ("rcpt", "550 5.4.1 Recipient address rejected: Access denied.", R, "no-such-user", True),
    ("rcpt", "551 User not local", R, "moved", True),
    ("rcpt", "553 sorry, mailbox name not allowed", R, "no-such-user", True),
    ("rcpt", "556 5.1.2 Domain does not accept mail", R, "no-such-domain", True),
    ("rcpt", "501 5.1.3 Bad recipient address syntax", R, "bad-address", True),
    ("rcpt", "550 5.2.1 The email account that you tried to reach is inactive", R,
     "mailbox-disabled", True),
    ("rcpt", "552 5.2.2 Mailbox full", D, "mailbox-full", False),
    ("rcpt", "450 4.2.1 The user you are trying to contact is receiving mail too quickly", D,
     "recipient-rate", False),
    ("rcpt", "550 5.2.3 message too large for this mailbox", R, "mailbox-too-small", False),
    ("rcpt", "550 5.7.133 Sender not authenticated for group", R, "not-allowed-to-write", False),
    ("rcpt", "550 5.1.1 greylisted? no: no such user", R, "no-such-user", True),
    ("dot", "554 delivery error: dd This user doesn't have a yahoo.com account", R,
     "no-such-user", True),
    ("dot", "552 5.2.2 Over quota", D, "mailbox-full", False),
    ("rcpt", "450 4.1.1 user unknown in our table just now", D, "mailbox-unavailable", False),
    ("rcpt", "550 5.4.6 mail loops back to myself", R, "loop", False),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "line", "state", "reason", "bad"), READERS)
def test_a_refusal_of_a_reader(
    stage: str, line: str, state: DeliveryState, reason: str, bad: bool
) -> None:
    verdict = verdict_of(stage, line)

    assert (verdict.state, verdict.reason) == (state, reason)
    assert verdict.suppress_candidate is bad
    assert not verdict.stop_run
    assert verdict.session != "close"


POLICY = [
    ("rcpt", "550 5.7.1 Message refused as spam"),
    ("rcpt", "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen"),
    ("dot", "550 5.7.26 This mail is unauthenticated, which poses a security risk"),
    ("dot", "550 5.7.25 no PTR record"),
    ("dot", "550 5.7.27 SPF did not pass"),
    ("dot", "550 5.7.30 DKIM did not pass"),
    ("dot", "550 5.7.515 Access denied, sending domain does not meet the required level"),
    ("dot", "554 5.7.9 Message not accepted for policy reasons"),
    ("rcpt", "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1"),
    ("rcpt", "550 5.7.606 Access denied, banned sending IP"),
    ("rcpt", "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent"),
    ("rcpt", "554 refused"),
    ("rcpt", "550 rejected: listed at dnsbl.example.org"),
    ("dot", "554 5.7.1 this message looks like spam"),
]


@pytest.mark.parametrize(("stage", "line"), POLICY)
def test_a_refusal_of_ours_never_blames_the_address(stage: str, line: str) -> None:
    verdict = verdict_of(stage, line)

    assert (verdict.scope, verdict.state) == (Scope.SENDER, R)
    assert not verdict.suppress_candidate


RATE = [
    ("mail", "421 4.7.0 [192.0.2.1] Our system has detected an unusual rate of unsolicited mail"),
    ("mail", "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred"),
    ("dot", "421 4.7.28 Our system has detected an unusual rate"),
    ("rcpt", "451 4.7.650 The mail server has been temporarily rate limited"),
    ("rcpt", "451 4.7.500 Server busy. Please try again later"),
    ("data", "454 4.7.0 Throttling failure: Maximum sending rate exceeded"),
    ("mail", "450 4.7.1 Error: too much mail from 192.0.2.1"),
]


@pytest.mark.parametrize(("stage", "line"), RATE)
def test_too_fast_slows_the_route_down(stage: str, line: str) -> None:
    verdict = verdict_of(stage, line)

    assert (verdict.state, verdict.reason) == (D, "rate")
    assert verdict.slow_down
    assert not verdict.stop_run


CONFIGURATION = [
    ("mail", "530 5.7.0 Authentication Required", "login-needed"),
    ("mail", "550 5.7.57 Client was not authenticated to send anonymous mail", "login-needed"),
    ("rcpt", "554 5.7.1 <a@b>: Relay access denied", "relay-denied"),
    ("rcpt", "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
     "relay-denied"),
    ("rcpt", "550 relay not permitted", "relay-denied"),
    ("rcpt", "550 5.7.64 TenantAttribution; Relay Access Denied", "relay-denied"),
    ("mail", "555 5.5.4 Unsupported option: BODY", "not-supported"),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "line", "reason"), CONFIGURATION)
def test_a_fault_in_our_settings_stops_the_run_and_marks_nobody(
    stage: str, line: str, reason: str
) -> None:
    verdict = verdict_of(stage, line)

    assert (verdict.scope, verdict.state) == (Scope.CONFIGURATION, Q)
    assert (verdict.reason, verdict.stop_run) == (reason, True)
    assert not verdict.suppress_candidate


SENDER = [
    ("mail", "553 5.7.1 <x@y>: Sender address rejected: not owned by user desk"),
    ("rcpt", "553 5.7.1 <x@y>: Sender address rejected: not owned by user desk"),
    ("rcpt", "550 Sender verify failed"),
    ("mail", "550 5.1.8 Access denied, bad outbound sender"),
    ("mail", "501 5.1.7 Bad sender address syntax"),
    ("mail", "550 5.7.1 whatever"),
    ("mail", "550 no"),
    ("dot", "554 Message rejected: Email address is not verified"),
    ("dot", "550 5.7.60 Client does not have permissions to send as this sender"),
    ("dot", "554 5.2.252 SendAsDenied; desk@example.org not allowed to send as x"),
]


@pytest.mark.parametrize(("stage", "line"), SENDER)
def test_a_refused_sender_stops_the_run_and_marks_nobody(stage: str, line: str) -> None:
    verdict = verdict_of(stage, line)

    assert (verdict.scope, verdict.state) == (Scope.SENDER, Q)
    assert (verdict.reason, verdict.stop_run) == ("sender-refused", True)


@pytest.mark.parametrize(
    "line",
    [
        "550 5.4.5 Daily user sending limit exceeded",
        "454 4.7.0 Throttling failure: Daily message quota exceeded",
        "550 5.7.232 Your message can't be sent",
    ],
)
def test_a_daily_limit_stops_the_run_and_refuses_nobody(line: str) -> None:
    verdict = verdict_of("dot", line)

    assert verdict.reason == "daily-limit"
    assert verdict.state in {Q, D}
    assert verdict.stop_run


MESSAGE = [
    ("mail", "451 4.3.0 try again", D, "server-problem"),
    ("mail", "452 4.3.1 Insufficient system storage", D, "server-full"),
    ("data", "451 4.3.0 no", D, "message-deferred"),
    ("dot", "451 4.3.0 Error: queue file write error", D, "message-deferred"),
    ("dot", "452 4.3.1 no room", D, "server-full"),
    ("data", "554 5.5.0 no", R, "content"),
    ("dot", "550 5.6.0 bad content", R, "content"),
    ("dot", "554 transaction failed", R, "content"),
]


@pytest.mark.parametrize(("stage", "line", "state", "reason"), MESSAGE)
def test_a_refusal_of_a_message(stage: str, line: str, state: DeliveryState, reason: str) -> None:
    verdict = verdict_of(stage, line)

    assert (verdict.state, verdict.reason) == (state, reason)
    assert verdict.session == "reset"
    assert not verdict.suppress_candidate


@pytest.mark.parametrize(
    ("stage", "line"),
    [
        ("mail", "552 5.3.4 Message size exceeds fixed limit"),
        ("dot", "552 5.3.4 Message too big for system"),
        ("dot", "552 message exceeds maximum size"),
        ("body", "552 too much mail data"),
    ],
)
def test_a_message_that_is_too_big_stops_the_run(stage: str, line: str) -> None:
    verdict = verdict_of(stage, line)

    assert (verdict.scope, verdict.reason) == (Scope.MESSAGE, "too-big")
    assert verdict.stop_run


@pytest.mark.parametrize("text", ["421 4.7.0 closing", "421 4.7.1 Try again later"])
def test_421_at_a_reader_is_about_the_session_and_not_greylisting(text: str) -> None:
    verdict = verdict_of("rcpt", text)

    assert (verdict.reason, verdict.session, verdict.slow_down) == ("policy", "close", True)


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot", "rset"])
def test_421_defers_closes_and_slows_down_everywhere(stage: str) -> None:
    verdict = verdict_of(stage, "421 4.4.2 closing")

    assert (verdict.state, verdict.session, verdict.slow_down) == (D, "close", True)


@pytest.mark.parametrize("code", [200, 250, 251, 252, 299])
def test_every_2xx_after_the_dot_is_acceptance(code: int) -> None:
    assert verdict_of("dot", f"{code} whatever").state is A


@pytest.mark.parametrize("line", ["100 x", "354 x", "600 x", "999 x", "hello", "", "25", "2500 x"])
def test_an_answer_after_the_dot_that_settles_nothing_is_unknown(line: str) -> None:
    verdict = verdict_of("dot", line)

    assert (verdict.state, verdict.session) == (U, "close")


@pytest.mark.parametrize("trouble", [Trouble.CLOSED, Trouble.TIMED_OUT, Trouble.STOPPED])
def test_only_a_loss_after_the_dot_is_unknown(trouble: Trouble) -> None:
    states = {stage: judge(Outcome(stage, cause="gone", trouble=trouble)).state for stage in Stage}

    assert {stage for stage, state in states.items() if state is U} == {Stage.DOT}
    assert set(states.values()) == {Q, U}


def test_a_message_that_keeps_breaking_connections_is_deferred_at_last() -> None:
    lost = Outcome(Stage.BODY, cause="gone", trouble=Trouble.CLOSED)

    assert judge(lost, given_back=GIVE_BACKS - 1).state is Q
    assert judge(lost, given_back=GIVE_BACKS).state is D


def test_a_message_that_waits_behind_others_is_given_back_for_ever() -> None:
    lost = Outcome(Stage.MAIL, cause="gone", trouble=Trouble.NOT_BEGUN)

    assert judge(lost, given_back=1000).state is Q


@pytest.mark.parametrize(
    ("trouble", "scope", "stops"),
    [
        (Trouble.NO_SUCH_HOST, Scope.CONFIGURATION, True),
        (Trouble.UNREACHABLE, Scope.SITE, False),
        (Trouble.NO_ENCRYPTION, Scope.CONFIGURATION, True),
        (Trouble.CERTIFICATE, Scope.CONFIGURATION, True),
        (Trouble.TLS, Scope.CONFIGURATION, True),
        (Trouble.NO_LOGIN, Scope.CONFIGURATION, True),
        (Trouble.IN_CLEAR, Scope.CONFIGURATION, True),
    ],
)
def test_no_session_costs_nobody_an_attempt(trouble: Trouble, scope: Scope, stops: bool) -> None:
    verdict = judge(Outcome(Stage.CONNECT, cause="no", trouble=trouble))

    assert (verdict.scope, verdict.state, verdict.stop_run) == (scope, Q, stops)


@pytest.mark.parametrize("trouble", [Trouble.TOO_BIG, Trouble.NEEDS_8BITMIME])
def test_what_no_reader_would_get_by_this_server_stops_the_run_and_marks_nobody(
    trouble: Trouble,
) -> None:
    verdict = judge(Outcome(Stage.MAIL, cause="no", trouble=trouble))

    assert (verdict.state, verdict.stop_run) == (Q, True)


@pytest.mark.parametrize("trouble", [Trouble.CONTENT, Trouble.NEEDS_SMTPUTF8])
def test_what_must_not_leave_is_refused_definitely(trouble: Trouble) -> None:
    verdict = judge(Outcome(Stage.MAIL, cause="no", trouble=trouble))

    assert (verdict.state, verdict.session) == (R, "keep")
    assert not verdict.suppress_candidate


def test_an_address_that_is_none_blames_the_side_it_stands_on() -> None:
    reader = judge(Outcome(Stage.RCPT, cause="no", trouble=Trouble.ADDRESS))
    sender = judge(Outcome(Stage.MAIL, cause="no", trouble=Trouble.ADDRESS))

    assert (reader.state, reader.suppress_candidate) == (R, True)
    assert (sender.state, sender.stop_run) == (Q, True)


CODES = [*range(0, 1000, 3), 421, 451, 452, 500, 503, 530, 535, 550, 551, 552, 553, 554, 555, 556]
RESTS = ["", " x", " 4.7.999 x", " 5.999.999 x", " 5.5.3", " 5.3.3", "-x", " 5.7.1 spam"]


@pytest.mark.parametrize("stage", Stage)
def test_there_is_a_verdict_for_everything(stage: Stage) -> None:
    for line in (f"{code:03}{rest}" for code in CODES for rest in RESTS):
        verdict = verdict_of(stage, line)

        assert verdict.explanation.endswith("."), line
        assert verdict.reason in REASONS, line
        assert (verdict.state is A) == (stage is Stage.DOT and line[0] == "2"), line
        assert verdict.state is not U or stage is Stage.DOT, line
        assert not verdict.suppress_candidate or verdict.state is R, line
        assert not (verdict.suppress_candidate and verdict.scope is not Scope.RECIPIENT), line
