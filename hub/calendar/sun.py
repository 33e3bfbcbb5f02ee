"""Where the sun stands and when it rises and sets: the equations of NOAA's solar calculator.

Source: https://gml.noaa.gov/grad/solcalc/solareqns.PDF and its spreadsheet, after Meeus, Astronomical Algorithms;
good to a minute between 72 degrees north and south, for this century.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.model.site import CalendarSpec

DAY_S = 86_400
Floats = NDArray[np.float64]
_RISES_AT = -0.833
"""Elevation of the sun's middle when its upper edge touches the horizon: refraction and half its width, degrees."""

_WELL_UP = 5.0


@dataclass(frozen=True, slots=True)
class Place:
    """Degrees, north and east positive."""

    latitude: float
    longitude: float


def elevation(t_s: float, place: Place) -> float:
    """Of the sun's middle above the horizon at `t_s` (s UTC), degrees, to a tenth; without refraction."""
    return round(math.degrees(math.asin(max(-1.0, min(1.0, _height(t_s, place, math))))), 1)


def daylight(spec: CalendarSpec, t_s: float) -> bool | None:
    """Whether panels may make something at `t_s` (s UTC): the sun is well up; None where nobody knows the place."""
    if spec.latitude is None or spec.longitude is None:
        return None
    return elevation(t_s, Place(spec.latitude, spec.longitude)) > _WELL_UP


def elevations(t_s: NDArray[np.int64], place: Place) -> NDArray[np.float64]:
    """The same for many instants."""
    found: NDArray[np.float64] = np.round(np.degrees(np.asin(np.clip(_height(t_s, place, np), -1, 1))), 1)
    return found


def towards(t_s: NDArray[np.int64], place: Place) -> tuple[Floats, Floats, Floats]:
    """Where the sun stands at `t_s` (s UTC), as a direction of length 1: its parts to the east, the north and up."""
    declination, hour = _turned(t_s, place, np)
    lat = math.radians(place.latitude)
    east = -np.cos(declination) * np.sin(hour)
    north = math.cos(lat) * np.sin(declination) - math.sin(lat) * np.cos(declination) * np.cos(hour)
    return east, north, math.sin(lat) * np.sin(declination) + math.cos(lat) * np.cos(declination) * np.cos(hour)


def rise_and_set(noon_s: float, place: Place) -> tuple[float, float] | None:
    """Sunrise and sunset (s UTC) around the local noon `noon_s`; None where the sun does not rise or does not set."""
    rough = _around(noon_s, noon_s, place)
    if rough is None:
        return None
    found = [_around(t, noon_s, place) for t in rough]
    return None if found[0] is None or found[1] is None else (found[0][0], found[1][1])


def _around(t_s: float, noon_s: float, place: Place) -> tuple[float, float] | None:
    """Both, with the sun as it stands at `t_s`."""
    declination, equation = _sun(t_s, math)
    lat = math.radians(place.latitude)
    cosine = math.cos(math.radians(90 - _RISES_AT)) / (math.cos(lat) * math.cos(declination))
    cosine -= math.tan(lat) * math.tan(declination)
    if not -1 <= cosine <= 1:
        return None
    half_s = 240 * math.degrees(math.acos(cosine))
    day = noon_s // DAY_S * DAY_S
    highest = day + 60 * (720 - 4 * place.longitude - equation)
    highest += DAY_S * round((noon_s - highest) / DAY_S)
    return highest - half_s, highest + half_s


def _height(t_s: Any, place: Place, m: Any) -> Any:
    """The sine of the elevation."""
    declination, hour = _turned(t_s, place, m)
    lat = math.radians(place.latitude)
    return math.sin(lat) * m.sin(declination) + math.cos(lat) * m.cos(declination) * m.cos(hour)


def _turned(t_s: Any, place: Place, m: Any) -> tuple[Any, Any]:
    """(declination, hour angle), radians."""
    declination, equation = _sun(t_s, m)
    return declination, m.radians((t_s % DAY_S / 60 + equation + 4 * place.longitude) / 4 - 180)


def _sun(t_s: Any, m: Any) -> tuple[Any, Any]:
    """(declination, radians; equation of time, minutes), with the functions of `math` for a number, of `numpy` for an
    array: one text of the equations, so that a rehearsal sees the sun of the day itself.
    """
    c = (t_s / DAY_S + 2_440_587.5 - 2_451_545.0) / 36_525
    long = m.radians((280.46646 + c * (36_000.76983 + c * 0.0003032)) % 360)
    anomaly = m.radians(357.52911 + c * (35_999.05029 - 0.0001537 * c))
    eccentric = 0.016708634 - c * (0.000042037 + 0.0000001267 * c)
    centre = (
        m.sin(anomaly) * (1.914602 - c * (0.004817 + 0.000014 * c))
        + m.sin(2 * anomaly) * (0.019993 - 0.000101 * c)
        + m.sin(3 * anomaly) * 0.000289
    )
    node = m.radians(125.04 - 1934.136 * c)
    apparent = long + m.radians(centre - 0.00569 - 0.00478 * m.sin(node))
    tilt = m.radians(23 + (26 + (21.448 - c * (46.815 + c * (0.00059 - c * 0.001813))) / 60) / 60)
    tilt = tilt + m.radians(0.00256 * m.cos(node))
    y = m.tan(tilt / 2) ** 2
    equation = (
        y * m.sin(2 * long)
        - 2 * eccentric * m.sin(anomaly)
        + 4 * eccentric * y * m.sin(anomaly) * m.cos(2 * long)
        - 0.5 * y * y * m.sin(4 * long)
        - 1.25 * eccentric * eccentric * m.sin(2 * anomaly)
    )
    return m.asin(m.sin(tilt) * m.sin(apparent)), 4 * m.degrees(equation)
