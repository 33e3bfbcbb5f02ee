"""The JSON shapes of forecasts and the plan: a part of `schema.py`, which is too long for one file."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class BandInfo(TypedDict):
    """A forecast in steps of `step_s` s from `start` (UTC ms) on, W: its 10 % and 90 % quantile, median and mean.
    `by`: the forecaster, `made`: the last moment that it knew anything of, UTC ms.
    """

    start: int
    step_s: int
    low: list[float]
    mid: list[float]
    high: list[float]
    mean: list[float]
    by: str
    made: int


class WhyInfo(TypedDict):
    """Why a device does what it does in a step: `code` is the constraint that binds. `price`: what a kWh is worth to
    the house now, `turns_at`: the price of a kWh at which the device would do otherwise, `saves`: against at once, all
    in currency units; `until`: UTC ms. What does not apply is left out.
    """

    code: str
    price: NotRequired[float]
    turns_at: NotRequired[float]
    until: NotRequired[int]
    saves: NotRequired[float]


class DoingInfo(TypedDict):
    """A device in a step. `power_w`: + = draws, of batteries + = discharge. `value`: of a stored kWh, currency."""

    power_w: float
    why: WhyInfo
    task: NotRequired[Literal["follow", "hold", "charge", "sell", "export"]]
    soc: NotRequired[float]
    value: NotRequired[float]
    phases: NotRequired[int]
    room_c: NotRequired[float]
    tank_c: NotRequired[float]
    rod_w: NotRequired[float]


class GivenUpInfo(TypedDict):
    """A wish that cannot be met: by how much, what it counts in the plan (currency units), and when (UTC ms)."""

    wish: str
    device: str
    amount: float
    unit: str
    price: float
    start: NotRequired[int]
    end: NotRequired[int]


class PlanCosts(TypedDict):
    """Currency units; `total` is the sum of the others."""

    total: float
    energy: float
    peak: float
    wear: float
    starts: float
    co2: float
    given_up: float
    stored: float


class PlanStepInfo(TypedDict):
    """`start`: UTC ms; W means of the step; prices in currency units per kWh, with fees. `price`: what one more kWh
    costs, `binds`: what sets it. `cost`: of the step, `nothing`, `at_once`: the same with batteries at rest, and with
    everything as soon as it could.
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
    devices: dict[str, DoingInfo]


class HighestInfo(TypedDict):
    """The mean import that is charged for beside the energy, in the billing period that runs, W: `before_w` costs
    nothing more, `planned_w` is the highest of the plan. `price_per_kw`: currency units, of each kW above.
    """

    before_w: float
    planned_w: float
    price_per_kw: float


class PlanInfo(TypedDict):
    """The newest plan. `in_force`: a device is left to it (`devices`); else it is only shown. `state`: `ok`, or what
    keeps the planner from making another. `made`, `good_until`: UTC ms; `cause`: why it was made then. From
    `estimated_from` on (UTC ms) prices are estimates. `bound`: no plan costs less; `how`: first, lp, dive or search,
    empty without a plan; `proven`: none is cheaper by more than the gap. `steps` are empty when there is none; `load`
    is what the house uses beside the devices that are planned; `highest` is null where no power is charged for.
    """

    state: str
    in_force: bool
    devices: list[str]
    made: int | None
    good_until: int | None
    cause: str
    step_s: int
    estimated_from: int | None
    costs: PlanCosts | None
    bound: float
    how: str
    saves_nothing: float
    saves_at_once: float
    proven: bool
    given_up: list[GivenUpInfo]
    assumed: list[str]
    steps: list[PlanStepInfo]
    highest: HighestInfo | None
    load: BandInfo | None
    pv: BandInfo | None


class Forecasts(TypedDict):
    """What the house will use and the panels will make, null where nothing is foretold; and the prices of the same
    steps (currency units per kWh), empty without a plan: from `estimated_from` on (UTC ms) they are estimates.
    """

    load: BandInfo | None
    pv: BandInfo | None
    price_import: list[float]
    price_export: list[float]
    estimated_from: int | None


class ScoreInfo(TypedDict):
    """How one forecaster did over `days` days, each forecast made at midnight for the day: W. `ratio`, `rmse_ratio`:
    its MAE and RMSE against yesterday's values on the same days, null where these made no error; `bias_w`: + = too
    much; `coverage`: the share of values in its 80 % band; `used`: it is the one in use.
    """

    quantity: Literal["load", "pv"]
    by: str
    days: int
    mae_w: float
    rmse_w: float
    bias_w: float
    ratio: float | None
    rmse_ratio: float | None
    coverage: float | None
    used: bool


class Scores(TypedDict):
    """Of the last 28 days, best first by quantity. `scored`: up to when, UTC ms; null before the first night."""

    scored: int | None
    scores: list[ScoreInfo]


class RegretTerms(TypedDict):
    """What each cause cost, currency units, + = cost more. `solver`: the best that was found against a bound; `limits`
    of the connection; `following` the house instead of planned powers; forecasts of `load`, `pv` and `price` that were
    wrong; `people`, devices that `refused`, and `rules`, each with a device in hand; `execution`: what was done
    otherwise.
    """

    solver: float
    limits: float
    following: float
    load: float
    pv: float
    price: float
    people: float
    refused: float
    rules: float
    execution: float


class RegretAsk(TypedDict):
    """Somebody else than the plan had a device in hand (UTC ms), and what that cost: `money`, and what missed `wishes`
    count. `cause`: a person, a rule's name, or a code.
    """

    who: Literal["people", "refused", "rules"]
    device: str
    start: int
    end: int
    cause: str
    money: float
    wishes: float


class RegretDay(TypedDict):
    """A local day (YYYY-MM-DD), currency units. `paid`: for energy and wear; `total`: what the day cost more than the
    best that could have been, the sum of `terms`; `wishes`: the same for what missed wishes count, which nobody pays.
    `missing`: the share of the day in which something was not measured.
    """

    date: str
    paid: float
    total: float
    terms: RegretTerms
    wishes: float
    asks: list[RegretAsk]
    missing: float


class RegretLack(TypedDict):
    """Why there is no ledger of a day."""

    date: str
    why: str


class RegretMonth(TypedDict):
    """The `days` of a month (YYYY-MM) that have a ledger, summed up; `worst`: the date of the dearest."""

    month: str
    days: int
    paid: float
    total: float
    terms: RegretTerms
    wishes: float
    worst: str


class Regret(TypedDict):
    """In time order."""

    days: list[RegretDay]
    months: list[RegretMonth]
    lacks: list[RegretLack]


class WhatIfReady(TypedDict):
    """The next goal of a car is to be met at another time (ISO 8601 with zone), or so many minutes earlier."""

    car: str
    by: NotRequired[str]
    earlier_min: NotRequired[float]


class WhatIfBattery(TypedDict):
    """A battery of another size: `capacity_wh`, or `factor` times the size it has; a new one where there is none."""

    id: NotRequired[str]
    capacity_wh: NotRequired[float]
    factor: NotRequired[float]
    max_charge_w: NotRequired[float]
    max_discharge_w: NotRequired[float]


class WhatIfCar(TypedDict):
    """A car that is not there yet; `arrive` and `depart` are local times like 18:00."""

    kwh_per_day: float
    arrive: NotRequired[str]
    depart: NotRequired[str]
    max_a: NotRequired[float]
    phases: NotRequired[int]


class WhatIfHeatPump(TypedDict):
    """A heat pump that is not there yet: the heat that the house needs each day, or what it loses (W/K)."""

    heat_kwh_per_day: NotRequired[float]
    loss_w_k: NotRequired[float]
    indoor_c: NotRequired[float]
    outdoor_c: NotRequired[float]
    cop: NotRequired[float]
    max_w: NotRequired[float]
    capacity_wh_k: NotRequired[float]


class WhatIfTariff(TypedDict):
    """Other prices (currency/kWh): of each local hour, the same at all times, or `factor` times what they are."""

    hours: NotRequired[list[float]]
    fixed: NotRequired[float]
    factor: NotRequired[float]
    export: NotRequired[float]


class WhatIfMove(TypedDict):
    """An appliance at another time: begins at `start`, or not before `earliest` and done by `latest` (ISO 8601)."""

    id: str
    start: NotRequired[str]
    earliest: NotRequired[str]
    latest: NotRequired[str]


class WhatIfChange(TypedDict):
    """All that is given is changed at once. `reserve`: % kept in all batteries; `skip`: appliances that do not run."""

    no_sun: NotRequired[bool]
    ready_by: NotRequired[list[WhatIfReady]]
    reserve: NotRequired[float]
    battery: NotRequired[WhatIfBattery]
    car: NotRequired[WhatIfCar]
    heat_pump: NotRequired[WhatIfHeatPump]
    tariff: NotRequired[WhatIfTariff]
    skip: NotRequired[list[str]]
    move: NotRequired[list[WhatIfMove]]


class WhatIfRequest(TypedDict):
    change: WhatIfChange


class MovedInfo(TypedDict):
    """kWh of a device, of `grid` (bought), `sold` or `sun`: so much more, and so much at other times."""

    device: str
    more_kwh: float
    moved_kwh: float


class WhatIfAnswer(TypedDict):
    """Currency units; `difference`: after less before, below 0 = it saves: `money`, and what `wishes` count that are
    given up for it. `import_kwh`, `export_kwh`: more than before. `given_up`: wishes that are missed by more than now,
    `met`: by less.
    """

    before: float
    after: float
    difference: float
    money: float
    wishes: float
    import_kwh: float
    export_kwh: float
    moved: list[MovedInfo]
    given_up: list[GivenUpInfo]
    met: list[GivenUpInfo]


class PastMonthInfo(TypedDict):
    """`month`: YYYY-MM in local time. What the change would have cost (above 0) or saved, currency units: by the `rule`
    (batteries cover and store whatever comes), and at `best`, by who knew a week before, which no hub comes up to.
    `missing`: the share of the month that was not recorded.
    """

    month: str
    rule: float
    best: float
    missing: float


class WhatIfPastAnswer(TypedDict):
    """The last months, oldest first, and all of them together."""

    months: list[PastMonthInfo]
    rule: float
    best: float


class RunCost(TypedDict):
    """A run that begins at `start` (UTC ms): `cost` by what a kWh is worth in the plan, `grid_cost` if all of it were
    bought, currency units. `exact`: planned again with it; `estimated`: some of its prices are not known yet.
    """

    start: int
    cost: float
    grid_cost: float
    exact: bool
    estimated: bool


class RunCosts(TypedDict):
    """What a run would cost now and later. `best`: the cheapest start; `later`: it is worth to wait; `saves`: against
    now; `decide_by`: until when one may wait to decide, UTC ms.
    """

    runs: list[RunCost]
    now: RunCost | None
    best: RunCost | None
    later: bool
    saves: float
    decide_by: int | None
