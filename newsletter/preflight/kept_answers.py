"""Links that answered lately, kept so that a second check does not ask them again."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from newsletter.preflight.links import Answer

#: A link that answered is not asked again for a day; one that did not is asked each time.
KEPT = timedelta(days=1)


class KeptAnswers:
    """Links that answered within the last day."""

    def __init__(self, path: Path, now: datetime) -> None:
        self._path = path
        self._now = now
        self._known: dict[str, dict[str, Any]] = {}
        # A damaged file costs asking again, nothing more.
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            read = json.loads(path.read_text(encoding="utf-8"))
            oldest = (now - KEPT).isoformat()
            self._known = {link: one for link, one in read.items() if one["asked"] > oldest}

    def find(self, link: str) -> Answer | None:
        """Return what a link answered, None where it has to be asked."""
        known = self._known.get(link)
        return Answer(known["status"], known["final_url"]) if known else None

    def keep(self, answers: Mapping[str, Answer]) -> None:
        """Write the good answers; a folder that cannot be written to only costs time."""
        for link, answer in answers.items():
            if answer.status == 200 and link not in self._known:
                self._known[link] = {
                    "status": answer.status,
                    "final_url": answer.final_url,
                    "asked": self._now.isoformat(),
                }
        temporary = self._path.with_name(f".links.{os.getpid()}")
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(self._known, indent=0), encoding="utf-8")
            temporary.replace(self._path)
