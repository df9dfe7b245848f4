from __future__ import annotations

import pytest

from newsletter.errors import TemplateError
from newsletter.rendering.stylesheets import compact, dark, filled, physical, rules


def test_rules_are_read_with_quotes_comments_and_nesting() -> None:
    css = '/* a { } */ a::after { content: "}{"; } @media print { b { top: 0 } } @import "x;y"; c{}'

    assert [(rule.head, rule.body) for rule in rules(css)] == [
        ("a::after", 'content: "}{";'),
        ("@media print", "b { top: 0 }"),
        ('@import "x;y"', ""),
        ("c", ""),
    ]


@pytest.mark.parametrize("css", ["a { b", "a {", "}", "a { b: 'c }", "@media {"])
def test_broken_css_ends_without_harm(css: str) -> None:
    assert isinstance(rules(css), list)


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("ltr", "padding-left:1px;margin-right:2px;border-left:3px;text-align:right;float:left"),
        ("rtl", "padding-right:1px;margin-left:2px;border-right:3px;text-align:left;float:right"),
    ],
)
def test_start_and_end_become_the_sides_of_the_direction(direction: str, expected: str) -> None:
    css = (
        "padding-inline-start:1px;margin-inline-end:2px;border-inline-start:3px;"
        "text-align:end;float:inline-start"
    )

    assert physical(css, direction) == expected


def test_variables_are_filled_in_also_inside_values() -> None:
    values = {"accent": "var(--teal)", "teal": "#0b5d6b"}

    assert filled("a{color:var( --accent )}", values, file="theme.css") == "a{color:#0b5d6b}"


def test_a_variable_without_value_names_file_and_line() -> None:
    with pytest.raises(TemplateError, match=r"theme.css, line 2: the variable '--acent'"):
        filled("a{}\nb{color:var(--acent)}", {}, file="theme.css")


def test_compact_css_says_the_same() -> None:
    assert compact("a , b {\n  color: red ;\n}\n/* why */ u + .c { top: 0 }") == (
        "a,b{color:red}u + .c{top:0}"
    )


def test_dark_rules_reach_every_client_in_its_own_form() -> None:
    css = dark(".a, .b { color: #fff; background-color: #000 } .c { border-color: red }")

    assert "@media (prefers-color-scheme:dark){.a, .b{color:#fff !important;" in css
    assert "[data-ogsc] .a,[data-ogsc] .b{color:#fff !important}" in css
    assert "[data-ogsb] .a,[data-ogsb] .b{background-color:#000 !important}" in css
    assert "[data-ogsc] .c{border-color:red !important}" in css
    assert "[data-ogsb] .c" not in css


def test_no_dark_rules_give_no_css() -> None:
    assert dark("/* nothing */") == ""
