"""A plan as data: what it costs, what was given up, and in each step what every device does, why, and until when."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from hub.model.plan import Task


@dataclass(frozen=True, slots=True)
class Why:
    """`code`: the constraint that binds; `price`: what a kWh is worth to the device now, currency/kWh; `turns_at`: the
    price of a kWh at which it would do something else; `until`: how long it stays so, UTC ms; `saves`: against doing it
    at once, currency.
    """

    code: str
    price: float | None = None
    turns_at: float | None = None
    until: int | None = None
    saves: float | None = None


@dataclass(frozen=True, slots=True)
class Doing:
    """A device in a step. `power_w`: + = draws, of batteries + = discharge. What a device does not have is None."""

    power_w: float
    why: Why
    task: Task | None = None
    soc: float | None = None
    value: float | None = None
    phases: int | None = None
    room_c: float | None = None
    tank_c: float | None = None
    rod_w: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """`start`: UTC ms. `grid_w`: + = import. `price`: what one more kWh costs now, `binds`: what sets it.

    `cost`: of the energy and the wear of this step, currency; `nothing`, `at_once`: the same if the batteries rested,
    or if all had run as soon as it could.
    """

    start: int
    grid_w: float
    load_w: float
    pv_w: float
    held_back_w: float
    buy: float
    sell: float
    price: float
    binds: str
    cost: float
    nothing: float
    at_once: float
    devices: dict[str, Doing]


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A wish that is not met: by how much in `unit`, what it counts in the plan (currency), and when."""

    wish: str
    device: str
    amount: float
    unit: str
    price: float
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Highest:
    """The mean import that is charged for, in the billing period that runs, W: `before_w` costs nothing more, as it was
    reached or is charged anyway; `planned_w` is the highest of this plan. `price_per_kw`: currency, of what is above.
    """

    before_w: float
    planned_w: float
    price_per_kw: float


@dataclass(frozen=True, slots=True)
class Costs:
    """Currency. `total` is what the plan makes least: the sum of the others."""

    total: float
    energy: float
    peak: float
    wear: float
    starts: float
    co2: float
    given_up: float
    stored: float


@dataclass(frozen=True, slots=True)
class Planned:
    """`bound`: no plan costs less; `how`: first, lp, dive or search; `proven`: within the gap of the bound; `highest`:
    only where that is charged for.

    `saves`: against batteries that rest, and against everything at once, currency; the energy that is left counts.
    """

    start: int
    step_s: int
    costs: Costs
    bound: float
    how: str
    proven: bool
    saves_nothing: float
    saves_at_once: float
    given_up: tuple[GivenUp, ...]
    assumed: tuple[str, ...]
    steps: tuple[Step, ...] = field(repr=False)
    highest: Highest | None = None

    def told(self) -> dict[str, Any]:
        """As JSON: times in ISO 8601, nothing that is None; the same plan gives the same text."""
        plain = asdict(self)
        return {**{k: _plain(k, v) for k, v in plain.items() if v is not None}}


_TIMES = ("start", "end", "until")


def _plain(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(k, v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_plain("", v) for v in value]
    if key in _TIMES and isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, UTC).isoformat().replace("+00:00", "Z")
    return value
