"""newsletter.toml, .env and the environment as one Settings; the only reader of os.environ."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

from newsletter.errors import SettingsError
from newsletter.model.identity import Identity
from newsletter.model.naming import check_lines, in_one_line
from newsletter.model.public import check_page_address, one_click_address
from newsletter.model.sending import (
    DkimSettings,
    DomainSettings,
    MailSettings,
    RouteSettings,
    SendingSettings,
    SmtpSettings,
)
from newsletter.model.sources import Source
from newsletter.model.translating import TranslationSettings, check_languages

#: Environment name -> (table in newsletter.toml, key). "" is the top level.
ENVIRONMENT: dict[str, tuple[str, str]] = {
    "SMTP_HOST": ("smtp", "host"),
    "SMTP_PORT": ("smtp", "port"),
    "SMTP_SECURITY": ("smtp", "security"),
    "SMTP_USERNAME": ("smtp", "username"),
    "SMTP_PASSWORD": ("smtp", "password"),
    "SMTP_TOKEN": ("smtp", "token"),
    "SMTP_TOKEN_COMMAND": ("smtp", "token_command"),
    "SMTP_CA_FILE": ("smtp", "ca_file"),
    "SMTP_LOCAL_NAME": ("smtp", "local_name"),
    "MAIL_FROM": ("mail", "sender"),
    "MAIL_REPLY_TO": ("mail", "reply_to"),
    "MAIL_RETURN_PATH": ("mail", "return_path"),
    "NEWSLETTER_DATABASE_URL": ("", "database_url"),
    "NEWSLETTER_SECRET": ("", "secret"),
}
SECRETS = frozenset({"smtp.password", "smtp.token", "secret"})


@dataclass(frozen=True, slots=True)
class BudgetSettings:
    """The most that an edition may cost its reader, in KB of HTML and text; 0: no limit."""

    full_kb: int = 0
    light_kb: int = 0
    text_kb: int = 0
    #: All pictures of a full edition together.
    pictures_kb: int = 0


@dataclass(frozen=True, slots=True)
class PictureSettings:
    """Where readers' mail programs get the pictures of items from."""

    #: true: inside the message. false: from public_url, or else from where they were found.
    embed: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a workspace has set, with the origin of each value."""

    #: What the newsletter is called.
    name: str = "Newsletter"
    #: Who publishes it.
    organisation: str = ""
    #: The newsletter's own language; every text falls back to it in the end.
    language: str = "en"
    #: All languages of the newsletter; empty: only `language`.
    languages: tuple[str, ...] = ()
    #: Where a missing translation is taken from, in order; `language` comes last anyway.
    fallback: tuple[str, ...] = ()
    #: In which the days of a period begin and end: Europe/Paris.
    time_zone: str = "UTC"
    #: Stands at the end of every issue; many countries ask for it by law.
    postal_address: str = ""
    #: How readers reach you: an address or a page.
    contact: str = ""
    #: The organisation's own site.
    website: str = ""
    #: Where the archive of issues is; empty: there is none.
    public_url: str = ""
    #: Where readers reach `newsletter serve`, by https; empty: they leave by mail.
    unsubscribe_url: str = ""
    #: A folder in templates/, or a theme that comes with the program.
    theme: str = "default"
    #: Where subscribers and deliveries are kept: a file, or postgresql://user@host/database.
    database_url: str = field(default="sqlite:///newsletter.db", repr=False)
    #: Signs links and message numbers; `newsletter init` makes one. Keep it in .env.
    secret: str = field(default="", repr=False)
    smtp: SmtpSettings = field(default_factory=SmtpSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    sending: SendingSettings = field(default_factory=SendingSettings)
    dkim: DkimSettings = field(default_factory=DkimSettings)
    budgets: BudgetSettings = field(default_factory=BudgetSettings)
    pictures: PictureSettings = field(default_factory=PictureSettings)
    translations: TranslationSettings = field(default_factory=TranslationSettings)
    #: Where the news comes from; each is a [[sources]] table.
    sources: tuple[Source, ...] = ()
    #: "smtp.host" -> "environment", ".env" or "newsletter.toml"; absent: the default.
    origins: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse names of two lines, languages there are not, a page that nobody can open."""
        check_lines({"name": self.name, "organisation": self.organisation, "contact": self.contact})
        check_page_address("unsubscribe_url", self.unsubscribe_url)
        check_languages(
            (self.language, *self.languages),
            {"fallback": self.fallback, "translations.required": self.translations.required},
        )

    @property
    def identity(self) -> Identity:
        """Return who sends, as every edition says it."""
        return Identity(
            name=self.name,
            organisation=self.organisation,
            postal_address=in_one_line(self.postal_address),
            contact=self.contact,
            website=self.website,
            public_url=self.public_url,
            unsubscribe_url=one_click_address(self.unsubscribe_url),
            mail_from=self.mail.sender,
            reply_to=self.mail.reply_to,
            time_zone=self.time_zone,
        )

    @property
    def routes(self) -> tuple[RouteSettings, ...]:
        """Return the servers to send by: those of newsletter.toml, else the one of .env."""
        if self.sending.routes or not self.smtp.host:
            return self.sending.routes
        return (self.smtp.as_route(self.sending),)


def load(root: Path) -> Settings:
    """Return the settings of the workspace at `root`.

    Raises SettingsError for a file that cannot be read, an unknown key (naming the
    nearest known one) or a value of the wrong kind.
    """
    values = _read_toml(root / "newsletter.toml")
    _refuse_unknown(values, Settings, "", root / "newsletter.toml")
    origins = dict.fromkeys(_leaves(values), "newsletter.toml")
    for name, text, origin in _environment(root):
        table, key = ENVIRONMENT[name]
        target = values.setdefault(table, {}) if table else values
        target[key] = text
        origins[f"{table}.{key}" if table else key] = origin
    _fill_secrets(values, root)
    return _structure(values, origins)


def ignore_environment() -> None:
    """Forget, in this process, every setting of the environment.

    The demo must never reach a real mail server that the environment happens to name.
    """
    for name in ENVIRONMENT:
        os.environ.pop(name, None)


def no_color_wanted() -> bool:
    """Say whether NO_COLOR (https://no-color.org) asks for text without colour."""
    return bool(os.environ.get("NO_COLOR"))


def workspace_from_environment() -> str:
    """Return the folder that NEWSLETTER_WORKSPACE names; empty: none."""
    return os.environ.get("NEWSLETTER_WORKSPACE", "")


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{str(path)!r} is not valid TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise _not_utf8(path, error) from error
    except OSError as error:
        raise SettingsError(f"cannot read {str(path)!r}: {error.strerror}") from error


def _not_utf8(path: Path, error: UnicodeDecodeError) -> SettingsError:
    line = error.object.count(b"\n", 0, error.start) + 1
    return SettingsError(
        f"{str(path)!r} is not UTF-8 text: line {line}", hint="Save the file as UTF-8."
    )


def _environment(root: Path) -> list[tuple[str, str, str]]:
    """Return name, value and origin of what .env and then the environment set; empty is unset."""
    found: dict[str, tuple[str, str]] = {}
    written = _written(root)
    for name in ENVIRONMENT:
        if value := written.get(name):
            found[name] = (value, ".env")
        if value := os.environ.get(name):
            found[name] = (value, "environment")
    return [(name, value, origin) for name, (value, origin) in found.items()]


def _written(root: Path) -> Mapping[str, str | None]:
    """Return what .env says."""
    from dotenv import dotenv_values

    try:
        # Never interpolate: a password may hold ${...}.
        return dotenv_values(root / ".env", interpolate=False)
    except UnicodeDecodeError as error:
        raise _not_utf8(root / ".env", error) from error
    except OSError as error:
        raise SettingsError(f"cannot read {str(root / '.env')!r}: {error.strerror}") from error


def _fill_secrets(values: Mapping[str, Any], root: Path) -> None:
    """Give each route the password or token whose line in .env it names."""
    sending = values.get("sending")
    routes = sending.get("routes") if isinstance(sending, dict) else None
    for route in routes if isinstance(routes, list) else ():
        for kind in ("password", "token"):
            name = route.get(f"{kind}_variable")
            if not isinstance(name, str) or not name:
                continue
            secret = os.environ.get(name) or _written(root).get(name)
            if not secret:
                raise SettingsError(
                    f"{name!r}, the {kind} of the route {route.get('name')!r}, is not set",
                    hint=f"Write {name}=... into .env.",
                )
            route[kind] = secret


def _leaves(values: Mapping[str, Any], prefix: str = "") -> list[str]:
    paths: list[str] = []
    for key, value in values.items():
        if isinstance(value, dict):
            paths += _leaves(value, f"{prefix}{key}.")
        else:
            paths.append(f"{prefix}{key}")
    return paths


def _refuse_unknown(values: Mapping[str, Any], kind: type, where: str, path: Path) -> None:
    known = {one.name: one for one in fields(kind) if one.name != "origins"}
    for key, value in values.items():
        if key not in known:
            import difflib

            near = difflib.get_close_matches(key, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known are: {', '.join(known)}."
            place = f" in [{where}]" if where else ""
            raise SettingsError(f"unknown key {key!r}{place} of {path.name!r}", hint=hint)
        nested = _NESTED.get((kind, key))
        if nested is None:
            continue
        tables = value if isinstance(value, list) else [value]
        for table in tables:
            if not isinstance(table, dict):
                raise SettingsError(f"{key!r} of {path.name!r} must be a table")
            _refuse_unknown(table, nested, f"{where}.{key}" if where else key, path)


def _nested() -> dict[tuple[type, str], type]:
    from newsletter.model.sources import Selectors

    return {
        (Settings, "smtp"): SmtpSettings,
        (Settings, "mail"): MailSettings,
        (Settings, "sending"): SendingSettings,
        (Settings, "dkim"): DkimSettings,
        (Settings, "budgets"): BudgetSettings,
        (Settings, "pictures"): PictureSettings,
        (SendingSettings, "routes"): RouteSettings,
        (SendingSettings, "domains"): DomainSettings,
        (Settings, "translations"): TranslationSettings,
        (Settings, "sources"): Source,
        (Source, "selectors"): Selectors,
    }


_NESTED = _nested()


def _structure(values: Mapping[str, Any], origins: Mapping[str, str]) -> Settings:
    import cattrs
    from cattrs.errors import ClassValidationError

    converter = cattrs.Converter()
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(int, _whole)
    converter.register_structure_hook(bool, _yes_no)
    try:
        settings = converter.structure({**values, "origins": origins}, Settings)
    except ClassValidationError as error:
        raise _own_error(error) or SettingsError(_explain(error)) from error
    return settings


def _own_error(error: BaseException) -> SettingsError | None:
    """Return what a settings class itself refused, with its hint."""
    if isinstance(error, BaseExceptionGroup):
        return next(filter(None, map(_own_error, error.exceptions)), None)
    return error if isinstance(error, SettingsError) else None


def _text(value: object, _kind: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"must be text in quotes, not {value!r}")
    return value


def _whole(value: object, _kind: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(f"must be a whole number, not {value!r}")
    try:
        return int(value)
    except ValueError:
        raise ValueError(f"must be a whole number, not {value!r}") from None


def _yes_no(value: object, _kind: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"must be true or false, not {value!r}")
    return value


def _explain(error: BaseException) -> str:
    """Return the first cause with its path, "smtp.port must be a whole number, not 'x'"."""
    from cattrs import transform_error

    reasons = transform_error(error, format_exception=lambda cause, _kind: str(cause))
    reason, _, place = reasons[0].partition(" @ $.")
    return f"setting {place!r} {reason}" if place else reasons[0]


def describe(settings: Settings) -> list[tuple[str, str, str]]:
    """Return (setting, value, origin) of every simple setting, secrets masked."""
    rows: list[tuple[str, str, str]] = []
    _describe(settings, "", settings.origins, rows)
    return rows


def _describe(
    part: Any, prefix: str, origins: Mapping[str, str], rows: list[tuple[str, str, str]]
) -> None:
    for one in fields(part):
        value, path = getattr(part, one.name), f"{prefix}{one.name}"
        if one.name in {"origins", "sources"}:
            continue
        if is_dataclass(value):
            _describe(value, f"{path}.", origins, rows)
            continue
        shown = "********" if path in SECRETS and value else str(value)
        rows.append((path, shown, origins.get(path, "default")))
