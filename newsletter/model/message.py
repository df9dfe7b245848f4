"""The message a reader gets: markers for personal values, and the template they fill."""

from __future__ import annotations

#: Name of a personal value -> the marker that stands for it in rendered HTML and text
#: until a reader's message is filled. Letters only, so that premailer, URL quoting and
#: HTML escaping leave them alone.
MARKERS: dict[str, str] = {
    "address": "XPERSONALXADDRESSX",
    "name": "XPERSONALXNAMEX",
    "list": "XPERSONALXLISTX",
    "unsubscribe_url": "XPERSONALXUNSUBSCRIBEX",
    "preferences_url": "XPERSONALXPREFERENCESX",
    "view_url": "XPERSONALXVIEWX",
}
