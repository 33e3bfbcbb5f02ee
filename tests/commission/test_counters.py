"""Energy counters against power: no healthy counter is blamed for its steps or for what it counts, a wrong one is."""

from __future__ import annotations

import pytest

from hub.commission.evidence import Evidence, Window, Wiring
from hub.commission.finding import Finding
from hub.commission.judge import judge
from hub.commission.words import said

SECONDS = 240
"""as long as a test's steps take"""
METER, STRING = Wiring(grid="grid"), Wiring(inverters=("pv",))
HYBRID = Wiring(inverters=("pv",), batteries=("battery",), behind={"battery": "pv"})


def found(wiring: Wiring, **columns: list[float]) -> list[Finding]:
    whole = Window({name.replace("__", "."): column for name, column in columns.items()})
    return [f for f in judge(Evidence(wiring, whole, daylight=True)) if f.check == "counters"]


def codes(wiring: Wiring, **columns: list[float]) -> list[tuple[str, str]]:
    return [(f.verdict.value, f.code) for f in found(wiring, **columns)]


def counter(watts: float, step: float = 1.0, start: float = 12_345_600.0, scale: float = 1.0) -> list[float]:
    """What a counter shows that moves in steps of so many Wh."""
    return [(start + scale * watts * n / 3600) // step * step for n in range(SECONDS)]


def steady(watts: float) -> list[float]:
    return [watts] * SECONDS


@pytest.mark.parametrize("start", [12_345_600.0, 12_345_650.0, 12_345_695.0, 12_345_001.0, 0.0])
@pytest.mark.parametrize("step", [100.0, 1000.0])
@pytest.mark.parametrize("watts", [1_500.0, -1_500.0, 8_000.0])
def test_a_counter_of_coarse_steps_is_not_blamed(start: float, step: float, watts: float) -> None:
    ways = {"grid__energy_import": counter(max(watts, 0), step, start)}
    ways |= {"grid__energy_export": counter(max(-watts, 0), step, start)}
    assert codes(METER, grid__power=steady(watts), **ways) == [("unknown", "too_little_energy")]
    ((verdict, code),) = codes(STRING, pv__power=steady(abs(watts)), pv__energy=counter(abs(watts), step, start))
    assert (verdict, code) == ("unknown", "too_little_energy")


@pytest.mark.parametrize(
    ("watts", "scale", "judged"),
    [
        (8_000.0, 1.0, ("good", "counter_right")),
        (8_000.0, 0.5, ("fault", "counter_scale")),
        (8_000.0, 10.0, ("fault", "counter_scale")),
        (8_000.0, 1000.0, ("fault", "counter_scale")),
        (8_000.0, 0.0, ("fault", "counter_stands")),
    ],
)
@pytest.mark.parametrize("step", [0.1, 1.0, 10.0])
def test_a_counter_that_moves_often_enough_is_judged(
    watts: float, scale: float, judged: tuple[str, str], step: float
) -> None:
    told = counter(watts, step, 12_345_671.0, scale)
    assert codes(STRING, pv__power=steady(watts), pv__energy=told) == [judged]
    away = {"grid__energy_export": steady(5.0)}
    assert codes(METER, grid__power=steady(watts), grid__energy_import=told, **away) == [judged]


def test_how_far_a_scale_is_off_is_told() -> None:
    (one,) = found(STRING, pv__power=steady(8_000.0), pv__energy=counter(8_000.0, scale=0.1))
    assert one.numbers["factor"] == pytest.approx(10, rel=0.05)


def test_counters_that_are_changed_over() -> None:
    told = {"grid__energy_export": counter(2_000.0), "grid__energy_import": steady(7.0)}
    assert codes(METER, grid__power=steady(2_000.0), **told) == [("fault", "counters_swapped")]


@pytest.mark.parametrize(
    ("pv", "ac", "counted", "judged"),
    [
        (5_000.0, 2_000.0, 5_000.0, ("good", "counter_right")),
        (5_000.0, 2_000.0, 2_000.0, ("good", "counter_right")),
        (5_000.0, 200.0, 200.0, ("unknown", "too_little_energy")),
        (5_000.0, 0.0, 0.0, ("unknown", "too_little_energy")),
        (0.0, 3_000.0, 0.0, ("unknown", "too_little_energy")),
        (0.0, 3_000.0, 3_000.0, ("good", "counter_right")),
        (5_000.0, 2_000.0, 500.0, ("fault", "counter_scale")),
        (5_000.0, 2_000.0, 0.0, ("fault", "counter_stands")),
    ],
    ids=[
        *("it counts the panels", "it counts the AC side", "most goes into the battery", "all goes into the battery"),
        *("the battery alone gives", "which it counts", "it counts a tenth", "it does not count"),
    ],
)
def test_a_hybrid_counts_its_panels_or_its_ac_side(
    pv: float, ac: float, counted: float, judged: tuple[str, str]
) -> None:
    told = counter(counted, start=12_345_671.0)
    sides = {"pv__power": steady(ac), "pv__pv_power": steady(pv), "battery__power": steady(ac - pv)}
    assert codes(HYBRID, pv__energy=told, **sides) == [judged]


def test_a_hybrid_that_does_not_tell_of_its_panels_is_not_blamed() -> None:
    (one,) = found(HYBRID, pv__power=steady(2_000.0), pv__energy=counter(5_000.0))
    assert (one.verdict.value, one.code) == ("unknown", "counts_what")
    assert all(text and "{" not in text for text in said(one))
