"""What is said about decisions: every reason has its "what would have to change", and every change its text."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args

from hub.control.intents import MODES
from hub.core.changes import CHANGES, ChangeCode
from hub.model import Source
from tests.house_rules.test_rules import _texts

ROOT = Path(__file__).parents[2]
WORDS = ROOT / "hub" / "web" / "ui" / "src" / "words"


def _decided() -> set[str]:
    """The codes that a decision of the core can have as its reason, as a limit, or as what stands against a wish."""
    trees = (ast.parse(p.read_text(encoding="utf-8")) for p in (ROOT / "hub" / "core").glob("*.py"))
    calls = (n for t in trees for n in ast.walk(t) if isinstance(n, ast.Call))
    first = (c.args[0] for c in calls if isinstance(c.func, ast.Name) and c.func.id == "Reason" and c.args)
    return {code for arg in first for code in _texts(arg)} - {""}


def _keys(name: str) -> set[str]:
    """The codes of the page's table of that name."""
    file = next(p for p in WORDS.glob("*.ts") if f"export const {name}" in p.read_text(encoding="utf-8"))
    table = file.read_text(encoding="utf-8").partition(f"export const {name}")[2].partition("\n};")[0]
    return set(re.findall(r"^  ([a-z][a-z0-9_]*):", table, flags=re.M))


def test_every_decision_says_what_would_have_to_change() -> None:
    codes = _decided()
    assert len(codes) > 40
    assert {f"{s.value}_asked" for s in Source} <= codes
    assert not sorted(codes - {code for code, changes in CHANGES.items() if changes})


def test_every_change_has_its_text_and_no_text_is_left_over() -> None:
    assert set(get_args(ChangeCode)) == _keys("CHANGES")


def test_nothing_is_changed_for_codes_that_no_reason_has() -> None:
    assert not sorted(set(CHANGES) - _keys("REASONS") - {"schedule_asked", "schedule_limit"})


def test_every_mode_has_a_name_and_says_what_it_does() -> None:
    told = (WORDS / "modes.ts").read_text(encoding="utf-8")
    for role, (_needed, modes) in MODES.items():
        part = told.partition(f"\n  {role.value}: {{")[2].partition("\n  },")[0]
        assert set(re.findall(r"^    (\w+): \[", part, flags=re.M)) == set(modes), role
