"""The answer of a SolaX data logger (Pocket WiFi, Pocket LAN) to readings and points. Pure, no I/O.

Source of the request and of the envelope: SolaX, "Pocket WiFi local API" as used by the public projects; the layout of
`Data` is in `solax_layouts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drivers.http.solax_layouts import BY_TYPE, Field, Layout, by_name
from drivers.json.told import Told, as_json, as_number
from hub.model.heard import Heard, Rejected

_METER = ("feedin_power", "feedin_energy", "consumed_energy")


def understand(body: bytes) -> Heard | Rejected:
    found = as_json(body)
    if found is None:
        found = as_json(_filled(body))
    if not isinstance(found, dict):
        return Rejected(0, "no JSON object" if body.strip() else "empty")
    answer = {str(key).lower(): value for key, value in found.items()}
    data = answer.get("data")
    if not isinstance(data, list):
        return Rejected(0, "an answer without the array Data")
    told = Told()
    _who(told, answer)
    layout = _layout(answer)
    if layout is None:
        told.problem(
            f"type {str(answer.get('type'))[:40]!r} is not known: what its {len(data)} values mean is not certain"
        )
        _leftover(told, data, ())
    else:
        _values(told, layout, data)
    return told.heard()


def is_answer(found: object) -> bool:
    return isinstance(found, Mapping) and any(
        key.lower() == "data" and isinstance(value, list) for key, value in found.items()
    )


def _filled(body: bytes) -> bytes:
    """The first inverters leave values out: `[1.0,,,2]`."""
    return body[:100_000].replace(b",,", b",0.0,").replace(b",,", b",0.0,")


def _layout(answer: Mapping[str, Any]) -> Layout | None:
    kind = answer.get("type")
    if isinstance(kind, str):
        return by_name(kind, oldest="method" in answer)
    return BY_TYPE.get(kind) if isinstance(kind, int) else None


def _who(told: Told, answer: Mapping[str, Any]) -> None:
    """`sn` is the logger's number; the inverter's stands in `Information`, after the model's name where it has one."""
    told.fact("vendor", "SolaX")
    kind, information = answer.get("type"), answer.get("information")
    known = BY_TYPE.get(kind) if isinstance(kind, int) else None
    told.fact("model", known.model if known else kind)
    told.fact("firmware", answer.get("ver") or answer.get("version"))
    texts = [v for v in information if isinstance(v, str) and v != kind] if isinstance(information, list) else []
    told.fact("serial", texts[0] if texts else answer.get("sn"))
    for key in ("type", "sn", "ver"):
        told.reading(key, answer.get(key))
    if isinstance(information, list):
        for n, value in enumerate(information):
            told.reading(f"information[{n}]", value)


def _values(told: Told, layout: Layout, data: Sequence[object]) -> None:
    values = {f.code: v for f in layout.fields if (v := _value(f, data)) is not None}
    for f in layout.fields:
        if f.code in values:
            told.reading(f.code, values[f.code], f.unit)
    silent = _silent(layout, values)
    for f in layout.fields:
        if f.point and f.code in values and f.code.partition("_")[0] not in silent:
            _point(told, f.point, values[f.code])
    for point, codes in layout.sums.items():
        parts = [values[code] for code in codes if code in values]
        if len(parts) == len(codes) and not point.startswith(tuple(f"-{s}" for s in silent)):
            _point(told, point, sum(parts))
    _battery_side(told)
    _leftover(told, data, layout.fields)


def _silent(layout: Layout, values: Mapping[str, float]) -> frozenset[str]:
    """What is not connected: a meter that has never counted anything, a battery without voltage and charge."""
    nobody = set()
    if not any(values.get(code) for code in _METER):
        nobody |= {"feedin", "consumed"}
    if not any(values.get(code) for code in layout.battery):
        nobody.add("battery")
    return frozenset(nobody)


def _point(told: Told, point: str, value: float) -> None:
    place, _, name = point.lstrip("-").partition(".")
    told.point(place, name, -value if point.startswith("-") and value else value)


def _battery_side(told: Told) -> None:
    """The battery is on the inverter's DC side, so the inverter tells its power too."""
    power = told.heard().points.get("battery.power")
    if power is not None:
        told.point("inverter", "battery_power", power)


def _value(f: Field, data: Sequence[object]) -> float | None:
    low = _item(data, f.at)
    if f.form == "raw":
        return None if low is None else round(low * f.factor, 6)
    high = _item(data, f.at + 1) if f.form.endswith("32") else 0.0
    if low is None or high is None or not low.is_integer() or not 0 <= low <= 0xFFFF or not 0 <= high <= 0xFFFF:
        return None
    bits = 32 if f.form.endswith("32") else 16
    number = int(low) + (int(high) << 16)
    if f.form.startswith("s") and number >> (bits - 1):
        number -= 1 << bits
    return round(number * f.factor, 6)


def _item(data: Sequence[object], at: int) -> float | None:
    number = as_number(data[at]) if at < len(data) else None
    return None if number is None else float(number)


def _leftover(told: Told, data: Sequence[object], fields: Sequence[Field]) -> None:
    """What no field names and is not 0, by its place in the array."""
    named = {at for f in fields for at in (f.at, f.at + 1 if f.form.endswith("32") else f.at)}
    for at, value in enumerate(data[:1000]):
        if at not in named and value != 0:
            told.reading(f"Data[{at}]", value)
