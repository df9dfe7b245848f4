"""Text too pale for its ground is found, in the light and in the dark."""

from __future__ import annotations

import pytest

from newsletter.preflight import contrast, run
from tests.unit.preflight.candidates import BODY, candidate, document, with_body


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((0, 0, 0), (255, 255, 255), 21.0),
        ((255, 255, 255), (255, 255, 255), 1.0),
        ((0x76, 0x76, 0x76), (255, 255, 255), 4.54),
        ((0x0B, 0x5D, 0x6B), (255, 255, 255), 7.52),
    ],
)
def test_a_ratio_is_that_of_wcag(
    one: tuple[int, int, int], other: tuple[int, int, int], expected: float
) -> None:
    assert contrast.ratio(one, other) == pytest.approx(expected, abs=0.01)
    assert contrast.ratio(other, one) == contrast.ratio(one, other)


@pytest.mark.parametrize(
    "body",
    [
        '<p style="color:#aaaaaa">pale</p>',
        '<p style="color:#AAA">pale</p>',
        '<p style="color: rgb(170, 170, 170)">pale</p>',
        '<div style="background-color:#333333"><p>black on dark</p></div>',
        '<table bgcolor="#333"><tr><td>black on dark</td></tr></table>',
        '<div style="background:#0b5d6b"><a href="https://example.org/">default link</a></div>',
        '<p style="color:#8a8a8a;font-size:18px">not large enough</p>',
        '<p style="font:12px Arial;color:silver">pale</p>',
    ],
)
def test_a_faint_text_is_found(body: str) -> None:
    (finding,) = run(with_body(body), contrast.CHECKS)

    assert finding.check == "contrast"
    assert "needed" in finding.message


@pytest.mark.parametrize(
    "body",
    [
        '<p style="color:#8a8a8a;font-size:24px">large</p>',
        '<h3 style="color:#8a8a8a">bold and large</h3>',
        '<p style="color:#aaa"> \u200c&nbsp;</p>',
        '<p style="color:#aaa;display:none">hidden</p>',
        '<div style="background-image:url(x.png)"><p style="color:#fff">unknown ground</p></div>',
        '<div style="background:#222"><p style="color:white">x <b>y</b></p></div>',
        '<p style="color:#aaa"><span style="color:#222">inside</span></p>',
        '<p style="color:lch(50% 0 0)">cannot be told</p>',
    ],
)
def test_a_text_that_can_be_read_passes(body: str) -> None:
    assert run(with_body(body), contrast.CHECKS) == ()


def test_the_dark_is_judged_by_its_own_rules() -> None:
    css = (
        "@media (prefers-color-scheme: dark) { body { background-color: #14191f !important;"
        "color: #e8ebee !important } body a { color: #7fd0de !important } .faint, .x > b"
        " { color: #333333 !important } }"
    )
    head = f"<style>{css}</style>"
    good = candidate(html=document(BODY, head=head))
    bad = candidate(html=document(f'{BODY}<p class="faint">gone</p>', head=head))

    assert run(good, contrast.CHECKS) == ()
    (finding,) = run(bad, contrast.CHECKS)
    assert "#333333 on #14191f in the dark" in finding.message
    assert "'gone'" in finding.where


def test_a_pair_of_colours_is_told_once() -> None:
    assert len(run(with_body('<p style="color:#aaa">a</p>' * 5), contrast.CHECKS)) == 1
