"""Hoymiles micro-inverters behind an OpenDTU (or OpenDTU-OnBattery).

Source: OpenDTU, docs "Web API", and its `limit_type`: 0 = W, until the inverter restarts. Its answers since 2024 give
the figures of one inverter at a time (`?inv=`); before that, of all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from drivers.http import answers
from drivers.http.ask import Ask
from drivers.http.login import Login, basic
from drivers.json.options import Options
from drivers.json.told import Told, as_number, as_object, leaves, under
from drivers.json.wish import wanted_number
from hub.errors import Refused
from hub.model import CommandSpec, Value
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard, Rejected

_LIVE = "/api/livedata/status"
_AC = {"Power": "power", "ReactivePower": "reactive_power", "Frequency": "frequency", "PowerFactor": "power_factor",
       "Voltage": "voltage_l1", "Current": "current_l1", "YieldTotal": "energy"}  # fmt: skip
_THREE = {f"{key} {phase}": f"{name}_l{n}" for n, phase in enumerate(("Ph1-N", "Ph2-N", "Ph3-N"), 1)
          for key, name in (("Voltage", "voltage"),)} | {
    f"Current Ph{n}": f"current_l{n}" for n in (1, 2, 3)
}  # fmt: skip
_THREE_PHASE = ("1361", "1382")
"""How the serial numbers of the HMT series begin (4T and 6T): their `Voltage` is that between L1 and L2."""
_KILO = {"kWh": ("Wh", 1000.0), "kW": ("W", 1000.0), "°C": ("degC", 1.0)}
_OLDEST_S = 60.0
"""An inverter's figures that are older are no longer its present; OpenDTU asks it every 5 s."""
_AT_REST = ("power", "pv_power")
_NO_PERSISTENCE, _SETTLE_MS = 0, 10_000
_MOST_W = 5_000.0


def make(options: Options) -> OpenDtu:
    """Options `password` (of the web page; needed to set a limit) and `user` (admin)."""
    return OpenDtu(options.text("user", "admin"), options.text("password"))


class OpenDtu:
    """Remembers its inverters in their order, and what each can give."""

    places: tuple[str, ...] = ("inverter",)
    also: Mapping[str, tuple[str, ...]] = {}
    period_s = 2.0

    def __init__(self, user: str, password: str) -> None:
        self._login = basic(user, password)
        self._writable = bool(password)
        self._serials: tuple[str, ...] = ()
        self._most: dict[str, float] = {}

    def login(self) -> Login:
        return self._login

    def expected(self, place: str) -> tuple[str, ...]:
        """With the limit where it may be set, though an inverter that is not reached does not tell it."""
        return ("power", "energy", "connected", *(("power_limit",) if self._writable else ()))

    def asks(self) -> tuple[Ask, ...]:
        single = [Ask(serial, f"{_LIVE}?inv={quote(serial)}", optional=True) for serial in self._serials]
        return Ask("live", _LIVE), *single, Ask("limits", "/api/limit/status", every_s=60, optional=True)

    def read(self, name: str, body: bytes) -> Heard:
        found, told = as_object(body), Told()
        if name == "limits":
            self._limits(found)
            _read_all(told, found)
        elif isinstance(inverters := found.get("inverters"), list):
            if name == "live":
                self._serials = tuple(str(serial) for row in inverters if (serial := under(row, "serial")))
            understand(told, found, self._serials)
        else:
            told.problem("no answer of an OpenDTU: it has no inverters")
        return told.heard()

    def _limits(self, found: Mapping[str, Any]) -> None:
        for serial, row in found.items():
            most = as_number(under(row, "max_power"))
            if most:
                self._most[serial] = float(most)

    def commands(self, device: str, place: str) -> tuple[CommandSpec, ...]:
        """The limit is kept as tenths of a percent, so what is read back is a little off."""
        most = self._most.get(self._serial(place), _MOST_W)
        limit = CommandSpec(
            f"{device}.power_limit", low=0, high=most, step=1, settle_ms=_SETTLE_MS, tolerance=max(1.0, most / 200)
        )
        return (limit,) if self._writable else ()

    def _serial(self, place: str) -> str:
        index = int(place.partition("_")[2] or 1) - 1
        return self._serials[index] if index < len(self._serials) else ""

    def write(self, place: str, quantity: str, value: Value) -> Ask:
        serial = self._serial(place)
        if quantity != "power_limit" or not serial:
            raise Refused(f"there is no {quantity} of {place} to set")
        watts = wanted_number(value, 0, self._most.get(serial, _MOST_W))
        wish = {"serial": serial, "limit_type": _NO_PERSISTENCE, "limit_value": round(watts, 1)}
        body = urlencode({"data": orjson.dumps(wish).decode()}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return Ask("write", "/api/limit/config", "POST", body, headers)

    def taken(self, ask: Ask, body: bytes) -> None:
        answer = as_object(body)
        if answer.get("type") != "success":
            raise Refused(f"OpenDTU did not take the limit: {str(answer.get('message', 'no reason told'))[:120]}")


def understand(told: Told, found: Mapping[str, Any], serials: tuple[str, ...] = ()) -> None:
    """`serials`: the inverters in the order of their places; the answer's own order where it is empty."""
    _read_all(told, found)
    rows = [row for row in found["inverters"] if isinstance(row, Mapping)]
    order = serials or tuple(str(row.get("serial")) for row in rows)
    for row in rows:
        serial = str(row.get("serial"))
        n = order.index(serial) + 1 if serial in order else len(order) + 1
        _inverter(told, "inverter" if n == 1 else f"inverter_{n}", row)
    if len(rows) == 1:
        told.fact("vendor", "Hoymiles")
        told.fact("serial", rows[0].get("serial"))


def _inverter(told: Told, place: str, row: Mapping[str, Any]) -> None:
    reachable = _truth(row.get("reachable"))
    told.point(place, "connected", reachable)
    limit = as_number(row.get("limit_absolute"))
    if limit is not None and limit >= 0 and reachable:
        told.point(place, "power_limit", limit)
    age = as_number(row.get("data_age"))
    ac = under(row, "AC", "0")
    if not isinstance(ac, Mapping):
        return
    if _at_rest(row, ac):
        told.point(place, "status", "off")
        for name in _AT_REST:
            told.point(place, name, 0.0)
        return
    if not reachable or (age is not None and age > _OLDEST_S):
        told.problem(f"{place} is not reached by radio, so its figures are old")
        return
    told.point(place, "status", "running" if _truth(row.get("producing")) else "idle")
    of_phases = str(row.get("serial")).startswith(_THREE_PHASE)
    for key, name in {**_AC, **_THREE}.items():
        if key == "Voltage" and of_phases:
            continue
        _figure(told, place, name, ac.get(key))
    rest = under(row, "INV", "0")
    _figure(told, place, "pv_power", under(rest, "Power DC") or ac.get("Power DC"))
    _figure(told, place, "temperature", under(rest, "Temperature"))
    if not told.has(f"{place}.energy"):
        _figure(told, place, "energy", under(rest, "YieldTotal"))


def _at_rest(row: Mapping[str, Any], ac: Mapping[str, Any]) -> bool:
    """Out of reach, and OpenDTU says that it was not producing when it was heard last, or that it is not asked now.

    A micro-inverter lives on its panels: at night it is gone, after its power has come down to 0. `producing` is true
    while the last power was above that (OpenDTU, InverterAbstract::isProducing), so that one which the radio has lost
    by day is none of these; nor is one that was never heard since OpenDTU started: its counter is 0.
    """
    gone = row.get("reachable") in (False, 0) and row.get("producing") in (False, 0)
    counters = (as_number(under(part, "YieldTotal", "v")) for part in (under(row, "INV", "0"), ac))
    return gone and any(counters)


def _figure(told: Told, place: str, name: str, found: object) -> None:
    """{"v": 12.3, "u": "kWh"}; a counter of 0 is one that is not known yet."""
    value = as_number(under(found, "v"))
    if value is None or (name == "energy" and value == 0):
        return
    told.point(place, name, value, _KILO.get(str(under(found, "u")), ("", 1.0))[1])


def _truth(raw: object) -> bool:
    return raw is True or raw == 1


def _read_all(told: Told, found: Mapping[str, Any]) -> None:
    """`v` and `u` of one figure are one reading."""
    units = {path[:-2]: value for path, key, value in leaves(found) if key == "u" and path.endswith(".u")}
    for path, key, value in leaves(found):
        if key == "v" and (unit := units.get(path[:-2])) is not None:
            base, factor = _KILO.get(str(unit), (str(unit), 1.0))
            told.reading(path[:-2], value, base, 1.0 if isinstance(value, str | bool) else factor)
        elif not (key in ("u", "d") and path[:-2] in units):
            told.reading(path, value, {"data_age": "s", "limit_relative": "%", "limit_absolute": "W"}.get(key, ""))


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """Answers of /api/livedata/status, of one inverter or all."""
    return answers.decode(data, hints, _answer, _is_answer)


def _answer(body: bytes, name: str) -> Heard | Rejected:
    found, told = as_object(body), Told()
    if not _is_answer(found):
        return Rejected(0, "no answer of an OpenDTU: it has no inverters")
    understand(told, found)
    return told.heard()


def _is_answer(found: object) -> bool:
    return isinstance(found, Mapping) and isinstance(found.get("inverters"), list)
