from __future__ import annotations

from pathlib import Path

import pytest

from newsletter import shipped
from newsletter.errors import TemplateError
from newsletter.model.content import RenderedEdition
from newsletter.rendering.editions import render_edition
from newsletter.rendering.templates import templates_of
from newsletter.rendering.themes import open_theme
from tests.factories import make_content, make_identity, make_issue, make_issue_item


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return the folder of a team's own themes."""
    folder = tmp_path / "templates"
    (folder / "default").mkdir(parents=True)
    return folder


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def render(own: Path, theme: str = "default", **changes: str) -> RenderedEdition:
    issue = make_issue(2, **changes)
    return render_edition(
        make_content(issue),
        make_identity(),
        theme=theme,
        theme_folders=[own, shipped.templates()],
    )


def test_a_team_overrides_one_part(own: Path) -> None:
    write(own, "default/parts/top.html.j2", "<tr><td>Our own top</td></tr>")

    assert "Our own top" in render(own).html
    assert "News of item 2" in render(own).html


def test_a_team_extends_the_shipped_original_under_its_own_name(own: Path) -> None:
    write(
        own,
        "default/issue.html.j2",
        '{% extends "shipped:default/issue.html.j2" %}'
        "{% block lead %}<tr><td>ours</td></tr>{{ super() }}{% endblock %}",
    )

    html = render(own).html

    assert "<td>ours</td>" in html
    assert "News of item 1" in html


def test_a_team_changes_one_colour_in_theme_toml(own: Path) -> None:
    write(own, "default/theme.toml", '[css]\naccent = "#7a1f3d"\n')

    html = render(own).html

    assert "#7a1f3d" in html
    assert "#0b5d6b" not in html
    assert "#1b2430" in html


def test_a_team_changes_one_word_of_a_language(own: Path) -> None:
    write(own, "default/languages/en.toml", '[labels]\nunsubscribe = "Leave"\n')

    assert "Leave:" in render(own).text


def test_a_theme_based_on_another_takes_from_it_what_it_lacks(own: Path) -> None:
    write(own, "ours/theme.toml", 'based_on = "default"\n')
    write(own, "ours/issue.txt.j2", "Only {{ content.lead.title }}\n")

    rendered = render(own, "ours")

    assert rendered.text == "Only News of item 1\n"
    assert "News of item 1" in rendered.html


@pytest.mark.parametrize("missing", ["issue.txt.j2", "issue.html.j2"])
def test_a_theme_without_a_template_is_a_clear_error(own: Path, missing: str) -> None:
    for name in {"issue.txt.j2", "issue.html.j2"} - {missing}:
        write(own, f"bare/{name}", "x")
    write(own, "bare/languages/en.toml", "[labels]\n")

    with pytest.raises(TemplateError, match=f"theme 'bare' has no {missing}") as caught:
        render(own, "bare")

    assert "based_on" in caught.value.hint


def test_an_unknown_theme_is_an_error_that_names_the_known(own: Path) -> None:
    with pytest.raises(TemplateError, match="no theme 'defualt'") as caught:
        render(own, "defualt")

    assert "default" in caught.value.hint


@pytest.mark.parametrize("name", ["../secrets", "/etc", "", ".", "a\\b"])
def test_a_theme_is_a_folder_of_the_templates_folders(own: Path, name: str) -> None:
    with pytest.raises(TemplateError, match="no theme"):
        render(own, name)


def test_themes_based_on_each_other_are_an_error(own: Path) -> None:
    write(own, "a/theme.toml", 'based_on = "b"\n')
    write(own, "b/theme.toml", 'based_on = "a"\n')

    with pytest.raises(TemplateError, match="based on itself"):
        render(own, "a")


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("line\n{{ contnt.lead }}", r"templates/default/issue.txt.j2, line 2: .*contnt"),
        ("{% if x %}\n\noops", r"templates/default/issue.txt.j2, line 2: .*endif"),
        ("a\n\n{{ 1 / 0 }}", r"templates/default/issue.txt.j2, line 3: division by zero"),
        ("a\n{{ 'x' + 1 }}", r"templates/default/issue.txt.j2, line 2: "),
        ("\n{% include 'parts/no.j2' %}", r"line 2: there is no template 'parts/no.j2'"),
        ("{{ content.lead.title|shout }}", r"line 1: No filter named 'shout'"),
        ("{{ label('nonsense') }}", "lacks the label 'nonsense'"),
        ("{{ content.__class__.__mro__ }}", r"issue.txt.j2, line 1: .*__class__.* unsafe"),
        ("{% include '../../../etc/passwd' %}", "outside its theme"),
        ("{% include '/etc/passwd' %}", "outside its theme"),
        ("{% include 'shipped:../newsletter.toml' %}", "outside its theme"),
        ("{{ cycler.__init__.__globals__.os.popen('id') }}", "unsafe"),
        ("{{ 'a' * 10 ** 9 }}", "line 1: a text may not be repeated"),
        ("{{ [1] * 99999 }}", "line 1: a text may not be repeated"),
        ("{{ 9 ** 999 }}", "line 1: powers go up to 100"),
        ("{% include 'default/issue.txt.j2' %}", "line 1: "),
        ("{% for i in range(999999999) %}{% endfor %}", "line 1: Range too big"),
    ],
)
def test_a_mistake_in_a_template_names_file_and_line(
    own: Path, template: str, message: str
) -> None:
    write(own, "default/issue.txt.j2", template)

    with pytest.raises(TemplateError, match=message):
        render(own)


def test_a_mistake_in_a_part_names_the_part(own: Path) -> None:
    write(own, "default/parts/lead.html.j2", "<tr>\n{{ lead.titel }}</tr>")

    with pytest.raises(TemplateError, match=r"default/parts/lead.html.j2, line 2"):
        render(own)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("theme.toml", "[css\n", r"templates/default/theme.toml' is not valid TOML.*line 1"),
        ("theme.css", ".a{}\n.b{color:var(--nope)}", r"theme.css, line 2: the variable '--nope'"),
        ("languages/en.toml", "[labels]\nx = 'a", r"languages/en.toml' is not valid TOML"),
        ("languages/en.toml", "labels = 3", r"'labels' of languages/en.toml must be a table"),
        ("theme.toml", "css = 'red'", r"'css' of theme 'default' must be a table"),
        ("theme.toml", "based_on = 3", r"based_on of theme 'default' must be the name"),
        ("theme.toml", "based_on = 'defualt'", r"there is no theme 'defualt'"),
    ],
)
def test_a_mistake_in_a_theme_file_names_the_file(
    own: Path, name: str, text: str, message: str
) -> None:
    write(own, f"default/{name}", text)

    with pytest.raises(TemplateError, match=message):
        render(own)


def test_a_theme_file_that_is_not_text_is_an_error(own: Path) -> None:
    (own / "default" / "issue.txt.j2").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(TemplateError, match="not UTF-8"):
        render(own)


def test_item_texts_are_data_and_never_template_source(own: Path) -> None:
    nasty = "{{ 7*7 }} {% raw %} {# x #} <script>alert(1)</script> & \"'"
    item = make_issue_item(title=nasty, summary=nasty, source=nasty)

    rendered = render_edition(
        make_content(make_issue(items=(item,), subject=nasty, intro=nasty)),
        make_identity(name=nasty, organisation=nasty),
        theme_folders=[own, shipped.templates()],
    )

    assert "49" not in rendered.html
    assert "<script" not in rendered.html
    assert "&lt;script&gt;" in rendered.html
    assert nasty in " ".join(rendered.text.split())


def test_text_templates_are_not_escaped_and_html_ones_are(own: Path) -> None:
    write(own, "default/a.txt.j2", "{{ x }}")
    write(own, "default/a.html.j2", "{{ x }}")
    templates = templates_of(open_theme("default", [own, shipped.templates()]))

    assert templates.render("a.txt.j2", {"x": "<&>"}) == "<&>"
    assert templates.render("a.html.j2", {"x": "<&>"}) == "&lt;&amp;&gt;"


def test_a_team_sets_how_much_of_a_summary_is_told(own: Path) -> None:
    write(own, "default/theme.toml", "[lengths]\nlead = 30\n")

    assert "Three branches open their…" in render(own).text
