"""Zigbee devices behind zigbee2mqtt. Source: its documentation, MQTT topics and messages (1.x, 2.x).

State at `<base>/<name>`, written at `.../set`, asked for at `.../get`, presence at `.../availability`, the bridge's own
at `<base>/bridge/state`, what the devices can do at `<base>/bridge/devices`. Brightness 0..254 on the wire, % here;
temperatures degC; valve and battery %. `Auto` takes what the bridge says; `Light` and `Thermostat` need no bridge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from drivers.json.roles import as_role
from drivers.json.told import Told, as_number, as_object
from drivers.json.wish import switch, wanted_number, wanted_switch
from drivers.mqtt.behaviour import Message, Placed, Update, as_payload, on_off, plain, switchable
from drivers.mqtt.z2m_codec import Member, facts, failure, group, groups, members, presence, tell_state
from drivers.mqtt.z2m_exposes import ASKED, Feature, first_place
from hub.errors import Refused
from hub.model import CommandSpec, Kind, Value, quantity

_FULL = 254
_SETPOINTS = ("occupied_heating_setpoint", "current_heating_setpoint")
_LOWEST_C, _HIGHEST_C, _STEP_C = 5.0, 30.0, 0.5
_STATE_HOLDS_S = 7_200.0
"""A contact on battery tells its state when it changes, and every hour or so that it is there."""
_THERMOSTAT_MS = 3_000


class _Zigbee(Placed):
    """What all share: topics, presence, `get` and `set`."""

    def __init__(self, name: str, base: str, places: Iterable[str], role: str, expected: Iterable[str], *,
                 fixed: bool = True, reverse: bool = False) -> None:  # fmt: skip
        super().__init__(places, role, expected, reverse, fixed)
        self._name = name
        self._state = f"{base}/{name}"
        self._bridge = f"{base}/bridge/state"
        self._log = f"{base}/bridge/logging"

    def topics(self) -> tuple[str, ...]:
        return (self._state, f"{self._state}/availability", self._bridge, self._log)

    def hello(self) -> tuple[Message, ...]:
        return self.ask()

    def ask(self) -> tuple[Message, ...]:
        asked = self._asked()
        return (Message(f"{self._state}/get", as_payload(dict.fromkeys(asked, ""))),) if asked else ()

    def read(self, topic: str, payload: bytes) -> Update | None:
        if topic == self._state:
            found = as_object(payload)
            return self._read_state(found) if found else None
        if topic == self._log:
            why = failure(payload, self._name)
            return Update(refused=why) if why else None
        if topic in (self._bridge, f"{self._state}/availability"):
            return _presence(payload, from_bridge=topic == self._bridge)
        return None

    def _read_state(self, found: Mapping[str, Any]) -> Update:
        told = Told()
        tell_state(told, found, self._member(found))
        return self.told(told.heard())

    def _member(self, found: Mapping[str, Any]) -> Member:
        raise NotImplementedError

    def _asked(self) -> tuple[str, ...]:
        return ("state",)

    def _set(self, **fields: object) -> Message:
        return Message(f"{self._state}/set", as_payload(fields))


class Light(_Zigbee):
    def __init__(self, name: str, base: str = "zigbee2mqtt") -> None:
        super().__init__(name, base, ("light",), "light", ("on", "brightness"))

    def commands(self, device: str) -> tuple[CommandSpec, ...]:
        level = CommandSpec(f"{device}.brightness", low=0, high=100, step=1, tolerance=0.5)
        return switchable(f"{device}.on"), level

    def write(self, name: str, value: Value) -> Message:
        if name == "on":
            return self._set(state=on_off(value))
        if name == "brightness":
            return self._set(brightness=round(wanted_number(value, 0, 100) * _FULL / 100))
        raise Refused(f"a light has no {name} to set")

    def _member(self, found: Mapping[str, Any]) -> Member:
        """Takes any spelling of on and off, which older versions let the owner choose."""
        state = switch(found.get("state"))
        on = Feature("state", "on", "light", on=found.get("state") if state else "ON", off="OFF")
        if state is False:
            on = Feature("state", "on", "light", on="ON", off=found.get("state"))
        level = Feature("brightness", "brightness", "light", 100 / _FULL)
        return Member("", (on, level), facts(found))


class Thermostat(_Zigbee):
    """A radiator valve. Most sleep: they report on their own and answer `get` only when they wake."""

    sleepy = True
    prompt = False

    def __init__(self, name: str, base: str = "zigbee2mqtt") -> None:
        expected = ("temperature", "target_temperature", "valve", "battery_level")
        super().__init__(name, base, ("thermostat",), "thermostat", expected)
        self._setpoint = _SETPOINTS[0]

    def commands(self, device: str) -> tuple[CommandSpec, ...]:
        point = f"{device}.target_temperature"
        return (
            CommandSpec(point, low=_LOWEST_C, high=_HIGHEST_C, step=_STEP_C, tolerance=0.25, settle_ms=_THERMOSTAT_MS),
        )

    def write(self, name: str, value: Value) -> Message:
        if name != "target_temperature":
            raise Refused(f"a thermostat has no {name} to set")
        wanted = wanted_number(value, _LOWEST_C, _HIGHEST_C)
        return self._set(**{self._setpoint: round(wanted / _STEP_C) * _STEP_C})

    def _asked(self) -> tuple[str, ...]:
        return ("local_temperature", self._setpoint)

    def _member(self, found: Mapping[str, Any]) -> Member:
        """Remembers which of the two names this model uses for its set-point."""
        self._setpoint = next((key for key in _SETPOINTS if key in found), self._setpoint)
        valve = next((k for k in ("pi_heating_demand", "position") if as_number(found.get(k)) is not None), "position")
        rows = ((self._setpoint, "target_temperature"), ("local_temperature", "temperature"), (valve, "valve"),
                ("battery", "battery_level"))  # fmt: skip
        return Member("", tuple(Feature(key, name, "thermostat") for key, name in rows), facts(found))


class Auto(_Zigbee):
    """Any device or group: what it has and what can be set is what the bridge's definition of it says."""

    def __init__(
        self, name: str, base: str, role: str, channel: int = 1, reverse: bool = False, holds_s: float = 0.0
    ) -> None:
        own = role if channel == 1 else f"{role}_{channel}"
        super().__init__(name, base, (own,), role, (), fixed=False, reverse=reverse)
        self._channel = channel
        self.holds_s = holds_s
        self._devices, self._groups = f"{base}/bridge/devices", f"{base}/bridge/groups"
        self._known: Mapping[str, Member] = {}
        self._mine: Member | None = None
        self._group: tuple[str, ...] = ()

    @property
    def sleepy(self) -> bool:  # type: ignore[override]
        return self._mine is None or self._mine.battery or not self._asked()

    @property
    def prompt(self) -> bool:  # type: ignore[override]
        return self._mine is not None and not self._mine.battery

    def holds(self, name: str) -> float:
        state = self.sleepy and quantity(name).kind is Kind.STATE
        return max(self.holds_s, _STATE_HOLDS_S if state else 0.0)

    def topics(self) -> tuple[str, ...]:
        return (*super().topics(), self._devices, self._groups)

    def commands(self, device: str) -> tuple[CommandSpec, ...]:
        return tuple(_spec(f"{device}.{f.quantity}", f) for f in self._own if f.settable)

    def read(self, topic: str, payload: bytes) -> Update | None:
        if topic == self._devices:
            self._known = members(payload)
        elif topic == self._groups:
            self._group = groups(payload).get(self._name, ())
        else:
            return super().read(topic, payload)
        return self._learn_member()

    def write(self, name: str, value: Value) -> Message:
        feature = next((f for f in self._own if f.settable and f.quantity == name), None)
        if feature is None:
            raise Refused(f"zigbee2mqtt offers no {name} of {self._name} to set")
        return self._set(**{feature.key: _wired(feature, value)})

    @property
    def _own(self) -> tuple[Feature, ...]:
        """The features of its place."""
        return tuple(f for f in self._mine.features if f.place == self._places[0]) if self._mine else ()

    def _asked(self) -> tuple[str, ...]:
        """One or two are enough, for an answer repeats all that is known; each is a message over the air."""
        known = {f.quantity: f.key for f in self._own if f.access & ASKED}
        return tuple(known[name] for name in ("on", "power") if name in known) or tuple(known.values())[:1]

    def _learn_member(self) -> Update:
        """Nothing has been said by the device itself, so this is no sign of life."""
        member = self._known.get(self._name) or group(self._name, self._group, self._known)
        if member is None:
            said = f"zigbee2mqtt knows no {self._name!r}" if self._known else ""
            return Update(problems=(said,) if said and not self._group else ())
        self._mine = member
        self._settle(member)
        self.learn(
            as_role(dict.fromkeys((f.quantity for f in self._own), 0), self._places[0], self._role, self._reverse)
        )
        return Update(facts=member.facts, problems=(f"{self._name}: {member.why}",) if member.why else ())

    def _settle(self, member: Member) -> None:
        """Its place: that of its role where the device has one, else what the device is."""
        have = {f.place for f in member.features}
        main = first_place(member.features)
        wanted = [role if self._channel == 1 else f"{role}_{self._channel}" for role in (self._role, main)]
        self._places = (next((place for place in wanted if place in have), wanted[0]),)

    def _member(self, found: Mapping[str, Any]) -> Member:
        return self._mine or Member(self._name)


def _spec(point: str, feature: Feature) -> CommandSpec:
    """Zigbee takes its time, and a radiator valve more of it."""
    if feature.quantity == "on":
        return switchable(point)
    if feature.quantity == "brightness":
        return CommandSpec(point, low=0, high=100, step=1, tolerance=0.5)
    low, high = feature.low or _LOWEST_C, feature.high or _HIGHEST_C
    step = feature.step or _STEP_C
    return CommandSpec(point, low=low, high=high, step=step, tolerance=step / 2, settle_ms=_THERMOSTAT_MS)


def _wired(feature: Feature, value: Value) -> object:
    """A wished value as the definition has it."""
    if feature.quantity == "on":
        return feature.on if wanted_switch(value) else feature.off
    if feature.quantity == "brightness":
        return round(wanted_number(value, 0, 100) / feature.factor)
    spec = _spec("", feature)
    step = feature.step or _STEP_C
    wanted = round(wanted_number(value, spec.low or 0.0, spec.high or _HIGHEST_C) / step) * step
    return plain(round(wanted / feature.factor, 3))


def _presence(payload: bytes, from_bridge: bool) -> Update | None:
    """That the bridge is there does not mean that the device is."""
    alive = presence(payload)
    if alive is None:
        return None
    return Update(alive=None if from_bridge and alive else alive)
