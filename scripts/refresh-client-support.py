#!/usr/bin/env python3
"""Boil Can I email down to what preflight needs: newsletter/preflight/client-support.json.

    python scripts/refresh-client-support.py [FILE]

The data come with the npm package `caniemail`, which carries the table of
https://www.caniemail.com (MIT licence). Without FILE it is fetched by npm; FILE is the package
as `npm pack` saves it (caniemail-2.0.2.tgz), or the table out of it (caniemail.json).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

TARGET = Path(__file__).parents[1] / "newsletter" / "preflight" / "client-support.json"
#: The programs that most readers have; the rest follows one of them.
FAMILIES = ("apple-mail", "gmail", "outlook", "yahoo")
NOTICE = (
    "Data: Can I email, https://www.caniemail.com, Copyright (c) 2019 HTeuMeuLeu. "
    "Permission is hereby granted, free of charge, to any person obtaining a copy of this software "
    'and associated documentation files (the "Software"), to deal in the Software without '
    "restriction, including without limitation the rights to use, copy, modify, merge, publish, "
    "distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the "
    "Software is furnished to do so, subject to the following conditions: The above copyright "
    "notice and this permission notice shall be included in all copies or substantial portions of "
    'the Software. THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR '
    "IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A "
    "PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE "
    "LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR "
    "OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER "
    "DEALINGS IN THE SOFTWARE."
)


def table(local: Path | None) -> tuple[str, dict]:
    """Return the package's version and its whole table, from a local copy where there is one."""
    if local is None:
        with tempfile.TemporaryDirectory() as folder:
            packed = subprocess.run(
                ["npm", "pack", "--silent", "caniemail@latest"],
                cwd=folder,
                check=True,
                capture_output=True,
                text=True,
            ).stdout.split()[-1]
            return table(Path(folder) / packed)
    if local.suffix == ".json":
        return local.stem, json.loads(local.read_text(encoding="utf-8"))
    with tarfile.open(local) as archive:
        member = archive.extractfile("package/data/caniemail.json")
        assert member is not None
        return local.stem, json.load(member)


def latest(versions: dict[str, str]) -> str:
    """Return how the newest version of a program treats a feature: y, a, n or u."""
    return list(versions.values())[-1][:1]


def boiled(feature: dict) -> dict:
    """Return a feature's title and the programs that lack it or have it in part."""
    support: dict[str, list[str]] = {"n": [], "a": []}
    for family in FAMILIES:
        for platform, versions in feature["stats"].get(family, {}).items():
            support.setdefault(latest(versions), []).append(f"{family}/{platform}")
    out = {"title": feature["title"]}
    if support["n"]:
        out["no"] = support["n"]
    if support["a"]:
        out["partly"] = support["a"]
    return out


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="a local copy; without, npm fetches it")
    version, whole = table(parser.parse_args().file)
    names = whole["nicenames"]
    clients = {
        f"{family}/{platform}": [names["family"][family], names["platform"][platform]]
        for family in FAMILIES
        for platform in sorted(
            {name for feature in whole["data"] for name in feature["stats"].get(family, {})}
        )
    }
    written = {
        "notice": NOTICE,
        "source": version,
        "date": whole["last_update_date"][:10],
        "clients": clients,
        "features": {feature["slug"]: boiled(feature) for feature in whole["data"]},
    }
    text = json.dumps(written, indent=0, ensure_ascii=False, separators=(",", ":"))
    TARGET.write_text(text + "\n", encoding="utf-8")
    print(f"{TARGET}: {len(written['features'])} features of {written['date']}, {len(text)} bytes")


if __name__ == "__main__":
    main()
