"""Tesla Powerwall: the gateway's local API, read only. Places inverter (solar), grid (site) and battery.

The login opens a session with the gateway's own password (`/api/login/Basic`); its cookie the driver keeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import orjson

from drivers.http import answers
from drivers.http.ask import Ask
from drivers.http.login import Login
from drivers.http.powerwall_codec import is_answer, understand
from drivers.http.standstill import Standstill
from drivers.json.options import Options
from drivers.json.told import as_object
from hub.errors import Refused
from hub.model import CommandSpec, Value
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard

_STILL = 10


def make(options: Options) -> Powerwall:
    """Options `password` (the gateway's, at first the last five characters of the one on its label) and `email`."""
    password = options.need("password", "give the gateway's own password; it is on the label inside the door")
    return Powerwall(CustomerLogin(options.text("email", "customer@example.org"), password))


class CustomerLogin(Login):
    """The cookie of the session, and the token beside it that some firmwares want as a header."""

    def __init__(self, email: str, password: str) -> None:
        self._body = orjson.dumps({"username": "customer", "email": email, "password": password, "force_sm_off": False})
        self._token: str | None = None

    def opening(self) -> Ask | None:
        if self._token is not None:
            return None
        kind = {"Content-Type": "application/json"}
        return Ask("login", "/api/login/Basic", "POST", self._body, kind)

    def opened(self, body: bytes) -> None:
        token = as_object(body).get("token")
        if not isinstance(token, str) or not token:
            raise Refused("the gateway's login answers without a token")
        self._token = token

    def headers(self, method: str, path: str) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def challenged(self, status: int, headers: Mapping[str, str]) -> bool:
        """Sessions end after a day, and with each restart of the gateway."""
        ended, self._token = self._token is not None, None
        return ended


class Powerwall:
    """Aggregates each pass, the rest now and then."""

    places: tuple[str, ...] = ("inverter", "grid", "battery")
    also: Mapping[str, tuple[str, ...]] = {"meter": ("grid",)}
    period_s = 1.0

    def __init__(self, login: Login) -> None:
        self._login = login
        self._still = Standstill(_STILL)

    def login(self) -> Login:
        return self._login

    def expected(self, place: str) -> tuple[str, ...]:
        return ("power", "soc") if place == "battery" else ("power",)

    def asks(self) -> tuple[Ask, ...]:
        return (
            Ask("aggregates", "/api/meters/aggregates"),
            Ask("site", "/api/meters/site", optional=True),
            Ask("soe", "/api/system_status/soe", every_s=5),
            Ask("status", "/api/status", every_s=600, optional=True),
            Ask("system_status", "/api/system_status", every_s=5, optional=True),
            Ask("operation", "/api/operation", every_s=5, optional=True),
            Ask("grid_status", "/api/system_status/grid_status", every_s=5, optional=True),
        )

    def read(self, name: str, body: bytes) -> Heard:
        found = understand(body)
        if not isinstance(found, Heard):
            return Heard(problems=(f"{name}: {found.reason}",))
        if name == "site":
            return _phases(found)
        return self._still.pass_on(found) if name == "aggregates" else found

    def commands(self, device: str, place: str) -> tuple[CommandSpec, ...]:
        return ()

    def write(self, place: str, quantity: str, value: Value) -> Ask:
        raise Refused(f"{quantity}: a Powerwall is only read")

    def taken(self, ask: Ask, body: bytes) -> None:
        return None


def _phases(found: Heard) -> Heard:
    """What only the meter itself tells; the rest is in the aggregates, of the same moment for all places."""
    points = {point: value for point, value in found.points.items() if point.endswith(("_l1", "_l2", "_l3"))}
    return replace(found, points=points, time=None, aged={})


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """Answers of any end point."""
    return answers.decode(data, hints, lambda body, _: understand(body), is_answer)
