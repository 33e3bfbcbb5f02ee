"""Tasmota devices: plugs and other relays, lights, energy meters and meter readers, sensors.

Source: Tasmota documentation: MQTT, Commands, JSON-Status-Responses (firmware 5 to 14). Topics are built by the
device's own pattern, `%prefix%/%topic%/` from the factory, with the prefixes cmnd, stat and tele.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from drivers.json.told import Told, as_object
from drivers.json.wish import wanted_number
from drivers.mqtt.behaviour import Message, Placed, Update, on_off, switchable
from drivers.mqtt.tasmota_codec import Layout, numbered, read
from hub.errors import Refused
from hub.model import CommandSpec, Value

PATTERN = "%prefix%/%topic%/"
MOST_W = 6_000
"""A plug's relay carries 16 A; what is far above is a device's slip."""
_PLUG = ("on", "power", "energy", "voltage_l1", "current_l1")
_METER = ("power", "energy_import")
_NO = ("Error", "Unknown")
"""What it answers to a command that it does not carry out."""


@dataclass(frozen=True, slots=True)
class Topics:
    """`%prefix%` and `%topic%` filled in; what follows the pattern is the kind of the message."""

    topic: str
    pattern: str = PATTERN

    def of(self, prefix: str, kind: str) -> str:
        filled = self.pattern.replace("%prefix%", prefix).replace("%topic%", self.topic)
        return f"{filled.rstrip('/')}/{kind}"

    def kind(self, topic: str) -> str:
        """The last part of a topic that the device tells on, "" for one that is not its own."""
        head, _, kind = topic.rpartition("/")
        return kind if f"{head}/" in (self.of("tele", ""), self.of("stat", "")) else ""


class Tasmota(Placed):
    """Any of them: read by the codec, asked by Status 8, told apart by its places."""

    def __init__(
        self,
        topics: Topics,
        places: tuple[str, ...],
        role: str,
        expected: tuple[str, ...],
        layout: Layout,
        reverse: bool = False,
        fixed: bool = False,
    ) -> None:
        super().__init__(places, role, expected, reverse, fixed)
        self._topics = topics
        self._layout = layout

    def commands(self, device: str) -> tuple[CommandSpec, ...]:
        return ()

    def topics(self) -> tuple[str, ...]:
        return self._topics.of("tele", "+"), self._topics.of("stat", "+")

    def hello(self) -> tuple[Message, ...]:
        """Status 0 answers with the firmware, the address, the sensors and the relays."""
        return (self._command("Status", "0"), *self.ask())

    def ask(self) -> tuple[Message, ...]:
        return (self._command("Status", "8"),)

    def read(self, topic: str, payload: bytes) -> Update | None:
        kind = self._topics.kind(topic)
        if kind == "LWT":
            return Update(alive=payload == b"Online") if payload in (b"Online", b"Offline") else None
        if not kind:
            return None
        if (word := (as_object(payload) or {}).get("Command")) in _NO:
            return Update(refused=f"it answers Command: {word}")
        told = Told()
        return self.told(told.heard()) if read(told, topic, payload, self._layout) else None

    def write(self, name: str, value: Value) -> Message:
        raise Refused(f"{name} cannot be set there")

    def _command(self, command: str, payload: str) -> Message:
        return Message(self._topics.of("cmnd", command), payload)


class Plug(Tasmota):
    """A relay, with or without a meter. `channel`: which of several; `most_w`: what it can carry, W."""

    repeats = ("on",)

    def __init__(
        self,
        topic: str,
        channel: int = 1,
        pattern: str = PATTERN,
        role: str = "plug",
        reverse: bool = False,
        most_w: float = MOST_W,
    ) -> None:
        layout = Layout(phases=False)
        places = (numbered("plug", channel),)
        super().__init__(Topics(topic, pattern), places, role, _PLUG, layout, reverse, fixed=role == "plug")
        self._relay = "POWER" if channel == 1 else f"POWER{channel}"
        self._most_w = most_w

    def commands(self, device: str) -> tuple[CommandSpec, ...]:
        return (switchable(f"{device}.on"),)

    def ask(self) -> tuple[Message, ...]:
        """An empty power command answers with the relay."""
        return (*super().ask(), self._command(self._relay, ""))

    def read(self, topic: str, payload: bytes) -> Update | None:
        update = super().read(topic, payload)
        power = update.values.get("power") if update else None
        if update is None or isinstance(power, str) or power is None or abs(power) <= self._most_w:
            return update
        kept = {name: value for name, value in update.values.items() if name != "power"}
        said = f"power: {power:g} W is more than a relay carries (option most_w)"
        return replace(update, values=kept, problems=(*update.problems, said))

    def write(self, name: str, value: Value) -> Message:
        if name != "on":
            raise Refused(f"a plug has no {name} to set")
        return self._command(self._relay, on_off(value))


class Light(Tasmota):
    """A dimmable light. Its relay is the last one, which an empty `channel` (0) leaves to the device."""

    repeats = ("on", "brightness")

    def __init__(self, topic: str, channel: int = 0, pattern: str = PATTERN) -> None:
        super().__init__(Topics(topic, pattern), ("light",), "light", ("on", "brightness"), Layout(), fixed=True)
        self._relay = f"POWER{channel}" if channel else "POWER"

    def commands(self, device: str) -> tuple[CommandSpec, ...]:
        level = CommandSpec(f"{device}.brightness", low=0, high=100, step=1, tolerance=0.5)
        return switchable(f"{device}.on"), level

    def ask(self) -> tuple[Message, ...]:
        """Its state tells relay and dimmer together, so that they are known to belong together."""
        return (self._command("State", ""),)

    def write(self, name: str, value: Value) -> Message:
        if name == "on":
            return self._command(self._relay, on_off(value))
        if name == "brightness":
            return self._command("Dimmer", str(round(wanted_number(value, 0, 100))))
        raise Refused(f"a light has no {name} to set")


def meter(topics: Topics, role: str, keys: Mapping[str, str], group: str, kilo: bool, reverse: bool) -> Tasmota:
    """An energy meter of one phase or three, or a reader of a supply meter whose names its owner has told."""
    layout = Layout(True, group, dict(keys) or None, kilo)
    return Tasmota(topics, ("grid",) if keys else ("meter", "grid"), role, tuple(keys) or _METER, layout, reverse)


def sensor(topics: Topics, role: str, channel: int, group: str) -> Tasmota:
    """Temperature and humidity; of several sensors the one called `group`, or the `channel`-th."""
    return Tasmota(topics, (numbered("sensor", channel),), role, ("temperature",), Layout(group=group))
