"""Bad input: a UserError of one line that names the place, or an answer; never another exception, never silence.

`SHEMS_FUZZ=10000` tries so many mutations.
"""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from hub.errors import UserError
from hub.plan import plan, read_text
from hub.plan.solve import Effort
from tests.plan.physics import broken
from tests.plan.random_problems import random_problem

_ROOT = Path(__file__).parents[2]
_COUNT = int(os.environ.get("SHEMS_FUZZ", "1000"))
_CHUNK = 100
_EFFORT = Effort(nodes=20, tries=2)
_PLAIN: dict[str, Any] = {
    "start": "2026-06-12T00:00:00Z",
    "step_s": 900,
    "steps": 8,
    "load_w": [500] * 8,
    "price_import": 0.3,
    "batteries": [{"id": "home", "capacity_wh": 10000, "soc": 50, "max_charge_w": 5000, "max_discharge_w": 5000}],
}
_NAN, _GAP = float("nan"), None
_ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    1,
    -1,
    1e9,
    _NAN,
    float("inf"),
    "",
    "x",
    "2026-03-28T13:00:00Z",
    "2026-03-28",
    [],
    {},
    [1],
    [[]],
)


def _with(path: str, value: object) -> dict[str, Any]:
    told = copy.deepcopy(_PLAIN)
    *parents, key = path.split(".")
    at: Any = told
    for parent in parents:
        at = at[int(parent)] if parent.isdigit() else at.setdefault(parent, {})
    at[key] = value
    return told


_REFUSED = {
    "a series of the wrong length": (_with("load_w", [500] * 7), "load_w: has 7 values, the problem has 8 steps"),
    "a series of text": (_with("load_w", ["500"] * 8), "load_w[0]: must be a number"),
    "a series of truths": (_with("load_w", [True] * 8), "load_w[0]: must be a number"),
    "a number too big for a float": (_with("load_w", [10**400] * 8), "load_w[0]: must be a number"),
    "infinity": (_with("price_import", float("inf")), "price_import: must be a number"),
    "NaN for all": (_with("price_import", _NAN), "price_import: must be a number"),
    "nothing but gaps": (_with("load_w", [_GAP] * 8), "load_w: 8 of 8 values are missing"),
    "nothing but NaN": (_with("load_w", [_NAN] * 8), "load_w: 8 of 8 values are missing"),
    "a negative load": (_with("load_w", -5), "load_w: must be a number from 0"),
    "an odd step": (_with("step_s", 901), "step_s: 901 is none of"),
    "a step of half a second": (_with("step_s", 0.5), "step_s: must be a whole number"),
    "no steps": (_with("steps", 0), "steps: must be a whole number from 1"),
    "a year of minutes": (_with("steps", 525600), "steps: must be a whole number from 1"),
    "a start off the grid": (_with("start", "2026-06-12T00:07:00Z"), "start: is not a whole multiple of 900 s"),
    "a start that is a number": (_with("start", 1781222400), "start: must be a time like"),
    "a day that does not exist": (_with("start", "2026-02-30T00:00:00Z"), "start: must be a time like"),
    "a start at the end of time": (_with("start", "9999-12-31T23:45:00Z"), "start: "),
    "a start before time": (_with("start", "0001-01-01T00:00:00+14:00"), "start: "),
    "a list for a table": (_with("connection", []), "connection: must be a table"),
    "a table for a list": (_with("batteries", {}), "batteries: must be a list"),
    "a battery of nothing": (_with("batteries.0.capacity_wh", 0), "batteries[0].capacity_wh: must be a number from 1"),
    "110 %": (_with("batteries.0.soc", 110), "batteries[0].soc: must be a number from 0 to 100"),
    "an efficiency in per cent": (_with("batteries.0.efficiency_charge", 95), "batteries[0].efficiency_charge: must"),
    "a floor above the ceiling": (_with("batteries.0.soc_floor", 100), "batteries[0].soc_floor: 100 is not below"),
    "a curve bent upwards": (
        _with("batteries.0.charge_curve", [[0, 0], [50, 1000], [100, 5000]]),
        "batteries[0].charge_curve: must bend downwards",
    ),
    "a curve that goes back": (_with("batteries.0.charge_curve", [[50, 1], [0, 1]]), "must rise"),
    "an own grid without values": (
        _with("load_w", {"start": "2026-06-12T00:00:00Z", "step_s": 900}),
        "load_w.values: is missing",
    ),
    "an own grid off the minute": (
        _with("load_w", {"start": "2026-06-12T00:00:07Z", "step_s": 900, "values": [1] * 9}),
        "load_w.step_s: its steps do not fall on those of the problem",
    ),
    "an own grid of another year": (
        _with("load_w", {"start": "2020-06-12T00:00:00Z", "step_s": 900, "values": [1] * 9}),
        "load_w: 8 of 8 values are missing",
    ),
    "a name that is no text": (_with("batteries.0.id", 5), "batteries[0].id: must be a text"),
    "an empty name": (_with("batteries.0.id", ""), "batteries[0].id: must be a text"),
    "a charge for the peak of an odd interval": (
        _with("connection", {"peak": {"price_per_kw": 1, "interval_s": 1000}}),
        "connection.peak.interval_s: must be a multiple of step_s",
    ),
    "billing periods that begin in no order": (
        _with("connection", {"peak": {"price_per_kw": 1, "anew": ["2026-07-01T00:00:00Z", "2026-06-30T00:00:00Z"]}}),
        "connection.peak.anew: must be in time order",
    ),
    "a signal that ends before it begins": (
        _with(
            "connection",
            {"dimming": [{"start": "2026-06-12T02:00:00Z", "end": "2026-06-12T01:00:00Z", "limit_w": 4200}]},
        ),
        "connection.dimming[0].end: must be after start",
    ),
    "shares that come to more than all": (_with("load_shares", [0.5, 0.5, 0.5]), "load_shares: must be 3 shares"),
    "a heat pump that warms nothing": (_with("heat_pumps", [{"id": "p", "max_w": 1000}]), "heat_pumps[0]: warms"),
    "a load without power": (_with("appliances", [{"id": "a"}]), "appliances[0].power_w: and duration_s"),
    "a kind that is a list": (_with("appliances", [{"id": "a", "kind": []}]), "appliances[0].kind: [] is not known"),
}


@pytest.mark.parametrize("what", _REFUSED)
def test_it_is_refused_with_its_place(what: str) -> None:
    told, said = _REFUSED[what]
    with pytest.raises(UserError) as refused:
        read_text(json.dumps(told), "house.json")
    assert str(refused.value).startswith("house.json: ") and said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "3", '"text"', "{}", "\x00", "[" * 100_000, '{"start": "2026-06-12T00:00:00Z"}', "é" * 50],
    ids=range(11),
)
def test_garbage_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"^house\.json: ") as refused:
        read_text(text, "house.json")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("gap", [_GAP, _NAN], ids=["null", "NaN"])
def test_a_gap_is_filled_and_told(gap: float | None) -> None:
    planned = plan(read_text(json.dumps(_with("load_w", [500, gap, 700, 500, 500, 500, gap, 500])), "house.json"))
    assert "load_w: 2 of 8 values are missing" in planned.assumed[0]
    assert all(0 < step.load_w <= 700 for step in planned.steps)


# -- mutations ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", range(0, _COUNT, _CHUNK))
def test_a_mutated_problem_is_planned_or_refused_with_its_place(first: int) -> None:
    for seed in range(first, min(first + _CHUNK, _COUNT)):
        text = _mutated(seed)
        try:
            problem = read_text(text, "house.json")
        except UserError as e:
            assert str(e).startswith("house.json: ") and "\n" not in str(e), f"seed {seed}: {e}"
            continue
        wrong = broken(problem, plan(problem, _EFFORT))
        assert not wrong, f"seed {seed}: {wrong}"


def _mutated(seed: int) -> str:
    """A valid problem file in which one or a few things are other than they should be."""
    random = Random(seed)
    told = random_problem(seed)
    for _ in range(random.choice([1, 1, 2, 4])):
        places = list(_places(told))
        at, key = random.choice(places)
        at[key] = copy.deepcopy(_other(random, at[key]))
        if random.random() < 0.15:
            del at[key]
    text = json.dumps(told)
    if random.random() < 0.1:
        cut = random.randrange(len(text))
        text = (
            text[:cut] + random.choice(["", "}", "]", '"', "\u0000", "1e999", ","]) + text[cut + random.randrange(3) :]
        )
    return text


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Everything in it that may be replaced."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(items):
        yield value, key
        yield from _places(inner)


def _other(random: Random, value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool) and random.random() < 0.6:
        return random.choice(
            [0, -value, value * 10, value / 10, value + 1, 1e300, 5e-324, 0.1 + value, round(value, 1)]
        )
    return random.choice(
        [*_ODD, {"start": "2026-03-28T12:00:00Z", "step_s": 900, "values": [1, None, 2]}, value, [value]]
    )


# -- the command -------------------------------------------------------------------------------------------------------


def _command(*args: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hub", "plan", *args], input=text, capture_output=True, text=True, cwd=_ROOT, check=False
    )


@pytest.mark.parametrize(
    "text", ["", "[1, 2", json.dumps(_with("load_w", [1])), json.dumps(_with("batteries.0.soc", "half"))], ids=range(4)
)
def test_the_command_refuses_with_one_line_and_exit_code_2(text: str, tmp_path: Path) -> None:
    file = tmp_path / "house.json"
    file.write_text(text)
    for done in (_command(str(file)), _command("-", "--json", text=text)):
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.count("\n") == 1 and done.stderr.startswith("shems: ")


def test_the_command_refuses_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00{")
    for name in ("missing.json", "binary.json", "."):
        done = _command(str(tmp_path / name))
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.count("\n") == 1 and "cannot be read" in done.stderr


def test_the_command_without_a_file_says_what_it_needs() -> None:
    done = _command()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and "needs a problem file" in done.stderr
