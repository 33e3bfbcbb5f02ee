"""Whole months of homes lived again by `shems simulate`: the hub's own core, forecasts and plans, at invented prices.

A battery of 10 kWh and 5 kW; where a house has more, a car that is away on work days and a heat pump.
"""

from __future__ import annotations

import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bench.kit.plan_alone import ONE_THREAD
from bench.kit.plan_duel import ROOT, Failed
from bench.kit.plan_homes import Home, homes
from bench.kit.plan_tariffs import FIXED_EXPORT, day_ahead, spot_export
from bench.kit.rows import Row, row
from hub.rehearse.policies import NONE, PERFECT, PLAN, RULE

FIELD = "EMHASS-style MPC, field/optimiser.md"
_FIELD_FIXED, _FIELD_FOLLOWS = 35.0, 78.0
_HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Month:
    """`home`: its place in homes(); `start`: local day; `more`: with car and heat pump."""

    home: int
    start: str
    spot: bool
    days: int = 30
    more: bool = False


MONTHS = tuple(
    Month(home, start, spot)
    for home, starts in (
        (0, ("2024-06-01", "2024-10-01", "2025-01-01")),
        (1, ("2021-11-01", "2022-02-01", "2022-06-01")),
        (2, ("2021-11-01", "2022-02-01", "2022-06-01")),
    )
    for start in starts
    for spot in (False, True)
)
WITH_MORE = tuple(
    Month(home, start, spot, more=True)
    for home, start, spot in ((1, "2021-12-01", False), (2, "2022-02-01", True), (1, "2022-04-01", True))
)


@dataclass(frozen=True)
class Lived:
    """Costs by policy, currency; `cpu_s`: of the month under plans alone. `promised`: days with comfort or a departure
    to be ready for, `broken`: those of them on which it was not.
    """

    of: Month
    name: str
    costs: dict[str, float]
    cpu_s: float
    promised: int
    broken: int

    @property
    def worse_than_rule(self) -> float:
        """% of the possible saving."""
        return 100 * (self.costs[PLAN] - self.costs[RULE]) / (self.costs[NONE] - self.costs[PERFECT])


def lived(home: Home, month: Month, room: Path) -> Lived:
    """Raises Failed with what the command said."""
    site, world, file = room / "site.toml", room / "world.toml", room / "home.csv"
    site.write_text(_site(home, month.more))
    world.write_text(_WORLD if month.more else "")
    _save_priced(home, month.spot, file)
    start = datetime.fromisoformat(month.start).replace(tzinfo=ZoneInfo(home.zone))
    span = "--from", start.isoformat(), "--to", (start + timedelta(days=month.days)).isoformat()
    command = ("simulate", str(file), "--site", str(site), "--world", str(world), *span, "--json", "--policy")
    planned, others = _told(*command, PLAN), _told(*command, NONE, RULE, PERFECT)
    figures = planned["policies"] | others["policies"]
    kept = figures[PLAN]
    promised, broken = (sum(kept.get(f"{what}_{part}", 0) for what in _PROMISES) for part in ("days", "missed"))
    name = f"{home.name}, {month.start[:7]}, {'spot' if month.spot else 'fixed'}"
    costs = {policy: float(of["cost"]) for policy, of in figures.items()}
    return Lived(month, name, costs, float(planned["cpu_s"]), promised, broken)


_PROMISES = ("comfort", "ready")


def _told(*arguments: str) -> dict[str, Any]:
    command = (sys.executable, "-m", "hub", *arguments)
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **ONE_THREAD}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failed(f"shems simulate: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _save_priced(home: Home, spot: bool, path: Path) -> None:
    """The home's file with columns of prices; a step has those of the hour in which it begins."""
    with home.path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    starts = [round(datetime.fromisoformat(of["time"]).timestamp() * 1000) for of in rows]
    first = starts[0] // _HOUR_MS * _HOUR_MS
    buy = day_ahead(first, (starts[-1] - first) // _HOUR_MS + 1, ZoneInfo(home.zone))
    sell = spot_export(buy)
    with path.open("w", newline="") as file:
        out = csv.DictWriter(file, [*rows[0], "price_import", "price_export"])
        out.writeheader()
        for of, start in zip(rows, starts, strict=True):
            hour = (start - first) // _HOUR_MS
            earned = sell.values[hour] if spot else FIXED_EXPORT
            out.writerow({**of, "price_import": buy.values[hour], "price_export": earned})


def _site(home: Home, more: bool) -> str:
    place = f"[calendar]\nlatitude = {home.place[0]}\nlongitude = {home.place[1]}\n" if home.place else ""
    return f'[site]\ntimezone = "{home.zone}"\n{place}{_DEVICES}{_MORE if more else ""}'


_DEVICES = """
[circuits.main]
fuse_a = 35
phases = 3
[devices.grid]
role = "grid"
driver = "modbus"
link = "tcp://127.0.0.1:1"
map = "eastron/sdm630"
[devices.pv]
role = "inverter"
driver = "sunspec"
link = "tcp://127.0.0.1:2"
[devices.battery]
role = "battery"
driver = "sunspec"
link = "tcp://127.0.0.1:2"
unit = 2
[devices.battery.control]
soc_floor = 10
soc_ceiling = 95
max_charge_w = 5000
max_discharge_w = 5000
capacity_wh = 10000
efficiency = 0.9
wear = 0.02
"""
_MORE = """
[devices.wallbox]
role = "charger"
driver = "modbus"
link = "tcp://127.0.0.1:3"
map = "keba/p30"
[devices.wallbox.control]
phases = 3
max_a = 16
[devices.heatpump]
role = "heatpump"
driver = "modbus"
link = "tcp://127.0.0.1:4"
map = "stiebel/isg"
[devices.heatpump.control]
mode = "normal"
"""
_WORLD = """
[cars.wallbox]
leaves = "07:30"
arrives = "17:30"
kwh_per_day = 8
[heat_pumps.heatpump]
max_w = 3000
"""


# -- rows --------------------------------------------------------------------------------------------------------------


def _all(months: Sequence[Month]) -> Iterator[Lived]:
    with tempfile.TemporaryDirectory(prefix="shems-bench-") as room:
        found = homes(Path(room))
        for month in months:
            yield lived(found[month.home], month, Path(room))


def loop_rows(months: Sequence[Month], judge: bool) -> Iterator[Row]:
    """A battery alone. The rival's figures are of one home's months in field/optimiser.md."""
    done: list[Lived] = []
    for found in _all(months):
        done.append(found)
        yield _captured(f"captured against no battery: {found.name}", [found], NONE)
    pooled = f"captured against %s, pooled over {len(done)} home-months"
    for name, against, goal, rival in (
        ("no battery", NONE, 88, (f"{FIELD}, following the house", _FIELD_FOLLOWS)),
        ("no battery", NONE, None, (f"{FIELD}, fixed powers", _FIELD_FIXED)),
        ("self-consumption", RULE, 65, None),
    ):
        yield _captured(pooled % name, done, against, goal if judge else None, rival)
    worst = max(done, key=lambda found: found.worse_than_rule)
    name = f"worse than self-consumption, of the possible saving, worst month ({worst.name})"
    yield row(name, worst.worse_than_rule, "%", 1 if judge else None)
    yield row("self-consumption itself, against no battery, pooled", _share(done, NONE, RULE), "%", None, None)
    days = sum(found.of.days for found in done)
    took = statistics.median(found.cpu_s for found in done)
    yield row(f"a month's replay ({days // len(done)} days), median", took, "s", 10 if judge else None)
    yield row("the slowest of them", max(found.cpu_s for found in done), "s", 10 if judge else None)


def _captured(
    name: str, done: Sequence[Lived], against: str, goal: float | None = None, rival: tuple[str, float] | None = None
) -> Row:
    """Share of what perfect foresight saves."""
    share = _share(done, against, PLAN)
    told = row(name, share, "%", None, rival)
    return told if goal is None else {**told, "goal": f">= {goal:g}", "met": share >= goal}


def _share(done: Sequence[Lived], against: str, policy: str) -> float:
    saved = sum(found.costs[against] - found.costs[policy] for found in done)
    return 100 * saved / sum(found.costs[against] - found.costs[PERFECT] for found in done)


def comfort_rows(months: Sequence[Month], judge: bool) -> Iterator[Row]:
    """With a car and a heat pump: what is promised is kept, and money is saved all the same."""
    done: list[Lived] = []
    for found in _all(months):
        done.append(found)
        yield _captured(f"captured with car and heat pump: {found.name}", [found], NONE)
    yield _captured(f"captured with car and heat pump, pooled over {len(done)}", done, NONE, 85 if judge else None)
    days, missed = (sum(getattr(found, key) for found in done) for key in ("promised", "broken"))
    kept = 100 * (1 - missed / max(1, days))
    told = row(f"days warm and departures ready, of {days}", kept, "%")
    yield {**told, "goal": ">= 99", "met": kept >= 99} if judge else told
    yield row("a month's replay with them, slowest", max(found.cpu_s for found in done), "s")
