"""Names that pretend and subjects that shout are found; plain ones pass in seven languages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.preflight import manners, run
from tests.unit.preflight.candidates import IDENTITY, candidate


@pytest.mark.parametrize(
    "name",
    [
        "",
        "📚 Library News",
        "news@other.example",
        "A name that is far too long for any inbox to show it",
        "Harare plans, Panama signs",
        "Re: Library",
        "Library\u202eNews",
        "Library\nNews",
    ],
)
def test_a_name_that_pretends_is_found(name: str) -> None:
    found = run(candidate(identity=replace(IDENTITY, name=name)), manners.CHECKS)

    assert [one.check for one in found] == ["sender-name"]


@pytest.mark.parametrize(
    "name",
    ["Bibliothèques & Cie", "أخبار المكتبات", "图书馆新闻", "Новости библиотек", "IFLA – ALP"],
)
def test_a_plain_name_passes(name: str) -> None:
    assert run(candidate(identity=replace(IDENTITY, name=name)), manners.CHECKS) == ()


def test_an_address_of_a_mail_provider_is_found() -> None:
    for address, expected in (("a@gmail.com", 1), ("a@example.org", 0), ("a@notgmail.com", 0)):
        found = run(candidate(identity=replace(IDENTITY, mail_from=address)), manners.CHECKS)

        assert len(found) == expected


@pytest.mark.parametrize(
    "subject",
    [
        "GREAT NEWS FOR ALL LIBRARIES",
        "Great news!!!",
        "Win $$$ today",
        "Read! All! Of it!",
        "Act now, librarians",
        "Cliquez ici pour les nouvelles",
        "点击这里看新闻",
        "📚📖🎉 News",
        "F\u200bree books",
        "Раypаl news",
    ],
)
def test_a_subject_like_spam_is_found(subject: str) -> None:
    found = run(candidate(subject=subject), manners.CHECKS)

    assert {one.check for one in found} == {"spam-like"}


@pytest.mark.parametrize(
    "subject",
    [
        "مكتبات العالم: IFLA AND UNESCO 2016 والتقارير",
        "IFLA 与 UNESCO 在海牙开会讨论图书馆的发展",
        "IFLA WLIC 2016",
        "UNESCO and IFLA sign: what now?",
        "¡Bibliotecas abiertas!",
        "ЮНЕСКО и ИФЛА: новости мая",
        "كتب\u200cها الجديدة",
        "Two new books 📚",
        "IT-компания и библиотека",
        "图书馆新闻:免费借阅的未来"[:6],
    ],
)
def test_a_plain_subject_passes(subject: str) -> None:
    assert run(candidate(subject=subject), manners.CHECKS) == ()
