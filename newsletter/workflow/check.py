"""Check an issue before it is sent: every edition, its cost, its links, its spam score."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from newsletter import __version__, preflight
from newsletter.editions import Editions
from newsletter.errors import EmptyEditionError, SourceUnreachableError
from newsletter.model.content import Edition, EditionForm, RenderedEdition
from newsletter.model.written_sender import name_and_address
from newsletter.model.zones import zone_named
from newsletter.preflight import Finding as Finding  # the faces show it
from newsletter.preflight.links import Answer

if TYPE_CHECKING:
    from newsletter.model.message import MessageTemplate
    from newsletter.preflight.clients import Support
    from newsletter.preflight.scores import Score
    from newsletter.workspace import Workspace

#: What slow links still carry: kilobits per second.
SLOW_KILOBITS = 64
_LINKS_AT_ONCE = 8
#: Enough to know that a page is there.
_LINK_BYTES = 4096
#: More than any page to leave by has, and longer than one takes.
_PAGE_BYTES, _PAGE_SECONDS = 100_000, 15.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What one edition costs its reader."""

    edition: str
    subject: str
    html_bytes: int
    text_bytes: int
    message_bytes: int
    #: All its pictures, and those of them that come beside the message.
    picture_bytes: int = 0
    fetched_bytes: int = 0

    @property
    def slow_seconds(self) -> float:
        """Return how long message and pictures take at 64 kbit/s."""
        return (self.message_bytes + self.fetched_bytes) * 8 / SLOW_KILOBITS / 1000


@dataclass(frozen=True, slots=True)
class Checked:
    """All that was found about an issue."""

    issue: str
    findings: tuple[Finding, ...]
    costs: tuple[Cost, ...]
    #: Edition -> what a spam filter of this machine thinks of it.
    scores: tuple[tuple[str, Score], ...] = ()
    support: tuple[Support, ...] = ()

    @property
    def may_be_sent(self) -> bool:
        """Say whether nothing found stops the send."""
        return not preflight.stops(self.findings)

    def as_json(self) -> dict[str, Any]:
        """Return what programs read."""
        from newsletter.preflight.clients import table

        return {
            "version": 1,
            "issue": self.issue,
            "may_be_sent": self.may_be_sent,
            "findings": [asdict(one) for one in self.findings],
            "editions": [
                {**asdict(one), "seconds_at_64_kbit": round(one.slow_seconds, 1)}
                for one in self.costs
            ],
            "spam_scores": [{"edition": key, **asdict(one)} for key, one in self.scores],
            "client_support": {
                "source": table()["source"],
                "date": table()["date"],
                "features": [asdict(one) for one in self.support],
            },
        }


def check_issue(
    workspace: Workspace,
    slug: str,
    *,
    links: bool = False,
    spam: bool = False,
    now: datetime | None = None,
) -> Checked:
    """Return everything found about an issue and its editions; nothing of it is changed.

    `links` also tries every link, `spam` asks the spam filter of this machine about every
    full edition instead of the first alone, which takes seconds each. Raises
    IssueNotFoundError and TemplateError.
    """
    from newsletter.preflight.clients import support

    zone_named(workspace.settings.time_zone)
    moment = now or datetime.now(UTC)
    editions = Editions.of(workspace, slug)
    rendered, missing = _rendered(editions)
    candidate = editions.candidate(rendered)
    checks = [lambda _: missing, *preflight.standard_checks(), _page_answers(workspace)]
    if links:
        checks.append(_links_answer(workspace, moment))
    messages = {one.edition.key: _message(editions, one, moment) for one in rendered}
    full = [one for one in rendered if one.edition.form is EditionForm.FULL]
    scores = _scores(full if spam else full[:1], messages)
    checks += [_judging(key, score) for key, score in scores]
    return Checked(
        issue=slug,
        findings=preflight.run(candidate, checks),
        costs=tuple(_cost(editions, one, messages[one.edition.key]) for one in rendered),
        scores=scores,
        support=support(candidate),
    )


# --- editions ---------------------------------------------------------------------


def _rendered(editions: Editions) -> tuple[list[RenderedEdition], list[Finding]]:
    """Return every edition there is, and a finding for each that would be empty."""
    rendered: list[RenderedEdition] = []
    missing: list[Finding] = []
    for edition in (Edition(one, form) for one in editions.languages for form in EditionForm):
        try:
            rendered.append(editions.render(edition))
        except EmptyEditionError as failure:
            where = f"edition {edition.key!r}"
            missing.append(
                preflight.error("edition-empty", str(failure), where=where, mend=failure.hint)
            )
    return rendered, missing


def _message(editions: Editions, rendered: RenderedEdition, now: datetime) -> bytes:
    """Return the edition as a sample reader would get it now; empty where no sender is set.

    The issue's own date would not do: filters count a message from last month as spam.
    """
    from newsletter.rendering.addressing import addressing_of
    from newsletter.rendering.message import build_template

    identity = editions.identity
    if not identity.mail_from:
        return b""
    template = build_template(
        rendered,
        addressing_of(identity, editions.issue.slug, now),
        attachments=editions.attachments(rendered.edition),
    )
    return template.fill(_sample(template, name_and_address(identity.mail_from)[1]))


def _sample(template: MessageTemplate, sender: str) -> dict[str, str]:
    """Return values as long as real ones; addresses under .example reach nobody (RFC 2606)."""
    token = "u" + "0123456789abcdef" * 3
    values = {
        "address": "reader@library.example",
        "name": "Sample Reader",
        "list": "Sample list",
        "list_id": "sample.library.example",
        "message_id": f"check.{token}@library.example",
        "unsubscribe_mailto": f"mailto:{sender}?subject=unsubscribe%20{token}",
    }
    return {
        name: values.get(name, f"https://library.example/{name}/{token}")
        for name in template.places
    }


def _cost(editions: Editions, rendered: RenderedEdition, message: bytes) -> Cost:
    return Cost(
        edition=rendered.edition.key,
        subject=rendered.subject,
        html_bytes=len(rendered.html.encode()),
        text_bytes=len(rendered.text.encode()),
        message_bytes=len(message),
        picture_bytes=editions.picture_bytes(rendered.edition),
        fetched_bytes=editions.fetched_bytes(rendered.edition),
    )


# --- spam filters -----------------------------------------------------------------


def _scores(
    rendered: Sequence[RenderedEdition], messages: dict[str, bytes]
) -> tuple[tuple[str, Score], ...]:
    """Return what a filter of this machine thinks of each edition; nothing without one."""
    from newsletter.preflight import scores

    programs = scores.installed()
    found = []
    for one in rendered if programs else ():
        if messages[one.edition.key]:
            score = scores.score(messages[one.edition.key], programs)
            found += [(one.edition.key, score)] if score else []
    return tuple(found)


def _judging(edition: str, score: Score) -> preflight.Check:
    from newsletter.preflight import scores

    return lambda _: scores.judged(edition, score)


# --- the page to leave by ---------------------------------------------------------


def _page_answers(workspace: Workspace) -> preflight.Check:
    """Return the check that opens the page as a reader would; without a page it does nothing."""
    from newsletter.model.public import Situation
    from newsletter.preflight.leave_page import PageAnswer, answering
    from newsletter.rendering.service_pages import proof
    from newsletter.sources.fetching import Fetcher, Limits, user_agent
    from newsletter.sources.guard import prepared

    settings = workspace.settings
    agent = user_agent(__version__, settings.website or settings.public_url)

    def ask(url: str) -> PageAnswer:
        # Staff typed its address: it may be a machine of their own network.
        fetcher = Fetcher(agent=agent, limits=Limits(total_seconds=_PAGE_SECONDS))
        try:
            answer = fetcher.fetch(
                url, typed_by_staff=True, accept="text/html", max_bytes=_PAGE_BYTES, whole=False
            )
        except SourceUnreachableError as failure:
            return PageAnswer(failure.status, reason=failure.reason)
        moved = answer.url if answer.url != prepared(url) else ""
        return PageAnswer(answer.status, moved, answer.body.decode("utf-8", "replace"))

    return answering(settings.unsubscribe_url, proof(Situation.SAMPLE), ask)


# --- links ------------------------------------------------------------------------


def _links_answer(workspace: Workspace, now: datetime) -> preflight.Check:
    """Return the check that tries every link through the guarded fetcher, politely."""
    from newsletter.preflight import links
    from newsletter.preflight.kept_answers import KeptAnswers
    from newsletter.sources.fetching import Fetcher, user_agent

    settings = workspace.settings
    fetcher = Fetcher(
        agent=user_agent(__version__, settings.website or settings.public_url),
        typed=[source.url for source in settings.sources if source.url],
    )
    kept = KeptAnswers(workspace.cache_folder / "links.json", now)

    def one(link: str) -> Answer:
        known = kept.find(link)
        if known is not None:
            return known
        try:
            answer = fetcher.fetch(
                link, typed_by_staff=False, accept="*/*", max_bytes=_LINK_BYTES, whole=False
            )
        except SourceUnreachableError as failure:
            return Answer(failure.status, reason=failure.reason)
        moved = answer.url if answer.url != link else ""
        return Answer(answer.status, final_url=moved)

    def ask(wanted: Sequence[str]) -> Sequence[Answer]:
        threads = ThreadPoolExecutor(max_workers=_LINKS_AT_ONCE)
        try:
            answers = list(threads.map(one, wanted))
        finally:
            # Ctrl-C waits neither for what has not begun nor for a server that is silent.
            threads.shutdown(wait=False, cancel_futures=True)
        kept.keep(dict(zip(wanted, answers, strict=True)))
        return answers

    return links.answering(ask)
