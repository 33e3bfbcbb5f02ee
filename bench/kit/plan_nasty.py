"""Problems that are hard on purpose: ten devices, wishes that exclude each other, tight limits, prices of any sign.

48 h of quarters of an hour, in the words of `shems plan --schema`; the same seed is the same problem.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

STEPS, STEP_S, DEVICES = 192, 900, 10
_START = datetime(2026, 3, 27, 23, tzinfo=UTC)
Table = dict[str, Any]


def nasty(seed: int) -> Table:
    random = np.random.default_rng(seed)
    day = np.sin(np.linspace(-np.pi / 2, 3.5 * np.pi, STEPS))
    import_price = 0.12 + 0.15 * random.normal(size=STEPS // 4).repeat(4)
    return {
        "start": _START.isoformat(),
        "step_s": STEP_S,
        "steps": STEPS,
        "load_w": _listed(random.gamma(1.5, 400, STEPS)),
        "pv_w": _listed(np.maximum(0, 9_000 * day * random.uniform(0.2, 1, STEPS))),
        "price_import": _listed(import_price, 4),
        # now and then feeding in pays more than drawing costs
        "price_export": _listed(import_price - random.normal(0.08, 0.12, STEPS // 4).repeat(4), 4),
        "connection": {
            "import_limit_w": float(random.integers(4, 18)) * 1000,
            "export_limit_w": float(random.integers(0, 8)) * 1000,
            "fuse_a": float(random.choice([0, 20, 25, 35])),
            "unbalance_w": float(random.choice([0, 4600])),
            "peak": {"price_per_kw": float(random.uniform(0, 5)), "reached_w": 2500},
            "dimming": [{"start": _at(72), "end": _at(80), "limit_w": 4200}],
        },
        "batteries": [_battery(random, i) for i in range(2)],
        "cars": [_car(random, i) for i in range(2)],
        "heat_pumps": [_heat_pump(random)],
        "appliances": [_appliance(random, i) for i in range(5)],
    }


def _battery(random: Generator, i: int) -> Table:
    return {
        "id": f"battery{i}",
        "capacity_wh": float(random.integers(3, 20)) * 1000,
        "soc": float(random.uniform(0, 100)),
        "max_charge_w": float(random.integers(1, 8)) * 1000,
        "max_discharge_w": float(random.integers(1, 8)) * 1000,
        "charge_curve": [[0, 8000], [80, 8000], [100, 500]],
        "reserve": float(random.uniform(0, 60)),
        "wear": float(random.uniform(0, 0.06)),
        "grid_charge": bool(random.random() < 0.7),
        "grid_discharge": bool(random.random() < 0.5),
    }


def _car(random: Generator, i: int) -> Table:
    come, stay = int(random.integers(0, 90)), int(random.integers(4, 60))
    again = come + stay + int(random.integers(8, 40))
    return {
        "id": f"car{i}",
        "phases": [1, 3],
        "capacity_wh": 60_000.0,
        "soc": float(random.uniform(5, 60)),
        "visits": [
            {"start": _at(come), "end": _at(come + stay), "goals": [{"by": _at(come + stay), "soc": 90.0}]},
            {
                "start": _at(again),
                "end": _at(min(again + 30, STEPS)),
                "goals": [{"by": _at(min(again + 30, STEPS)), "soc": 100.0}],
                "used_wh": float(random.integers(2, 25)) * 1000,
            },
        ],
        "max_discharge_w": float(random.choice([0, 5000])),
    }


def _heat_pump(random: Generator) -> Table:
    return {
        "id": "heatpump",
        "max_w": 3500.0,
        "min_w": 1200.0,
        "min_on_s": 3600.0,
        "min_off_s": 1800.0,
        "outdoor_c": float(random.uniform(-15, 12)),
        "room": {"temperature": float(random.uniform(15, 24)), "capacity_wh_k": 6000.0, "loss_w_k": 220.0},
        "tank": {
            "temperature": float(random.uniform(25, 55)),
            "capacity_wh_k": 350.0,
            "draw_w": _listed(np.where(random.random(STEPS) < 0.08, 6000.0, 0.0)),
            "rod_w": 3000.0,
            "hygiene_c": 60.0,
        },
    }


def _appliance(random: Generator, i: int) -> Table:
    begin, hours = int(random.integers(0, 120)), float(random.integers(1, 12)) / 2
    window = int(random.integers(2, 70))
    told: Table = {
        "id": f"appliance{i}",
        "kind": ("run", "steps", "level")[i % 3],
        "power_w": float(random.integers(3, 80)) * 100,
        "duration_s": hours * 3600,
        "earliest": _at(begin),
        "latest": _at(min(begin + window, STEPS)),
        "quiet": [[_at(88), _at(116)]],
    }
    if told["kind"] == "steps":
        told |= {"min_on_s": 1800.0, "min_off_s": 1800.0, "start_cost": 0.02}
    return told


def _at(step: int) -> str:
    return (_START + timedelta(seconds=step * STEP_S)).isoformat()


def _listed(values: NDArray[np.float64], digits: int = 1) -> list[float]:
    return [float(v) for v in values.round(digits)]
