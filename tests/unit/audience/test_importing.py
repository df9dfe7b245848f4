"""Lists as they come from other systems and from people's own spreadsheets."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.audience import csv_files
from newsletter.audience.importing import open_people
from newsletter.audience.row_values import clean_cell, protect_cell
from newsletter.errors import ImportFileError
from newsletter.model.people import (
    ImportedPerson,
    RefusedRow,
    SubscriptionStatus,
    SuppressionReason,
)


def _read(
    text: str | bytes, name: str = "members.csv", encoding: str = "utf-8"
) -> list[ImportedPerson | RefusedRow]:
    content = text.encode(encoding) if isinstance(text, str) else text
    return [row for file in open_people(io.BytesIO(content), name) for row in file.people()]


def _people(
    text: str | bytes, name: str = "members.csv", encoding: str = "utf-8"
) -> list[tuple[str, str]]:
    return [
        (row.address.address, row.name)
        for row in _read(text, name, encoding)
        if isinstance(row, ImportedPerson)
    ]


def _refused(text: str | bytes) -> list[int]:
    return [row.line for row in _read(text) if isinstance(row, RefusedRow)]


def _one(text: str | bytes, name: str = "members.csv") -> ImportedPerson:
    (row,) = _read(text, name)
    assert isinstance(row, ImportedPerson)
    return row


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_any_encoding_separator_and_line_ending_is_read(
    encoding: str, separator: str, ending: str
) -> None:
    rows = [["Email", "Name"], ["ana@example.org", "Ana Muñoz"], ["bo@example.org", "Bo Åberg"]]
    text = ending.join(separator.join(row) for row in rows) + ending

    assert _people(text, encoding=encoding) == [
        ("ana@example.org", "Ana Muñoz"),
        ("bo@example.org", "Bo Åberg"),
    ]


@pytest.mark.parametrize(
    ("encoding", "text", "name"),
    [
        ("cp1251", "Почта;Имя\nivan@example.org;Иван Петров\n", "Иван Петров"),
        ("koi8-r", "Почта;Имя\nivan@example.org;Иван Сергеевич Петров\n", "Иван Сергеевич Петров"),
        ("cp1256", "البريد الإلكتروني;الاسم\nali@example.org;محمد علي حسن\n", "محمد علي حسن"),
        ("gb18030", "邮箱,姓名,城市\nwang@example.org,王小明,北京图书馆\n", "王小明"),
    ],
)
def test_old_encodings_of_other_scripts_are_recognised(encoding: str, text: str, name: str) -> None:
    assert _people(text, encoding=encoding)[0][1] == name


def test_one_broken_character_does_not_spoil_the_others() -> None:
    good = "Email,Name\na@example.org,José\nb@example.org,Łukasz\nc@example.org,Zoë\n".encode()
    broken = "d@example.org,André\n".encode("cp1252")

    names = [name for _, name in _people(good + broken)]

    assert names == ["José", "Łukasz", "Zoë", "André"]


def test_an_accent_on_the_last_line_of_a_long_file_is_read_right() -> None:
    filler = "".join(f"p{number}@example.org,Person\n" for number in range(60_000))
    text = f"Email,Name\n{filler}last@example.org,Señor\n"

    assert _people(text, encoding="cp1252")[-1] == ("last@example.org", "Señor")


def test_the_separator_line_of_excel_is_obeyed() -> None:
    found = _read("sep=|\r\nEmail|Note\r\nana@example.org|a;b,c\r\n")

    assert [(row.line, row.fields) for row in found if isinstance(row, ImportedPerson)] == [
        (3, {"Note": "a;b,c"})
    ]


@pytest.mark.parametrize(
    ("headings", "cells", "name"),
    [
        ("Email Address,First Name,Last Name", "ana@example.org,Ana,Ruiz", "Ana Ruiz"),
        ("email,name", "ana@example.org,Ana Ruiz", "Ana Ruiz"),
        ("Email,First name,Last name,Data,External ID", "ana@example.org,Ana,Ruiz,,7", "Ana Ruiz"),
        ("Nom,Prénom,Adresse e-mail", "Ruiz,Ana,ana@example.org", "Ana Ruiz"),
        ("Nombre,Apellidos,Correo electrónico", "Ana,Ruiz,ana@example.org", "Ana Ruiz"),
        ("Vorname,Name,E-Mail-Adresse", "Ana,Ruiz,ana@example.org", "Ana Ruiz"),
        ("Имя,Фамилия,Электронная почта", "Анна,Руис,ana@example.org", "Анна Руис"),
        ("الاسم الأول,اسم العائلة,البريد الإلكتروني", "آنا,رويز,ana@example.org", "آنا رويز"),
        ("姓,名,邮箱", "王,小明,ana@example.org", "王小明"),
        ("ФИО,Адрес", "Анна Руис,ana@example.org", "Анна Руис"),
        ("Name,Address", "Ana Ruiz,ana@example.org", "Ana Ruiz"),
        ("Name,Given Name,E-mail 1 - Value", "Ana Ruiz,Ana,ana@example.org", "Ana Ruiz"),
        ("Ingressos,Who,Where", "3,Ana,ana@example.org", ""),
    ],
)
def test_headings_of_many_systems_and_languages_are_understood(
    headings: str, cells: str, name: str
) -> None:
    assert _people(f"{headings}\n{cells}\n") == [("ana@example.org", name)]


def test_extra_columns_are_kept_as_fields() -> None:
    found = _one("Email,Country,Town,\nana@example.org, Chile ,,x\n")

    assert found.fields == {"Country": "Chile"}


@pytest.mark.parametrize(
    ("written", "code"),
    [("French", "fr"), ("français", "fr"), ("FR_ca", "fr-CA"), ("العربية", "ar"), ("中文", "zh"),
     ("zh-hant-tw", "zh-Hant-TW"), ("es_ES.UTF-8", "es-ES"), ("deu", "de")],
)  # fmt: skip
def test_a_language_is_understood_however_it_is_written(written: str, code: str) -> None:
    assert _one(f"email,language\nana@example.org,{written}\n").language == code


def test_a_language_nobody_knows_is_kept_as_a_field() -> None:
    found = _one("email,Sprache\nana@example.org,Klingonisch\n")

    assert (found.language, found.fields) == ("", {"Sprache": "Klingonisch"})


def test_a_bare_list_without_headings_is_read() -> None:
    text = 'ana@example.org\nBo Ek <bo@example.org>\n"Ruiz, Carla" <carla@example.org>\n'

    assert _people(text) == [
        ("ana@example.org", ""),
        ("bo@example.org", "Bo Ek"),
        ("carla@example.org", "Ruiz, Carla"),
    ]


def test_a_bad_first_line_of_a_bare_list_is_named_not_taken_for_headings() -> None:
    assert _refused("broken\nana@example.org\nbo@example.org\n") == [1]


def test_addresses_pasted_from_a_mail_are_taken_apart() -> None:
    text = "Ana <ana@example.org>; bo@example.org; Cy <cy@example.org>\n"

    assert [address for address, _ in _people(text)] == [
        "ana@example.org",
        "bo@example.org",
        "cy@example.org",
    ]


def test_a_title_above_the_headings_is_passed_over() -> None:
    text = "Members in May,,\n,,\nName,E-mail,Town\nAna,ana@example.org,Quito\n"

    assert _one(text).fields == {"Town": "Quito"}


def test_bad_rows_are_named_by_line_and_the_rest_is_read() -> None:
    text = (
        'Email,Note\nana@example.org,"two\nlines"\nbad,\n\nbo@example,\n,nobody\ncy@example.org,\n'
    )

    found = _read(text)

    assert [(row.line, type(row).__name__) for row in found] == [
        (2, "ImportedPerson"),
        (4, "RefusedRow"),
        (6, "RefusedRow"),
        (7, "RefusedRow"),
        (8, "ImportedPerson"),
    ]
    assert "'bad' is not an address: it has no @" in [
        row.reason for row in found if isinstance(row, RefusedRow)
    ]


def test_a_short_row_is_refused_with_its_line() -> None:
    assert _refused("Name,Email\nAna,ana@example.org\nBo\n") == [3]


@pytest.mark.parametrize(
    "text",
    [
        'Name,Email\n"Ana,ana@example.org\nBo,bo@example.org\n"Cy",cy@example.org\n',
        'Email,Name\nana@example.org,"Ana\nbo@example.org,Bo\ncy@example.org,Cy\n',
        'Email,Name\nana@example.org,"Ana\nbo@example.org,"Bo\ncy@example.org,Cy',
        '"Ana <ana@example.org>\nBo <bo@example.org>\nCy <cy@example.org>\n',
    ],
)
def test_a_quotation_mark_never_closed_swallows_nobody(text: str) -> None:
    assert [address for address, _ in _people(text)] == [
        "ana@example.org",
        "bo@example.org",
        "cy@example.org",
    ]


def test_a_quotation_mark_never_closed_in_a_long_file_swallows_nobody() -> None:
    rows = "".join(f"p{number}@example.org,Person\n" for number in range(10_000))
    text = f'Email,Name\nana@example.org,"Ana\n{rows}'

    assert len(_people(text)) == 10_001


def test_a_note_with_line_breaks_and_an_address_is_left_whole() -> None:
    text = 'Email,Note,Name\nana@example.org,"wrote from\nana@example.com\nin May",Ana\n'

    assert _one(text).fields == {"Note": "wrote from\nana@example.com\nin May"}


def test_a_row_with_too_many_cells_gives_its_address_only() -> None:
    found = _one("Name,Email,Town\nRuiz, Ana,ana@example.org,Quito\n")

    assert (found.address.address, found.name, found.fields) == ("ana@example.org", "", {})
    assert "more cells" in found.address.warning


def test_a_row_with_too_many_cells_and_two_addresses_is_refused() -> None:
    assert _refused("Name,Email\nAna,ana@example.org,bo@example.org\n") == [2]


def test_cells_that_our_export_protected_come_back_as_they_were() -> None:
    found = _one("email,name,note\n'+ana@example.org,'=1+1,''-x\n")

    assert (found.address.address, found.name) == ("+ana@example.org", "=1+1")
    assert found.fields == {"note": "'-x"}


def test_nothing_in_a_cell_can_add_a_line_to_a_name() -> None:
    found = _one('email,name\nana@example.org,"Ana\r\nBcc: victim@example.org"\n')

    assert found.name == "Ana Bcc: victim@example.org"


@pytest.mark.parametrize(
    ("headings", "cells", "status", "suppression"),
    [
        ("email,status", "ana@example.org,enabled", "confirmed", None),
        ("email,status", "ana@example.org,black" + "listed", "unsubscribed", "manual"),
        ("email,status", "ana@example.org,disabled", "unsubscribed", None),
        ("email,status", "ana@example.org,blocklisted", "unsubscribed", "manual"),
        ("email,status", "ana@example.org,Cleaned", "confirmed", "bounced"),
        ("email,statut", "ana@example.org,Désabonné", "unsubscribed", None),
        ("email,Статус", "ana@example.org,отписан", "unsubscribed", None),
        ("email,状态", "ana@example.org,已退订", "unsubscribed", None),
        ("email,الحالة", "ana@example.org,غير مشترك", "unsubscribed", None),
        ("email,Status", "ana@example.org,pending", "unconfirmed", None),
        ("email,Status,External ID", "ana@example.org,unreachable,", "confirmed", "bounced"),
        ("email,Unsubscribed", "ana@example.org,yes", "unsubscribed", None),
        ("email,Unsubscribed", "ana@example.org,no", "confirmed", None),
        ("email,UNSUB_TIME", "ana@example.org,2016-05-01 10:00:00", "unsubscribed", None),
        ("email,UNSUB_TIME", "ana@example.org,0000-00-00 00:00:00", "confirmed", None),
        ("email,CLEAN_TIME", "ana@example.org,2016-05-01", "confirmed", "bounced"),
        ("email,Active", "ana@example.org,0", "unsubscribed", None),
        ("email,Bounced", "ana@example.org,yes", "confirmed", "bounced"),
        ("email,Estado actual", "ana@example.org,baja", "unsubscribed", None),
        ("email,Newsletter", "ana@example.org,nein", "unsubscribed", None),
        ("email,Newsletter", "ana@example.org,", "confirmed", None),
        ("email,confirmed,black" + "listed", "ana@example.org,0,0", "unconfirmed", None),
        ("email,confirmed,black" + "listed", "ana@example.org,1,1", "unsubscribed", None),
        (
            "email,status,suppression",
            "ana@example.org,confirmed,complained",
            "confirmed",
            "complained",
        ),
    ],
)
def test_what_a_file_says_of_a_person_is_honoured(
    headings: str, cells: str, status: str, suppression: str | None
) -> None:
    found = _one(f"{headings}\n{cells}\n")

    assert (found.status, found.suppression) == (status, suppression)


def test_a_status_that_is_none_is_kept_as_a_field() -> None:
    found = _one("email,State\nana@example.org,California\n")

    assert (found.status, found.fields) == ("confirmed", {"State": "California"})


def test_a_bare_list_with_statuses_revives_nobody() -> None:
    found = _read("ana@example.org,active\nbo@example.org,unsubscribed\n")

    assert [(row.name, row.status) for row in found if isinstance(row, ImportedPerson)] == [
        ("", "confirmed"),
        ("", "unsubscribed"),
    ]


def test_a_column_of_harmless_words_is_no_status() -> None:
    found = _one("email,Level\nana@example.org,member\n")

    assert (found.status, found.fields) == ("confirmed", {"Level": "member"})


@pytest.mark.parametrize("word", ["NULL", "n/a", "-", "ana@example.org"])
def test_nobody_is_called_by_a_word_that_is_no_name(word: str) -> None:
    assert _one(f"email,name\nana@example.org,{word}\n").name == ""


def test_half_a_name_is_enough() -> None:
    assert _one("email,first name,last name\nana@example.org,Ana,NULL\n").name == "Ana"


def test_a_space_before_a_quotation_mark_does_no_harm() -> None:
    assert _people('email, name, town\nana@example.org, "Ruiz, Ana", Quito\n') == [
        ("ana@example.org", "Ruiz, Ana")
    ]


def test_the_members_of_a_json_cell_become_fields() -> None:
    found = _one(
        'email,attributes\nana@example.org,"{""city"": ""Quito"", ""age"": 7, ""lang"": null}"\n'
    )

    assert found.fields == {"city": "Quito", "age": "7"}


def test_a_cell_that_only_looks_like_json_is_kept_as_it_is() -> None:
    assert _one('email,Data\nana@example.org,"{broken"\n').fields == {"Data": "{broken"}


def test_the_time_and_place_of_consent_are_kept_as_proof() -> None:
    found = _one("Email,OPTIN_TIME,OPTIN_IP\nana@example.org,2016-05-01 10:00:00,192.0.2.7\n")

    assert found.consent == {"OPTIN_TIME": "2016-05-01 10:00:00", "OPTIN_IP": "192.0.2.7"}


def test_the_wish_for_plain_text_is_kept() -> None:
    assert _one("Email,EMAIL_TYPE\nana@example.org,text\n").form == "text"
    assert _one("Email,EMAIL_TYPE\nana@example.org,html\n").form == ""


def _packed(**files: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "."), text)
    return stream.getvalue()


def test_a_packed_mailchimp_export_is_read_with_the_standing_of_each_file() -> None:
    content = _packed(
        subscribed_members_export_1__csv="Email Address,First Name\nana@example.org,Ana\n",
        unsubscribed_members_export_1__csv="Email Address,First Name\nbo@example.org,Bo\n",
        cleaned_members_export_1__csv="Email Address,First Name\ncy@example.org,Cy\n",
        nonsubscribed_members_export_1__csv="Email Address,First Name\ndi@example.org,Di\n",
        readme__pdf="not a list",
    )

    found = [row for row in _read(content, "export.zip") if isinstance(row, ImportedPerson)]

    assert [(row.address.address, row.status, row.suppression) for row in found] == [
        ("ana@example.org", SubscriptionStatus.CONFIRMED, None),
        ("bo@example.org", SubscriptionStatus.UNSUBSCRIBED, None),
        ("cy@example.org", SubscriptionStatus.CONFIRMED, SuppressionReason.BOUNCED),
        ("di@example.org", SubscriptionStatus.UNCONFIRMED, None),
    ]


def test_a_file_of_the_unsubscribed_alone_revives_nobody() -> None:
    found = _one("Email Address\nana@example.org\n", "unsubscribed_members_export_7.csv")

    assert found.status is SubscriptionStatus.UNSUBSCRIBED


def test_a_sympa_dump_is_read_block_by_block() -> None:
    text = (
        "date 1463738400\ngecos Ana Ruiz\nemail ana@example.org\nreception mail\n\n"
        "date 1463738400\nemail bo@example.org\nreception nomail\n\n\nemail broken\n"
    )

    ana, bo, broken = _read(text, "member.dump")

    assert isinstance(ana, ImportedPerson)
    assert isinstance(bo, ImportedPerson)
    assert (ana.line, ana.name, ana.status) == (1, "Ana Ruiz", "confirmed")
    assert ana.consent == {"subscribed": "2016-05-20T10:00:00+00:00"}
    assert (bo.line, bo.status) == (6, "unsubscribed")
    assert isinstance(broken, RefusedRow)
    assert broken.line == 11


def test_a_tab_separated_sympa_export_without_headings_is_read() -> None:
    assert _people("ana@example.org\tAna Ruiz\nbo@example.org\t\n") == [
        ("ana@example.org", "Ana Ruiz"),
        ("bo@example.org", ""),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no column holds addresses"),
        (b"\n\n\n", "no column holds addresses"),
        (b"Name,Town\nAna,Quito\n", "no column holds addresses"),
        (b"%PDF-1.4 ...", "a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Excel"),
        (b"SQLite format 3\0", "a database"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0", "zero bytes"),
        (b"ana@example.org," + b"x" * 3_000_000, "longer than 1 MB"),
        (_packed(xl__workbook="x"), "no CSV file is packed"),
        (_packed(**{"xl/workbook__xml": "x"}), "workbook"),
        (_packed(list__csv="Name\nAna\n"), "no column holds addresses"),
        (_packed(list__csv="Email\nana@example.org\n")[:-30], "packed file"),
    ],
)
def test_what_is_no_list_of_people_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(ImportFileError, match=reason):
        _read(content)


def test_a_packed_file_that_would_fill_the_disk_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("newsletter.audience.importing.MOST_UNPACKED_BYTES", 100)

    with pytest.raises(ImportFileError, match="larger than 1 GB"):
        _read(_packed(list__csv="Email\n" + "ana@example.org\n" * 100))


def test_a_damaged_packed_file_is_an_error_not_a_traceback() -> None:
    content = bytearray(_packed(list__csv="Email\n" + "ana@example.org\n" * 100))
    content[60] ^= 0xFF

    with pytest.raises(ImportFileError, match="cannot be unpacked"):
        _read(bytes(content))


def test_a_row_with_too_many_cells_and_a_bad_address_is_refused() -> None:
    assert _refused("Name,Email\nRuiz, Ana,ana@example..org\n") == [2]


def test_a_row_whose_standing_is_clear_keeps_it_with_too_many_cells() -> None:
    found = _one("Status,Email,Name\nunsubscribed,ana@example.org,Ruiz, Ana\n")

    assert found.status is SubscriptionStatus.UNSUBSCRIBED


def test_the_language_in_a_json_cell_is_used() -> None:
    found = _one('email,attributes\nana@example.org,"{""language"": ""es""}"\n')

    assert found.language == "es"


def test_a_json_cell_that_is_no_object_is_kept_as_it_is() -> None:
    assert _one('email,Data\nana@example.org,"[1, 2]"\n').fields == {"Data": "[1, 2]"}
    assert _one("email,Data\nana@example.org,\n").fields == {}


def test_a_form_nobody_knows_is_kept_as_a_field() -> None:
    assert _one("email,edition\nana@example.org,large\n").fields == {"edition": "large"}


def test_a_bare_list_of_only_bad_addresses_names_them_all() -> None:
    assert _refused("ana@\n@example.org\n") == [1, 2]


def test_a_file_whose_first_letter_beyond_ascii_is_far_away_is_still_recognised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("newsletter.audience.encodings.CHUNK", 64)
    monkeypatch.setattr("newsletter.audience.encodings.SAMPLE_BYTES", 4)
    text = "Email,Name\n" + "ana@example.org,Señor Muñoz\n" * 20

    assert _people(text, encoding="cp1252")[-1][1] == "Señor Muñoz"


def test_an_empty_file_in_an_archive_is_passed_over() -> None:
    content = _packed(empty__csv="", list__csv="Email\nana@example.org\n")

    assert [address for address, _ in _people(content, "export.zip")] == ["ana@example.org"]


def test_a_sympa_dump_that_ends_with_its_last_line_is_whole() -> None:
    text = "date 1463738400\nemail ana@example.org\n\ndate 1463738400\nemail bo@example.org\n\n"

    assert [address for address, _ in _people(text)] == ["ana@example.org", "bo@example.org"]


def test_an_encoding_nobody_knows_is_an_error() -> None:
    with pytest.raises(ImportFileError, match="'klingon'"):
        list(open_people(io.BytesIO(b"Email\n"), "members.csv", encoding="klingon"))


def test_an_encoding_that_a_person_names_is_used() -> None:
    content = "Email,Name\nana@example.org,Łukasz\n".encode("cp1250")

    (file,) = open_people(io.BytesIO(content), "members.csv", encoding="cp1250")

    assert [row.name for row in file.people() if isinstance(row, ImportedPerson)] == ["Łukasz"]


def test_a_stream_that_cannot_go_back_is_read_too() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    pipe = Pipe(b"Email\nana@example.org\n")

    found = [row for file in open_people(pipe, "standard input") for row in file.people()]

    assert len(found) == 1


def test_the_mapping_names_the_columns_that_were_recognised() -> None:
    content = b"E-Mail,Vorname,Land\nana@example.org,Ana,CL\n"

    (file,) = open_people(io.BytesIO(content), "members.csv")

    assert file.mapping == {"email": "E-Mail", "first_name": "Vorname", "fields": "Land"}
    assert file.form == csv_files.TextForm("utf-8", ",", has_quotes=False)


@given(st.text(st.sampled_from("=+-@'\t aé＝"), max_size=6))
def test_no_exported_cell_is_a_formula_and_each_comes_back_as_it_was(cell: str) -> None:
    protected = protect_cell(cell)

    assert not protected.startswith(("=", "+", "-", "@", "\t", "＝"))
    assert clean_cell(protected) == cell.strip()
