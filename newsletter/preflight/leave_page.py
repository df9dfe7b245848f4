"""The page that readers leave by: reached over HTTPS, ours, and without a detour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from newsletter.model.public import SAMPLE_TOKEN, leave_address, one_click_address
from newsletter.preflight import Candidate, Check, Finding, warning

_MEND = "Is `newsletter serve` running, and does your web server hand it this address?"


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """What the page answered when it was opened."""

    #: HTTP status; 0 where there was no answer.
    status: int
    #: Where redirects led; empty: nowhere else.
    final_url: str = ""
    body: str = ""
    #: Why there was no answer, in words.
    reason: str = ""


def answering(unsubscribe_url: str, proof: str, ask: Callable[[str], PageAnswer]) -> Check:
    """Return the check that opens the page of a sample by `ask`, which must be guarded.

    `proof` is what only our own page has in it.
    """

    def check(_candidate: Candidate) -> Iterator[Finding]:
        if not unsubscribe_url:
            return
        if not one_click_address(unsubscribe_url):
            yield _found(
                unsubscribe_url,
                "it is not https, so no message names it and readers leave by mail",
                "Write https:// in newsletter.toml; mail programs ignore anything else.",
            )
            return
        url = leave_address(unsubscribe_url, SAMPLE_TOKEN)
        reason = _wrong(ask(url), proof)
        if reason:
            yield _found(url, reason, _MEND)

    return check


def _wrong(answer: PageAnswer, proof: str) -> str:
    """Return what would keep readers from leaving; empty: nothing."""
    if answer.status == 0:
        return f"it does not answer: {answer.reason or 'no answer'}"
    if answer.final_url:
        return f"it leads on to {answer.final_url!r}; mail programs do not follow (RFC 8058)"
    if answer.status != 200:
        return f"it answers {answer.status}"
    return "" if proof in answer.body else "something else answers there"


def _found(url: str, message: str, mend: str) -> Finding:
    return warning("unsubscribe-page", message, where=f"page {url!r}", mend=mend)
