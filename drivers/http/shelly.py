"""Shelly devices of every generation by their local HTTP interface.

Which generation it is, `/shelly` tells without a password. Gen1 asks for basic access, later ones for a digest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from drivers.http import answers
from drivers.http import shelly_gen1 as gen1
from drivers.http import shelly_gen2 as gen2
from drivers.http.ask import Ask
from drivers.http.digest import Digest
from drivers.http.login import Login, basic
from drivers.http.shelly_push import Frames
from drivers.http.shelly_units import read_all
from drivers.json import degrees
from drivers.json.options import Options
from drivers.json.told import Told, as_object
from drivers.json.wish import wanted_number, wanted_switch
from hub.errors import Refused
from hub.model import CommandSpec, Value
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard, Rejected

_COLD, _WARM = 5.0, 30.0
"""degC that a thermostat takes"""
_METHODS = {"switch": "Switch", "light": "Light", "rgb": "RGB", "rgbw": "RGBW", "cct": "CCT", "rgbcct": "RGBCCT"}
_SETTINGS_S, _INFO_S = 300.0, 600.0


def make(options: Options) -> Shelly:
    """Options `user` (admin, when left out), `password`, and `push`: changes over its WebSocket, from Gen2 on."""
    return Shelly(options.text("user", "admin"), options.text("password"), options.flag("push"))


class Shelly:
    """Remembers its generation, and which component each of its places is."""

    places: tuple[str, ...] = ("plug", "light", "grid", "meter", "sensor", "thermostat")
    also: Mapping[str, tuple[str, ...]] = {
        "grid": ("meter",),
        "meter": ("grid", "plug"),
        "inverter": ("grid", "meter", "plug"),
        "battery": ("grid", "meter", "plug"),
        "heatpump": ("plug", "grid", "meter"),
        "charger": ("plug", "grid", "meter"),
        "light": ("plug",),
        "plug": ("light",),
    }
    period_s = 1.0

    def __init__(self, user: str, password: str, push: bool = False) -> None:
        self._login = _Either(user, password)
        self._push = push
        self._frames = Frames(user, password)
        self._generation = 0
        self._mode = ""
        self._components: dict[str, str] = {}
        self._fahrenheit: frozenset[str] = frozenset()

    def login(self) -> Login:
        return self._login

    def expected(self, place: str) -> tuple[str, ...]:
        return {"plug": ("on",), "light": ("on",), "grid": ("power",), "meter": ("power",)}.get(_stem(place), ())

    def asks(self) -> tuple[Ask, ...]:
        if not self._generation:
            return (Ask("shelly", "/shelly"),)
        info = Ask("shelly", "/shelly", every_s=_INFO_S)
        if self._generation == 1:
            return Ask("status", "/status"), Ask("settings", "/settings", every_s=_SETTINGS_S, optional=True), info
        return Ask("status", "/rpc/Shelly.GetStatus"), info

    def read(self, name: str, body: bytes) -> Heard:
        found, told = as_object(body), Told()
        if not found:
            told.problem("the answer is no JSON object")
        elif name == "shelly":
            self._identify(told, found)
        elif self._generation == 1:
            self._mode = str(found.get("mode", "")) if name == "settings" else self._mode
            self._fahrenheit = gen1.in_fahrenheit(found) if name == "status" else self._fahrenheit
            gen1.understand(told, found, roller=self._mode == "roller")
        else:
            gen2.understand(told, found)
            self._learn(found)
        return told.heard()

    def _identify(self, told: Told, found: Mapping[str, Any]) -> None:
        generation = found.get("gen", 1 if "type" in found else 0)
        if not isinstance(generation, int) or not generation:
            told.problem("/shelly does not tell a generation; is it a Shelly?")
            return
        self._generation = generation
        read_all(told, found)
        (gen1.facts if generation == 1 else gen2.facts)(told, found)

    def _learn(self, found: Mapping[str, Any]) -> None:
        for key in found:
            kind, _, id_ = key.partition(":")
            if not id_.isdigit():
                continue
            if kind in ("thermostat", "blutrv"):
                self._components[gen2.numbered("thermostat", int(id_))] = key
            elif kind in _METHODS:
                self._components[gen2.numbered("plug" if kind == "switch" else "light", int(id_))] = key

    # -- push, see drivers.http.push ---------------------------------------------------------------------------------

    def push_path(self) -> str:
        return "/rpc" if self._push and self._generation > 1 else ""

    def hello(self) -> str:
        return self._frames.hello()

    def pushed(self, frame: bytes) -> tuple[Heard, str]:
        found, told = as_object(frame), Told()
        gen2.understand(told, found)
        return told.heard(), self._frames.reply(found)

    # -- writing -----------------------------------------------------------------------------------------------------

    def commands(self, device: str, place: str) -> tuple[CommandSpec, ...]:
        stem = _stem(place)
        specs: tuple[CommandSpec, ...] = ()
        if stem in ("plug", "light"):
            specs += (CommandSpec(f"{device}.on", low=0, high=1, step=1, settle_ms=1_500),)
        if stem == "light":
            specs += (CommandSpec(f"{device}.brightness", low=1, high=100, step=1, settle_ms=3_000),)
        if stem == "thermostat":
            point = f"{device}.target_temperature"
            near = degrees.NEAR_C
            specs += (CommandSpec(point, low=_COLD, high=_WARM, step=0.5, settle_ms=5_000, tolerance=near),)
        return specs

    def write(self, place: str, quantity: str, value: Value) -> Ask:
        if quantity not in ("on", "brightness", "target_temperature"):
            raise Refused(f"a Shelly has no {quantity} to set")
        if self._generation == 1:
            return Ask("write", self._path(place, quantity, value))
        component, _, id_ = self._components.get(place, "").partition(":")
        if not component:
            raise Refused(f"the device has no {place} that can be set")
        return _rpc(*_call(component, int(id_), quantity, value))

    def _path(self, place: str, quantity: str, value: Value) -> str:
        stem, index = _stem(place), _index(place)
        if quantity == "target_temperature":
            wanted = wanted_number(value, _COLD, _WARM)
            return f"/thermostat/{index}?target_t={degrees.wired(wanted, place in self._fahrenheit)}"
        if stem not in ("plug", "light"):
            raise Refused(f"the device has no {place} that can be set")
        base = "relay" if stem == "plug" else "light"
        if quantity == "on":
            return f"/{base}/{index}?turn={'on' if wanted_switch(value) else 'off'}"
        figure = "gain" if self._mode == "color" else "brightness"
        return f"/{base}/{index}?{figure}={wanted_number(value, 1, 100):.0f}"

    def taken(self, ask: Ask, body: bytes) -> None:
        if error := gen2.error_of(as_object(body)):
            raise Refused(error)


class _Either(Login):
    """Whichever of the two ways the device asks for."""

    def __init__(self, user: str, password: str) -> None:
        self._password = password
        self._basic, self._digest = basic(user, password), Digest(user, password)
        self._chosen: Login = Login()

    def headers(self, method: str, path: str) -> Mapping[str, str]:
        return self._chosen.headers(method, path)

    def challenged(self, status: int, headers: Mapping[str, str]) -> bool:
        if not self._password:
            return False
        if self._digest.challenged(status, headers):
            self._chosen = self._digest
            return True
        first = self._chosen is not self._basic
        asked = status == 401 and headers.get("www-authenticate", "").lower().startswith("basic")
        self._chosen = self._basic if asked else self._chosen
        return asked and first


def _call(component: str, id_: int, quantity: str, value: Value) -> tuple[str, dict[str, object]]:
    """The RPC method and its parameters."""
    if quantity == "target_temperature":
        wanted = wanted_number(value, _COLD, _WARM)
        if component == "blutrv":
            return "BluTrv.Call", {"id": id_, "method": "Trv.SetTarget", "params": {"id": 0, "target_C": wanted}}
        if component == "thermostat":
            return "Thermostat.SetConfig", {"id": id_, "config": {"id": id_, "target_C": wanted}}
    elif quantity == "on" and component in _METHODS:
        return f"{_METHODS[component]}.Set", {"id": id_, "on": wanted_switch(value)}
    elif quantity == "brightness" and component in gen2.LIGHTS:
        return f"{_METHODS[component]}.Set", {"id": id_, "brightness": round(wanted_number(value, 1, 100))}
    raise Refused(f"a {component} has no {quantity} to set")


def _rpc(method: str, params: Mapping[str, object]) -> Ask:
    body = orjson.dumps({"id": 1, "src": "shems", "method": method, "params": params})
    return Ask("write", "/rpc", "POST", body, {"Content-Type": "application/json"})


def _stem(place: str) -> str:
    return place.partition("_")[0]


def _index(place: str) -> int:
    return int(place.partition("_")[2] or 1) - 1


# -- captures ---------------------------------------------------------------------------------------------------------

_GEN1_KEYS = ("relays", "meters", "emeters", "lights", "rollers", "thermostats", "wifi_sta", "ison", "type", "fw")
_ASKED = re.compile(r"([A-Za-z0-9]{1,20})\.GetStatus")
_GEN2_KEYS = ("sys", "gen", "methods", "src", "method", "apower", "output", "code")


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """Answers of a Shelly, or a dump that holds several under `shelly`, `settings` or `config`, and `status`."""
    return answers.decode(data, hints, _answer, _is_answer)


def _answer(body: bytes, name: str) -> Heard | Rejected:
    found, told = as_object(body), Told()
    if not found:
        return Rejected(0, "no JSON object")
    if isinstance(found.get("shelly"), Mapping):
        _dump(told, found)
    elif _is_gen1(found):
        gen1.understand(told, found)
    elif _is_answer(found):
        gen2.understand(told, found, _component_of(name, found))
    else:
        return Rejected(0, "no answer of a Shelly: none of its keys are known")
    return told.heard()


def _is_answer(found: object) -> bool:
    """Whether it has keys of any generation."""
    return isinstance(found, Mapping) and (
        _is_gen1(found)
        or isinstance(found.get("shelly"), Mapping)
        or any(key in found for key in ("id", *_GEN2_KEYS))
        or any(":" in key for key in found)
    )


def _dump(told: Told, found: Mapping[str, Any]) -> None:
    """Several answers kept in one file, each under its own key."""
    info, status = found["shelly"], found.get("status")
    for key, part in found.items():
        read_all(told, part, key)
    of_dump = Told()
    if isinstance(status, Mapping):
        if "gen" in info:
            gen2.understand(of_dump, status)
        else:
            settings = found.get("settings")
            gen1.understand(of_dump, status, isinstance(settings, Mapping) and settings.get("mode") == "roller")
    told.add(of_dump)
    (gen2.facts if "gen" in info else gen1.facts)(told, info)


def _is_gen1(found: Mapping[str, Any]) -> bool:
    single = "is_valid" in found and "power" in found
    return (single or any(key in found for key in _GEN1_KEYS)) and "gen" not in found and "src" not in found


def _component_of(name: str, found: Mapping[str, Any]) -> str:
    """`..._Cover.GetStatus.json` is of `cover:<id>`; "" where the name tells no component that is known."""
    asked = _ASKED.findall(name)
    result = found.get("result")
    id_ = (result if isinstance(result, Mapping) else found).get("id")
    if not asked or asked[-1].lower() not in gen2.KINDS or not isinstance(id_, int) or not 0 <= id_ < 100_000:
        return ""
    return f"{asked[-1].lower()}:{id_}"
