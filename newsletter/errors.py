"""Everything that can go wrong and that a person can mend.

Each error is one line for communications staff, with the value in quotes, and a
hint that names the next thing to type. The faces show them; nothing else prints.
"""

from __future__ import annotations

from collections.abc import Sequence


class NewsletterError(Exception):
    """Something a person can mend went wrong."""

    exit_code = 1
    hint = ""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        if hint:
            self.hint = hint


# --- settings and workspace -------------------------------------------------


class WorkspaceNotFoundError(NewsletterError):
    """No newsletter.toml here or above."""

    hint = "Run `newsletter init` to make a workspace here, or name one with --workspace DIR."


class WorkspaceBusyError(NewsletterError):
    """Another command is writing to the same workspace or mailing."""

    hint = "Wait until the other command has ended, then run this one again."


class SettingsError(NewsletterError):
    """A setting is missing, unknown or has a value that cannot be used."""

    hint = "Open newsletter.toml (or .env) and correct the setting."


class FileWriteError(NewsletterError):
    """A file could not be written: read-only folder, full disk."""

    hint = "Check the free space and the permissions of the folder, then run the command again."


# --- sources ------------------------------------------------------------------


class SourceUnreachableError(NewsletterError):
    """A source could not be read."""

    hint = "Run `newsletter sources check` to see what each source answers."

    def __init__(self, source: str, reason: str, *, hint: str = "", status: int = 0) -> None:
        super().__init__(f"could not read source {source!r}: {reason}", hint=hint)
        self.source = source
        self.reason = reason
        #: What the server answered; 0 where it did not.
        self.status = status


class SourceNotUnderstoodError(SourceUnreachableError):
    """A source answered, but with something no reader understands."""

    hint = "Open the address in a browser: is it the page or feed that you meant?"


class PeriodError(NewsletterError):
    """A period cannot be understood."""

    hint = (
        "Write a month (2016-05), a week (2016-W20), two days (2016-05-01..2016-05-20), "
        "last-month, last-30-days or since-last-issue."
    )


class NothingFoundError(NewsletterError):
    """No source has an item for the period."""

    hint = "Run `newsletter sources check`, or name another period."


# --- issues --------------------------------------------------------------------


class IssueNotFoundError(NewsletterError):
    """There is no such issue."""

    hint = "Run `newsletter issues` to see the issues there are."


class IssueFileError(NewsletterError):
    """A file of an issue is broken."""

    hint = "Open the file at that line and correct it; nothing was changed."


class PictureError(NewsletterError):
    """A picture cannot be used; the item stays without one."""

    hint = "Choose another picture, or remove it from the item."


class TranslationFileError(NewsletterError):
    """A translation file cannot be taken back."""

    hint = "Export it again with `newsletter translations export` and fill that file in."


class LanguageNotFoundError(NewsletterError):
    """The newsletter has no such language."""

    hint = "Set `languages` in newsletter.toml."


class EditionNotFoundError(NewsletterError):
    """The issue has no such edition."""

    def __init__(self, issue: str, edition: str, known: Sequence[str]) -> None:
        hint = f"There are {', '.join(known)}."
        super().__init__(f"there is no edition {edition!r} of {issue!r}", hint=hint)


class EmptyEditionError(NewsletterError):
    """An edition would be an empty mail."""

    hint = "Include an item, translate one, or let the language fall back to another."

    def __init__(self, issue: str, edition: str) -> None:
        super().__init__(f"edition {edition!r} of issue {issue!r} has nothing to say")
        self.issue = issue
        self.edition = edition


class TemplateError(NewsletterError):
    """A theme has a mistake or lacks a file."""

    hint = "Open the template at that line; `newsletter theme copy default` shows the original."


class ThemeNotFoundError(NewsletterError):
    """There is no such theme."""

    hint = "Run `newsletter theme list` to see the themes there are."


class PreflightError(NewsletterError):
    """The preflight found errors; nothing was sent."""

    exit_code = 3
    hint = "Run `newsletter check ISSUE`, mend each error, then send again."


# --- audience ------------------------------------------------------------------


class AddressError(NewsletterError):
    """An address that cannot be written to."""

    hint = "Check the address for typing mistakes."


class ImportFileError(NewsletterError):
    """A file of subscribers that cannot be read."""

    hint = "Export it again as CSV, with a heading over the column of addresses."


class SubscriberNotFoundError(NewsletterError):
    """Nobody with this address is known."""

    hint = "Run `newsletter subscribers list` to see who is."


class LinkError(NewsletterError):
    """A link of a message that is not whole, not ours, or of somebody no longer known."""

    hint = "Use the link in the newest message."


class ListKeyError(NewsletterError):
    """A name that cannot be the key of a list."""

    hint = "Name a list with letters, digits and hyphens: members-2016."


class ListNotFoundError(NewsletterError):
    """There is no such list."""

    hint = "Run `newsletter lists` to see the lists there are."


# --- delivery -------------------------------------------------------------------


class MessageError(NewsletterError):
    """A reader's message cannot be made."""

    hint = "Run `newsletter subscribers show ADDRESS` and correct the address or the name."


class SigningError(NewsletterError):
    """Messages cannot be signed as it is configured."""

    hint = "Correct [dkim] in newsletter.toml, or run `newsletter dkim new` for a new key."


class MailingNotFoundError(NewsletterError):
    """There is no such mailing."""

    hint = "Run `newsletter status` to see the mailings there are."


class MailingStateError(NewsletterError):
    """The mailing is not in a state that allows this."""

    hint = "Run `newsletter status` to see where it stands."


class ServerError(NewsletterError):
    """The mail server cannot be used as it is configured."""

    hint = "Check SMTP_HOST, SMTP_PORT, SMTP_SECURITY, SMTP_USERNAME and SMTP_PASSWORD in .env."


class SentInPartError(NewsletterError):
    """Some readers are still waiting; `resume` will finish."""

    exit_code = 4
    hint = "Run `newsletter resume` to go on."


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


class MailingStoppedError(NewsletterError):
    """A mailing stopped by itself; a person must look at it."""

    def __init__(self, mailing: int, reason: str, *, unwritten: int = 0, answers: int = 0) -> None:
        said = f"mailing {str(mailing)!r} was stopped: {reason}"
        if answers:
            said += f"; {_count(answers, 'answer')} could not be written down and will be unknown"
        if unwritten > answers:
            said += f"; {_count(unwritten - answers, 'message')} more did not leave"
        super().__init__(said, hint=f"Mend that, then run `newsletter resume {mailing}`.")
        self.unwritten = unwritten


class ConfirmationNeededError(NewsletterError):
    """Something irreversible was asked for without a confirmation."""

    hint = "Add --yes when you are sure."


# --- store ----------------------------------------------------------------------


class StoreError(NewsletterError):
    """The database cannot be opened, read or written."""

    hint = "Check NEWSLETTER_DATABASE_URL, the free space and the permissions of the folder."


class StoreBusyError(StoreError):
    """Another process is writing to the database and does not end."""

    hint = (
        "Wait until the other newsletter command has ended, then run this one again; one that"
        " was stopped (Ctrl-Z) goes on with `fg`."
    )


class StoreUnsureError(StoreError):
    """The connection was cut while a change was being written: it may be there, or not."""

    hint = "Nothing is lost: when the server can be reached, look what is there and go on."


class StoreGoneError(StoreError):
    """The database was taken away or replaced while it was in use."""

    hint = "Put it back where it was, then run `newsletter resume`."
