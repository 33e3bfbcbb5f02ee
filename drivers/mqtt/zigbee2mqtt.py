"""Zigbee lights and thermostats behind zigbee2mqtt. Source: its documentation, MQTT topics and messages (1.x, 2.x).

State at `<base>/<name>`, written at `.../set`, asked for at `.../get`, presence at `.../availability`, the bridge's own
at `<base>/bridge/state`. Brightness 0..254 on the wire, % here; temperatures degC; valve and battery %.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from drivers.mqtt.behaviour import Message, Update, as_object, number, switch, to_json, wanted_number, wanted_switch
from hub.errors import Refused
from hub.model import CommandSpec, Value

_FULL = 254
_SETPOINTS = ("occupied_heating_setpoint", "current_heating_setpoint")
_VALVES = ("pi_heating_demand", "position")
_LOWEST_C, _HIGHEST_C, _STEP_C = 5.0, 30.0, 0.5


class _Zigbee:
    """What lights and thermostats share: topics, presence, `get` and `set`."""

    quantities: tuple[str, ...] = ()
    sleepy = False

    def __init__(self, name: str, base: str = "zigbee2mqtt") -> None:
        self._state = f"{base}/{name}"
        self._bridge = f"{base}/bridge/state"

    def topics(self) -> tuple[str, ...]:
        return (self._state, f"{self._state}/availability", self._bridge)

    def hello(self) -> tuple[Message, ...]:
        return self.ask()

    def ask(self) -> tuple[Message, ...]:
        return (Message(f"{self._state}/get", json.dumps(dict.fromkeys(self._asked(), ""))),)

    def read(self, topic: str, payload: bytes) -> Update | None:
        if topic == self._state:
            found = as_object(payload)
            return Update(self._values(found), answer=True, facts=_facts(found)) if found else None
        if topic in (self._bridge, f"{self._state}/availability"):
            return _presence(payload, from_bridge=topic == self._bridge)
        return None

    def _asked(self) -> tuple[str, ...]:
        return ("state",)

    def _values(self, found: Mapping[str, Any]) -> dict[str, Value]:
        return {}

    def _set(self, **fields: object) -> Message:
        return Message(f"{self._state}/set", json.dumps(fields))


class Light(_Zigbee):
    quantities: tuple[str, ...] = ("on", "brightness")

    def commands(self, device: str) -> tuple[CommandSpec, ...]:
        return (
            CommandSpec(f"{device}.on", low=0, high=1, step=1),
            CommandSpec(f"{device}.brightness", low=0, high=100, step=1, tolerance=0.5),
        )

    def write(self, name: str, value: Value) -> Message:
        if name == "on":
            return self._set(state=wanted_switch(value))
        if name == "brightness":
            return self._set(brightness=round(wanted_number(value, 0, 100) * _FULL / 100))
        raise Refused(f"a light has no {name} to set")

    def _values(self, found: Mapping[str, Any]) -> dict[str, Value]:
        state, level = switch(found.get("state")), number(found.get("brightness"), "brightness", 100 / _FULL)
        values: dict[str, Value] = {} if state is None else {"on": state}
        return values if level is None else values | {"brightness": round(level, 1)}


class Thermostat(_Zigbee):
    """A radiator valve. Most sleep: they report on their own and answer `get` only when they wake."""

    quantities: tuple[str, ...] = ("temperature", "target_temperature", "valve", "battery_level")
    sleepy = True

    def __init__(self, name: str, base: str = "zigbee2mqtt") -> None:
        super().__init__(name, base)
        self._setpoint = _SETPOINTS[0]

    def commands(self, device: str) -> tuple[CommandSpec, ...]:
        point = f"{device}.target_temperature"
        return (CommandSpec(point, low=_LOWEST_C, high=_HIGHEST_C, step=_STEP_C, tolerance=0.25),)

    def read(self, topic: str, payload: bytes) -> Update | None:
        """Remembers which of the two names this model uses for its set-point."""
        if topic == self._state:
            found = as_object(payload)
            self._setpoint = next((key for key in _SETPOINTS if key in found), self._setpoint)
        return super().read(topic, payload)

    def write(self, name: str, value: Value) -> Message:
        if name != "target_temperature":
            raise Refused(f"a thermostat has no {name} to set")
        wanted = wanted_number(value, _LOWEST_C, _HIGHEST_C)
        return self._set(**{self._setpoint: round(wanted / _STEP_C) * _STEP_C})

    def _asked(self) -> tuple[str, ...]:
        return ("local_temperature", self._setpoint)

    def _values(self, found: Mapping[str, Any]) -> dict[str, Value]:
        rows = {
            "temperature": ("local_temperature",),
            "target_temperature": _SETPOINTS,
            "valve": _VALVES,
            "battery_level": ("battery",),
        }
        values = {name: _first(found, keys, name) for name, keys in rows.items()}
        return {name: value for name, value in values.items() if value is not None}


def _first(found: Mapping[str, Any], keys: tuple[str, ...], name: str) -> float | None:
    return next((value for key in keys if (value := number(found.get(key), name)) is not None), None)


def _presence(payload: bytes, from_bridge: bool) -> Update | None:
    """`online`, or `{"state": "online"}` since 1.17. That the bridge is there does not mean that the device is."""
    found = to_json(payload)
    state = found.get("state") if isinstance(found, dict) else payload.decode(errors="replace").strip()
    if state == "offline":
        return Update(alive=False)
    return Update(alive=None if from_bridge else True) if state == "online" else None


def _facts(found: Mapping[str, Any]) -> dict[str, str]:
    device = found.get("device")
    if not isinstance(device, dict):
        return {}
    names = {"vendor": "manufacturerName", "model": "model", "serial": "ieeeAddr", "firmware": "softwareBuildID"}
    return {name: str(device[key]) for name, key in names.items() if device.get(key)}
