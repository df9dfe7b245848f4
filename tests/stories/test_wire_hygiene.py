"""Ten thousand issues in seven scripts, nasty ones: every message is clean on the wire."""

from __future__ import annotations

import email
import email.policy
import random
import re
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest

from newsletter.delivery.signing import relaxed_body
from newsletter.errors import MessageError
from newsletter.model import encoding
from newsletter.model.content import Edition, EditionForm, RenderedEdition
from newsletter.model.message import MARKERS, MessageTemplate
from newsletter.rendering.message import Addressing, build_template

SCRIPTS = {
    "en": "The library opens its doors again after a long winter.",
    "fr": "L’été à la bibliothèque : « œuvres » choisies, déjà prêtes.",
    "es": "¿Qué leen los niños? ¡Señales y cuentos del año!",
    "de": "Größere Bücherbusse fahren über Straßen und Brücken.",
    "ru": "Новости библиотек: чтение, книги и люди.",
    "ar": "أخبار المكتبات \u2068IFLA\u2069 لشهر مايو، القراءة للجميع",
    "zh": "图书馆新闻:阅读、书籍与人。",
}
NASTY = (
    *("\r\nBcc: victim@example.net", "\n.\n", ".", "..", "\r", "\n", "\x00", "\t", "  ", " "),
    *(
        "=?utf-8?q?=0D=0AX:_y?=",
        "?==?",
        "=",
        "\u202e",
        "\u2066",
        "\ud800",
        "\u2028",
        "😀",
        "👩‍👩‍👧",
    ),
    *("From ", "\nFrom me\n", "--=_a", "<script>", '"', "\\", "'", "&amp;", "{{7*7}}", "%0d%0a"),
    *("x" * 1200, "é" * 700, "图" * 500, "https://library.example/" + "a" * 300, "\ufeff", "\x7f"),
)
HEADERS = [
    *("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe"),
    *("List-Unsubscribe-Post", "List-Help", "Feedback-ID", "Precedence", "Content-Language"),
    *("MIME-Version", "Content-Type"),
]


def text(chance: random.Random, language: str, pieces: int) -> str:
    words = [*SCRIPTS[language].split(), SCRIPTS[chance.choice(list(SCRIPTS))], *NASTY]
    return "".join(chance.choice(words) + chance.choice(["", " "]) for _ in range(pieces))


def issue(chance: random.Random) -> tuple[RenderedEdition, MessageTemplate]:
    language = chance.choice(list(SCRIPTS))
    form = chance.choice([EditionForm.FULL, EditionForm.FULL, EditionForm.TEXT])
    markers = list(MARKERS.values())
    body = "\n".join(
        text(chance, language, 4) + chance.choice([*markers, ""])
        for _ in range(chance.randrange(5))
    )
    html = "" if form is EditionForm.TEXT else f"<p>{body}</p><a href='{markers[3]}'>x</a>"
    subject = text(chance, language, chance.randrange(1, 5))
    addressing = Addressing(
        sender="news@library.example",
        sender_name=text(chance, language, 2),
        reply_to="office@library.example",
        date=datetime(2016, 5, 31, tzinfo=UTC),
        issue=text(chance, language, 1),
        list_id="members.library.example",
        list_title=text(chance, language, 2),
        one_click=True,
    )
    rendered = RenderedEdition(Edition(language, form), "ltr", subject, "", html, body)
    return rendered, build_template(rendered, addressing)


def reader(chance: random.Random) -> dict[str, str]:
    token = "".join(chance.choice("abcdefghij0123456789") for _ in range(chance.randrange(20, 800)))
    return {
        "address": chance.choice(["anna@library.example", "o'neil+x@bücher.example"]),
        "name": text(chance, chance.choice(list(SCRIPTS)), chance.randrange(3)),
        "list": text(chance, "fr", 1),
        "unsubscribe_url": f"https://library.example/u/{token}",
        "preferences_url": text(chance, "de", 1),
        "view_url": "https://library.example/v?" + text(chance, "ar", 1),
        "unsubscribe_mailto": f"mailto:leave@library.example?subject=unsubscribe%20{token[:50]}",
        "message_id": f"2016-05.{token[:20]}@library.example",
    }


def assert_clean(message: bytes) -> None:
    assert message.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\0|[\x80-\xff]", message)
    assert max(map(len, message.split(b"\r\n"))) <= 998
    assert not re.search(rb"^\.", message, re.M)
    assert message.endswith(b"\r\n")
    head, _, body = message.partition(b"\r\n\r\n")
    assert b"?==?" not in head
    assert relaxed_body(body) is body


@pytest.mark.parametrize("seed", range(10))
def test_a_thousand_issues_leave_clean(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(1000):
        rendered, template = issue(chance)
        values = reader(chance)

        message = template.fill(values)

        assert_clean(message)
        head = message.partition(b"\r\n\r\n")[0]
        names = re.findall(rb"^([A-Za-z-]+):", head, re.M)
        expected = [name for name in HEADERS if name != "Subject" or b"Subject" in names]
        end = "Content-Transfer-Encoding"
        assert [name.decode() for name in names if name.decode() != end] == expected
        assert f"<{values['unsubscribe_url']}>".encode() in head
        subject = encoding.clean_header(rendered.subject)
        written = re.search(rb"^Subject: ((?:.|\r\n[ ])*?)\r\n(?! )", head + b"\r\n", re.M)
        if subject:
            assert written is not None
            unfolded = written[1].replace(b"\r\n", b"").decode()
            assert str(make_header(decode_header(unfolded))) == subject


@pytest.mark.parametrize("seed", range(100, 104))
def test_what_leaves_reads_back_as_it_was_meant(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(250):
        rendered, template = issue(chance)
        plain = template.fill({**reader(chance), "name": "Anna", "list": "L", "view_url": ""})

        read = email.message_from_bytes(plain, policy=email.policy.default)

        assert isinstance(read, EmailMessage)
        assert not read.defects
        part = read.get_body(("plain",))
        assert part is not None
        shown = str(part.get_content()).replace("\r\n", "\n")
        whole = rendered.text.replace("\r\n", "\n").replace("\r", "\n")
        before = re.split("XPERSONALX[A-Z]+X", whole)[0].rstrip("\n\t ")
        assert shown.startswith(before.encode("utf-8", "replace").decode())


def test_an_address_with_letters_of_other_scripts_needs_smtputf8_and_nothing_else() -> None:
    _, template = issue(random.Random(1))

    message = template.fill({**reader(random.Random(1)), "address": "почта@пример.рф"})

    to = next(
        line for line in message.split(b"\r\n") if "почта@xn--e1afmkfd.xn--p1ai".encode() in line
    )
    assert message.replace(to, b"").isascii()


def test_a_link_too_long_for_a_header_is_refused_with_its_name() -> None:
    _, template = issue(random.Random(1))

    with pytest.raises(MessageError, match="unsubscribe_url"):
        template.fill({**reader(random.Random(1)), "unsubscribe_url": "https://x/" + "a" * 1000})
