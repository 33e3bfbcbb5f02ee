"""The problems that both planners are given: those of `../shared/bench/opt/problem.py`, as plain numbers.

A reference is what its `make` returns with the arrays as lists: W, EUR/kWh, hours; devices `cont`, `onoff` and `block`.
The series is the invented one beside it; the year's real home is not needed here.
"""

from __future__ import annotations

import importlib.util
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from bench.kit.store_disk import Skipped

SHARED = Path(__file__).parents[3] / "shared"
OPT = SHARED / "bench" / "opt"
SLOTS_A_DAY = 48
"""of the invented series, which has eight days"""

Reference = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """`days`: how many other days of the series it is tried on besides the first."""

    hours: int
    step_min: int
    loads: int
    others: int = 0

    @property
    def name(self) -> str:
        return f"{self.hours} h @ {self.step_min} min, {self.loads} loads"

    def references(self) -> list[Reference]:
        """The case itself, then the same from later mornings on."""
        module = _shared_module()
        return [_made(module, self, day) for day in range(1 + self.others)]

    def known_objective(self) -> float | None:
        """EUR, of the case itself, as it was found before by two solvers; None when nobody wrote it down."""
        if self.loads != 4:
            return None
        known = json.loads((OPT / "reference_objectives.json").read_text())
        told = known.get(f"{self.hours}h@{self.step_min}min")
        return None if told is None else float(told["emhass_0_18_7"])


def as_ours(reference: Reference) -> dict[str, Any]:
    """The same problem in the words of `shems plan --schema`. EMHASS's discharging power is on the cells' side."""
    battery = reference["bat"]
    return {
        "start": _at(reference, 0),
        "step_s": reference["step_min"] * 60,
        "steps": reference["n"],
        "load_w": reference["load"],
        "pv_w": reference["pv"],
        "price_import": reference["buy"],
        "price_export": reference["sell"],
        "connection": {"import_limit_w": reference["pimp"], "export_limit_w": reference["pexp"]},
        "batteries": [
            {
                "id": "battery",
                "capacity_wh": battery["cap"],
                "soc": 100 * battery["s0"],
                "end_soc": 100 * battery["s1"],
                "soc_floor": 100 * battery["smin"],
                "soc_ceiling": 100 * battery["smax"],
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
                "kind": _KINDS[load["kind"]],
                "power_w": load["p"],
                "duration_s": load["hours"] * 3600,
                "earliest": _at(reference, load["a"]),
                "latest": _at(reference, load["b"]),
            }
            for i, load in enumerate(reference["devs"])
        ],
    }


_KINDS = {"cont": "level", "onoff": "steps", "block": "run"}
_START = datetime(2024, 6, 10, tzinfo=UTC)


def _at(reference: Reference, step: int) -> str:
    return (_START + timedelta(minutes=step * reference["step_min"])).isoformat()


def _made(module: ModuleType, case: Case, day: int) -> Reference:
    before = {key: os.environ.get(key) for key in ("OPT_SERIES", "OPT_I0")}
    os.environ.update(OPT_SERIES=str(OPT / "synthetic_8d_30min.npz"), OPT_I0=str(day * SLOTS_A_DAY))
    try:
        made = module.make(case.hours, case.step_min, case.loads)
    finally:
        for key, value in before.items():
            os.environ.pop(key, None) if value is None else os.environ.update({key: value})
    return {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in made.items()}


def _shared_module() -> ModuleType:
    """Raises Skipped when the checkout has no `../shared`."""
    path = OPT / "problem.py"
    spec = importlib.util.spec_from_file_location("shared_plan_problem", path) if path.exists() else None
    if spec is None or spec.loader is None:
        raise Skipped("../shared/bench/opt/problem.py is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
