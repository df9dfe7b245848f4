"""A page saved as plain text: headline, summary and date blocks to items."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from newsletter.errors import SourceNotUnderstoodError
from newsletter.model.content import Item, ItemStatus, Reading
from newsletter.sources.charsets import decode
from newsletter.sources.dates.months import fold
from newsletter.sources.dates.words import ATTRIBUTION
from newsletter.sources.entries import LONG_SUMMARY, MAX_ITEMS, SHORT_SUMMARY, shorten
from newsletter.sources.languages import language_of
from newsletter.sources.pages import absolute
from newsletter.sources.phrases import is_label, is_read_more, word_count
from newsletter.sources.textblocks import Block, blocks_of

if TYPE_CHECKING:
    from newsletter.model.sources import Source

_MAX_BYTES = 2_000_000
_MAX_TITLE = 300
#: Headings over a list of news, in the languages of our sources; "latest" and the like may
#: stand before them.
_NEWS = """
latest news|news|recent news|news and events|news & events|what's new|whats new|announcements|
headlines|latest|latest updates|press releases|recent posts|top stories|latest posts|updates|
actualités|dernières actualités|dernières nouvelles|nouvelles|à la une|communiqués de presse|
toutes les actualités|quoi de neuf|noticias|últimas noticias|novedades|actualidad|
noticias recientes|comunicados|anuncios|aktuelles|aktuelle nachrichten|nachrichten|neuigkeiten|
neuigkeiten und termine|meldungen|aktuelle meldungen|pressemitteilungen|neues|news und termine|
новости|последние новости|объявления|свежие новости|лента новостей|события|анонсы|
الأخبار|أخبار|آخر الأخبار|اخر الاخبار|أحدث الأخبار|المستجدات|الإعلانات|
新闻|最新消息|最新新闻|新闻动态|最新动态|
新闻中心|通知公告|最新資訊|新聞|最新公告|
notizie|ultime notizie|novità|comunicati|in evidenza|notícias|
últimas notícias|novidades|nieuws|laatste nieuws|berichten|aktualności|wiadomości|haberler|
son haberler|duyurular|ニュース|新着情報|お知らせ|最新ニュース|뉴스|공지사항|새소식|
berita|berita terbaru|tin tức|
समाचार|ताज़ा खबर|اخبار|تازہ ترین|خبریں|সংবাদ|সর্বশেষ খবর|
новини|останні новини|nyheter|nyheder|uutiset|
aktuality|novinky|hírek|știri|νέα|ανακοινώσεις
"""
#: Headings after which something else begins.
_OTHER = """
events|upcoming events|calendar|contact|contact us|about|about us|links|related links|see also|
publications|archive|archives|most read|most popular|popular posts|quick links|follow us|
newsletter|subscribe|tags|categories|partners|sponsors|downloads|resources|references|
événements|agenda|calendrier|contactez-nous|à propos|liens|liens utiles|les plus lus|partenaires|
eventos|próximos eventos|calendario|contacto|enlaces|más leídas|lo más leído|socios|
veranstaltungen|termine|kalender|kontakt|über uns|meistgelesen|partner|
мероприятия|календарь|контакты|о нас|ссылки|популярное|самое читаемое|партнёры|партнеры|архив|
الفعاليات|روابط|اتصل بنا|من نحن|الأكثر قراءة|活动|联系我们|关于我们|友情链接|相关链接|热门文章|
eventi|contatti|contato|evenementen|wydarzenia|etkinlikler
"""
_EDGES = " \t:：-–—=#*»«›>|▼▾"


def _phrases(text: str) -> frozenset[str]:
    return frozenset(" ".join(one.split()) for one in text.split("|") if one.strip())


_NEWS_HEADINGS = _phrases(_NEWS)
_OTHER_HEADINGS = _phrases(_OTHER)
_SENTENCE = re.compile(r"[.。;:,؛،।]$")


def read_text(
    body: bytes, source: Source, *, content_type: str = "", base_url: str = "", fetched_at: datetime
) -> Reading:
    """Return the items of a page saved as text.

    A heading such as "Latest news" bounds the list where there is one. Dates inside a
    title or a summary are not the item's date. Raises SourceNotUnderstoodError where no
    list can be made out: better no item than a menu entry.
    """
    text = decode(body[:_MAX_BYTES], content_type)
    language = source.language or language_of(text)
    blocks = blocks_of(text, source, language=language, fetched_at=fetched_at)
    start, end, is_bounded = _region(blocks)
    region = blocks[start:end]
    records = (
        _inline_records(region) or _dated_records(region, is_bounded) or _listed_records(region)
        if is_bounded
        else _inline_records(region) or _dated_records(region, is_bounded)
    )
    items = [
        item
        for record in _without_labels(records)
        if (item := _item(record, source, language, base_url))
    ]
    if not items:
        raise SourceNotUnderstoodError(
            source.name,
            "this text has no list of news that we recognise",
            hint="Save the page as HTML, or put each date on a line of its own.",
        )
    return Reading(source.name, "text", tuple(items[:MAX_ITEMS]), language=language)


def _region(blocks: list[Block]) -> tuple[int, int, bool]:
    """Return where the list begins and ends, and whether a heading says so."""
    total = sum(1 for block in blocks if block.date)
    start, is_bounded = 0, False
    for place, block in enumerate(blocks):
        if _heading(block) in _NEWS_HEADINGS:
            after = sum(1 for one in blocks[place:] if one.date)
            if after * 2 >= total and place + 1 < len(blocks):
                start, is_bounded = place + 1, True
    return start, _end(blocks, start, is_bounded), is_bounded


def _end(blocks: list[Block], start: int, is_bounded: bool) -> int:
    """Return where something else begins; a heading that repeats is a category of items."""
    counts = Counter(_heading(block) for block in blocks[start:])
    for place in range(start + 1, len(blocks)):
        heading = _heading(blocks[place])
        is_other = heading in _OTHER_HEADINGS and counts[heading] == 1
        has_items = place - start > 1 if is_bounded else False
        if is_other and (has_items or any(block.date for block in blocks[start:place])):
            return place
    return len(blocks)


def _heading(block: Block) -> str:
    return block.text.lower().replace("’", "'").strip(_EDGES) if len(block.text) < 60 else ""


def _dated_records(blocks: list[Block], is_bounded: bool) -> list[list[Block]]:
    """Return the blocks of each item, where dates stand on lines of their own."""
    places = [place for place, block in enumerate(blocks) if block.date]
    if not places:
        return []
    lines = Counter(block.paragraph for block in blocks)
    shared = sum(1 for place in places if lines[blocks[place].paragraph] > 1)
    if shared * 10 >= len(places) * 6 and len(lines) > 1:
        return _paragraph_records(blocks, places)
    return _sequence_records(blocks, places, is_bounded)


def _paragraph_records(blocks: list[Block], places: list[int]) -> list[list[Block]]:
    """Return records where title and date share a paragraph; what follows is the summary."""
    dated = {blocks[place].paragraph for place in places}
    records: list[list[Block]] = []
    open_paragraph = -1
    for block in blocks:
        if block.paragraph in dated:
            if block.paragraph != open_paragraph:
                records.append([])
                open_paragraph = block.paragraph
            records[-1].append(block)
        elif records and len(records[-1]) < 4 and not _is_title(block):
            records[-1].append(block)
    return records


def _sequence_records(
    blocks: list[Block], places: list[int], is_bounded: bool
) -> list[list[Block]]:
    gaps = [blocks[one + 1 : other] for one, other in pairwise(places)]
    usual = Counter(map(len, gaps)).most_common(1)[0][0] if gaps else 2
    lead, tail = blocks[: places[0]], blocks[places[-1] + 1 :]
    if not is_bounded or len(lead) > max(usual, 3):
        lead = lead[-usual:] if usual else []
    order = _order(lead, gaps, tail, is_bounded, usual)
    if not order:
        return []
    if order == "before":
        rests = [*gaps, tail[: max(usual, 1)]]
    elif order == "middle":
        titles = [lead[-1:], *(gap[-1:] for gap in gaps)]
        summaries = [*(gap[:-1] for gap in gaps), tail[: max(usual - 1, 1)]]
        rests = [title + summary for title, summary in zip(titles, summaries, strict=True)]
    else:
        rests = [lead, *gaps]
    return [[*rest, blocks[place]] for place, rest in zip(places, rests, strict=True)]


def _order(
    lead: list[Block], gaps: list[list[Block]], tail: list[Block], is_bounded: bool, usual: int
) -> str:
    """Return where the date stands: "before" its item, in the "middle" or "after" it.

    Empty where nothing tells: a wrong date is worse than none.
    """
    if not lead:
        return "before"
    if not tail:
        return "after"
    if _is_middle(lead, gaps, tail):
        return "middle"
    if is_bounded:
        return "after"
    size = max(usual, 1)
    behind, ahead = _likeness(tail[:size]), _likeness(lead[-size:])
    return "before" if behind > ahead else "after" if ahead > behind else ""


def _is_middle(lead: list[Block], gaps: list[list[Block]], tail: list[Block]) -> bool:
    """Say whether gaps read summary, title: the date stands between a title and its summary."""
    full = [gap for gap in gaps if len(gap) >= 2]
    turned = [gap for gap in full if _is_title(gap[-1]) and not _is_title(gap[0])]
    if gaps:
        return bool(full) and len(turned) * 2 > len(full) and _is_title(lead[-1])
    return len(lead) == 1 and _is_title(lead[-1]) and not _is_title(tail[0])


def _likeness(blocks: list[Block]) -> int:
    """Return how much some blocks look like a title and its summary."""
    if not blocks:
        return 0
    score = 2 if _is_title(blocks[0]) else 0
    return score + sum(
        1 for block in blocks[1:] if not _is_title(block) and not is_label(block.text)
    )


def _is_title(block: Block) -> bool:
    text = block.text
    is_address = "@" in text or "©" in text or "://" in text
    is_short = len(text) <= 200 and not _SENTENCE.search(text)
    return is_short and not is_address and not is_label(text)


def _inline_records(blocks: list[Block]) -> list[list[Block]]:
    """Return records of lines that begin or end with their date: "20 May 2016: Panama".

    Empty where what stands beside the dates are authors or categories, not titles.
    """
    dated = [block for block in blocks if block.date]
    titled = [block for block in dated if _is_title_beside(block)]
    names = {block.beside for block in titled}
    is_list = len(titled) > 1 or any(block.is_bullet for block in titled)
    if not is_list or len(titled) * 10 < len(dated) * 6 or len(names) * 10 < len(titled) * 8:
        return []
    records: list[list[Block]] = []
    for block in blocks:
        if block.date:
            day = Block("", block.paragraph, date=block.date)
            records.append([replace(block, text=block.beside, date=None, beside=""), day])
        elif records and len(records[-1]) < 4 and not block.is_bullet and not _is_title(block):
            records[-1].append(block)
    return records


def _is_title_beside(block: Block) -> bool:
    first = fold(block.beside.split(maxsplit=1)[0]) if block.beside else ""
    is_author = first in ATTRIBUTION
    return not is_author and word_count(block.beside) >= 2 and not is_label(block.beside)


def _listed_records(blocks: list[Block]) -> list[list[Block]]:
    """Return records of a bounded list without any dates: bullets, or lines with links."""
    marked = [block for block in blocks if block.is_bullet]
    linked = [block for block in blocks if block.link and _is_title(block)]
    chosen = marked if len(marked) >= 2 else linked if len(linked) >= 2 else []
    return [[block] for block in chosen]


def _without_labels(records: list[list[Block]]) -> list[list[Block]]:
    """Return the records without "read more" and without the categories above titles."""
    kept = [
        [block for block in record if block.date or not is_read_more(block.text)]
        for record in records
    ]
    first = Counter(record[0].text for record in kept if record and not record[0].date)
    return [
        record[1:]
        if len(record) > 2
        and not record[0].date
        and (first[record[0].text] > 1 or is_label(record[0].text))
        and len(record[0].text.split()) <= 3
        else record
        for record in kept
    ]


def _item(record: list[Block], source: Source, language: str, base_url: str) -> Item | None:
    day = next((block.date for block in record if block.date), None)
    texts = [block for block in record if not block.date and block.text]
    if not texts or len(texts[0].text) > _MAX_TITLE or is_label(texts[0].text):
        return None
    link = next((block.link for block in record if block.link), "")
    summary = " ".join(block.text for block in texts[1:4])
    if len(summary) > LONG_SUMMARY:
        summary = shorten(summary, SHORT_SUMMARY)
    return Item(
        title=texts[0].text,
        link=absolute(link, base_url) if link else "",
        date=day,
        summary=summary,
        language=language,
        source=source.name,
        section=source.section,
        status=ItemStatus.NEW if day is not None and day.is_full else ItemStatus.UNDATED,
    )
