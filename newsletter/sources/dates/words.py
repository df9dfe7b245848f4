"""The words that stand around dates: labels, joiners, ordinals, units, in many languages."""

from __future__ import annotations

from newsletter.sources.dates.months import fold


def _folded(words: str) -> frozenset[str]:
    return frozenset(fold(word) for word in words.split())


#: Between day, month and year: "20 de mayo de 2016", "the 20th of May", "d'août".
CONNECTORS = _folded("de of d do del di den dei da der the της του van tháng")
#: Touching the day: 1st, 1er, 2e, 1º, 20-го, 20η, 20th.
ORDINALS = _folded(
    "st nd rd th er ere e eme re º ª го е ое ый ая я η ος a o te de ste ter tego ই লা রা ঠা শে"
)
#: Directly before a number they count something else than days.
COUNTERS = _folded(
    "no nr n num numero número núm vol volume issue ausgabe heft nummer band folge выпуск том "
    "номер العدد عدد رقم صفحة page seite room raum chapter kapitel episode part teil top level "
    "only version v tome act section article artikel art ст § grade class season about over "
    "under nearly almost aged age numéro page édition edition fascículo fascicolo numer broj"
)
#: Between the first and the last day of a range. One-letter words join only numbers.
JOINERS = _folded(
    "to till until through thru and au et al a y e bis und по до и إلى الى و حتى até ate tot en "
    "do i ile och till til og až έως ως και με से थেকে থেকে পর্যন্ত تا و"
)
JOINING_SIGNS = frozenset("-~&+/")

#: "Posted on", "veröffentlicht am": what stands here is when the item came out.
PUBLISHED = _folded(
    "posted published publish publication pub date dated on released release created added issued "
    "submitted filed written uploaded online for immediate release press news statement "
    "pressemitteilung medienmitteilung communiqué presse comunicado prensa comunicato stampa "
    ""
    "publié publiée publie paru parue mis mise ligne le du en date créé ajouté posté écrit "
    "publicado publicada publicación fecha el día creado subido escrito a las "
    "veröffentlicht veröffentlichung erschienen datum vom am den der erstellt eingestellt "
    "geschrieben "
    "опубликовано опубликован дата добавлено размещено создано публикация публикации от "
    "نشر نشرت تاريخ النشر بتاريخ في يوم تم الموافق الساعة التاريخ "
    "发布 發布 发表 發表 时间 時間 日期 发布时间 發佈 发布于 发表于 发布日期 来源 "
    "pubblicato pubblicata data il alle inserito "
    "publicado publicada em no dia às data "
    "geplaatst gepubliceerd op datum om "
    "opublikowano dodano dnia data utworzono w "
    "公開日 投稿日 掲載日 日付 公開 作成 作成日 投稿 配信 "
    "yayınlanma tarihi tarih yayın yayınlandı eklenme "
    "publicerad publicerat skapad datum den kl klockan udgivet publisert oprettet "
    "publikováno vydáno datum vloženo přidáno zveřejněno dne "
    "опубліковано дата додано "
    "প্রকাশিত প্রকাশ প্রকাশের তারিখ সময় "
    "प्रकाशित तिथि दिनांक तारीख "
    "δημοσιεύτηκε δημοσιεύθηκε δημοσίευση ημερομηνία στις "
    "작성일 등록일 게시일 입력 날짜 일자 "
    "تاریخ انتشار منتشر شده در "
    "julkaistu dato publicat postat megjelent"
)
#: What stands here is when the page last changed: not the date of the item.
UPDATED = _folded(
    "updated update modified revised edited changed amended reviewed actualisé actualisée "
    "modifié modifiée màj maj actualizado actualizada modificado modificada actualización "
    "aktualisiert aktualisierung geändert überarbeitet stand bearbeitet обновлено обновлён "
    "изменено изменён "
    "تحديث محدث عدل تعديل 更新 修改 最后更新 更新时间 更新日 最終更新 aggiornato aggiornata "
    "aggiornamento modificato atualizado atualizada atualização bijgewerkt gewijzigd "
    "zaktualizowano aktualizacja güncelleme güncellendi uppdaterad opdateret oppdatert "
    "aktualizováno aktualizace "
    "оновлено হালনাগাদ अपडेट अद्यतन ενημέρωση ενημερώθηκε 수정일 수정 업데이트 بروزرسانی päivitetty"
)
#: What stands here is some other day: a deadline, an event, a birth, an expiry.
OTHER_DAY = _folded(
    "deadline due expires expire expiry expired until till before since from starts start "
    "starting begins beginning ends end ending closes closing opens opening event events when "
    "valid born died birth birthday register registration apply applications effective after "
    "between next upcoming joined member copyright established founded "
    "frist bis ab seit anmeldeschluss einsendeschluss veranstaltung termin beginn ende gültig "
    "geboren gestorben stichtag jusqu avant depuis échéance limite événement début fin "
    "clôture inscription inscriptions partir né née hasta antes desde plazo límite "
    "vence evento inicio cierre nacido до с срок начало конец окончание мероприятие после "
    "حتى ابتداء الموعد موعد ينتهي ينتهى تبدأ "
    "截止 截止日期 之前 开始 结束 活动 至 entro fino scadenza dal dall inizio fine prazo até "
    "tot_en_met vanaf sluitingsdatum termin od締切 期限 開催 開催日 son bitiş başlangıç "
    "senast före konec začátek termín строк 마감 기한 προθεσμία έως μέχρι"
)
#: "by Jane Doe", "in News": the few words after them are a name or a heading.
ATTRIBUTION = _folded(
    "by in von par por da di van av af door przez yazan от автор в под بواسطة بقلم 作者 文 to "
    "under author auteur autor autore dans en redaktion dla kategorie category catégorie "
    "categoría rubrik filed γράφει από লেখক द्वारा"
)
#: Nothing but noise beside a date.
NOISE = _folded(
    "at um à a uhr h hrs hours clock am pm utc gmt cet cest est edt cst cdt mst mdt pst pdt "
    "bst msk ist eet eest wib г года год р року рік yr year m ص م صباحا مساء "
    "الساعة в о o kl klockan alle ore las às hs hod saat ساعت 时 分 点 l the le la el il die das "
    "feira th st nd rd er hour min mins s z t dr heure heures heures, uur godz ώρα "
    "π μ r g rok roku ব বার খ্রি ইং ইংরেজি ई هـ ميلادي ميلادية و يوم день вечера утра"
)

#: "3 comments", "5 min read": what themes write behind a date.
REMARKS = _folded(
    "comment comments no leave reply replies view views read reads share shares like likes more "
    "commentaire commentaires aucun lectures comentario comentarios vistas kommentar kommentare "
    "keine aufrufe комментарий комментария комментариев просмотров تعليق تعليقات مشاهدة commenti "
    "nessun komentarz komentarzy 评论 浏览 阅读 次 コメント 댓글 조회"
)
#: "час назад", an hour ago: these say one by themselves.
SINGULARS = _folded("час день минуту секунду година годину хвилину gün")

#: "3 days ago": unit -> hours.
UNITS: dict[str, int] = {
    **dict.fromkeys(_folded("hour hours hr hrs h heure heures hora horas stunde stunden std час "
    "часа часов ساعة ساعات ora ore uur uren godzina godziny godzin godz saat timme timmar time "
    "timer hodinou hodinami hodin hodiny година години годин ঘণ্টা ঘন্টা घंटे घंटा ώρα ώρες "
    "ωρών ساعت tunti tuntia"), 1),
    **dict.fromkeys(_folded("day days d jour jours día días tag tage tagen день дня дней يوم أيام "
    "ايام يوما giorno giorni dia dias dag dagen dagar dage dager dzień dni gün den dny dnem dne "
    "дні днів দিন दिन ημέρα ημέρες ημερών μέρα μέρες روز päivä päivää dies zi zile nap"), 24),
    **dict.fromkeys(_folded("minute minutes min mins minuto minutos minuten минут минуты минуту "
    "دقيقة دقائق minuti minuut minuta minuty minut dakika minuter minutter minutami хвилин "
    "хвилини মিনিট मिनट λεπτά λεπτό دقیقه second seconds sec secs seconde secondes segundo "
    "segundos sekunde sekunden секунд секунды ثانية ثواني secondi"), 0),
}  # fmt: skip
#: Arabic has a dual: "قبل يومين", two days ago.
DUALS: dict[str, int] = {**dict.fromkeys(_folded("يومين يومان"), 48), fold("ساعتين"): 2}
ONE = _folded("a an one un une una einem einer один одну um uma ένα μία en ett et bir")
AGO_BEFORE = _folded("vor hace قبل منذ há för před πριν acum")
AGO_AFTER = _folded(
    "ago назад temu önce geleden fa atrás sedan siden тому আগে पहले پیش قبل sitten zpět"
)
#: Whole-day words -> how many days before the fetch.
DAY_WORDS: dict[str, int] = {
    **dict.fromkeys(_folded("today hoy heute сегодня اليوم oggi hoje vandaag dzisiaj dziś "
    "bugün idag dnes сьогодні আজ आज σήμερα امروز 今天 今日 오늘 tänään avui azi"), 0),
    **dict.fromkeys(_folded("yesterday hier ayer gestern вчера أمس امس البارحة ieri ontem gisteren "
    "wczoraj dün igår včera вчора গতকাল χθες χτες دیروز 昨天 昨日 어제 eilen ahir"), 1),
    **dict.fromkeys(_folded("anteayer vorgestern позавчера eergisteren przedwczoraj předevčírem "
    "позавчора 前天 一昨日"), 2),
}  # fmt: skip
