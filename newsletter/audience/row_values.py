"""What the cells of a list mean: statuses, yes and no, languages, names, cells made safe."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache

from newsletter.audience.addresses import clean_name
from newsletter.model.people import SubscriptionStatus, SuppressionReason

Standing = tuple[SubscriptionStatus, SuppressionReason | None]

WRITTEN_TO: Standing = (SubscriptionStatus.CONFIRMED, None)
WAITS: Standing = (SubscriptionStatus.UNCONFIRMED, None)
LEFT: Standing = (SubscriptionStatus.UNSUBSCRIBED, None)
CAME_BACK: Standing = (SubscriptionStatus.CONFIRMED, SuppressionReason.BOUNCED)
COMPLAINED: Standing = (SubscriptionStatus.UNSUBSCRIBED, SuppressionReason.COMPLAINED)
ASKED: Standing = (SubscriptionStatus.UNSUBSCRIBED, SuppressionReason.ASKED)
BARRED: Standing = (SubscriptionStatus.UNSUBSCRIBED, SuppressionReason.MANUAL)

_STATUS_WORDS: dict[Standing, str] = {
    WRITTEN_TO: "active, enabled, subscribed, confirmed, member, opted in, opted-in, yes, ok, mail,"
    " normal, digest, abonné, abonnée, inscrit, inscrite, actif, active, angemeldet, abonniert,"
    " aktiv, bestätigt, suscrito, suscrita, activo, activa, подписан, подписана, активен, активный,"
    " مشترك, مشتركة, نشط, 已订阅, 订阅, 活跃, 已訂閱",
    WAITS: "unconfirmed, pending, waiting, nonsubscribed, non-subscribed, transactional,"
    " not confirmed, en attente, non confirmé, ausstehend, unbestätigt, pendiente, sin confirmar,"
    " не подтвержден, ожидает, غير مؤكد, قيد الانتظار, 未确认, 待确认",
    LEFT: "unsubscribed, disabled, inactive, opted out, opted-out, opt-out, left, removed, nomail,"
    " archived, désabonné, désabonnée, désinscrit, désinscrite, inactif, abgemeldet, ausgetragen,"
    " inaktiv, dado de baja, baja, desuscrito, inactivo, отписан, отписана, отписался, отписалась,"
    " неактивен, ألغى الاشتراك, غير مشترك, غير نشط, 已退订, 退订, 取消订阅, 未订阅, 已取消訂閱",
    CAME_BACK: "cleaned, bounced, bounce, hard bounced, hard bounce, hardbounced, unreachable,"
    " undeliverable, invalid, nettoyé, rejeté, bereinigt, unzustellbar, rebotado, недоставлено,"
    " مرتد, 退信",
    COMPLAINED: "complained, complaint, spam, abuse, reported, plainte, beschwerde, queja, жалоба,"
    " شكوى, 投诉",
    ASKED: "asked, do not contact, do not email",
    BARRED: "manual, blocked, blocklisted, suppressed, banned, bloqué, gesperrt, bloqueado,"
    " заблокирован, محظور, 已屏蔽",
}
_CARE = (
    SubscriptionStatus.CONFIRMED,
    SubscriptionStatus.UNCONFIRMED,
    SubscriptionStatus.UNSUBSCRIBED,
)
_STATUSES = {
    word.strip(): standing for standing, words in _STATUS_WORDS.items() for word in words.split(",")
}
_NO_WORDS = "0 no false n f off never none null nil - -- non faux nein falsch нет لا 否 不 n/a"
_NO = frozenset(_NO_WORDS.split())
# Dates of nothing, as databases export them.
_NO_DATE = re.compile(r"[0\s:.\-/T]+")

#: The seven languages of the newsletter and some neighbours, by the names people write.
_LANGUAGE_NAMES = {
    "en": "eng english anglais inglés ingles englisch"
    " английский الإنجليزية الانجليزية 英语 英文 英語",
    "fr": "fra fre french français francais francés"
    " frances französisch французский الفرنسية 法语 法文",
    "es": "spa esp spanish español espanol"
    " espagnol castellano spanisch испанский الإسبانية 西班牙语",
    "de": "deu ger german deutsch allemand alemán aleman немецкий الألمانية 德语 德文",
    "ru": "rus russian русский russe ruso russisch الروسية 俄语 俄文",
    "ar": "ara arabic العربية عربي عربية arabe árabe arabisch арабский 阿拉伯语",
    "zh": "zho chi chinese 中文 汉语 简体中文 chinois chino chinesisch китайский الصينية mandarin",
    "zh-Hant": "繁體中文 繁体中文",
    "pt": "portuguese português portugues portugais portugués portugiesisch португальский",
    "it": "italian italiano italien italienisch итальянский",
    "nl": "dutch nederlands néerlandais niederländisch",
    "ja": "japanese 日本語 日语",
}
_LANGUAGES = {name: code for code, names in _LANGUAGE_NAMES.items() for name in names.split()}
_TAG = re.compile(r"([A-Za-z]{2})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?(?:[.@].*)?")
_IDEOGRAPHS = re.compile(r"[\u3400-\u9fff\uac00-\ud7af]+")

#: What a spreadsheet takes for a formula, behind any number of apostrophes that protect it.
_PROTECTED = re.compile(r"'+[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_RISKY = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


@lru_cache(maxsize=1000)
def read_status(word: str) -> Standing | None:
    """Return how a person stands by a status word; None: the word is not one."""
    word = word.strip().casefold()
    if re.fullmatch(r"black\s*listed", word):
        return BARRED
    return _STATUSES.get(word)


def read_suppression(word: str) -> Standing:
    """Return the standing that our own export's column of suppressions gives."""
    found = read_status(word)
    return (SubscriptionStatus.CONFIRMED, found[1]) if found else WRITTEN_TO


def most_careful(said: Iterable[Standing]) -> Standing:
    """Return what counts of all that is said of one person: the most careful of it."""
    statuses, suppressions = zip(*said, strict=True)
    return max(statuses, key=_CARE.index), next(filter(None, suppressions), None)


def says_no(cell: str) -> bool:
    """Say whether a cell of yes and no says no; empty, zero and a date of nothing do."""
    word = cell.strip().casefold()
    return not word or word in _NO or _NO_DATE.fullmatch(word) is not None


@lru_cache(maxsize=1000)
def read_language(cell: str) -> str:
    """Return the BCP 47 tag of "French", "fr_CA.UTF-8" or "العربية"; empty: not understood."""
    word = cell.strip()
    if named := _LANGUAGES.get(word.casefold()):
        return named
    found = _TAG.fullmatch(word)
    if found is None:
        return ""
    language, script, region = found.groups()
    parts = (language.lower(), script and script.title(), region and region.upper())
    return "-".join(part for part in parts if part)


def join_names(first: str, last: str) -> str:
    """Return the whole name of its two halves, in the order of its script."""
    first, last = clean_name(first), clean_name(last)
    if first and last and _IDEOGRAPHS.fullmatch(first) and _IDEOGRAPHS.fullmatch(last):
        return last + first
    if first.casefold() in last.casefold().split():
        # "Given Name" beside a "Name" that is the whole one, as Google exports contacts.
        return last
    return f"{first} {last}".strip()


def read_attributes(cell: str) -> dict[str, str] | None:
    """Return the members of a JSON object as texts; None: the cell is no such object."""
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    return {str(name): _as_text(value) for name, value in found.items() if value is not None}


def clean_cell(cell: str) -> str:
    """Return a cell as it was meant: a protecting apostrophe and stray spaces taken off."""
    if cell.isprintable() and cell[:1] != "'":
        return cell.strip()
    if _PROTECTED.match(cell):
        cell = cell[1:]
    return _FORBIDDEN.sub("", cell).strip()


def protect_cell(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; `clean_cell` gives it back.

    A file of addresses is opened in a spreadsheet sooner or later, and what strangers
    wrote into a form must not run there (CSV injection).
    """
    return f"'{cell}" if _RISKY.match(cell) else cell


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
