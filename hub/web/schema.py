"""Every JSON shape of the HTTP surface, once.

OpenAPI, the page's TypeScript types and its fixtures are generated from here.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from hub.web.schema_commission import Commissioning as Commissioning
from hub.web.schema_commission import CommissioningRequest as CommissioningRequest
from hub.web.schema_commission import FindingInfo as FindingInfo
from hub.web.schema_found import DeviceAdded as DeviceAdded
from hub.web.schema_found import DeviceRequest as DeviceRequest
from hub.web.schema_found import FoundDevice as FoundDevice
from hub.web.schema_found import FoundDevices as FoundDevices
from hub.web.schema_found import RawReading as RawReading
from hub.web.schema_found import RawReadings as RawReadings
from hub.web.schema_found import SearchRequest as SearchRequest
from hub.web.schema_plan import BandInfo as BandInfo
from hub.web.schema_plan import DoingInfo as DoingInfo
from hub.web.schema_plan import GivenUpInfo as GivenUpInfo
from hub.web.schema_plan import PlanCosts as PlanCosts
from hub.web.schema_plan import PlanInfo as PlanInfo
from hub.web.schema_plan import PlanStepInfo as PlanStepInfo
from hub.web.schema_plan import RunCost as RunCost
from hub.web.schema_plan import RunCosts as RunCosts
from hub.web.schema_plan import ScoreInfo as ScoreInfo
from hub.web.schema_plan import Scores as Scores
from hub.web.schema_plan import WhatIfAnswer as WhatIfAnswer
from hub.web.schema_plan import WhatIfPastAnswer as WhatIfPastAnswer
from hub.web.schema_plan import WhatIfRequest as WhatIfRequest
from hub.web.schema_plan import WhyInfo as WhyInfo
from hub.web.schema_why import ChangeInfo as ChangeInfo
from hub.web.schema_why import Decision as Decision
from hub.web.schema_why import Decisions as Decisions
from hub.web.schema_why import InputInfo as InputInfo
from hub.web.schema_why import InputValue as InputValue
from hub.web.schema_why import Journal as Journal
from hub.web.schema_why import JournalRow as JournalRow
from hub.web.schema_why import ReasonInfo as ReasonInfo
from hub.web.schema_why import Unmet as Unmet

Value = float | int | bool | str


class PointState(TypedDict):
    """`v` is null when nothing trustworthy is known; `t` is when it was measured (UTC ms)."""

    v: Value | None
    t: int
    q: Literal["good", "substituted", "invalid", "stale"]


class Points(TypedDict):
    t: int
    points: dict[str, PointState]


class PointInfo(TypedDict):
    id: str
    quantity: str
    unit: str
    kind: Literal["gauge", "counter", "state", "intent"]
    writable: bool


class CommandInfo(TypedDict):
    point: str
    unit: str
    low: float | None
    high: float | None
    step: float | None
    choices: list[str]
    settle_ms: int


class LinkInfo(TypedDict):
    driver: str
    address: str
    state: Literal["connecting", "up", "lost"]
    since: int
    reason: str


class DeviceInfo(TypedDict):
    id: str
    uid: str
    role: Literal[
        "grid", "inverter", "battery", "charger", "heatpump", "plug", "light", "thermostat", "meter", "sensor",
        "tariff", "forecast", "house",
    ]  # fmt: skip
    vendor: str
    model: str
    serial: str
    firmware: str
    behind: str
    link: LinkInfo
    points: list[PointInfo]
    commands: list[CommandInfo]


class Devices(TypedDict):
    devices: list[DeviceInfo]


class CommandRequest(TypedDict):
    point: str
    value: Value
    for_s: NotRequired[float]
    after_s: NotRequired[float]
    id: NotRequired[str]


class CommandAnswer(TypedDict):
    id: str
    state: Literal["confirmed", "refused", "no_answer", "pending"]
    asked: Value
    applied: Value | None
    limited_by: NotRequired[ReasonInfo]
    reason: ReasonInfo
    ms: float


class CommandRecord(CommandAnswer):
    """A command afterwards: its answer, brought up to date, and what was written, why, on which inputs."""

    journal: list[JournalRow]


class RuleState(TypedDict):
    """`state`: idle, waiting, active, cooling; off when it is not enabled, broken when `problem` says what is wrong."""

    state: str
    reason: ReasonInfo


class Plan(TypedDict):
    """A rule or a schedule as it was written, by whom and when (UTC ms)."""

    id: str
    document: dict[str, Value | list[str]]
    version: int
    author: str
    t: int
    problem: str


class RuleInfo(Plan):
    now: RuleState


class Rules(TypedDict):
    rules: list[RuleInfo]


class Stretch(TypedDict):
    """From `start` until before `end` (UTC ms); `end` null = until another one of the same point begins."""

    start: int
    end: int | None


class ScheduleInfo(Plan):
    """`next`: when it is in force next, a week on; `active` whether it is now."""

    active: bool
    next: list[Stretch]


class Schedules(TypedDict):
    schedules: list[ScheduleInfo]


class PlanRequest(TypedDict):
    document: dict[str, Value | list[str]]


class PlanAccepted(TypedDict):
    """It can be used as it is. `points`: what a rule speaks of; `next`: when a schedule is due, a week on."""

    id: str
    points: list[str]
    next: list[Stretch]


class RehearsalRequest(TypedDict):
    """A rule that is to be tried on the past, from `from` until `to` (UTC ms)."""

    document: dict[str, Value | list[str]]
    start: NotRequired[int]
    end: NotRequired[int]


class RehearsedRun(TypedDict):
    start: int
    end: int
    why: str


class Clash(TypedDict):
    """Another rule that would have asked something else of the same point, and for how long (s)."""

    rule: str
    point: str
    seconds: float


class Rehearsal(TypedDict):
    """What a rule would have done: `runs` are the latest 500 of `count`. Differences are against doing nothing: Wh
    taken from the grid and fed in, and money (currency, + = costs more). `unmodelled`: actions whose effect is not
    known; `known`: the share of the time in which all that it looks at was known; `per_day`, `most_an_hour`: starts;
    `priced`: the share of the differences (Wh) whose price was known, the others cost nothing.
    """

    start: int
    end: int
    step_s: int
    count: int
    active_s: float
    runs: list[RehearsedRun]
    import_wh: float
    export_wh: float
    cost: float
    unmodelled: list[str]
    known: float
    per_day: float
    most_an_hour: int
    clashes: list[Clash]
    priced: float


class ObservedPoint(TypedDict):
    """For how long the two differ (s), how often each changes the point, for how long a limit binds each (s)."""

    differs_s: float
    live_changes: int
    shadow_changes: int
    live_limited_s: float
    shadow_limited_s: float
    live: Value | None
    shadow: Value | None


class Observed(TypedDict):
    """The core that is tried beside the live one: what it would have taken more from the grid (Wh), and what that
    would have cost more (currency), were every car to take what it may.
    """

    since: int
    seconds: float
    extra_wh: float
    extra_cost: float
    points: dict[str, ObservedPoint]


class Series(TypedDict):
    t: list[int]
    mean: list[float | None]
    min: list[float | None]
    max: list[float | None]
    last: list[Value | None]


class History(TypedDict):
    """What `points=` answers: one series per asked point. `step_ms` is 0 for periods of local time."""

    step_ms: int
    series: dict[str, Series]


class PointHistory(Series):
    """What `point=` answers: the one point's series."""

    step_ms: int


class SeriesPart(TypedDict):
    """A series when `fields=` asked for some of its arrays. `count`: how many values each bucket was made of."""

    t: list[int]
    mean: NotRequired[list[float | None]]
    min: NotRequired[list[float | None]]
    max: NotRequired[list[float | None]]
    last: NotRequired[list[Value | None]]
    count: NotRequired[list[int]]


class HistoryPart(TypedDict):
    """What `points=` answers with `fields=`."""

    step_ms: int
    series: dict[str, SeriesPart]


class PointHistoryPart(SeriesPart):
    """What `point=` answers with `fields=`."""

    step_ms: int


class EnergySeries(TypedDict):
    """What flowed in each period, in `unit`; null where nothing is known.

    `minus` is what flowed the other way, for powers. `known` is the share of the period that is known. `marks` is a sum
    of: 1 interpolated, 2 summed from power, 4 counter reset or swapped, 8 sums disagree, 16 imported; with 1, if all
    that is not known is how much of it belongs to the period before or after: 32 at its start, 64 at its end, so that a
    longer period may be known well; 0 = from a counter that was read at both edges. `since` is when anything of it was
    known first, whatever was asked for (UTC ms), null for never.
    """

    unit: str
    plus: list[float | None]
    minus: list[float | None]
    known: list[float]
    marks: list[int]
    since: int | None


class Energy(TypedDict):
    """`t` are the starts of the periods, `end` is the end of the last one (UTC ms)."""

    step: Literal["quarter", "hour", "day", "week", "month", "year"]
    t: list[int]
    end: int
    series: dict[str, EnergySeries]


class Reach(TypedDict):
    """A resolution of `step` seconds, and since when it is kept (UTC ms)."""

    step: int
    since: int | None


class Storage(TypedDict):
    """Bytes on disk and bytes a day, null until enough has been measured.

    `ours_a_day` is what the history writes, `device_a_day` what everything writes to the card; `card_years` is how long
    it lasts at that rate.
    """

    budget: int
    write_budget: int
    file: int
    wal: int
    hot: int
    reach: list[Reach]
    window_s: int
    ours_a_day: int | None
    device_a_day: int | None
    card_years: float | None


class RateInfo(TypedDict):
    """What is in force from `start` until before `end` (UTC ms), in 1/100,000 currency unit per kWh; null if unknown.

    `market` is what the source says, before fees and taxes and in its own currency, null for a fixed price. A
    `provisional` price is an estimate of the source, or the fixed price that stands for one it has not told.
    """

    start: int
    end: int
    import_price: int | None
    export_price: int | None
    market: int | None
    provisional: bool


class Prices(TypedDict):
    """`source` is empty for fixed prices; `state` is `ok`, or why a source is silent and until when it is known."""

    currency: str
    source: str
    state: str
    rates: list[RateInfo]


class SessionRequest(TypedDict):
    user: str
    password: str


class SessionInfo(TypedDict):
    user: str
    role: Literal["owner", "resident", "guest", "installer"]


class SiteInfo(TypedDict):
    name: str
    timezone: str
    currency: str
    version: str
    t: int


class Health(TypedDict):
    status: Literal["ok", "degraded", "starting"]
    parts: dict[str, str]


class LiveState(TypedDict):
    type: Literal["state"]
    seq: int
    points: dict[str, PointState]


class LiveChange(TypedDict):
    type: Literal["change"]
    seq: int
    points: dict[str, PointState]


class Problem(TypedDict):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    field: NotRequired[str]
