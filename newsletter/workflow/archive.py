"""Write the web pages of an issue: what "view online" and the language links lead to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.editions import Editions
from newsletter.errors import EmptyEditionError, FileWriteError
from newsletter.model.content import Edition, EditionForm
from newsletter.model.edition_content import archive_url
from newsletter.model.languages import direction_of

if TYPE_CHECKING:
    from newsletter.workspace import Workspace

#: From a page (<slug>/<edition>/index.html) to the issue's pictures (<slug>/pictures/).
_PICTURES = "../pictures"
#: Beside each page on the web: nothing of it may run, and only pictures are loaded.
_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "img-src * data:; style-src 'unsafe-inline'\">"
)


@dataclass(frozen=True, slots=True)
class Archived:
    """What was written: the pages by edition, and where they belong on the web."""

    folder: Path
    #: Edition -> its address; empty without public_url.
    pages: dict[str, str]
    pictures: int
    public_url: str


def archive(workspace: Workspace, slug: str, target: Path | None = None) -> Archived:
    """Write every edition of an issue as a web page below `target` (default: archive/).

    The folder's layout is that of `public_url`: copy it there as it is. The pages carry
    nothing personal and no script. Writing again gives the same bytes.
    """
    editions = Editions.of(workspace, slug)
    root = target or workspace.root / "archive"
    pages: dict[str, str] = {}
    files: dict[Path, bytes] = {}
    public_url = workspace.settings.public_url
    for edition in _of(editions):
        try:
            html = editions.public_page(edition, _PICTURES)
        except EmptyEditionError:
            continue
        address = archive_url(public_url, slug, edition) if public_url else ""
        files[Path(slug, edition.key, "index.html")] = _as_page(html, address).encode()
        pages[edition.key] = address
    own = workspace.issues_folder / slug / "pictures"
    used = b"".join(files.values())
    pictures = [one for one in sorted(own.glob("*")) if one.is_file() and one.name.encode() in used]
    files |= {Path(slug, "pictures", one.name): one.read_bytes() for one in pictures}
    _write(root, files)
    _write(root, {Path(slug, "index.html"): _contents(editions, pages).encode()})
    return Archived(root, pages, len(pictures), public_url)


def _of(editions: Editions) -> Iterator[Edition]:
    for language in editions.languages:
        for form in (EditionForm.FULL, EditionForm.LIGHT):
            yield Edition(language, form)


def _as_page(html: str, address: str) -> str:
    """Return the document with what a web page needs beside what a mail needs."""
    canonical = f'\n<link rel="canonical" href="{escape(address)}">' if address else ""
    return html.replace("<head>", f"<head>\n{_POLICY}{canonical}", 1)


def _contents(editions: Editions, pages: dict[str, str]) -> str:
    """Return the page of an issue that only names its editions, in their own languages."""
    lines = []
    for key in pages:
        edition = Edition.from_key(key)
        subject = escape(str(editions.content(edition).subject))
        lines.append(
            f'<li lang="{edition.language}" dir="{direction_of(edition.language)}">'
            f'<a href="{key}/">{subject}</a> ({key})</li>'
        )
    name = escape(editions.identity.name)
    return (
        f'<!DOCTYPE html>\n<html lang="{editions.issue.language}">\n<head>\n'
        f'<meta charset="utf-8">\n'
        f'{_POLICY}\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}</title>\n<style>body{{max-width:40em;margin:2em auto;padding:0 1em;"
        "font:16px/1.6 system-ui,sans-serif}li{margin:.6em 0}</style>\n</head>\n<body>\n"
        f"<h1>{name}</h1>\n<ul>\n" + "\n".join(lines) + "\n</ul>\n</body>\n</html>\n"
    )


def _write(root: Path, files: dict[Path, bytes]) -> None:
    """Write what is not there yet or differs."""
    try:
        for name, content in files.items():
            path = root / name
            if path.is_file() and path.read_bytes() == content:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{path.name}.new")
            temporary.write_bytes(content)
            temporary.replace(path)
    except OSError as error:
        place = error.filename or str(root)
        raise FileWriteError(f"cannot write {str(place)!r}: {error.strerror}") from error
