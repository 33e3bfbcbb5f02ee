"""Where a SolaX data logger puts what, in the array `Data`: `solax_layouts.toml`, which says where that is from."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Field:
    """One value: `at` its index, `form` u16, s16, or u32 and s32 with the low word first, or `raw` as sent.

    `factor` makes base units; `point` is the place and quantity, and a leading `-` turns the sign.
    """

    code: str
    at: int
    unit: str = ""
    factor: float = 1.0
    form: str = "s16"
    point: str = ""


_BATTERY = ("battery_voltage", "battery_soc")


@dataclass(frozen=True, slots=True)
class Layout:
    """`sums`: point -> the codes that make it together. `battery`: the codes that are all 0 where there is none."""

    model: str
    fields: tuple[Field, ...]
    sums: Mapping[str, tuple[str, ...]]
    battery: tuple[str, ...] = _BATTERY


_TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def _layout(model: str, fields: Iterable[str], sums: Iterable[str], battery: Iterable[str] = _BATTERY) -> Layout:
    rows = (Field(code, **row) for name in fields for code, row in _TABLE["fields"][name].items())
    made = (_TABLE["sums"][name] for name in sums)
    return Layout(model, tuple(rows), {sum_["point"]: tuple(sum_["of"]) for sum_ in made}, tuple(battery))


BY_TYPE = {int(number): _layout(**{"sums": (), **type_}) for number, type_ in _TABLE["types"].items()}


def by_name(name: str, oldest: bool) -> Layout | None:
    """The layout of a logger that tells a name, such as X3-Hybiyd-G3. `oldest`: the first inverters, at
    /api/realTimeData.htm, which have the state of charge elsewhere."""
    if not name.startswith(("X1-", "X3-")) and not oldest:
        return None
    fields = ["named"]
    fields += [] if oldest else ["named_meter"]
    fields += ["named_three"] if name.startswith("X3-") else []
    if oldest or "hyb" in name.lower():
        fields.append("named_battery_oldest" if oldest else "named_battery")
    return _layout(name, fields, ["strings_2"])
