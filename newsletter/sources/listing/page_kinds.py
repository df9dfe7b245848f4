"""What a page's address, title and main heading say it is: news, or certainly something else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from newsletter.sources.pages import clean
from newsletter.sources.phrases import words_in

if TYPE_CHECKING:
    from newsletter.sources.pages import Page

_NEWS = """
news newsroom blog blogs press release releases article articles post posts stories announcement
announcements latest updates event events headlines magazine journal actualité actualités actualite
actualites actu actus nouvelles communiqué communiqués presse agenda noticia noticias novedades
actualidad prensa comunicado comunicados eventos notícia notícias novidades imprensa artigos aktuell
aktuelles neuigkeiten nachrichten meldungen pressemitteilungen veranstaltungen termine beiträge
notizie notizia novità comunicati eventi articoli nieuws berichten actueel nyheter nyheder uutiset
aktualności aktualnosci wiadomości wiadomosci wydarzenia aktuality novinky zprávy hírek aktuális
noutăți noutati știri stiri haber haberler duyurular berita artikel naujienos jaunumi uudised
vijesti vesti novosti
"""
_NEWS_STEMS = """
новост новин вести события публикац блог анонс статьи νέα ειδήσεις ανακοινώσεις أخبار اخبار خبر
مستجدات חדשות সংবাদ খবর समाचार खबर செய்தி వార్త വാർത്ത ข่าว 新闻 新聞 资讯 資訊 动态 公告 消息 通知
ニュース お知らせ 新着 ブログ 뉴스 소식 공지 보도
"""
_OTHER = """
contact contacts contactus login signin register registration registrati password lostpassword
forgot search suche checkout cart basket faq faqs help privacy terms imprint impressum 404
subscribe unsubscribe account auth kontakt kontakty contatti contacto contato contactez inscription
connexion registro anmelden anmeldung rejestracja logowanie iletisim iletişim passwort
"""
_OTHER_STEMS = """
контакты регистрация авторизация поиск تسجيل 联系我们 登录 注册 お問い合わせ ログイン
"""
#: Pages about people, and what readers write to one another.
_PEOPLE = """
staff team people faculty personnel members mitarbeiter mitarbeiterinnen équipe equipo equipe
personale pracownicy personel προσωπικό
"""
_PEOPLE_STEMS = """
сотрудники преподаватели 师资 師資 教职工 スタッフ 教職員 교직원 교수진
"""
_FORUM = "forum forums viewforum viewtopic forumdisplay showthread memberlist bbs phpbb"
_WORD = re.compile(r"[^\W_]+")


def _pattern(words: str, stems: str) -> re.Pattern[str]:
    whole = "|".join(map(re.escape, sorted(words_in(words))))
    parts = "|".join(map(re.escape, sorted(words_in(stems))))
    return re.compile(rf"\b(?:{whole})\b|{parts}", re.I)


_NEWS_PATTERN = _pattern(_NEWS, _NEWS_STEMS)
_OTHER_PATTERN = _pattern(_OTHER, _OTHER_STEMS)
_PEOPLE_PATTERN = _pattern(_PEOPLE, _PEOPLE_STEMS)
_FORUM_PATTERN = re.compile(rf"(?:^|\b)(?:{'|'.join(words_in(_FORUM))})\b", re.I)


def kind_points(page: Page) -> float:
    """Return what the page's own words say for (positive) or against its listing news."""
    path = unquote(urlsplit(page.url).path + " " + urlsplit(page.url).query)[:300]
    headings = [clean(node.text_content())[:80] for node in page.tree.iter("h1")][:1]
    # The site's name stands in most titles: "Daily News - Contact"; its first part is the page.
    title = re.split(r"\s[-–—|·:»]\s", page.title)[0][:80]
    words = re.sub(r"[/_.+-]", " ", path)
    # "Search" names a search page; "The search for the lost maps" does not.
    names = [text for text in (title, *headings) if len(_WORD.findall(text)) <= 4]
    if _OTHER_PATTERN.search(words) or any(_OTHER_PATTERN.search(text) for text in names):
        return -4.0
    if any(_PEOPLE_PATTERN.search(text) and not _NEWS_PATTERN.search(text) for text in names):
        return -5.0
    if _FORUM_PATTERN.search(words) or (urlsplit(page.url).hostname or "").startswith("forum"):
        return -8.0
    # A long first part is an article's own title; what follows it is the site's name.
    named = page.title if len(_WORD.findall(title)) < 6 else ""
    texts = (words, named, *headings)
    return 1.5 if any(_NEWS_PATTERN.search(text) for text in texts) else 0.0
