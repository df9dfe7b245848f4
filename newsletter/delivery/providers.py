"""The domains of the large mailbox providers: each provider counts as one."""

from __future__ import annotations

#: Only mailboxes that anybody can have. An organisation whose mail is at one of these under
#: its own name is told by its MX (MAIL_HOSTS), or named in `[[sending.domains]]`.
PROVIDERS: dict[str, tuple[str, ...]] = {
    "apple": ("icloud.com", "me.com", "mac.com"),
    "comcast": ("comcast.net", "xfinity.com"),
    "free": ("free.fr", "freesbee.fr", "libertysurf.fr", "online.fr"),
    "gmx": (
        "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.com", "gmx.fr", "gmx.es", "gmx.co.uk",
        "web.de", "mail.com", "email.de",
    ),
    "google": ("gmail.com", "googlemail.com"),
    "libero": ("libero.it", "iol.it", "inwind.it", "blu.it", "giallo.it"),
    "mailru": ("mail.ru", "inbox.ru", "list.ru", "bk.ru", "internet.ru", "xmail.ru"),
    "microsoft": (
        "outlook.com", "hotmail.com", "live.com", "msn.com", "passport.com", "windowslive.com",
        "outlook.fr", "outlook.de", "outlook.es", "outlook.it", "outlook.jp", "outlook.be",
        "outlook.com.br", "outlook.com.ar", "outlook.sa", "hotmail.fr", "hotmail.de", "hotmail.es",
        "hotmail.it", "hotmail.be", "hotmail.nl", "hotmail.se", "hotmail.ch", "hotmail.co.uk",
        "hotmail.co.jp", "hotmail.com.br", "hotmail.com.ar", "live.fr", "live.de", "live.it",
        "live.be", "live.nl", "live.se", "live.dk", "live.no", "live.ca", "live.cn", "live.co.uk",
        "live.com.mx", "live.com.au",
    ),
    "netease": ("163.com", "126.com", "yeah.net", "vip.163.com", "188.com"),
    "orange": ("orange.fr", "wanadoo.fr", "voila.fr"),
    "proton": ("proton.me", "protonmail.com", "protonmail.ch", "pm.me"),
    "rambler": ("rambler.ru", "lenta.ru", "ro.ru", "autorambler.ru", "myrambler.ru"),
    "sfr": ("sfr.fr", "neuf.fr", "cegetel.net", "club-internet.fr", "numericable.fr"),
    "tencent": ("qq.com", "vip.qq.com", "foxmail.com"),
    "yahoo": (
        "yahoo.com", "ymail.com", "rocketmail.com", "aol.com", "aim.com", "yahoo.fr", "yahoo.de",
        "yahoo.es", "yahoo.it", "yahoo.ca", "yahoo.in", "yahoo.co.uk", "yahoo.co.in",
        "yahoo.co.id", "yahoo.com.br", "yahoo.com.mx", "yahoo.com.ar", "yahoo.com.au",
        "yahoo.com.ph", "yahoo.com.vn", "yahoo.com.sg", "yahoo.com.hk", "yahoo.com.tw",
        "aol.fr", "aol.de", "aol.co.uk",
    ),
    "yandex": (
        "yandex.ru", "yandex.com", "ya.ru", "yandex.by", "yandex.kz", "yandex.ua", "narod.ru",
    ),
}  # fmt: skip

#: How the mail hosts of these end, for their own domains and those of organisations (seen in
#: their MX records and in what they tell organisations to publish).
MAIL_HOSTS: dict[str, tuple[str, ...]] = {
    "apple": ("icloud.com",),
    "comcast": ("comcast.net",),
    "free": ("free.fr", "proxad.net"),
    "gmx": ("gmx.net", "web.de", "mail.com"),
    "google": ("google.com", "googlemail.com", "psmtp.com"),
    "libero": ("libero.it", "iol.it"),
    "mailru": ("mail.ru",),
    "microsoft": ("outlook.com", "mx.microsoft", "hotmail.com"),
    "netease": ("netease.com", "163.com"),
    "orange": ("orange.fr", "wanadoo.fr"),
    "proton": ("protonmail.ch", "proton.ch"),
    "rambler": ("rambler.ru",),
    "sfr": ("sfr.fr",),
    "tencent": ("qq.com",),
    "yahoo": ("yahoodns.net", "yahoo.com", "aol.com"),
    "yandex": ("yandex.ru", "yandex.net", "yandex.com"),
}

#: Each domain's provider, and each ending's.
PROVIDER_OF = {domain: name for name, domains in PROVIDERS.items() for domain in domains}
TAKER_OF = {ending: name for name, endings in MAIL_HOSTS.items() for ending in endings}
