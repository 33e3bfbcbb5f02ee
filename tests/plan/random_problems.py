"""Problem files out of a seed: small ones of all kinds, sensible and not, each valid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil
from random import Random
from typing import Any

Table = dict[str, Any]
_START = datetime(2026, 3, 28, 12, tzinfo=UTC)


def random_problem(seed: int) -> Table:
    """The same seed, the same problem."""
    told = _Maker(Random(seed)).problem()
    peak = told.get("connection", {}).get("peak")
    if peak:
        _billed(peak, told, Random(seed + 1_000_000_000))
    return told


def _billed(peak: Table, told: Table, random: Random) -> None:
    """By chance with billing periods that end within the horizon, or beside it."""
    if random.random() < 0.4:
        ends = sorted(random.sample(range(-4, told["steps"] + 5), random.choice([1, 2])))
        start, step = datetime.fromisoformat(told["start"]), timedelta(seconds=told["step_s"])
        peak["anew"] = [(start + n * step).isoformat() for n in ends]


class _Maker:
    def __init__(self, random: Random) -> None:
        self.r = random
        self.step_s = random.choice([300, 900, 900, 1800, 3600])
        self.steps = random.choice([1, 2, 3, 6, 8, 12, 16, 24, 32])

    def chance(self, share: float) -> bool:
        return self.r.random() < share

    def time(self, low: float, high: float, whole: bool = True) -> str:
        """From `low` to `high`, as shares of the horizon; most of them on a step."""
        at = self.r.uniform(low, high) * self.steps
        at = round(at) if whole or self.chance(0.8) else at
        return self.at(at)

    def at(self, step: float) -> str:
        return (_START + timedelta(seconds=round(step * self.step_s))).isoformat()

    def series(self, low: float, high: float, digits: int = 0, share: float = 0.6) -> float | list[float]:
        if self.chance(1 - share):
            return round(self.r.uniform(low, high), digits)
        held, values = self.r.choice([1, 2, 4]), list[float]()
        while len(values) < self.steps:
            values += [round(self.r.uniform(low, high), digits)] * held
        return values[: self.steps]

    def problem(self) -> Table:
        told: Table = {
            "start": self.at(0),
            "step_s": self.step_s,
            "steps": self.steps,
            "load_w": self.series(0, self.r.choice([500, 3000, 9000])),
            "price_import": self.series(-0.2 if self.chance(0.25) else 0.05, 0.6, 3),
            "price_export": self.series(-0.2 if self.chance(0.25) else 0.0, 0.5 if self.chance(0.2) else 0.12, 3),
        }
        if self.chance(0.6):
            told |= {"pv_w": self.series(0, self.r.choice([800, 5000, 12000])), "curtail": self.chance(0.6)}
        if self.chance(0.2):
            told["fee_import"] = self.series(-0.05, 0.2, 3)
        if self.chance(0.2):
            told |= {"co2_g": self.series(50, 700), "co2_price": round(self.r.uniform(0, 0.3), 3)}
        devices = self.devices()
        told |= {k: v for k, v in devices.items() if v}
        if self.chance(0.6):
            told["connection"] = self.connection([d["id"] for kind in devices.values() for d in kind])
            phases = told["connection"].get("phases", 3)
            if self.chance(0.3):
                told["load_shares"] = _shares(self.r, phases)
                told["pv_shares"] = _shares(self.r, phases)
        return told

    def devices(self) -> dict[str, list[Table]]:
        """At most three in all, so that a problem stays small."""
        kinds = {"batteries": self.battery, "cars": self.car, "heat_pumps": self.pump, "appliances": self.appliance}
        found: dict[str, list[Table]] = {kind: [] for kind in kinds}
        for i in range(self.r.choice([0, 1, 1, 2, 2, 3])):
            kind = self.r.choice([*kinds, "batteries"])
            found[kind].append({"id": f"d{i}", **kinds[kind]()})
        return found

    # -- the connection ------------------------------------------------------------------------------------------------

    def connection(self, devices: list[str]) -> Table:
        told: Table = {}
        if self.chance(0.5):
            told["import_limit_w"] = self.series(0 if self.chance(0.2) else 3000, 15000, share=0.3)
        if self.chance(0.5):
            told["export_limit_w"] = self.series(0, 6000, share=0.3) if self.chance(0.7) else 0
        if self.chance(0.3):
            told |= {"phases": self.r.choice([1, 3, 3]), "fuse_a": self.r.choice([10, 16, 25, 35])}
        if self.chance(0.2):
            told["unbalance_w"] = self.r.choice([1000, 4600])
        if self.chance(0.25):
            interval = self.r.choice([900, 3600])
            told["peak"] = {
                "price_per_kw": round(self.r.uniform(0, 5), 2),
                "interval_s": max(interval, self.step_s),
                "reached_w": self.r.choice([0, 3000]),
                "least_w": self.r.choice([0, 2500]),
            }
        if self.chance(0.3):
            named = self.r.sample(devices, self.r.randint(0, len(devices)))
            told["dimming"] = [
                {
                    "start": self.at(self.r.uniform(-2, self.steps - 1)),
                    "end": self.at(self.steps + self.r.uniform(-0.5, 3)),
                    "limit_w": self.r.choice([0, 4200, 7560]),
                    "devices": named,
                }
            ]
        return told

    # -- devices -------------------------------------------------------------------------------------------------------

    def battery(self) -> Table:
        floor, ceiling = self.r.choice([0, 5, 10, 30]), self.r.choice([80, 95, 100])
        told: Table = {
            "capacity_wh": self.r.choice([800, 5000, 10000, 30000]),
            "soc": self.r.choice([0, floor, ceiling, 100, round(self.r.uniform(0, 100), 1)]),
            "max_charge_w": self.r.choice([0, 600, 3000, 5000, 10000]),
            "max_discharge_w": self.r.choice([0, 600, 3000, 5000, 10000]),
            "soc_floor": floor,
            "soc_ceiling": ceiling,
            "efficiency_charge": round(self.r.uniform(0.8, 1), 3),
            "efficiency_discharge": round(self.r.uniform(0.8, 1), 3),
            "wear": self.r.choice([0, 0.01, 0.08]),
            "grid_charge": self.chance(0.8),
            "grid_discharge": self.chance(0.7),
        }
        if self.chance(0.2):
            told |= {"reserve": self.r.choice([20, 60]), "reserve_price": self.r.choice([0.01, 0.5])}
        if self.chance(0.2):
            told["charge_curve"] = self.r.choice(
                [[[0, 5000], [80, 5000], [100, 500]], [[0, 5000], [70, 3000], [90, 0]]]
            )
        if self.chance(0.2):
            told["discharge_curve"] = self.r.choice(
                [[[0, 0], [20, 5000], [100, 5000]], [[10, 0], [30, 4000], [100, 5000]]]
            )
        if self.chance(0.15):
            told["power_share"] = self.series(0, 1, 2)
        if self.chance(0.15):
            told["loss_per_day"] = self.r.choice([1, 10, 40])
        if self.chance(0.15):
            told |= {"full_above": self.r.choice([50, 80]), "full_price": self.r.choice([0.01, 0.2])}
        end = self.r.choice(["end_soc", "end_value", "", ""])
        if end:
            told[end] = round(self.r.uniform(floor, ceiling), 1) if end == "end_soc" else self.r.choice([0, 0.1, 0.4])
        return told

    def car(self) -> Table:
        known = self.chance(0.7)
        told: Table = {
            "phases": self.r.choice([[1], [3], [1, 3]]),
            "phase": self.r.choice([1, 2, 3]),
            "max_a": self.r.choice([10, 16, 32]),
            "visits": self.visits(known),
            "on": self.chance(0.2),
            "end_value": self.r.choice([0, 0, 0.1]),
        }
        if known:
            told |= {
                "capacity_wh": self.r.choice([20000, 60000]),
                "soc": self.r.choice([0, 100, round(self.r.uniform(0, 100), 1)]),
                "soc_ceiling": self.r.choice([80, 100, 100]),
            }
        if self.chance(0.25):
            told |= {"max_discharge_w": self.r.choice([3000, 10000]), "wear": self.r.choice([0, 0.05])}
        return told

    def visits(self, known: bool) -> list[Table]:
        visits, end = list[Table](), self.r.uniform(-0.5, 0.3) * self.steps
        for i in range(self.r.choice([1, 1, 2])):
            start = end + (self.r.uniform(0, 0.2) * self.steps if i else 0.0)
            end = start + max(0.3, self.r.uniform(0.1, 1.0) * self.steps)
            if self.chance(0.7):
                start = float(ceil(start))
                end = float(max(round(end), start + 1))
            visit: Table = {"start": self.at(start), "end": self.at(end)}
            if i and known:
                visit["used_wh"] = self.r.choice([0, 3000, 15000])
            visit["goals"] = [self.goal(start, end, known) for _ in range(self.r.choice([0, 1, 1, 2]))]
            visits.append(visit)
        return visits

    def goal(self, start: float, end: float, known: bool) -> Table:
        by = self.r.uniform(start + 0.05, end + 2) if self.chance(0.3) else max(start + 0.1, end)
        told: Table = {"by": self.at(by), "price": self.r.choice([0.2, 8, 8])}
        if known and self.chance(0.7):
            return told | {"soc": self.r.choice([50, 80, 100])}
        return told | {"energy_wh": self.r.choice([0, 2000, 20000])}

    def pump(self) -> Table:
        most = self.r.choice([800, 3000, 6000])
        told: Table = {
            "max_w": most,
            "cop": self.series(2, 5, 1),
            "cop_tank": self.series(1.5, 3.5, 1),
            "outdoor_c": self.series(-20, 30, 1),
            "phases": self.r.choice([1, 3]),
            "phase": self.r.choice([1, 2, 3]),
            "on": self.chance(0.3),
        }
        if self.chance(0.4):
            told |= {"min_w": self.r.choice([300, most]), "min_on_s": self.r.choice([0, 900, 3600])}
            told["min_off_s"] = self.r.choice([0, 900, 3600])
        which = self.r.choice(["room", "tank", "both"])
        if which != "tank":
            low = round(self.r.uniform(17, 21), 1)
            told["room"] = {
                "temperature": round(self.r.uniform(10, 28), 1),
                "capacity_wh_k": self.r.choice([2000, 10000]),
                "loss_w_k": self.r.choice([80, 250]),
                "low": low,
                "high": low + self.r.choice([0, 0.5, 3]),
                "gains_w": self.series(0, 4000),
                "price": self.r.choice([0.02, 1]),
            }
        if which != "room":
            told["tank"] = self.tank()
        return told

    def tank(self) -> Table:
        told: Table = {
            "temperature": round(self.r.uniform(5, 70), 1),
            "capacity_wh_k": self.r.choice([100, 350]),
            "draw_w": self.series(0, self.r.choice([0, 2000, 10000])),
            "low": self.r.choice([40, 50]),
            "high": 60,
        }
        if self.chance(0.3):
            told["rod_w"] = 3000
        if self.chance(0.3):
            told |= {"hygiene_c": self.r.choice([60, 70]), "hygiene_by": self.time(-0.2, 1.5)}
        return told

    def appliance(self) -> Table:
        kind = self.r.choice(["run", "run", "steps", "level"])
        told: Table = {
            "kind": kind,
            "power_w": self.r.choice([300, 2000, 3500]),
            "duration_s": self.r.choice([300, 900, 3600, 7200, 20000]),
            "skip_price": self.r.choice([0.1, 50]),
            "phases": self.r.choice([1, 3]),
            "phase": self.r.choice([1, 2, 3]),
        }
        if kind == "run" and self.chance(0.4):
            told["parts"] = [{"power_w": 2000, "duration_s": 1200}, {"power_w": 300, "duration_s": 2700}]
            told["pause_s"] = self.r.choice([0, 1800, 7200])
        if self.chance(0.3):
            told["earliest"] = self.time(-0.5, 0.6, whole=False)
        if self.chance(0.3):
            told["latest"] = self.time(0.61, 1.4, whole=False)
        if self.chance(0.2):
            told["quiet"] = [[self.time(-0.2, 0.3, whole=False), self.time(0.35, 0.9, whole=False)]]
            if told["quiet"][0][0] >= told["quiet"][0][1]:
                del told["quiet"]
        if told.get("earliest", "") >= told.get("latest", "~"):
            del told["latest"]
        if kind == "steps" and self.chance(0.5):
            told |= {"min_on_s": self.r.choice([0, 1800]), "min_off_s": self.r.choice([0, 1800]), "start_cost": 0.01}
        return told


def _shares(random: Random, phases: int) -> list[float]:
    parts = [random.random() for _ in range(phases)]
    shares = [round(p / sum(parts), 6) for p in parts]
    return [*shares[:-1], round(1 - sum(shares[:-1]), 6)]
