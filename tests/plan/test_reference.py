"""Plans beside answers that were found in other ways: EMHASS's, all starts tried, and a table of all levels."""

from __future__ import annotations

import importlib.util
import json
import os
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest

from hub.plan import plan, read_problem

_BENCH = Path(__file__).parents[3] / "shared" / "bench" / "opt"
_START = datetime(2026, 6, 12, tzinfo=UTC)


# -- EMHASS 0.18.7 and a matrix of its own -----------------------------------------------------------------------------


@pytest.mark.parametrize(("hours", "minutes"), [(24, 30), (48, 15)])
def test_it_costs_what_emhass_found_to_cost_least(hours: int, minutes: int) -> None:
    file = _BENCH / "reference_objectives.json"
    if not file.exists():
        pytest.skip(f"{file} is not there")
    known = json.loads(file.read_text())[f"{hours}h@{minutes}min"]["emhass_0_18_7"]
    planned = plan(read_problem(_as_problem(_made(hours, minutes), minutes)))
    assert not planned.given_up
    assert planned.costs.energy + planned.costs.wear == pytest.approx(known, rel=1e-4)


def _made(hours: int, minutes: int) -> dict[str, Any]:
    """The benchmark's own problem, from its own code."""
    spec = importlib.util.spec_from_file_location("opt_problem", _BENCH / "problem.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    os.environ.setdefault("OPT_SERIES", str(_BENCH / "synthetic_8d_30min.npz"))
    made: dict[str, Any] = module.make(hours, minutes, 4)
    return made


def _as_problem(made: dict[str, Any], minutes: int) -> dict[str, Any]:
    battery, step_s = made["bat"], minutes * 60
    kinds = {"cont": "level", "onoff": "steps", "block": "run"}
    return {
        "start": _at(0),
        "step_s": step_s,
        "steps": made["n"],
        "load_w": made["load"].tolist(),
        "pv_w": made["pv"].tolist(),
        "price_import": made["buy"].tolist(),
        "price_export": made["sell"].tolist(),
        "connection": {"import_limit_w": made["pimp"], "export_limit_w": made["pexp"]},
        "batteries": [
            {
                "id": "battery",
                "capacity_wh": battery["cap"],
                "soc": 100 * battery["s0"],
                "soc_floor": 100 * battery["smin"],
                "soc_ceiling": 100 * battery["smax"],
                "end_soc": 100 * battery["s1"],
                "max_charge_w": battery["pch"],
                "max_discharge_w": battery["pdis"] * battery["edis"],
                "efficiency_charge": battery["ech"],
                "efficiency_discharge": battery["edis"],
                "wear": battery["wear"],
                "grid_discharge": False,
            }
        ],
        "appliances": [
            {
                "id": f"load{i}",
                "kind": kinds[load["kind"]],
                "power_w": load["p"],
                "duration_s": 3600 * load["hours"],
                "earliest": _at(load["a"] * step_s),
                "latest": _at(load["b"] * step_s),
            }
            for i, load in enumerate(made["devs"])
        ],
    }


def _at(seconds: float) -> str:
    return (_START + timedelta(seconds=float(seconds))).isoformat()


# -- all starts tried --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_runs_start_when_all_starts_tried_say_so(seed: int) -> None:
    """Two or three runs beside sun, under a limit that they cannot break together."""
    random = Random(seed)
    n, h = 12, 1.0
    load = [random.choice([200.0, 600.0, 1500.0]) for _ in range(n)]
    sun = [random.choice([0.0, 0.0, 1500.0, 4000.0]) for _ in range(n)]
    buy = [round(random.uniform(0.1, 0.6), 3) for _ in range(n)]
    sell = [round(random.uniform(0.0, 0.09), 3) for _ in range(n)]
    runs = [(random.choice([800.0, 2000.0, 3000.0]), random.choice([1, 2, 3])) for _ in range(random.choice([2, 3]))]
    limit = 6000.0
    told = {
        "start": _at(0),
        "step_s": 3600,
        "steps": n,
        "load_w": load,
        "pv_w": sun,
        "price_import": buy,
        "price_export": sell,
        "connection": {"import_limit_w": limit},
        "appliances": [{"id": f"a{i}", "power_w": w, "duration_s": 3600 * k} for i, (w, k) in enumerate(runs)],
    }
    planned = plan(read_problem(told))
    assert planned.proven and not planned.given_up
    costs = []
    for starts in product(*(range(n - k + 1) for _, k in runs)):
        net = [load[t] - sun[t] for t in range(n)]
        for start, (watts, count) in zip(starts, runs, strict=True):
            for t in range(start, start + count):
                net[t] += watts
        if max(net) <= limit:
            costs.append(sum(w * (buy[t] if w > 0 else sell[t]) * h / 1000 for t, w in enumerate(net)))
    assert planned.costs.energy == pytest.approx(min(costs), rel=1e-4, abs=1e-4)


# -- a table of all levels ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_a_battery_costs_what_a_table_of_all_its_levels_costs(seed: int) -> None:
    """Dynamic programming over levels of 50 Wh: it is no cheaper than the plan, and only its rounding dearer."""
    random = Random(seed)
    n, size, most, loss = 12, 4.0, 2.0, random.choice([0.9, 0.96])
    load = [random.uniform(0.2, 2.0) for _ in range(n)]
    sun = [random.choice([0.0, 0.0, 1.5, 3.5]) for _ in range(n)]
    buy = [round(random.uniform(0.05, 0.6), 3) for _ in range(n)]
    sell = [round(random.uniform(0.0, 0.05), 3) for _ in range(n)]
    wear, value = random.choice([0.0, 0.03]), random.choice([0.0, 0.15])
    told = {
        "start": _at(0),
        "step_s": 3600,
        "steps": n,
        "load_w": [1000 * v for v in load],
        "pv_w": [1000 * v for v in sun],
        "price_import": buy,
        "price_export": sell,
        "batteries": [
            {
                "id": "b",
                "capacity_wh": 1000 * size,
                "soc": 50,
                "soc_floor": 0,
                "max_charge_w": 1000 * most,
                "max_discharge_w": 1000 * most,
                "efficiency_charge": loss,
                "efficiency_discharge": loss,
                "wear": wear,
                "end_value": value,
            }
        ],
    }
    planned = plan(read_problem(told))
    each = 0.05
    levels = round(size / each)
    ahead = [-value * k * each for k in range(levels + 1)]
    for t in reversed(range(n)):
        net = load[t] - sun[t]
        now = [float("inf")] * (levels + 1)
        for k in range(levels + 1):
            for to in range(levels + 1):
                stored = (to - k) * each
                power = stored / loss if stored > 0 else stored * loss
                if abs(power) <= most + 1e-9:
                    flow = net + power
                    cost = flow * (buy[t] if flow > 0 else sell[t]) + max(0.0, -power) * wear
                    now[k] = min(now[k], cost + ahead[to])
        ahead = now
    best = ahead[levels // 2]
    assert planned.costs.total <= best + 1e-4
    assert planned.costs.total >= best - 0.06
