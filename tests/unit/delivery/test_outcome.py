"""What became of a step, as people read it."""

from __future__ import annotations

import pytest

from newsletter.delivery.outcome import Outcome, Reply, Stage
from newsletter.delivery.progress import LINE_SHOWN


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(Stage.RCPT, Reply(550, "5.1.1", "x" * 100_000)),
        Outcome(Stage.CONNECT, cause="y" * 100_000),
    ],
    ids=["reply", "cause"],
)
def test_what_a_server_made_very_long_is_bounded_where_it_is_shown(outcome: Outcome) -> None:
    shown = str(outcome)

    assert len(shown) == LINE_SHOWN
    assert shown.startswith(f"{outcome.stage}: ")
    assert shown.endswith("…")


def test_an_outcome_of_usual_length_is_shown_whole() -> None:
    assert str(Outcome(Stage.RCPT, Reply(550, "5.1.1", "gone"))) == "rcpt: 550 5.1.1 gone"
