from __future__ import annotations

import pytest

from newsletter.rendering.inlining import inline, lost_rules

KEPT = (
    "@media (max-width:480px){.a{color:red!important}}"
    "[data-ogsc] .a{color:#fff!important}u + .b .a{top:0}"
)


def document(css: str, body: str = '<p class="a">x</p>', kept: str = "") -> str:
    return (
        f"<!DOCTYPE html>\n<html><head><style>{css}</style>"
        f'<style data-premailer="ignore">{kept}</style></head><body>{body}</body></html>'
    )


def test_rules_move_to_the_elements_and_classes_stay() -> None:
    html = inline(document(".a{color:#123456;padding:0 4px}"))

    assert '<p class="a" style="color:#123456;padding:0 4px">' in html
    assert html.startswith("<!DOCTYPE html>")
    assert "<style></style>" not in html


def test_the_marked_style_element_is_kept_byte_for_byte() -> None:
    assert f"<style>{KEPT}</style>" in inline(document(".a{color:red}", kept=KEPT))


@pytest.mark.parametrize(
    "body",
    [
        "<!--[if mso]><table><tr><td><![endif]-->x<!--[if mso]></td></tr></table><![endif]-->",
        '<table><tr><td><img src="a.png" alt=""></td></tr></table>',
        '<a href="#top">up</a>',
        '<p lang="ar" dir="rtl">نص</p>',
    ],
)
def test_what_mail_clients_need_survives(body: str) -> None:
    assert body in inline(document("p{margin:0}", body).replace("p{margin:0}", ".z{margin:0}"))


def test_no_attribute_of_old_html_is_made_of_css() -> None:
    html = inline(document(".a{text-align:start;width:min(1px,2px);background-color:red}"))

    assert "align=" not in html.replace("text-align", "")
    assert "width=" not in html
    assert "bgcolor" not in html


def test_nothing_is_fetched_and_nothing_fails_for_what_content_links_to() -> None:
    body = '<link rel="stylesheet" href="http://127.0.0.1:9/x.css"><style>@import url(file:///etc/passwd);</style>'

    assert "root:" not in inline(document(".a{color:red}", body))


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("@font-face { src: url(x) }", "begin with @"),
        ("@media print { a { top: 0 } }", "begin with @"),
        ("[data-ogsc] .a { color: red }", "head.css"),
        ("u + .b { color: red }", "head.css"),
        ("a:hover { color: red }", "head.css"),
        (":root { color-scheme: light }", "head.css"),
        (":is(.a, .b) { color: red }", "write the selectors out"),
        (".a { color: rgb(0 0 0 / 50%) }", "value of color"),
        (".a { color: red !important }", "!important"),
    ],
)
def test_a_rule_that_inlining_would_lose_is_named(rule: str, reason: str) -> None:
    (lost,) = lost_rules(document(rule))

    assert rule.split(" {")[0] in lost
    assert reason in lost


def test_rules_for_outlook_alone_are_not_inlined_and_not_called_lost() -> None:
    comment = "<!--[if mso]><style>p{color:red!important}</style><![endif]-->"
    html = document(".a{color:#123456}").replace("<style>", f"{comment}<style>", 1)

    assert lost_rules(html) == []
    assert comment in inline(html)
    assert "red" not in inline(html).replace(comment, "")


def test_rules_that_survive_are_not_named() -> None:
    css = "a, td:first-child, .x > .y { color: rgb(0, 0, 0); background: url(a:hover) }"

    assert lost_rules(document(css, kept=KEPT)) == []
