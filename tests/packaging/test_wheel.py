"""What `pip install` gives: all that is needed, nothing of the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from newsletter import __version__

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.xdist_group("packaging")


def _run(*words: str | Path, cwd: Path) -> str:
    ran = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": str(cwd), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built from the sdist, never from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment that has the wheel, outside the checkout.

    The dependencies are those of the tests' own environment, reached by a .pth file.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    pip: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "--disable-pip-version-check",
    ]
    _run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    site = next((folder / "lib").glob("python*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"], encoding="utf-8")
    return folder / "bin"


def test_the_wheel_carries_themes_settings_and_sql_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    themes = [path for path in (ROOT / "templates").rglob("*") if path.is_file()]
    shipped = {f"newsletter/_shipped/{path.relative_to(ROOT)}" for path in themes}
    sql = {str(path.relative_to(ROOT)) for path in (ROOT / "newsletter/store/sql").rglob("*.sql")}
    assert shipped | sql | {"newsletter/_shipped/env.example"} <= names
    assert {name.split("/")[0] for name in names} == {
        "newsletter",
        f"newsletter_press-{__version__}.dist-info",
    }


def test_the_installed_package_is_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    where = _run(
        installed / "python", "-c", "import newsletter; print(newsletter.__file__)", cwd=tmp_path
    )

    assert where.startswith(str(installed.parent))


def test_both_commands_are_installed(installed: Path, tmp_path: Path) -> None:
    for name in ("newsletter", "newsletter-press"):
        assert f"version {__version__}" in _run(installed / name, "--version", cwd=tmp_path)
    assert "Commands:" in _run(installed / "newsletter", "--help", cwd=tmp_path)


def test_an_installed_newsletter_makes_a_workspace_and_keeps_people(
    installed: Path, tmp_path: Path
) -> None:
    command = installed / "newsletter"
    (tmp_path / "members.csv").write_text("Email\nana@example.org\n", encoding="utf-8")

    _run(command, "init", "news", cwd=tmp_path)
    workspace = tmp_path / "news"
    _run(command, "theme", "copy", "default", cwd=workspace)
    _run(
        command, "subscribers", "import", "../members.csv", "--list", "m", "--really", cwd=workspace
    )

    assert (workspace / ".env").stat().st_mode & 0o777 == 0o600
    assert (workspace / "templates" / "default" / "theme.toml").is_file()
    assert "ana@example.org" in _run(command, "subscribers", "list", cwd=workspace)
