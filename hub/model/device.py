"""Devices as the house knows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hub.model.command import CommandSpec
from hub.model.point import Point


class Role(StrEnum):
    GRID = "grid"
    INVERTER = "inverter"
    BATTERY = "battery"
    CHARGER = "charger"
    HEATPUMP = "heatpump"
    PLUG = "plug"
    LIGHT = "light"
    THERMOSTAT = "thermostat"
    METER = "meter"
    SENSOR = "sensor"
    TARIFF = "tariff"
    FORECAST = "forecast"
    HOUSE = "house"


OWN_ROLES = (Role.HOUSE, Role.TARIFF, Role.FORECAST)
"""Of the hub's own devices, whose ids are the same words: no device of the site document has one of them."""


class LinkState(StrEnum):
    CONNECTING = "connecting"
    UP = "up"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Link:
    """How a device is reached, for people: the driver's name and its address, never a secret."""

    driver: str
    address: str


@dataclass(frozen=True, slots=True)
class Device:
    """A device: `uid` for ever, `id` a slug that may be renamed; `behind` names the inverter whose DC side it is on."""

    uid: str
    id: str
    role: Role
    link: Link
    vendor: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""
    behind: str = ""
    points: tuple[Point, ...] = ()
    commands: tuple[CommandSpec, ...] = ()

    def command(self, point_id: str) -> CommandSpec | None:
        return next((c for c in self.commands if c.point == point_id), None)


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """One `[devices.<id>]` table of the site document, as a driver gets it. `options` are the driver's own keys.

    `replaces`: the uid of a device that stood in its place; by the owner's word its past belongs to this one.
    `record_ms`: how often its powers and currents are kept.
    """

    uid: str
    id: str
    role: Role
    driver: str
    link: str
    behind: str = ""
    replaces: str = ""
    record_ms: int = 1000
    options: Mapping[str, object] = field(default_factory=dict)
