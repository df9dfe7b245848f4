"""Nothing is taken for accepted without an answer that says so."""

from __future__ import annotations

import pytest

from newsletter.delivery.ledger import accepted
from newsletter.delivery.outcome import Outcome, Stage, Trouble


def test_an_acceptance_needs_the_answer_of_a_server() -> None:
    with pytest.raises(ValueError, match="not an acceptance"):
        accepted(1, Outcome(Stage.DOT, trouble=Trouble.CLOSED))
