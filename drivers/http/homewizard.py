"""HomeWizard P1 dongle, kWh meters, sockets, water meter and battery.

Over http the v1 interface, which its owner switches on in the app; over https v2, with a token that the device gives
when its button is pressed. A v2 device has a certificate of the maker: `ca`, `fingerprint` or `insecure` says whom to
believe.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from drivers.http import answers
from drivers.http.ask import Ask
from drivers.http.homewizard_codec import HOME, is_answer, place_of, product_in, understand, unframed
from drivers.http.login import Login, bearer
from drivers.json.options import Options
from drivers.json.told import Told, as_object
from drivers.json.wish import wanted_switch
from hub.errors import Refused
from hub.model import CommandSpec, Value
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard, Rejected

_V2 = {"X-Api-Version": "2"}
_TELEGRAM = re.compile(rb"\s*/[A-Za-z]{3}[^\r\n]{0,80}\r?\n")
_INFO_S, _SYSTEM_S = 600.0, 60.0


def make(options: Options) -> HomeWizard:
    """Options `token` (v2) and `timezone` (of the stamps of gas and water meters)."""
    zone = options.text("timezone", HOME)
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise options.error("timezone", f"{zone!r} is not known; write one like Europe/Amsterdam") from None
    return HomeWizard(options.text("token"), zone)


class HomeWizard:
    """Remembers which product it is, and whether the socket's switch is locked. With a token it speaks v2."""

    places: tuple[str, ...] = ("grid", "meter", "plug", "battery")
    also: Mapping[str, tuple[str, ...]] = {
        "grid": ("meter",),
        "meter": ("grid", "plug"),
        "inverter": ("meter", "plug"),
        "battery": ("meter", "plug"),
        "heatpump": ("meter", "plug"),
        "charger": ("meter", "plug"),
        "sensor": ("meter",),
    }
    period_s = 1.0

    def __init__(self, token: str, zone: str) -> None:
        self._token = token
        self._zone = zone
        self._product = ""
        self._locked = False

    def login(self) -> Login:
        return bearer(self._token)

    def expected(self, place: str) -> tuple[str, ...]:
        return {"plug": ("on", "power"), "grid": ("power",), "battery": ("power", "soc")}.get(place, ())

    def asks(self) -> tuple[Ask, ...]:
        headers = _V2 if self._token else {}
        info = Ask("api", "/api", headers=headers, every_s=_INFO_S if self._product else 0)
        if not self._product:
            return (info,)
        if self._token:
            measured = Ask("measurement", "/api/measurement", headers=headers)
            return (
                measured,
                Ask("system", "/api/system", headers=headers, every_s=_SYSTEM_S, optional=True),
                *((Ask("batteries", "/api/batteries", headers=headers, optional=True),) * self._may_lead),
                info,
            )
        measured = Ask("data", "/api/v1/data")
        state = Ask("state", "/api/v1/state", every_s=2, optional=True)
        return (measured, state, info) if place_of(self._product) == "plug" else (measured, info)

    @property
    def _may_lead(self) -> bool:
        """A P1 dongle leads the batteries of the house."""
        return self._product == "HWE-P1"

    def read(self, name: str, body: bytes) -> Heard:
        found, told = as_object(body), Told()
        if not found:
            told.problem("the answer is no JSON object")
            return told.heard()
        if name == "api":
            self._product = str(found.get("product_type", ""))
            if not self._product:
                told.problem("/api does not tell a product; is it a HomeWizard?")
        if isinstance(found.get("switch_lock"), bool):
            self._locked = found["switch_lock"]
        understand(told, found, self._product, self._zone)
        return told.heard()

    def commands(self, device: str, place: str) -> tuple[CommandSpec, ...]:
        return (CommandSpec(f"{device}.on", low=0, high=1, step=1, settle_ms=1_500),) if place == "plug" else ()

    def write(self, place: str, quantity: str, value: Value) -> Ask:
        if (place, quantity) != ("plug", "on"):
            raise Refused(f"a HomeWizard has no {quantity} to set")
        if self._locked:
            raise Refused("its switch lock is on; take it off in the maker's app")
        body = orjson.dumps({"power_on": wanted_switch(value)})
        return Ask("state", "/api/v1/state", "PUT", body, {"Content-Type": "application/json"})

    def taken(self, ask: Ask, body: bytes) -> None:
        if "error" in as_object(body):
            raise Refused("the socket did not take it")


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """Answers. `hints.name` may hold the product type, as HWE-SKT: some products' answers do not tell it."""
    return answers.decode(data, hints, _Reader(hints.zone or HOME).understand, _is_answer)


class _Reader:
    """Remembers the product that the capture has told."""

    def __init__(self, zone: str) -> None:
        self._product = ""
        self._zone = zone

    def understand(self, body: bytes, name: str) -> Heard | Rejected:
        found, told = unframed(as_object(body)), Told()
        if _TELEGRAM.match(body):
            return Rejected(0, "a telegram of the meter as it is (/api/v1/telegram): its format is p1")
        if not is_answer(found):
            return Rejected(0, "no answer of a HomeWizard: none of its keys are known")
        understand(told, found, product_in(name) or self._product, self._zone)
        if isinstance(product := found.get("product_type"), str):
            self._product = product
        return told.heard()


def _is_answer(found: object) -> bool:
    return isinstance(found, Mapping) and is_answer(unframed(found))
