"""A sender's domain in the DNS, good and with each fault; what to publish is said exactly."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from newsletter.preflight import spf
from newsletter.preflight.authentication import key_bits, organisation
from newsletter.preflight.names import NoAnswerError
from newsletter.preflight.proofs import Proof, Sender, Verdict
from newsletter.preflight.reputation import examine


class Zone:
    """A DNS that knows what it is given."""

    def __init__(self, records: Mapping[tuple[str, str], tuple[str, ...]]) -> None:
        self.records = dict(records)

    def lookup(self, name: str, kind: str) -> tuple[str, ...]:
        if self.records.get((name, "SILENT")):
            raise NoAnswerError(f"no answer about {name!r}")
        return self.records.get((name, kind), ())

    def but(self, name: str, kind: str, *answers: str) -> Zone:
        return Zone({**self.records, (name, kind): answers})


def public_key(bits: int) -> bytes:
    public = rsa.generate_private_key(65537, bits).public_key()
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


KEY = b64encode(public_key(2048)).decode()
RECORD = f"v=DKIM1; k=rsa; p={KEY}"
SENDER = Sender(
    mail_from="news@example.org",
    return_path="bounces@example.org",
    smtp_host="smtp.example.org",
    dkim_domain="example.org",
    dkim_selector="news",
    dkim_record=RECORD,
)
SERVER = "8.8.4.4"
GOOD = Zone(
    {
        ("example.org", "MX"): ("10 mail.example.org.",),
        ("example.org", "TXT"): ("v=spf1 include:spf.example.org -all", "other=1"),
        ("spf.example.org", "TXT"): ("v=spf1 ip4:8.8.4.0/24 ~all",),
        ("smtp.example.org", "A"): (SERVER,),
        ("mail.example.org", "A"): ("8.8.4.9",),
        ("news._domainkey.example.org", "TXT"): (RECORD,),
        ("_dmarc.example.org", "TXT"): ("v=DMARC1; p=none; rua=mailto:d@example.org",),
        ("4.4.8.8.in-addr.arpa", "PTR"): ("smtp.example.org.",),
    }
)


def proof(check: str, names: Zone, sender: Sender = SENDER) -> Proof:
    found = [one for one in examine(sender, names) if one.check == check]
    return max(found, key=lambda one: list(Verdict).index(one.verdict))


def test_a_domain_in_order_is_proven_thing_by_thing() -> None:
    proofs = examine(SENDER, GOOD)

    assert {one.check for one in proofs} == {"MX", "SPF", "DKIM", "DMARC", "alignment", "PTR"}
    assert {one.verdict for one in proofs} == {Verdict.GOOD}


@pytest.mark.parametrize(
    ("check", "zone", "verdict", "says", "record"),
    [
        ("MX", GOOD.but("example.org", "MX"), "error", "neither MX", "MX 10"),
        ("MX", GOOD.but("example.org", "MX", "0 ."), "error", "takes no mail", "MX 10"),
        (
            "MX",
            GOOD.but("example.org", "MX").but("example.org", "A", SERVER),
            "warning",
            "no MX",
            "MX 10",
        ),
        ("MX", GOOD.but("mail.example.org", "A"), "error", "no address", "mail.example.org A"),
        (
            "MX",
            GOOD.but("example.org", "MX", "10 mail.example.org.", "20 old.example.org."),
            "warning",
            "old.example.org",
            "old.example.org A",
        ),
        (
            "SPF",
            GOOD.but("example.org", "TXT"),
            "error",
            "no SPF",
            "example.org TXT v=spf1 a:smtp.example.org ~all",
        ),
        (
            "SPF",
            GOOD.but("example.org", "TXT", "v=spf1 -all", "v=spf1 mx -all"),
            "error",
            "2 SPF",
            "example.org TXT v=spf1 mx ~all",
        ),
        ("SPF", GOOD.but("example.org", "TXT", "v=spf1 ipv4:1.2.3.4 -all"), "error", "broken", ""),
        (
            "SPF",
            GOOD.but(
                "example.org", "TXT", "v=spf1 a:smtp.example.org a:x.org a:y.org a:z.org ~all"
            ),
            "warning",
            "lead nowhere",
            "",
        ),
        (
            "SPF",
            GOOD.but("example.org", "TXT", "v=spf1 mx +all"),
            "error",
            "everybody",
            "example.org TXT v=spf1 mx ~all",
        ),
        (
            "SPF",
            GOOD.but("example.org", "TXT", "v=spf1 redirect=lax.example").but(
                "lax.example", "TXT", "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all"
            ),
            "error",
            "everybody",
            "example.org TXT v=spf1 a:smtp.example.org ~all",
        ),
        (
            "SPF",
            GOOD.but("example.org", "TXT", "v=spf1 mx -all"),
            "warning",
            "does not name smtp.example.org",
            "example.org TXT v=spf1 a:smtp.example.org mx -all",
        ),
        ("DKIM", GOOD.but("news._domainkey.example.org", "TXT"), "error", "no key", RECORD),
        (
            "DKIM",
            GOOD.but("news._domainkey.example.org", "TXT", "v=DKIM1; p="),
            "error",
            "revoked",
            RECORD,
        ),
        (
            "DKIM",
            GOOD.but("news._domainkey.example.org", "TXT", "v=DKIM1; p=AAAA"),
            "error",
            "not the one",
            RECORD,
        ),
        (
            "DKIM",
            GOOD.but("news._domainkey.example.org", "TXT", f"{RECORD}; t=y"),
            "warning",
            "only a test",
            "",
        ),
        (
            "DKIM",
            GOOD.but("news._domainkey.example.org", "TXT", RECORD, "v=DKIM1; p="),
            "error",
            "2 TXT records",
            RECORD,
        ),
        (
            "DKIM",
            GOOD.but("news._domainkey.example.org", "TXT").but(
                "news._domainkey.example.org.example.org", "TXT", RECORD
            ),
            "error",
            "enter the name as news._domainkey",
            RECORD,
        ),
        (
            "DKIM",
            GOOD.but("news._domainkey.example.org", "TXT", f"v=DKIM1; h=sha1; p={KEY}"),
            "error",
            "allows only h=sha1",
            RECORD,
        ),
        (
            "DKIM",
            GOOD.but("news._domainkey.example.org", "TXT", f"v=DKIM1; s=tlsrpt; p={KEY}"),
            "error",
            "not for mail",
            RECORD,
        ),
        (
            "DKIM",
            GOOD.but("news._domainkey.example.org", "TXT", f"v=DKIM2; p={KEY}"),
            "error",
            "v=DKIM2",
            RECORD,
        ),
        (
            "DMARC",
            GOOD.but("_dmarc.example.org", "TXT").but(
                "_dmarc.example.org.example.org", "TXT", "v=DMARC1; p=none"
            ),
            "error",
            "enter the name as _dmarc",
            "_dmarc.example.org TXT",
        ),
        (
            "DMARC",
            GOOD.but("_dmarc.example.org", "TXT"),
            "error",
            "no DMARC",
            "_dmarc.example.org TXT v=DMARC1; p=none; rua=mailto:dmarc@example.org",
        ),
        (
            "DMARC",
            GOOD.but("_dmarc.example.org", "TXT", "v=DMARC1; p=none", "v=DMARC1; p=none"),
            "error",
            "several",
            "",
        ),
        (
            "DMARC",
            GOOD.but("_dmarc.example.org", "TXT", "v=DMARC1; rua=x"),
            "error",
            "no policy",
            "",
        ),
        (
            "DMARC",
            GOOD.but("_dmarc.example.org", "TXT", "v=DMARC1; p=none"),
            "warning",
            "rua",
            "rua=",
        ),
        ("PTR", GOOD.but("4.4.8.8.in-addr.arpa", "PTR"), "warning", "no name", ""),
        (
            "PTR",
            GOOD.but("4.4.8.8.in-addr.arpa", "PTR", "host-1.provider.example."),
            "warning",
            "does not lead back",
            "",
        ),
        ("PTR", GOOD.but("smtp.example.org", "A"), "warning", "is SMTP_HOST right", ""),
        ("MX", GOOD.but("example.org", "SILENT", "x"), "warning", "could not be checked", ""),
    ],
)
def test_a_fault_is_found_and_its_mend_is_exact(
    check: str, zone: Zone, verdict: str, says: str, record: str
) -> None:
    found = proof(check, zone)

    assert found.verdict == verdict
    assert says in found.says
    assert record in found.record


def test_a_subdomain_takes_the_policy_of_its_organisation() -> None:
    sender = replace(SENDER, mail_from="news@lists.example.org")

    assert proof("DMARC", GOOD, sender).verdict is Verdict.GOOD
    assert proof("alignment", GOOD, sender).verdict is Verdict.GOOD


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ("v=DMARC1; p=none; rua=mailto:d@example.org", "only reports are sent"),
        ("v=DMARC1; p=quarantine; rua=mailto:d@example.org", "spam folder"),
        ("v=DMARC1;p=Reject;rua=mailto:d@example.org", "is refused"),
    ],
)
def test_what_a_policy_asks_is_told_in_plain_words(record: str, says: str) -> None:
    assert says in proof("DMARC", GOOD.but("_dmarc.example.org", "TXT", record)).says


def test_a_subdomain_has_the_policy_that_is_meant_for_it() -> None:
    record = "v=DMARC1; p=none; sp=reject; rua=mailto:d@example.org"
    zone = GOOD.but("_dmarc.example.org", "TXT", record)

    sender = replace(SENDER, mail_from="news@lists.example.org")

    assert "is refused" in proof("DMARC", zone, sender).says
    assert "only reports" in proof("DMARC", zone).says


def test_a_registrys_policy_is_not_the_organisations() -> None:
    zone = GOOD.but("_dmarc.example.org", "TXT").but(
        "_dmarc.org", "TXT", "v=DMARC1; p=reject; psd=y"
    )
    under_it = Zone(
        {
            ("_dmarc.gov.example", "TXT"): ("v=DMARC1; p=reject; psd=y",),
            ("_dmarc.a.gov.example", "TXT"): ("v=DMARC1; p=none; rua=mailto:d@a.gov.example",),
        }
    )

    assert "no DMARC" in proof("DMARC", zone).says
    assert organisation(under_it, "news.a.gov.example") == "a.gov.example"
    assert organisation(under_it, "b.gov.example") == "b.gov.example"


@pytest.mark.parametrize(
    ("mail_from", "envelope", "verdict"),
    [
        ("news@lists.example.org", "b@example.org", "good"),
        ("news@example.org", "b@mail.lists.example.org", "good"),
        ("news@lists.example.org", "b@bounces.example.org", "good"),
        ("news@example.org", "b@example.com", "warning"),
        ("news@example.org", "b@badexample.org", "warning"),
    ],
)
def test_domains_of_one_organisation_agree(mail_from: str, envelope: str, verdict: str) -> None:
    own = GOOD.but("_dmarc.lists.example.org", "TXT", "v=DMARC1; p=none; rua=mailto:d@x.org")

    found = proof("alignment", own, replace(SENDER, mail_from=mail_from, return_path=envelope))

    assert found.verdict == verdict


def test_a_key_that_big_providers_do_not_read_is_a_warning() -> None:
    record = f"v=DKIM1; k=ed25519; p={b64encode(bytes(32)).decode()}"
    zone = GOOD.but("news._domainkey.example.org", "TXT", record)

    found = proof("DKIM", zone, replace(SENDER, dkim_record=record))

    assert found.verdict is Verdict.WARNING
    assert "sign with RSA" in found.says


def test_a_strict_policy_asks_for_the_same_domain() -> None:
    strict = GOOD.but(
        "_dmarc.example.org", "TXT", "v=DMARC1; p=reject; rua=mailto:d@example.org; adkim=s; aspf=s"
    )

    sender = replace(SENDER, mail_from="news@lists.example.org")

    assert proof("alignment", strict, sender).verdict is Verdict.ERROR


def test_an_envelope_and_key_of_others_do_not_align() -> None:
    sender = replace(SENDER, return_path="b@esp.example", dkim_domain="esp.example")

    assert proof("alignment", GOOD, sender).verdict is Verdict.ERROR


def test_one_of_two_that_align_is_a_warning() -> None:
    sender = replace(SENDER, return_path="b@esp.example")

    found = proof("alignment", GOOD, sender)

    assert found.verdict is Verdict.WARNING
    assert "not with the envelope" in found.says


def test_a_server_on_this_machine_leaves_the_address_open() -> None:
    sender = replace(SENDER, smtp_host="127.0.0.1")

    assert "--address" in proof("PTR", GOOD, sender).says
    assert proof("SPF", GOOD, sender).verdict is Verdict.WARNING
    told = replace(sender, outgoing_address=SERVER)
    assert proof("PTR", GOOD, told).verdict is Verdict.GOOD
    assert proof("SPF", GOOD, told).verdict is Verdict.GOOD


def test_a_relay_that_signs_is_a_doubt_with_a_way_out() -> None:
    sender = replace(SENDER, dkim_selector="", dkim_record="", dkim_domain="")

    assert "--selector" in proof("DKIM", GOOD, sender).says


@pytest.mark.parametrize("bits", [1024, 2048])
def test_the_length_of_a_key_is_read_without_a_library(bits: int) -> None:
    assert key_bits("rsa", public_key(bits)) == bits


def test_a_short_key_is_found() -> None:
    record = f"v=DKIM1; p={b64encode(public_key(1024)).decode()}"
    zone = GOOD.but("news._domainkey.example.org", "TXT", record)

    assert proof("DKIM", zone, replace(SENDER, dkim_record="")).verdict is Verdict.WARNING


@pytest.mark.parametrize(
    ("record", "result"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", "pass"),
        ("v=spf1 ip4:198.51.100.1 -all", "fail"),
        ("v=spf1 ~all", "softfail"),
        ("v=spf1 ?all", "neutral"),
        ("v=spf1", "neutral"),
        ("v=spf1 a:host.example -all", "pass"),
        ("v=spf1 a:near.example/24 -all", "pass"),
        ("v=spf1 mx:mx.example -all", "pass"),
        ("v=spf1 include:inner.example -all", "pass"),
        ("v=spf1 -include:inner.example ?all", "fail"),
        ("v=spf1 redirect=inner.example", "pass"),
        ("v=spf1 exists:%{i}._spf.example -all", "fail"),
        ("v=spf1 exists:host.example -all", "pass"),
        ("v=spf1 include:none.example -all", "permerror"),
        ("v=spf1 include:loop.example -all", "permerror"),
        ("v=spf1 ip4:nonsense -all", "permerror"),
        ("v=spf1 all-the-things", "permerror"),
        ("v=spf1 " + "include:inner.example " * 11 + "-all", "permerror"),
        ("v=spf1 ip6:2001:db8::/32 -all", "fail"),
        ("v=spf1 ip6:192.0.2.7 -all", "permerror"),
        ("v=spf1 ip4 -all", "permerror"),
        ("v=spf1 a:host.example//64 -all", "pass"),
        ("v=spf1 a:host.example/33 -all", "permerror"),
        ("v=spf1 ra=postmaster rr=all vendor.x=1 A:HOST.example. -ALL", "pass"),
        ("v=spf1 redirect=none.example", "permerror"),
        ("v=spf1 redirect=inner.example redirect=inner.example", "permerror"),
        ("v=spf1 redirect=strange.example -all", "fail"),
        ("v=spf1 a:no1.example a:no2.example -all", "fail"),
        ("v=spf1 a:no1.example a:no2.example exists:no3.example -all", "permerror"),
        ("v=spf1 a:host.example a:no1.example a:no2.example a:no3.example -all", "pass"),
        ("v=spf1 mx:many.example -all", "permerror"),
        ("v=spf1 exists:%{ir}.%{v}._spf.%{d} -all", "pass"),
        ("v=spf1 include:%{d2}.macro.example -all", "pass"),
        ("v=spf1 ptr ~all", "softfail"),
    ],
)
def test_spf_is_judged_as_receivers_do(record: str, result: str) -> None:
    zone = Zone(
        {
            ("d.example", "TXT"): (record,),
            ("inner.example", "TXT"): ("v=spf1 ip4:192.0.2.7 -all",),
            ("loop.example", "TXT"): ("v=spf1 include:loop.example -all",),
            ("host.example", "A"): ("192.0.2.7",),
            ("near.example", "A"): ("192.0.2.200",),
            ("mx.example", "MX"): ("10 host.example.",),
            ("many.example", "MX"): tuple(f"10 m{number}.example." for number in range(11)),
            ("7.2.0.192.in-addr._spf.d.example", "A"): ("127.0.0.2",),
            ("d.example.macro.example", "TXT"): ("v=spf1 exists:%{i}.%{o}.%%.x ~all",),
            ("192.0.2.7.d.example.%.x", "A"): ("127.0.0.2",),
        }
    )
    never = (
        "198.51.100.99"
        if "include:inner" in record and record.count("include") > 9
        else "192.0.2.7"
    )

    assert spf.evaluate(zone, "d.example", never).result == result


def test_the_look_ups_of_a_record_are_counted_to_the_end() -> None:
    zone = Zone(
        {
            ("d.example", "TXT"): ("v=spf1 a mx include:inner.example -all",),
            ("inner.example", "TXT"): ("v=spf1 a:x.example -all",),
        }
    )

    assert spf.evaluate(zone, "d.example").lookups == 4


def test_a_sender_of_the_new_protocol_is_judged_too() -> None:
    zone = Zone(
        {
            ("d.example", "TXT"): ("v=spf1 a//64 exists:%{ir}.%{v}.d.example -all",),
            ("d.example", "AAAA"): ("2001:db8::1",),
        }
    )

    assert spf.evaluate(zone, "d.example", "2001:db8::99").result == "pass"
    assert spf.evaluate(zone, "d.example", "2001:db8:1::1").result == "fail"
