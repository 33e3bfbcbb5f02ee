"""What zigbee2mqtt says: its devices and groups with their definitions, and their states. Pure.

Source: zigbee2mqtt documentation, MQTT topics and messages (1.x, 2.x). A state means what the device's definition says;
of a device whose definition is not known only what its keys cannot but mean becomes a point.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from drivers.json.told import Told, as_json, as_number, as_object, leaves, shown
from drivers.mqtt import capture
from drivers.mqtt.capture import Packet
from drivers.mqtt.z2m_exposes import Feature, features
from hub.model import Value, quantity
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard

_FULL = 254
_UNITS = {
    "power": ("W", 1.0), "energy": ("Wh", 1000.0), "voltage": ("V", 1.0), "current": ("A", 1.0),
    "brightness": ("%", 100 / _FULL), "temperature": ("degC", 1.0), "local_temperature": ("degC", 1.0),
    "occupied_heating_setpoint": ("degC", 1.0), "current_heating_setpoint": ("degC", 1.0), "humidity": ("%", 1.0),
    "battery": ("%", 1.0), "pi_heating_demand": ("%", 1.0), "position": ("%", 1.0), "linkquality": ("", 1.0),
    "pressure": ("hPa", 1.0), "illuminance": ("lx", 1.0), "ac_frequency": ("Hz", 1.0),
    "device_temperature": ("degC", 1.0), "co2": ("ppm", 1.0), "voc": ("ppb", 1.0),
}  # fmt: skip
_SECRET = ("network_key", "password", "user", "key")
_MOST_BASES = 20
_LONGEST = 200
_MOST_TOLD = 20_000
"""readings of one list of devices"""


@dataclass(frozen=True, slots=True)
class Member:
    """A device or group of the bridge. `why`: what keeps it from being used, "" for nothing."""

    name: str
    features: tuple[Feature, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    battery: bool = False
    why: str = ""


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """Messages with their topics, or payloads alone; definitions hold for what comes after them. Raises nothing."""
    known = Known()

    def understand(packet: Packet) -> Heard | str:
        told = Told()
        told.time = packet.at
        understood = known.read(told, packet) or known.guess(told, packet)
        return told.heard(packet.offset) if understood else "is no message of zigbee2mqtt"

    return capture.decode(data, understand)


class Known:
    """The devices of a capture, as the bridge has described them; `base`: the bridge's topic."""

    def __init__(self) -> None:
        self._members: dict[str, Member] = {}
        self._bases = ["zigbee2mqtt"]

    def read(self, told: Told, packet: Packet) -> bool:
        """A message on a topic of the bridge or one of its devices."""
        head, own, _ = packet.topic.partition("/bridge/")
        if own and head not in self._bases and "/" not in head and len(self._bases) < _MOST_BASES:
            self._bases.append(head)
        base = next((b for b in self._bases if packet.topic.startswith(f"{b}/")), "")
        return bool(base) and self._own(told, packet.topic.removeprefix(f"{base}/"), packet.payload)

    def guess(self, told: Told, packet: Packet) -> bool:
        """A payload without a topic, or on one that says nothing."""
        found = as_json(packet.payload)
        rows = found if isinstance(found, list) else [found]
        if _is_devices(rows):
            self._members |= _tell_devices(told, rows)
        elif isinstance(found, dict) and found:
            tell_state(told, found, self._members.get(packet.topic.partition("/")[2]))
        else:
            return False
        return True

    def _own(self, told: Told, name: str, payload: bytes) -> bool:
        found, alive = as_json(payload), presence(payload)
        if name.endswith("/availability") or name == "bridge/state":
            told.reading(name.rpartition("/")[2], alive)
            return alive is not None
        if name == "bridge/devices" and isinstance(found, list):
            self._members |= _tell_devices(told, found)
        elif not found or not isinstance(found, dict | list):
            return False
        elif name.startswith("bridge/") or name.endswith(("/set", "/get")) or isinstance(found, list):
            _tell_all(told, found)
        else:
            tell_state(told, found, self._members.get(name))
        return True


def _is_devices(found: list[Any]) -> bool:
    return bool(found) and all(isinstance(row, Mapping) and "ieee_address" in row and "type" in row for row in found)


def _tell_devices(told: Told, found: list[Any]) -> dict[str, Member]:
    members = {member.name: member for row in found if isinstance(row, Mapping) and (member := _device(row))}
    for member in members.values():
        told.reading(f"{member.name}.model", " ".join(filter(None, map(member.facts.get, ("vendor", "model")))))
        for feature in member.features:
            told.reading(f"{member.name}.{feature.key}", f"{feature.place}.{feature.quantity}")
        if member.why:
            told.problem(f"{member.name[:60]}: {member.why}")
    if len(members) == 1:
        told.device.update(next(iter(members.values())).facts)
    return members


def _tell_all(told: Told, found: object) -> None:
    for n, (path, key, value) in enumerate(leaves(found)):
        if n < _MOST_TOLD and key not in _SECRET:
            told.reading(path, value)


def tell_state(told: Told, found: Mapping[str, Any], member: Member | None) -> None:
    """One state message."""
    mine = member.features if member else tuple(_guessed(found))
    known = {f.key: f for f in mine}
    for path, key, value in leaves(found):
        told.reading(path, value, *_unit(key, known) if "." not in path else ())
    told.device.update(member.facts if member else {})
    told.device.update(facts(found))
    values = [(feature, _value(told, feature, found)) for feature in mine]
    for feature, value in values:
        told.point(feature.place, feature.quantity, value, feature.factor)
    _sum_phases(told, values)


def _unit(key: str, known: Mapping[str, Feature]) -> tuple[str, float]:
    """Unit and factor of a leaf, as the definition has it, or as its name alone says."""
    if key in known and (unit := quantity(known[key].quantity).unit):
        return unit, known[key].factor
    return _UNITS.get(key, ("", 1.0))


def _value(told: Told, feature: Feature, found: Mapping[str, Any]) -> object:
    raw = found.get(feature.key)
    if feature.flow:
        return _directed(told, feature, raw, found.get(feature.flow))
    if feature.quantity == "contact":
        return raw if isinstance(raw, bool) else None
    if feature.quantity != "on" or raw is None:
        return raw
    if raw in (feature.on, feature.off) and type(raw) in (type(feature.on), type(feature.off)):
        return raw == feature.on
    told.problem(f"{feature.key}: {shown(raw)} is neither on nor off")
    return None


def _directed(told: Told, feature: Feature, raw: object, flow: object) -> object:
    """A power whose direction stands beside it; `sign` says that the power has it itself."""
    number = as_number(raw)
    if number is None or flow == "sign":
        return raw
    if flow in ("consuming", "producing"):
        return -abs(number) if flow == "producing" else number
    told.problem(f"{feature.key}: a power without a direction, for {feature.flow} says {shown(flow)}; no point is made")
    return None


def _sum_phases(told: Told, values: Sequence[tuple[Feature, object]]) -> None:
    """A meter of three phases tells them, and no sum."""
    names = {feature.quantity: (feature, value) for feature, value in values}
    phases = [names[name] for name in ("power_l1", "power_l2", "power_l3") if name in names]
    if "power" in names or len(phases) < 3 or not all(told.has(f"{f.place}.{f.quantity}") for f, _ in phases):
        return
    powers = [(as_number(value) or 0) * feature.factor for feature, value in phases]
    told.point(phases[0][0].place, "power", round(sum(powers), 6))


def _guessed(found: Mapping[str, Any]) -> Iterator[Feature]:
    """Without a definition: what the keys alone show."""
    if "local_temperature" in found or "occupied_heating_setpoint" in found:
        place = "thermostat"
        yield Feature("local_temperature", "temperature", place)
        yield Feature("pi_heating_demand", "valve", place)
        setpoint = "occupied_heating_setpoint" if "occupied_heating_setpoint" in found else "current_heating_setpoint"
        yield Feature(setpoint, "target_temperature", place)
    elif "brightness" in found:
        place = "light"
        yield Feature("state", "on", place, on="ON", off="OFF")
        yield Feature("brightness", "brightness", place, 100 / _FULL)
    elif "power" in found or "energy" in found:
        place = "plug" if found.get("state") in ("ON", "OFF") else "meter"
        if place == "plug":
            yield Feature("state", "on", place, on="ON", off="OFF")
        yield Feature("power", "power", place)
        yield Feature("energy", "energy" if place == "plug" else "energy_import", place, 1000)
        yield Feature("voltage", "voltage_l1", place)
        yield Feature("current", "current_l1", place)
    else:
        place = "sensor"
        for name in ("temperature", "humidity", "contact"):
            yield Feature(name, name, place)
    yield Feature("battery", "battery_level", place)


# -- the bridge's own lists ------------------------------------------------------------------------------------------


@lru_cache(maxsize=2)
def members(payload: bytes) -> Mapping[str, Member]:
    """By friendly name, from `bridge/devices`; all devices of a house read the same long message."""
    found = as_json(payload)
    rows = found if isinstance(found, list) else []
    return {member.name: member for row in rows if isinstance(row, Mapping) and (member := _device(row))}


@lru_cache(maxsize=2)
def groups(payload: bytes) -> Mapping[str, tuple[str, ...]]:
    """IEEE addresses of a group's members by its friendly name, from `bridge/groups`."""
    found = as_json(payload)
    return {
        str(row.get("friendly_name")): tuple(
            str(m.get("ieee_address")) for m in row.get("members") or [] if isinstance(m, Mapping)
        )
        for row in (found if isinstance(found, list) else [])
        if isinstance(row, Mapping) and isinstance(row.get("members"), list)
    }


def group(name: str, addresses: tuple[str, ...], devices: Mapping[str, Member]) -> Member | None:
    """A group can be switched as its members can; what they measure is not told of a group."""
    first = next((d for d in devices.values() if d.facts.get("serial") in addresses and d.features), None)
    if first is None:
        return None
    mine = tuple(f for f in first.features if f.quantity in ("on", "brightness") and "_" not in f.place)
    return Member(name, mine, {"vendor": "zigbee2mqtt", "model": "group"})


def _device(row: Mapping[str, Any]) -> Member | None:
    """None for the coordinator and for what has no name."""
    name, definition = row.get("friendly_name"), row.get("definition")
    if not isinstance(name, str) or not name or row.get("type") == "Coordinator":
        return None
    definition = definition if isinstance(definition, Mapping) else {}
    told = {
        "vendor": definition.get("vendor") or row.get("manufacturer"),
        "model": definition.get("model") or row.get("model_id"),
        "serial": row.get("ieee_address"),
        "firmware": row.get("software_build_id"),
    }
    said = {key: str(value) for key, value in told.items() if value}
    battery = row.get("power_source") == "Battery"
    return Member(name, features(definition.get("exposes")), said, battery, _hindrance(row, definition))


def _hindrance(row: Mapping[str, Any], definition: Mapping[str, Any]) -> str:
    if row.get("disabled") is True:
        return "is disabled in zigbee2mqtt"
    interview = row.get("interview_state", "SUCCESSFUL")
    if row.get("interview_completed") is False or interview in ("PENDING", "IN_PROGRESS", "FAILED"):
        return "its interview is not complete; wake it, or pair it again"
    if not definition or row.get("supported") is False:
        return "is not supported by zigbee2mqtt, so nobody says what its state means"
    return ""


def facts(found: Mapping[str, Any]) -> dict[str, str]:
    """What a state tells of its device, where zigbee2mqtt is set to include it."""
    device = found.get("device")
    if not isinstance(device, Mapping):
        return {}
    names = {"vendor": "manufacturerName", "model": "model", "serial": "ieeeAddr", "firmware": "softwareBuildID"}
    return {name: str(device[key]) for name, key in names.items() if device.get(key)}


def failure(payload: bytes, name: str) -> str:
    """What the bridge's log says when `name` could not be set, "" for anything else."""
    found = as_object(payload)
    said = found.get("message") if found and found.get("level") == "error" else None
    if not isinstance(said, str) or f"'{name}'" not in said or "'get'" in said:
        return ""
    return said.removeprefix("z2m: ")[:_LONGEST]


def presence(payload: bytes) -> bool | None:
    """`online`, or `{"state": "online"}` since 1.17."""
    state: Value | Any = as_object(payload).get("state") or payload.decode(errors="replace").strip()
    return {"online": True, "offline": False}.get(state) if isinstance(state, str) else None
