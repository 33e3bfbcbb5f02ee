"""Panels' power from weather, against figures that others have published and against the geometry of the sun."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest

from hub.calendar.sun import Place, elevations, towards
from hub.errors import ConfigError
from hub.forecast.own import OwnForecast
from hub.forecast.panels import Plane, power
from hub.model.feed import FeedSpec, Outlook, Rate

BERLIN = Place(52.52, 13.40)
NOON = int(datetime(2026, 6, 21, 11, 8, tzinfo=UTC).timestamp())
"""The sun stands in the south of Berlin."""


def clear(n: int, ghi: float = 850.0, dni: float = 850.0, dhi: float = 110.0) -> dict[str, np.ndarray]:
    return {
        "irradiance": np.full(n, ghi),
        "irradiance_normal": np.full(n, dni),
        "irradiance_diffuse": np.full(n, dhi),
        "temperature": np.full(n, 20.0),
    }


def test_the_direction_of_the_sun_has_length_one_and_its_elevation() -> None:
    at = np.arange(NOON - 43_200, NOON + 43_200, 600)
    east, north, up = towards(at, BERLIN)
    assert np.allclose(east**2 + north**2 + up**2, 1)
    assert np.allclose(np.degrees(np.arcsin(up)), elevations(at, BERLIN), atol=0.06)
    assert east[up > 0][0] > 0.5 and east[up > 0][-1] < -0.5  # it rises in the east and sets in the west
    assert abs(east[len(at) // 2]) < 0.01 and north[len(at) // 2] < 0


def test_a_plane_that_faces_the_sun_has_the_whole_beam() -> None:
    """10 kWp at 850 W/m2 and the sky's light: 20 degC air, cells at 48: -9 %; 14 % lost."""
    at = np.array([NOON])
    tilt = 90 - float(elevations(at, BERLIN)[0])
    (made,) = power(Plane(tilt, 0, 10), BERLIN, at, clear(1))
    on_plane = 850 + 110 * (1 + math.cos(math.radians(tilt))) / 2 + 850 * 0.2 * (1 - math.cos(math.radians(tilt))) / 2
    assert made == pytest.approx(10 * on_plane * (1 - 0.004 * (20 + 0.03 * on_plane - 25)) * 0.86, rel=1e-3)


def test_east_has_its_best_in_the_morning_and_west_in_the_evening() -> None:
    at = np.arange(NOON - 6 * 3600, NOON + 6 * 3600 + 1, 1800)
    east, west, north = (power(Plane(45, a, 5), BERLIN, at, clear(len(at))) for a in (-90, 90, 180))
    assert int(east.argmax()) < len(at) // 2 < int(west.argmax())
    assert east == pytest.approx(west[::-1], rel=0.03)
    assert north.sum() < 0.8 * east.sum()


def test_where_only_the_whole_is_told_the_beam_is_reckoned_from_it() -> None:
    """A clear noon: about 0.17 of what falls on the level is diffuse; an overcast one has nothing but that."""
    at = np.array([NOON])
    full = power(Plane(35, 0, 10), BERLIN, at, clear(1))
    guessed = power(Plane(35, 0, 10), BERLIN, at, {"irradiance": np.array([850.0])})
    assert guessed == pytest.approx(full, rel=0.08)
    grey = {"irradiance": np.array([100.0])}
    flat, steep = (power(Plane(tilt, 0, 10), BERLIN, at, grey)[0] for tilt in (0, 90))
    assert steep == pytest.approx(0.6 * flat, rel=0.06)  # half of the sky and a tenth of the ground


def test_there_is_nothing_at_night_and_nothing_known_without_weather() -> None:
    night = np.array([NOON - 43_200])
    assert power(Plane(35, 0, 10), BERLIN, night, {"irradiance": np.zeros(1)})[0] == 0
    assert np.isnan(power(Plane(35, 0, 10), BERLIN, night, {"irradiance": np.array([np.nan])})[0])


class Kept:
    def __init__(self) -> None:
        self.outlooks: list[Outlook] = []

    async def rates(self, source: str, currency: str, rates: Sequence[Rate]) -> None: ...

    async def outlook(self, outlooks: Sequence[Outlook]) -> None:
        self.outlooks += outlooks

    def last(self, source: str) -> tuple[int, int]:
        return 0, 0

    def calls(self, source: str) -> tuple[str, int]:
        return "", 0

    async def called(self, source: str, day: str, count: int) -> None: ...

    def missed(self, source: str, reason: str) -> None: ...


def spec(**options: object) -> FeedSpec:
    return FeedSpec("pv_forecast", "own", "Europe/Berlin", "EUR", 52.52, 13.40, options)


def test_each_weather_forecast_brings_one_of_the_panels() -> None:
    sink, start = Kept(), NOON * 1000 - 1_800_000
    weather = [
        Outlook("irradiance", start, 3600, (850.0, None, 0.0), "open-meteo", 7),
        Outlook("temperature", start - 3_600_000, 1800, (20.0,) * 8, "open-meteo", 7),
    ]
    own = OwnForecast(spec(planes=[{"kwp": 5.0, "azimuth": -90}, {"kwp": 5.0, "azimuth": 90}], inverter_w=4000), sink)
    asyncio.run(own.outlook(weather))
    made = sink.outlooks[-1]
    assert sink.outlooks[:2] == weather
    assert (made.quantity, made.start_ms, made.seconds, made.made_ms) == ("pv_power", start, 3600, 7)
    assert made.values == (4000, None, 0.0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "kwp: is missing"),
        ({"kwp": 5, "tilt": 3}, "unknown key"),
        ({"kwp": -5}, "must be a number from 0.01"),
        ({"planes": []}, "must be one to 8 tables"),
        ({"planes": [{"kwp": 5, "azimut": 3}]}, "did you mean 'azimuth'"),
    ],
)
def test_wrong_planes_are_named(options: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        OwnForecast(spec(**options), Kept())
