"""The control interface over HTTP: true state of the devices, faults, and the forces of the world."""

import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime

from aiohttp import web
from aiohttp.typedefs import Handler

from .device import Device, View
from .fault import Kind
from .physics.world import World
from .wiring import Mistake

HOUSE: web.AppKey["House"] = web.AppKey("house")


class Bad(Exception):
    """The request makes no sense; the text is for the person who sent it."""


class House:
    def __init__(self, world: World, view: View, devices: Mapping[str, Device]) -> None:
        self.world = world
        self.view = view
        self.devices = devices


def build(house: House) -> web.Application:
    app = web.Application(middlewares=[_errors])
    app[HOUSE] = house
    app.router.add_get("/devices", _get_devices)
    app.router.add_post("/devices/{id}/fault", _post_fault)
    app.router.add_get("/wiring", _get_wiring)
    app.router.add_post("/wiring", _post_wiring)
    app.router.add_get("/world", _get_world)
    app.router.add_post("/world", _post_world)
    return app


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Bad as bad:
        return web.json_response({"error": str(bad)}, status=400)
    except web.HTTPClientError as error:
        return web.json_response({"error": error.text or error.reason}, status=error.status)


async def _get_devices(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    devices = {
        name: device.truth() | {"reads": device.reads, "writes": device.writes, "fault": device.fault.kind}
        for name, device in house.devices.items()
    }
    return web.json_response({"t": house.view.snapshot.t_ms, "devices": devices})


async def _post_fault(request: web.Request) -> web.Response:
    device = request.app[HOUSE].devices.get(request.match_info["id"])
    if device is None:
        raise web.HTTPNotFound(text=f"no device {request.match_info['id']!r}")
    body = await _body(request)
    _only(body, {"kind", "for_s"})
    kind, for_s = body.get("kind"), body.get("for_s")
    if not isinstance(kind, str) or kind not in set(Kind):
        raise Bad(f"kind must be one of {', '.join(Kind)}")
    if for_s is not None and _number("for_s", for_s) <= 0:
        raise Bad("for_s must be above 0")
    device.set_fault(Kind(kind), None if for_s is None else _number("for_s", for_s))
    return web.json_response({"id": device.name, "kind": kind, "for_s": for_s})


async def _get_wiring(request: web.Request) -> web.Response:
    mistakes = request.app[HOUSE].view.wiring.mistakes
    return web.json_response({"mistakes": sorted(mistakes), "known": list(Mistake)})


async def _post_wiring(request: web.Request) -> web.Response:
    """The mistakes that the electrician has made, all others undone."""
    body = await _body(request)
    _only(body, {"mistakes"})
    named = body.get("mistakes")
    if not isinstance(named, list) or not all(isinstance(m, str) and m in set(Mistake) for m in named):
        raise Bad(f"mistakes must be a list of some of {', '.join(Mistake)}")
    request.app[HOUSE].view.wiring.mistakes = {Mistake(m) for m in named}
    return await _get_wiring(request)


async def _get_world(request: web.Request) -> web.Response:
    return web.json_response(_describe(request.app[HOUSE]))


async def _post_world(request: web.Request) -> web.Response:
    """Take all or nothing."""
    house, body = request.app[HOUSE], await _body(request)
    _only(body, set(FORCES))
    actions = [FORCES[name](name, value) for name, value in body.items()]
    for act in actions:
        act(house.world)
    house.view.snapshot = house.world.snapshot()
    return web.json_response(_describe(house))


def _describe(house: House) -> dict[str, object]:
    world, forced = house.world, house.world.overrides
    return {
        "t": world.t_ms,
        "irradiance": world.irradiance,
        "base_load_w": sum(world.base),
        "outside_c": world.heatpump.outside_c,
        "price": forced.price,
        "ev_present": {"keba": world.keba.present, "heidelberg": world.heidelberg.present},
        "forced": {
            "irradiance": forced.irradiance,
            "load_w": forced.load_w,
            "outside_c": forced.outside_c,
            "voltage": forced.voltage,
            "price": forced.price,
        },
    }


async def _body(request: web.Request) -> dict[str, object]:
    try:
        body = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise Bad("the body is not JSON") from None
    if not isinstance(body, dict):
        raise Bad("the body must be a JSON object")
    return body


def _only(body: dict[str, object], known: set[str]) -> None:
    strange = sorted(set(body) - known)
    if strange:
        raise Bad(f"unknown: {', '.join(strange)}; known: {', '.join(sorted(known))}")


def _number(name: str, value: object, low: float = -math.inf, high: float = math.inf) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Bad(f"{name} must be a number")
    if not low <= value <= high:
        raise Bad(f"{name} must be from {low:g} to {high:g}")
    return float(value)


Act = Callable[[World], None]


def _override(low: float, high: float) -> Callable[[str, object], Act]:
    """A number that holds until null releases it."""

    def make(name: str, value: object) -> Act:
        number = None if value is None else _number(name, value, low, high)
        return lambda world: setattr(world.overrides, name, number)

    return make


def _once(low: float, high: float, put: Callable[[World, float], None]) -> Callable[[str, object], Act]:
    """A number that is set now and then lives on; null changes nothing."""

    def make(name: str, value: object) -> Act:
        if value is None:
            return lambda world: None
        number = _number(name, value, low, high)
        return lambda world: put(world, number)

    return make


def _clock(name: str, value: object) -> Act:
    """UTC milliseconds or an ISO date and time with offset."""
    if value is None:
        return lambda world: None
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise Bad("clock must be ISO 8601 or milliseconds") from None
        if moment.tzinfo is None:
            raise Bad("clock needs an offset such as Z")
        value = moment.timestamp() * 1000
    t_ms = int(_number(name, value, 0, 4e12))
    return lambda world: setattr(world, "t_ms", t_ms)


def _presence(name: str, value: object) -> Act:
    """One value for the car at the KEBA, or an object by charge point."""
    wanted: dict[str, bool | None] = {}
    for point, present in (value if isinstance(value, dict) else {"keba": value}).items():
        if point in ("keba", "heidelberg") and (present is None or isinstance(present, bool)):
            wanted[point] = present
        else:
            raise Bad(f"{name} must be true, false, null or an object of these for keba and heidelberg")

    def act(world: World) -> None:
        for point, present in wanted.items():
            evse = world.keba if point == "keba" else world.heidelberg
            evse.forced_present = present
            evse.present = evse.present if present is None else present

    return act


FORCES: dict[str, Callable[[str, object], Act]] = {
    "irradiance": _override(0, 1500),
    "load_w": _override(0, 50_000),
    "price": _override(-10, 10),
    "outside_c": _override(-40, 50),
    "voltage": _override(180, 270),
    "soc": _once(0, 100, World.set_soc),
    "ev_soc": _once(0, 100, lambda world, value: setattr(world.keba, "soc", value)),
    "heidelberg_phases": _once(1, 3, lambda world, value: setattr(world.heidelberg, "phases", 3 if value > 1 else 1)),
    "house_c": _once(0, 40, lambda world, value: setattr(world.heatpump, "house_c", value)),
    "tank_c": _once(5, 70, lambda world, value: setattr(world.heatpump, "tank_c", value)),
    "clock": _clock,
    "ev_present": _presence,
}
