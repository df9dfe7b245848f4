"""The page that readers leave by, for people and for the button of mail programs (RFC 8058)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from newsletter.errors import LinkError, NewsletterError
from newsletter.model.public import Situation, Way
from newsletter.web import bodies
from newsletter.workflow import unsubscribe as verbs

if TYPE_CHECKING:
    from newsletter.workflow.unsubscribe import ServicePage
    from newsletter.workspace import Workspace

#: Nothing is kept, found, passed on or run. No cookie, ever.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
#: After this many seconds a store that was locked is asked again.
RETRY_AFTER = 60
_MOST_LANGUAGES = 8
#: What sticks to the end of a link in a text.
_AFTER_A_LINK = ".,;:!?)]>\"' "
_log = logging.getLogger(__name__)


def public_app(workspace: Workspace) -> Starlette:
    """Return the application; SettingsError at once where it could not read any token."""
    verbs.ready(workspace)
    face = _Face(workspace)
    # One route for every path: whatever is put before the token by the server in front of
    # us, and never a redirect, which RFC 8058 section 3.1 forbids.
    return Starlette(
        routes=[Route("/{path:path}", face.answer, methods=["GET", "POST"])],
        exception_handlers={HTTPException: face.refuse},
    )


class _Face:
    """The answers of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def answer(self, request: Request) -> Response:
        """Return the page of the link that was opened or posted to."""
        token = token_in(request.path_params["path"])
        wishes = languages_of(request.headers.get("accept-language", ""))
        if request.method != "POST":
            return await self._do(lambda: verbs.look(self._workspace, token, wishes=wishes), wishes)
        try:
            body = await bodies.read(request)
        except bodies.TooLargeError:
            return await self._excuse(Situation.BROKEN, 413, wishes)
        except TimeoutError:
            return await self._excuse(Situation.BUSY, 408, wishes)
        except ClientDisconnect:
            return Response(status_code=400)
        given = bodies.fields(request.headers.get("content-type", ""), body)
        wish, status = self._wish(given, token, wishes)
        return await self._do(wish, wishes, status)

    def _wish(
        self, given: dict[str, str], token: str, wishes: tuple[str, ...]
    ) -> tuple[Callable[[], ServicePage], int]:
        """Return what a form asks for, and the status of the answer."""
        now, workspace = datetime.now(UTC), self._workspace
        if given.get("list-unsubscribe", "").lower() == "one-click":
            return lambda: verbs.leave(workspace, token, Way.ONE_CLICK, now=now, wishes=wishes), 200
        if given.get("wish") == "leave":
            return lambda: verbs.leave(workspace, token, Way.PAGE, now=now, wishes=wishes), 200
        if given.get("wish") == "back":
            return lambda: verbs.come_back(workspace, token, now=now, wishes=wishes), 200
        # Says nothing that we know: show the page, whose button does.
        return lambda: verbs.look(workspace, token, wishes=wishes), 400

    async def _do(
        self, wish: Callable[[], ServicePage], wishes: tuple[str, ...], status: int = 200
    ) -> Response:
        """Return the page of what was wished, or the page that says why it could not be done."""
        try:
            return _response(await run_in_threadpool(wish), status)
        except LinkError:
            return await self._excuse(Situation.BROKEN, 404, wishes)
        except NewsletterError as error:
            # Nothing was changed: what is written is written in one transaction.
            _log.warning("a reader could not be served: %s", error)
            return await self._excuse(Situation.BUSY, 503, wishes)

    async def refuse(self, request: Request, error: Exception) -> Response:
        """Return a page for what the framework refuses, another method above all."""
        assert isinstance(error, HTTPException)  # noqa: S101 - the only kind handed here
        wishes = languages_of(request.headers.get("accept-language", ""))
        answer = await self._excuse(Situation.BROKEN, error.status_code, wishes)
        answer.headers.update(error.headers or {})
        return answer

    async def _excuse(self, situation: Situation, status: int, wishes: tuple[str, ...]) -> Response:
        page = await run_in_threadpool(
            lambda: verbs.excuse(self._workspace, situation, wishes=wishes)
        )
        answer = _response(page, status)
        if status == 503:
            answer.headers["Retry-After"] = str(RETRY_AFTER)
        return answer


def token_in(path: str) -> str:
    """Return what stands for a token in a path: its last piece, whatever came before."""
    return path.rstrip("/" + _AFTER_A_LINK).rpartition("/")[2]


def languages_of(accepted: str) -> tuple[str, ...]:
    """Return the languages of an Accept-Language header, the most wanted first."""
    found: list[tuple[float, str]] = []
    for one in accepted.split(",")[:_MOST_LANGUAGES]:
        name, _, quality = one.partition(";")
        try:
            weight = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if name.strip() and name.strip() != "*" and weight > 0:
            found.append((-weight, name.strip()))
    return tuple(name for _, name in sorted(found, key=lambda pair: pair[0]))


def _response(page: ServicePage, status: int) -> Response:
    return HTMLResponse(page.html, status, {**HEADERS, "Content-Language": page.language})
