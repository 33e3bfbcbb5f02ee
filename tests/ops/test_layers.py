"""The layers' contracts hold, and would not if somebody reached across."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = sorted(p.stem for p in (ROOT / "hub").iterdir() if p.suffix == ".py" or (p / "__init__.py").exists())


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    for name in ("hub", "drivers", "gen", "firmware-sim"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("ui", "static", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(folder: Path) -> str:
    """What is broken; empty when nothing is."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"]
    paths = {"PYTHONPATH": f"{folder}/firmware-sim:{folder}", "PATH": ""}
    ran = subprocess.run(command, cwd=folder, env=paths, capture_output=True, text=True, check=False)
    return ran.stdout.partition("Broken contracts")[2] if ran.returncode else ""


def test_the_house_keeps_its_layers(copy: Path) -> None:
    assert lint(copy) == ""


def test_a_driver_may_know_no_room_but_the_model_and_the_errors(copy: Path) -> None:
    wrong = copy / "drivers" / "p1" / "reaching.py"
    others = [r for r in ROOMS if r not in ("__init__", "__main__", "model", "errors")]
    wrong.write_text("".join(f"import hub.{r}\n" for r in [*others, "model", "errors"]))
    said = lint(copy)
    wrong.unlink()
    told = {line.strip() for line in said.splitlines()}
    assert len(others) >= 12
    assert [r for r in others if not any(f"drivers.p1.reaching -> hub.{r} " in line for line in told)] == []
    assert "drivers.p1.reaching -> hub.errors" not in said


def test_a_new_room_must_find_its_layer(copy: Path) -> None:
    new = copy / "hub" / "attic.py"
    new.write_text("")
    said = lint(copy)
    new.unlink()
    assert "hub.attic" in said


def test_ops_is_below_the_edges(copy: Path) -> None:
    wrong = copy / "hub" / "ops" / "reaching.py"
    wrong.write_text("import hub.web\n")
    said = lint(copy)
    wrong.unlink()
    assert "hub.ops.reaching -> hub.web" in said
