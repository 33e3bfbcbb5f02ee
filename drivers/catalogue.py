"""All devices that the drivers know as plain data: those with a map, and the families that need none."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

from drivers.modbus import catalogue as maps
from drivers.mqtt.kinds import MAPS


def describe() -> list[dict[str, Any]]:
    """One table a device: driver, map, vendor, models, roles, points, commands, verified, source; by vendor."""
    known = [*_families(), *map(_mapped, maps.describe()), *_mqtt()]
    return sorted(known, key=lambda d: (d["vendor"].lower(), d["models"]))


def _families() -> list[dict[str, Any]]:
    told = tomllib.loads(resources.files("drivers").joinpath("families.toml").read_text(encoding="utf-8"))
    return [{"map": "", "protocol": f["driver"], **f} for f in told["family"]]


def _mapped(device: dict[str, Any]) -> dict[str, Any]:
    """A map's parts as one: what each role has is in `parts`."""
    parts = device["parts"]
    points = dict.fromkeys(p["name"] for part in parts for p in part["points"])
    return {
        **device,
        "driver": "modbus",
        "points": list(points),
        "commands": [c["name"] for part in parts for c in part["commands"]],
    }


def _mqtt() -> list[dict[str, Any]]:
    """The kinds of MQTT devices; `map` is what a site document names."""
    return [
        {
            "driver": "mqtt",
            "protocol": "mqtt",
            "map": name,
            "vendor": name.partition("/")[0],
            "models": [name.partition("/")[2]],
            "roles": [],
            "points": [],
            "commands": [],
            "verified": "example",
            "source": "docs/mqtt-devices.md",
        }
        for name in MAPS
    ]
