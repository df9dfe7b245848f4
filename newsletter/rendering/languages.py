"""A language's words, dates, plurals and direction, as a theme's language file and CLDR say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from newsletter.errors import TemplateError
from newsletter.model.content import ItemDate
from newsletter.model.languages import best_match, direction_of
from newsletter.rendering.themes import Theme

if TYPE_CHECKING:
    from babel import Locale

_FIELD = re.compile(r"\{([a-z_]+)\}")
_LATIN_DIGITS = "0123456789"
#: A leap year, so that 29 February without a year can be written.
_ANY_YEAR = 2000


@dataclass(frozen=True)
class Language:
    """One language as a theme speaks it."""

    code: str
    #: The language file's values: labels, plurals, css, digits, locale, name.
    table: Mapping[str, Any]
    time_zone: str = "UTC"

    @property
    def direction(self) -> str:
        """Return "ltr" or "rtl"."""
        return direction_of(self.code)

    @property
    def css(self) -> Mapping[str, object]:
        """Return the CSS variables that the language sets: its fonts and sizes."""
        return dict(self.table.get("css", {}))

    @property
    def name(self) -> str:
        """Return the language's name in itself."""
        return str(self.table.get("name") or self.code)

    @property
    def between(self) -> str:
        """Return what stands between a source, a place and a date."""
        return str(self.table.get("between", " · "))

    def label(self, key: str, values: Mapping[str, str] | None = None) -> str:
        """Return a label with its {fields} filled in."""
        words = self.table.get("labels", {}).get(key)
        if words is None:
            raise self._lacks(f"the label {key!r}")
        return fill(str(words), values or {}, str)

    def count(self, key: str, number: int) -> str:
        """Return "3 items" in the language's plural form for the number."""
        forms = self.table.get("plurals", {}).get(key)
        if not isinstance(forms, Mapping) or "other" not in forms:
            raise self._lacks(f"the plural {key!r} with at least the form 'other'")
        form = str(self._locale.plural_form(number))
        return fill(str(forms.get(form, forms["other"])), {"count": self.number(number)}, str)

    def number(self, number: int) -> str:
        """Return a whole number with the language's separators and digits."""
        from babel.numbers import format_decimal

        text = self.digits(format_decimal(number, locale=self._locale))
        # Between Arabic digits CLDR has the Arabic separator, U+066C.
        return text.replace(",", "٬") if str(self.table.get("digits", "")).startswith("٠") else text

    def long_date(self, day: ItemDate | date | None) -> str:
        """Return "20 May 2016", no more precise than the date is known; "" for none."""
        from babel.dates import format_date, format_skeleton

        if day is None:
            return ""
        known = ItemDate.from_date(day) if isinstance(day, date) else day
        moment = date(known.year or _ANY_YEAR, known.month or 1, known.day or 1)
        if known.is_full:
            text = format_date(moment, "long", locale=self._locale)
        elif known.month is None:
            text = format_skeleton("y", moment, locale=self._locale)
        else:
            skeleton = "yMMMM" if known.day is None else "MMMMd"
            text = format_skeleton(skeleton, moment, locale=self._locale)
        return self.digits(text)

    def date_range(self, start: ItemDate | None, end: ItemDate | None) -> str:
        """Return "17–23 April 2016" in the language's own form, or the one day that is known."""
        first, last = (one.as_date() if one else None for one in (start, end))
        if first is None or last is None or last <= first:
            return self.long_date(start or end)
        if "from_to" in self.table.get("labels", {}):
            # In Arabic "17–23" would be read from the right: say "from 17 to 23".
            return self.label(
                "from_to", {"start": self._short(first, last), "end": self.long_date(last)}
            )
        return self.digits(self._interval(first, last))

    def local(self, day: ItemDate | None) -> ItemDate | None:
        """Return the day on which a moment falls in the newsletter's time zone.

        An event at 23:00 UTC is told with its hour in Zurich: that is the next day.
        """
        if day is None or day.instant is None:
            return day
        local = day.instant.astimezone(self._zone)
        return ItemDate(local.year, local.month, local.day, day.instant)

    def day(self, day: ItemDate) -> str:
        """Return the day of the month for a date block, "" where it is not known."""
        return self.digits(str(day.day)) if day.day else ""

    def month(self, day: ItemDate) -> str:
        """Return the month's short name for a date block, "" where it is not known."""
        from babel.dates import format_date

        if day.month is None:
            return self.digits(str(day.year))
        moment = date(day.year or _ANY_YEAR, day.month, 1)
        return str(format_date(moment, "MMM", locale=self._locale)).rstrip(".")

    def time(self, day: ItemDate | None) -> str:
        """Return "16:30 (UTC+2)" where the date has a time of day, else ""."""
        from babel.dates import format_time

        if day is None or day.instant is None:
            return ""
        local = day.instant.astimezone(self._zone)
        clock = self.digits(format_time(local, "short", locale=self._locale))
        return f"{clock} ({_offset(local)})"

    def _interval(self, first: date, last: date) -> str:
        """Return both days as CLDR joins them, months in full like in `long_date`."""
        from babel.dates import format_date

        forms = self._locale.interval_formats
        pattern = forms.get("yMMMMd") or forms.get("yMMMd") or {}
        field = "y" if first.year != last.year else "M" if first.month != last.month else "d"
        if field not in pattern:
            return f"{self.long_date(first)} – {self.long_date(last)}"
        # "MMM" is the short name; the language's own dates have the long one.
        return "".join(
            str(format_date(moment, re.sub(r"(?<!M)MMM(?!M)", "MMMM", part), locale=self._locale))
            for moment, part in zip((first, last), pattern[field], strict=True)
        )

    def _short(self, first: date, last: date) -> str:
        from babel.dates import format_skeleton

        if (first.year, first.month) == (last.year, last.month):
            return self.digits(str(first.day))
        if first.year != last.year:
            return self.long_date(first)
        return self.digits(format_skeleton("MMMMd", first, locale=self._locale))

    def digits(self, text: str) -> str:
        """Return the text with its digits as the language writes them."""
        digits = self.table.get("digits", "")
        return text.translate(str.maketrans(_LATIN_DIGITS, digits)) if digits else text

    @cached_property
    def _zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise TemplateError(
                f"there is no time zone {self.time_zone!r}",
                hint='Set time_zone in newsletter.toml, for example "Europe/Paris".',
            ) from error

    @cached_property
    def _locale(self) -> Locale:
        from babel import Locale, UnknownLocaleError

        wanted = self.code if "-" in self.code else str(self.table.get("locale", self.code))
        for name in (wanted, str(self.table.get("locale", "")), self.code.split("-")[0]):
            try:
                return Locale.parse(name.replace("-", "_"))
            except (UnknownLocaleError, ValueError):
                continue
        raise self._lacks("a `locale` that CLDR knows")

    def _lacks(self, what: str) -> TemplateError:
        return TemplateError(
            f"the language {self.code!r} of the theme lacks {what}",
            hint=f"Add it to languages/{self.code}.toml of the theme.",
        )


def open_language(theme: Theme, code: str, time_zone: str = "UTC") -> Language:
    """Return the theme's words for a language; TemplateError where it has none.

    A language file of the theme itself wins over that of the theme it is based on; a
    file for "pt" serves "pt-BR" too.
    """
    found = best_match(code, known_languages(theme))
    if found is None:
        raise TemplateError(
            f"theme {theme.name!r} has no words for the language {code!r}",
            hint=f"Add templates/{theme.name}/languages/{code}.toml; en.toml shows what it needs.",
        )
    table = theme.tables(f"languages/{found}.toml")
    for key in ("labels", "plurals", "css", "pages"):
        if not isinstance(table.get(key, {}), dict):
            raise TemplateError(f"{key!r} of languages/{found}.toml must be a table: [{key}]")
    return Language(code, table, time_zone)


def known_languages(theme: Theme) -> list[str]:
    """Return the languages that the theme speaks, in alphabetical order."""
    return sorted(
        {
            path.stem
            for name in theme.chain
            for folder in theme.folders
            for path in (folder / name / "languages").glob("*.toml")
        }
    )


def name_of(theme: Theme, code: str) -> str:
    """Return a language's name in itself, as the theme or else CLDR has it."""
    from babel import Locale, UnknownLocaleError

    if best_match(code, known_languages(theme)):
        return open_language(theme, code).name
    try:
        return str(Locale.parse(code.replace("-", "_")).get_display_name() or code)
    except (UnknownLocaleError, ValueError):
        return code


def fill(words: str, values: Mapping[str, str], kind: Callable[[str], str]) -> str:
    """Return the words with each {field} replaced, and nothing else read as a command."""
    pieces = _FIELD.split(words)
    texts = [
        kind(piece) if at % 2 == 0 else values.get(piece, kind(f"{{{piece}}}"))
        for at, piece in enumerate(pieces)
    ]
    return kind("").join(texts)


def _offset(moment: datetime) -> str:
    offset = moment.utcoffset()
    minutes = int(offset.total_seconds()) // 60 if offset else 0
    if not minutes:
        return "UTC"
    sign = "+" if minutes > 0 else "−"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "")
