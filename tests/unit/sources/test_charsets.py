from __future__ import annotations

import codecs

import pytest

from newsletter.sources.charsets import decode

TEXTS = {
    "cp1251": "Городская библиотека открыла новый читальный зал для студентов",
    "koi8_r": "Городская библиотека открыла новый читальный зал для студентов",
    "iso8859_5": "Городская библиотека открыла новый читальный зал для студентов",
    "cp1256": "افتتحت المكتبة الوطنية قاعة جديدة للقراءة أمام الطلاب والباحثين",
    "cp1255": "הספרייה העירונית פתחה אולם קריאה חדש לסטודנטים ולחוקרים",
    "cp1253": "Η δημοτική βιβλιοθήκη άνοιξε νέο αναγνωστήριο για φοιτητές και ερευνητές",
    "cp1252": "La médiathèque a rouvert à l'été ses salles rénovées; les élèves y sont reçus",
    "cp1250": "Otworzyła się czytelnia dla studentów, którzy mogą już dziś wypożyczać książki",
    "cp1254": "Kütüphane öğrenciler için yeni okuma salonu açtı, çalışmalarını sürdürüyor",
    "gb18030": "市图书馆为学生和研究人员开放了新的阅览室，这是今年的重要工作",
    "big5": "市圖書館為學生和研究人員開放了新的閱覽室，這是今年的重要工作",
    "cp932": "市立図書館は学生のための新しい閲覧室を開きました。",
    "euc_jp": "市立図書館は学生のための新しい閲覧室を開きました。",
    "euc_kr": "시립도서관은 학생들을 위한 새로운 열람실을 열었습니다",
    "cp874": "หอสมุดเมืองเปิดห้องอ่านหนังสือใหม่สำหรับนักศึกษา",
}


@pytest.mark.parametrize("charset", TEXTS)
def test_a_page_that_declares_nothing_is_read_by_the_look_of_its_text(charset: str) -> None:
    body = f"<p class=lead><a href='/x'>{TEXTS[charset]}</a></p>".encode(charset)

    assert TEXTS[charset] in decode(body)


@pytest.mark.parametrize("charset", TEXTS)
def test_a_declared_charset_is_used(charset: str) -> None:
    label = charset.replace("cp125", "windows-125")
    body = f"<meta charset={label}><p>{TEXTS[charset]}".encode(charset)

    assert TEXTS[charset] in decode(body)


def test_the_header_wins_over_the_page() -> None:
    body = '<meta charset="windows-1252"><p>Новости библиотеки'.encode("cp1251")

    assert "Новости" in decode(body, "text/html; charset=windows-1251")


def test_a_page_saved_again_as_utf8_is_utf8_whatever_it_declares() -> None:
    body = '<meta charset="windows-1251"><p>Новости библиотеки'.encode()

    assert "Новости" in decode(body, "text/html; charset=windows-1251")


def test_a_page_that_wrongly_declares_utf8_is_read_by_its_text() -> None:
    body = f'<meta charset="utf-8"><p>{TEXTS["cp1251"]}'.encode("cp1251")

    assert TEXTS["cp1251"] in decode(body)


def test_one_broken_character_does_not_make_a_utf8_page_something_else() -> None:
    body = f"<p>{TEXTS['cp1251']}".encode() + b"\xd0"

    assert TEXTS["cp1251"] in decode(body)


@pytest.mark.parametrize("charset", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_byte_order_mark_decides(charset: str) -> None:
    body = ("\ufeff<p>" + TEXTS["cp1251"]).encode(charset)

    assert decode(body, "text/html; charset=koi8-r") == "<p>" + TEXTS["cp1251"]


def test_utf16_without_a_mark_is_seen_by_its_zeros() -> None:
    page = "<html><head><title>Library news of this month</title></head></html>"

    assert decode(page.encode("utf-16-le")) == page


def test_iso_2022_jp_is_seen_by_its_escapes() -> None:
    assert "図書館" in decode("<p>図書館のお知らせ".encode("iso2022_jp"))


@pytest.mark.parametrize("label", ["hex", "rot13", "no-such-charset", "utf-7", "idna"])
def test_a_label_that_is_no_charset_is_ignored(label: str) -> None:
    assert decode(f"<meta charset={label}><p>News".encode()) == f"<meta charset={label}><p>News"


def test_quotes_of_windows_in_a_latin1_page_are_quotes() -> None:
    assert "“News”" in decode("<meta charset=iso-8859-1><p>“News”".encode("cp1252"))


def test_any_bytes_give_text() -> None:
    for body in (b"", b"\x80", bytes(range(256)) * 20, codecs.BOM_UTF16_LE + b"\x00\xd8a"):
        assert isinstance(decode(body), str)


def test_a_short_accented_page_is_western() -> None:
    assert decode("<html lang=fr><p>Actualités".encode("cp1252")) == "<html lang=fr><p>Actualités"


def test_the_page_language_decides_among_the_latin_charsets() -> None:
    assert "žinios" in decode("<html lang=lt><p>Bibliotekos žinios".encode("cp1257"))
