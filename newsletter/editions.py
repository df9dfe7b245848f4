"""An issue's editions as the workspace's settings ask for them: chosen, rendered, judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from newsletter import shipped
from newsletter.errors import EditionNotFoundError, EmptyEditionError, SettingsError
from newsletter.model.content import Edition, EditionForm, Issue, PictureUse, RenderedEdition
from newsletter.model.editions import EditionContent, resolve
from newsletter.model.identity import Identity
from newsletter.model.languages import best_match, chain_of
from newsletter.model.pictures import told_with_pictures, with_pictures
from newsletter.pictures.of_issue import IssuePictures, PictureState, Shown, Watch

if TYPE_CHECKING:
    from newsletter.editing.translations import Row
    from newsletter.preflight import Candidate, Pictured, Untranslated
    from newsletter.rendering.message import Attachment
    from newsletter.workspace import Workspace


class Editions:
    """The editions of one issue; each is rendered once."""

    def __init__(
        self, workspace: Workspace, issue: Issue, *, identity: Identity | None = None
    ) -> None:
        self._workspace = workspace
        self._settings = workspace.settings
        self.issue = issue
        self.identity = identity or workspace.settings.identity
        #: With what stands for each picture until its place is known.
        self._rendered: dict[str, RenderedEdition] = {}
        self._pictures = IssuePictures(workspace, issue.slug)

    @classmethod
    def of(cls, workspace: Workspace, slug: str, *, identity: Identity | None = None) -> Editions:
        """Return the editions of the issue with this name.

        Raises IssueNotFoundError and IssueFileError.
        """
        return cls(workspace, read(workspace, slug), identity=identity)

    @property
    def languages(self) -> tuple[str, ...]:
        """Return the languages it is sent in: the newsletter's, else those it has texts in."""
        written = self._settings.languages or sorted(self.issue.translations)
        return chain_of(self.issue.language, *written)

    def language_for(self, *wishes: str) -> str:
        """Return the first wish that the issue is sent in, else the newsletter's language."""
        for wish in filter(None, wishes):
            if found := best_match(wish, self.languages):
                return found
        return self._settings.language

    def named(self, key: str) -> Edition:
        """Return the edition with this key, however it is written; EditionNotFoundError."""
        wanted = key.strip().replace("_", "-").casefold()
        known = [Edition(language, form) for language in self.languages for form in EditionForm]
        for one in known:
            if one.key.casefold() == wanted:
                return one
        raise EditionNotFoundError(self.issue.slug, key, [one.key for one in known])

    @property
    def complete_languages(self) -> frozenset[str]:
        """Return the languages that have to be complete before a send.

        Raises SettingsError for one that the issue is not sent in.
        """
        required = self.issue.required_languages
        codes = self._settings.translations.required if required is None else required
        for code in codes:
            if best_match(code, self.languages) is None:
                raise SettingsError(
                    f"{code!r} has to be complete before a send, but {self.issue.slug!r} is not "
                    "sent in it",
                    hint=f"Its languages are {', '.join(self.languages)}; mend "
                    "`required_languages` in issue.toml or `required` in newsletter.toml.",
                )
        return frozenset(codes)

    def content(self, edition: Edition) -> EditionContent:
        """Return what an edition says; EmptyEditionError where it would say nothing.

        A picture that cannot be had is not in it.
        """
        content = self._resolved(edition)
        if edition.form is not EditionForm.FULL:
            return content
        return with_pictures(content, self._had_pictures.shown)

    def _resolved(self, edition: Edition) -> EditionContent:
        return resolve(self.issue, edition, self._fallback, missing=self._missing)

    def grid(self, languages: Sequence[str]) -> tuple[Row, ...]:
        """Return where each text of the issue stands in these languages."""
        from newsletter.editing.translations import FallbackRule, grid

        return grid(self.issue, languages, FallbackRule(self._fallback, self._missing))

    @property
    def _fallback(self) -> tuple[str, ...]:
        return (*self._settings.fallback, self._settings.language)

    @property
    def _missing(self) -> str:
        return self.issue.missing_translations or self._settings.translations.missing

    def render(self, edition: Edition) -> RenderedEdition:
        """Return an edition as HTML and text; EmptyEditionError like `content`."""
        rendered = self._render(edition)
        return replace(rendered, html=self._pictures.placed(rendered.html))

    def _render(self, edition: Edition) -> RenderedEdition:
        from newsletter.rendering.editions import render_edition

        if edition.key not in self._rendered:
            self._rendered[edition.key] = render_edition(
                self.content(edition),
                self.identity,
                theme=self._settings.theme,
                theme_folders=(self._workspace.templates_folder, shipped.templates()),
                cache=self._workspace.cache_folder / "rendered",
            )
        return self._rendered[edition.key]

    def public_page(self, edition: Edition, pictures: str) -> str:
        """Return an edition as a web page: nobody's, its pictures in the folder `pictures`."""
        from newsletter.rendering.editions import render_edition

        page = render_edition(
            self.content(edition),
            self.identity,
            theme=self._settings.theme,
            theme_folders=(self._workspace.templates_folder, shipped.templates()),
            markers={},
        )
        return self._pictures.placed_locally(page.html, pictures)

    # --- pictures -----------------------------------------------------------------

    @property
    def wanted_pictures(self) -> dict[str, set[PictureUse]]:
        """Return the pictures that the editions show, with the ways they show them."""
        wanted: dict[str, set[PictureUse]] = {}
        for language in self.languages:
            try:
                content = self._resolved(Edition(language))
            except EmptyEditionError:
                continue
            for picture, use in told_with_pictures(content):
                wanted.setdefault(picture.url, set()).add(use)
        return wanted

    def get_pictures(
        self, *, again: bool = False, retry: bool = False, watch: Watch | None = None
    ) -> tuple[PictureState, ...]:
        """Fetch the pictures that are not there yet; return what is known of each.

        Raises FileWriteError where they cannot be kept beside the issue.
        """
        wanted = self.wanted_pictures
        self._pictures.get(wanted, again=again, retry=retry, watch=watch)
        return self._pictures.states(wanted)

    @cached_property
    def _had_pictures(self) -> IssuePictures:
        self.get_pictures()
        return self._pictures

    @property
    def picture_states(self) -> tuple[PictureState, ...]:
        """Return what is known of each picture, those not there yet fetched."""
        return self._had_pictures.states(self.wanted_pictures)

    def html_with_local_pictures(self, edition: Edition, folder: str) -> str:
        """Return an edition's HTML as `render` does, showing pictures from a folder."""
        return self._pictures.placed_locally(self._render(edition).html, folder)

    def attachments(self, edition: Edition) -> tuple[Attachment, ...]:
        """Return the pictures that travel inside the edition's message."""
        return self._pictures.attachments(self.render(edition).html)

    def picture_bytes(self, edition: Edition) -> int:
        """Return how much the edition's pictures weigh, wherever they come from."""
        return self._pictures.weigh(self._render(edition).html)

    def fetched_bytes(self, edition: Edition) -> int:
        """Return how much of that a reader's program fetches beside the message."""
        inside = self._pictures.weigh(self.render(edition).html)
        return self.picture_bytes(edition) - inside

    @property
    def picture_notes(self) -> tuple[str, ...]:
        """Return a sentence for each picture that is not shown, and on where the others are."""
        notes = [
            f"the picture {one.url!r} of {self.title_of(one.url)!r} is not shown: {one.failure}"
            for one in self.picture_states
            if one.failure
        ]
        hosted = [one for one in self.picture_states if one.shown is Shown.HOSTED and one.files]
        if hosted:
            notes.append(
                f"pictures are shown from {self._pictures.hosted_at}: copy "
                f"issues/{self.issue.slug}/pictures/ there before you send"
            )
        return tuple(notes)

    def title_of(self, url: str) -> str:
        """Return the title of the item that has the picture."""
        return next(
            (one.title for one in self.issue.items if one.picture and one.picture.url == url), ""
        )

    def candidate(self, rendered: Iterable[RenderedEdition]) -> Candidate:
        """Return what the preflight judges: these editions, and what their languages lack."""
        from newsletter import preflight

        editions = tuple(rendered)
        sent = {one.edition.language for one in editions}
        # A language that has to be complete has to be so even before its first reader joins.
        languages = sorted(sent | self.complete_languages)
        return preflight.Candidate(
            self.issue,
            self.identity,
            editions,
            untranslated=tuple(self._untranslated(languages)),
            complete_languages=self.complete_languages,
            budgets=self._budgets(),
            pictures=tuple(self._pictured()) if editions else (),
            picture_bytes={
                one.edition.key: self.picture_bytes(one.edition)
                for one in editions
                if one.edition.form is EditionForm.FULL
            },
            picture_budget=self._settings.budgets.pictures_kb * 1000,
        )

    def _pictured(self) -> Iterable[Pictured]:
        """Return what the preflight judges of each picture."""
        from newsletter import preflight

        for one in self.picture_states:
            title = self.title_of(one.url)
            stays = one.shown is Shown.REMOTE
            yield preflight.Pictured(
                one.url, title, one.failure, one.media_type if stays else "", one.size_bytes
            )

    def _budgets(self) -> dict[EditionForm, int]:
        """Return how many bytes an edition of each form may weigh."""
        written = self._settings.budgets
        return {
            EditionForm.FULL: written.full_kb * 1000,
            EditionForm.LIGHT: written.light_kb * 1000,
            EditionForm.TEXT: written.text_kb * 1000,
        }

    def _untranslated(self, languages: Sequence[str]) -> Iterable[Untranslated]:
        from newsletter import preflight
        from newsletter.editing.translations import TranslationState, incomplete

        rows = self.grid(languages)
        for language in languages:
            for row in incomplete(rows, language):
                title = row.title if row.key else "the subject and the issue's own texts"
                state = row.cells[language].state
                is_missing = state is TranslationState.FALLBACK
                yield preflight.Untranslated(language, title, "missing" if is_missing else state)


def read(workspace: Workspace, slug: str) -> Issue:
    """Return an issue, with the originals that its translations were made from.

    Raises IssueNotFoundError and IssueFileError.
    """
    from newsletter.editing.first_seen import with_originals
    from newsletter.editing.issue_files import read_issue

    language = workspace.settings.language
    issue = read_issue(workspace.issues_folder, slug, language=language)
    return with_originals(issue, workspace.cache_folder / "translations" / f"{slug}.json")
