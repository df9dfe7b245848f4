"""What people write on links and labels that is no news, in many languages."""

from __future__ import annotations

import re

#: Texts of links that lead to the whole text: never a title.
_READ_MORE = """
read more|read on|more|more info|more information|learn more|find out more|see more|view more|view|
show more|continue reading|continue|keep reading|full story|full article|read full story|details|
view details|read article|read the article|read post|read story|go to article|click here|here|link|
more details|read the full story|view post|view article|see details|discover more|open|visit|
read the rest of this entry|permalink|permanent link|tickets|register|register now|buy tickets|
en savoir plus|lire la suite|lire plus|lire|suite|la suite|plus|plus d'infos|plus d'informations|
plus de détails|voir|voir plus|voir la suite|lire l'article|voir l'article|savoir plus|détails|
ver más|ver mas|leer más|leer mas|leer|más|mas|más información|mas informacion|seguir leyendo|
sigue leyendo|continuar leyendo|continúa leyendo|ampliar|saber más|leer nota|leer noticia|
leer artículo|ver noticia|leer más...|ver detalles|leia mais|ler mais|saiba mais|mais|
mais informações|continue lendo|continuar a ler|continuar lendo|ver mais|leia|ler artigo|
weiterlesen|mehr|mehr lesen|mehr erfahren|mehr dazu|lesen sie mehr|weiter lesen|weiter|mehr infos|
mehr informationen|zum artikel|artikel lesen|hier|lesen|zur meldung|ganzen artikel lesen|
leggi tutto|leggi|leggi di più|leggi l'articolo|continua|continua a leggere|continua la lettura|
approfondisci|scopri di più|vai|dettagli|altro|tutto|lees meer|lees verder|meer|meer lezen|
meer info|verder lezen|bekijk|läs mer|läs vidare|mer|les mer|les videre|læs mere|læs videre|mere|
lue lisää|lisää|více|číst dále|číst více|celý článek|čítať viac|viac|więcej|czytaj więcej|
czytaj dalej|czytaj|dowiedz się więcej|tovább|bővebben|részletek|tovább olvasom|elolvasom|
citește mai mult|citeste mai mult|mai mult|detalii|citește|devamı|devamını oku|daha fazla|
oku|devamını okuyun|detay|detaylar|tümünü oku|baca selengkapnya|selengkapnya|baca|baca lagi|
xem thêm|đọc thêm|chi tiết|xem tiếp|xem chi tiết|skaityti daugiau|plačiau|daugiau|lasīt vairāk|
vairāk|loe edasi|loe veel|več|preberi več|više|pročitaj više|opširnije|saznaj više|detaljnije|
още|прочети още|прочети повече|повече|виж повече|подробнее|читать далее|читать дальше|далее|
читать|читать полностью|читать далее...|подробности|узнать больше|больше|перейти|дальше|
полностью|детальніше|докладніше|читати далі|далі|читати|більше|опширније|више|прочитај више|
περισσότερα|διαβάστε περισσότερα|συνέχεια|περισσοτερα|διαβάστε|дэлгэрэнгүй|толығырақ|
اقرأ المزيد|المزيد|إقرأ المزيد|اقرا المزيد|التفاصيل|للمزيد|قراءة المزيد|تفاصيل|أكمل القراءة|
اقرأ أكثر|مزيد|ادامه مطلب|بیشتر|ادامه|بیشتر بخوانید|مشاهده|مزید پڑھیں|تفصیل|
קרא עוד|המשך קריאה|לקריאה נוספת|עוד|קראו עוד|לפרטים נוספים|לכתבה המלאה|
বিস্তারিত|আরও পড়ুন|আরো পড়ুন|আরও|সম্পূর্ণ পড়ুন|বিস্তারিত পড়ুন|আরও দেখুন|
और पढ़ें|आगे पढ़ें|पूरा पढ़ें|अधिक|और|विस्तार से पढ़ें|पढ़ें|अधिक पढ़ें|पूरी खबर पढ़ें|
மேலும்|மேலும் படிக்க|ఇంకా చదవండి|കൂടുതൽ|കൂടുതല്‍ വായിക്കുക|थप|पुरा पढ्नुहोस्|अधिक वाचा|
อ่านต่อ|อ่านเพิ่มเติม|ดูเพิ่มเติม|รายละเอียด|เพิ่มเติม|
更多|阅读全文|阅读更多|查看更多|查看详情|详细|详情|全文|了解更多|继续阅读|点击查看|更多内容|
閱讀全文|閱讀更多|繼續閱讀|詳細|詳全文|詳情|了解更多|看更多|更多內容|查看全文|
続きを読む|もっと見る|詳細|詳しくはこちら|詳細を見る|もっと読む|続き|詳しく見る|詳しく|記事を読む|
더보기|자세히 보기|자세히|더 읽기|계속 읽기|전체보기|더 보기
"""
#: Texts that lead around the site, or act on a page: never a title, and no news.
_NAVIGATION = """
home|homepage|next|previous|prev|older|newer|older posts|newer posts|older entries|newer entries|
older news|newer news|next page|previous page|first|last|first page|last page|back|top|
back to top|menu|search|login|log in|sign in|sign up|logout|register|subscribe|unsubscribe|
contact|contact us|about|about us|sitemap|site map|privacy|privacy policy|terms|terms of use|
terms of service|cookies|cookie policy|imprint|disclaimer|copyright|help|faq|share|tweet|like|pin|
pin it|email|e-mail|print|pdf|print this|facebook|twitter|google+|linkedin|instagram|youtube|
pinterest|whatsapp|telegram|rss|rss feed|feed|comments|comment|no comments|leave a comment|reply|
add a comment|add comment|post a comment|leave a reply|comments off|edit|delete|archive|archives|
all|all news|view all|see all|show all|more news|all events|news archive|newsletter|download|
add to cart|buy now|skip to content|skip to main content|jump to navigation|advertisement|
accueil|contactez-nous|plan du site|mentions légales|connexion|recherche|suivant|précédent|
imprimer|partager|commentaires|laisser un commentaire|toutes les actualités|s'inscrire|
articles plus anciens|articles précédents|haut de page|retour|tous|voir tout|aucun commentaire|
inicio|contacto|siguiente|anterior|buscar|iniciar sesión|compartir|comentarios|sin comentarios|
deja un comentario|deja una respuesta|imprimir|mapa del sitio|aviso legal|todas las noticias|
entradas anteriores|ver todo|ver todas|volver|correo|início|contato|próximo|próxima|compartilhar|
comentários|deixe um comentário|nenhum comentário|ver todas|ver todos|página inicial|
startseite|kontakt|impressum|datenschutz|weitere|zurück|vor|nächste|vorherige|suche|anmelden|
drucken|teilen|kommentare|kommentar|keine kommentare|alle|alle anzeigen|alle news|ältere beiträge|
nach oben|übersicht|archiv|home page|contatti|successivo|precedente|successiva|cerca|accedi|
condividi|commenti|nessun commento|lascia un commento|stampa|tutte le news|tutte le notizie|
vedi tutti|articoli precedenti|indietro|avanti|volgende|vorige|zoeken|delen|reacties|
geen reacties|alle nieuws|strona główna|następna|poprzednia|szukaj|komentarze|brak komentarzy|
wszystkie|drukuj|domů|další|předchozí|hledat|komentáře|všechny|tisk|úvod|kezdőlap|következő|
előző|keresés|hozzászólás|hozzászólások|nincs hozzászólás|összes|acasă|următoarea|anterioara|
niciun comentariu|anasayfa|ana sayfa|iletişim|sonraki|önceki|ara|yorum|yorumlar|yorum yok|tümü|
paylaş|yazdır|beranda|selanjutnya|sebelumnya|komentar|trang chủ|liên hệ|tiếp|trước|bình luận|
главная|контакты|следующая|предыдущая|вперёд|вперед|назад|поиск|войти|вход|регистрация|
комментарии|нет комментариев|комментировать|оставить комментарий|поделиться|печать|
версия для печати|все новости|архив|архив новостей|в архив|наверх|о нас|карта сайта|все|
головна|контакти|наступна|попередня|пошук|увійти|коментарі|немає коментарів|всі новини|
начало|следваща|предишна|търсене|коментари|няма коментари|почетна|всички новини|
αρχική|επικοινωνία|επόμενη|προηγούμενη|αναζήτηση|σχόλια|δεν υπάρχουν σχόλια|
الرئيسية|اتصل بنا|التالي|السابق|بحث|تسجيل الدخول|تعليقات|لا توجد تعليقات|مشاركة|طباعة|الأرشيف|
من نحن|الكل|جميع الأخبار|اترك تعليقا|أضف تعليق|صفحه اصلی|خانه|تماس با ما|بعدی|قبلی|جستجو|
بدون نظر|دیدگاه|نظرات|آرشیو|چاپ|صفحہ اول|بية|דף הבית|צור קשר|הבא|הקודם|חיפוש|תגובות|אין תגובות|
প্রথম পাতা|হোম|যোগাযোগ|পরবর্তী|পূর্ববর্তী|মন্তব্য|সব খবর|होम|मुखपृष्ठ|संपर्क|अगला|पिछला|
टिप्पणी|सभी|खोजें|หน้าแรก|ติดต่อเรา|ถัดไป|ก่อนหน้า|
首页|主页|上一页|下一页|尾页|末页|联系我们|关于我们|搜索|登录|注册|评论|分享|打印|返回|全部|
返回顶部|网站地图|首頁|上一頁|下一頁|末頁|聯絡我們|關於我們|搜尋|登入|註冊|回應|列印|
ホーム|トップ|トップページ|前へ|次へ|次のページ|前のページ|お問い合わせ|検索|ログイン|コメント|一覧|
一覧を見る|一覧へ|サイトマップ|ページトップへ|印刷|홈|다음|이전|처음|마지막|목록|검색|로그인|문의|댓글
"""
_EDGES = " \t\xa0.…·•|:›»«‹→←>⟶➔➜➝▶►▸→↗+-–—[](){}!,，。：、"
_PHRASE_BREAK = re.compile(r"\|\s*")


def _phrases(text: str) -> frozenset[str]:
    words = (" ".join(phrase.split()) for phrase in _PHRASE_BREAK.split(text))
    return frozenset(word for word in words if word)


def words_in(text: str) -> frozenset[str]:
    """Return the words of a table written as text."""
    return frozenset(text.split())


_READ_MORE_TEXTS = _phrases(_READ_MORE)
_NAVIGATION_TEXTS = _phrases(_NAVIGATION)
#: "Read more about the library" and its kin.
_READ_MORE_STARTS = """
read more|continue reading|read the rest|learn more|find out more|more about|en savoir plus|
lire la suite|leer más|leer mas|sigue leyendo|seguir leyendo|continuar leyendo|leia mais|ler mais|
weiterlesen|mehr zu|mehr über|leggi tutto|continua a leggere|continua la lettura|leggi di più|
lees meer|lees verder|läs mer|les mer|læs mere|czytaj więcej|czytaj dalej|číst dále|tovább olvas|
devamını oku|baca selengkapnya|permalink to|permanent link to|подробнее|читать далее|
читать дальше|читать полностью|читати далі|اقرأ المزيد|ادامه مطلب|続きを読む|阅读全文|閱讀全文
"""
_READ_MORE_START = re.compile(
    f"(?:{'|'.join(sorted(_phrases(_READ_MORE_STARTS)))})(?![a-zäöüßéèàñа-я])", re.I
)
#: "3 comments", "Page 2", "(12)", "1,204 views".
_COUNTED = """
comments?|replies|views?|likes?|shares?|hits|votes?|commentaires?|vues?|comentarios?|comentários?|
kommentare?|kommentarer|commenti|commento|reacties|komentarzy?|komentářů|komentáře?|hozzászólás|
yorum|комментари\\w+|коммент\\w*|просмотр\\w*|отзыв\\w*|تعليقات?|تعليق|نظر|মন্তব্য|टिप्पणी|条?评论|
則?留言|コメント|件|页|頁|ページ|댓글|%|k
"""
_COUNTER = re.compile(
    r"[\W_]*(?:page|seite|página|pagina|страница|стр\.?|第)?[\W_]*\d[\d.,\s]*"
    rf"(?:[\W_]*(?:/\s*\d+|{'|'.join(sorted(_phrases(_COUNTED)))}))?[\W_]*",
    re.I,
)
_PAGER = re.compile(
    r"(?:go to )?(?:next|previous|prev|older|newer|last|first)\b.{0,24}|page \d+.{0,12}", re.I
)
_WORD = re.compile(r"[^\W_]+")
#: Scripts written without spaces: their words count by the character.
_DENSE = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)


def is_read_more(text: str) -> bool:
    """Say whether a link's text only invites to read on."""
    plain = _plain(text)
    if plain in _READ_MORE_TEXTS:
        return True
    return bool(_READ_MORE_START.match(plain)) and (len(plain) < 60 or plain.count(" ") < 12)


def is_navigation(text: str) -> bool:
    """Say whether a text leads around a site or acts on a page instead of naming news."""
    plain = _plain(text)
    if not plain or plain in _NAVIGATION_TEXTS or _COUNTER.fullmatch(plain):
        return True
    if plain.startswith(("http://", "https://", "www.")) or ("@" in plain and " " not in plain):
        return True
    return bool(_PAGER.fullmatch(plain)) and len(plain) < 40


def is_label(text: str) -> bool:
    """Say whether a text is no title: read-more, navigation, a counter, or no letters at all."""
    return is_read_more(text) or is_navigation(text) or not _WORD.search(text)


def weight(text: str) -> float:
    """Return a text's length in letters of an alphabet; an ideograph says as much as 2.5."""
    return len(text) + 1.5 * len(_DENSE.findall(text))


def word_count(text: str) -> float:
    """Return the number of words; two ideographs count as one."""
    dense = len(_DENSE.findall(text))
    return len(_WORD.findall(_DENSE.sub(" ", text))) + dense / 2


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").split()).strip(_EDGES)
