"""Whether the DNS lets the world believe us: MX, SPF, DKIM, DMARC, PTR, in plain words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_address

from newsletter.preflight import spf
from newsletter.preflight.authentication import policy, signing
from newsletter.preflight.names import Names, NoAnswerError, addresses, reverse_names
from newsletter.preflight.proofs import Proof, Sender, Verdict


def examine(sender: Sender, names: Names) -> tuple[Proof, ...]:
    """Return a proof for each thing that receivers look at, the good ones too."""
    proofs: list[Proof] = []
    for check, prove in _PROOFS.items():
        try:
            proofs += prove(sender, names)
        except NoAnswerError as error:
            proofs.append(Proof(check, Verdict.WARNING, f"{check} could not be checked: {error}"))
    return tuple(proofs)


def receiving(sender: Sender, names: Names) -> Iterator[Proof]:
    """Prove that the sender's domain exists and takes replies and bounces."""
    for domain in dict.fromkeys((sender.domain, sender.envelope_domain)):
        exchangers = names.lookup(domain, "MX")
        if any(one.split()[-1] == "." for one in exchangers):
            says = f"{domain} says that it takes no mail (null MX); replies and bounces are lost"
            yield Proof("MX", Verdict.ERROR, says, f"{domain} MX 10 mail.{domain}.")
        elif exchangers:
            yield _exchangers(domain, exchangers, names)
        elif addresses(names, domain):
            says = f"{domain} has no MX record; mail goes to its web address, if it listens there"
            yield Proof("MX", Verdict.WARNING, says, f"{domain} MX 10 mail.{domain}.")
        else:
            says = f"{domain} has neither MX nor address; providers refuse such a sender"
            yield Proof("MX", Verdict.ERROR, says, f"{domain} MX 10 mail.{domain}.")


def _exchangers(domain: str, exchangers: tuple[str, ...], names: Names) -> Proof:
    """Prove that the mail servers a domain names exist."""
    hosts = [one.split()[-1].rstrip(".").lower() for one in exchangers]
    lost = [host for host in hosts if not addresses(names, host)]
    if not lost:
        return Proof("MX", Verdict.GOOD, f"{domain} takes mail at {', '.join(hosts[:3])}")
    verdict = Verdict.ERROR if len(lost) == len(hosts) else Verdict.WARNING
    says = f"{domain} names {lost[0]} as its mail server, which has no address in the DNS"
    return Proof("MX", verdict, says, f"{lost[0]} A (the address of your mail server)")


def sending(sender: Sender, names: Names) -> Iterator[Proof]:
    """Prove by SPF that our server may send for the envelope's domain."""
    domain = sender.envelope_domain
    wanted = f"{domain} TXT v=spf1 {_mechanism(sender)} ~all"
    records = spf.records_of(names, domain)
    if not records:
        yield Proof("SPF", Verdict.ERROR, f"{domain} has no SPF record", wanted)
    elif len(records) > 1:
        says = f"{domain} has {len(records)} SPF records: receivers ignore them all; keep this one"
        yield Proof("SPF", Verdict.ERROR, says, f"{domain} TXT {spf.merged(records)}")
    elif spf.lets_everybody_send(names, domain):
        says = f"{domain} lets everybody send for it ({records[0]})"
        mended = re.sub(r"(?i)\s[+]?all\b", " ~all", records[0])
        yield Proof(
            "SPF", Verdict.ERROR, says, f"{domain} TXT {mended}" if mended != records[0] else wanted
        )
    else:
        yield _permitted(sender, names, records[0])


def _permitted(sender: Sender, names: Names, record: str) -> Proof:
    """Prove that the one record there is can be read and names our server."""
    domain, outgoing = sender.envelope_domain, _outgoing(sender, names)
    passing = [
        one for one in outgoing if spf.evaluate(names, domain, one).result is spf.Result.PASS
    ]
    form = spf.evaluate(names, domain)
    if form.result is spf.Result.ERROR:
        # What stands before the fault still counts: receivers read no further than they must.
        verdict = Verdict.WARNING if passing else Verdict.ERROR
        return Proof("SPF", verdict, f"the SPF record of {domain} is broken: {form.problem}")
    if passing:
        return Proof("SPF", Verdict.GOOD, f"SPF of {domain} lets {passing[0]} send ({record})")
    if not outgoing:
        says = f"SPF of {domain} is well formed ({record}); which address sends is not known here"
        return Proof("SPF", Verdict.WARNING, says)
    says = f"SPF of {domain} does not name {sender.smtp_host or outgoing[0]}"
    says += f" ({', '.join(outgoing[:2])}); your provider may send from other addresses:"
    better = re.sub(r"(?i)^v=spf1", f"v=spf1 {_mechanism(sender)}", record)
    says += " ask for its 'include:'"
    return Proof("SPF", Verdict.WARNING, says, f"{domain} TXT {better}")


def _mechanism(sender: Sender) -> str:
    if sender.outgoing_address:
        version = ip_address(sender.outgoing_address).version
        return f"ip{version}:{sender.outgoing_address}"
    return f"a:{sender.smtp_host}" if _is_public_name(sender.smtp_host) else "mx"


def _is_public_name(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".internal", ".localhost"))


def _outgoing(sender: Sender, names: Names) -> tuple[str, ...]:
    """Return the addresses that may be the ones receivers see."""
    if sender.outgoing_address:
        return (sender.outgoing_address,)
    if not sender.smtp_host or not _is_public_name(sender.smtp_host):
        return ()
    return tuple(one for one in addresses(names, sender.smtp_host) if ip_address(one).is_global)


def reverse(sender: Sender, names: Names) -> Iterator[Proof]:
    """Prove that the sending address has a name that leads back to it."""
    outgoing = _outgoing(sender, names)
    if not outgoing:
        says = "which address sends cannot be seen from here; give it with --address to check it"
        if _is_public_name(sender.smtp_host):
            says = f"{sender.smtp_host} has no address in the DNS; is SMTP_HOST right?"
        yield Proof("PTR", Verdict.WARNING, says)
    for address in outgoing[:4]:
        found = reverse_names(names, address)
        leads_back = [name for name in found if address in _normal(addresses(names, name))]
        if leads_back:
            yield Proof("PTR", Verdict.GOOD, f"{address} is {leads_back[0]}, and back again")
        else:
            named = f"{found[0]}, which does not lead back" if found else "no name"
            says = f"{address} has {named}; ask who runs the server to set its PTR record"
            yield Proof("PTR", Verdict.WARNING, says)


def _normal(found: tuple[str, ...]) -> set[str]:
    return {str(ip_address(one)) for one in found}


_PROOFS: dict[str, Callable[[Sender, Names], Iterator[Proof]]] = {
    "MX": receiving,
    "SPF": sending,
    "DKIM": signing,
    "DMARC": policy,
    "PTR": reverse,
}
