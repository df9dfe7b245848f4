"""The page that readers leave by, in their language, whatever state a theme is in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lxml import html as lxml_html

from newsletter import shipped
from newsletter.errors import TemplateError
from newsletter.model.public import Situation
from newsletter.rendering.service_pages import Saying, ServicePage, proof, render_page
from tests.factories import make_identity

LANGUAGES = ["en", "fr", "es", "ar", "ru", "zh", "de"]
HOSTILE = "</style><script>alert(1)</script>“&amp;"


def read(html: str) -> Any:
    return lxml_html.document_fromstring(html)


def page(
    situation: Situation = Situation.LEAVE,
    *languages: str,
    own: Path | None = None,
    theme: str = "default",
    title: str = "Members",
    **identity: str,
) -> ServicePage:
    folders = [*([own] if own else []), shipped.templates()]
    return render_page(
        Saying(situation, "a•••@example.org", title),
        make_identity(**identity),
        theme=theme,
        theme_folders=folders,
        languages=languages or ("en",),
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("situation", Situation)
def test_every_page_is_small_complete_and_without_scripts(
    language: str, situation: Situation
) -> None:
    made = page(situation, language)
    tree = read(made.html)

    assert len(made.html.encode()) < 10_000
    assert (tree.get("lang"), tree.get("dir")) == (language, "rtl" if language == "ar" else "ltr")
    assert len(tree.findall(".//h1")) == 1
    assert tree.findall(".//script") == []
    assert "{" not in tree.text_content().replace(tree.find(".//style").text, "")
    assert made.html.rstrip().endswith(proof(situation))


@pytest.mark.parametrize("situation", Situation)
def test_a_page_has_one_button_where_there_is_something_to_do(situation: Situation) -> None:
    tree = read(page(situation).html)
    forms = [(form.method, form.action, dict(form.fields)) for form in tree.forms]

    wishes = {Situation.LEAVE: "leave", Situation.BACK: "leave", Situation.LEFT: "back"}
    assert forms == ([("POST", None, {"wish": wishes[situation]})] if situation in wishes else [])


def test_the_page_names_the_list_and_the_masked_address_and_whoever_sends() -> None:
    text = read(page().html).text_content()

    for words in ("Members", "a•••@example.org", "The Reading Lamp", "12 Quay Street"):
        assert words in text


def test_whoever_cannot_be_served_is_told_whom_to_write_to() -> None:
    for situation in (Situation.BROKEN, Situation.BUSY, Situation.AWAY):
        assert 'href="mailto:news@library.example"' in page(situation).html

    by_page = page(Situation.BROKEN, contact="https://library.example/contact")
    assert 'href="https://library.example/contact"' in by_page.html
    by_answer = page(Situation.BROKEN, contact="", reply_to="Anna <anna@library.example>")
    assert 'href="mailto:anna@library.example"' in by_answer.html
    assert "mailto:" not in page(Situation.BROKEN, contact="", mail_from="").html


def test_the_names_of_others_are_text_only() -> None:
    made = page(title=HOSTILE, name=HOSTILE, organisation=HOSTILE, postal_address=HOSTILE)

    assert "<script" not in made.html
    assert HOSTILE in read(made.html).find(".//h1/../p").text_content()


def test_a_language_is_served_by_the_nearest_that_has_words() -> None:
    assert page(Situation.LEAVE, "fr-CH").language == "fr-CH"
    assert "Se désinscrire" in page(Situation.LEAVE, "fr-CH").html
    assert page(Situation.LEAVE, "", "sw", "es").language == "es"
    assert page(Situation.LEAVE, "sw").language == "en"


def test_a_team_adds_a_language_and_changes_a_word_with_one_file(tmp_path: Path) -> None:
    folder = tmp_path / "default" / "languages"
    folder.mkdir(parents=True)
    english = (shipped.templates() / "default/languages/en.toml").read_text(encoding="utf-8")
    added = english.replace('leave = "Unsubscribe"', 'leave = "Cancelar inscrição"')
    (folder / "pt.toml").write_text(added, encoding="utf-8")
    (folder / "en.toml").write_text('[pages]\nleave = "Leave us"\n', encoding="utf-8")

    assert "Cancelar inscrição" in page(Situation.LEAVE, "pt", own=tmp_path).html
    assert "<h1>Leave us</h1>" in page(Situation.LEAVE, "en", own=tmp_path).html


def test_a_language_without_words_for_the_page_is_not_mixed_with_another(tmp_path: Path) -> None:
    folder = tmp_path / "default" / "languages"
    folder.mkdir(parents=True)
    (folder / "pt.toml").write_text('[pages]\nleave = "Cancelar"\n', encoding="utf-8")

    made = page(Situation.LEAVE, "pt", "fr", own=tmp_path)

    assert made.language == "fr"
    assert "Cancelar" not in made.html


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pages/unsubscribe.html.j2", "{{ nothing }}"),
        ("pages/unsubscribe.html.j2", "{% if %}"),
        ("pages/page.css", "p { color: var(--nothing) }"),
        ("theme.toml", "css = 3"),
        ("theme.toml", "not toml"),
        ("languages/en.toml", "[pages]\nleave = 3\n"),
        ("languages/en.toml", "not toml"),
    ],
)
def test_a_mistake_in_a_theme_costs_readers_nothing(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / "default" / name
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")

    assert "<h1>Unsubscribe</h1>" in page(own=tmp_path).html


def test_a_theme_that_is_not_there_is_replaced_by_the_shipped_one() -> None:
    assert "<h1>Unsubscribe</h1>" in page(theme="nowhere").html


def test_a_theme_may_have_a_page_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "default" / "pages" / "unsubscribe.html.j2"
    path.parent.mkdir(parents=True)
    path.write_text("<h1>{{ title }}, {{ text }}</h1>", encoding="utf-8")

    made = page(own=tmp_path).html

    assert made.startswith("<h1>Unsubscribe, Do you want")
    assert proof(Situation.LEAVE) in made


def test_without_any_theme_at_all_it_is_a_mistake_of_the_installation(tmp_path: Path) -> None:
    with pytest.raises(TemplateError):
        render_page(
            Saying(Situation.SAMPLE),
            make_identity(),
            theme="default",
            theme_folders=[tmp_path],
            languages=["en"],
        )
