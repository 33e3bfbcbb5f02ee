"""Shelly Gen1 over MQTT: one topic a value. Source: shelly-api-docs.shelly.cloud/gen1, "MQTT" of each device.

Topics `shellies/<id>/...`. Powers in W, + = into the load or from the grid; `energy` of relays and lights in
watt-minutes, `total` and `total_returned` of an emeter in Wh. Three emeters are the phases of one meter; the sum is
told with the last of them, as the device sends them in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from drivers.json import degrees
from drivers.json.told import Told, as_number, as_object, leaves, text_number, under
from drivers.json.wish import wanted_number
from drivers.mqtt.behaviour import Message, Placed, Update, as_payload, on_off, switchable
from hub.errors import Refused
from hub.model import CommandSpec, Value

ROOT = "shellies"
_MINUTE = 1 / 60
_PHASES = 3
_STATES = {"on": True, "off": False, "overpower": False, "true": True, "false": False, "1": True, "0": False}
_EMETER = {  # topic: quantity, which has phases
    "power": ("power", "W"),
    "reactive_power": ("reactive_power", "var"),
    "voltage": ("voltage", "V"),
    "current": ("current", "A"),
    "pf": ("power_factor", ""),
    "total": ("energy_import", "Wh"),
    "total_returned": ("energy_export", "Wh"),
}
_SUMMED = ("power", "total", "total_returned")
_SENSOR = {
    "temperature": ("temperature", "degC"),
    "humidity": ("humidity", "%"),
    "battery": ("battery_level", "%"),
    "lux": ("", "lx"),
}
_LIGHTS = ("light", "color", "white")
EXPECTED = {
    "plug": ("on", "power", "energy"),
    "light": ("on", "brightness"),
    "grid": ("power",),
    "meter": ("power", "energy_import"),
    "sensor": ("temperature",),
    "thermostat": ("temperature", "target_temperature", "valve"),
}


class Codec:
    """The messages of one device: `read` gets what follows `shellies/<id>/`. Remembers the phases of an emeter.

    `fahrenheit`: whether its set-point is in degrees F.
    """

    def __init__(self, phases: bool | None = None) -> None:
        self.fahrenheit = False
        self._phases = phases
        self._rows: dict[tuple[str, int], float] = {}

    def read(self, told: Told, rest: str, payload: bytes) -> bool:
        """False for a topic that is not a device's word."""
        told.fact("vendor", "Shelly")
        parts = rest.split("/")
        text = payload.decode(errors="replace").strip()
        if parts[-1] in ("command", "set") or not text.isprintable() or not text:
            return False
        found = as_object(payload)
        if found:
            return self._object(told, parts, found)
        number = text_number(text)
        told.reading(rest, text[:60] if number is None else number, *_unit(parts))
        return self._value(told, parts, text)

    def _value(self, told: Told, parts: list[str], text: str) -> bool:
        kind, index = parts[0], int(parts[1]) if len(parts) > 1 and parts[1].isdecimal() and len(parts[1]) < 4 else -1
        if kind in ("relay", *_LIGHTS) and index >= 0:
            self._channel(told, numbered("plug" if kind == "relay" else "light", index), parts[2:], text)
        elif kind == "roller" and index >= 0:
            self._channel(told, numbered("meter", index), parts[2:] or ["state"], text)
        elif kind == "emeter" and index >= 0 and len(parts) == 3:
            self._emeter(told, index, parts[2], text)
        elif kind == "sensor" and len(parts) == 2:
            self._sensor(told, parts[1], text)
        elif kind == "ext_temperature" and index >= 0:
            told.point(numbered("sensor", index), "temperature", text_number(text))
        return True

    def _channel(self, told: Told, place: str, rest: list[str], text: str) -> None:
        if not rest:
            state = _STATES.get(text.lower())
            told.point(place, "on", state)
            if state is None or text == "overpower":
                told.problem(f"{place}: says {text[:20]!r}")
        elif rest == ["power"]:
            told.point(place, "power", text_number(text))
        elif rest == ["energy"]:
            told.point(place, "energy_import" if place.startswith("meter") else "energy", text_number(text), _MINUTE)

    def _emeter(self, told: Told, index: int, key: str, text: str) -> None:
        number = text_number(text)
        if key not in _EMETER or number is None:
            return
        self._phases = True if index == _PHASES - 1 and self._phases is None else self._phases
        name = _EMETER[key][0]
        if not self._phases:
            told.point(numbered("grid", index), f"{name}_l1" if name in ("voltage", "current") else name, number)
            return
        if name in ("power", "voltage", "current", "reactive_power") and index < _PHASES:
            told.point("grid", f"{name}_l{index + 1}", number)
        if key in _SUMMED:
            self._rows[key, index] = float(number)
            self._sum(told, key, index)

    def _sum(self, told: Told, key: str, index: int) -> None:
        rows = [self._rows.get((key, n)) for n in range(_PHASES)]
        known = [row for row in rows if row is not None]
        if index == _PHASES - 1 and len(known) == _PHASES:
            told.point("grid", _EMETER[key][0], round(sum(known), 6))

    def _sensor(self, told: Told, key: str, text: str) -> None:
        if key == "state" and text in ("open", "close"):
            told.point("sensor", "contact", text == "close")
        elif key in _SENSOR and _SENSOR[key][0]:
            told.point("sensor", _SENSOR[key][0], text_number(text))

    def _object(self, told: Told, parts: list[str], found: Mapping[str, Any]) -> bool:
        for path, _, value in leaves(found):
            told.reading("/".join((*parts, path)), value)
        if parts[-1] == "announce":
            facts(told, found)
        elif parts[-1] == "info":
            self.fahrenheit = degrees.in_fahrenheit(under(found, "thermostats", 0, "target_t"))
            _info(told, found)
        elif parts[-1] == "status" and len(parts) == 3 and parts[0] in _LIGHTS and parts[1].isdecimal():
            _light(told, numbered("light", int(parts[1][:3])), found)
        return True


def facts(told: Told, found: Mapping[str, Any]) -> None:
    told.fact("vendor", "Shelly")
    told.fact("model", found.get("model"))
    told.fact("serial", found.get("mac"))
    told.fact("firmware", found.get("fw_ver"))


def _info(told: Told, found: Mapping[str, Any]) -> None:
    """The answer to /status, which radiator valves and some others tell as one message."""
    told.fact("serial", found.get("mac"))
    told.fact("firmware", under(found, "update", "old_version"))
    degrees.tell(told, "thermostat", "temperature", under(found, "thermostats", 0, "tmp"))
    degrees.tell(told, "thermostat", "target_temperature", under(found, "thermostats", 0, "target_t"))
    told.point("thermostat", "valve", under(found, "thermostats", 0, "pos"))
    if "thermostats" in found:
        told.point("thermostat", "battery_level", under(found, "bat", "value"))


def _light(told: Told, place: str, found: Mapping[str, Any]) -> None:
    told.point(place, "on", found.get("ison") if isinstance(found.get("ison"), bool) else None)
    told.point(place, "brightness", found.get("gain") if found.get("mode") == "color" else found.get("brightness"))
    told.point(place, "power", as_number(found.get("power")))


def _unit(parts: list[str]) -> tuple[str, float]:
    if parts[0] == "emeter" and parts[-1] in _EMETER:
        return _EMETER[parts[-1]][1], 1.0
    if parts[-1] in ("energy", "returned_energy"):
        return "Wh", _MINUTE
    if parts[0] == "sensor" and parts[-1] in _SENSOR:
        return _SENSOR[parts[-1]][1], 1.0
    units = {"power": "W", "voltage": "V", "temperature": "degC", "temperature_f": "degF", "pos": "%"}
    return units.get(parts[-1], ""), 1.0


def numbered(role: str, index: int) -> str:
    """The place of the one with `index`, from 0."""
    return role if index == 0 else f"{role}_{index + 1}"


class Gen1(Placed):
    """One channel of a device: relay, light, emeter, sensor or radiator valve, as the place says."""

    def __init__(self, id_: str, place: str, channel: int, role: str, phases: bool | None, reverse: bool) -> None:
        own = numbered(place, channel - 1)
        super().__init__((own,), role, EXPECTED[place], reverse)
        self._base = f"{ROOT}/{id_}"
        self._kind, self._index = place, channel - 1
        self._codec = Codec(phases)
        self._lamp = "light"
        self.sleepy = place in ("sensor", "thermostat")
        self.prompt = not self.sleepy

    def commands(self, device: str) -> tuple[CommandSpec, ...]:
        if self._kind == "light":
            level = CommandSpec(f"{device}.brightness", low=0, high=100, step=1, tolerance=0.5, settle_ms=1_500)
            return switchable(f"{device}.on"), level
        if self._kind == "thermostat":
            point = f"{device}.target_temperature"
            return (CommandSpec(point, low=5, high=30, step=0.5, tolerance=degrees.NEAR_C, settle_ms=3_000),)
        return (switchable(f"{device}.on"),) if self._kind == "plug" else ()

    def topics(self) -> tuple[str, ...]:
        return (f"{self._base}/#",)

    def hello(self) -> tuple[Message, ...]:
        return (Message(f"{self._base}/command", "announce"), *self.ask())

    def ask(self) -> tuple[Message, ...]:
        """It tells all its values again."""
        return (Message(f"{self._base}/command", "update"),)

    def read(self, topic: str, payload: bytes) -> Update | None:
        head, _, rest = topic.partition(f"{self._base}/")
        if head or not rest:
            return None
        if rest == "online":
            return self._online(payload)
        parts = rest.split("/")
        if parts[0] in _LIGHTS:
            self._lamp = parts[0]
        told = Told()
        return self.told(told.heard()) if self._codec.read(told, rest, payload) else None

    def _online(self, payload: bytes) -> Update:
        """A sensor on battery goes offline whenever it sleeps, and is not lost for that."""
        alive = _STATES.get(payload.decode(errors="replace").strip())
        return Update(alive=alive or None if self._kind == "sensor" else alive)

    def write(self, name: str, value: Value) -> Message:
        if (self._kind, name) == ("thermostat", "target_temperature"):
            wanted = round(wanted_number(value, 5, 30) * 2) / 2
            payload = degrees.wired(wanted, self._codec.fahrenheit)
            return Message(f"{self._base}/thermostat/{self._index}/command/target_t", payload)
        write = _WRITES.get((self._kind, name))
        if write is None:
            raise Refused(f"a {self._kind} has no {name} to set")
        topic, payload = write(self._lamp, self._index, value)
        return Message(f"{self._base}/{topic}", payload)


def _dim(lamp: str, index: int, value: Value) -> tuple[str, str]:
    level = round(wanted_number(value, 0, 100))
    return f"{lamp}/{index}/set", as_payload({"turn": "on", "gain" if lamp == "color" else "brightness": level})


_WRITES: Mapping[tuple[str, str], Callable[[str, int, Value], tuple[str, str]]] = {
    ("plug", "on"): lambda _, n, value: (f"relay/{n}/command", on_off(value).lower()),
    ("light", "on"): lambda lamp, n, value: (f"{lamp}/{n}/command", on_off(value).lower()),
    ("light", "brightness"): _dim,
}
