"""What a translation without `of` was made from: the original beside which it was first seen.

Who writes fr.toml by hand writes no fingerprints. What is kept here tells a change of the
original all the same; without it, such a translation only counts as fresh.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from newsletter.editing.translations import fingerprint, original_of_issue, original_of_item
from newsletter.model.content import Issue, IssueTexts, ItemTexts

#: Fingerprints of a translation and of its original.
Pair = tuple[str, str]


def with_originals(issue: Issue, path: Path) -> Issue:
    """Return the issue with the originals of its hand-written translations, as far as known.

    `path` is a file of the cache; one that cannot be read or written costs what it knew.
    """
    known = _read(path)
    seen: dict[str, Pair] = {}
    translations = {}
    for language, texts in issue.translations.items():
        for name, pair in _pairs(issue, texts):
            last = known.get(f"{language} {name}")
            seen[f"{language} {name}"] = last if last and last[0] == pair[0] else pair
        translations[language] = _with(language, texts, seen)
    if seen != known:
        _write(path, seen)
    return replace(issue, translations=translations)


def approved(issue: Issue, texts: IssueTexts) -> IssueTexts:
    """Return a language's texts as translations of the originals as they are now."""
    items = {one.key: original_of_item(one) for one in issue.items}
    found = {
        key: replace(own, of=items[key]) if key in items and _said(own) else own
        for key, own in texts.items.items()
    }
    of = original_of_issue(issue) if _said_of_issue(texts) else texts.of
    return replace(texts, of=of, items=found)


def _pairs(issue: Issue, texts: IssueTexts) -> Iterator[tuple[str, Pair]]:
    """Return what a language has without `of`, by item ("" is the issue), with fingerprints."""
    if not texts.of and (said := _said_of_issue(texts)):
        yield "", (fingerprint(*said), original_of_issue(issue))
    for item in issue.items:
        own = texts.items.get(item.key, ItemTexts())
        if not own.of and (said := _said(own)):
            yield item.key, (fingerprint(*said), original_of_item(item))


def _with(language: str, texts: IssueTexts, seen: dict[str, Pair]) -> IssueTexts:
    items = {
        key: replace(own, of=own.of or seen.get(f"{language} {key}", ("", ""))[1])
        for key, own in texts.items.items()
    }
    return replace(texts, of=texts.of or seen.get(f"{language} ", ("", ""))[1], items=items)


def _said(own: ItemTexts) -> tuple[str, ...]:
    said = (own.title, own.summary, own.alt, own.place)
    return said if any(said) else ()


def _said_of_issue(texts: IssueTexts) -> tuple[str, ...]:
    said = (texts.subject, texts.preheader, texts.intro)
    return said if any(said) else ()


def _read(path: Path) -> dict[str, Pair]:
    with suppress(OSError, ValueError, TypeError, AttributeError):
        read = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): (str(of), str(original)) for name, (of, original) in read.items()}
    return {}


def _write(path: Path, seen: dict[str, Pair]) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(seen, indent=0), encoding="utf-8")
        temporary.replace(path)
