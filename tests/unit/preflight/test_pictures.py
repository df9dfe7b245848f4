from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.model.content import Picture
from newsletter.preflight import Pictured, Severity
from newsletter.preflight.pictures import CHECKS
from tests.unit.preflight.candidates import ISSUE, ITEM, candidate

GOOD = Pictured("https://x.example/p.jpg", "Workshop in Harare", "", "image/jpeg", 50_000)


def found(*pictures: Pictured, **values: object) -> list[tuple[str, Severity]]:
    judged = replace(candidate(), pictures=pictures, **values)  # type: ignore[arg-type]
    return [(one.check, one.severity) for check in CHECKS for one in check(judged)]


def test_a_picture_in_order_is_not_mentioned() -> None:
    assert found(GOOD) == []


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"failure": "the server answered 404"}, "picture-missing"),
        ({"media_type": "image/webp"}, "picture-kind"),
        ({"size_bytes": 3_000_000}, "picture-heavy"),
    ],
)
def test_a_picture_that_readers_suffer_from_informs(change: dict[str, object], check: str) -> None:
    assert found(replace(GOOD, **change)) == [(check, Severity.WARNING)]  # type: ignore[arg-type]


def test_items_whose_pictures_say_nothing_are_told_together() -> None:
    items = tuple(
        replace(ITEM, key=key, title=key, picture=Picture(f"https://x.example/{key}.jpg", alt))
        for key, alt in [("roof", ""), ("shelf", "A shelf of books"), ("lamp", " "), ("gone", "")]
    )
    shown = [Pictured(f"https://x.example/{key}.jpg", key) for key in ("roof", "shelf", "lamp")]
    judged = replace(
        candidate(replace(ISSUE, items=items)),
        pictures=(*shown, Pictured("https://x.example/gone.jpg", "gone", "not found")),
    )

    (one,) = [one for check in CHECKS for one in check(judged) if one.check == "alt-empty"]

    assert one.message.startswith("2 pictures have no alternative text")
    assert one.where == "item 'roof', 'lamp'"


def test_pictures_that_we_scale_may_be_found_in_any_kind_and_weight() -> None:
    assert found(replace(GOOD, media_type="", size_bytes=3_000_000)) == []


def test_a_budget_is_for_all_pictures_of_an_edition() -> None:
    weights = {"en": 150_000, "fr": 90_000}

    assert found(picture_bytes=weights, picture_budget=100_000) == [
        ("picture-budget", Severity.WARNING)
    ]
    assert found(picture_bytes=weights) == []
