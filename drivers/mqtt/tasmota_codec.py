"""What Tasmota's messages say: STATE, SENSOR, RESULT, the STATUS answers, and its own discovery. Pure.

Source: Tasmota documentation: MQTT, Commands, JSON-Status-Responses, Smart-Meter-Interface, Zigbee (firmware 5 to 14).
Power in W, + = consumption; energies in kWh on the wire. ENERGY holds one figure, or a list: of the phases of one
meter, or of the channels of several relays. Only its owner knows which; unless told, three are taken for phases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drivers.json.told import Told, as_json, as_number, text_number, under
from drivers.mqtt import capture, tasmota_readers
from drivers.mqtt.capture import Packet
from drivers.mqtt.tasmota_units import read_all
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard

_RELAY = re.compile(r"POWER([1-9]\d?)?")
_SWITCHED = {"ON": True, "OFF": False, "TRUE": True, "FALSE": False, "1": True, "0": False}
_PRESENCE = (("LWT", "Online"), ("LWT", "Offline"))
_LONGEST = 40
_LIGHT_KEYS = ("Dimmer", "Color", "HSBColor", "CT", "White")
_FIGURES = {  # key in ENERGY: quantity, which has three phases
    "Power": "power",
    "ApparentPower": "apparent_power",
    "ReactivePower": "reactive_power",
    "Voltage": "voltage",
    "Current": "current",
}
_OLD_ENERGY = ("Total", "Yesterday", "Today", "Power")
"""firmware 5 told them on a topic of its own, without a group"""
_SUMMED = ("power", "apparent_power", "reactive_power")
_CHIPS = ("ESP32", "ANALOG", "Wifi", "MPU", "ENERGY", "Status")
"""beginnings of groups whose temperature is that of the chip itself, or that are no sensors"""
_PHASES = 3
_KWH = 1000


@dataclass(frozen=True, slots=True)
class Layout:
    """What the owner knows of a device and its messages do not say.

    `phases`: the lists in ENERGY are those of one meter (True), of several channels (False), or three of them are.
    `group`: the only part of SENSOR that counts; `keys`: quantity -> its name there; `kilo`: energies are in kWh.
    """

    phases: bool | None = None
    group: str = ""
    keys: Mapping[str, str] | None = None
    kilo: bool = True


AUTO = Layout()


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """Messages with their topics, or payloads alone. Raises nothing."""
    return capture.decode(data, _understand)


def _understand(packet: Packet) -> Heard | str:
    told = Told()
    if not read(told, packet.topic, packet.payload):
        return "is no message of Tasmota: neither a JSON object nor a word on a topic that says what it means"
    told.time = told.time or packet.at
    return told.heard(packet.offset)


def read(told: Told, topic: str, payload: bytes, layout: Layout = AUTO) -> bool:
    """One message. False when it is none of Tasmota's."""
    kind = topic.rpartition("/")[2]
    found = as_json(payload)
    if isinstance(found, dict) and found:
        understand(told, found, layout)
        return True
    if isinstance(found, list) and found:
        told.fact("vendor", "Tasmota")
        read_all(told, found)
        return True
    text = payload.decode(errors="replace").strip()
    if not (_RELAY.fullmatch(kind) and text.isprintable() and text) and (kind, text) not in _PRESENCE:
        return False
    if kind != "LWT":
        _relays(told, {kind: text})
        if state_of(text) is None:
            return True
    told.fact("vendor", "Tasmota")
    told.reading(kind, text[:_LONGEST])
    return True


def understand(told: Told, found: Mapping[str, Any], layout: Layout = AUTO) -> None:
    """One JSON object. Adds readings, facts and points."""
    told.fact("vendor", "Tasmota")
    read_all(told, found)
    _facts(told, found)
    parts = [found, *(found[k] for k in ("StatusSNS", "StatusSTS", "sn") if isinstance(found.get(k), Mapping))]
    relays = sum(bool(_RELAY.fullmatch(key)) for part in parts for key in part)
    sensors = 0
    for part in parts:
        _time(told, part)
        _relays(told, part)
        _energy(told, part, layout, relays)
        sensors = _groups(told, part, layout, sensors)


def numbered(role: str, n: int) -> str:
    """The place of the n-th of a kind, from 1."""
    return role if n == 1 else f"{role}_{n}"


def state_of(raw: object) -> bool | None:
    """ON and OFF in the spellings of the field."""
    return _SWITCHED.get(str(raw).strip().upper())


def _facts(told: Told, found: Mapping[str, Any]) -> None:
    told.fact("serial", under(found, "StatusNET", "Mac") or found.get("mac"))
    told.fact("firmware", under(found, "StatusFWR", "Version") or under(found, "Info1", "Version") or found.get("sw"))
    told.fact("model", found.get("md") or under(found, "Info1", "Module"))


def _time(told: Told, part: Mapping[str, Any]) -> None:
    """Its local time says nothing without a zone."""
    epoch = as_number(part.get("Epoch"))
    if epoch and 0 < epoch < 1e11:
        told.time = round(epoch * 1000)
        return
    try:
        stamp = datetime.fromisoformat(str(part.get("Time", "")))
        if stamp.tzinfo:
            told.time = round(stamp.timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return


# -- relays and lights -----------------------------------------------------------------------------------------------


def _relays(told: Told, part: Mapping[str, Any]) -> None:
    """Where there is a light as well, its relay is the last one."""
    states = {int(match[1] or 1): part[key] for key in part if (match := _RELAY.fullmatch(key))}
    light = max(states, default=0) if any(key in part for key in _LIGHT_KEYS) else 0
    for n, raw in states.items():
        state = state_of(raw)
        if state is None:
            told.problem(f"POWER{n}: {str(raw)[:40]!r} is neither ON nor OFF")
        else:
            told.point("light" if n == light else numbered("plug", n), "on", state)
    told.point("light", "brightness", text_number(part.get("Dimmer")))


# -- energy ----------------------------------------------------------------------------------------------------------


def _energy(told: Told, part: Mapping[str, Any], layout: Layout, relays: int) -> None:
    energy = part if all(key in part for key in _OLD_ENERGY) else part.get("ENERGY")
    if not isinstance(energy, Mapping) or layout.group not in ("", "ENERGY"):
        return
    width = max((len(v) for k in ("Power", "Current") if isinstance(v := energy.get(k), list)), default=1)
    if _is_meter(part, width, layout, relays):
        place = "grid" if "TIC" in part else "meter"
        _meter(told, place, energy, width)
    else:
        for n in range(1, width + 1):
            _channel(told, numbered("plug", n), energy, n, width)


def _is_meter(part: Mapping[str, Any], width: int, layout: Layout, relays: int) -> bool:
    """TIC is the customer port of a French supply meter."""
    if layout.phases is not None:
        return layout.phases
    return "TIC" in part or (width == _PHASES and relays < _PHASES)


def _channel(told: Told, place: str, energy: Mapping[str, Any], n: int, width: int) -> None:
    """One of `width` loads. What is no list holds for all: a voltage is theirs too, but a sum of energy is none's."""
    for key, name in _FIGURES.items():
        phase = "_l1" if name in ("voltage", "current") else ""
        if name == "voltage" or width == 1 or isinstance(energy.get(key), list):
            told.point(place, name + phase, _pick(energy.get(key), n))
    told.point(place, "frequency", _pick(energy.get("Frequency"), n))
    told.point(place, "power_factor", _pick(energy.get("Factor"), n) if width == 1 else None)
    if width == 1 or isinstance(energy.get("Total"), list):
        told.point(place, "energy", _pick(energy.get("Total"), n), _KWH)
    told.point(place, "energy_export", _pick(energy.get("ExportActive"), n) if width == 1 else None, _KWH)


def _meter(told: Told, place: str, energy: Mapping[str, Any], width: int) -> None:
    for key, name in _FIGURES.items():
        raw = energy.get(key)
        if isinstance(raw, list):
            for n in range(1, min(len(raw), _PHASES) + 1):
                told.point(place, f"{name}_l{n}", _pick(raw, n))
        if name in _SUMMED:
            told.point(place, name, _sum(raw))
        elif not isinstance(raw, list):
            told.point(place, f"{name}_l1" if width == 1 else name, raw)
    told.point(place, "frequency", _pick(energy.get("Frequency"), 1))
    told.point(place, "power_factor", None if isinstance(energy.get("Factor"), list) else energy.get("Factor"))
    told.point(place, "energy_import", _sum(energy.get("Total")), _KWH)
    told.point(place, "energy_export", _sum(energy.get("ExportActive")), _KWH)
    for key, name in (("TotalTariff", "energy_import"), ("ExportTariff", "energy_export")):
        for n in (1, 2):
            told.point(place, f"{name}_t{n}", under(energy, key, n - 1), _KWH)


def _pick(raw: object, n: int) -> object:
    return under(raw, n - 1) if isinstance(raw, list) else raw


def _sum(raw: object) -> object:
    """Of a list whose every item is a number; anything else is as it is."""
    if not isinstance(raw, list):
        return raw
    numbers = [number for item in raw if (number := as_number(item)) is not None]
    return round(sum(numbers), 6) if numbers and len(numbers) == len(raw) else None


# -- sensors and meter readers ---------------------------------------------------------------------------------------


def _groups(told: Told, part: Mapping[str, Any], layout: Layout, sensors: int) -> int:
    """Returns how many sensors there are now."""
    factor, offset = (5 / 9, -160 / 9) if part.get("TempUnit") == "F" else (1.0, 0.0)
    for name, group in _parts(part):
        if layout.group not in ("", name):
            continue
        if not _reader(told, group, layout) and _is_sensor(group):
            sensors += 1
            place = numbered("sensor", sensors)
            told.point(place, "temperature", group.get("Temperature"), factor, offset)
            for key, quantity in (("Humidity", "humidity"), ("Battery", "battery_level"),
                                  ("BatteryPercentage", "battery_level")):  # fmt: skip
                told.point(place, quantity, group.get(key))
    return sensors


def _parts(part: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The named groups; old firmware for radio bridges tells its sensor's figures without one."""
    yield "", part
    for name, group in part.items():
        if name == "ZbReceived" and isinstance(group, Mapping):
            for device in group.values():
                if isinstance(device, Mapping):
                    yield str(device.get("Name") or device.get("Device") or ""), device
        elif isinstance(group, Mapping) and not name.startswith(_CHIPS):
            yield name, group


def _is_sensor(group: Mapping[str, Any]) -> bool:
    return any(as_number(group.get(key)) is not None for key in ("Temperature", "Humidity"))


def _reader(told: Told, group: Mapping[str, Any], layout: Layout) -> bool:
    """A supply meter's reader, whose names its owner has chosen; without being told, a counter makes it one."""
    if layout.keys:
        for quantity, key in layout.keys.items():
            kilo = _KWH if quantity.startswith("energy") and layout.kilo else 1
            told.point("grid", quantity, group.get(key), kilo)
        return any(key in group for key in layout.keys.values())
    told_of = tasmota_readers.read(group)
    for quantity, raw, factor in told_of:
        told.point("grid", quantity, as_number(raw), factor)
    return bool(told_of)
