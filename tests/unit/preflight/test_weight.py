"""What is too heavy, and what makes it so."""

from __future__ import annotations

from dataclasses import replace

from newsletter.model.content import Edition, EditionForm
from newsletter.preflight import run, weight
from tests.unit.preflight.candidates import BODY, candidate, document, with_body


def test_a_mail_that_gmail_cuts_stops_and_names_the_biggest_items() -> None:
    story = '<td><h2><a href="https://news.example.org/harare">Workshop in Harare</a></h2>'
    story += f"<p>{'word ' * 20_000}</p></td>"
    filler = f"<p>{'more ' * 1000}</p>"
    body = BODY.replace('<a href="https://news.example.org/harare">Read about Harare</a>', "")

    (finding,) = run(
        candidate(html=document(f"{filler}<table><tr>{story}</tr></table>{body}")), weight.CHECKS
    )

    assert (finding.severity.value, finding.check) == ("error", "size")
    assert "'Workshop in Harare' 1" in finding.mend


def test_a_mail_near_the_cut_is_a_warning() -> None:
    (finding,) = run(with_body("x" * 92_000), weight.CHECKS)

    assert (finding.severity.value, finding.check) == ("warning", "size")


def test_a_picture_inside_the_html_is_named_by_what_it_shows() -> None:
    picture = f'<img alt="A lake" src="data:image/png;base64,{"A" * 110_000}">'

    (finding,) = run(with_body(picture), [weight.size])

    assert "the picture 'A lake' 110 KB" in finding.mend


def test_more_style_than_gmail_reads_stops() -> None:
    styles = f"<style>{'.a{color:red}' * 1400}</style>"

    (finding,) = run(candidate(html=document(BODY, head=styles)), weight.CHECKS)

    assert finding.check == "style-size"


def test_a_light_edition_must_be_light() -> None:
    heavy = document(BODY + "x" * 21_000 + '<img src="https://example.org/a.png" alt="A lake">')

    found = run(candidate(edition=Edition("en", EditionForm.LIGHT), html=heavy), weight.CHECKS)

    assert [one.check for one in found] == ["light-size", "light-pictures"]


def test_an_edition_over_its_budget_is_found() -> None:
    tight = replace(with_body("x" * 2000), budgets={EditionForm.FULL: 1000, EditionForm.LIGHT: 10})
    wide = replace(candidate(), budgets={EditionForm.FULL: 100_000})

    (finding,) = run(tight, weight.CHECKS)

    assert finding.check == "budget"
    assert "the budget is 1 KB" in finding.message
    assert run(wide, weight.CHECKS) == ()
