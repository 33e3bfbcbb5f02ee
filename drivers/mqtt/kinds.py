"""The kinds of MQTT devices by the name that stands at `map`: what each is for, and which options it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from drivers.mqtt import homeassistant, own, tasmota, zigbee2mqtt
from drivers.mqtt.behaviour import Behaviour
from drivers.mqtt.options import Options
from drivers.mqtt.shelly_gen1 import Gen1
from drivers.mqtt.shelly_gen2 import Gen2
from drivers.mqtt.tasmota import MOST_W, PATTERN, Topics
from hub.model import OWN_ROLES, QUANTITIES, DeviceSpec, Role
from hub.model.document import hint

_LOADS = (Role.PLUG, Role.LIGHT, Role.HEATPUMP, Role.CHARGER)
_METERED = (*_LOADS, Role.METER, Role.GRID, Role.INVERTER, Role.BATTERY)
_ALL = tuple(role for role in Role if role not in OWN_ROLES)
_SHELLY_PLACES = {  # role: what of a Shelly stands for it unless the option `part` names another
    Role.PLUG: "plug", Role.LIGHT: "light", Role.GRID: "grid", Role.METER: "meter", Role.SENSOR: "sensor",
    Role.THERMOSTAT: "thermostat", Role.INVERTER: "plug", Role.HEATPUMP: "plug", Role.CHARGER: "plug",
    Role.BATTERY: "plug",
}  # fmt: skip
_SHELLY_PARTS = ("plug", "light", "grid", "meter", "sensor", "thermostat")
_PHASES_BY_NAME = {"shellyem3": True, "shellyem": False}
_MOST_CHANNELS = 64
_READER_KEYS = ("power", "energy_import", "energy_export", "power_l1", "power_l2", "power_l3")
"""options of a meter's reader, named as the quantities are"""


@dataclass(frozen=True, slots=True)
class Kind:
    """`roles`: what its devices can be, the likeliest first. `options`: its own, beside those that all have.

    `poll_s`: how often it is asked. `text`: what it is, for docs.
    """

    make: Callable[[Options], Behaviour]
    roles: tuple[Role, ...]
    options: tuple[str, ...]
    text: str
    poll_s: float = 6.0

    def __call__(self, spec: DeviceSpec, topic: str) -> Behaviour:
        """The behaviour of `spec` at `topic`; raises ConfigError."""
        asked = {"topic": topic} if "topic" in self.options else {"device": topic}
        options = asked | dict(spec.options)
        return self.make(Options(DeviceSpec(spec.uid, spec.id, spec.role, spec.driver, spec.link, options=options)))


def _topics(o: Options) -> Topics:
    pattern = o.text("full_topic", PATTERN)
    if "%prefix%" not in pattern or "%topic%" not in pattern or set(pattern) & set("+#\0"):
        raise o.error("full_topic", f"{pattern!r} must have %prefix% and %topic% in it, as {PATTERN}")
    return Topics(o.topic(), pattern)


def _channel(o: Options) -> int:
    return o.whole("channel", 1, 1, _MOST_CHANNELS)


def _tasmota_plug(o: Options) -> Behaviour:
    topics = _topics(o)
    most_w = o.number("most_w", MOST_W, 1, 200_000)
    return tasmota.Plug(topics.topic, _channel(o), topics.pattern, o.role, o.flag("reversed"), most_w)


def _tasmota_light(o: Options) -> Behaviour:
    topics = _topics(o)
    return tasmota.Light(topics.topic, o.whole("channel", 0, 0, _MOST_CHANNELS), topics.pattern)


def _tasmota_meter(o: Options) -> Behaviour:
    keys = {key: o.text(key) for key in _READER_KEYS if o.has(key)}
    if keys and not o.has("group"):
        raise o.error("group", "is missing; name the part of SENSOR in which the meter reader tells its figures")
    kilo = o.choice("energy_unit", ("kWh", "Wh"), "kWh") == "kWh"
    return tasmota.meter(_topics(o), o.role, keys, o.text("group"), kilo, o.flag("reversed"))


def _tasmota_sensor(o: Options) -> Behaviour:
    return tasmota.sensor(_topics(o), o.role, _channel(o), o.text("group"))


def _base(o: Options) -> str:
    return o.topic("base", "zigbee2mqtt")


def _auto(o: Options) -> Behaviour:
    holds_s = o.number("holds_s", 0, 0, 86_400)
    return zigbee2mqtt.Auto(o.topic(), _base(o), o.role, _channel(o), o.flag("reversed"), holds_s)


def _homeassistant(o: Options) -> Behaviour:
    device = o.need("device", "name the device by an identifier of its discovery; `shems scan mqtt://...` lists them")
    return homeassistant.Device(
        device,
        o.role,
        _entities(o),
        o.topic("discovery", homeassistant.PREFIX),
        o.flag("reversed"),
        o.number("holds_s", 0, 0, 86_400),
        o.number("silent_s", 0, 0, 1e6),
    )


def _entities(o: Options) -> dict[str, str]:
    """quantity -> the object of the entity that stands for it."""
    found = o.table("entities")
    for name, object_ in found.items():
        if name not in QUANTITIES:
            raise o.error(f"entities.{name}", f"is no quantity{hint(name, QUANTITIES)}")
        if not isinstance(object_, str):
            raise o.error(f"entities.{name}", "must be a text: the entity's object_id or unique_id")
    return {name: str(object_) for name, object_ in found.items()}


def _shelly_place(o: Options) -> str:
    return o.choice("part", _SHELLY_PARTS, _SHELLY_PLACES[Role(o.role)])


def _gen1(o: Options) -> Behaviour:
    phases = o.flag("phases") if o.has("phases") else _PHASES_BY_NAME.get(o.topic().partition("-")[0])
    return Gen1(o.topic(), _shelly_place(o), _channel(o), o.role, phases, o.flag("reversed"))


def _gen2(o: Options) -> Behaviour:
    return Gen2(o.topic(), _shelly_place(o), _channel(o), o.role, o.flag("reversed"))


_TASMOTA = ("topic", "full_topic")
_METER_OPTIONS = (*_TASMOTA, "group", *_READER_KEYS, "energy_unit", "reversed")
_PLUG_OPTIONS = (*_TASMOTA, "channel", "most_w", "reversed")
MAPS: dict[str, Kind] = {
    "tasmota/plug": Kind(
        _tasmota_plug, _METERED, _PLUG_OPTIONS, "a relay of a Tasmota device, with or without a meter", 5.0
    ),
    "tasmota/light": Kind(_tasmota_light, (Role.LIGHT,), (*_TASMOTA, "channel"), "a dimmable light with Tasmota"),
    "tasmota/meter": Kind(
        _tasmota_meter,
        (Role.METER, Role.GRID, Role.INVERTER, Role.BATTERY, Role.CHARGER, Role.HEATPUMP),
        _METER_OPTIONS,
        "an energy meter of one phase or three, or a supply meter's reader (SML, D0) with Tasmota",
        5.0,
    ),
    "tasmota/sensor": Kind(
        _tasmota_sensor, (Role.SENSOR,), (*_TASMOTA, "channel", "group"), "temperature and humidity with Tasmota"
    ),
    "zigbee2mqtt/auto": Kind(
        _auto,
        (Role.SENSOR, *(role for role in _ALL if role is not Role.SENSOR)),
        ("topic", "base", "channel", "reversed", "holds_s"),
        "any device or group behind zigbee2mqtt, by what the bridge says of it",
    ),
    "zigbee2mqtt/light": Kind(
        lambda o: zigbee2mqtt.Light(o.topic(), _base(o)),
        (Role.LIGHT, Role.PLUG),
        ("topic", "base"),
        "a dimmable light behind zigbee2mqtt",
    ),
    "zigbee2mqtt/thermostat": Kind(
        lambda o: zigbee2mqtt.Thermostat(o.topic(), _base(o)),
        (Role.THERMOSTAT, Role.SENSOR),
        ("topic", "base"),
        "a radiator valve behind zigbee2mqtt",
    ),
    "homeassistant/device": Kind(
        _homeassistant,
        (Role.SENSOR, *(role for role in _ALL if role is not Role.SENSOR)),
        ("device", "discovery", "entities", "reversed", "holds_s", "silent_s"),
        "any device that describes itself for Home Assistant (ESPHome, OpenDTU and many more)",
    ),
    "shelly/gen1": Kind(
        _gen1, _ALL, ("topic", "channel", "part", "phases", "reversed"), "a Shelly of the first generation"
    ),
    "shelly/gen2": Kind(
        _gen2, _ALL, ("topic", "channel", "part", "reversed"), "a Shelly of the second generation and later"
    ),
}
OWN_KIND = Kind(own.make, _ALL, ("topic", "channel", "reversed"), "a device described by a file of one's own")
