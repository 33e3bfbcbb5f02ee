"""Enphase Envoy (IQ Gateway): what to ask which firmware, and with which login.

From firmware 7 on a token is needed (entrez.enphaseenergy.com, valid for a year for owners); it opens a session at
`/auth/check_jwt`, whose cookie the later answers want. Before 7 most is open, and the rest takes HTTP digest with the
user `envoy` and the last six digits of the serial number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from drivers.http import answers
from drivers.http.ask import Ask
from drivers.http.digest import Digest
from drivers.http.enphase_codec import is_answer, understand
from drivers.http.enphase_meters import STORAGE, meters_in_use
from drivers.http.login import Login
from drivers.http.standstill import Standstill
from drivers.json.options import Options
from drivers.json.told import as_json, as_object
from hub.errors import Refused
from hub.model import CommandSpec, Value
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard, Rejected

_VERSION = re.compile(r"(\d+)\.(\d+)")
_NEW = (7, 0)
_STILL = 30
"""Passes: a meter's stamp moves once a second, and the readings are asked for every two."""


def make(options: Options) -> Enphase:
    """Options `token` (firmware 7 and later), or `user` and `password` (before)."""
    token = options.text("token")
    user, password = options.text("user", "envoy"), options.text("password")
    if token and password:
        raise options.error("password", "is for firmware before 7, token for 7 and later; leave one out")
    return Enphase(Token(token) if token else Digest(user, password) if password else Login())


class Token(Login):
    """A bearer token, and the session that the Envoy makes of it."""

    def __init__(self, token: str) -> None:
        self._headers = {"Authorization": f"Bearer {token}"}
        self._open = False

    def opening(self) -> Ask | None:
        return None if self._open else Ask("check_jwt", "/auth/check_jwt", headers=self._headers)

    def opened(self, body: bytes) -> None:
        if b"Valid token" not in body:
            raise Refused("the Envoy does not accept the token; get a new one at entrez.enphaseenergy.com")
        self._open = True

    def headers(self, method: str, path: str) -> Mapping[str, str]:
        return self._headers

    def challenged(self, status: int, headers: Mapping[str, str]) -> bool:
        """A session ends now and then; it is opened once more. The session itself tries only once."""
        self._open = False
        return status == 401


class Enphase:
    """Remembers firmware and meters: readings of meters mean nothing without the list of what they measure.

    Beside Encharge batteries an AC Battery is `battery_2`.
    """

    places: tuple[str, ...] = ("inverter", "grid", "battery")
    also: Mapping[str, tuple[str, ...]] = {"meter": ("grid",)}
    period_s = 2.0

    def __init__(self, login: Login) -> None:
        self._login = login
        self._firmware: tuple[int, int] | None = None
        self._meters: dict[int, str] | None = None
        self._source = "summary"
        self._encharge = False
        self._still = Standstill(_STILL)

    def login(self) -> Login:
        return self._login

    def expected(self, place: str) -> tuple[str, ...]:
        return ("power",) if place in ("inverter", "grid") else ()

    def asks(self) -> tuple[Ask, ...]:
        """`/info` first, which every firmware answers without a login."""
        if self._firmware is None:
            return (Ask("info", "/info"),)
        if self._firmware < (3, 9):
            return (Ask("production", "/production"),)
        if self._firmware < (4, 0):
            return (Ask("api_v1_production", "/api/v1/production"),)
        asks = [
            Ask("production.json", "/production.json?details=1"),
            Ask("ivp_meters", "/ivp/meters", every_s=300, optional=True),
        ]
        if self._source == "summary":
            asks.append(Ask("api_v1_production", "/api/v1/production", optional=True))
        if self._meters:
            asks.append(Ask("ivp_meters_readings", "/ivp/meters/readings", optional=True))
        if self._firmware >= _NEW:
            asks.append(Ask("ivp_ensemble_secctrl", "/ivp/ensemble/secctrl", every_s=5, optional=True))
        if self._encharge:
            asks.append(Ask("ivp_ensemble_power", "/ivp/ensemble/power", optional=True))
        return tuple(asks)

    def read(self, name: str, body: bytes) -> Heard:
        found = understand(body, name, self._meters)
        if not isinstance(found, Heard):
            return Heard(problems=(f"{name}: {found.reason}",))
        self._learn(name, body, found)
        if name == "ivp_meters_readings":
            found = self._still.pass_on(found)
        return self._chosen(name, found)

    def commands(self, device: str, place: str) -> tuple[CommandSpec, ...]:
        return ()

    def write(self, place: str, quantity: str, value: Value) -> Ask:
        raise Refused(f"{quantity}: an Envoy is only read")

    def taken(self, ask: Ask, body: bytes) -> None:
        return None

    def _learn(self, name: str, body: bytes, found: Heard) -> None:
        if name == "info":
            version = _VERSION.search(found.device.get("firmware", ""))
            self._firmware = (int(version[1]), int(version[2])) if version else _NEW
        elif name == "ivp_meters":
            self._meters = meters_in_use(as_json(body))
        elif name == "production.json":
            self._source = _source(as_object(body))
        elif name == "ivp_ensemble_secctrl":
            self._encharge = "battery.capacity" in found.points

    def _chosen(self, name: str, found: Heard) -> Heard:
        """One source for each point: the meters before the production page, that before the summary."""
        read_by_meters = set((self._meters or {}).values())
        if name == "ivp_meters_readings" and self._source != "meter":
            return _without(found, ("inverter.",))
        if name == "production.json":
            metered = self._source == "meter" and "production" in read_by_meters
            left = ["inverter."] if self._source == "summary" or metered else []
            left += ["grid."] if "net-consumption" in read_by_meters else []
            return _without(_as_second_battery(found) if self._encharge else found, tuple(left))
        if name == "ivp_ensemble_power" and STORAGE in read_by_meters:
            return _without(found, ("battery.power",))
        return found


def _source(page: Mapping[str, Any]) -> str:
    """Who knows the production by `production.json`: its meter; the inverters' sum, minutes old, where that meter has
    no clamps (the summary then shows its noise); or the summary, where there is no meter.
    """
    listed = page.get("production")
    meters = [m for m in listed if isinstance(m, dict) and m.get("type") == "eim"] if isinstance(listed, list) else []
    return "meter" if any(m.get("activeCount") for m in meters) else "sum" if meters else "summary"


def _without(found: Heard, left_out: tuple[str, ...]) -> Heard:
    if not left_out:
        return found
    points = {name: value for name, value in found.points.items() if not name.startswith(left_out)}
    aged = {name: at for name, at in found.aged.items() if name in points}
    return Heard(found.readings, points, found.device, found.time, aged, found.problems, found.offset)


def _as_second_battery(found: Heard) -> Heard:
    """An AC Battery beside Encharges is the second one, as `/ivp/ensemble/secctrl` has it."""
    points = {
        f"battery_2{name.removeprefix('battery')}" if name.startswith("battery.") else name: value
        for name, value in found.points.items()
    }
    return Heard(found.readings, points, found.device, found.time, found.aged, found.problems, found.offset)


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """Answers of any end point; the capture's name helps where two look alike (`..._ivp_meters_gridReading`)."""
    return answers.decode(data, hints, _Reader().understand, is_answer)


class _Reader:
    """Remembers what the capture has told of the meters."""

    def __init__(self) -> None:
        self._meters: dict[int, str] | None = None

    def understand(self, body: bytes, name: str) -> Heard | Rejected:
        found = as_json(body)
        if isinstance(found, list) and found and isinstance(found[0], dict) and "measurementType" in found[0]:
            self._meters = meters_in_use(found)
        return understand(body, name, self._meters)
