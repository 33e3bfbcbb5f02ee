"""powerfox poweropti: JSON of the local interface and of the cloud, to readings and points of the grid meter.

Source: powerfox, "Kunden-API 2.0" and the local interface of the poweropti+ (`/value`: OBIS codes in W and Wh).
The cloud's counters are in Wh, or in kWh when the request said `unit=kwh`: the answer does not tell, so no points.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivers.http import answers
from drivers.http.ask import Ask
from drivers.http.login import Fixed, Login
from drivers.http.standstill import Standstill
from drivers.json.options import Options
from drivers.json.told import Told, as_json, as_number, leaves, under
from hub.errors import Refused
from hub.model import CommandSpec, Value
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard, Rejected

_OBIS = {
    "1.8.0": ("energy_import", "Wh"),
    "2.8.0": ("energy_export", "Wh"),
    "1.8.1": ("energy_import_t1", "Wh"),
    "1.8.2": ("energy_import_t2", "Wh"),
    "2.8.1": ("energy_export_t1", "Wh"),
    "2.8.2": ("energy_export_t2", "Wh"),
}
_POWERS = {"16.7.0": "", "1.7.0": "_plus", "2.7.0": "_minus"}
_STILL = 10
_COUNTERS = ("A_Plus", "A_Minus", "A_Plus_HT", "A_Plus_NT")


def make(options: Options) -> Powerfox:
    """Option `password`: the key of the local interface, from powerfox's app."""
    return Powerfox(options.need("password", "give the key of the local interface, from powerfox's app"))


class Powerfox:
    """The local interface of a poweropti+."""

    places: tuple[str, ...] = ("grid",)
    also: Mapping[str, tuple[str, ...]] = {"meter": ("grid",)}
    period_s = 2.0

    def __init__(self, key: str) -> None:
        self._login = Fixed("X-API-KEY", key)
        self._still = Standstill(_STILL)

    def login(self) -> Login:
        return self._login

    def expected(self, place: str) -> tuple[str, ...]:
        return ("power", "energy_import", "energy_export")

    def asks(self) -> tuple[Ask, ...]:
        return (Ask("value", "/value"),)

    def read(self, name: str, body: bytes) -> Heard:
        found = understand(body)
        return self._still.pass_on(found) if isinstance(found, Heard) else Heard(problems=(found.reason,))

    def commands(self, device: str, place: str) -> tuple[CommandSpec, ...]:
        return ()

    def write(self, place: str, quantity: str, value: Value) -> Ask:
        raise Refused(f"{quantity}: a meter can only be read")

    def taken(self, ask: Ask, body: bytes) -> None:
        return None


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """Answers of the local interface or of the cloud."""
    return answers.decode(data, hints, lambda body, _: understand(body), _is_answer)


def _is_answer(found: object) -> bool:
    """Whether what stands in a list is an answer by itself, and not one of the cloud's devices."""
    return isinstance(found, dict) and (isinstance(found.get("values"), list) or "Watt" in found or "Outdated" in found)


def understand(body: bytes) -> Heard | Rejected:
    found = as_json(body)
    if not isinstance(found, dict | list):
        return Rejected(0, "neither a JSON object nor a list" if body.strip() else "empty")
    if isinstance(found, dict) and "StatusCode" in found:
        return Rejected(0, f"an error instead of an answer: {str(found['StatusCode'])[:20]}")
    told = Told()
    told.fact("vendor", "powerfox")
    values = under(found, "values")
    if isinstance(found, dict) and isinstance(values, list):
        _local(told, found, values)
    else:
        _cloud(told, found)
    return told.heard()


def _local(told: Told, found: dict[str, Any], values: list[Any]) -> None:
    told.time = _ms(found.get("timestamp"))
    powers: dict[str, float] = {}
    for one in values:
        code, number = str(under(one, "obis")), as_number(under(one, "value"))
        if number is None:
            continue
        name, unit = _OBIS.get(code, ("", "W" if code in _POWERS else ""))
        told.reading(code, number, unit)
        if name:
            told.point("grid", name, number)
        if code in _POWERS:
            powers[code] = number
    signed = powers.get("16.7.0")
    if signed is None and "1.7.0" in powers:
        signed = powers["1.7.0"] - powers.get("2.7.0", 0.0)
    told.point("grid", "power", signed)


def _cloud(told: Told, found: dict[str, Any] | list[Any]) -> None:
    for path, key, value in leaves(found):
        told.reading(path or "?", value, {"Watt": "W", "CubicMeter": "m3", "DeltaCubicMeter": "m3"}.get(key, ""))
    if not isinstance(found, dict):
        return
    told.time = _ms(found.get("Timestamp"))
    if found.get("Outdated") is True:
        told.problem("Outdated: the meter has sent nothing for some time; no point is made")
        return
    told.point("grid", "power", as_number(found.get("Watt")))
    if any(as_number(found.get(key)) for key in _COUNTERS):
        told.problem("the counters are in Wh or kWh, by what was asked for; no point is made of them")


def _ms(stamp: object) -> int | None:
    number = as_number(stamp)
    return int(number * 1000) if number is not None and 0 < number < 1e11 else None
