"""Which domains count together by the hosts that take their mail."""

from __future__ import annotations

from newsletter.delivery.pacing import DomainLimits, Domains, Limits
from newsletter.delivery.providers import MAIL_HOSTS, PROVIDERS

SLOW, REST = Limits(per_hour=5), Limits(per_hour=9)
GOOGLE = DomainLimits("Google", SLOW, ("gmail.com",), mx=("google.com",))
OTHERS = DomainLimits("others", REST, ("*",), by_mx=True)
AT_GOOGLE = "aspmx.l.google.com"


def _names(domains: Domains, *asked: str) -> dict[str, str]:
    groups = {domain: domains.group_of(domain) for domain in asked}
    return {domain: group.name if group else "" for domain, group in groups.items()}


def test_every_domain_whose_mail_a_named_host_takes_falls_under_its_limit() -> None:
    hosts = {"library.example": AT_GOOGLE, "else.example": "mx.else.example"}
    domains = Domains((GOOGLE,), hosts)

    group = domains.group_of("library.example")

    assert group is domains.group_of("gmail.com")
    assert group is not None
    assert group.limits == SLOW
    assert {"gmail.com", "library.example"} <= set(group.domains)
    assert domains.group_of("else.example") is None


def test_what_everybody_knows_of_a_provider_falls_under_its_hosts_without_an_answer() -> None:
    domains = Domains((DomainLimits("g", SLOW, mx=("google.com",)),))

    assert _names(domains, "gmail.com", "googlemail.com", "hotmail.com") == {
        "gmail.com": "g",
        "googlemail.com": "g",
        "hotmail.com": "",
    }


def test_a_domain_that_is_named_stays_where_it_is_named() -> None:
    own = DomainLimits("own", REST, ("library.example",))
    domains = Domains((GOOGLE, own), {"library.example": AT_GOOGLE})

    assert domains.group_of("library.example") is own


def test_the_longest_of_the_named_hosts_decides() -> None:
    some = DomainLimits("people", REST, mx=("olc.protection.outlook.com",))
    every = DomainLimits("all", SLOW, mx=("outlook.com",))
    hosts = {
        "hotmail.com": "hotmail-com.olc.protection.outlook.com",
        "library.example": "library-example.mail.protection.outlook.com",
    }

    assert _names(Domains((every, some), hosts), *hosts) == {
        "hotmail.com": "people",
        "library.example": "all",
    }


def test_under_the_star_the_domains_of_one_provider_count_together() -> None:
    hosts = {
        "one.example": "mx1.hosting.example",
        "two.example": "mx2.hosting.example",
        "own.example": "mail.own.example",
        "none.example": "",
        "school.example": "school-example.mail.protection.outlook.com",
    }
    domains = Domains((OTHERS,), hosts)

    assert domains.group_of("one.example") is domains.group_of("two.example")
    assert domains.group_of("school.example") is domains.group_of("hotmail.com")
    assert _names(domains, *hosts, "hosting.example", "unheard.example") == {
        "one.example": "hosting.example",
        "two.example": "hosting.example",
        # The provider's own domain would be counted by the same name.
        "hosting.example": "hosting.example",
        "own.example": "own.example",
        "none.example": "none.example",
        "school.example": "microsoft",
        "unheard.example": "unheard.example",
    }
    assert domains.group_of("hosting.example") is domains.group_of("one.example")


def test_under_the_star_hosts_do_not_count_where_a_team_does_not_want_it() -> None:
    every = DomainLimits("others", REST, ("*",))
    domains = Domains((every,), {"one.example": "mx.x.example", "two.example": "mx.x.example"})

    assert _names(domains, "one.example", "two.example", "hotmail.com", "live.com") == {
        "one.example": "one.example",
        "two.example": "two.example",
        "hotmail.com": "microsoft",
        "live.com": "microsoft",
    }
    assert not domains.needs_hosts


def test_a_group_named_like_a_provider_has_a_counter_of_its_own() -> None:
    ours = DomainLimits("google", SLOW, ("gmail.com",))
    domains = Domains((ours, OTHERS), {"library.example": AT_GOOGLE})

    assert _names(domains, "gmail.com", "googlemail.com", "library.example") == {
        "gmail.com": "google",
        "googlemail.com": "google (others)",
        "library.example": "google (others)",
    }


def test_named_hosts_without_a_limit_free_their_domains_from_the_star() -> None:
    free = DomainLimits("ours", Limits(), mx=("library.example",))
    domains = Domains((free, OTHERS), {"branch.example": "mx.library.example"})

    assert domains.group_of("branch.example") is None
    assert domains.needs_hosts


def test_hosts_are_wanted_only_where_a_limit_needs_them() -> None:
    readers = ("gmail.com", "hotmail.com", "library.example", "[192.0.2.1]", "localhost")

    assert not Domains().needs_hosts
    assert not Domains((DomainLimits("g", SLOW, ("gmail.com",)),)).needs_hosts
    assert not Domains((DomainLimits("g", Limits(), mx=("google.com",)),)).needs_hosts
    assert not Domains((DomainLimits("o", Limits(), ("*",), by_mx=True),)).needs_hosts
    assert Domains((OTHERS,)).needs_hosts
    assert Domains((OTHERS,)).without_host(readers) == ("library.example",)
    assert Domains((GOOGLE,)).needs_hosts
    assert Domains((GOOGLE,)).without_host(readers) == ("hotmail.com", "library.example")


def test_no_mail_host_belongs_to_two_providers() -> None:
    every = [ending for endings in MAIL_HOSTS.values() for ending in endings]

    assert len(every) == len(set(every))
    assert MAIL_HOSTS.keys() == PROVIDERS.keys()
