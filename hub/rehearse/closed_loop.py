"""A home's file run in closed loop: the same core, the same forecasts and plans as in a house, a simulated house below.

In each step of the file the core decides on what its meters show, the house answers, and what flows is counted. What a
plan knows is what was known then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from hub.rehearse.driven import driven
from hub.rehearse.foreseen import Foreseen
from hub.rehearse.perfect import Ideal
from hub.rehearse.policies import NONE, PERFECT, PLAN, ByPlan, ByRule, Nothing, Policy
from hub.rehearse.scene import Scene
from hub.rehearse.track import Sum, Track, Worth, summed


@dataclass(frozen=True, slots=True)
class Result:
    """By policy: `total`, `months` (by local YYYY-MM), and `tracks`, what it did step by step."""

    total: Mapping[str, Sum]
    months: Mapping[str, Mapping[str, Sum]]
    tracks: Mapping[str, Track]


def compared(scene: Scene, policies: Sequence[str]) -> Result:
    """Perfect foresight is worked out in any case: it says what a kWh is worth that is left at the end."""
    ideal = Ideal(scene)
    tracks = {name: ideal.track if name == PERFECT else driven(scene, _policy(name, scene)) for name in policies}
    worth = {name: ideal.worth(track) for name, track in tracks.items()}
    return Result(
        {name: summed(track, worth[name], 0, scene.steps) for name, track in tracks.items()},
        {name: _months(scene, track, worth[name]) for name, track in tracks.items()},
        tracks,
    )


def _policy(name: str, scene: Scene) -> Policy:
    if name == PLAN:
        return ByPlan(scene, Foreseen(scene.home, scene.zone, scene.place, scene.days_off))
    return Nothing(scene.site) if name == NONE else ByRule()


def _months(scene: Scene, track: Track, worth: Worth) -> dict[str, Sum]:
    names = list(_month_names(scene))
    edges = [i for i in range(len(names)) if i == 0 or names[i] != names[i - 1]]
    return {names[a]: summed(track, worth, a, b) for a, b in pairwise([*edges, len(names)])}


def _month_names(scene: Scene) -> Iterator[str]:
    for k in range(scene.steps):
        at = scene.start + k * scene.seconds * 1000
        yield datetime.fromtimestamp(at / 1000, UTC).astimezone(scene.zone).strftime("%Y-%m")
