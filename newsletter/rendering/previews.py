"""One page that shows an edition as its readers will see it: phone, desktop, dark, text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from newsletter.model.content import RenderedEdition

#: Slow links exist: kilobits per second, for "seconds at 64 kbit/s".
_SLOW_LINK_KILOBITS = 64
_DARK_QUERY = "@media (prefers-color-scheme:dark)"
_NO_PICTURES = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"img-src 'none'; media-src 'none'\">"
)
#: No script runs in a mail. Its own origin it keeps: without one, browsers refuse the frame the
#: pictures of the very folder that it was opened from.
_SANDBOX = 'sandbox="allow-same-origin"'
#: Where the pictures are, seen from the folder of the preview, issues/<slug>/out/.
LOCAL_PICTURES = "../pictures"
_STYLE = """
:root { color-scheme: light dark; --line: #8888; }
body { margin: 0; padding: 24px; font: 16px/24px system-ui, sans-serif; }
h1 { margin: 0 0 4px; font-size: 24px; line-height: 32px; }
h2 { margin: 48px 0 4px; padding-top: 16px; border-top: 2px solid; font-size: 20px; }
p { margin: 0 0 8px; max-width: 70em; }
.views { display: flex; gap: 24px; overflow-x: auto; padding: 8px 0 16px; }
figure { margin: 0; flex: none; }
figcaption { padding-bottom: 8px; font-weight: bold; }
iframe { display: block; height: 900px; border: 1px solid var(--line); background: #fff; }
.dark iframe { background: #14191f; }
pre { margin: 0; width: 76ch; height: 868px; overflow: auto; padding: 16px;
  border: 1px solid var(--line); font: 14px/20px ui-monospace, monospace; white-space: pre-wrap; }
"""


@dataclass(frozen=True, slots=True)
class FilledEdition:
    """One edition filled for a sample reader, with the message as it would be sent."""

    rendered: RenderedEdition
    html: str
    text: str
    message: bytes
    #: All its pictures, and those of them that come beside the message.
    picture_bytes: int = 0
    fetched_bytes: int = 0

    @property
    def key(self) -> str:
        """Return the edition's short name."""
        return self.rendered.edition.key


def preview_files(title: str, editions: Sequence[FilledEdition]) -> dict[str, bytes]:
    """Return file name -> content: each edition's parts, and index.html that shows them all.

    The page works from a folder, runs no script, and keeps the mails in sandboxed frames.
    """
    files: dict[str, str | bytes] = {}
    for one in editions:
        files[f"{one.key}.txt"] = one.text
        files[f"{one.key}.eml"] = one.message
        if one.html:
            files[f"{one.key}.html"] = one.html
            deeper = one.html.replace(f'"{LOCAL_PICTURES}/', f'"../{LOCAL_PICTURES}/')
            files[f"views/{one.key}-dark.html"] = as_dark(deeper)
            files[f"views/{one.key}-without-pictures.html"] = without_pictures(deeper)
    files["index.html"] = _page(title, editions)
    return {name: body.encode() if isinstance(body, str) else body for name, body in files.items()}


def as_dark(html: str) -> str:
    """Return the mail as a client in dark mode shows it, whatever the browser's own mode."""
    return html.replace(_DARK_QUERY, "@media all").replace(
        '<meta name="color-scheme" content="light dark">',
        '<meta name="color-scheme" content="dark">',
    )


def without_pictures(html: str) -> str:
    """Return the mail as a client that blocks pictures shows it."""
    return html.replace("<head>", f"<head>{_NO_PICTURES}", 1)


def _page(title: str, editions: Sequence[FilledEdition]) -> str:
    contents = " · ".join(f'<a href="#{escape(one.key)}">{escape(one.key)}</a>' for one in editions)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'; frame-src 'self' file:\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n<p>{contents}</p>\n"
        f"{''.join(map(_section, editions))}</body>\n</html>\n"
    )


def _section(one: FilledEdition) -> str:
    rendered, key = one.rendered, escape(one.key)
    files = " · ".join(
        f'<a href="{key}.{kind}">{key}.{kind}</a>'
        for kind in (("html", "txt", "eml") if one.html else ("txt", "eml"))
    )
    about = f'lang="{escape(rendered.edition.language)}" dir="{rendered.direction}"'
    return (
        f'<h2 id="{key}">{key}</h2>\n'
        f"<p>Subject: <b {about}>{escape(rendered.subject)}</b></p>\n"
        f"<p>Preheader: <span {about}>{escape(rendered.preheader)}</span></p>\n"
        f"<p>{files} · {_cost(one)}</p>\n"
        f'<div class="views">\n{"".join(_views(one))}</div>\n'
    )


def _views(one: FilledEdition) -> list[str]:
    """Return the figures: what the eye must see before a mail goes out."""
    frames = [
        ("Phone", f"{one.key}.html", 375, ""),
        ("Desktop", f"{one.key}.html", 640, ""),
        ("Phone, dark", f"views/{one.key}-dark.html", 375, "dark"),
        ("Phone, pictures blocked", f"views/{one.key}-without-pictures.html", 375, ""),
        ("Desktop, dark", f"views/{one.key}-dark.html", 640, "dark"),
    ]
    figures = [
        f'<figure class="{mood}"><figcaption>{name}</figcaption>'
        f'<iframe src="{escape(file)}" width="{width}" {_SANDBOX} loading="lazy" '
        f'title="{escape(one.key)}: {name}"></iframe></figure>\n'
        for name, file, width, mood in frames
        if one.html
    ]
    text = (
        f'<figure><figcaption>Text</figcaption><pre dir="{one.rendered.direction}" tabindex="0">'
        f"{escape(one.text)}</pre></figure>\n"
    )
    return [*figures[:4], text, *figures[4:]]


def _cost(one: FilledEdition) -> str:
    """Return what the message and its pictures cost a reader."""
    html, text, message = (
        len(part) / 1000 for part in (one.html.encode(), one.text.encode(), one.message)
    )
    seconds = (message + one.fetched_bytes / 1000) * 8 / _SLOW_LINK_KILOBITS
    pictures = f", pictures {one.picture_bytes / 1000:.1f} KB" if one.picture_bytes else ""
    return (
        f"HTML {html:.1f} KB, text {text:.1f} KB, message {message:.1f} KB{pictures} "
        f"({seconds:.1f} seconds at {_SLOW_LINK_KILOBITS} kbit/s)"
    )
