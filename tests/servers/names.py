"""A DNS server on this machine that knows one zone."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

#: (name with its last dot, kind) -> records as a zone file has them; no records: it fails.
Zone = Mapping[tuple[str, str], Sequence[str]]


@contextmanager
def name_server(
    zone: Zone, *, asked: list[str] | None = None, silent: Container[str] = ()
) -> Iterator[int]:
    """Answer from the zone, which may change meanwhile; give the port.

    `asked` gets the names of all questions; to those about `silent` names there is no answer.
    """

    class Answering(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            raw, socket = self.request
            query = dns.message.from_wire(raw)
            name = query.question[0].name.to_text().lower()
            if asked is not None:
                asked.append(name)
            if name in silent:
                return
            response = _answer(zone, query)
            socket.sendto(response.to_wire(), self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


def _answer(zone: Zone, query: dns.message.Message) -> dns.message.Message:
    question = query.question[0]
    response = dns.message.make_response(query)
    name, kind = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
    while kind != "CNAME" and (alias := zone.get((name, "CNAME"))):
        response.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", *alias))
        name = alias[0].lower()
    records = zone.get((name, kind))
    if records:
        response.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *records))
    elif records is not None:
        response.set_rcode(dns.rcode.SERVFAIL)
    elif not any(known == name for known, _ in zone):
        response.set_rcode(dns.rcode.NXDOMAIN)
    return response
