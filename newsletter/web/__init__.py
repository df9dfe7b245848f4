"""Face 2, the public page: requests in, pages out; errors become pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.errors import SettingsError

if TYPE_CHECKING:
    from starlette.applications import Starlette


def app() -> Starlette:
    """Return the ASGI application of the workspace that NEWSLETTER_WORKSPACE or the folder names.

    For servers that call a factory: `uvicorn --factory newsletter.web:app`.
    """
    from newsletter import workspace
    from newsletter.web.public import public_app

    require()
    return public_app(workspace.find())


def require() -> None:
    """Raise SettingsError with what to install where the web server is missing."""
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise SettingsError(
            f"serving pages needs the package {error.name!r}",
            hint="Run `pip install 'newsletter-press[web]'`.",
        ) from error
