"""Shelly Gen2 and later (Plus, Pro, Gen3, Gen4) over MQTT: asked and set by RPC, told by notifications and states.

Source: shelly-api-docs.shelly.cloud/gen2, "MQTT" and "RPC Protocol": a request goes to `<id>/rpc`, its answer to
`<src>/rpc`; `<id>/events/rpc` and `<id>/status/<component>` tell changes; `<id>/online` is its will.
"""

from __future__ import annotations

from drivers.json.told import Told, as_object
from drivers.json.wish import wanted_number, wanted_switch
from drivers.mqtt.behaviour import Message, Placed, Update, as_payload, switchable
from drivers.mqtt.shelly_gen1 import EXPECTED, ROOT, numbered
from drivers.mqtt.shelly_gen2_codec import LIGHTS, component_keys, read
from hub.errors import Refused
from hub.model import CommandSpec, Value

_METHODS = {"light": "Light", "rgb": "RGB", "rgbw": "RGBW", "cct": "CCT", "rgbcct": "RGBCCT"}
_ASKED, _WRITTEN = 1, 2
"""ids of our requests"""


class Gen2(Placed):
    """One channel of a device: switch, light, meter, sensor or thermostat, as the place says."""

    def __init__(self, id_: str, place: str, channel: int, role: str, reverse: bool) -> None:
        super().__init__((numbered(place, channel - 1),), role, EXPECTED[place], reverse)
        self._id = id_
        self._source = f"{ROOT}/shems-rpc/{id_}"
        self._kind, self._index = place, channel - 1
        self._lamp = "light"
        self._valve = "thermostat"
        self.sleepy = place == "sensor"

    def commands(self, device: str) -> tuple[CommandSpec, ...]:
        if self._kind == "light":
            level = CommandSpec(f"{device}.brightness", low=0, high=100, step=1, tolerance=0.5, settle_ms=1_500)
            return switchable(f"{device}.on"), level
        if self._kind == "thermostat":
            point = f"{device}.target_temperature"
            return (CommandSpec(point, low=5, high=30, step=0.5, tolerance=0.25, settle_ms=3_000),)
        return (switchable(f"{device}.on"),) if self._kind == "plug" else ()

    def topics(self) -> tuple[str, ...]:
        own = (f"{self._id}/online", f"{self._id}/events/rpc", f"{self._id}/status/+")
        return (*own, f"{self._source}/rpc")

    def hello(self) -> tuple[Message, ...]:
        return (self._request(_ASKED, "Shelly.GetDeviceInfo", {}), *self.ask())

    def ask(self) -> tuple[Message, ...]:
        return (self._request(_ASKED, "Shelly.GetStatus", {}),)

    def confirm(self) -> tuple[Message, ...]:
        """Its answer to a command says what was, and a notification may be switched off."""
        return self.ask()

    def read(self, topic: str, payload: bytes) -> Update | None:
        if topic == f"{self._id}/online":
            alive = {b"true": True, b"false": False}.get(payload.strip().lower())
            return Update(alive=alive or None if self._kind == "sensor" else alive)
        rest = topic.removeprefix(f"{self._id}/")
        if topic != f"{self._source}/rpc" and (rest == topic or not rest.startswith(("events/rpc", "status/"))):
            return None
        told = Told()
        if not read(told, rest if rest != topic else "rpc", payload):
            return None
        self._learn_kinds(as_object(payload))
        return self.told(told.heard())

    def write(self, name: str, value: Value) -> Message:
        id_: dict[str, object] = {"id": self._index}
        if (self._kind, name) == ("plug", "on"):
            return self._request(_WRITTEN, "Switch.Set", id_ | {"on": wanted_switch(value)})
        if (self._kind, name) == ("light", "on"):
            return self._request(_WRITTEN, f"{_METHODS[self._lamp]}.Set", id_ | {"on": wanted_switch(value)})
        if (self._kind, name) == ("light", "brightness"):
            level = round(wanted_number(value, 0, 100))
            return self._request(_WRITTEN, f"{_METHODS[self._lamp]}.Set", id_ | {"on": True, "brightness": level})
        if (self._kind, name) == ("thermostat", "target_temperature"):
            return self._target(wanted_number(value, 5, 30))
        raise Refused(f"a {self._kind} has no {name} to set")

    def _target(self, wanted: float) -> Message:
        """A radiator valve hangs behind a gateway, which passes the call on."""
        target = round(wanted * 2) / 2
        if self._valve == "thermostat":
            return self._request(_WRITTEN, "Thermostat.SetConfig", {"id": self._index, "config": {"target_C": target}})
        params = {"id": 200 + self._index, "method": "TRV.SetTarget", "params": {"id": 0, "target_C": target}}
        return self._request(_WRITTEN, "BluTrv.Call", params)

    def _request(self, id_: int, method: str, params: dict[str, object]) -> Message:
        asked: dict[str, object] = {"id": id_, "src": self._source, "method": method}
        return Message(f"{self._id}/rpc", as_payload(asked | ({"params": params} if params else {})))

    def _learn_kinds(self, found: dict[str, object]) -> None:
        """Which kind of light or thermostat it is: their methods differ."""
        body = found.get("result", found.get("params"))
        for kind, _ in component_keys(body if isinstance(body, dict) else {}):
            if kind in LIGHTS:
                self._lamp = kind
            elif kind in ("thermostat", "blutrv"):
                self._valve = kind
