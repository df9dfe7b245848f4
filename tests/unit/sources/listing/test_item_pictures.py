from __future__ import annotations

from tests.unit.sources.listing.listings import page, read
from tests.unit.sources.listing.test_detection import repeat

CARD = (
    "<div class=c>{picture}<h3><a href='{{link}}'>{{title}}</a></h3>"
    "<p class=date>{{date}}</p><p>{{text}}</p></div>"
)


def pictures(picture: str) -> list[bool]:
    found = read(page(f"<div class=list>{repeat(CARD.format(picture=picture))}</div>")).items
    assert len(found) >= 3
    return [item.picture is not None for item in found]


def test_a_picture_that_stands_at_every_item_is_an_ornament_of_the_template() -> None:
    assert not any(pictures("<img src='/template/phone.jpg'>"))


def test_a_picture_of_each_item_is_its_own() -> None:
    assert all(pictures("<img src='/p/{n}.jpg'>"))
