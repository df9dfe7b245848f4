"""What a number in a text is, judged by the tokens beside it."""

from __future__ import annotations

from newsletter.sources.dates.rules import DateRules
from newsletter.sources.dates.tokens import Token, is_east_asian
from newsletter.sources.dates.words import (
    CONNECTORS,
    COUNTERS,
    JOINERS,
    JOINING_SIGNS,
    NOISE,
    ORDINALS,
    OTHER_DAY,
    PUBLISHED,
    UPDATED,
)


class Neighbours:
    """The tokens of one text and what can be told of each from those around it."""

    def __init__(self, tokens: list[Token], rules: DateRules) -> None:
        self.tokens = tokens
        self.rules = rules

    def connects(self, at: int) -> bool:
        """Say whether a token may stand between a day and its month, or a month and its year."""
        token = self.tokens[at]
        if token.kind == "w":
            return token.text in CONNECTORS or (token.gap == 0 and token.text in ORDINALS)
        if token.kind != "p":
            return False
        if token.text in {"-", "/"}:
            return token.gap == 0 and at + 1 < len(self.tokens) and self.tokens[at + 1].gap == 0
        return (token.text in {".", "'", "°", ")"} and token.gap == 0) or token.text == "'"

    def leads_on(self, at: int) -> bool:
        """Say whether a token may stand between a month and what comes after it."""
        return self.connects(at) or self.tokens[at].text == ","

    def is_day(self, at: int) -> bool:
        """Say whether the token is a number from 1 to 31."""
        token = self.tokens[at]
        return token.kind == "n" and len(token.text) <= 2 and 1 <= token.value <= 31

    def is_hours(self, at: int) -> bool:
        """Say whether a time of day begins here: 14:05, 14h05, 14 Uhr."""
        if at + 1 >= len(self.tokens) or len(self.tokens[at].text) > 2:
            return False
        following = self.tokens[at + 1]
        if following.text == ":":
            return following.gap == 0
        return following.text in {"h", "uhr", "am", "pm", "час", "часов"}

    def is_minutes(self, at: int) -> bool:
        """Say whether the number is the second part of a time of day."""
        before = self.tokens[at - 1] if at else None
        return before is not None and self.tokens[at].gap == 0 and before.text in {":", "h"}

    def is_amount(self, at: int) -> bool:
        """Say whether it is 20,000 or 3.5 or 20 %."""
        rest = self.tokens[at + 1 : at + 3]
        if rest and rest[0].text in {"%", "€", "$", "£"}:
            return True
        return (
            len(rest) == 2
            and rest[0].text in {",", "."}
            and rest[0].gap == rest[1].gap == 0
            and rest[1].kind == "n"
            and len(rest[1].text) != 4
        )

    def is_attached(self, at: int) -> bool:
        """Say whether the number is the end of something longer: v20, 3.20, $20, #20."""
        token, before = self.tokens[at], self.tokens[at - 1] if at else None
        if before is None or before.text in {"#", "№", "$", "€", "£"}:
            return before is not None
        if token.gap:
            return False
        if before.kind in "wm":
            # Arabic writes "and", "in", "to" as one letter touching the number.
            return not (is_east_asian(before.text[-1]) or len(before.text) == 1)
        return (
            before.text in {".", ",", ":", "%", "+", "_"}
            and at > 1
            and (self.tokens[at - 2].kind == "n" and before.gap == 0)
        )

    def is_counted(self, at: int) -> bool:
        """Say whether the word before counts something: issue 5, no. 5, page 5."""
        before = at - 1
        while before >= 0 and at - before <= 2 and self.tokens[before].text in {".", "°", "º"}:
            before -= 1
        return before >= 0 and self.tokens[before].text in COUNTERS

    def after_ordinal(self, at: int) -> int:
        """Return the place after "th", "er", "-го" or "º" where one touches the number before."""
        tokens = self.tokens
        if at < len(tokens) and tokens[at].gap == 0:
            if tokens[at].text in ORDINALS or tokens[at].text in {"°", "º"}:
                return at + 1
            if tokens[at].text == "-" and at + 1 < len(tokens) and tokens[at + 1].text in ORDINALS:
                return at + 2
        return at

    def is_joiner(self, at: int) -> bool:
        """Say whether the token can join the first and the last day of a range."""
        token = self.tokens[at]
        return token.text in JOINING_SIGNS or (token.kind != "n" and token.text in JOINERS)

    def range_start(self, at: int) -> int:
        """Return where "17-23 April" or "с 5 по 6 мая" begins, or `at` for a single day."""
        before = at - 1
        while before > 0 and self.tokens[before].text in self.rules.weekdays:
            before -= 1
        if before < 1 or not self.is_joiner(before):
            return at
        start = before - 1
        while start > 0 and before - start <= 2 and self.closes_day(start):
            start -= 1
        if not self.is_day(start) or self.is_minutes(start):
            return at
        if self.is_attached(start) and self.tokens[start - 1].text in {".", ",", ":"}:
            return at
        return start if self.tokens[start].value < self.tokens[at].value else at

    def closes_day(self, at: int) -> bool:
        """Say whether the token is the sign or ordinal that ends a day: 17. or 1er."""
        token = self.tokens[at]
        return token.gap == 0 and (token.text in {".", "°", "º"} or token.text in ORDINALS)

    def range_end(self, day: int, at: int) -> tuple[int, bool]:
        """Return where "April 17-23" ends and whether it is a range."""
        if at + 1 < len(self.tokens) and self.is_joiner(at):
            second = at + 1
            if (
                self.is_day(second)
                and not self.is_hours(second)
                and self.tokens[second].value > self.tokens[day].value
                and not self.month_follows(second + 1)
            ):
                return self.after_ordinal(second + 1), True
        return at, False

    def month_follows(self, at: int) -> bool:
        """Say whether the day before belongs to a month of its own."""
        end = min(at + 3, len(self.tokens))
        while at < end and self.connects(at):
            at += 1
        return at < len(self.tokens) and self.tokens[at].kind == "m"

    def goes_on(self, at: int) -> bool:
        """Say whether a number is the first part of "2016-17", "2016/17" or "2016.5"."""
        tokens = self.tokens
        return (
            at + 2 < len(tokens)
            and tokens[at + 1].text in {"-", "/", "."}
            and tokens[at + 1].gap == tokens[at + 2].gap == 0
            and tokens[at + 2].kind == "n"
            and len(tokens[at + 2].text) in {1, 2, 4}
            and tokens[at + 1].text != "."
            and not self.is_hours(at + 2)
        )

    def weekdays_beside(self, first: int, last: int) -> list[frozenset[int]]:
        """Return what the weekdays written right before and after a date can mean."""
        before, after = first - 1, last
        while before >= 0 and first - before <= 4 and self.passes(before):
            before -= 1
        while after < len(self.tokens) and after - last <= 3 and self.passes(after):
            after += 1
        named = [self.weekdays_at(at) for at in (before, after) if 0 <= at < len(self.tokens)]
        return [days for days in named if days]

    def passes(self, at: int) -> bool:
        """Say whether a weekday may stand on the other side of the token."""
        return self.tokens[at].text in {
            ",", ".", "(", "-", "'", "the", "le", "el", "den", "der", "dem", "il", "l", "feira",
            "г", "года", "de", "o",
        }  # fmt: skip

    def weekdays_at(self, at: int) -> frozenset[int]:
        """Return the weekdays that the token surely names; none where it may be another word."""
        token = self.tokens[at]
        days = self.rules.weekdays.get(token.text)
        if token.kind == "n" or days is None:
            return frozenset()
        following = self.tokens[at + 1].text if at + 1 < len(self.tokens) else ""
        is_sure = len(token.text) > 4 or following in {".", ","} or not token.text.isascii()
        return days if is_sure or self.rules.language or len(days) == 1 else frozenset()

    def is_small(self, at: int) -> bool:
        """Say whether the token may stand beside a joiner without changing what is joined."""
        token = self.tokens[at]
        return token.text in {".", ",", "the", "le", "den"} or token.text in self.rules.weekdays

    def is_edge(self, at: int) -> bool:
        """Say whether a date can begin or end beside the token."""
        token = self.tokens[at]
        if token.kind == "p":
            return token.text not in {"%", "$", "€", "£", "'", "#", "&", "+"}
        is_label = token.text in PUBLISHED or token.text in UPDATED or token.text in OTHER_DAY
        return is_label or token.text in NOISE or token.text in self.rules.weekdays
