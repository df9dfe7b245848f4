"""What one edition says: an issue's texts in one language, chosen, ordered and counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from newsletter.errors import EmptyEditionError
from newsletter.model.content import (
    Edition,
    EditionForm,
    Issue,
    IssueItem,
    IssueTexts,
    ItemTexts,
    Picture,
    QuickLink,
)
from newsletter.model.edition_content import PLAIN_LIST_UP_TO
from newsletter.model.edition_content import EditionContent as EditionContent
from newsletter.model.edition_content import EditionItem as EditionItem
from newsletter.model.edition_content import EditionLink as EditionLink
from newsletter.model.edition_content import EditionSection as EditionSection
from newsletter.model.edition_content import LocalText as LocalText
from newsletter.model.edition_content import archive_url as archive_url
from newsletter.model.languages import best_match, chain_of, is_same, printable
from newsletter.model.message import without_markers

#: From so many items up a section tells only the titles after its first three.
TITLES_ONLY_FROM = 20
TOLD_PER_SECTION = 3
#: What phones show of a preheader, in characters: at least, at most.
PREHEADER_AT_LEAST, PREHEADER_AT_MOST = 90, 130


class Missing(StrEnum):
    """What happens to an item that is not translated into an edition's language."""

    #: It is taken from the next language of the chain, marked as such.
    FALLBACK = "fallback"
    #: It is left out of that edition.
    LEAVE_OUT = "leave-out"


def resolve(
    issue: Issue, edition: Edition, fallback: Sequence[str] = (), *, missing: str = Missing.FALLBACK
) -> EditionContent:
    """Return what an edition of the issue says, each text in the best language there is.

    Raises EmptyEditionError where nothing remains: nobody is sent an empty mail.
    """
    speaker = _Speaker(issue, chain_of(edition.language, *fallback, issue.language), missing)
    told = [one for one in map(speaker.item, issue.items) if one is not None]
    if edition.form is not EditionForm.FULL:
        told = [replace(one, picture=None) for one in told]
    current = [one for one in told if not _is_past(one, issue.date)]
    intro = speaker.text(lambda texts: texts.intro, issue.intro)
    if not current and (issue.items or not intro):
        raise EmptyEditionError(issue.slug, edition.key)
    subject = speaker.text(lambda texts: texts.subject, issue.subject)
    lead, rest, events = _arrange(current, {one.key for one in issue.items if one.lead})
    return EditionContent(
        edition=edition,
        slug=issue.slug,
        subject=subject,
        preheader=_preheader(speaker, subject, lead, rest),
        number=issue.number,
        date=issue.date,
        intro=intro,
        signed_by=_clean(issue.signed_by),
        lead=lead,
        sections=_sections(speaker, rest, len(current)),
        events=tuple(events),
        quick_links=tuple(_quick_link(speaker, one) for one in issue.quick_links),
        other_languages=tuple(
            name
            for name in chain_of(issue.language, *sorted(issue.translations))
            if not is_same(name, edition.language)
        ),
    )


def texts_shown(
    issue: Issue, language: str, fallback: Sequence[str] = (), *, missing: str = Missing.FALLBACK
) -> dict[str, tuple[LocalText, ...]]:
    """Return the texts that an edition shows of each item, by its key; none: it is left out.

    The key "" holds the issue's own texts. It is the same choice that `resolve` makes, so
    that what staff see of the translations is what readers get.
    """
    speaker = _Speaker(issue, chain_of(language, *fallback, issue.language), missing)
    included = [one for one in issue.items if one.included and one.title.strip()]
    own = [
        speaker.text(lambda texts: texts.subject, issue.subject),
        speaker.text(lambda texts: texts.preheader, issue.preheader),
        speaker.text(lambda texts: texts.intro, issue.intro),
        *(_quick_link(speaker, one).title for one in issue.quick_links),
    ]
    if len(included) > PLAIN_LIST_UP_TO:
        wanted = {one.section for one in included}
        titles = {one.key: one.title for one in issue.sections if {one.key, one.title} & wanted}
        own += [_section_title(speaker, key, titles) for key in titles]
    shown = {"": tuple(filter(None, own))}
    for item in included:
        told = speaker.item(item)
        texts = (told.title, told.summary, told.place, told.alt) if told else ()
        shown[item.key] = tuple(filter(None, texts))
    return shown


@dataclass(frozen=True)
class _Speaker:
    """The issue, asked for its texts along a chain of languages."""

    issue: Issue
    chain: tuple[str, ...]
    missing: str

    @property
    def language(self) -> str:
        return self.chain[0]

    def text(self, part: Callable[[IssueTexts], str], original: str) -> LocalText:
        """Return a text of the issue in the first language of the chain that has it."""
        for language in self.chain:
            if is_same(language, self.issue.language) and original:
                return _text(original, self.issue.language)
            translated = part(self._translations(language))
            if translated:
                return _text(translated, language)
        return _text(original, self.issue.language)

    def item(self, item: IssueItem) -> EditionItem | None:
        """Return the item in the best language there is; None: not part of this edition."""
        if not item.included or not item.title.strip():
            return None
        chain = self.chain if self._may_fall_back else self.chain[:1]
        title = self._item_text(item, chain, item.title, "title")
        if title is None:
            return None
        alt = item.picture.alt if item.picture else ""
        link = self._item_text(item, (title.language,), item.link, "link")
        return EditionItem(
            key=item.key,
            title=title,
            summary=self._item_text(item, chain, item.summary, "summary") or LocalText(),
            content=self._item_text(item, (title.language,), item.content, "content")
            or LocalText(),
            link=str(link or item.link),
            date=item.date,
            place=self._item_text(item, self.chain, item.place, "place") or LocalText(),
            ends=item.ends,
            source=_clean(item.source),
            picture=_picture(item.picture),
            alt=self._item_text(item, self.chain, alt, "alt") or LocalText(),
        )

    @property
    def _may_fall_back(self) -> bool:
        """Say whether another language may stand in.

        What an editor put into the newsletter's own edition stays there, whatever
        language it is written in.
        """
        return self.missing != Missing.LEAVE_OUT or is_same(self.language, self.issue.language)

    def _item_text(
        self, item: IssueItem, chain: tuple[str, ...], original: str, part: str
    ) -> LocalText | None:
        own = item.language or self.issue.language
        for language in chain:
            if is_same(language, own) and original:
                return _text(original, own)
            texts = self._translations(language).items.get(item.key, ItemTexts())
            translated: str = getattr(texts, part)
            if translated:
                return _text(translated, language)
        last_resort = chain == self.chain and self._may_fall_back
        return _text(original, own) if last_resort and original else None

    def _translations(self, language: str) -> IssueTexts:
        found = best_match(language, self.issue.translations)
        return self.issue.translations[found] if found else IssueTexts()


def _picture(picture: Picture | None) -> Picture | None:
    return replace(picture, url=_clean(picture.url)) if picture else None


def _text(text: str, language: str) -> LocalText:
    return LocalText(_clean(text), language)


def _clean(text: str) -> str:
    return without_markers(printable(text))


def _is_past(item: EditionItem, day: date | None) -> bool:
    """Say whether an event was over before the issue's day; unknown days are not."""
    last = item.ends or item.date
    if not item.is_event or day is None or last is None:
        return False
    over = last.as_date()
    return over is not None and over < day


def _arrange(
    items: Sequence[EditionItem], leads: set[str]
) -> tuple[EditionItem | None, list[EditionItem], list[EditionItem]]:
    """Return the one lead, the other news in order, the events soonest first."""
    news = [one for one in items if not one.is_event]
    events = sorted((one for one in items if one.is_event), key=_when)
    lead = next((one for one in items if one.key in leads), None)
    lead = lead or next(iter(news or events), None)
    return (
        lead,
        [one for one in news if one is not lead],
        [one for one in events if one is not lead],
    )


def _when(item: EditionItem) -> tuple[int, int, int]:
    """Return a sorting key; what has no year or no day comes after what has."""
    day = item.date or item.ends
    if day is None:
        return (9999, 12, 31)
    return (day.year or 9999, day.month or 12, day.day or 31)


def _sections(
    speaker: _Speaker, items: Sequence[EditionItem], total: int
) -> tuple[EditionSection, ...]:
    """Return the items in their sections, in the issue's order of sections."""
    placed: dict[str, list[EditionItem]] = {one.key: [] for one in speaker.issue.sections}
    by_title = {one.title: one.key for one in speaker.issue.sections}
    named = {one.key: one.section for one in speaker.issue.items}
    for item in items:
        wanted = named[item.key]
        placed.setdefault(wanted if wanted in placed else by_title.get(wanted, wanted), []).append(
            item
        )
    if total <= PLAIN_LIST_UP_TO:
        in_order = tuple(item for own in placed.values() for item in own)
        return (EditionSection("", LocalText(), in_order),) if in_order else ()
    told = TOLD_PER_SECTION if total >= TITLES_ONLY_FROM else len(items)
    titles = {one.key: one.title for one in speaker.issue.sections}
    return tuple(
        EditionSection(
            key, _section_title(speaker, key, titles), tuple(own[:told]), tuple(own[told:])
        )
        for key, own in placed.items()
        if own
    )


def _section_title(speaker: _Speaker, key: str, titles: Mapping[str, str]) -> LocalText:
    return speaker.text(lambda texts: texts.sections.get(key, ""), titles.get(key, key))


def _quick_link(speaker: _Speaker, link: QuickLink) -> EditionLink:
    title = speaker.text(lambda texts: texts.quick_links.get(link.link, ""), link.title)
    return EditionLink(title, link.link)


def _preheader(
    speaker: _Speaker, subject: LocalText, lead: EditionItem | None, rest: Sequence[EditionItem]
) -> LocalText:
    """Return the issue's own preheader, else the titles that the subject does not say already.

    Titles of other languages are left out, except where nothing is told in the edition's
    own: those of the lead's language are better than the first words of the page.
    """
    own = speaker.text(lambda texts: texts.preheader, speaker.issue.preheader)
    if own:
        return own
    told = [*([lead] if lead else []), *rest]
    has_own = any(is_same(one.language, speaker.language) for one in told)
    language = speaker.language if has_own or not told else told[0].language
    titles = [
        str(one.title)
        for one in told
        if is_same(one.language, language) and str(one.title) != str(subject)
    ]
    line = ""
    for title in titles:
        if len(line) >= PREHEADER_AT_LEAST:
            break
        line = f"{line} · {title}" if line else title
    return LocalText(_cut(line, PREHEADER_AT_MOST), language)


def _cut(text: str, at_most: int) -> str:
    if len(text) <= at_most:
        return text
    whole_words, _, _ = text[:at_most].rpartition(" ")
    return f"{whole_words or text[: at_most - 1]}…".replace(" ·…", "…")
