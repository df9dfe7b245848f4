"""A news site on loopback: pages, feeds, redirects, slowness and malice, as told."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass(frozen=True)
class Page:
    """What the site answers at one path."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Sent piece by piece until the client goes away.
    drip: bytes = b""
    #: The header lines themselves come drop by drop.
    drips_headers: bool = False
    #: Says this length, whatever the body has.
    claimed_length: int | None = None


@dataclass(frozen=True)
class Request:
    """What the site was asked."""

    path: str
    headers: Mapping[str, str]


class NewsSite:
    """Serves what it was given; remembers what it was asked."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.requests: list[Request] = []
        self.pages: dict[str, Page] = {}
        self.closing = threading.Event()
        #: Most requests that were being answered at the same moment.
        self.most_at_once = 0
        self._now = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer((host, 0), self._handler())
        self._server.daemon_threads = True
        self.host, self.port = host, self._server.server_address[1]
        self.url = f"http://{host}:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def serve(
        self,
        path: str,
        body: str | bytes = b"",
        content_type: str = "text/html; charset=utf-8",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Answer this at a path; return its address."""
        raw = body.encode() if isinstance(body, str) else body
        return self.put(path, Page(raw, status, {"Content-Type": content_type, **(headers or {})}))

    def put(self, path: str, page: Page) -> str:
        """Answer this page at a path; return its address."""
        self.pages[path] = page
        return self.url + path

    def redirect(self, path: str, target: str, status: int = 302) -> str:
        """Send visitors of a path elsewhere; return its address."""
        return self.put(path, Page(status=status, headers={"Location": target}))

    def serve_packed(self, path: str, body: bytes, content_type: str = "text/html") -> str:
        """Answer gzip at a path; return its address."""
        headers = {"Content-Type": content_type, "Content-Encoding": "gzip"}
        return self.put(path, Page(gzip.compress(body, 9), headers=headers))

    def paths(self) -> list[str]:
        """Return the paths asked for, in order."""
        return [request.path for request in self.requests]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def do_GET(self) -> None:
                with site._lock:
                    site.requests.append(Request(self.path, dict(self.headers.items())))
                    site._now += 1
                    site.most_at_once = max(site.most_at_once, site._now)
                try:
                    site._answer(self)
                except OSError:
                    self.close_connection = True
                finally:
                    with site._lock:
                        site._now -= 1

            def log_message(self, format: str, *args: object) -> None:
                return

        return Handler

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        page = self.pages.get(handler.path, Page(b"<p>nothing here</p>", 404))
        etag = page.headers.get("ETag")
        if etag and handler.headers.get("If-None-Match") == etag:
            page = Page(status=304, headers={"ETag": etag})
        if page.drips_headers:
            self._drip(handler, b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x")
            return
        handler.send_response(page.status)
        for name, value in page.headers.items():
            handler.send_header(name, value)
        if not page.drip:
            length = len(page.body) if page.claimed_length is None else page.claimed_length
            handler.send_header("Content-Length", str(length))
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(page.body)
        if page.drip:
            self._drip(handler, b"", page.drip)
        handler.close_connection = True

    def _drip(self, handler: BaseHTTPRequestHandler, first: bytes, drop: bytes) -> None:
        handler.wfile.write(first)
        while not self.closing.wait(0.02):
            handler.wfile.write(drop)
            handler.wfile.flush()
