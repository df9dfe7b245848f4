"""An issue's editions as the workspace's settings ask for them: chosen, rendered, judged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from newsletter import shipped
from newsletter.model.content import Edition, EditionForm, Identity, Issue, RenderedEdition
from newsletter.model.editions import EditionContent, resolve
from newsletter.model.languages import best_match, chain_of

if TYPE_CHECKING:
    from newsletter.preflight import Candidate, Untranslated
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
        self._rendered: dict[str, RenderedEdition] = {}

    @classmethod
    def of(cls, workspace: Workspace, slug: str, *, identity: Identity | None = None) -> Editions:
        """Return the editions of the issue with this name.

        Raises IssueNotFoundError and IssueFileError.
        """
        from newsletter.editing.issue_files import read_issue

        language = workspace.settings.language
        issue = read_issue(workspace.issues_folder, slug, language=language)
        return cls(workspace, issue, identity=identity)

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

    @property
    def complete_languages(self) -> frozenset[str]:
        """Return the languages that have to be complete before a send."""
        required = self.issue.required_languages
        return frozenset(self._settings.translations.required if required is None else required)

    def content(self, edition: Edition) -> EditionContent:
        """Return what an edition says; EmptyEditionError where it would say nothing."""
        settings = self._settings
        missing = self.issue.missing_translations or settings.translations.missing
        fallback = (*settings.fallback, settings.language)
        return resolve(self.issue, edition, fallback, missing=missing)

    def render(self, edition: Edition) -> RenderedEdition:
        """Return an edition as HTML and text; EmptyEditionError like `content`."""
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

    def candidate(self, rendered: Iterable[RenderedEdition]) -> Candidate:
        """Return what the preflight judges: these editions, and what their languages lack."""
        from newsletter import preflight

        editions = tuple(rendered)
        languages = [one for one in self.languages if one in {e.edition.language for e in editions}]
        return preflight.Candidate(
            self.issue,
            self.identity,
            editions,
            untranslated=tuple(self._untranslated(languages)),
            complete_languages=self.complete_languages,
            budgets=self._budgets(),
        )

    def _budgets(self) -> dict[EditionForm, int]:
        """Return how many bytes an edition of each form may weigh."""
        written = self._settings.budgets
        return {
            EditionForm.FULL: written.full_kb * 1000,
            EditionForm.LIGHT: written.light_kb * 1000,
            EditionForm.TEXT: written.text_kb * 1000,
        }

    def _untranslated(self, languages: list[str]) -> Iterable[Untranslated]:
        from newsletter import preflight
        from newsletter.editing.translations import TranslationState, grid, incomplete

        rows = grid(self.issue, languages, self._settings.fallback)
        for language in languages:
            for row in incomplete(rows, language):
                is_stale = row.cells[language].state is TranslationState.STALE
                title = row.title if row.key else "the subject and the issue's own texts"
                yield preflight.Untranslated(language, title, "stale" if is_stale else "missing")
