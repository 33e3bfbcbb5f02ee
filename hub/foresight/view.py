"""What the planner sees of the house at one moment, and what it makes of it: plain data that crosses to its process.

Nothing here needs the solver: the hub itself never loads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from hub.forecast.series import Floats, Forecast, Past, Series
from hub.foresight.ledger import Ask
from hub.model.plan import Plan
from hub.model.score import Quantity
from hub.model.site import Price, Site

STEP_S, STEPS = 900, 192
STEP_MS = STEP_S * 1000
_DAY, _EPOCH = timedelta(1), date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class CarSeen:
    """A charger that people leave to the plan, with a car at it. `phases`: the numbers of conductors that it can charge
    with, `phase`: the one that it is at with one; `on`: it charges now. `goal_wh` (AC) is still missing at `by` (UTC
    ms), and none of it is wanted before `earliest`; 0: nobody has asked for any, it takes what the sun leaves.
    """

    device: str
    min_a: float
    max_a: float
    phases: tuple[int, ...]
    phase: int
    on: bool = False
    goal_wh: float = 0.0
    by: int = 0
    earliest: int = 0


@dataclass(frozen=True, slots=True)
class RunSeen:
    """A plug that people leave to the plan: `left_s` of `power_w` are still to come, not before `earliest` and done by
    `latest` (UTC ms), in one go.
    """

    device: str
    power_w: float
    left_s: float
    earliest: int
    latest: int


@dataclass(frozen=True, slots=True)
class PumpSeen:
    """A heat pump that people leave to the plan. `house_c`, `tank_c`: of the stores that the site document tells, degC;
    `on`: it runs now.
    """

    device: str
    house_c: float | None = None
    tank_c: float | None = None
    on: bool = False


@dataclass(frozen=True, slots=True)
class PeakSeen:
    """What the grid meter has seen of the billing period that runs: `reached_w`, the highest mean import of a clock
    interval, and `begun_w`, that of the interval that runs, None where none is or nothing is known of it. `known`: the
    share of the period until now.
    """

    reached_w: float = 0.0
    begun_w: float | None = None
    known: float = 1.0


@dataclass(frozen=True, slots=True)
class View:
    """`start`: the quarter-hour that runs, `now`: the moment, UTC ms. `site` without what is nobody's business there.

    `load` and `pv`: the past of both, `pv` None without panels; `pv_most_w`: what their inverters can give, 0 = not
    known. `use`: the forecasters that did best. `prices`: those known, in time order; `price_import`, `price_export`:
    what they were, 1e-5 currency units per kWh. By battery: `soc` in %, `capacity_wh`; `reserve` in %,
    where people ask for one. `outdoor_c`: degC of the steps ahead, None where nobody knows. `not_planned`: of what is
    left to the plan and cannot be planned, a sentence each. `peak`: None where the highest power costs nothing.
    """

    site: Site
    now: int
    start: int
    load: Past
    pv: Past | None = None
    pv_most_w: float = 0.0
    use: Mapping[Quantity, str] = field(default_factory=dict)
    prices: tuple[Price, ...] = ()
    price_import: Series | None = None
    price_export: Series | None = None
    soc: Mapping[str, float] = field(default_factory=dict)
    capacity_wh: Mapping[str, float] = field(default_factory=dict)
    reserve: Mapping[str, float] = field(default_factory=dict)
    cars: tuple[CarSeen, ...] = ()
    runs: tuple[RunSeen, ...] = ()
    pumps: tuple[PumpSeen, ...] = ()
    outdoor_c: Floats | None = None
    not_planned: tuple[str, ...] = ()
    peak: PeakSeen | None = None
    steps: int = STEPS


@dataclass(frozen=True, slots=True)
class Thought:
    """`plan` for the core, and the same `told` with its reasons (JSON); both None without prices. From `estimated_from`
    on (UTC ms) prices are estimates. `problem`: what was planned, JSON as a problem file, where it was asked for.
    """

    forecasts: Mapping[Quantity, Forecast]
    plan: Plan | None = None
    told: Mapping[str, Any] | None = None
    estimated_from: int | None = None
    problem: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Solve:
    """Asks for a plan: answered by a Thought, and by a better one if the time is enough (`seconds` of search). `keep`:
    tell the problem too.
    """

    view: View
    good_until: int
    seconds: float = 15.0
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """Asks how all forecasters of both quantities did on the local days `days` (since 1970-01-01): answered by a tuple
    of hub.model.score.Score.
    """

    load: Past
    pv: Past | None
    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Settle:
    """Asks what a day that is over (`date`) cost more than it had to: answered by Told, a quick ledger and then a
    better one where that is worth it.

    `problem`: as a Thought has told it at the begin of the day; the other fields are those of hub.foresight.day.Day,
    but `pv_w` is what the panels made, less than they could where they were `held_back`.
    """

    date: str
    problem: Mapping[str, Any]
    steps: int
    load_w: Floats
    pv_w: Floats
    price_import: Floats
    price_export: Floats
    drawn_w: Mapping[str, Floats]
    soc: Mapping[str, Floats]
    held_back: NDArray[np.bool_]
    asks: tuple[Ask, ...] = ()


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Asks what a change (JSON, as hub.foresight.change reads it) would cost: answered by Told."""

    view: View
    change: object


@dataclass(frozen=True, slots=True)
class WhatIfPast:
    """Asks what a change would have cost in the last months of the house: answered by Told."""

    view: View
    change: object


@dataclass(frozen=True, slots=True)
class NowOrLater:
    """Asks what a run of `power_w` W for `duration_s` s would cost at each start, not before `start` and done by `end`
    (UTC ms, None = the plan's own): answered by Told.
    """

    view: View
    power_w: float
    duration_s: float
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as JSON."""

    told: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wrong:
    """The question cannot be answered; `said` tells why and what to do."""

    said: str


Question = Solve | Rate | Settle | WhatIf | WhatIfPast | NowOrLater


def day_of(day: int, zone: ZoneInfo) -> tuple[int, int]:
    """Begin and end of a local day (days since 1970-01-01), UTC ms."""
    begin = datetime.combine(_EPOCH + day * _DAY, datetime.min.time(), zone)
    end = datetime.combine(_EPOCH + (day + 1) * _DAY, datetime.min.time(), zone)
    return round(begin.timestamp() * 1000), round(end.timestamp() * 1000)


def local_day(t: int, zone: ZoneInfo) -> int:
    """Days since 1970-01-01 of the local date at UTC ms."""
    return (datetime.fromtimestamp(t / 1000, UTC).astimezone(zone).date() - _EPOCH).days
