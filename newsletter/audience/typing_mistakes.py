"""Domains that look like a typing mistake for a well-known one: a warning, never a change."""

from __future__ import annotations

from functools import cache

#: Mailbox providers with names long enough that one wrong letter is hardly another name.
WELL_KNOWN = (
    "gmail.com", "googlemail.com", "hotmail.com", "hotmail.fr", "hotmail.co.uk", "outlook.com",
    "outlook.fr", "outlook.es", "yahoo.com", "yahoo.fr", "yahoo.es", "yahoo.de", "yahoo.co.uk",
    "ymail.com", "icloud.com", "orange.fr", "wanadoo.fr", "laposte.net", "protonmail.com",
    "t-online.de", "freenet.de", "yandex.ru", "rambler.ru", "bluewin.ch", "comcast.net",
    "verizon.net", "foxmail.com",
)  # fmt: skip
#: Real domains one letter away from one of those.
REAL_NEIGHBOURS = frozenset({"mail.com", "email.com", "fmail.com", "tmail.com", "hmail.com",
    "orange.fi", "orange.es", "yandex.by", "yahoo.ca", "yahoo.se", "yahoo.no", "yahoo.dk",
    "yahoo.ie", "yahoo.in", "yahoo.gr", "yahoo.it", "yahoo.pl", "yahoo.ro", "outlook.de",
    "outlook.it", "outlook.be", "outlook.sa", "outlook.dk", "outlook.ie", "outlook.pt",
    "outlook.cl", "outlook.kr", "outlook.jp", "outlook.in", "hotmail.de", "hotmail.es",
    "hotmail.it", "hotmail.be", "hotmail.ca", "hotmail.ch", "hotmail.gr", "hotmail.se",
    "hotmail.nl", "laposte.fr", "freenet.at"})  # fmt: skip
#: Endings that no registry has, and what was meant.
WRONG_ENDINGS = {
    "con": "com", "cmo": "com", "ocm": "com", "comm": "com", "coom": "com", "vom": "com",
    "xom": "com", "c0m": "com", "ogr": "org", "rog": "org", "orgg": "org", "nte": "net",
    "nett": "net",
}  # fmt: skip


def hint_for_domain(domain: str) -> str:
    """Return "did you mean gmail.com?" for gmial.com, or nothing."""
    if domain in WELL_KNOWN or domain in REAL_NEIGHBOURS:
        return ""
    name, _, ending = domain.rpartition(".")
    if ending in WRONG_ENDINGS:
        return f"did you mean {name}.{WRONG_ENDINGS[ending]}?"
    shortened = _shortened()
    for form in (domain, *_one_letter_less(domain)):
        if form in shortened:
            return f"did you mean {shortened[form]}?"
    return ""


@cache
def _shortened() -> dict[str, str]:
    """Return every well-known domain by each of its forms with one letter left out.

    Two words that share such a form are one slip apart: a letter missing, doubled,
    wrong or swapped with its neighbour.
    """
    return {form: known for known in WELL_KNOWN for form in (known, *_one_letter_less(known))}


def _one_letter_less(word: str) -> list[str]:
    return [word[:index] + word[index + 1 :] for index in range(len(word))]
