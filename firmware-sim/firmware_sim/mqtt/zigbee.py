"""Zigbee devices behind zigbee2mqtt: retained JSON state on zigbee2mqtt/<name>, commands on .../set and .../get."""

import json
from collections.abc import Callable

from ..device import Truth, View
from ..fault import Kind
from ..physics.world import World
from .link import Message, MqttDevice

ROOT = "zigbee2mqtt"
PERIOD_S = 30.0
State = dict[str, object]


class ZigbeeDevice(MqttDevice):
    """Subclasses give `state` and `take`; `take` says whether the value of a key was accepted."""

    def __init__(self, name: str, view: View) -> None:
        super().__init__(name, view)
        self.client_id = f"z2m-{name}"
        self.topics = (f"{ROOT}/{name}/set", f"{ROOT}/{name}/set/+", f"{ROOT}/{name}/get")
        self.will = Message(f"{ROOT}/{name}/availability", '{"state":"offline"}', True)
        self._told: State = {}
        self._told_at = -1e9

    def state(self) -> State:
        return {}

    def take(self, key: str, value: object) -> bool:
        return False

    def hello(self) -> list[Message]:
        return [Message(f"{ROOT}/{self.name}/availability", '{"state":"online"}', True), self._tell()]

    def tick(self) -> list[Message]:
        if self.state() != self._told or self.clock() - self._told_at >= PERIOD_S:
            return [self._tell()]
        return []

    def receive(self, topic: str, payload: str) -> list[Message]:
        if topic.endswith("/get"):
            return [self._tell()]
        wishes = _wishes(topic, payload)
        if wishes is None:
            return [_error(f"Invalid JSON '{payload}', skipping...")]
        if self.fault.kind is Kind.REFUSE:
            return [self._failed(key, "Delivery failed") for key in wishes]
        if self.fault.kind is Kind.IGNORE:
            return [self._tell()]
        failed = [
            self._failed(key, "No converter or invalid value")
            for key, value in wishes.items()
            if not self.take(key, value)
        ]
        self.writes += len(failed) < len(wishes)
        return [*failed, self._tell()]

    def _tell(self) -> Message:
        self._told, self._told_at = self.state(), self.clock()
        return Message(f"{ROOT}/{self.name}", json.dumps(self._told), True)

    def _failed(self, key: str, why: str) -> Message:
        return _error(f"Publish 'set' '{key}' to '{self.name}' failed: 'Error: {why}'")


def _wishes(topic: str, payload: str) -> State | None:
    """The JSON object of .../set, or the raw value of .../set/<key>."""
    tail = topic.rsplit("/", 1)[-1]
    try:
        value = json.loads(payload)
    except json.JSONDecodeError:
        value = payload
    if tail != "set":
        return {tail: value}
    if isinstance(value, str):
        return {"state": value} if value.upper() in ("ON", "OFF", "TOGGLE") else None
    return value if isinstance(value, dict) else None


def _error(text: str) -> Message:
    return Message(f"{ROOT}/bridge/logging", json.dumps({"level": "error", "message": f"z2m: {text}"}))


class ZigbeeLight(ZigbeeDevice):
    """Brightness 0..254."""

    def __init__(self, name: str, view: View) -> None:
        super().__init__(name, view)
        load = view.snapshot.small[name]
        self.on, self.brightness = load.on, load.brightness

    def state(self) -> State:
        return {"state": "ON" if self.on else "OFF", "brightness": self.brightness, "linkquality": 134}

    def take(self, key: str, value: object) -> bool:
        if key == "state" and isinstance(value, str) and value.upper() in ("ON", "OFF", "TOGGLE"):
            self.on = not self.on if value.upper() == "TOGGLE" else value.upper() == "ON"
            return True
        if key == "brightness" and _between(value, 0, 254):
            self.brightness = round(_number(value))
            self.on = self.brightness > 0
            return True
        return key == "transition"

    def drive(self, world: World) -> None:
        load = world.small[self.name]
        load.on, load.brightness = self.on, self.brightness

    def truth(self) -> Truth:
        load = self.now.small[self.name]
        return {"on": self.on, "brightness": self.brightness, "power": load.power_w, "energy_wh": load.total_wh}


class ZigbeeThermostat(ZigbeeDevice):
    """A radiator thermostat: set-point 5..30 degC; off means frost protection at 5 degC."""

    def __init__(self, name: str, view: View) -> None:
        super().__init__(name, view)
        self.setpoint_c = view.snapshot.heatpump.setpoint_c
        self.mode = "heat"

    def state(self) -> State:
        pump = self.seen().heatpump
        return {
            "local_temperature": round(pump.house_c, 1),
            "occupied_heating_setpoint": self.setpoint_c,
            "system_mode": self.mode,
            "running_state": "heat" if pump.valve > 0.02 else "idle",
            "pi_heating_demand": round(100 * pump.valve),
            "battery": 87,
            "linkquality": 98,
        }

    def take(self, key: str, value: object) -> bool:
        if key in ("occupied_heating_setpoint", "current_heating_setpoint") and _between(value, 5, 30):
            self.setpoint_c = round(2 * _number(value)) / 2
            return True
        if key == "system_mode" and value in ("off", "heat", "auto"):
            self.mode = str(value)
            return True
        return False

    def drive(self, world: World) -> None:
        world.heatpump.setpoint_c = 5.0 if self.mode == "off" else self.setpoint_c

    def truth(self) -> Truth:
        pump = self.now.heatpump
        return {"temperature": pump.house_c, "setpoint": self.setpoint_c, "mode": self.mode, "valve": 100 * pump.valve}


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else float("nan")


def _between(value: object, low: float, high: float) -> bool:
    return low <= _number(value) <= high


class ZigbeeBridge(MqttDevice):
    """zigbee2mqtt itself: tells that it is there and which devices it has."""

    client_id = "z2m-bridge"
    will = Message(f"{ROOT}/bridge/state", '{"state":"offline"}', True)

    def __init__(self, view: View, members: Callable[[], list[ZigbeeDevice]]) -> None:
        super().__init__("bridge", view)
        self._members = members

    def hello(self) -> list[Message]:
        devices = [_COORDINATOR] + [_description(number, member) for number, member in enumerate(self._members(), 1)]
        return [
            Message(f"{ROOT}/bridge/state", '{"state":"online"}', True),
            Message(f"{ROOT}/bridge/info", json.dumps({"version": "1.42.0", "permit_join": False}), True),
            Message(f"{ROOT}/bridge/devices", json.dumps(devices), True),
        ]


_COORDINATOR: State = {
    "ieee_address": "0x00124b0025000000",
    "type": "Coordinator",
    "network_address": 0,
    "friendly_name": "Coordinator",
    "supported": True,
    "disabled": False,
    "definition": None,
}
_LINK: State = {
    "type": "numeric",
    "name": "linkquality",
    "property": "linkquality",
    "access": 1,
    "unit": "lqi",
    "value_min": 0,
    "value_max": 255,
}
_LIGHT: State = {
    "model": "LED1623G12",
    "vendor": "IKEA",
    "description": "Lamp, dimmable",
    "options": [],
    "exposes": [
        {
            "type": "light",
            "features": [
                {
                    "type": "binary",
                    "name": "state",
                    "property": "state",
                    "access": 7,
                    "value_on": "ON",
                    "value_off": "OFF",
                    "value_toggle": "TOGGLE",
                },
                {
                    "type": "numeric",
                    "name": "brightness",
                    "property": "brightness",
                    "access": 7,
                    "value_min": 0,
                    "value_max": 254,
                },
            ],
        },
        _LINK,
    ],
}
_THERMOSTAT: State = {
    "model": "014G2461",
    "vendor": "Danfoss",
    "description": "Radiator thermostat",
    "options": [],
    "exposes": [
        {
            "type": "climate",
            "features": [
                {
                    "type": "numeric",
                    "name": "occupied_heating_setpoint",
                    "property": "occupied_heating_setpoint",
                    "access": 7,
                    "unit": "°C",
                    "value_min": 5,
                    "value_max": 30,
                    "value_step": 0.5,
                },
                {
                    "type": "numeric",
                    "name": "local_temperature",
                    "property": "local_temperature",
                    "access": 5,
                    "unit": "°C",
                },
                {
                    "type": "enum",
                    "name": "system_mode",
                    "property": "system_mode",
                    "access": 7,
                    "values": ["off", "heat", "auto"],
                },
                {
                    "type": "enum",
                    "name": "running_state",
                    "property": "running_state",
                    "access": 5,
                    "values": ["idle", "heat"],
                },
                {
                    "type": "numeric",
                    "name": "pi_heating_demand",
                    "property": "pi_heating_demand",
                    "access": 5,
                    "unit": "%",
                },
            ],
        },
        {"type": "numeric", "name": "battery", "property": "battery", "access": 1, "unit": "%"},
        _LINK,
    ],
}


def _description(number: int, member: ZigbeeDevice) -> State:
    thermostat = isinstance(member, ZigbeeThermostat)
    return {
        "ieee_address": f"0x00124b00250000{number:02x}",
        "type": "EndDevice" if thermostat else "Router",
        "network_address": 1000 + number,
        "friendly_name": member.name,
        "supported": True,
        "disabled": False,
        "interview_completed": True,
        "power_source": "Battery" if thermostat else "Mains (single phase)",
        "definition": _THERMOSTAT if thermostat else _LIGHT,
    }
