"""Whatever people, servers and issues write comes back as it was written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.model.ledger import Settlement, Wish
from newsletter.model.mailing import DeliveryState, MailingState, Recipient, UnknownPolicy
from newsletter.model.people import EmailAddress, ImportedPerson, Subscriber
from newsletter.store import Store
from newsletter.store.deliveries import Deliveries
from newsletter.store.freezing import FrozenEdition, NewMailing
from newsletter.store.importing import Import
from newsletter.store.ledger import StoreLedger
from newsletter.store.mailings import Mailings
from newsletter.store.people import People
from tests.databases import Database
from tests.frozen import frozen

NOW = datetime(2016, 5, 20, 12, 0, tzinfo=UTC)
ANA = "ana@example.org"

#: All characters there are, but NUL (a database may keep another in its place) and halves of
#: characters, which are no text.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
FIELDS = st.dictionaries(TEXTS.filter(bool), TEXTS, max_size=4)


def _for_each(database: Database, check: Callable[[Store, str], None]) -> None:
    @settings(max_examples=database.examples)
    @given(TEXTS)
    @example("%s %(name)s :name ? {} $1 \\ ' \" -- ; /* '")
    @example("\\u0000 \\ud800 \\x00 \\N")
    @example("İstanbul ﬁ 𝒳 \u202e\ufeff\u2028 e\u0301")
    def told(text: str) -> None:
        check(store, text)

    with database.fresh_store() as store:
        told()


def _sent(store: Store, issue: str, personal: dict[str, str]) -> tuple[StoreLedger, int]:
    new = NewMailing(issue, (), (FrozenEdition(issue, b"\0", ""),), UnknownPolicy.HOLD, "here", NOW)
    reader = Recipient(ANA, issue, f"<{issue}>", "news@example.org", personal)
    mailing = frozen(store, new, [reader, Recipient("b@x.org", "en", "<b>", "n@x.org")], now=NOW)
    assert mailing is not None
    Mailings(store).move(mailing.id, MailingState.SENDING, since=list(MailingState), now=NOW)
    return StoreLedger(store, mailing.id, "here", NOW), mailing.id


def test_what_a_server_answers_is_kept_word_for_word(database: Database) -> None:
    def check(store: Store, words: str) -> None:
        ledger, mailing = _answered(store, words)
        told = Deliveries(store, mailing).history(ANA)[-1]
        assert (told.words, told.queue_id, told.route) == (words, words, words)
        assert [one[1] for one in Deliveries(store, mailing).by_reason()] == [words]
        ledger.close(NOW)
        ledger.abandon()
        Mailings(store).skip_rest(mailing, now=NOW)

    _for_each(database, check)


def _answered(store: Store, words: str) -> tuple[StoreLedger, int]:
    # An issue of its own each time: nobody is written to twice about one.
    number = len(Mailings(store).all())
    ledger, mailing = _sent(store, f"{number}", {})
    with ledger.round(NOW) as step:
        [owed] = step.intend(step.claim(Wish(1)), words)
        said = Settlement(
            owed.key,
            DeliveryState.REFUSED,
            words,
            stage="dot",
            code=550,
            words=words,
            queue_id=words,
            route=words,
        )
        step.settle([said])
    return ledger, mailing


def test_a_reply_with_a_nul_is_kept_and_settles_its_delivery(database: Database) -> None:
    with database.fresh_store() as store:
        _, mailing = _answered(store, "no\0such user")

        told = Deliveries(store, mailing).history(ANA)[-1]
        assert told.state == "refused"
        assert told.words.replace("\ufffd", "\0") == "no\0such user"


def test_a_field_with_a_nul_is_kept_and_can_be_added_to(database: Database) -> None:
    with database.fresh_store() as store:
        people = People(store)
        people.ensure_list("members", now=NOW)
        for fields in ({"a\0": "\0"}, {"b": "\\u0000"}):
            people.add(Subscriber(ANA, fields=fields), "members", now=NOW, how="by hand")

        kept = people.find(ANA).subscriber.fields
        shown = [(key, value.replace("\ufffd", "\0")) for key, value in sorted(kept.items())]
        assert [(key.replace("\ufffd", "\0"), value) for key, value in shown] == [
            ("a\0", "\0"),
            ("b", "\\u0000"),
        ]


def test_what_is_filled_into_a_message_comes_back_as_it_was_frozen(database: Database) -> None:
    def check(store: Store, text: str) -> None:
        number = len(Mailings(store).all())
        ledger, _ = _sent(store, f"{text}{number}", {"name": text, f"{text} ": text})
        with ledger.round(NOW) as step:
            owed = next(one for one in step.claim(Wish(2)) if one.address == ANA)
        assert owed.personal["name"] == owed.personal[f"{text} "] == text
        assert owed.edition == f"{text}{number}"
        ledger.close(NOW)
        ledger.abandon()

    _for_each(database, check)


def test_a_persons_name_and_fields_come_back_as_they_were_given(database: Database) -> None:
    @settings(max_examples=database.examples)
    @given(TEXTS, FIELDS, FIELDS)
    def check(name: str, fields: dict[str, str], more: dict[str, str]) -> None:
        with database.fresh_store() as store:
            people = People(store)
            people.ensure_list("members", now=NOW, title=name)
            people.add(Subscriber(ANA, name=name, fields=fields), "members", now=NOW, how=name)
            assert people.find(ANA).subscriber.fields == fields
            assert people.find(ANA).subscriber.name == name
            assert people.find(ANA).subscriptions[0].how == name

            people.add(Subscriber(ANA, fields=more), "members", now=NOW, how=name)
            assert people.find(ANA).subscriber.fields == {**fields, **more}
            assert people.field_names() == tuple(sorted({**fields, **more}))
            assert people.list_named("members").title == name

    check()


def test_an_imports_fields_are_added_to_those_that_are_there(database: Database) -> None:
    @settings(max_examples=database.examples)
    @given(TEXTS, FIELDS, FIELDS)
    def check(name: str, fields: dict[str, str], more: dict[str, str]) -> None:
        with database.fresh_store() as store:
            People(store).ensure_list("members", now=NOW)
            for given_now in (fields, more, more):
                batch = Import(store, "members")
                batch.add([ImportedPerson(1, EmailAddress(ANA), name=name, fields=given_now)])
                batch.write(now=NOW, how="import")

            assert People(store).find(ANA).subscriber.fields == {**fields, **more}
            assert People(store).find(ANA).subscriber.name == name

    check()
