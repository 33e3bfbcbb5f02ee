"""`shems plan PROBLEM.json`: plans one problem file; `--schema` tells what such a file may hold."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from hub.errors import UserError
from hub.plan import Planned, plan, problem_schema, read_text


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", metavar="PROBLEM.json", help="the problem; - is standard input")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of a problem file")
    parser.add_argument("--json", action="store_true", help="the whole plan as JSON")


def run(args: argparse.Namespace) -> int:
    """Raises UserError that names file and key."""
    if args.schema:
        print(json.dumps(problem_schema(), indent=1))
        return 0
    if not args.file:
        raise UserError("plan: needs a problem file; `shems plan --schema` tells what it may hold")
    planned = plan(read_text(_text(args.file), args.file))
    print(json.dumps(planned.told(), allow_nan=False) if args.json else "\n".join(_lines(planned)))
    return 0


def _text(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        reason = e.strerror if isinstance(e, OSError) and e.strerror else str(e)
        raise UserError(f"{name}: cannot be read: {reason}; name a readable problem file") from None


def _lines(p: Planned) -> list[str]:
    """For people: the sums, what was given up, and what changes when."""
    c = p.costs
    lines = [
        f"total {c.total:.2f}: energy {c.energy:.2f}, peak {c.peak:.2f}, wear {c.wear:.2f}, starts {c.starts:.2f}, "
        f"CO2 {c.co2:.2f}, given up {c.given_up:.2f}, stored at the end {c.stored:.2f}",
        f"saves {p.saves_nothing:.2f} against batteries that rest, {p.saves_at_once:.2f} against all at once"
        f"{'' if p.proven else '; the search ended before this was proven to be the cheapest'}",
    ]
    if h := p.highest:
        said = f"{h.before_w:.0f} W before, {h.planned_w:.0f} W in this plan, {h.price_per_kw:.2f} a kW"
        lines.append(f"highest power that is charged for: {said}")
    lines += [f"given up: {g.wish} {g.device} {g.amount:g} {g.unit}, counts {g.price:.2f}" for g in p.given_up]
    lines += [f"assumed: {text}" for text in p.assumed]
    last: dict[str, str] = {}
    for step in p.steps:
        for name, doing in step.devices.items():
            if last.get(name) != doing.why.code:
                last[name] = doing.why.code
                at = datetime.fromtimestamp(step.start / 1000, UTC).strftime("%Y-%m-%d %H:%MZ")
                turns = "" if doing.why.turns_at is None else f", turns at {doing.why.turns_at:.3f}"
                did = f"{doing.why.code} {doing.power_w:.0f} W"
                lines.append(f"{at}  {name}: {did}, a kWh costs {step.price:.3f}{turns}")
    return lines
