"""What a device counts is compared only with the power that it counts; where they disagree, its energies say so."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from importlib.resources import files

import numpy as np
import pytest

from hub.store.ring.blob import Holds, Tag, unsealed
from hub.store.ring.codec import Ints
from hub.store.ring.day import DayPacker
from hub.store.ring.energy import Mark, unpack
from hub.store.ring.levels import DAY, QUARTER, month_of, row_id
from hub.store.ring.types import SeriesInfo

TODAY = 20_000
SECONDS = np.arange(DAY)
SUN = np.where(SECONDS // 3600 % 2 == 0, 3000, 0)
"""W; every other hour"""
FROM_BATTERY = np.where(SECONDS // 3600 % 4 == 1, 2000, np.where(SECONDS // 3600 % 4 == 3, -1500, 0))
"""W; between them, in turn it gives and is charged from the grid"""


def counter(watts: Ints, share: float = 1.0) -> Ints:
    """Wh of what flows the positive way."""
    return (np.cumsum(np.maximum(watts, 0)) * share / 3600).astype(np.int32)


def marked(told: Mapping[str, Ints]) -> dict[str, int]:
    """How many quarter-hours of each power of a day the sum checks have marked. `told`: seconds, by quantity."""
    connection = sqlite3.connect(":memory:")
    connection.executescript((files("hub.store") / "sql/history/001_ring.sql").read_text())
    packer = DayPacker(connection, TODAY)
    infos = {
        name: SeriesInfo(f"d.{name}", "counter" if name.startswith("energy") else "gauge", 1.0, "Wh") for name in told
    }
    ids = {info.key: i for i, info in enumerate(infos.values(), 1)}
    for name, info in infos.items():
        packer.rows(ids[info.key], info, told[name].astype(np.int32)).write(connection)
    packer.checked(ids).write(connection)
    return {name: _sums(connection, ids[f"d.{name}"]) for name in told if "power" in name}


def _sums(connection: sqlite3.Connection, series_id: int) -> int:
    month = month_of(TODAY)
    row = connection.execute("SELECT b FROM energy WHERE id = ?", (row_id(month, series_id),)).fetchone()
    marks = unpack(unsealed(Tag(Holds.ENERGY, series_id, month), row[0])).marks
    return int(((marks & Mark.SUM) > 0).sum())


ALL = DAY // QUARTER
AC = SUN + FROM_BATTERY
HYBRID = {"power": AC, "pv_power": SUN, "battery_power": FROM_BATTERY}


@pytest.mark.parametrize("counted", [SUN, AC], ids=["the panels' yield", "what goes to the AC side"])
def test_a_hybrid_inverter_counts_one_of_its_two_sides(counted: Ints) -> None:
    assert marked(HYBRID | {"energy": counter(counted)}) == {"power": 0, "pv_power": 0, "battery_power": 0}


def test_a_counter_that_is_right_on_neither_side_is_told() -> None:
    found = marked(HYBRID | {"energy": counter(SUN, 0.5)})
    assert found["power"] == found["pv_power"] == ALL // 2 and found["battery_power"] == 0


def test_nothing_is_said_of_a_hybrid_inverter_one_side_of_which_is_unknown() -> None:
    assert marked({"power": AC, "battery_power": FROM_BATTERY, "energy": counter(SUN)})["power"] == 0


def test_an_inverter_that_draws_power_at_night_counts_only_what_it_makes() -> None:
    night = np.where(SUN > 0, SUN, -60)
    assert marked({"power": night, "energy": counter(night)}) == {"power": 0}
    assert marked({"power": night, "energy": counter(night, 0.9)}) == {"power": ALL // 2}


@pytest.mark.parametrize(("quantity", "way"), [("energy_import", 1), ("energy_export", -1)])
def test_a_meter_that_counts_one_way_is_compared_with_that_way(quantity: str, way: int) -> None:
    flows = SUN - 1000
    assert marked({"power": flows, quantity: counter(way * flows)}) == {"power": 0}
    assert marked({"power": flows, quantity: counter(way * flows, 0.9)}) == {"power": ALL // 2}


def test_a_meter_that_counts_each_phase_by_itself_is_right_in_all() -> None:
    flows, beside = SUN - 1000, np.full(DAY, 500)
    told = {"energy_import": counter(np.maximum(flows, 0) + beside), "energy_export": counter(beside - flows)}
    assert marked({"power": flows} | told) == {"power": ALL // 2}
    told["energy_export"] = counter(np.maximum(-flows, 0) + beside)
    assert marked({"power": flows} | told) == {"power": 0}


def test_what_an_inverter_counts_of_its_battery_is_no_part_of_its_ac_power() -> None:
    battery = {"energy_charged": counter(-FROM_BATTERY), "energy_discharged": counter(FROM_BATTERY)}
    drawn = {"energy": counter(AC), "energy_import": counter(-AC)}
    assert marked(HYBRID | battery | drawn) == {"power": 0, "pv_power": 0, "battery_power": 0}
    wrong = battery | {"energy_charged": counter(-FROM_BATTERY, 0.5)}
    assert marked(HYBRID | wrong | drawn) == {"power": 0, "pv_power": 0, "battery_power": ALL // 4}


def test_a_battery_counts_its_own_power() -> None:
    counted = {"energy_charged": counter(-FROM_BATTERY), "energy_discharged": counter(FROM_BATTERY)}
    assert marked({"power": FROM_BATTERY} | counted) == {"power": 0}
    counted["energy_discharged"] = counter(FROM_BATTERY, 0.5)
    assert marked({"power": FROM_BATTERY} | counted) == {"power": ALL // 4}
