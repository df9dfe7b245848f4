"""A folder of Markdown files with front matter."""

from __future__ import annotations

import os
import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsletter.errors import SourceNotUnderstoodError, SourceUnreachableError
from newsletter.model.content import Item, ItemDate, ItemStatus, Picture, Reading
from newsletter.sources.cleaning import clean_html, clean_text, clean_title
from newsletter.sources.dates import parse_date, parse_machine_date
from newsletter.sources.entries import LONG_SUMMARY, first_words, language_tag, shorten
from newsletter.sources.entries import SHORT_SUMMARY as SHORT
from newsletter.sources.pages import absolute

if TYPE_CHECKING:
    from newsletter.model.sources import Source

_SUFFIXES = frozenset({".md", ".markdown", ".mdown"})
#: One file; a text of 300 pages has 1 MB.
_MAX_BYTES = 1_000_000
_MAX_FILES = 5_000
_MAX_FOLDERS = 5_000
#: PyYAML takes quadratic time on nested brackets: 15 s for 5,000 of them.
_MAX_FRONT = 20_000
_MAX_BRACKETS = 200
#: Files of a repository that are about the folder, not news.
_NOT_NEWS = frozenset(
    {"readme", "license", "licence", "contributing", "changelog", "_index", "index"}
)
#: What people and their site generators call these values.
_NAMES = {
    "title": ("title", "titel", "titre", "titulo", "name"),
    "date": ("date", "published", "publishdate", "pubdate", "created", "datum", "fecha"),
    "summary": ("summary", "description", "excerpt", "abstract", "subtitle", "lead"),
    "link": ("link", "url", "permalink", "canonical", "canonical_url", "external_url"),
    "picture": ("picture", "image", "cover", "featured_image", "thumbnail", "images", "hero"),
    "alt": ("alt", "image_alt", "picture_alt", "cover_alt", "imagealt"),
    "language": ("lang", "language", "locale"),
}


def read_folder(folder: Path, source: Source, *, fetched_at: datetime) -> Reading:
    """Return one item for each Markdown file of a folder, the newest first.

    Drafts are left out. A file that cannot be read is named in a note and stops nothing.
    """
    paths, is_cut = news_files(folder, source)
    if not paths:
        raise SourceNotUnderstoodError(
            source.name,
            f"the folder {str(folder)!r} has no Markdown files (*.md)",
            hint="Name the folder that holds the files; README.md and index.md do not count.",
        )
    items: list[Item] = []
    notes = [f"only the first {_MAX_FILES} files were read"] if is_cut else []
    for path in paths:
        try:
            item = read_markdown(path.read_bytes(), source, name=path.stem, fetched_at=fetched_at)
        except (OSError, ValueError) as error:
            notes.append(f"{path.relative_to(folder)}: {' '.join(str(error).split())[:200]}")
            continue
        if item is not None:
            items.append(item)
    items.sort(key=lambda item: item.date.isoformat() if item.date else "", reverse=True)
    return Reading(source.name, "markdown", tuple(items), tuple(notes), language=source.language)


def read_markdown(body: bytes, source: Source, *, name: str, fetched_at: datetime) -> Item | None:
    """Return the item in one file; None for a draft. ValueError says what is wrong with it."""
    if len(body) > _MAX_BYTES:
        raise ValueError("is larger than 1 MB")
    front, text = _split(body.decode("utf-8-sig"))
    if front.get("draft") is True or str(front.get("status", "")).lower() == "draft":
        return None
    html = _render(text)
    title, html = _title(front, html, name)
    base = absolute(_value(front, "link"), source.url) if _value(front, "link") else source.url
    day = _date(_first(front, "date"), source, fetched_at) or _date_of_name(name)
    content = clean_html(html, base)
    summary = clean_text(_value(front, "summary")) or _beginning(content)
    return Item(
        title=title,
        link=absolute(_value(front, "link"), source.url) if _value(front, "link") else "",
        date=day,
        summary=summary,
        picture=_picture(front, base),
        language=language_tag(_value(front, "language")) or source.language,
        source=source.name,
        section=source.section,
        content=content,
        guid=name,
        status=ItemStatus.NEW if day is not None and day.is_full else ItemStatus.UNDATED,
    )


def news_files(folder: Path, source: Source) -> tuple[list[Path], bool]:
    """Return the files in order, and whether there were too many; hidden ones do not count."""

    def refuse(error: OSError) -> None:
        raise SourceUnreachableError(source.name, f"{str(folder)!r}: {error.strerror}") from error

    found: list[Path] = []
    for number, (place, folders, names) in enumerate(os.walk(folder, onerror=refuse)):
        folders[:] = sorted(one for one in folders if not one.startswith((".", "node_modules")))
        if number >= _MAX_FOLDERS:
            return found, True
        for name in sorted(names):
            stem, ending = os.path.splitext(name)  # noqa: PTH122 - a name, not yet a path
            is_hidden = name.startswith(".")
            if ending.lower() in _SUFFIXES and not is_hidden and stem.lower() not in _NOT_NEWS:
                found.append(Path(place, name))
        if len(found) > _MAX_FILES:
            return found[:_MAX_FILES], True
    return found, False


def _split(text: str) -> tuple[dict[str, Any], str]:
    """Return front matter and text; `---` holds YAML, `+++` TOML."""
    lines = text.lstrip().split("\n")
    fence = lines[0].rstrip()
    if fence not in {"---", "+++"}:
        return {}, text
    for number, line in enumerate(lines[1:], 1):
        if line.rstrip() == fence or (fence == "---" and line.rstrip() == "..."):
            return _front("\n".join(lines[1:number]), fence), "\n".join(lines[number + 1 :])
    raise ValueError(f"the front matter is not closed with {fence!r}")


def _front(text: str, fence: str) -> dict[str, Any]:
    import yaml

    if len(text) > _MAX_FRONT or text.count("[") + text.count("{") > _MAX_BRACKETS:
        raise ValueError("the front matter is far too long or nested too deeply")
    try:
        if fence == "+++":
            found: Any = tomllib.loads(text)
        else:
            # An alias can stand for an alias: a few lines would unfold to gigabytes.
            if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
                raise ValueError("the front matter uses aliases (*name), which we do not follow")
            found = yaml.safe_load(text)
    except (yaml.YAMLError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"the front matter cannot be read: {error}") from error
    except RecursionError as error:
        raise ValueError("the front matter is nested too deeply") from error
    if not isinstance(found, dict):
        raise (
            ValueError("the front matter has no `key: value` lines")
            if found
            else ValueError("the front matter is empty")
        )
    return {str(key).lower().replace("-", "_"): value for key, value in found.items()}


def _first(front: dict[str, Any], what: str) -> Any:
    for name in _NAMES[what]:
        if (value := front.get(name)) not in (None, "", [], {}):
            return value
    return None


def _value(front: dict[str, Any], what: str) -> str:
    value = _first(front, what)
    while isinstance(value, list | dict):
        inner = list(value.values() if isinstance(value, dict) else value)
        value = inner[0] if inner else None
    return str(value).strip() if value is not None else ""


def _render(text: str) -> str:
    from markdown_it import MarkdownIt

    # html=False: raw HTML in a file is text, whatever it says.
    return str(
        MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).render(text)
    )


def _title(front: dict[str, Any], html: str, name: str) -> tuple[str, str]:
    """Return the title and the text without it; a first heading is a title too."""
    title = clean_title(_value(front, "title"))
    if title:
        return title, html
    if html.startswith("<h1>") and "</h1>" in html:
        heading, _, rest = html[4:].partition("</h1>")
        return clean_title(heading), rest
    return first_words(clean_text(html)) or name, html


def _date(value: Any, source: Source, fetched_at: datetime) -> ItemDate | None:
    if isinstance(value, datetime):
        # YAML turns a time zone into UTC and drops it; the day is then that of UTC.
        return ItemDate(value.year, value.month, value.day, value if value.tzinfo else None)
    if isinstance(value, date):
        return ItemDate.from_date(value)
    if not isinstance(value, str):
        return None
    return parse_machine_date(value) or parse_date(
        value[:100],
        language=source.language,
        fetched_at=fetched_at,
        day_first=source.day_first,
    )


def _date_of_name(name: str) -> ItemDate | None:
    """Return the date a file's name begins with, `2016-05-20-panama.md`."""
    return parse_machine_date(name[:10]) if name[:4].isdigit() and len(name) >= 10 else None


def _beginning(content: str) -> str:
    first, _, _ = content.partition("</p>")
    text = clean_text(first)
    return text if len(text) <= LONG_SUMMARY else shorten(text, SHORT)


def _picture(front: dict[str, Any], base: str) -> Picture | None:
    value = _first(front, "picture")
    alt = _value(front, "alt")
    if isinstance(value, dict):
        alt = str(value.get("alt") or alt)
        value = value.get("url") or value.get("src") or value.get("file") or value.get("path")
    if isinstance(value, list):
        value = value[0] if value else None
    url = absolute(str(value), base) if value else ""
    return Picture(url, clean_text(alt)[:500]) if url else None
