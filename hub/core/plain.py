"""Inputs and decisions as plain data, and back: what is noted of a step, so that it can be made again."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from hub.core.types import Step
from hub.model import CommandSpec, Device, Link, Point, Relation, Request, Role, Source, Value, Wear
from hub.model.plan import Plan, Slot, Stored, Task

_REQUEST = tuple(f.name for f in fields(Request))
BEAT_MS = 200
"""The core's time of a beat is so long after its column's."""


def beat_time(column_t: int, last: int) -> int:
    """The core's time of a beat: so long after the column, and not before a step that was made meanwhile."""
    t = column_t + BEAT_MS
    return last if 0 <= last - t < 1000 else t


def digest(before: int, result: Step) -> int:
    """A sum over all commands since the last one told: value, source and reason of each."""
    said = ";".join(f"{c.point}={c.value!r},{c.source.value},{c.reason.code}" for c in result.commands)
    return zlib.crc32(said.encode(), before)


def plain(request: Request) -> dict[str, Value]:
    """A request as JSON may hold it."""
    said = {name: getattr(request, name) for name in _REQUEST}
    return {**said, "relation": request.relation.value, "source": request.source.value}


def plain_device(device: Device) -> dict[str, Any]:
    """What the core needs to know of a device, as JSON may hold it."""
    return {
        "uid": device.uid,
        "id": device.id,
        "role": device.role.value,
        "behind": device.behind,
        "points": [p.quantity.name for p in device.points],
        "commands": [{**asdict(c), "choices": list(c.choices), "wear": c.wear.value} for c in device.commands],
    }


def plain_plan(plan: Plan) -> dict[str, Any]:
    """A plan as JSON may hold it, a column for each device so that it is short; null: a slot does not name it."""
    slots = plan.slots
    named = {kind: dict.fromkeys(d for s in slots for d in getattr(s, kind)) for kind in _KINDS}
    return {
        **{"id": plan.id, "made": plan.made, "good_until": plan.good_until},
        **{"starts": [s.start for s in slots], "ends": [s.end for s in slots]},
        "batteries": {d: [_stored(s.batteries.get(d)) for s in slots] for d in named["batteries"]},
        **{kind: {d: [getattr(s, kind).get(d) for s in slots] for d in named[kind]} for kind in _KINDS[1:]},
        "import_w": [s.import_w for s in slots],
        "efficiency": {d: list(pair) for d, pair in plan.efficiency.items()},
        "wear": dict(plan.wear),
    }


_KINDS = ("batteries", "cars", "boosts", "switches", "rests")


def _stored(stored: Stored | None) -> list[Value] | None:
    return None if stored is None else [stored.task.value, stored.power_w, stored.value, stored.soc]


def plan_of(raw: Mapping[str, Any]) -> Plan:
    columns = {kind: raw.get(kind, {}) for kind in _KINDS}
    slots = []
    for n, (start, end) in enumerate(zip(raw["starts"], raw["ends"], strict=True)):
        named = {kind: {d: c[n] for d, c in columns[kind].items() if c[n] is not None} for kind in _KINDS}
        batteries = {d: Stored(Task(task), *numbers) for d, (task, *numbers) in named["batteries"].items()}
        import_w = raw["import_w"][n] if "import_w" in raw else None
        others: dict[str, Any] = {kind: named[kind] for kind in _KINDS[1:]}
        slots.append(Slot(start, end, batteries, **others, import_w=import_w))
    efficiency = {d: (charge, discharge) for d, (charge, discharge) in raw["efficiency"].items()}
    return Plan(raw["id"], raw["made"], raw["good_until"], tuple(slots), efficiency, dict(raw["wear"]))


def request_of(raw: Mapping[str, Any]) -> Request:
    return Request(**{**raw, "relation": Relation(raw["relation"]), "source": Source(raw["source"])})


def device_of(raw: Mapping[str, Any]) -> Device:
    commands = tuple(
        CommandSpec(**{**c, "choices": tuple(c["choices"]), "wear": Wear(c["wear"])}) for c in raw["commands"]
    )
    points = tuple(Point.of(raw["uid"], raw["id"], name) for name in raw["points"])
    device = Device(raw["uid"], raw["id"], Role(raw["role"]), Link("", ""), behind=raw["behind"])
    return replace(device, points=points, commands=commands)
