"""What the columns of a list mean, by their headings in several languages and their cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from newsletter.audience.csv_files import ADDRESS_CELL, Row
from newsletter.audience.row_values import WRITTEN_TO, clean_cell, read_status
from newsletter.errors import ImportFileError


class Role(Enum):
    """What a column holds."""

    EMAIL = auto()
    NAME = auto()
    FIRST_NAME = auto()
    LAST_NAME = auto()
    LANGUAGE = auto()
    FORM = auto()
    #: Words like "subscribed", "cleaned", "active".
    STATUS = auto()
    #: Why an address is suppressed, in our own export.
    SUPPRESSION = auto()
    #: The lists they are on, in our own export: not read back.
    LISTS = auto()
    #: Anything but "no" means: left.
    OPTED_OUT = auto()
    #: "no" means: left.
    OPTED_IN = auto()
    #: "no" means: has not confirmed.
    CONFIRMED = auto()
    #: A time or anything: mail to it came back for good.
    BOUNCED = auto()
    #: When and from where they asked for it: kept as proof.
    CONSENT = auto()
    #: More fields as a JSON object.
    ATTRIBUTES = auto()


# Mailchimp, listmonk, Keila, Sympa, Mailman, phpList, Google Contacts, Outlook, and what
# people write themselves, without spaces, hyphens, underscores and dots.
_WORDS: dict[Role, str] = {
    Role.EMAIL: "email emailaddress emailaddresses mail mailaddress emailid emailaddress1 email1"
    " email1value emailwork workemail primaryemail useremail subscriberemail memberemail youremail"
    " adresseemail adressemail adressesemail courriel adressecourriel adresseelectronique mèl mel"
    " adressedemessagerie emailadresse mailadresse emailadressen epost epostadresse emailadres"
    " correo correoelectronico correoelectrónico direccióndecorreo direccióndecorreoelectrónico"
    " direccióndeemail indirizzoemail endereçodeemail почта электроннаяпочта адресэлектроннойпочты"
    " элпочта эладрес имейл емейл emailадрес мейл البريدالإلكتروني البريدالالكتروني بريدإلكتروني"
    " البريد الإيميل ايميل الايميل 邮箱 电子邮箱 电子邮件 邮件 邮箱地址 电子邮件地址 邮件地址"
    " 電子郵件 電郵 信箱 eメール メールアドレス メール 이메일",
    Role.NAME: "name fullname displayname realname gecos membername subscribername yourname"
    " nomcomplet nomprénom nometprénom prénometnom prénomnom nombrecompleto nombreyapellidos"
    " nombreyapellido vollständigername vorundnachname vornamenachname namevorname фио имяифамилия"
    " полноеимя الاسمالكامل اسم الاسم الاسمواللقب 姓名 名称 氏名 이름 nom nombre имя nome",
    Role.FIRST_NAME: "firstname givenname forename fname prénom prenom vorname primernombre"
    " nombredepila имяотчество الاسمالأول الاسمالاول الاسمالشخصي 名 名字",
    Role.LAST_NAME: "lastname surname familyname lname nomdefamille nachname familienname zuname"
    " apellido apellidos primerapellido фамилия اسمالعائلة اللقب النسب العائلة 姓 姓氏 cognome",
    Role.LANGUAGE: "language lang locale preferredlanguage languagecode mailinglanguage langue"
    " languepréférée idioma lengua idiomapreferido sprache bevorzugtesprache язык"
    " предпочитаемыйязык اللغة لغة 语言 首选语言 語言 言語 lingua taal",
    Role.FORM: "edition form emailtype mailformat",
    Role.STATUS: "status subscriptionstatus memberstatus emailstatus marketingstatus state"
    " contactstatus subscriberstatus statut état statutdabonnement estado estadodesuscripción"
    " zustand статус состояние подписка الحالة حالةالاشتراك حالة 状态 订阅状态 狀態 stato"
    " reception",
    Role.SUPPRESSION: "suppression",
    Role.LISTS: "lists",
    Role.OPTED_OUT: "unsubscribed unsubtime unsubscribedat unsubscribetime unsubscribedate optout"
    " optedout optouttime hasoptedout désabonné désinscrit désinscritle abgemeldet abgemeldetam"
    " dadodebaja baja отписан отписался ألغىالاشتراك 已退订 退订时间 blocklisted blocked donotemail"
    " deleted deletedat donotmail nomail emailoptout hasoptedoutofemail",
    Role.OPTED_IN: "subscribed optin optedin newsletter active isactive enabled actif aktiv activo"
    " acceptsmarketing acceptsemailmarketing"
    " emailoptin abonné inscrit angemeldet suscrito подписан مشترك 已订阅",
    Role.CONFIRMED: "confirmed confirmé bestätigt confirmado подтвержден مؤكد 已确认",
    Role.BOUNCED: "cleantime cleanedat cleaned bounced isbounced hardbounced bouncedat",
    Role.CONSENT: "optintime optinip confirmtime confirmip createdat subscribedat signupdate"
    " datejoined since how optindate confirmedat ipaddress signupip",
    Role.ATTRIBUTES: "attributes attribs data",
}
# The list that phpList keeps of people who left has this heading in other spellings.
_LEFT_WORDS = re.compile(r"(?:is)?black\s*list(?:ed)?")
_ROLES = {word: role for role, words in _WORDS.items() for word in words.split()}
#: Headings that mean a postal address where an address of mail stands elsewhere.
_PERHAPS_EMAIL = frozenset(
    {"address", "adresse", "dirección", "direccion", "адрес", "العنوان", "地址"}
)
#: "Nom" beside "Prénom", "Name" beside "Vorname": then it is the other half of the name.
_HALF_NAMES = frozenset({"name", "nom", "nombre", "имя", "الاسم", "اسم", "nome"})
_NOT_LETTERS = re.compile(r"[\s_\-.:#*/'’\"()]+")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what; the others are kept as fields under their headings."""

    email: int
    roles: dict[Role, int] = field(default_factory=dict)
    consent: tuple[tuple[int, str], ...] = ()
    fields: tuple[tuple[int, str], ...] = ()
    #: What the file calls the columns that have a role.
    headings: dict[Role, str] = field(default_factory=dict)
    #: Line of the headings; 0: there are none.
    header_line: int = 0
    width: int = 0

    def described(self, headings: Sequence[str]) -> dict[str, str]:
        """Return what was taken for what, for people to check: "email" -> "E-Mail"."""
        found = {"email": self.email, **{role.name.lower(): at for role, at in self.roles.items()}}
        shown = {
            role: headings[at] if at < len(headings) else f"column {at + 1}"
            for role, at in found.items()
        }
        if self.fields:
            shown["fields"] = ", ".join(name for _, name in self.fields)
        return shown


def recognise(sample: Sequence[Row]) -> Columns:
    """Return what the columns of a table hold, judged by its first rows.

    Raises ImportFileError where no column holds addresses.
    """
    header = _header(sample)
    if header is None:
        return _without_headings(sample)
    words = [_plain(clean_cell(cell)) for cell in header.cells]
    body = [row.cells for row in sample if row.line > header.line]
    email = _email_column(words, body)
    if email is None:
        raise ImportFileError("no column holds addresses")
    roles, consent, fields = _sort(words, header.cells, email)
    if Role.STATUS not in roles:
        fields = _with_status(roles, fields, body)
    return Columns(
        email,
        roles,
        consent,
        fields,
        headings={role: clean_cell(header.cells[at]) for role, at in roles.items()},
        header_line=header.line,
        width=len(header.cells),
    )


def _plain(heading: str) -> str:
    return _NOT_LETTERS.sub("", heading.casefold())


def _role(word: str) -> Role | None:
    return Role.OPTED_OUT if _LEFT_WORDS.fullmatch(word) else _ROLES.get(word)


def _header(sample: Sequence[Row]) -> Row | None:
    """Return the row of headings: before any address, and with known words if it can be."""
    before: list[Row] = []
    for row in sample:
        if any("@" in cell for cell in row.cells):
            break
        before.append(row)
    for row in before:
        if any(_role(_plain(cell)) is Role.EMAIL for cell in row.cells):
            return row
    for row in reversed(before):
        if len(row.cells) > 1 and sum(1 for cell in row.cells if cell.strip()) > 1:
            return row
    return None


def _email_column(words: Sequence[str], body: Sequence[Sequence[str]]) -> int | None:
    """Return the column of addresses: by its heading where its cells do not contradict."""
    counts = _address_counts(body, len(words))
    named = [at for at, word in enumerate(words) if _role(word) is Role.EMAIL]
    if named:
        best = max(named, key=lambda at: counts[at])
        if counts[best] or not any(counts):
            return best
    perhaps = [at for at, word in enumerate(words) if word in _PERHAPS_EMAIL and counts[at]]
    if perhaps:
        return max(perhaps, key=lambda at: counts[at])
    return counts.index(max(counts)) if any(counts) else None


def _address_counts(body: Sequence[Sequence[str]], width: int) -> list[int]:
    counts = [0] * max([width, *map(len, body)], default=1)
    for cells in body:
        for at, cell in enumerate(cells):
            if ADDRESS_CELL.fullmatch(cell):
                counts[at] += 1
    return counts


def _without_headings(sample: Sequence[Row]) -> Columns:
    """Return the columns of a bare list: the addresses, and a name if there are two columns."""
    body = [row.cells for row in sample]
    counts = _address_counts(body, 1)
    if not any(counts):
        if any("@" in cell for cells in body for cell in cells):
            return Columns(0)
        raise ImportFileError("no column holds addresses")
    email = counts.index(max(counts))
    width = max(map(len, body))
    roles: dict[Role, int] = {}
    others = [(at, "") for at in range(width) if at != email and not counts[at]]
    others = list(_with_status(roles, tuple(others), body))
    if width == 2 and others:
        roles[Role.NAME] = others[0][0]
    return Columns(email, roles, width=width)


def _sort(
    words: Sequence[str], headings: Sequence[str], email: int
) -> tuple[dict[Role, int], tuple[tuple[int, str], ...], tuple[tuple[int, str], ...]]:
    roles: dict[Role, int] = {}
    consent: list[tuple[int, str]] = []
    fields: list[tuple[int, str]] = []
    for at, word in enumerate(words):
        role = _role(word)
        heading = clean_cell(headings[at])
        if at == email or not heading:
            continue
        if role is Role.CONSENT:
            consent.append((at, heading))
        elif role is None or role is Role.EMAIL or role in roles:
            fields.append((at, heading))
        else:
            roles[role] = at
    return _whole_names(roles, words), tuple(consent), tuple(fields)


def _with_status(
    roles: dict[Role, int], fields: tuple[tuple[int, str], ...], body: Sequence[Sequence[str]]
) -> tuple[tuple[int, str], ...]:
    """Take a column for statuses whose every cell is one, and some say not to write.

    Its heading may be any word; to write to people who left would be worse than to be
    wrong about a column.
    """
    for at, name in fields:
        words = [cells[at] for cells in body if at < len(cells) and cells[at].strip()]
        standings = [read_status(word) for word in words]
        if all(standings) and any(standing != WRITTEN_TO for standing in standings):
            roles[Role.STATUS] = at
            return tuple(one for one in fields if one != (at, name))
    return fields


def _whole_names(roles: dict[Role, int], words: Sequence[str]) -> dict[Role, int]:
    """Read "Nom" beside "Prénom" as the family name, "Nombre" beside "Apellidos" as the other."""
    at = roles.get(Role.NAME)
    if at is None or words[at] not in _HALF_NAMES:
        return roles
    halves = {Role.FIRST_NAME, Role.LAST_NAME} - roles.keys()
    if len(halves) != 1:
        return roles
    return {halves.pop() if role is Role.NAME else role: place for role, place in roles.items()}
