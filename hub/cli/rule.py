"""`shems rule check FILE`, `shems rule backtest FILE`: rules as sentences, and what they would have done."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hub import config
from hub.calendar import calendar_of
from hub.cli.history_read import instant
from hub.cli.run import DOCUMENT
from hub.control.intents import with_intents
from hub.control.own import own_devices
from hub.control.planned import known
from hub.drivers import build
from hub.errors import UserError
from hub.model import CommandSpec, Device, Quantity, SystemClock
from hub.model.document import Document
from hub.model.site import Site
from hub.rehearse.backtest import FLAPS, Rehearsed, rehearse
from hub.rehearse.recorded import Recorded
from hub.rehearse.saved import saved_rules
from hub.rules import Rule, RuleError, parse
from hub.store.ring import Ring

DAY_MS = 86_400_000
SHOWN = 10
_ANY_BROKER = "mqtt://127.0.0.1:1883"
"""Nothing is asked of it: a device at the hub's own broker only has to be known."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("check", "backtest"))
    parser.add_argument("file", type=Path, metavar="FILE", help="TOML: one rule, or [rules.NAME] tables")
    parser.add_argument("--config", type=Path, default=DOCUMENT, metavar="FILE", help="the site document")
    parser.add_argument("--data", type=Path, default=Path("data"), metavar="DIR", help="the hub's data folder")
    parser.add_argument("--from", metavar="T", help="ISO 8601; default: a year before --to")
    parser.add_argument("--to", metavar="T", help="default: now")
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    """Raises UserError, which names file, rule, field and column."""
    documents = _documents(args.file)
    site = config.parse(config.read(args.config), str(args.config))
    devices = _devices(site, args.data)
    points, commands = known(devices)
    try:
        rules = [parse(id_, document, points, commands) for id_, document in documents.items()]
    except RuleError as error:
        raise UserError(f"{args.file}: {error}") from None
    if args.action == "check":
        _tell(
            args.json,
            [{"rule": r.id, "points": list(r.points)} for r in rules],
            [f"{r.id}: can be used" for r in rules],
        )
        return 0
    return _backtest(args, site, devices, rules)


def _backtest(args: argparse.Namespace, site: Site, devices: Sequence[Device], rules: Sequence[Rule]) -> int:
    points, commands = known(devices)
    zone, since = ZoneInfo(site.timezone), getattr(args, "from")
    end = instant("--to", args.to, zone) if args.to else SystemClock().now()
    start = instant("--from", since, zone) if since else end - 365 * DAY_MS
    if start >= end:
        raise UserError("--from: must be before --to")
    series = {p.id: p.series for d in devices for p in d.points}
    reader, _ = Ring.look(args.data / "history.db", series.get)
    calendar = calendar_of(site)
    others = {r.id: r for r in (*_saved(args.data, points, commands), *rules)}
    found = {
        r.id: rehearse(r, [o for o in others.values() if o is not r], reader, calendar, points, site, start, end)
        for r in rules
    }
    lines = [line for id_, report in found.items() for line in _said(id_, report, site, zone)]
    _tell(args.json, {id_: asdict(report) for id_, report in found.items()}, lines)
    return 0


def _documents(file: Path) -> dict[str, dict[str, Any]]:
    """By id: of one rule that is that of the file."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        reason = e.strerror if isinstance(e, OSError) and e.strerror else str(e)
        raise UserError(f"{file}: cannot be read: {reason}; name a readable file of rules") from None
    told = Document.load(text, str(file))
    if "rules" in told or any(isinstance(part, dict) for part in told.values()):
        Document(str(file)).keys(told, "", ("rules",))
    rules = told.get("rules", {file.stem: told} if told else {})
    if not isinstance(rules, dict) or not all(isinstance(r, dict) for r in rules.values()):
        raise UserError(f"{file}: rules: must be tables [rules.NAME]")
    if not rules:
        raise UserError(f"{file}: there are no rules in it; write them as tables [rules.NAME]")
    return rules


def _saved(data: Path, points: Mapping[str, Quantity], commands: Mapping[str, CommandSpec]) -> Iterator[Rule]:
    """What else people have asked for; of what cannot be understood now it is told."""
    try:
        documents = saved_rules(data)
    except UserError as error:
        documents = {}
        print(f"shems: not compared with those that are saved: {error}", file=sys.stderr)
    for id_, document in documents.items():
        try:
            yield parse(id_, document, points, commands, kept=True)
        except RuleError as error:
            print(f"shems: not compared with a rule that is saved: {error}", file=sys.stderr)


def _devices(site: Site, data: Path) -> tuple[Device, ...]:
    """As the hub saw them last; before its first start, as their drivers know them."""
    try:
        seen = Recorded(data).devices()
    except UserError:
        seen = ()
    if seen:
        return seen
    return (
        *(with_intents(d) for driver in build(site.devices, SystemClock(), _ANY_BROKER, data) for d in driver.devices),
        *own_devices(site),
    )


def _tell(as_json: bool, data: object, lines: list[str]) -> None:
    print(json.dumps(data) if as_json else "\n".join(lines))


def _said(id_: str, r: Rehearsed, site: Site, zone: ZoneInfo) -> Iterator[str]:
    days = (r.end - r.start) / DAY_MS
    yield f"{id_}: {len(r.runs)} times in {days:.0f} days, {r.active_s / 3600:.1f} h in force"
    word = "cost" if r.cost > 0 else "saved"
    moved = f"{r.import_wh / 1000:+.1f} kWh from the grid, {r.export_wh / 1000:+.1f} kWh fed in"
    yield f"  against doing nothing: {moved}; it would have {word} {abs(r.cost):.2f} {site.currency}"
    if r.priced < 1:
        yield f"  the price is known of {100 * r.priced:.0f} % of this energy; the rest is not in the money"
    if r.unmodelled:
        yield f"  not in these figures, because nobody knows what it changes: {', '.join(r.unmodelled)}"
    if r.known < 1:
        yield f"  all that it looks at was known {100 * r.known:.1f} % of the time"
    if r.most_an_hour > FLAPS:
        seen = " when tried second by second" if r.most_by_seconds == r.most_an_hour else ""
        yield f"  it flaps: up to {r.most_an_hour} starts an hour{seen}; give it `for`, a band (±) or `cooldown`"
    for clash in r.clashes:
        yield f"  against {clash.rule} over {clash.point} for {clash.seconds / 3600:.1f} h"
    for s in r.runs[-SHOWN:]:
        begin, end = (datetime.fromtimestamp(t / 1000, zone).strftime("%Y-%m-%d %H:%M") for t in (s.start, s.end))
        yield f"  {begin} to {end}"
