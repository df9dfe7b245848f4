from __future__ import annotations

from newsletter.model.editions import EditionItem, LocalText
from newsletter.rendering.wholetexts import whole_texts


def item(key: str, content: str) -> EditionItem:
    return EditionItem(key, LocalText(key, "en"), content=LocalText(content, "en"))


def whole(content: str, budget_bytes: int = 10_000) -> str:
    return str(whole_texts([item("a", content)], budget_bytes)["a"])


def test_paragraphs_lists_and_links_stay_and_everything_else_goes() -> None:
    content = (
        '<div onclick="x()"><h2 id="t">Why</h2><p style="color:red">One <a href="https://x.org" '
        'class="b">link</a>.</p><ul><li>two</li></ul><img src="https://t.example/p.gif"></div>'
    )

    assert whole(content) == (
        '<p><b>Why</b></p><p>One <a href="https://x.org">link</a>.</p><ul><li>two</li></ul>'
    )


def test_loose_text_becomes_paragraphs() -> None:
    assert whole("One <b>two</b> &amp; three<p>four</p> five<br>six") == (
        "<p>One <b>two</b> &amp; three</p><p>four</p><p>five<br>six</p>"
    )


def test_what_harms_is_removed_even_if_a_hand_put_it_there() -> None:
    html = whole(
        '<p><a href="javascript:x()">a</a><script>alert(1)</script><style>p{}</style>b</p>'
    )

    assert html == "<p><a>a</a>b</p>"


def test_a_long_text_ends_after_a_paragraph_that_fits_and_says_so() -> None:
    text = whole("<p>12345</p><p>12345</p><p>12345</p>", 35)

    assert text == "<p>12345</p><p>12345</p><p>…</p>"


def test_a_text_whose_first_paragraph_is_too_long_is_left_to_its_summary() -> None:
    assert whole("<p>" + "long " * 100 + "</p>", 100) == ""


def test_what_short_texts_leave_over_goes_to_long_ones() -> None:
    items = [item("long", "<p>1234</p>" * 10), item("short", "<p>1</p>")]

    texts = whole_texts(items, 70)

    assert texts["short"] == "<p>1</p>"
    assert texts["long"].count("<p>") == 5


def test_items_without_text_have_none() -> None:
    assert whole("") == whole(" <div> </div> ") == ""
