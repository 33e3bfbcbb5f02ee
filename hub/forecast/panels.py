"""From weather to the power of panels: pure.

Sources: the sun's direction as in hub.calendar.sun; isotropic sky on a tilted plane (Liu and Jordan 1963); the diffuse
share where only the whole is told (Erbs, Klein and Duffie 1982); the cell's temperature and its loss of power as panel
makers give them (NOCT 45 degC, -0.4 %/K).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.calendar.sun import Place, towards

Floats = NDArray[np.float64]
_SOLAR_W, _ALBEDO = 1367.0, 0.2
_KELVIN_PER_W, _PER_KELVIN, _STANDARD_C = 0.03, -0.004, 25.0
_LOWEST = 0.035
"""Sine of the elevation below which the beam is not reckoned from what falls on the level: it would be anything."""


@dataclass(frozen=True, slots=True)
class Plane:
    """Panels of one direction. `declination`: degrees from the level; `azimuth`: degrees from south, west positive;
    `kwp`: kW at 1,000 W/m2 and 25 degC. `losses`: share that is lost in wires, dirt and inverter.
    """

    declination: float
    azimuth: float
    kwp: float
    losses: float = 0.14


def power(plane: Plane, place: Place, middle_s: NDArray[np.int64], weather: Mapping[str, Floats]) -> Floats:
    """W of the AC side for each step whose middle is `middle_s` (s UTC); NaN where too little is told.

    `weather`: `irradiance` (on the level) and, as far as told, its parts `irradiance_direct`, `irradiance_diffuse`,
    `irradiance_normal`, W/m2, and `temperature`, degC; each of the length of `middle_s`.
    """
    east, north, up = towards(middle_s, place)
    whole = weather["irradiance"]
    diffuse = _told(weather, "irradiance_diffuse", whole * _diffuse_share(whole, up, middle_s))
    beam = _told(weather, "irradiance_normal", _normal(np.maximum(whole - diffuse, 0.0), up))
    tilt, turn = math.radians(plane.declination), math.radians(plane.azimuth)
    facing = -math.sin(tilt) * math.sin(turn) * east - math.sin(tilt) * math.cos(turn) * north + math.cos(tilt) * up
    on_plane = beam * np.clip(facing, 0.0, None) * (up > 0)
    on_plane += diffuse * (1 + math.cos(tilt)) / 2 + whole * _ALBEDO * (1 - math.cos(tilt)) / 2
    cell = _told(weather, "temperature", np.full(len(whole), 15.0)) + _KELVIN_PER_W * on_plane
    made = plane.kwp * on_plane * (1 + _PER_KELVIN * (cell - _STANDARD_C)) * (1 - plane.losses)
    return np.clip(made, 0.0, None)


def _told(weather: Mapping[str, Floats], name: str, otherwise: Floats) -> Floats:
    told = weather.get(name)
    return otherwise if told is None else np.where(np.isnan(told), otherwise, told)


def _normal(level: Floats, up: Floats) -> Floats:
    """A beam on the level as it falls on a plane that faces the sun, W/m2, never more than comes from space."""
    return np.where(up > _LOWEST, np.minimum(level / np.maximum(up, _LOWEST), _SOLAR_W), 0.0)


def _diffuse_share(whole: Floats, up: Floats, at_s: NDArray[np.int64]) -> Floats:
    """By how clear the sky is: what falls on the level against what would without air."""
    day = at_s / 86_400 % 365.25
    space = _SOLAR_W * (1 + 0.033 * np.cos(2 * math.pi * day / 365.25)) * np.maximum(up, _LOWEST)
    k = np.clip(whole / space, 0.0, 1.0)
    middle = 0.9511 - 0.1604 * k + 4.388 * k**2 - 16.638 * k**3 + 12.336 * k**4
    share: Floats = np.where(k <= 0.22, 1 - 0.09 * k, np.where(k <= 0.8, middle, 0.165))
    return share
