"""Text as the date reader sees it: characters made equal, then numbers, words, months, signs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from newsletter.sources.dates.months import fold, month_names

#: Nothing longer is read: a page's dates stand early or in short texts, and time stays bounded.
LONGEST_TEXT = 100_000

#: Marks that are not seen: soft hyphen, zero-width, direction marks and isolates, BOM,
#: Arabic tatweel and vowel signs (U+0653-0655 stay: they belong to the letter).
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u0640\u064b-\u0652\u0670\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff]"
)


#: The zero of each script whose ten digits follow one another.
_ZEROS = (
    "\u0660\u06f0\u07c0\u0966\u09e6\u0a66\u0ae6\u0b66\u0be6\u0c66\u0ce6\u0d66"
    "\u0e50\u0ed0\u0f20\u1040\u17e0\u1810"
)
_SAME_SIGNS = {
    "\u2028\u2029\x85\x0b\x0c\r": "\n",
    "\t\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u202f\u205f\u3000": " ",
    "\u058a\u05be\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2500\ufe58\ufe63": "-",
    "\u2018\u2019\u02bc\u02b9\u2032`\u00b4": "'",
    "\u060c\u3001": ",",
    "\u301c\u223c": "~",
    "\u2044\u2215\u2571": "/",
    "\u2024\u3002\u0970": ".",
    "\u0130": "i",
}


def _equal_characters() -> dict[int, str]:
    """Map every digit, dash, blank and quote to its plain form, one character to one."""
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    for zero in map(ord, _ZEROS):
        table.update({zero + value: str(value) for value in range(10)})
    for characters, plain in _SAME_SIGNS.items():
        table.update({ord(one): plain for one in characters})
    return table


_EQUAL = _equal_characters()

#: A letter here is also the vowel sign of an Indic script, a combining accent or a hamza.
_WORD_MARKS = (
    "\u0300-\u036f\u0653-\u0655\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963"
    "\u0981-\u0983\u09bc-\u09cd\u09d7\u09e2\u09e3"
)
#: A run of letters with their marks, in any script; Python's \\w does not know Indic vowel signs.
WORD = rf"(?:[^\W\d_]|[{_WORD_MARKS}])+"
_TOKEN = re.compile(rf"(?P<n>[0-9]+)|(?P<w>{WORD})|(?P<p>[^\s])")
_HAS_DIGIT = re.compile(r"\d")
#: Han, kana and Hangul stand beside numbers without a blank.
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


class Token(NamedTuple):
    """A number "n", word "w", month "m" or sign "p" of the text, with its place."""

    kind: str
    text: str
    start: int
    end: int
    #: 0: touches the token before, 1: blank between, 2: line break between.
    gap: int
    #: The number, or the month of a month name; -1 for the others.
    value: int = -1


@dataclass(frozen=True, slots=True)
class CleanText:
    """The text in plain, lower-case characters, and where each stood in the original."""

    text: str
    #: None: every character kept its place.
    places: tuple[int, ...] | None = None

    def place(self, position: int) -> int:
        """Return the position in the original text."""
        return position if self.places is None else self.places[position]


def clean(text: str) -> CleanText:
    """Return the text with plain digits, dashes and blanks, in lower case, unseen marks gone."""
    text = text[:LONGEST_TEXT]
    places: tuple[int, ...] | None = None
    if not text.isascii():
        if _INVISIBLE.search(text):
            kept = [at for at, one in enumerate(text) if not _INVISIBLE.match(one)]
            places = (*kept, len(text))
            text = _INVISIBLE.sub("", text)
        text = text.translate(_EQUAL)
    return CleanText(text.lower().replace("\t", " ").replace("\r", "\n"), places)


def has_digit(text: str) -> bool:
    """Say whether there is any digit, in any script."""
    return _HAS_DIGIT.search(text) is not None


def tokens(text: str, language: str) -> list[Token]:
    """Return the tokens of a clean text, month names recognised and joined."""
    months = month_names(language)
    found: list[Token] = []
    last = 0
    for match in _TOKEN.finditer(text):
        kind, piece, start, end = match.lastgroup or "p", match.group(), match.start(), match.end()
        gap = 0 if start == last else 2 if "\n" in text[last:start] else 1
        last = end
        if kind == "n":
            value = int(piece) if len(piece) <= 8 else 10**8
            found.append(Token("n", piece, start, end, gap, value))
        elif kind == "w":
            _add_word(found, Token("w", fold(piece), start, end, gap), months)
        else:
            found.append(Token("p", piece, start, end, gap))
    return _join_doubles(found)


#: "تشرين الأول", "كانون الثاني": Levantine months of two words.
_FIRST_WORDS = frozenset({"تشرين", "كانون"})


def _add_word(found: list[Token], word: Token, months: Mapping[str, int]) -> None:
    """Append the word, as a month if it is one, alone or with the word before it."""
    if found and found[-1].text in _FIRST_WORDS:
        month = months.get(f"{found[-1].text} {word.text}")
        if month is not None:
            first = found.pop()
            found.append(Token("m", first.text, first.start, word.end, first.gap, month))
            return
    month = months.get(word.text)
    found.append(word if month is None else word._replace(kind="m", value=month))


def _join_doubles(found: list[Token]) -> list[Token]:
    """Join "أيار/مايو" and "مايو (أيار)", one month in two traditions, into one token."""
    joined: list[Token] = []
    skip_bracket = False
    for token in found:
        if skip_bracket and token.text == ")":
            joined[-1] = joined[-1]._replace(end=token.end)
            skip_bracket = False
            continue
        skip_bracket = False
        if token.kind == "m" and _is_double(joined, token):
            sign = joined.pop()
            joined[-1] = joined[-1]._replace(end=token.end)
            skip_bracket = sign.text == "("
            continue
        joined.append(token)
    return joined


def _is_double(before: list[Token], month: Token) -> bool:
    return (
        len(before) > 1
        and before[-1].text in {"/", "("}
        and before[-2].kind == "m"
        and before[-2].value == month.value
    )


def is_east_asian(character: str) -> bool:
    """Say whether the character may touch a number without making it part of a word."""
    return _EAST_ASIAN.match(character) is not None
