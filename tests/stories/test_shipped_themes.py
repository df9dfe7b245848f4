"""The themes that ship pass the gate that every issue must pass."""

from __future__ import annotations

import pytest

from newsletter import preflight, shipped
from newsletter.model.content import Edition
from newsletter.model.editions import resolve
from newsletter.rendering.editions import render_edition
from tests.examples import FEDERATION, LANGUAGES, federation_issue

THEMES = sorted(path.parent.name for path in shipped.templates().glob("*/theme.toml"))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_shipped_theme_passes_its_own_preflight_without_a_warning(
    theme: str, language: str
) -> None:
    issue = federation_issue()
    editions = tuple(
        render_edition(
            resolve(issue, Edition.from_key(f"{language}{form}")),
            FEDERATION,
            theme=theme,
            theme_folders=[shipped.templates()],
        )
        for form in ("", "-light", "-text")
    )

    found = preflight.run(preflight.Candidate(issue, FEDERATION, editions))

    assert [f"{one.check}: {one.message} ({one.where})" for one in found] == []
