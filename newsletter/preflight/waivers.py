"""What people waived: kept beside the finding, and told where it means nothing any more."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from newsletter.preflight import Finding, Severity, warning

#: "Anna: it is a pun"; the colon may be that of any script.
_WHO_AND_WHY = re.compile(r"\s*[^\s::][^::]*[::]\s*\S.*", re.DOTALL)
#: Found only when somebody asks for them; without, their waivers are not stale.
_ON_REQUEST = frozenset({"link-redirect", "link-unsure", "spam-score", "unsubscribe-page"})
_WHERE = "issue.toml, [waivers]"


def with_waiver(finding: Finding, waivers: Mapping[str, str]) -> Finding:
    """Return the finding with who waived it and why; errors cannot be waived."""
    said = waivers.get(finding.check, "")
    if finding.severity is Severity.ERROR or not _WHO_AND_WHY.fullmatch(said):
        return finding
    return replace(finding, waived=said)


def without_effect(findings: Collection[Finding], waivers: Mapping[str, str]) -> Iterator[Finding]:
    """Find waivers that do nothing: of an error, without a name or reason, or stale."""
    found = {one.check: one.severity for one in findings}
    for name, said in waivers.items():
        severity = found.get(name)
        if severity is None and name not in _ON_REQUEST:
            yield warning(
                "waiver",
                f"{name!r} is waived, but nothing of that name is found",
                where=_WHERE,
                mend="Take the line out, or mend the name of the check.",
            )
        elif severity is Severity.ERROR:
            yield warning(
                "waiver",
                f"{name!r} is waived, but errors cannot be",
                where=_WHERE,
                mend="Mend what the error names, and take the line out.",
            )
        elif not _WHO_AND_WHY.fullmatch(said):
            yield warning(
                "waiver",
                f"{name!r} is waived without a name and a reason, and so is not",
                where=_WHERE,
                mend=f'Write who and why: {name} = "Anna: the whole issue is a reply".',
            )
