"""Set-points: the exact frames, and what counts as in force."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.sunspec.control import LIMITS, SET_POINTS, Control, Scheme, find
from drivers.sunspec.ratings import Ratings, ratings
from tests.drivers_sunspec.kit import chain_of

RATED = Ratings(10_000, 5_000, 4_000)
M704 = {
    "ID": 704,
    "WSetEna": 0,
    "WSetMod": 1,
    "WSet": 0,
    "WSetRvrt": 7,
    "WSetPct": 25,
    "WSetPctRvrt": 9,
    "WSetEnaRvrt": 1,
    "WSetRvrtTms": 0,
    "WMaxLimPctEna": 0,
    "WMaxLimPct": 1000,
    "WMaxLimPctRvrt": 1000,
    "WMaxLimPctEnaRvrt": 0,
    "WMaxLimPctRvrtTms": 0,
    "WMaxLimPct_SF": -1,
    "WSet_SF": 0,
    "WSetPct_SF": -1,
}
M124 = {
    "ID": 124,
    "WChaMax": 500,
    "WChaMax_SF": 1,
    "StorCtl_Mod": 0,
    "OutWRte": 10_000,
    "InWRte": 10_000,
    "InOutWRte_WinTms": 0,
    "InOutWRte_RvrtTms": 0,
    "InOutWRte_SF": -2,
}
M123 = {
    "ID": 123,
    "WMaxLimPct": 100,
    "WMaxLimPct_WinTms": 0,
    "WMaxLimPct_RvrtTms": 0,
    "WMaxLimPct_RmpTms": 0,
    "WMaxLim_Ena": 0,
    "WMaxLimPct_SF": 0,
}
AT = 40_002


def control(schemes: tuple[Scheme, ...], model: dict[str, Any], **changed: Any) -> tuple[Control | None, Any]:
    images = chain_of({**model, **changed})
    return find(schemes, images, RATED, -5_000, 4_000), next(iter(images.values()))


def frames(schemes: tuple[Scheme, ...], model: dict[str, Any], watts: float, **changed: Any) -> Any:
    found, values = control(schemes, model, **changed)
    assert found
    return found.frames(watts, values)


def in_force(schemes: tuple[Scheme, ...], model: dict[str, Any], **changed: Any) -> float | None:
    found, values = control(schemes, model, **changed)
    assert found
    return found.in_force(values)


def test_704_in_one_frame_over_what_lies_between() -> None:
    assert frames(SET_POINTS, M704, -1500) == ((AT + 22, (1, 1, 0xFFFF, 0xFA24, 0, 7, 25, 9, 0, 0, 60)),)


def test_704_in_two_frames_when_between_is_nothing_the_enable_last() -> None:
    assert frames(SET_POINTS, M704, 700, WSetPct=None, WSetPctRvrt=None, WSetRvrt=None) == (
        (AT + 30, (0, 0, 60)),
        (AT + 22, (1, 1, 0, 700)),
    )


def test_124_forces_by_a_negative_rate_the_mode_last() -> None:
    assert frames(SET_POINTS, M124, -1500) == ((AT + 12, (0xF448, 3000, 0, 60)), (AT + 5, (3,)))
    assert frames(SET_POINTS, M124, 5000) == ((AT + 12, (10_000, 0xD8F0, 0, 60)), (AT + 5, (3,)))


def test_limits_are_a_share_of_the_rated_power() -> None:
    assert frames(LIMITS, M704, 3000) == ((AT + 14, (1, 300, 1000, 0, 0, 60)),)
    assert frames(LIMITS, M123, 3000) == ((AT + 5, (30, 0, 60, 0, 1)),)
    assert frames(LIMITS, M123, 3000, WMaxLimPct_WinTms=None, WMaxLimPct_RmpTms=None) == (
        (AT + 5, (30,)),
        (AT + 7, (60,)),
        (AT + 9, (1,)),
    )


def test_what_does_not_fit_is_not_written() -> None:
    with pytest.raises(ValueError):
        frames(SET_POINTS, M124, 20_000)


@pytest.mark.parametrize(
    ("model", "changed", "expected"),
    [
        (M704, {}, None),
        (M704, {"WSet": -1500}, None),
        (M704, {"WSetEna": 1, "WSet": -1500}, -1500),
        (M704, {"WSetEna": 1, "WSetMod": 0, "WSetPct": -250}, -2500),
        (M704, {"WSetEna": None}, None),
        (M124, {}, None),
        (M124, {"StorCtl_Mod": 3, "OutWRte": 3000, "InWRte": -3000}, 1500),
        (M124, {"StorCtl_Mod": 3, "OutWRte": -3000, "InWRte": 3000}, -1500),
        (M124, {"StorCtl_Mod": 3, "OutWRte": 3000, "InWRte": 3000}, None),
        (M124, {"StorCtl_Mod": 1, "OutWRte": 3000, "InWRte": -3000}, None),
    ],
)
def test_a_set_point_is_in_force_only_when_the_device_shows_it_enabled(
    model: dict[str, Any], changed: dict[str, Any], expected: float | None
) -> None:
    if changed.get("WSetEna", 0) is None:
        assert control(SET_POINTS, model, **changed)[0] is None
    else:
        assert in_force(SET_POINTS, model, **changed) == expected


@pytest.mark.parametrize(
    ("model", "changed", "expected"),
    [
        (M704, {}, 10_000),
        (M704, {"WMaxLimPct": 300}, 10_000),
        (M704, {"WMaxLimPct": 300, "WMaxLimPctEna": 1}, 3000),
        (M123, {"WMaxLimPct": 30}, 10_000),
        (M123, {"WMaxLimPct": 30, "WMaxLim_Ena": 1}, 3000),
    ],
)
def test_without_a_limit_the_rating_limits(model: dict[str, Any], changed: dict[str, Any], expected: float) -> None:
    assert in_force(LIMITS, model, **changed) == expected


@pytest.mark.parametrize(
    ("model", "changed"),
    [
        (M704, {"WSetRvrtTms": None}),
        (M704, {"WSet_SF": None}),
        (M124, {"InOutWRte_RvrtTms": None}),
        (M124, {"InOutWRte_SF": None}),
        (M124, {"WChaMax": 0}),
        (M124, {"WChaMax_SF": None}),
    ],
)
def test_what_would_not_let_go_or_cannot_be_scaled_is_not_offered(
    model: dict[str, Any], changed: dict[str, Any]
) -> None:
    assert control(SET_POINTS, model, **changed)[0] is None


def test_a_share_of_an_unknown_rating_is_not_offered() -> None:
    assert find(LIMITS, chain_of(M704), Ratings(None, None, None), 0, None) is None
    assert find(SET_POINTS, chain_of(M704), Ratings(None, None, None), None, None) is not None


def test_the_first_whole_scheme_is_taken() -> None:
    both = find(SET_POINTS, chain_of(M124, M704), RATED, -1, 1)
    assert both and both.scheme.model == 704
    second = find(SET_POINTS, chain_of({**M704, "WSetRvrtTms": None}, M124), RATED, -1, 1)
    assert second and second.scheme.model == 124


def test_the_command_tells_range_watchdog_and_resolution() -> None:
    found, _ = control(LIMITS, M123)
    assert found
    spec = found.command("pv.power_limit")
    assert (spec.low, spec.high, spec.step, spec.heartbeat_s) == (-5000, 4000, 100, 60)
    assert spec.shows(3049, 3000) and not spec.shows(3060, 3000)


def test_settings_come_before_the_nameplate() -> None:
    nameplate = {
        "ID": 120,
        "WRtg": 900,
        "WRtg_SF": 1,
        "MaxChaRte": 4000,
        "MaxChaRte_SF": 0,
        "MaxDisChaRte": 0,
        "MaxDisChaRte_SF": 0,
    }
    capacity = {"ID": 702, "WMax": 8000, "WMaxRtg": 10_000, "WDisChaRteMaxRtg": 3000, "W_SF": 0}
    assert ratings(chain_of(nameplate, capacity)) == Ratings(8000, 4000, 3000)
    assert ratings(chain_of(nameplate)) == Ratings(9000, 4000, None)


@pytest.mark.parametrize(
    ("changed", "stays"),
    [({"WSetEna": 1, "WSetRvrtTms": 0}, True), ({"WSetEna": 1, "WSetRvrtTms": 60}, False), ({"WSetRvrtTms": 0}, False)],
)
def test_a_set_point_without_reversion_time_would_outlive_the_hub(changed: dict[str, Any], stays: bool) -> None:
    found, values = control(SET_POINTS, M704, **changed)
    assert found
    assert found.stays(values) is stays
    assert found.release(values) == ((AT + 22, (0,)),)
