"""How long 100,000 people take to come in."""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.compare_start import newsletter
from bench.contest import Aim, Comparison, Contender

PEOPLE = 100_000
_ROW_BY_ROW = """
import csv
from email_validator import validate_email
with open("people.csv", encoding="utf-8", newline="") as file:
    for row in csv.DictReader(file):
        validate_email(row["Email"], check_deliverability=False)
"""


def _people(folder: Path) -> None:
    """Write a list as organisations have them: 500 domains, name, country and language."""
    chosen = random.Random(2016)
    lines = ["Email,Name,Country,Language"]
    for number in range(PEOPLE):
        domain = f"library{chosen.randrange(500)}.example.org"
        country, language = f"Country {number % 190}", chosen.choice(["en", "fr", "es", "ar"])
        lines.append(f"reader.{number}@{domain},Reader Number {number},{country},{language}")
    (folder / "people.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _ours(folder: Path) -> Sequence[str]:
    _people(folder)
    (folder / "newsletter.toml").write_text('name = "Bench"\n', encoding="utf-8")
    return newsletter("subscribers", "import", "people.csv", "--list", "members", "--really")


def _validator(folder: Path) -> Sequence[str]:
    _people(folder)
    return [sys.executable, "-c", _ROW_BY_ROW]


COMPARISONS = [
    Comparison(
        key="import",
        title="Importing 100,000 people",
        work="A CSV file with name, country and language: we validate, merge and store "
        "every person durably; email-validator only validates, row by row, and stores nothing.",
        contenders=[
            Contender("newsletter subscribers import", _ours),
            Contender("email-validator, row by row", _validator),
        ],
        aims=[
            Aim("newsletter subscribers import", "email-validator, row by row", at_most=0.5),
        ],
        rounds=5,
    )
]
