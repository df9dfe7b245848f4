"""Which language a page is written in, whatever its system's default claims."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

#: Commonest short words; a handful per language tells the Latin languages apart.
_WORDS = {
    "en": "the of and to in is for on with that this are by from at as be it",
    "fr": "le la les des du de et en est une un dans pour sur au aux par qui que avec ce",
    "es": "el la los las de del y en que un una por con para se es al su como más",
    "pt": "o a os as de do da dos das e em no na que um uma por com para se ao mais",
    "it": "il la lo gli di del della dei e in che un una per con si è al nel sono alla",
    "de": "der die das und in den von zu mit für auf ist im dem ein eine des sich nicht am",
    "nl": "de het een en van in op te is dat voor met zijn aan door naar bij ook om niet",
    "pl": "w i na z do nie się że jest to o od dla po przez oraz za są jak ze",
    "cs": "a v na se je že o s z do pro od po jako ve k za jsou byl při",
    "sv": "och i att det som en på är av för med den till har om inte ett från vid",
    "da": "og i at det en på er af for med den til har om ikke et der fra som",
    "no": "og i at det en på er av for med den til har om ikke et som fra ved",
    "fi": "ja on ei että se oli mutta kun ovat joka myös hän mukaan kuin vuoden sekä",
    "hu": "a az és egy hogy nem is meg van volt ez csak már mint vagy ki",
    "ro": "și de la în cu a pe din un o că nu pentru este care mai prin sau",
    "tr": "ve bir bu için ile de da olarak olan çok daha gibi sonra kadar en",
    "id": "yang dan di untuk dengan dari ini itu pada dalam tidak akan ke oleh",
    "vi": "và của các là trong cho được có những một với không người này",
}
_STOP_WORDS = {language: frozenset(words.split()) for language, words in _WORDS.items()}
#: First word of a character's Unicode name -> language usually written so.
_SCRIPTS = {
    "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "CJK": "zh", "BENGALI": "bn",
    "DEVANAGARI": "hi", "TAMIL": "ta", "TELUGU": "te", "GUJARATI": "gu", "GURMUKHI": "pa",
    "KANNADA": "kn", "MALAYALAM": "ml", "SINHALA": "si", "THAI": "th", "LAO": "lo",
    "KHMER": "km", "MYANMAR": "my", "GEORGIAN": "ka", "ARMENIAN": "hy", "HEBREW": "he",
    "GREEK": "el", "ETHIOPIC": "am", "CYRILLIC": "ru", "ARABIC": "ar",
}  # fmt: skip
#: Languages that share a script with another; a declaration among them is believed.
_SHARERS = {
    "ru": "ru uk bg be mk sr kk ky tg mn tt ba cv ab os ce sah",
    "ar": "ar fa ur ps ug sd ku ckb",
    "hi": "hi mr ne sa bho mai",
    "bn": "bn as",
    "zh": "zh ja yue",
    "he": "he iw yi",
    "am": "am ti",
}
_SAME_SCRIPT = {script: frozenset(tags.split()) for script, tags in _SHARERS.items()}
_LETTERS_OF_OTHERS = (
    ("ru", "uk", "іїєґ"),
    ("ar", "ur", "ےٹڈڑں"),
    ("ar", "fa", "پچگژی"),
)
_WORD = re.compile(r"[^\W\d_]+")
#: Enough to tell; more would only cost time.
_SAMPLE_CHARACTERS = 20_000


def language_of(text: str, declared: str = "") -> str:
    """Return the language of a text as a BCP 47 tag; empty where nothing tells.

    The declared one is kept unless the text clearly contradicts it: systems say "en-US"
    by default and many a Bengali page never changed that.
    """
    primary, *rest = declared.strip().replace("_", "-").split("-")
    primary = primary.lower()
    declared = "-".join((primary, *rest))
    sample = text[:_SAMPLE_CHARACTERS]
    script = _script_language(sample)
    if script:
        same = _SAME_SCRIPT.get(script, frozenset((script,)))
        return declared if primary in same else _refined(script, sample)
    return _latin_language(sample, declared)


def _script_language(sample: str) -> str:
    """Return the language of the script most letters are in; empty for Latin."""
    letters = [character for character in sample if character > "\x7f" and character.isalpha()]
    plain = sum(1 for character in sample if character.isascii() and character.isalpha())
    counts: Counter[str] = Counter()
    for character, count in Counter(letters).items():
        counts[_SCRIPTS.get(unicodedata.name(character, "").split(" ")[0], "")] += count
    del counts[""]
    if not counts:
        return ""
    if counts["ja"] * 10 > counts["zh"]:
        counts["ja"] += counts.pop("zh", 0)
    best, count = counts.most_common(1)[0]
    # Ideographs say more per character than letters do.
    weight = 3 if best in {"zh", "ja", "ko"} else 1
    return best if count * weight > plain * 0.7 else ""


def _refined(script: str, sample: str) -> str:
    for base, language, letters in _LETTERS_OF_OTHERS:
        if script == base and sum(sample.count(letter) for letter in letters) * 200 > len(sample):
            return language
    return script


def _latin_language(sample: str, declared: str) -> str:
    """Return the declared language unless another one's small words are far more frequent."""
    primary = declared.split("-")[0].lower()
    words = _WORD.findall(sample.lower())
    scores = {name: sum(1 for w in words if w in known) for name, known in _STOP_WORDS.items()}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] < 12:
        return declared
    if not declared:
        return best
    is_contradicted = primary in scores and scores[best] > 2 * scores[primary] + 10
    return best if is_contradicted else declared
