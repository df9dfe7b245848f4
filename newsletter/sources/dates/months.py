"""Month and weekday names of thirty languages, as one look-up table per language."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

#: Language -> twelve groups of names, "_" for a blank inside a name. From Unicode CLDR
#: (as Babel 2.18 ships it: genitive and stand-alone, wide and abbreviated), plus the
#: spellings people really type: months of every Arab tradition (Gulf and Egypt, Levant
#: and Iraq, Tunisia and Algeria, Morocco, Mauritania), Austrian Jänner, "sept".
MONTHS: dict[str, str] = {
    "en": "january jan|february feb febr|march mar|april apr|may|june jun|july jul|august aug"
    "|september sept sep|october oct|november nov|december dec",
    "fr": "janvier janv|février févr fév|mars|avril avr|mai|juin|juillet juil juill|août aoû"
    "|septembre sept|octobre oct|novembre nov|décembre déc",
    "es": "enero ene|febrero feb|marzo mar|abril abr|mayo may|junio jun|julio jul|agosto ago"
    "|septiembre setiembre sept sep set|octubre oct|noviembre nov|diciembre dic",
    "de": "januar jan jänner jän|februar feb feber|märz mär mrz maerz|april apr|mai|juni jun"
    "|juli jul|august aug|september sept sep|oktober okt|november nov|dezember dez",
    "ru": "января янв январь|февраля февр фев февраль|марта мар март|апреля апр апрель|мая май"
    "|июня июн июнь|июля июл июль|августа авг август|сентября сент сен сентябрь"
    "|октября окт октябрь|ноября нояб ноя ноябрь|декабря дек декабрь",
    "ar": "يناير ينائر كانون_الثاني كانون_ثاني جانفي|فبراير شباط فيفري|مارس آذار"
    "|أبريل إبريل نيسان أفريل|مايو أيار ماي|يونيو يونيه حزيران جوان"
    "|يوليو يوليه تموز جويلية جويليه يوليوز|أغسطس أوغسطس آب أوت غشت أغشت"
    "|سبتمبر أيلول شتنبر شتمبر|أكتوبر تشرين_الأول تشرين_أول"
    "|نوفمبر نونبر تشرين_الثاني تشرين_ثاني|ديسمبر دجنبر دجمبر كانون_الأول كانون_أول",
    "it": "gennaio gen genn|febbraio feb febbr|marzo mar|aprile apr|maggio mag|giugno giu"
    "|luglio lug|agosto ago|settembre set sett|ottobre ott|novembre nov|dicembre dic",
    "pt": "janeiro jan|fevereiro fev|março mar|abril abr|maio mai|junho jun|julho jul|agosto ago"
    "|setembro set|outubro out|novembro nov|dezembro dez",
    "nl": "januari jan|februari feb febr|maart mrt|april apr|mei|juni jun|juli jul|augustus aug"
    "|september sept sep|oktober okt|november nov|december dec",
    "pl": "stycznia sty styczeń|lutego lut luty|marca mar marzec|kwietnia kwi kwiecień|maja maj"
    "|czerwca cze czerwiec|lipca lip lipiec|sierpnia sie sierpień|września wrz wrzesień"
    "|października paź październik|listopada lis listopad|grudnia gru grudzień",
    "tr": "ocak oca|şubat şub|mart mar|nisan nis|mayıs may|haziran haz|temmuz tem|ağustos ağu"
    "|eylül eyl|ekim eki|kasım kas|aralık ara",
    "sv": "januari jan|februari feb|mars|april apr|maj|juni jun|juli jul|augusti aug"
    "|september sept sep|oktober okt|november nov|december dec",
    "da": "januar jan|februar feb|marts mar|april apr|maj|juni jun|juli jul|august aug"
    "|september sept sep|oktober okt|november nov|december dec",
    "nb": "januar jan|februar feb|mars mar|april apr|mai|juni jun|juli jul|august aug"
    "|september sept sep|oktober okt|november nov|desember des",
    "fi": "tammikuuta tammikuu|helmikuuta helmikuu|maaliskuuta maaliskuu|huhtikuuta huhtikuu"
    "|toukokuuta toukokuu|kesäkuuta kesäkuu|heinäkuuta heinäkuu|elokuuta elokuu"
    "|syyskuuta syyskuu|lokakuuta lokakuu|marraskuuta marraskuu|joulukuuta joulukuu",
    "cs": "ledna led leden|února úno únor|března bře březen|dubna dub duben|května kvě květen"
    "|června čvn červen|července čvc červenec|srpna srp srpen|září zář|října říj říjen"
    "|listopadu lis listopad|prosince pro prosinec",
    "sk": "januára jan január|februára feb február|marca mar marec|apríla apr apríl|mája máj"
    "|júna jún|júla júl|augusta aug august|septembra sep september|októbra okt október"
    "|novembra nov november|decembra dec december",
    "uk": "січня січ січень|лютого лют лютий|березня бер березень|квітня квіт квітень"
    "|травня трав травень|червня черв червень|липня лип липень|серпня серп серпень"
    "|вересня вер вересень|жовтня жовт жовтень|листопада лист листопад|грудня груд грудень",
    "bg": "януари яну|февруари фев|март|април апр|май|юни|юли|август авг|септември сеп"
    "|октомври окт|ноември ное|декември дек",
    "ro": "ianuarie ian|februarie feb|martie mar|aprilie apr|mai|iunie iun|iulie iul|august aug"
    "|septembrie sept|octombrie oct|noiembrie nov|decembrie dec",
    "hu": "január jan|február febr|március márc|április ápr|május máj|június jún|július júl"
    "|augusztus aug|szeptember szept|október okt|november nov|december dec",
    "el": "ιανουαρίου ιαν ιανουάριος|φεβρουαρίου φεβ φεβρουάριος|μαρτίου μαρ μάρτιος"
    "|απριλίου απρ απρίλιος|μαΐου μαΐ μάιος μάη|ιουνίου ιουν ιούνιος|ιουλίου ιουλ ιούλιος"
    "|αυγούστου αυγ αύγουστος|σεπτεμβρίου σεπ σεπτ σεπτέμβριος|οκτωβρίου οκτ οκτώβριος"
    "|νοεμβρίου νοε νοέμβριος|δεκεμβρίου δεκ δεκέμβριος",
    "ca": "gener gen|febrer febr|març|abril abr|maig|juny|juliol jul|agost ag|setembre set"
    "|octubre oct|novembre nov|desembre des",
    "id": "januari jan|februari feb|maret mar|april apr|mei|juni jun|juli jul|agustus agu agt"
    "|september sep|oktober okt|november nov|desember des",
    "bn": "জানুয়ারী জানুয়ারি জানু|ফেব্রুয়ারী ফেব্রুয়ারি ফেব|মার্চ|এপ্রিল এপ্রি|মে|জুন|জুলাই জুল"
    "|আগস্ট আগষ্ট অগস্ট আগ|সেপ্টেম্বর সেপ|অক্টোবর অক্টো|নভেম্বর নভে|ডিসেম্বর ডিসে",
    "hi": "जनवरी जन|फ़रवरी फ़र फरवरी|मार्च|अप्रैल|मई|जून|जुलाई जुल|अगस्त अग|सितंबर सितम्बर सित"
    "|अक्टूबर अक्तूबर अक्टू|नवंबर नवम्बर नव|दिसंबर दिसम्बर दिस",
    # Hebrew joins "in" to the month: 20 במאי.
    "he": "ינואר בינואר ינו|פברואר בפברואר פבר|מרץ במרץ מרס במרס|אפריל באפריל אפר|מאי במאי"
    "|יוני ביוני|יולי ביולי|אוגוסט באוגוסט אוג|ספטמבר בספטמבר ספט|אוקטובר באוקטובר אוק"
    "|נובמבר בנובמבר נוב|דצמבר בדצמבר דצמ",
    "fa": "ژانویه ژانویهٔ|فوریه فوریهٔ|مارس|آوریل|مه مهٔ می|ژوئن|ژوئیه ژوئیهٔ جولای|اوت آگوست"
    "|سپتامبر|اکتبر|نوامبر|دسامبر",
    "ur": "جنوری|فروری|مارچ|اپریل|مئی|جون|جولائی|اگست|ستمبر|اکتوبر|نومبر|دسمبر",
}

#: Language -> seven groups from Monday on; two-letter forms count only where the
#: language is known, because "do", "so" and "me" are ordinary words elsewhere.
WEEKDAYS: dict[str, str] = {
    "en": "monday mon|tuesday tue tues|wednesday wed|thursday thu thur thurs|friday fri"
    "|saturday sat|sunday sun",
    "fr": "lundi lun|mardi mar|mercredi mer|jeudi jeu|vendredi ven|samedi sam|dimanche dim",
    "es": "lunes lun|martes mar|miércoles mié|jueves jue|viernes vie|sábado sáb|domingo dom",
    "de": "montag mo|dienstag di|mittwoch mi|donnerstag do|freitag fr|samstag sonnabend sa"
    "|sonntag so",
    "ru": "понедельник пн|вторник вт|среда среду ср|четверг чт|пятница пятницу пт"
    "|суббота субботу сб|воскресенье вс",
    "ar": "الاثنين الإثنين اثنين|الثلاثاء ثلاثاء|الأربعاء أربعاء|الخميس خميس|الجمعة جمعة"
    "|السبت سبت|الأحد أحد",
    "it": "lunedì lun|martedì mar|mercoledì mer|giovedì gio|venerdì ven|sabato sab|domenica dom",
    "pt": "segunda seg|terça ter|quarta qua|quinta qui|sexta sex|sábado sáb|domingo dom",
    "nl": "maandag ma|dinsdag di|woensdag wo|donderdag do|vrijdag vr|zaterdag za|zondag zo",
    "pl": "poniedziałek pon|wtorek wt|środa śr|czwartek czw|piątek pt|sobota sob|niedziela niedz",
    "tr": "pazartesi pzt|salı|çarşamba çar|perşembe|cuma cum|cumartesi cmt|pazar paz",
    "sv": "måndag mån|tisdag tis|onsdag|torsdag tors|fredag fre|lördag lör|söndag sön",
    "da": "mandag|tirsdag tirs|onsdag|torsdag tors|fredag fre|lørdag lør|søndag søn",
    "nb": "mandag|tirsdag tir|onsdag|torsdag tor|fredag fre|lørdag lør|søndag søn",
    "fi": "maanantaina maanantai|tiistaina tiistai|keskiviikkona keskiviikko|torstaina torstai"
    "|perjantaina perjantai|lauantaina lauantai|sunnuntaina sunnuntai",
    "cs": "pondělí po|úterý út|středa středu st|čtvrtek čt|pátek pá|sobota sobotu so|neděle ne",
    "sk": "pondelok|utorok|streda|štvrtok|piatok|sobota|nedeľa",
    "uk": "понеділок пн|вівторок вт|середа ср|четвер чт|пятниця ятниця пт|субота сб|неділя нд",
    "bg": "понеделник пн|вторник вт|сряда ср|четвъртък чт|петък пт|събота сб|неделя нд",
    "ro": "luni|marți|miercuri|joi|vineri|sâmbătă|duminică",
    "hu": "hétfő|kedd|szerda|csütörtök|péntek|szombat|vasárnap",
    "el": "δευτέρα δευ|τρίτη τρί|τετάρτη τετ|πέμπτη πέμ|παρασκευή παρ|σάββατο σάβ|κυριακή κυρ",
    "ca": "dilluns|dimarts|dimecres|dijous|divendres|dissabte|diumenge",
    "id": "senin|selasa|rabu|kamis|jumat|sabtu|minggu",
    "bn": "সোমবার সোম|মঙ্গলবার মঙ্গল|বুধবার বুধ|বৃহস্পতিবার বৃহস্পতি|শুক্রবার শুক্র|শনিবার শনি|রবিবার রবি",
    "hi": "सोमवार सोम|मंगलवार मंगल|बुधवार बुध|गुरुवार गुरु|शुक्रवार शुक्र|शनिवार शनि|रविवार रवि",
    "fa": "دوشنبه|سهشنبه|چهارشنبه|پنجشنبه|جمعه|شنبه|یکشنبه",
    "zh": "星期一 周一 週一 礼拜一|星期二 周二 週二|星期三 周三 週三|星期四 周四 週四"
    "|星期五 周五 週五|星期六 周六 週六|星期日 星期天 周日 週日",
    "ja": "月曜日 月曜|火曜日 火曜|水曜日 水曜|木曜日 木曜|金曜日 金曜|土曜日 土曜|日曜日 日曜",
    "ko": "월요일|화요일|수요일|목요일|금요일|토요일|일요일",
}

#: Letters that people exchange when they type, beyond accents: Persian and Arabic forms
#: of one letter, final sigma, dotless i, Polish l with stroke, Danish o with stroke.
_SAME_LETTERS = str.maketrans("یىکةςıłøʼ’", "ييكهσiloʹʹ", "\u200c\u200d'")
#: Removed after decomposition: Latin, Greek and Cyrillic accents, Arabic hamza and madda
#: above or below a letter, Devanagari and Bengali nukta.
_MARKS = {
    ord(one): None
    for one in [*map(chr, range(0x300, 0x370)), "\u0653", "\u0654", "\u0655", "\u093c", "\u09bc"]
}


@lru_cache(maxsize=8192)
def fold(word: str) -> str:
    """Return a lower-case word as the tables spell it: without accents and letter variants."""
    if word.isascii():
        return word
    plain = unicodedata.normalize("NFD", word.translate(_SAME_LETTERS)).translate(_MARKS)
    return unicodedata.normalize("NFC", plain.translate(_SAME_LETTERS))


def base_language(tag: str) -> str:
    """Return the language of a BCP 47 tag: "pt" for "pt-BR"; "no" and "nn" read as "nb"."""
    base = tag.lower().replace("_", "-").partition("-")[0]
    return {"no": "nb", "nn": "nb"}.get(base, base)


@lru_cache(maxsize=64)
def month_names(language: str) -> Mapping[str, int]:
    """Return folded name -> month, as far as it can be told.

    The source's own language wins; of the others, a name counts only where all
    languages that know it mean the same month.
    """
    readings: dict[str, set[int]] = {}
    for groups in MONTHS.values():
        for name, month in _numbered(groups):
            readings.setdefault(name, set()).add(month)
    known = {name: next(iter(months)) for name, months in readings.items() if len(months) == 1}
    return {**known, **dict(_numbered(MONTHS.get(language, "")))}


@lru_cache(maxsize=64)
def weekday_names(language: str) -> Mapping[str, frozenset[int]]:
    """Return folded name -> the weekdays (Monday is 0) it can mean."""
    readings: dict[str, frozenset[int]] = {}
    for groups in WEEKDAYS.values():
        for name, weekday in _numbered(groups):
            if len(name) > 2 or not name.isascii():
                readings[name] = readings.get(name, frozenset()) | {weekday - 1}
    own = {name: frozenset({day - 1}) for name, day in _numbered(WEEKDAYS.get(language, ""))}
    return {**readings, **own}


def _numbered(groups: str) -> list[tuple[str, int]]:
    return [
        (fold(name.replace("_", " ")), number)
        for number, group in enumerate(groups.split("|"), 1)
        for name in group.split()
    ]
