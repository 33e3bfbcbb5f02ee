"""The page: its build, its budgets, its own unit tests, and that it has words for whatever the hub may say."""

from __future__ import annotations

import gzip
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
UI = ROOT / "hub" / "web" / "ui"
STATIC = ROOT / "hub" / "web" / "static"
JS_KB, CSS_KB = 150, 15


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("page_build", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A copy of the sources in a folder with a space in its name, without anything built."""
    copy = tmp_path / "a house" / "hub" / "web" / "ui"
    shutil.copytree(UI, copy, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    return copy


def _reason_codes() -> set[str]:
    source = "\n".join(p.read_text() for room in ("hub", "drivers") for p in sorted((ROOT / room).rglob("*.py")))
    codes = set(re.findall(r'Reason\(\s*"([a-z_]+)"[,)]', source))
    sources = re.findall(r'^    [A-Z_]+ = "([a-z_]+)"$', _body_of("Source"), re.M)
    assert len(sources) == 7
    return codes | {f"{s}_asked" for s in sources} | {f"{s}_limit" for s in sources} | {"link_up", "link_lost"}


def _body_of(enum: str) -> str:
    return (ROOT / "hub/model/command.py").read_text().split(f"class {enum}(")[1].split("\nclass ")[0]


def test_every_reason_has_a_sentence() -> None:
    told = set(re.findall(r"^  ([a-z_]+): ", (UI / "src/words/reasons.ts").read_text(), re.M))
    assert _reason_codes() - told == set()


def test_check_sees_every_change(elsewhere: Path) -> None:
    build = _load(elsewhere / "build.py")
    assert not build.fresh()
    build.STATIC.mkdir()
    build.STAMP.write_text(build.digest())
    assert build.fresh()
    (elsewhere / "src" / "main.tsx").open("a").write("\n")
    assert not build.fresh()
    assert subprocess.run([sys.executable, elsewhere / "build.py", "--check"], check=False).returncode == 1


def test_what_is_installed_does_not_count_as_source(elsewhere: Path) -> None:
    build = _load(elsewhere / "build.py")
    before = build.digest()
    (elsewhere / "node_modules" / "x").mkdir(parents=True)
    (elsewhere / "node_modules" / "x" / "index.js").write_text("1")
    assert build.digest() == before


def test_without_node_it_says_what_to_do(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    build = _load(elsewhere / "build.py")
    monkeypatch.setattr(build, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", "")
    assert build.main([]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "requirements/build.txt" in said


def test_the_lock_names_no_registry_and_pins_by_hash() -> None:
    lock = (UI / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') >= 30


def test_the_first_screen_keeps_its_budget() -> None:
    if not (STATIC / "index.html").exists():
        pytest.skip("the page is not built: ./shems test builds it")
    first = re.findall(r'(?:src|href)="/(assets/[^"]+)"', (STATIC / "index.html").read_text())
    size = {kind: sum(_packed(STATIC / f) for f in first if f.endswith(kind)) for kind in (".js", ".css")}
    assert 0 < size[".js"] <= JS_KB * 1000
    assert 0 < size[".css"] <= CSS_KB * 1000


def _packed(file: Path) -> int:
    return len(gzip.compress(file.read_bytes(), 9))


def test_the_pages_own_unit_tests_pass() -> None:
    build = _load(UI / "build.py")
    try:
        build.Node.find()
    except build.BuildError as e:
        pytest.skip(str(e))
    done = subprocess.run([sys.executable, UI / "build.py", "--test"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
