"""Observe mode: a second core beside the live one decides on the same inputs, and nobody carries it out.

It has no dispatcher and no driver: what it decides goes into a score card and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from hub.core import House, Inputs, Made, State, Step, step
from hub.core.types import VOLT, LookedAt
from hub.model import Command, Device, Value
from hub.model.site import Site

_MOST_S = 10.0


@dataclass(slots=True)
class Line:
    """One point: how long the two differ, how often each changes it, how long a limit binds each. Times in s."""

    differs_s: float = 0.0
    live_changes: int = 0
    shadow_changes: int = 0
    live_limited_s: float = 0.0
    shadow_limited_s: float = 0.0
    live: Value | None = None
    shadow: Value | None = None


@dataclass(slots=True)
class Score:
    """Since `since` (UTC ms). `extra_wh`, `extra_cost`: what the shadow would have taken from the grid beyond the live
    core, and what that costs (1e-5 currency units), were every car to take what it may. A negative one is a saving.
    """

    since: int = 0
    seconds: float = 0.0
    extra_wh: float = 0.0
    extra_cost: float = 0.0
    lines: dict[str, Line] = field(default_factory=dict)


class Shadow:
    """`site`: the document that is tried; `live`: the one in force."""

    def __init__(self, site: Site, live: Site) -> None:
        self._site = site
        self._modes = {p: m for p, m in _modes(site).items() if _modes(live).get(p) != m}
        self._state = State()
        self._house: House | None = None
        self._laid: House | None = None
        self.score = Score()

    def watch(self, made: Made, devices: Iterable[Device]) -> None:
        """The live core has made a step; the shadow makes its own of the same."""
        if self._house is None or self._laid is not made.inputs.house:
            self._house, self._laid = House.of(self._site, devices), made.inputs.house
        inputs = replace(
            made.inputs, house=self._house, intents={**made.inputs.intents, **self._modes}, looked_at=LookedAt()
        )
        dt = min(max((inputs.t - self._state.t) / 1000, 0.0), _MOST_S) if self._state.t else 0.0
        mine = step(self._state, inputs)
        self._state = mine.state
        self._count(inputs, made.step, mine, dt)

    def _count(self, inputs: Inputs, live: Step, mine: Step, dt: float) -> None:
        score = self.score
        score.since, score.seconds = score.since or inputs.t, score.seconds + dt
        theirs, ours = ({c.point: c for c in s.commands} for s in (live, mine))
        extra = 0.0
        for point in dict.fromkeys((*theirs, *ours)):
            line = score.lines.setdefault(point, Line())
            _noted(line, theirs.get(point), ours.get(point), dt)
            extra += _watts(inputs, point, line.shadow) - _watts(inputs, point, line.live)
        score.extra_wh += extra * dt / 3600
        grid = inputs.number(f"{inputs.house.grid}.power") or 0.0
        price = inputs.number("tariff.price_import" if grid + extra > 0 else "tariff.price_export") or 0.0
        score.extra_cost += extra * dt / 3_600_000 * price


def _noted(line: Line, live: Command | None, shadow: Command | None, dt: float) -> None:
    was = line.live, line.shadow
    line.live, line.shadow = (c.value if c else None for c in (live, shadow))
    line.live_changes += was[0] is not None and line.live != was[0]
    line.shadow_changes += was[1] is not None and line.shadow != was[1]
    line.differs_s += dt if line.live != line.shadow else 0.0
    line.live_limited_s += dt if live and live.limits else 0.0
    line.shadow_limited_s += dt if shadow and shadow.limits else 0.0


def _watts(inputs: Inputs, point: str, value: Value | None) -> float:
    """What the point's device would take from the grid, W; 0 for what does not tell."""
    device, _, quantity = point.partition(".")
    if value is None or isinstance(value, str):
        return 0.0
    if quantity == "power_setpoint":
        return -float(value)
    charger = next((c for c in inputs.house.chargers if c.device == device), None)
    if quantity == "current_limit" and charger and inputs.values.get(f"{device}.connected") is not False:
        return float(value) * VOLT * charger.phase_count
    switch = next((s for s in inputs.house.switches if s.device == device), None)
    return switch.surplus_w if quantity == "on" and switch and value else 0.0


def _modes(site: Site) -> Mapping[str, str]:
    return {f"{device}.mode": mode for device, mode in site.modes.items()}
