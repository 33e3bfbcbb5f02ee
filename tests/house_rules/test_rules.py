"""What holds for the house as a whole: sizes, freshness, and that what is written about it is true."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gen.__main__ import stale
from hub import config
from hub.cli.main import COMMANDS
from hub.model import LinkState, OutcomeState, Source

ROOT = Path(__file__).parents[2]
MAX_LINES = 500


def tracked() -> list[Path]:
    """Every file of the checkout that git keeps or would keep."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [p for name in said.splitlines() if (p := ROOT / name).is_file()]


FILES = tracked()


def _named(paths: Iterable[Path]) -> list[str]:
    return sorted(p.relative_to(ROOT).as_posix() for p in paths)


# -- files ----------------------------------------------------------------------------------------------------------


def test_no_source_file_is_too_long() -> None:
    sources = [p for p in FILES if p.suffix in (".py", ".ts", ".tsx", ".css") and ".gen." not in p.name]
    assert len(sources) > 100
    assert not _named(p for p in sources if len(p.read_text(encoding="utf-8").splitlines()) > MAX_LINES)


def test_what_is_generated_is_fresh() -> None:
    assert not list(stale()), "run: python -m gen"


ADDRESSES = [r"py" + r"pi\.org", "python" + "hosted", r"npm" + r"js\.(org|com)", r"https?://registry\.", r"/simple/"]


def test_no_file_names_a_package_registry() -> None:
    pattern = re.compile("|".join(ADDRESSES))
    texts = [p for p in FILES if p.suffix not in (".gz", ".png", ".ico", ".woff2", ".bin", ".db")]
    found = (p for p in texts if p != Path(__file__) and pattern.search(p.read_text("utf-8", errors="replace")))
    assert not _named(found)


# -- what is written ------------------------------------------------------------------------------------------------

PAGES = [p for p in FILES if p.suffix == ".md" and (p.parent == ROOT or p.is_relative_to(ROOT / "docs"))]
HEADS = {p.name for p in FILES if p.parent == ROOT} | {p.relative_to(ROOT).parts[0] for p in FILES}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_a_page_names_no_file_that_is_missing(page: Path) -> None:
    assert not [name for name in _mentioned(page) if not _exists(page, name)]


def _mentioned(page: Path) -> Iterator[str]:
    """Links to places in the checkout, and what stands in backquotes and begins like one of its folders."""
    text = page.read_text(encoding="utf-8")
    yield from (m for m in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in m)
    quoted = re.findall(r"`([\w./-]+)`", text)
    yield from (q for q in quoted if "/" in q and q.split("/")[0] in HEADS)


def _exists(page: Path, name: str) -> bool:
    if (page.parent / name).exists() or (ROOT / name).exists():
        return True
    return any((room / name).exists() for room in (ROOT / "hub", ROOT / "drivers"))


def test_the_readmes_commands_exist() -> None:
    named = re.findall(r"\./shems (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert named
    assert set(named) <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_is_written_about(command: str) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "hub", command, "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (said.returncode, said.stderr) == (0, "")
    assert "usage: shems " + command in said.stdout
    assert any(f"shems {command}" in p.read_text(encoding="utf-8") for p in PAGES), f"no page names `shems {command}`"


def test_the_map_of_rooms_is_complete() -> None:
    told = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {p.relative_to(ROOT).parts[0] for p in FILES if len(p.relative_to(ROOT).parts) > 1 and p.suffix != ".md"}
    assert not [r for r in rooms if not r.startswith(".") and f"`{r}/" not in told and f"`{r}`" not in told]
    hub = {p.relative_to(ROOT / "hub").parts[0] for p in FILES if p.is_relative_to(ROOT / "hub")}
    inside = {r for r in hub if not r.startswith("__") and r != "py.typed"}
    assert not [r for r in inside if f"`hub/{r}" not in told]


DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def test_decisions_are_numbered_without_gaps() -> None:
    assert [d.name[:4] for d in DECISIONS] == [f"{n:03}-" for n in range(1, len(DECISIONS) + 1)]


@pytest.mark.parametrize("page", DECISIONS, ids=lambda p: p.stem)
def test_a_decision_says_why(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {page.name[:3]}: ")
    assert not [part for part in ("Context", "Decision", "Why") if f"**{part}.**" not in text]


# -- the site document ----------------------------------------------------------------------------------------------


def test_the_example_has_every_key_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the options that are not in use uncommented, every table shows all that its reader knows.

    The broker elsewhere excludes the hub's own, so the document is read as it stands and with that in its place.
    """
    documented: dict[tuple[str, ...], set[str]] = defaultdict(set)
    check = config._Parser.keys

    def keys(self: Any, table: Mapping[str, Any], at: str, known: Iterable[str]) -> None:
        check(self, table, at, known)
        documented[tuple(known)] |= set(table)

    monkeypatch.setattr(config._Parser, "keys", keys)
    text = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    uncommented = re.sub(r"^#(?! |$)", "", text, flags=re.M)
    url = re.search(r"^url = .*$", uncommented, flags=re.M)
    assert url
    site = config.parse(uncommented.replace(url[0], ""))
    config.parse(re.sub(r"(?s)\[mqtt\].*?(?=\[history\])", f"[mqtt]\n{url[0]}\n", uncommented))
    assert len(documented) >= 9
    assert {known: used for known, used in documented.items() if used != set(known)} == {}
    devices = re.findall(r"^#?(\w+) = ", text.partition("[devices.")[2], flags=re.M)
    tables = set(re.findall(r"^\[devices\.\w+\.(\w+)\]", text, flags=re.M))
    assert set(config._HUB_KEYS) <= {*devices, *tables}
    assert site.devices


# -- reasons --------------------------------------------------------------------------------------------------------

UI = ROOT / "hub" / "web" / "ui" / "src"
WORDS = {"source.value": Source, "status.state.value": LinkState, "state.value": OutcomeState}


def _codes() -> set[str]:
    """Every reason code that the hub and the drivers can give."""
    sources = (p for p in FILES if p.suffix == ".py" and p.relative_to(ROOT).parts[0] in ("hub", "drivers"))
    trees = (ast.parse(p.read_text(encoding="utf-8")) for p in sources)
    calls = (n for t in trees for n in ast.walk(t) if isinstance(n, ast.Call))
    first = (c.args[0] for c in calls if isinstance(c.func, ast.Name) and c.func.id == "Reason" and c.args)
    return {code for arg in first for code in _texts(arg)} - {""}


def _texts(node: ast.expr) -> list[str]:
    """All texts that the expression can be: a literal, or one with a word of a known enumeration in it."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.BinOp):
        return [a + b for a in _texts(node.left) for b in _texts(node.right)]
    if isinstance(node, ast.JoinedStr):
        found = [""]
        for part in node.values:
            found = [a + b for a in found for b in _texts(part)]
        return found
    said = ast.unparse(node.value if isinstance(node, ast.FormattedValue) else node)
    enum = next((e for end, e in WORDS.items() if said.endswith(end)), None)
    return [w.value for w in enum] if enum else [f"<{said}>"]


def test_every_reason_has_words_on_the_page() -> None:
    files = [p for p in UI.rglob("reasons*.ts") if ".gen." not in p.name]
    assert files, "the page has no reasons.ts"
    keys = {k for p in files for k in re.findall(r"""(?:^|[{,\s])["']?([a-z][a-z0-9_]*)["']?\s*[:(]""", p.read_text())}
    codes = _codes()
    assert len(codes) > 30
    assert not sorted(codes - keys)
