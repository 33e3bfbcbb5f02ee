"""What a rehearsal comes to: money, what was known, and rules that ask for what cannot be together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.typing import NDArray

from hub.calendar import Calendar
from hub.model.site import Site
from hub.rehearse.backtest import Rehearsed, rehearse
from hub.rules import Rule
from hub.store.ring import Buckets, Flow
from tests.rehearse.rule_kit import PLUG, POINTS, SITE, rule

START, HOUR_MS = 1_750_000_000_000 // 3_600_000 * 3_600_000, 3_600_000
PRICES = {"tariff.price_import": 30_000.0, "tariff.price_export": 8_000.0}
PLUG_ONLY = Site(switches=(PLUG,))


@dataclass
class SteadyPast:
    """Every second of every point the same; nothing is known of the others."""

    values: dict[str, float]

    def query(self, points: Sequence[str], start: int, end: int, step_ms: int | None) -> dict[str, Buckets]:
        t = np.arange(start, end, step_ms or 1_000, dtype=np.int64)
        return {p: self._bucket(t, self.values.get(p, np.nan)) for p in points}

    def finest(self, start: int) -> int:
        return 1

    def holds(self, point: str) -> bool:
        raise NotImplementedError

    def finest_of(self, points: Sequence[str], start: int, end: int, least: int) -> int:
        return least

    def periods(self, points: Sequence[str], edges: NDArray[np.int64]) -> dict[str, Buckets]:
        raise NotImplementedError

    def energy(self, points: Sequence[str], edges: NDArray[np.int64]) -> dict[str, Flow]:
        raise NotImplementedError

    @staticmethod
    def _bucket(t: NDArray[np.int64], value: float) -> Buckets:
        same = np.full(len(t), value)
        return Buckets(t, same, same, same, same, np.ones(len(t), np.int32))


def tried(mine: Rule, *others: Rule, site: Site = PLUG_ONLY, **past: float) -> Rehearsed:
    """Over an hour; `grid_power`: of the point grid.power."""
    values = {"plug.power": 0.0, "plug.on": 0.0, **PRICES, **{k.replace("_", ".", 1): v for k, v in past.items()}}
    calendar = Calendar(ZoneInfo("UTC"))
    return rehearse(mine, others, SteadyPast(values), calendar, POINTS, site, START, START + HOUR_MS)


@pytest.mark.parametrize(
    ("grid_w", "import_price", "export_price", "cost", "priced"),
    [
        (500, 30_000, 8_000, 0.60, 1),
        (500, 30_000, np.nan, 0.60, 1),
        (-5_000, np.nan, 8_000, 0.16, 1),
        (-1_500, 30_000, np.nan, 0.15, 0.25),
        (-1_500, np.nan, np.nan, 0.0, 0),
    ],
)
def test_a_price_that_is_not_known_costs_only_what_it_is_the_price_of(
    grid_w: float, import_price: float, export_price: float, cost: float, priced: float
) -> None:
    """A plug of 2 kW for an hour."""
    prices = {"tariff_price_import": import_price, "tariff_price_export": export_price}
    found = tried(rule("plug.on = on"), grid_power=grid_w, **prices)
    assert found.cost == pytest.approx(cost, abs=1e-3)
    assert found.priced == pytest.approx(priced, abs=1e-3)


def test_what_changes_nothing_is_priced() -> None:
    assert tried(rule("plug.on = off"), grid_power=500).priced == 1


def test_what_a_rule_sets_need_not_be_known() -> None:
    """While no export limit is in force there is none to be known."""
    found = tried(rule("house.export_limit <= 0 W", when="tariff.price_import > 0 ct/kWh"), grid_power=-3_000)
    assert found.known == 1 and found.export_wh == pytest.approx(-3_000, rel=1e-3)


@pytest.mark.parametrize(
    "mine",
    [
        rule("plug.on = on", when="house.surplus > 1 kW"),
        rule("wallbox.current_limit = house.surplus / 690 V"),
        rule("plug.on = on", when="grid.power > -9 kW and not plug.on or house.surplus > 1 kW"),
    ],
)
def test_what_a_rule_looks_at_has_to_be_known(mine: Rule) -> None:
    assert tried(mine, grid_power=0).known == 0


@pytest.mark.parametrize(
    ("mine", "theirs", "clashes"),
    [
        (("battery.power_setpoint <= 3 kW",), "battery.power_setpoint <= 2 kW", False),
        (("battery.power_setpoint <= 3 kW",), "battery.power_setpoint >= 1 kW", False),
        (("battery.power_setpoint <= 3 kW",), "battery.power_setpoint = 2 kW", False),
        (("battery.power_setpoint <= 3 kW",), "battery.power_setpoint = 4 kW", True),
        (("battery.power_setpoint <= 3 kW",), "battery.power_setpoint >= 4 kW", True),
        (("battery.power_setpoint >= 1 kW", "battery.power_setpoint <= 3 kW"), "battery.power_setpoint = 0", True),
        (("battery.power_setpoint = grid.power",), "battery.power_setpoint = grid.power", False),
        (("battery.power_setpoint = grid.power",), "battery.power_setpoint = grid.power / 2", True),
        (("wallbox.mode = fast",), "wallbox.mode = fast", False),
        (("wallbox.mode = fast",), "wallbox.mode = off", True),
        (("wallbox.mode = fast",), "battery.mode = hold", False),
    ],
)
def test_rules_are_against_each_other_when_both_cannot_be(mine: tuple[str, ...], theirs: str, clashes: bool) -> None:
    found = tried(rule(*mine), rule(theirs, id_="other"), site=SITE, grid_power=300, battery_power=0, battery_soc=50)
    assert [(c.rule, c.point) for c in found.clashes] == [("other", theirs.partition(" ")[0])] * clashes
