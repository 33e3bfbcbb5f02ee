"""Inputs and decisions as plain data, and back: what is noted of a step, so that it can be made again."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from hub.core.step import Step
from hub.model import CommandSpec, Device, Link, Point, Relation, Request, Role, Source, Value, Wear

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
    return {**asdict(request), "relation": request.relation.value, "source": request.source.value}


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


def request_of(raw: Mapping[str, Any]) -> Request:
    return Request(**{**raw, "relation": Relation(raw["relation"]), "source": Source(raw["source"])})


def device_of(raw: Mapping[str, Any]) -> Device:
    commands = tuple(
        CommandSpec(**{**c, "choices": tuple(c["choices"]), "wear": Wear(c["wear"])}) for c in raw["commands"]
    )
    points = tuple(Point.of(raw["uid"], raw["id"], name) for name in raw["points"])
    device = Device(raw["uid"], raw["id"], Role(raw["role"]), Link("", ""), behind=raw["behind"])
    return replace(device, points=points, commands=commands)
