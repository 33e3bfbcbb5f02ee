"""Tasmota plugs with a meter. Source: Tasmota documentation: MQTT, Commands, JSON-Status-Responses (firmware 5 to 14).

Topics `cmnd|stat|tele/<topic>/...`. Total in kWh; power W, voltage V, current A. A list holds one figure a channel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivers.mqtt.behaviour import Message, Update, as_object, number, switch, wanted_switch
from hub.errors import Refused
from hub.model import CommandSpec, Value

_ENERGY = {  # quantity: key in ENERGY, factor to base units
    "power": ("Power", 1),
    "energy": ("Total", 1000),
    "voltage_l1": ("Voltage", 1),
    "current_l1": ("Current", 1),
}
_SPEAKING = ("SENSOR", "STATE", "RESULT", "POWER", "STATUS")
MOST_W = 6_000
"""A plug's relay carries 16 A; what is far above is a device's slip."""


class Plug:
    quantities: tuple[str, ...] = ("on", "power", "energy", "voltage_l1", "current_l1")
    sleepy = False

    def __init__(self, topic: str, channel: int = 1) -> None:
        self._topic = topic
        self._channel = channel

    def commands(self, device: str) -> tuple[CommandSpec, ...]:
        return (CommandSpec(f"{device}.on", low=0, high=1, step=1),)

    def topics(self) -> tuple[str, ...]:
        return (f"tele/{self._topic}/+", f"stat/{self._topic}/+")

    def hello(self) -> tuple[Message, ...]:
        return (self._command("Status", "0"), *self.ask())

    def ask(self) -> tuple[Message, ...]:
        """Status 8 answers with the sensors, an empty power command with the relay."""
        return (self._command("Status", "8"), self._command(self._relay, ""))

    def read(self, topic: str, payload: bytes) -> Update | None:
        prefix, _, rest = topic.partition("/")
        name, _, kind = rest.rpartition("/")
        if name != self._topic or prefix not in ("tele", "stat"):
            return None
        if kind == "LWT":
            return Update(alive=payload == b"Online") if payload in (b"Online", b"Offline") else None
        if not kind.startswith(_SPEAKING):
            return None
        if kind == self._relay:
            return Update(self._relay_state(payload.decode(errors="replace")), answer=True)
        return self._read_object(as_object(payload))

    def write(self, name: str, value: Value) -> Message:
        if name != "on":
            raise Refused(f"a plug has no {name} to set")
        return self._command(self._relay, wanted_switch(value))

    @property
    def _relay(self) -> str:
        return "POWER" if self._channel == 1 else f"POWER{self._channel}"

    def _command(self, command: str, payload: str) -> Message:
        return Message(f"cmnd/{self._topic}/{command}", payload)

    def _read_object(self, found: dict[str, Any]) -> Update | None:
        if not found:
            return None
        values: dict[str, Value] = {}
        for part in (found, found.get("StatusSTS"), found.get("StatusSNS")):
            if isinstance(part, dict):
                values |= self._relay_state(part.get(self._relay, part.get(f"POWER{self._channel}")))
                values |= self._energy(part)
        return Update(values, answer=True, facts=_facts(found))

    def _relay_state(self, raw: object) -> dict[str, Value]:
        state = switch(raw)
        return {} if state is None else {"on": state}

    def _energy(self, found: Mapping[str, Any]) -> dict[str, Value]:
        energy = found.get("ENERGY")
        if not isinstance(energy, dict):
            return {}
        values: dict[str, Value] = {}
        for name, (key, factor) in _ENERGY.items():
            value = number(self._pick(energy.get(key)), name, factor)
            if value is not None and not (name == "power" and abs(value) > MOST_W):
                values[name] = value
        return values

    def _pick(self, raw: object) -> object:
        if not isinstance(raw, list):
            return raw
        return raw[self._channel - 1] if self._channel <= len(raw) else None


def _facts(found: Mapping[str, Any]) -> dict[str, str]:
    network, firmware = found.get("StatusNET"), found.get("StatusFWR")
    facts = {"vendor": "Tasmota"}
    if isinstance(network, dict) and network.get("Mac"):
        facts["serial"] = str(network["Mac"])
    if isinstance(firmware, dict) and firmware.get("Version"):
        facts["firmware"] = str(firmware["Version"])
    return facts
