"""The Jinja environment of a theme: where its templates are found, how their mistakes are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import jinja2
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from newsletter.errors import TemplateError
from newsletter.rendering.filters import FILTERS
from newsletter.rendering.themes import Theme, read, shown

_MOST_REPEATED, _LARGEST_IN_POWER = 10_000, 100
#: What a mistake in a template raises beside Jinja's own errors: {{ 1 / 0 }}, {{ "a" + 1 }}.
_MISTAKES = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError)


#: Theme and the state of its files -> its compiled templates: seven editions compile once.
_COMPILED: dict[tuple[object, ...], Templates] = {}


def templates_of(theme: Theme) -> Templates:
    """Return a theme's templates, compiled once while none of its files change."""
    states = tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in theme.files())
    key = (theme.name, theme.folders, theme.chain, states)
    if key not in _COMPILED:
        _COMPILED.clear()  # one theme at a time is in use; old states are of no use
        _COMPILED[key] = Templates(theme)
    return _COMPILED[key]


class Templates:
    """A theme's templates, ready to be filled."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        # Staff share themes: a template must not reach beyond what it is handed.
        self._environment = _Sandbox(
            loader=_ThemeLoader(theme),
            autoescape=lambda name: name is None or ".html" in name,  # text must not be escaped
            undefined=jinja2.StrictUndefined,  # a misspelt name is an error, not a hole in the mail
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.filters.update(FILTERS)

    def has(self, name: str) -> bool:
        """Say whether the theme or one it is based on has this template."""
        return self._theme.find(name) is not None

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """Return a template filled with the values; item texts among them are data only.

        Raises TemplateError naming file and line of a mistake.
        """
        if not self.has(name):
            raise TemplateError(
                f"theme {self._theme.name!r} has no {name}",
                hint="Add the file, or name the theme to take it from: "
                'based_on = "default" in theme.toml.',
            )
        try:
            return self._environment.get_template(name).render(values)
        except jinja2.TemplateSyntaxError as error:
            raise _mistake(error.filename or error.name, error.lineno, error.message) from error
        except jinja2.TemplateNotFound as error:
            file, line = _place(error.__traceback__)
            reason = f"there is no template {error.message!r}"
            raise _mistake(file or name, line, reason) from error
        except jinja2.TemplateError as error:
            file, line = _place(error.__traceback__)
            raise _mistake(file or name, line, error.message) from error
        except _MISTAKES as error:
            file, line = _place(error.__traceback__)
            if not file:
                raise  # our own mistake, not the template's: keep its traceback
            raise _mistake(file, line, str(error)) from error


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, which also bounds what one sign can make: {{ "x" * 10 ** 9 }}."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Return the product or power; SecurityError for one that fills the memory."""
        sizes = [len(one) for one in (left, right) if isinstance(one, str | list | tuple)]
        factors = [one for one in (left, right) if isinstance(one, int)]
        if operator == "*" and sizes and factors and sizes[0] * factors[0] > _MOST_REPEATED:
            raise SecurityError(f"a text may not be repeated to more than {_MOST_REPEATED} signs")
        if operator == "**" and any(abs(one) > _LARGEST_IN_POWER for one in factors):
            raise SecurityError(f"powers go up to {_LARGEST_IN_POWER}")
        return super().call_binop(context, operator, left, right)


class _ThemeLoader(jinja2.BaseLoader):
    """Find a theme's templates as `Theme.find` does."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme

    def get_source(
        self,
        environment: jinja2.Environment,  # noqa: ARG002 - the loader's given form
        template: str,
    ) -> tuple[str, str, Callable[[], bool]]:
        """Return source, file name, and whether it is still the same."""
        path = self._theme.find(template)
        if path is None:
            raise jinja2.TemplateNotFound(template)
        return read(path), str(path), lambda: True


def _mistake(file: str | None, line: int | None, reason: str | None) -> TemplateError:
    place = shown(file) if file else "a template"
    return TemplateError(f"{place}, line {line or 1}: {reason}")


def _place(traceback: TracebackType | None) -> tuple[str, int]:
    """Return the template file and line at which it happened; "" where none was running.

    Jinja rewrites its tracebacks so that frames of templates carry their own file and line.
    """
    file, line = "", 0
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if Path(name).suffix == ".j2":
            file, line = name, traceback.tb_lineno
        traceback = traceback.tb_next
    return file, line
