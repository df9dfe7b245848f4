"""Bytes of a web page to text, whatever its charset is said to be or really is."""

from __future__ import annotations

import codecs
import re
from collections.abc import Container

#: What the web means by a label is not always what the label's standard says
#: (WHATWG Encoding, section 4.2).
_WEB_LABELS = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "chinese": "gb18030",
    "big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ksc5601": "cp949",
    "windows-949": "cp949",
    "x-mac-cyrillic": "mac_cyrillic",
    "unicode": "utf-8",
    "utf8": "utf-8",
    "utf-16": "utf-8",  # a page whose declaration can be read byte by byte is not UTF-16
    "utf-16le": "utf-8",
    "utf-16be": "utf-8",
    "x-user-defined": "cp1252",
}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: Browsers look for a declaration in the first 1024 bytes; real pages put it later too.
_HEAD_BYTES = 8192
#: Enough text to tell charsets apart.
_SAMPLE_BYTES = 60_000
_DECLARED = re.compile(rb"""<meta[^>]{0,300}?charset\s*=\s*["']?\s*([\w.:-]+)""", re.I)
_XML_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]+)""", re.I)
_HEADER = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]+)""", re.I)
_TAGS = re.compile(rb"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.I | re.S)
_MIXED = re.compile(rb"[A-Za-z](?=[\x80-\xff])|[\x80-\xff](?=[A-Za-z])")
_LANGUAGE = re.compile(rb"""<html[^>]{0,300}?\blang\s*=\s*["']?([a-z]{2,3})""", re.I)

#: Charset -> the commonest letters of what is written in it. Only the commonest: read in the
#: wrong charset, Greek gives Cyrillic letters too, but not the ones that make up Russian.
_LETTERS = {
    "cp1251": "оеаинтсрвлкміъ",
    "koi8_u": "оеаинтсрвлкміъ",
    "iso8859_5": "оеаинтсрвлкміъ",
    "cp866": "оеаинтсрвлкм",
    "cp1256": "اليمنتربوعدسفهكةیکپ",
    "cp1255": "יולהמארבתשנ",
    "cp1253": "αοιετσνηυρκίό",
    "cp874": "านรกเงอมยลวดทสต่้ัี",
}
_ACCENTS = {
    "cp1252": "éèàçùâêîôûëïüöäßñáíóúãõøåæœÉÀÇÖÜÄÑ¿¡«»ºª°“”’‘–…€·©®\xa0",
    "cp1250": "ąćęłńóśźżěščřžýáíéůúďťňőűöüäșțăâî„”“’–…\xa0",
    "cp1254": "ışğçöüİŞĞÇÖÜâî“”’‘–…\xa0",
}
_IDEOGRAPHS = {
    "gb18030": "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动工"
    "也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都"
    "两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新"
    "线内数正心反你明看原又么利比或但质气第向道此变条只没结解问意建月公系军很情者最立代想已通市闻"
    "，。、：“”（）《》",
    "big5hkscs": "的一是在不了有和人這中大為上個國我以要他時來用們生到作地於出就分對成會可主發年動"
    "工也能下過子說產種面而方後多定行學法所民得經十三之進著等部度家電力裡如水化高自二理起小物現實加"
    "量都兩體制機當使點從業本去把性好應開它合還因由其些然前外天政四日那社義事平形相全表間樣與關各"
    "重新市聞，。、：「」（）",
}
_KANA = frozenset(chr(point) for point in range(0x3041, 0x30FF)) | set("、。「」・年月日")
#: KS X 1001 has the 2,350 syllables that are really written; all of Hangul is 11,172.
_HANGUL = frozenset(chr(point) for point in range(0xAC00, 0xD7A4))
#: Language -> charset its old pages were written in, where the text alone does not decide.
_BY_LANGUAGE = {
    **dict.fromkeys(("ru", "uk", "bg", "be", "mk", "sr", "kk", "ky", "tg", "mn"), "cp1251"),
    **dict.fromkeys(("ar", "fa", "ur", "ps", "ug"), "cp1256"),
    **dict.fromkeys(("he", "iw", "yi"), "cp1255"),
    **dict.fromkeys(("pl", "cs", "sk", "hu", "hr", "sl", "ro", "bs", "sq"), "cp1250"),
    **dict.fromkeys(("lt", "lv", "et"), "cp1257"),
    "el": "cp1253",
    "tr": "cp1254",
    "az": "cp1254",
    "th": "cp874",
    "vi": "cp1258",
    "zh": "gb18030",
    "ja": "cp932",
    "ko": "cp949",
}


def decode(body: bytes, content_type: str = "") -> str:
    """Return the text of a page; never fails.

    A byte order mark decides; then text that is valid UTF-8 (other charsets practically
    never look like it, while pages re-saved as UTF-8 often keep an old declaration); then
    the charset of the header, of the page, and at last what the text itself looks like.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, errors="replace")
    declared = _declared(body, content_type)
    if b"\x1b$" in body and (declared[:1] == ["iso2022_jp"] or body.isascii()):
        return body.decode("iso2022_jp_3", errors="replace")
    if _looks_like_utf16(body):
        return body.decode(_looks_like_utf16(body), errors="replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    for name in (*declared, "utf-8"):
        if (text := _decode_nearly(body, name)) is not None:
            return text
    return body.decode(_guess(body), errors="replace")


def _declared(body: bytes, content_type: str) -> list[str]:
    """Return the codecs that header, page and XML declaration name, in that order."""
    labels = [match.group(1) for match in [_HEADER.search(content_type)] if match]
    head = body[:_HEAD_BYTES]
    for pattern in (_DECLARED, _XML_DECLARED):
        if match := pattern.search(head):
            labels.append(match.group(1).decode("ascii"))
    names = [_codec(label) for label in labels]
    return list(dict.fromkeys(name for name in names if name))


def _codec(label: str) -> str:
    label = label.strip().lower()
    try:
        info = codecs.lookup(_WEB_LABELS.get(label, label))
    except LookupError:
        return ""
    # `hex`, `rot13` and friends are Python codecs too, but no charsets.
    is_charset: bool = getattr(info, "_is_text_encoding", True)
    return info.name if is_charset and info.name not in {"idna", "punycode", "utf-7"} else ""


def _looks_like_utf16(body: bytes) -> str:
    """Return the UTF-16 flavour of a page without a mark; empty for anything else."""
    head = body[:400]
    if len(head) < 40:
        return ""
    if head[1::2].count(0) > len(head) * 0.4 and head[0::2].count(0) == 0:
        return "utf-16-le"
    if head[0::2].count(0) > len(head) * 0.4 and head[1::2].count(0) == 0:
        return "utf-16-be"
    return ""


def _decode_nearly(body: bytes, name: str) -> str | None:
    """Return the text if the charset fits but for a few broken characters."""
    text = body.decode(name, errors="replace")
    broken = text.count("\ufffd")
    foreign = sum(1 for byte in body[:_SAMPLE_BYTES] if byte >= 0x80) or 1
    if len(body) > _SAMPLE_BYTES:
        foreign = foreign * len(body) // _SAMPLE_BYTES + 1
    # cp1252 text read as UTF-8 breaks at every accent; one cut character in a page does not.
    return text if broken * 20 <= foreign else None


def _guess(body: bytes) -> str:
    """Return the codec in which the text looks most like writing."""
    sample = _TAGS.sub(b" ", body[: _SAMPLE_BYTES * 8])
    sample = b" ".join(word for word in sample.split() if not word.isascii())[:_SAMPLE_BYTES]
    scores = _scores(sample)
    best = max(scores, key=lambda name: scores[name])
    match = _LANGUAGE.search(body[:_HEAD_BYTES])
    hint = _BY_LANGUAGE.get(match.group(1).decode("ascii").lower() if match else "", "")
    if best in _ACCENTS and (hint in _ACCENTS or hint in {"cp1257", "cp1258"}):
        return hint
    return best if scores[best] >= 0.4 else hint or "cp1252"


def _scores(sample: bytes) -> dict[str, float]:
    """Return how much the sample looks like writing in each codec, from 0 to about 1."""
    foreign = sum(1 for byte in sample if byte >= 0x80) or 1
    # Accents stand beside ASCII letters; the letters of other scripts stand together.
    mixed = min(1.0, len(_MIXED.findall(sample)) / foreign)
    scores = {n: _share(sample, n, t) * min(1.0, mixed * 2.5) for n, t in _ACCENTS.items()}
    # A dozen letters make up three quarters of any alphabet's text.
    scores |= {n: _share(sample, n, t) * (1 - mixed) / 0.8 for n, t in _LETTERS.items()}
    # 200 ideographs make up about half of any Chinese text.
    scores |= {n: _share(sample, n, t) / 0.55 for n, t in _IDEOGRAPHS.items()}
    scores |= {name: _share(sample, name, _KANA) / 0.6 for name in ("cp932", "euc_jp")}
    return scores | {"cp949": _share(sample, "euc_kr", _HANGUL)}


def _share(sample: bytes, name: str, typical: Container[str]) -> float:
    foreign = [c for c in sample.decode(name, errors="replace") if c >= "\x80"]
    good = sum(1 for c in foreign if c in typical)
    broken = sum(1 for c in foreign if c == "\ufffd" or c < "\xa0")
    # One broken character weighs like ten: the right charset has next to none.
    return max(0.0, good - 10 * broken) / (len(foreign) or 1)
