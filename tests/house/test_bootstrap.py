"""`./shems` from anywhere: a symlink, another folder, a path with spaces; and one line when something is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("bash", "env", "dirname", "readlink", "cmp", "cp")


def run(program: Path, *args: str, cwd: Path = Path("/"), **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(program), *args],
        cwd=cwd,
        env={**os.environ, "SHEMS_VENV": sys.prefix, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the hub runs from, in a folder with a space in its name."""
    there = tmp_path / "my house"
    there.mkdir()
    for name in ("shems", "requirements", "config.example.toml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, there / name)
    leave = shutil.ignore_patterns("node_modules", "static", "ui", "__pycache__")
    for name in ("hub", "drivers", "firmware-sim"):
        shutil.copytree(ROOT / name, there / name, ignore=leave)
    return there


def test_it_runs_from_any_folder_and_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "shems").symlink_to(ROOT / "shems")
    done = run(tmp_path / "shems", "--version", cwd=tmp_path)
    assert (done.returncode, done.stdout.split()[0]) == (0, "shems"), done.stderr


def test_it_runs_from_a_path_with_spaces(checkout: Path) -> None:
    done = run(checkout / "shems", "config", "check", "--config", str(checkout / "config.example.toml"))
    assert (done.returncode, "correct" in done.stdout) == (0, True), done.stderr


def test_a_missing_python_is_said_in_one_line(tmp_path: Path) -> None:
    for tool in TOOLS:
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    done = run(ROOT / "shems", "--version", SHEMS_VENV=str(tmp_path / "venv"), SHEMS_PYTHON="", PATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["shems: needs Python 3.11 or newer; none found (set SHEMS_PYTHON to one)"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    done = run(ROOT / "shems", "--version", SHEMS_VENV="/proc/nowhere/venv", SHEMS_PYTHON=sys.executable)
    assert done.returncode == 1
    assert "cannot make /proc/nowhere/venv" in done.stderr.splitlines()[-1]


def half_way(folder: Path) -> Path:
    """A Python as Debian has it without python3-venv: it makes the folder and its `python`, and then gives up."""
    program = folder / "python3"
    program.write_text(
        "#!/bin/sh\n"
        'if [ "$2" != venv ]; then exec ' + sys.executable + ' "$@"; fi\n'
        'for last; do :; done; echo "$@" >> ' + str(folder / "asked") + "\n"
        'mkdir -p "$last/bin" && touch "$last/pyvenv.cfg" && ln -sf ' + sys.executable + ' "$last/bin/python"\n'
        'echo "ensurepip is not available" >&2; exit 1\n'
    )
    program.chmod(0o755)
    return program


def test_an_environment_that_failed_half_way_is_made_anew(tmp_path: Path) -> None:
    venv = tmp_path / "its venv"
    program = half_way(tmp_path)
    for _ in range(2):
        done = run(ROOT / "shems", "--version", SHEMS_VENV=str(venv), SHEMS_PYTHON=str(program))
        assert done.returncode == 1
        assert "python3-venv" in done.stderr.splitlines()[-1]
        assert "installing" not in done.stderr
    first, second = (tmp_path / "asked").read_text().splitlines()
    assert ("--clear" in first, "--clear" in second) == (False, True)


def test_an_environment_that_was_made_is_taken_into_use(tmp_path: Path) -> None:
    """With a good Python after a bad one: the packages come next (and need an index, which this test has not)."""
    venv = tmp_path / "venv"
    run(ROOT / "shems", "--version", SHEMS_VENV=str(venv), SHEMS_PYTHON=str(half_way(tmp_path)))
    offline = {"PIP_NO_INDEX": "1", "SHEMS_PYTHON": sys.executable}
    done = run(ROOT / "shems", "--version", SHEMS_VENV=str(venv), **offline)
    assert "making" in done.stderr and "cannot install requirements/run.txt" in done.stderr.splitlines()[-1]
    done = run(ROOT / "shems", "--version", SHEMS_VENV=str(venv), **offline)
    assert "making" not in done.stderr and "cannot install requirements/run.txt" in done.stderr.splitlines()[-1]


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("dear")
    done = run(ROOT / "shems", "--version", SHEMS_VENV=str(tmp_path), SHEMS_PYTHON=sys.executable)
    assert (done.returncode, "neither empty nor" in done.stderr) == (1, True)
    assert [p.name for p in tmp_path.iterdir()] == ["letters"]
