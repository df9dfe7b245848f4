"""What spam filters say is read, whichever is there, and never taken for more than it is."""

from __future__ import annotations

import json
from collections.abc import Sequence

from newsletter.preflight import scores
from newsletter.preflight.scores import Score

SPAMASSASSIN = b"""\
Subject: News (2 novels, 12 stories)

3 NEWSPAPERS write about us
12 MEMBERS joined

Content analysis details:   (3.4 points, 5.0 required)

 pts rule name              description
---- ---------------------- --------------------------------------------------
-1.0 MAILING_LIST_MULTI     Multiple indicators imply a widely-seen list
                            manager
 2.4 SUBJ_ALL_CAPS          Subject is all capitals
 1.0 MISSING_DATE           Missing Date: header
 0.0 HTML_MESSAGE           BODY: HTML included in message
""".decode()
SPAMC = "3.4/5.0\n" + SPAMASSASSIN
RSPAMD = json.dumps(
    {
        "score": 4.5,
        "required_score": 15.0,
        "symbols": {
            "R_BAD": {"name": "R_BAD", "score": 3.0, "description": "Something bad"},
            "R_GOOD": {"name": "R_GOOD", "score": -1.0},
            "R_WORSE": {"name": "R_WORSE", "score": 2.5},
        },
    }
)


#: The same in another language, as spamd answers where the machine speaks it.
GERMAN = SPAMASSASSIN.replace(
    "Content analysis details:   (3.4 points, 5.0 required)",
    "Inhaltsanalyse im Detail:   (3.4 Punkte, 5.0 benötigt)",
)


def asking(answers: dict[str, str]) -> scores.Run:
    def ask(command: Sequence[str], message: bytes) -> str:
        assert message == b"message"
        return answers[command[0]]

    return ask


def test_spamassassin_gives_its_points_and_reasons() -> None:
    answers = (("spamassassin", SPAMASSASSIN), ("spamassassin", GERMAN), ("spamc", SPAMC))
    for program, said in answers:
        found = scores.score(b"message", [program], asking({program: said}))

        assert found == Score(
            "SpamAssassin",
            3.4,
            5.0,
            (
                "SUBJ_ALL_CAPS 2.4: Subject is all capitals",
                "MISSING_DATE 1: Missing Date: header",
            ),
        )


def test_spamc_without_a_sentence_gives_its_two_numbers() -> None:
    said = "3.4/5.0\n 2.4 SUBJ_ALL_CAPS          Subject is all capitals\n"

    found = scores.score(b"message", ["spamc"], asking({"spamc": said}))

    assert found == Score("SpamAssassin", 3.4, 5.0, ("SUBJ_ALL_CAPS 2.4: Subject is all capitals",))


def test_rspamd_gives_its_points_and_reasons() -> None:
    found = scores.score(b"message", ["rspamc"], asking({"rspamc": RSPAMD}))

    assert found == Score("rspamd", 4.5, 15.0, ("R_BAD 3: Something bad", "R_WORSE 2.5"))


def test_a_filter_that_does_not_answer_leaves_it_to_the_next() -> None:
    answers = {"rspamc": "connection refused", "spamc": "0/0\n", "spamassassin": SPAMASSASSIN}

    found = scores.score(b"message", ["rspamc", "spamc", "spamassassin"], asking(answers))

    assert found is not None
    assert found.program == "SpamAssassin"


def test_without_an_answer_there_is_no_score() -> None:
    for said in ("", "{}", '{"symbols": 3}', "nothing"):
        assert scores.score(b"message", ["rspamc", "spamc"], lambda *_, said=said: said) is None


def test_only_a_score_that_endangers_the_mail_is_a_finding() -> None:
    (found,) = scores.judged("fr", Score("rspamd", 4.5, 15.0, ("R_BAD 3: bad",)))

    assert found.where == "edition 'fr'"
    assert "R_BAD" in found.message
    assert list(scores.judged("fr", Score("rspamd", 1.9, 15.0))) == []


def test_a_program_that_is_not_there_says_nothing() -> None:
    assert scores.run(["/nonexistent/filter"], b"message") == ""
