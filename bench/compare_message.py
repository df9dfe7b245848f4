"""How long a reader's message takes: filled from a template, built anew, signed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from bench.compare_start import ROOT
from bench.contest import Aim, Comparison, Contender
from newsletter.delivery.signing import Algorithm, new_key

MESSAGES = 1000
#: 30 KB of HTML and 9 KB of text, as a long issue has them.
_COMMON = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
COUNT = {MESSAGES}
ITEM = '<tr><td style="padding:0 24px;font-size:16px">Thirty librarians met in Harare.</td></tr>\\n'
LINKS = ("https://library.example/u/%s", "https://library.example/v/%s")
READERS = [
    {{
        "address": f"reader.{{n}}@library.example",
        "name": f"Reader {{n}} Ärmel",
        "list": "Members",
        "unsubscribe_url": LINKS[0] % (f"{{n:x}}" * 12),
        "preferences_url": LINKS[0] % (f"{{n:x}}" * 11),
        "view_url": LINKS[1] % (f"{{n:x}}" * 12),
        "unsubscribe_mailto": f"mailto:leave@library.example?subject=unsubscribe%20{{n:x}}",
        "message_id": f"2016-05.{{n:020x}}@library.example",
    }}
    for n in range(COUNT)
]
def html(of):
    return (f'<p>Dear {{of["name"]}}</p><table>' + ITEM * 340 + '</table><p>'
            + of["address"] + f'</p><a href="{{of["unsubscribe_url"]}}">Leave</a>'
            + f'<a href="{{of["view_url"]}}">View</a>')
def text(of):
    return (f'Dear {{of["name"]}},\\n' + "Thirty librarians met in Harare.\\n" * 270
            + of["address"] + "\\nLeave: " + of["unsubscribe_url"] + "\\n")
"""
_TEMPLATE = (
    _COMMON
    + """
from datetime import datetime, UTC
from newsletter.model.content import Edition, RenderedEdition
from newsletter.model.message import MARKERS
from newsletter.rendering.message import Addressing, build_template
rendered = RenderedEdition(Edition("en"), "ltr", "News of May", "", html(MARKERS), text(MARKERS))
addressing = Addressing("news@library.example", datetime(2016, 5, 31, tzinfo=UTC), "2016-05",
                        sender_name="Reading Lamp", list_id="members.library.example",
                        one_click=True)
template = build_template(rendered, addressing)
"""
)
_FILL = (
    _TEMPLATE
    + """
for reader in READERS:
    template.fill(reader)
"""
)
_ANEW = (
    _COMMON
    + """
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
for reader in READERS:
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("Reading Lamp", addr_spec="news@library.example")
    message["To"] = Address(reader["name"], addr_spec=reader["address"])
    message["Subject"] = "News of May"
    message["Date"] = "Tue, 31 May 2016 00:00:00 +0000"
    message["Message-ID"] = "<" + reader["message_id"] + ">"
    message["List-Id"] = "<members.library.example>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Precedence"] = "bulk"
    message.set_content(text(reader), cte="quoted-printable")
    message.add_alternative(html(reader), subtype="html", cte="quoted-printable")
    message.as_bytes()
"""
)
_KEY = (
    _TEMPLATE
    + """
from pathlib import Path
from newsletter.delivery.signing import load_signer
path = Path("key.pem")
signer = load_signer("library.example", "news", path)
message = template.fill(READERS[0])
"""
)
_SIGN = (
    _KEY
    + """
for _ in range(COUNT):
    signer.sign(message, is_canonical=True)
"""
)
_BARE = (
    _KEY
    + """
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
for _ in range(COUNT):
    signer.key.sign(b"x" * 1500, PKCS1v15(), SHA256())
"""
)
_DKIMPY = (
    _KEY
    + """
import dkim
pem = path.read_bytes()
for _ in range(COUNT):
    dkim.sign(message, b"news", b"library.example", pem, canonicalize=(b"relaxed", b"relaxed"))
"""
)


def _running(name: str, code: str) -> Contender:
    def prepare(folder: Path) -> Sequence[str]:
        key = folder / "key.pem"
        key.write_bytes(new_key(Algorithm.RSA))
        key.chmod(0o600)
        (folder / "run.py").write_text(code, encoding="utf-8")
        return [sys.executable, "run.py"]

    return Contender(name, prepare)


COMPARISONS = [
    Comparison(
        key="message",
        title=f"{MESSAGES} readers' messages of 40 KB",
        work="The same bodies with a reader's name, address and links: filled into a compiled "
        "template, and built anew with Python's email package. Start-up is counted for both.",
        contenders=[
            _running("filled from the template", _FILL),
            _running("EmailMessage for each reader", _ANEW),
        ],
        aims=[
            Aim("filled from the template", "EmailMessage for each reader", 1 / 20, "cpu"),
        ],
        rounds=5,
    ),
    Comparison(
        key="signing",
        title=f"{MESSAGES} DKIM signatures, RSA-2048",
        work="A message of 40 KB, relaxed/relaxed: signed by us, by dkimpy, and the key's bare "
        "signature of as many bytes as the headers. Start-up is counted for all.",
        contenders=[
            _running("newsletter", _SIGN),
            _running("the bare signature", _BARE),
            _running("dkimpy", _DKIMPY),
        ],
        aims=[
            Aim("newsletter", "the bare signature", 1.5, "cpu"),
            Aim("newsletter", "dkimpy", 1 / 8, "cpu"),
        ],
        rounds=3,
    ),
]
