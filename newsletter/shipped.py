"""Where the files that ship with the package are: default themes, example settings."""

from importlib.resources import files
from pathlib import Path

_CHECKOUT = Path(__file__).parents[1]


def templates() -> Path:
    """Return the folder of default themes.

    A wheel carries them inside the package. In a checkout, and so in an editable
    install, they are the repository's own top-level templates/ folder; there is
    only ever one copy to edit.
    """
    own = _CHECKOUT / "templates"
    if (_CHECKOUT / "pyproject.toml").is_file() and own.is_dir():
        return own
    return Path(str(files("newsletter"))) / "_shipped" / "templates"


def env_example() -> Path:
    """Return the file that documents every secret and server setting."""
    own = _CHECKOUT / ".env.example"
    if (_CHECKOUT / "pyproject.toml").is_file() and own.is_file():
        return own
    return Path(str(files("newsletter"))) / "_shipped" / "env.example"


def example() -> Path:
    """Return the folder of the example newsletter: its news page, settings and readers."""
    return Path(str(files("newsletter"))) / "example"
