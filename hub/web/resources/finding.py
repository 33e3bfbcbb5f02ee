"""Looking for devices, taking one into the house and out again, and what its wire says."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from hub.errors import ConfigError, UserError
from hub.finding.adoption import Adoption
from hub.model import Role
from hub.model.found import Found
from hub.web.access import GUEST
from hub.web.problems import ProblemError, body, json_response
from hub.web.rooms import ROOMS, Rooms
from hub.web.schema import FoundDevice, FoundDevices


async def found(request: web.Request) -> web.Response:
    rooms = request.app[ROOMS]
    return json_response(_found(rooms, _adoption(rooms)))


async def look(request: web.Request) -> web.Response:
    rooms = request.app[ROOMS]
    asked = await body(request, addresses_=list)
    addresses = asked.get("addresses", [])
    if not all(isinstance(a, str) for a in addresses):
        raise ProblemError(
            400, "Bad addresses", "addresses are texts: a host, a network like 192.168.1.0/24", "addresses"
        )
    try:
        rooms.look(addresses)
    except UserError as e:
        raise ProblemError(400, "Bad addresses", str(e), "addresses") from None
    return json_response(_found(rooms, _adoption(rooms)), status=202)


async def add(request: web.Request) -> web.Response:
    rooms = request.app[ROOMS]
    asked = await body(request, id=str, role=str, driver=str, link=str, options_=dict, behind_=str)
    table: dict[str, Any] = dict(asked.get("options", {}))
    table |= {key: asked[key] for key in ("role", "driver", "link", "behind") if asked.get(key)}
    try:
        await _adoption(rooms).adopt(asked["id"], table, request[GUEST].user)
    except ConfigError as e:
        raise ProblemError(400, "This device cannot be taken in", str(e), _field(asked["id"], str(e))) from None
    return json_response({"id": asked["id"]}, status=202)


async def remove(request: web.Request) -> web.Response:
    rooms, id_ = request.app[ROOMS], request.match_info["id"]
    if id_ not in rooms.board.devices:
        raise ProblemError(404, "Unknown device", f"there is no device {id_!r}; see /api/v1/devices", "id")
    try:
        await _adoption(rooms).remove(id_)
    except UserError as e:
        raise ProblemError(409, "This device cannot be taken out here", str(e), "id") from None
    return web.Response(status=204)


async def raw(request: web.Request) -> web.Response:
    rooms, id_ = request.app[ROOMS], request.match_info["id"]
    if id_ not in rooms.board.devices:
        raise ProblemError(404, "Unknown device", f"there is no device {id_!r}; see /api/v1/devices", "id")
    readings = [{"code": r.code, "value": r.value, "unit": r.unit} for r in rooms.raw(id_)]
    return json_response({"id": id_, "readings": readings})


def _field(id_: str, said: str) -> str:
    """The field of the request that an error about `devices.<id>.<key>` is about."""
    key = re.search(rf"devices\.{re.escape(id_)}\.(\w+)", said)
    return key[1] if key else "id" if f"devices.{id_}" in said else "options"


def _adoption(rooms: Rooms) -> Adoption:
    if rooms.adoption is None:
        raise ProblemError(503, "Not possible now", "this hub takes in no devices")
    return rooms.adoption


def _found(rooms: Rooms, adoption: Adoption) -> FoundDevices:
    taken = set(rooms.board.devices)
    listed: list[FoundDevice] = []
    for device in adoption.found:
        name = _suggested(device, taken)
        taken.add(name)
        listed.append(_shown(rooms, device, name))
    return {
        "searching": adoption.searching,
        "since": adoption.searched,
        "looking": list(adoption.looking),
        "until": adoption.until,
        "devices": listed,
    }


def _shown(rooms: Rooms, f: Found, suggested: str) -> FoundDevice:
    return {
        "driver": f.driver,
        "link": f.link,
        "roles": [r.value for r in f.roles],
        "vendor": f.vendor,
        "model": f.model,
        "serial": f.serial,
        "firmware": f.firmware,
        "options": {k: v for k, v in f.options.items() if isinstance(v, bool | int | float | str)},
        "how": f.how,
        "certain": f.certain,
        "needs": list(f.needs),
        "suggested": suggested,
        "adopted": _known(rooms, f),
    }


_TELLING = ("topic", "unit", "charge_point", "channel", "device")
"""Options that tell the devices of one link apart; the rest is how a device is read."""


def _known(rooms: Rooms, f: Found) -> str:
    """The device of the house that this is: by its serial number, else by its place on the link."""
    by_serial = (d.id for d in rooms.board.devices.values() if f.serial and d.serial == f.serial)
    named = {key: value for key, value in f.options.items() if key in _TELLING}
    by_place = (
        s.id
        for s in rooms.site.devices
        if (s.driver, s.link) == (f.driver, f.link)
        and all(s.options.get(key, s.id if key == "topic" else value) == value for key, value in named.items())
    )
    return next(by_serial, "") or next(by_place, "")


_WORDS = {Role.CHARGER: "wallbox", Role.INVERTER: "inverter"}


def _suggested(f: Found, taken: set[str]) -> str:
    """An id in the house's way: what it is, and a number from the second on."""
    base = _WORDS.get(f.roles[0], f.roles[0].value) if f.roles else "device"
    n = 1
    while (name := base if n == 1 else f"{base}_{n}") in taken:
        n += 1
    return name


ROUTES = (
    ("GET", "/found", found),
    ("POST", "/found", look),
    ("POST", "/devices", add),
    ("DELETE", "/devices/{id}", remove),
    ("GET", "/devices/{id}/raw", raw),
)
