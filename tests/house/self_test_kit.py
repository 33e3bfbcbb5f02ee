"""A self-test of the demo house as an installer runs it: house wired, test started, report read, all by HTTP."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from dataclasses import dataclass
from typing import Any

from firmware_sim.wiring import Mistake

from tests.commission.plant import NAMED, Conditions, conditions
from tests.house.demo_kit import Demo, demo, eventually

ALL = os.environ.get("SHEMS_MISTAKES") == "all"
SLOW = {Mistake.NO_FAILSAFE}
"""Told only by a thorough test, which waits for watchdogs: minutes more, so that only a full run has time for it."""
STEPPED = {"battery", "wallbox", "wallbox2"}
WITHIN_S = 800.0
_IDS = {"keba": "wallbox", "heidelberg": "wallbox2", "pv": "pv_roof"}
"""Of the plant's devices, those that the demo house calls otherwise."""


def expected(mistake: Mistake) -> tuple[str, str]:
    """(code, device of the demo house)"""
    code, device = NAMED[mistake]
    return code, _IDS.get(device, device)


CHOSEN = list(Mistake) if ALL else [Mistake.L1_L2_SWAPPED]


@dataclass(frozen=True, slots=True)
class Report:
    """`told`: the hub's last word over HTTP; `left`: wishes of the test that are still in force after it."""

    told: dict[str, Any]
    report: str
    left: list[Any]

    @property
    def faults(self) -> set[tuple[str, str]]:
        """(code, device)"""
        return {(f["code"], f["device"]) for f in self.told["findings"] if f["verdict"] == "fault"}


def self_tested(*mistakes: Mistake) -> Report:
    """A house of its own, on a day and of a seed that the mistake stands for; its hub is a process of its own."""
    day = conditions(list(Mistake).index(mistakes[0]) if mistakes else len(Mistake))
    with demo("--seed", str(day.seed + 1)) as house:
        prepare(house, day, *mistakes)
        house.api("POST", "/commissioning", {"thorough": bool(SLOW & set(mistakes)) or (ALL and not mistakes)})
        eventually(lambda: not house.api("GET", "/commissioning")["running"], WITHIN_S, "the self-test ends", 1.0)
        left = [w for w in house.api("GET", "/decisions")["unmet"] if w.get("cause") == "commissioning"]
        return Report(house.api("GET", "/commissioning"), _report(house), left)


def prepare(house: Demo, day: Conditions, *mistakes: Mistake) -> None:
    """Two cars wait, all devices answer, and the hub has read the meter's counters since it was wired like this."""
    cars = {"keba": True, "heidelberg": True}
    house.world(ev_present=cars, heidelberg_phases=1, soc=day.soc, ev_soc=40, irradiance=day.irradiance)
    _post(f"{house.sim}/wiring", {"mistakes": list(mistakes)})
    wired = time.time() * 1000
    eventually(lambda: set(house.api("GET", "/commissioning")["devices"]) >= STEPPED, 60, "its devices answer")
    eventually(lambda: house.point("grid.energy_import")["t"] > wired, 60, "the counters are read")


def _post(url: str, body: object) -> None:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=10).close()


def _report(house: Demo) -> str:
    request = urllib.request.Request(f"{house.base}/api/v1/commissioning/report", headers=house.headers)
    with urllib.request.urlopen(request, timeout=10) as page:
        return str(page.read().decode())
