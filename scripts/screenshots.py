"""Make the screenshots of docs/screenshots/: the example issue as readers see it.

    python scripts/screenshots.py [FOLDER] [--only NAME]

Needs chromium (CHROMIUM names it, default /usr/bin/chromium), playwright and Pillow.
Nothing is fetched: the pictures of the issue are drawn here.
"""

from __future__ import annotations

import argparse
import html
import io
import os
import sys
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, Playwright, Route, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from newsletter import shipped  # noqa: E402
from newsletter.model.content import Edition, RenderedEdition  # noqa: E402
from newsletter.model.editions import resolve  # noqa: E402
from newsletter.model.message import MARKERS  # noqa: E402
from newsletter.model.public import Situation  # noqa: E402
from newsletter.rendering.editions import render_edition  # noqa: E402
from newsletter.rendering.service_pages import Saying, render_page  # noqa: E402
from tests.examples import FEDERATION, federation_issue  # noqa: E402

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--hide-scrollbars",
]
SAMPLE = {
    "address": "amina.diallo@library.example",
    "name": "Amina Diallo",
    "list": "Members of the federation",
    "unsubscribe_url": "https://federation.example/u/x",
    "preferences_url": "https://federation.example/p/x",
    "view_url": "https://federation.example/v/x",
}


@dataclass(frozen=True)
class Shot:
    """One picture: which edition, in which theme, as wide and in which light."""

    name: str
    edition: str = "en"
    width: int = 640
    scheme: str = "light"
    theme: str = "default"
    pictures: bool = True
    forced: bool = False
    #: The public page that readers leave by, in place of a mail.
    situation: Situation | None = None


SHOTS = [
    Shot("640-light"),
    Shot("640-dark", scheme="dark"),
    Shot("375-light", width=375),
    Shot("375-dark", width=375, scheme="dark"),
    Shot("375-forced-dark", width=375, forced=True),
    Shot("320-light", width=320),
    Shot("375-pictures-blocked", width=375, pictures=False),
    Shot("640-pictures-blocked", pictures=False),
    Shot("ar-640", "ar"),
    Shot("ar-375", "ar", 375),
    Shot("ar-375-dark", "ar", 375, "dark"),
    *(Shot(f"{language}-375", language, 375) for language in ("zh", "ru", "fr", "es", "de")),
    Shot("light-edition-375", "en-light", 375),
    Shot("light-edition-ar-375", "ar-light", 375),
    Shot("text-edition", "en-text"),
    Shot("text-edition-ar", "ar-text"),
    Shot("text-edition-zh", "zh-text"),
    Shot("de-320", "de", 320),
    Shot("zh-640", "zh"),
    Shot("light-edition-dark-375", "en-light", 375, "dark"),
    Shot("bulletin-640", theme="bulletin"),
    Shot("bulletin-640-dark", theme="bulletin", scheme="dark"),
    Shot("bulletin-375", width=375, theme="bulletin"),
    Shot("bulletin-ar-375", "ar", 375, theme="bulletin"),
    Shot("bulletin-ar-640", "ar", theme="bulletin"),
    Shot("bulletin-zh-375", "zh", 375, theme="bulletin"),
    Shot("bulletin-ru-375", "ru", 375, theme="bulletin"),
    Shot("bulletin-320", width=320, theme="bulletin"),
    Shot("bulletin-375-forced-dark", width=375, theme="bulletin", forced=True),
    Shot("bulletin-375-pictures-blocked", width=375, theme="bulletin", pictures=False),
    Shot("leave-640", situation=Situation.LEAVE),
    Shot("leave-left-375-dark", width=375, scheme="dark", situation=Situation.LEFT),
    Shot("leave-ar-375", "ar", 375, situation=Situation.LEAVE),
    Shot("leave-zh-375", "zh", 375, situation=Situation.BROKEN),
    Shot("leave-bulletin-375", width=375, theme="bulletin", situation=Situation.LEAVE),
]


def rendered(shot: Shot) -> RenderedEdition:
    """Return the example issue as the shot asks for it, filled for a sample reader."""
    content = resolve(federation_issue(), Edition.from_key(shot.edition), ["en"])
    edition = render_edition(
        content, FEDERATION, theme=shot.theme, theme_folders=[shipped.templates()]
    )
    page, text = edition.html, edition.text
    for name, marker in MARKERS.items():
        page = page.replace(marker, html.escape(SAMPLE[name]))
        text = text.replace(marker, SAMPLE[name])
    return replace(edition, html=page, text=text)


def leaving(shot: Shot) -> RenderedEdition:
    """Return the page that readers leave by, as an edition without a text."""
    saying = Saying(shot.situation or Situation.LEAVE, "am…@library.example", SAMPLE["list"])
    page = render_page(
        saying,
        FEDERATION,
        theme=shot.theme,
        theme_folders=[shipped.templates()],
        languages=[shot.edition],
    )
    return replace(rendered(shot), html=page.html, text="")


def take(browser: Browser, shot: Shot, folder: Path) -> None:
    """Write one screenshot and say how large page and picture are."""
    edition = leaving(shot) if shot.situation else rendered(shot)
    page = browser.new_page(
        viewport={"width": shot.width, "height": 900},
        color_scheme="dark" if shot.scheme == "dark" else "light",
    )
    page.route("**/*", lambda route: answer(route, edition, pictures=shot.pictures))
    page.goto("https://federation.example/issue")
    page.wait_for_load_state("networkidle")
    wide = page.evaluate("document.documentElement.scrollWidth")
    size = save(page, folder / f"{shot.name}.png", colours=44 if edition.html else 8)
    page.close()
    weight = len((edition.html or edition.text).encode())
    print(f"{shot.name}: mail {weight / 1000:.1f} kB, {wide} px wide, picture {size / 1000:.0f} kB")


def answer(route: Route, edition: RenderedEdition, *, pictures: bool) -> None:
    """Serve the edition and its drawn pictures; everything else is refused."""
    address = route.request.url
    if address.endswith("/issue"):
        body = edition.html or as_page(edition)
        route.fulfill(body=body, content_type="text/html; charset=utf-8")
    elif "/pictures/" in address and pictures:
        name = address.rsplit("/", 1)[-1].removesuffix(".png")
        route.fulfill(body=drawn(name), content_type="image/png")
    else:
        route.abort()


def as_page(edition: RenderedEdition) -> str:
    """Return the text edition as a mail program without HTML shows it."""
    style = "margin:16px;font:15px/21px 'DejaVu Sans Mono','Noto Sans Mono CJK SC',monospace"
    return (
        f'<!DOCTYPE html><html dir="{edition.direction}"><meta charset="utf-8">'
        f'<pre style="{style}">{html.escape(edition.text)}</pre></html>'
    )


def save(page: Page, path: Path, *, colours: int) -> int:
    """Write the page as a small PNG and return its size in bytes."""
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    # The colours of the design as they are, however small their place; edges of letters nearest.
    often = own_colours(picture, colours)
    palette = Image.new("P", (1, 1))
    palette.putpalette(bytes(value for colour in often for value in colour))
    picture.quantize(palette=palette, dither=Image.Dither.NONE).save(path, optimize=True)
    return path.stat().st_size


def own_colours(picture: Image.Image, most: int) -> list[tuple[int, int, int]]:
    """Return the picture's most frequent colours that the eye can tell apart."""
    taken: list[tuple[int, int, int]] = []
    counts = Counter(zip(*(band.tobytes() for band in picture.split()), strict=True))
    for colour, _ in counts.most_common(20 * most):
        red, green, blue = colour
        apart = (abs(red - r) + abs(green - g) + abs(blue - b) > 24 for r, g, b in taken)
        if len(taken) < most and all(apart):
            taken.append((red, green, blue))
    return taken


def drawn(name: str) -> bytes:
    """Return a picture of the example issue, drawn and not photographed."""
    wide = (1200, 600) if name == "panama" else (192, 144)
    picture = Image.new("RGB", (wide[0] * 2, wide[1] * 2), "#cfe0df")
    DRAWINGS[name](ImageDraw.Draw(picture), *picture.size)
    out = io.BytesIO()
    picture.resize(wide, Image.Resampling.LANCZOS).save(out, "PNG")
    return out.getvalue()


def _reading_room(pen: ImageDraw.ImageDraw, width: int, height: int) -> None:
    pen.rectangle((0, 0, width, height), fill="#e9dfcb")
    for at in range(5):
        left = width * (0.07 + at * 0.18)
        pen.rounded_rectangle(
            (left, height * 0.1, left + width * 0.13, height * 0.66), width * 0.065, fill="#9cc3cb"
        )
        pen.line(
            (left + width * 0.065, height * 0.1, left + width * 0.065, height * 0.66), "#e9dfcb", 12
        )
        pen.line((left, height * 0.4, left + width * 0.13, height * 0.4), "#e9dfcb", 12)
    pen.rectangle((0, height * 0.74, width, height), fill="#b9774a")
    for at in range(4):
        left = width * (0.06 + at * 0.24)
        pen.rectangle((left, height * 0.8, left + width * 0.18, height * 0.84), fill="#0f3d47")
        pen.polygon(
            [
                (left + width * 0.07, height * 0.8),
                (left + width * 0.11, height * 0.8),
                (left + width * 0.105, height * 0.7),
                (left + width * 0.075, height * 0.7),
            ],
            fill="#d9a441",
        )


def _stairs(pen: ImageDraw.ImageDraw, width: int, height: int) -> None:
    for at in range(6):
        pen.rectangle(
            (width * at / 6, height * (0.85 - at * 0.13), width, height),
            fill=("#0f3d47", "#17505c", "#22626f", "#327583", "#478a97", "#62a1ad")[at],
        )


def _chairs(pen: ImageDraw.ImageDraw, width: int, height: int) -> None:
    pen.rectangle((width * 0.2, height * 0.1, width * 0.8, height * 0.5), fill="#ffffff")
    for row in range(2):
        for at in range(5):
            left = width * (0.06 + at * 0.19)
            top = height * (0.6 + row * 0.2)
            pen.rounded_rectangle(
                (left, top, left + width * 0.13, top + height * 0.14), 10, fill="#b9774a"
            )


def _bus(pen: ImageDraw.ImageDraw, width: int, height: int) -> None:
    pen.rectangle((0, height * 0.72, width, height), fill="#e0c48a")
    pen.rounded_rectangle(
        (width * 0.12, height * 0.35, width * 0.7, height * 0.76), 24, fill="#0b5d6b"
    )
    for at in range(3):
        left = width * (0.17 + at * 0.17)
        pen.rectangle((left, height * 0.42, left + width * 0.12, height * 0.55), fill="#ffffff")
    for left in (0.2, 0.52):
        pen.ellipse(
            (width * left, height * 0.68, width * (left + 0.12), height * 0.84), fill="#1b2430"
        )
    pen.rectangle((width * 0.84, height * 0.35, width * 0.87, height * 0.76), fill="#8a5a33")
    pen.ellipse((width * 0.74, height * 0.16, width * 0.97, height * 0.42), fill="#4b7f4f")


def _squares(pen: ImageDraw.ImageDraw, width: int, height: int) -> None:
    colours = ("#b9774a", "#d9a441", "#4b7f4f", "#0b5d6b", "#7a4b6b", "#c9573f")
    for at in range(17):
        column, row = at % 6, at // 6
        left, top = width * (0.05 + column * 0.152), height * (0.1 + row * 0.28)
        pen.rectangle((left, top, left + width * 0.12, top + height * 0.2), fill=colours[at % 6])


DRAWINGS = {
    "panama": _reading_room,
    "leaders": _stairs,
    "zimla": _chairs,
    "oasis": _bus,
    "agenda": _squares,
}


def launch(playwright: Playwright, *, forced: bool) -> Browser:
    """Return chromium, as it is or turning every page dark by itself."""
    dark = ["--blink-settings=forceDarkModeEnabled=true"] if forced else []
    return playwright.chromium.launch(
        executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=ARGUMENTS + dark
    )


def main() -> None:
    """Take the shots that were asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", default=str(ROOT / "docs" / "screenshots"))
    parser.add_argument("--only", default="", help="only names that contain this")
    asked = parser.parse_args()
    folder = Path(asked.folder)
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        for forced in (False, True):
            shots = [one for one in SHOTS if one.forced == forced and asked.only in one.name]
            if shots:
                browser = launch(playwright, forced=forced)
                for shot in shots:
                    take(browser, shot, folder)
                browser.close()


if __name__ == "__main__":
    main()
