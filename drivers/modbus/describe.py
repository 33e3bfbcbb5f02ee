"""A device map as plain data, for people and programs: the catalogue on screens, in `shems catalogue`, in the docs."""

from __future__ import annotations

from typing import Any

from drivers.modbus.device_map import CommandMap, DeviceMap, Face, PointMap
from hub.model import Role, Wear, quantity


def description(name: str, map_: DeviceMap) -> dict[str, Any]:
    """`name` is what a site document calls the map."""
    bus = map_.bus
    return {
        "map": name,
        "vendor": map_.vendor,
        "models": list(map_.models),
        "protocol": "modbus",
        "roles": [r.value for r in map_.roles],
        "verified": map_.verified,
        "source": map_.source,
        "firmware": map_.firmware,
        "notes": list(map_.notes),
        "unit": bus.unit,
        "port": bus.port,
        "serial": {"baud": bus.baud, "parity": bus.parity, "stop": bus.stop},
        "one_client": bus.one_client,
        "parts": [_part(roles, face) for roles, face in map_.parted],
    }


def _part(roles: tuple[Role, ...], face: Face) -> dict[str, Any]:
    return {
        "roles": [r.value for r in roles],
        "points": [_point(p) for p in face.points],
        "commands": [_command(c) for c in face.commands],
    }


def _point(point: PointMap) -> dict[str, Any]:
    return {"name": point.name, "unit": quantity(point.name).unit, "poll": point.poll}


def _command(command: CommandMap) -> dict[str, Any]:
    spec = command.spec
    return {
        "name": command.name,
        "unit": quantity(command.name).unit,
        "low": spec.low,
        "high": spec.high,
        "step": spec.step,
        "settle_ms": spec.settle_ms,
        "heartbeat_s": spec.heartbeat_s,
        "wear": spec.wear.value,
        "writes_a_day": spec.writes_a_day if spec.wear is Wear.FLASH else None,
        "read_back": command.read_back,
    }
