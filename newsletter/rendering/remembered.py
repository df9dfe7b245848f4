"""Editions rendered before, found again while nothing that shapes them has changed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from newsletter import __version__
from newsletter.model.content import Edition, RenderedEdition
from newsletter.model.editions import EditionContent
from newsletter.model.identity import Identity

#: About 40 KB each; the oldest go first.
_MOST_KEPT = 200
#: Whatever changes how an edition is rendered must change the key: our own code too.
_OWN_CODE = (Path(__file__).parent, Path(__file__).parents[1] / "model")


def key(
    content: EditionContent, identity: Identity, markers: Mapping[str, str], files: Iterable[Path]
) -> str:
    """Return a name for what will be rendered: the same only for the same bytes."""
    digest = sha256(repr((__version__, content, identity, sorted(markers.items()))).encode())
    for folder in _OWN_CODE:
        for path in sorted(folder.glob("*.py")):
            state = path.stat()
            digest.update(f"{path.name} {state.st_size} {state.st_mtime_ns}\n".encode())
    for path in files:
        digest.update(f"{path}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:40]


def recall(folder: Path, key: str) -> RenderedEdition | None:
    """Return the edition kept under that name; None where there is none that can be read."""
    try:
        values = json.loads((folder / f"{key}.json").read_text(encoding="utf-8"))
        edition = Edition.from_key(values.pop("key"))
        return RenderedEdition(
            **{**values, "edition": edition, "lost_rules": tuple(values["lost_rules"])}
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None  # a damaged file costs a rendering, nothing more


def keep(folder: Path, key: str, rendered: RenderedEdition) -> None:
    """Keep an edition; a folder that cannot be written to is no reason to fail."""
    values = {**asdict(rendered), "key": rendered.edition.key}
    del values["edition"]
    temporary = folder / f"{key}.{os.getpid()}.tmp"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
        temporary.replace(folder / f"{key}.json")
        _forget_oldest(folder)


def _forget_oldest(folder: Path) -> None:
    kept = list(folder.glob("*.json"))
    if len(kept) > _MOST_KEPT:
        kept.sort(key=lambda path: path.stat().st_mtime_ns)
        for path in kept[: len(kept) - _MOST_KEPT]:
            path.unlink()
