"""When two items are one: links and titles brought to one form."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

#: Parameters that say where a reader came from, never what is shown.
_TRACKING = re.compile(
    r"utm_\w+|mtm_\w+|pk_\w+|piwik_\w+|hsa_\w+|at_(?:medium|c\w+|format)"
    r"|_hs\w+|__hs\w+|oly_\w+|vero_\w+|mc_[ce]id|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid"
    r"|yclid|ysclid|twclid|ttclid|li_fat_id|igshid|igsh|_ga|_gl|wt[._]mc(?:_id)?|ref_src|ref_url"
    r"|xtor|cmpid|ocid|mkt_tok|trk|trkcampaign|spm|phpsessid|jsessionid|zanpid|s_cid|ito|ncid"
)
_SESSION = re.compile(r";jsessionid=[^/?#;]*", re.IGNORECASE)
_NOT_WORDS = re.compile(r"[\W_]+")
_SAFE = "/:@!$&'()*+,;=~-._"


def canonical_link(link: str) -> str:
    """Return a link without what does not change the page; empty for no web address.

    Scheme, "www.", default port, tracking parameters, fragment, trailing slash,
    percent-encoding and the order of parameters are made equal. A fragment that
    routes inside the page ("#!/news/5") stays.
    """
    try:
        parts = urlsplit(link.strip())
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
        return ""
    host = _host(parts.hostname)
    if port and port not in {80, 443}:
        host += f":{port}"
    path = quote(unquote(_SESSION.sub("", parts.path)), safe=_SAFE).rstrip("/")
    query = urlencode(
        sorted(
            (name, value)
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
            if not _TRACKING.fullmatch(name.lower())
        )
    )
    route = f"#{parts.fragment}" if parts.fragment.startswith(("!", "/")) else ""
    return f"//{host}{path}{f'?{query}' if query else ''}{route}"


def _host(name: str) -> str:
    """Return a host in lower case, without "www.", an international name in its ASCII form."""
    host = name.lower().rstrip(".").removeprefix("www.")
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def fragment(link: str) -> str:
    """Return what stands after the #."""
    return link.partition("#")[2]


def title_key(title: str) -> str:
    """Return a title's letters and digits in one case: what is equal here reads the same."""
    return _NOT_WORDS.sub(" ", unicodedata.normalize("NFKC", title).casefold()).strip()
