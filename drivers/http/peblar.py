"""Peblar chargers by their local REST API; it has to be switched on in the charger's pages, with writing allowed.

The current limit is volatile: after a restart the charger has its own again. 0 pauses. One phase or all is a switch.
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from drivers.http import answers
from drivers.http.ask import Ask
from drivers.http.login import Fixed, Login
from drivers.http.peblar_codec import PLACE, is_answer, understand
from drivers.json.options import Options
from drivers.json.told import as_number, as_object
from hub.errors import Refused
from hub.model import CommandSpec, Value
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard

_API = "/api/wlac/v1"
_LEAST_A, _MOST_A = 6.0, 32.0


def make(options: Options) -> Peblar:
    """Options `token` (made in the charger's pages) and `max_a` (what its line carries, A)."""
    token = options.need("token", "make one in the charger's pages, under the local REST API")
    return Peblar(token, options.number("max_a", _MOST_A, _LEAST_A, _MOST_A))


class Peblar:
    """Remembers how many phases it is wired with, and whether it may switch; not offered before it tells of them."""

    places: tuple[str, ...] = (PLACE,)
    also: Mapping[str, tuple[str, ...]] = {}
    period_s = 1.0

    def __init__(self, token: str, max_a: float) -> None:
        self._login = Fixed("Authorization", token)
        self._max_a = max_a
        self._phases: int | None = None
        self._may_switch = False
        self._tells_phases = False
        self._writable = True

    def login(self) -> Login:
        return self._login

    def expected(self, place: str) -> tuple[str, ...]:
        return ("power", "energy", "current_limit", "status")

    def asks(self) -> tuple[Ask, ...]:
        return (
            Ask("evinterface", f"{_API}/evinterface"),
            Ask("meter", f"{_API}/meter"),
            Ask("system", f"{_API}/system", every_s=60, optional=True),
            Ask("health", f"{_API}/health", every_s=300, optional=True),
        )

    def read(self, name: str, body: bytes) -> Heard:
        found = understand(body)
        if not isinstance(found, Heard):
            return Heard(problems=(f"{name}: {found.reason}",))
        said = as_object(body)
        if name == "system":
            count = as_number(said.get("PhaseCount"))
            self._phases = int(count) if count in (1, 3) else None
            self._may_switch = said.get("Force1PhaseAllowed") is True and count == 3
        elif name == "health":
            self._writable = said.get("AccessMode") != "ReadOnly"
        elif name == "evinterface":
            return self._with_phases(found, said.get("Force1Phase") is False)
        return found

    def _with_phases(self, found: Heard, all_of_them: bool) -> Heard:
        """How many all are, the answer to `system` has told: of the first pass that is the later one."""
        points = dict(found.points)
        if all_of_them and self._phases is not None:
            points[f"{PLACE}.phases"] = self._phases
        self._tells_phases = f"{PLACE}.phases" in points
        return Heard(found.readings, points, found.device, found.time, found.aged, found.problems)

    def commands(self, device: str, place: str) -> tuple[CommandSpec, ...]:
        if not self._writable:
            return ()
        limit = CommandSpec(f"{device}.current_limit", _LEAST_A, self._max_a, 1.0, settle_ms=3000)
        phases = CommandSpec(f"{device}.phases", 1.0, 3.0, 2.0, settle_ms=10_000, tolerance=0.5)
        return (limit, phases) if self._may_switch and self._tells_phases else (limit,)

    def write(self, place: str, quantity: str, value: Value) -> Ask:
        if quantity == "current_limit" and isinstance(value, int | float) and not isinstance(value, bool):
            if value != 0 and not _LEAST_A <= value <= self._max_a:
                raise Refused(f"current_limit: {value:g} A is not 0, nor from {_LEAST_A:g} to {self._max_a:g}")
            return _patch({"ChargeCurrentLimit": round(value * 1000)})
        if quantity == "phases" and value in (1, 3) and self._may_switch:
            return _patch({"Force1Phase": value == 1})
        raise Refused(f"{quantity}: this charger cannot be set to {value!r}")

    def taken(self, ask: Ask, body: bytes) -> None:
        """A 2xx is its yes; what it does then its next answer shows."""


def _patch(change: Mapping[str, object]) -> Ask:
    headers = {"Content-Type": "application/json"}
    return Ask("evinterface", f"{_API}/evinterface", "PATCH", orjson.dumps(change), headers)


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """Answers of the REST API or of the charger's own pages."""
    return answers.decode(data, hints, lambda body, _: understand(body), is_answer)
