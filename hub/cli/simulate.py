"""`shems simulate FILE.csv --site SITE.toml`: what a home's past would have cost under each way to drive the house."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hub import config
from hub.cli.forecast import opened
from hub.cli.history_read import instant
from hub.forecast import homefile
from hub.rehearse import world
from hub.rehearse.closed_loop import Result, compared
from hub.rehearse.period import period
from hub.rehearse.policies import NONE, PERFECT, POLICIES, RULE
from hub.rehearse.scene import Scene, scene
from hub.rehearse.track import Sum
from hub.rehearse.world import World

_MONEY = ("cost", "bought", "sold", "wear", "stored", "peak")
_KWH = ("imported_kwh", "exported_kwh", "held_back_kwh", "discharged_kwh")

_HEAD = f"{'':10}{{:>12}}{'bought':>10}{'sold':>10}{'wear':>8}{'stored':>8}{'peak':>8}"
_HEAD += f"{'import kWh':>12}{'export kWh':>12}"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        metavar="FILE.csv",
        help="time,load_w[,pv_w][,pv_forecast_w][,temperature_c][,price_import][,price_export], may be .gz",
    )
    parser.add_argument("--site", type=Path, required=True, metavar="SITE.toml", help="a site document: the house")
    parser.add_argument("--world", type=Path, metavar="WORLD.toml", help="its cars and heat pumps, docs/simulate.md")
    parser.add_argument(
        "--policy", nargs="+", choices=POLICIES, default=list(POLICIES), metavar="NAME", help=", ".join(POLICIES)
    )
    parser.add_argument(
        "--from", metavar="T", help="ISO 8601; what is before is history to learn from (default: 28 days)"
    )
    parser.add_argument("--to", metavar="T", help="default: the end of the file")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """Raises UserError that names the file and what is wrong in it."""
    site = config.parse(config.read(args.site), str(args.site))
    zone = ZoneInfo(site.timezone)
    there = world.parse(config.read(args.world), str(args.world), site) if args.world else World()
    with opened(args.file) as lines:
        home = homefile.read(lines, args.file, zone)
    since, until = (instant(f"--{n}", t, zone) if (t := getattr(args, n)) else None for n in ("from", "to"))
    first, end = period(home.load, zone, since, until)
    began = time.process_time()
    ready = scene(home, site, there, first, end)
    result = compared(ready, list(dict.fromkeys(args.policy)))
    report = _report(args.file, ready, result) | {"cpu_s": round(time.process_time() - began, 2)}
    print(json.dumps(report, allow_nan=False) if args.json else "\n".join(_lines(report)))
    return 0


# -- as JSON -----------------------------------------------------------------------------------------------------------


def _report(file: str, ready: Scene, result: Result) -> dict[str, Any]:
    """In the form that docs/simulate.md promises."""
    edges = (ready.home.load.start_ms, ready.start, ready.start + ready.steps * ready.seconds * 1000)
    told = [datetime.fromtimestamp(t / 1000, UTC).astimezone(ready.zone).isoformat() for t in edges]
    policies = {name: _policy(result, name) for name in result.total}
    months = sorted({month for by in result.months.values() for month in by})
    return {
        "file": file,
        "currency": ready.site.currency,
        "step_s": ready.seconds,
        "history_from": told[0],
        "from": told[1],
        "to": told[2],
        "assumed": list(ready.assumed),
        "policies": policies,
        "saved": _saved({name: s.cost for name, s in result.total.items()}),
        "months": {m: _month({name: by[m] for name, by in result.months.items()}) for m in months},
    }


def _policy(result: Result, name: str) -> dict[str, Any]:
    total, track = result.total[name], result.tracks[name]
    kept = {"comfort": track.comfort, "ready": track.ready}
    promises = {f"{k}_{part}": getattr(v, part) for k, v in kept.items() for part in ("days", "missed") if v.days}
    return _sum(total) | promises


def _sum(total: Sum) -> dict[str, float]:
    money = {name: round(float(getattr(total, name)), 4) + 0.0 for name in _MONEY}
    return money | {name: round(v, 3) + 0.0 for name, v in asdict(total).items() if name in _KWH}


def _month(sums: Mapping[str, Sum]) -> dict[str, Any]:
    costs = {name: s.cost for name, s in sums.items()}
    return {"cost": {name: round(cost, 4) + 0.0 for name, cost in costs.items()}, "saved": _saved(costs)}


def _saved(costs: Mapping[str, float]) -> dict[str, Any]:
    """Shares of what perfect foresight saves, against no battery and against the rule; None where that is nothing."""
    found: dict[str, Any] = {}
    for name in costs:
        if name in (NONE, PERFECT) or PERFECT not in costs:
            continue
        shares = {
            f"of_possible_against_{base}": _share(costs[base] - costs[name], costs[base] - costs[PERFECT])
            for base in (NONE, RULE)
            if base in costs and base != name
        }
        found[name] = shares
    return found


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole > 0.005 else None


# -- for people --------------------------------------------------------------------------------------------------------


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    yield f"{report['file']}: {report['from']} to {report['to']}, steps of {report['step_s']} s"
    yield _HEAD.format("cost " + report["currency"])
    for name, row in report["policies"].items():
        money = f"{row['cost']:12.2f}{row['bought']:10.2f}{row['sold']:10.2f}{row['wear']:8.2f}{row['stored']:8.2f}"
        yield f"{name:10}{money}{row['peak']:8.2f}{row['imported_kwh']:12.1f}{row['exported_kwh']:12.1f}"
    yield from _shares("", report["saved"])
    for name, row in report["policies"].items():
        for what in ("comfort", "ready"):
            if f"{what}_days" in row:
                yield f"{name}: {what} missed on {row[f'{what}_missed']} of {row[f'{what}_days']} days"
    if len(report["months"]) > 1:
        yield ""
        for month, row in report["months"].items():
            yield f"{month}  " + "  ".join(f"{name} {cost:.2f}" for name, cost in row["cost"].items())
            yield from _shares("         ", row["saved"])
    yield from (f"assumed: {text}" for text in report["assumed"])


def _shares(before: str, saved: Mapping[str, Mapping[str, float | None]]) -> Iterator[str]:
    for name, shares in saved.items():
        told = [f"{100 * v:.1f} % {k.removeprefix('of_possible_')}" for k, v in shares.items() if v is not None]
        if told:
            yield f"{before}{name} saves of what is possible: {', '.join(_plain(told))}"


def _plain(told: Sequence[str]) -> list[str]:
    words = {"against_none": "against no battery", "against_rule": "against the rule"}
    return [next(text.replace(k, v) for k, v in words.items() if k in text) for text in told]
