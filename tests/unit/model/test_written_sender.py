"""A sender is understood as people write it."""

from __future__ import annotations

import pytest

from newsletter.model.written_sender import name_and_address


@pytest.mark.parametrize(
    ("written", "name", "address"),
    [
        ("news@example.org", "", "news@example.org"),
        (" <news@example.org> ", "", "news@example.org"),
        ("Library News <news@example.org>", "Library News", "news@example.org"),
        ("Federation, The Hague <n@example.org>", "Federation, The Hague", "n@example.org"),
        ("Нов. «Книги» [IFLA] (5) <n@example.org>", "Нов. «Книги» [IFLA] (5)", "n@example.org"),
        ('"News, \\"Big\\" <x>" <n@example.org>', 'News, "Big" <x>', "n@example.org"),
        ('"Reading" Lamp <n@example.org>', '"Reading" Lamp', "n@example.org"),
        ("مكتبة <n@bücher.example>", "مكتبة", "n@bücher.example"),
        ("Evil <a@example.org>, <n@example.org>", "Evil <a@example.org>,", "n@example.org"),
        ("n@example.org (Library News)", "Library News", "n@example.org"),
        ("", "", ""),
        ("Library News", "", "Library News"),
    ],
)
def test_the_last_thing_in_angle_brackets_is_the_address(
    written: str, name: str, address: str
) -> None:
    assert name_and_address(written) == (name, address)
