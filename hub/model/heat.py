"""What an owner tells of the stores of heat behind a heat pump: the house and the hot water tank."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hub.model.document import Document, Table

BUILDINGS = {"light": 30.6, "medium": 45.8, "heavy": 72.2}
"""Wh/K of each heated m2: 110, 165 and 260 kJ/K (ISO 13790:2008, table 12). Light: wood; heavy: brick or concrete."""
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class HouseStore:
    """The house as one store of heat. `temperature`: the point that measures it. Temperatures in degC.

    `loss_w_k`: W for each K that it is colder outdoors; `capacity_wh_k`: heat that warms it by 1 K; `gains_w`: heat of
    people, devices and sun. `low` is what the heat pump's own thermostat keeps, `high` how far it may be warmed.
    """

    temperature: str
    loss_w_k: float
    capacity_wh_k: float
    low: float = 20.0
    high: float = 22.5
    gains_w: float = 300.0


@dataclass(frozen=True, slots=True)
class TankStore:
    """The hot water. `temperature`: the point that measures it. Temperatures in degC.

    `low` holds in the times `hot` ([from, until) in local minutes of the day; empty = always). `loss_w_k`: W for each K
    to the cellar; `kwh_per_day`: heat that people draw.
    """

    temperature: str
    litres: float
    low: float = 45.0
    high: float = 55.0
    loss_w_k: float = 1.5
    kwh_per_day: float = 5.8
    hot: tuple[tuple[int, int], ...] = ()


def house_store(doc: Document, t: Table, at: str) -> HouseStore:
    """Raises ConfigError."""
    doc.keys(t, at, ("temperature", "loss_w_k", "building", "area_m2", "low", "high", "gains_w"))
    d = HouseStore("", 0.0, 0.0)
    return HouseStore(
        _measured(doc, t, f"{at}.temperature", ("temperature",)),
        _needed(doc, t, f"{at}.loss_w_k", 10, 10_000),
        _capacity_wh_k(doc, t, at),
        doc.number(t, f"{at}.low", d.low, 5, 30),
        doc.number(t, f"{at}.high", d.high, 5, 35),
        doc.number(t, f"{at}.gains_w", d.gains_w, 0, 20_000),
    )


def tank_store(doc: Document, t: Table, at: str, device: str) -> TankStore:
    """Raises ConfigError. `device`: the heat pump, which measures its tank where no other point is named."""
    doc.keys(t, at, ("temperature", "litres", "low", "high", "loss_w_k", "kwh_per_day", "hot"))
    own = f"{device}.tank_temperature"
    d = TankStore(own, 0.0)
    told = {"temperature": own, **t}
    return TankStore(
        _measured(doc, told, f"{at}.temperature", ("tank_temperature", "temperature")),
        _needed(doc, t, f"{at}.litres", 20, 5_000),
        doc.number(t, f"{at}.low", d.low, 20, 75),
        doc.number(t, f"{at}.high", d.high, 20, 85),
        doc.number(t, f"{at}.loss_w_k", d.loss_w_k, 0, 100),
        doc.number(t, f"{at}.kwh_per_day", d.kwh_per_day, 0, 100),
        tuple(_span(doc, text, f"{at}.hot") for text in doc.texts(t, f"{at}.hot")),
    )


def _needed(doc: Document, t: Table, at: str, low: float, high: float) -> float:
    if at.rpartition(".")[2] not in t:
        raise doc.error(at, f"is missing; give a number from {low:g} to {high:g}")
    return doc.number(t, at, low, low, high)


def _measured(doc: Document, t: Table, at: str, quantities: tuple[str, ...]) -> str:
    point = doc.need(t, at)
    device, _, quantity = point.partition(".")
    if not device or quantity not in quantities:
        listed = " or ".join(f"<device>.{name}" for name in quantities)
        raise doc.error(at, f"{point!r} is no point that measures it; write {listed}")
    return point


def _capacity_wh_k(doc: Document, t: Table, at: str) -> float:
    """By the kind of building, or its Wh/K of each m2, and the heated area."""
    kind = t.get("building", "medium")
    if isinstance(kind, str):
        each = BUILDINGS[doc.one_of(f"{at}.building", kind, BUILDINGS)]
    else:
        each = doc.number(t, f"{at}.building", 0, 5, 200)
    return each * _needed(doc, t, f"{at}.area_m2", 10, 5_000)


def _span(doc: Document, text: str, at: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(text)
    begin, end = (60 * int(found[n]) + int(found[n + 1]) for n in (1, 3)) if found else (0, 0)
    if begin >= end:
        raise doc.error(at, f"{text!r} is no time of the day; write it like 06:30-08:00, the end after the begin")
    return begin, end
