"""What newsletter.toml can say of sending: [smtp], [mail], [dkim] and [sending]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Addresses in the messages."""

    #: Whom the newsletter comes from: Name <address@example.org>.
    sender: str = ""
    #: Where readers' answers go; empty: to the sender.
    reply_to: str = ""
    #: Where returned mail goes; empty: to the address of the sender.
    return_path: str = ""


@dataclass(frozen=True, slots=True)
class DkimSettings:
    """The key that signs our messages; all empty: the mail server signs."""

    #: The domain that signs: the sender's, or one above it.
    domain: str = ""
    #: The name of the key in DNS: SELECTOR._domainkey.DOMAIN.
    selector: str = ""
    #: Inside the workspace, mode 0600: `newsletter dkim new` makes it.
    key_file: str = ""


@dataclass(frozen=True, slots=True)
class RouteSettings:
    """One of several mail servers: `[[sending.routes]]`."""

    name: str
    host: str
    port: int = 587
    security: str = "starttls"
    username: str = ""
    #: Name of the line in .env (or the environment) that has the password.
    password_variable: str = ""
    password: str = field(default="", repr=False)
    #: Name of the line in .env that has an OAuth 2 access token.
    token_variable: str = ""
    token: str = field(default="", repr=False)
    #: A command that prints a fresh token.
    token_command: str = ""
    ca_file: str = ""
    #: The full name to greet this server with; empty: our address on the connection.
    local_name: str = ""
    #: PLAIN, LOGIN, XOAUTH2 or OAUTHBEARER; empty: the first of them that the server offers.
    mechanism: str = ""
    #: Sender addresses or domains that go this way; empty: all.
    senders: tuple[str, ...] = ()
    #: Used only while no other server works.
    backup: bool = False
    connections: int = 16
    messages_per_connection: int = 100
    per_second: float = 0.0
    per_hour: int = 0
    per_day: int = 0
    #: Most messages on the first, second, third ... day of a new server.
    warm_up: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class DomainSettings:
    """Limits for the domains of one mailbox provider: `[[sending.domains]]`."""

    name: str
    #: They count together. "*": every other provider, each for itself; those with several
    #: domains are known (gmail.com and googlemail.com, hotmail.com and outlook.com ...).
    domains: tuple[str, ...] = ()
    #: How the names of mail hosts end, like google.com: every domain whose mail they take
    #: belongs to these too. The DNS is asked for the MX records before the first message.
    mx: tuple[str, ...] = ()
    #: For "*": domains whose mail hosts belong to one provider count together, by their MX
    #: records; false: only those that are known, and the DNS is not asked.
    by_mx: bool = True
    per_second: float = 0.0
    per_hour: int = 0
    per_day: int = 0
    #: Most messages under way at the same time; with one to each connection that is also the
    #: most connections that carry mail to them. 0: as many as there are connections.
    at_once: int = 0


@dataclass(frozen=True, slots=True)
class SendingSettings:
    """How fast and how patiently to send."""

    #: Most connections at once; the sender starts at 4 and rises only while that pays.
    connections: int = 16
    #: Then a new connection is made; 0: never.
    messages_per_connection: int = 100
    #: Limits of the server; 0: none. By hour and by day means any 60 minutes, any 24 hours.
    per_second: float = 0.0
    per_hour: int = 0
    per_day: int = 0
    #: Most messages on the first, second, third ... day of a new server.
    warm_up: tuple[int, ...] = ()
    #: Nothing is sent in these hours: "22:00-07:00", in the newsletter's time zone.
    quiet_hours: str = ""
    #: What to do with deliveries whose answer was lost: resend, hold or reconcile.
    unknown: str = "resend"
    #: Stop after so many equal refusals in a row; leave a domain alone for a while, or slow
    #: down, after so many in a row were put off (4xx); 0: never.
    equal_refusals: int = 20
    #: Stop when so many of the last 200 readers were refused, in percent; 0: never.
    refused_percent: int = 50
    #: Stop after a canary of which so many readers were refused or lost, in percent; 0: never.
    canary_refused_percent: float = 10.0
    #: Write no more to addresses of which the server said for good that nobody is there.
    suppress_bounced: bool = True
    #: First and longest pause before a reader refused for now is tried again, in seconds.
    first_pause_seconds: int = 300
    longest_pause_seconds: int = 4000
    #: After so many days of trying a reader counts as refused.
    give_up_days: int = 5
    #: A mailing whose time is longer past than this asks before it is sent.
    late_hours: int = 2
    #: DNS server to ask for the MX records of readers' domains, where a limit needs them:
    #: 192.0.2.53 or 192.0.2.53:5353; empty: those of this machine.
    dns: str = ""
    #: Name of this machine; empty: its host name. A database from another asks first.
    machine: str = ""
    #: Seconds to wait for the server at each stage: connect, greeting, mail, dot ...
    timeouts: Mapping[str, float] = field(default_factory=dict)
    #: Several servers; empty: the one of .env.
    routes: tuple[RouteSettings, ...] = ()
    domains: tuple[DomainSettings, ...] = ()


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """The mail server (route) that takes our messages."""

    #: Name of the mail server that takes our messages.
    host: str = ""
    #: 587 for starttls, 465 for tls, 25 for a relay of your own.
    port: int = 587
    #: starttls, tls, plain (loopback only) or plain-without-encryption.
    security: str = "starttls"
    #: Leave it empty for a server that asks for no log-in.
    username: str = ""
    #: Belongs into .env, which is not committed.
    password: str = field(default="", repr=False)
    #: OAuth 2 access token, for a server that takes no password; it runs out within hours.
    token: str = field(default="", repr=False)
    #: A command that prints a fresh token; used instead of `token`.
    token_command: str = ""
    #: Certificates to trust beside the system's, for a server with its own authority.
    ca_file: str = ""
    #: The full name to greet the server with; empty: our address on the connection.
    local_name: str = ""
    #: PLAIN, LOGIN, XOAUTH2 or OAUTHBEARER; empty: the first of them that the server offers.
    mechanism: str = ""

    def as_route(self, sending: SendingSettings) -> RouteSettings:
        """Return the server of .env as the only route, with the limits of `[sending]`."""
        return RouteSettings(
            name="main",
            host=self.host,
            port=self.port,
            security=self.security,
            username=self.username,
            password=self.password,
            token=self.token,
            token_command=self.token_command,
            ca_file=self.ca_file,
            local_name=self.local_name,
            mechanism=self.mechanism,
            connections=sending.connections,
            messages_per_connection=sending.messages_per_connection,
            per_second=sending.per_second,
            per_hour=sending.per_hour,
            per_day=sending.per_day,
            warm_up=sending.warm_up,
        )
