"""step(state, inputs) -> Step: wishes, arbitration, envelope, pace. Pure: the same inputs give the same bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hub.core import charging, planned, surplus, target, worth
from hub.core.arbitrate import Verdict, arbitrate
from hub.core.battery import FOLLOWS_S, balance, battery_wish, follows
from hub.core.charging import charger_wish
from hub.core.connection import LIMITS, Connection, caps, unmet_limits
from hub.core.derive import derive
from hub.core.draw import EXPORT, IMPORT
from hub.core.envelope import Bound, battery_bounds, charger_bounds, clamp, device_bound, refused, setting_bounds
from hub.core.fuse import Fuses
from hub.core.heed import reserved, target_of
from hub.core.house import Inverter
from hub.core.pace import MOST_S, PEOPLE, at_end, held_on, least_time, pause, ramp, refilled, spent
from hub.core.types import ChargerMemory, Course, Held, Inputs, State, Unmet, Wish
from hub.model import HEEDED, Command, Reason, Request, Source, Value, Wear
from hub.model.site import BatteryControl, ChargerControl, HeatPumpControl, SwitchControl
from hub.rules import Firing, Memory, advance, requests

_FORGOTTEN_MS = 3_600_000
"""So long a rule is remembered that cannot be understood for a while, because its device has not shown itself yet."""
_CANNOT_S, _MORE = 10.0, 0.02
"""An inverter that has made less than it may for so long will make at most that share of its power more in a second;
what it does not make is left to the others."""
_UNBLOCKED = (Bound(surplus.NORMAL, 4.0, Reason("guaranteed_power")),)
"""What may stand in a heat pump that is guaranteed its power."""
_HELD_BACK, _HELD_BACK_S = 0.97, 5.0
"""One that makes this share of its limit for so long would make more without it."""


@dataclass(frozen=True, slots=True)
class Step:
    """`unmet`: the requests in force that do not have their way; `modes`: what each device's mode is by now.

    `ruled`: the modes that nobody chose, but a rule or a plan holds for a time. `driven`: the points that the core
    drives by itself, so that what people wish of them has an end. `firings`: what each rule does.
    `asked`: all requests, those of rules among them.
    """

    state: State
    commands: tuple[Command, ...]
    derived: Mapping[str, float | None]
    unmet: tuple[Unmet, ...] = ()
    modes: Mapping[str, str] = field(default_factory=dict)
    ruled: tuple[str, ...] = ()
    driven: tuple[str, ...] = ()
    firings: Mapping[str, Firing] = field(default_factory=dict)
    asked: tuple[Request, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """A step and what it was made of."""

    inputs: Inputs
    step: Step


def step(state: State, inputs: Inputs) -> Step:
    """One decision for the whole house: the wanted value of every point that somebody or something drives.

    Cars are decided before batteries, in the order of the site document, and so come first at the fuses: a car waits
    for its driver, a battery only for another hour. It agrees with the surplus, which a battery takes from what cars
    leave. What a battery draws already is not taken from it, as nobody knows how soon it would let go.
    """
    turn = _Turn(state, inputs)
    house = inputs.house
    for charger in house.chargers:
        turn.charge(charger)
    for battery in house.batteries:
        turn.store(battery)
    for inverter in house.inverters:
        turn.curtail(inverter)
    for pump in house.heat_pumps:
        turn.heat(pump)
    for switch in house.switches:
        turn.switch(switch)
    for point in _wished(turn.inputs):
        turn.other(point)
    return turn.done()


class _Turn:
    """A step in the making."""

    def __init__(self, state: State, inputs: Inputs) -> None:
        self._state = state
        self._dt = max(0.0, min((inputs.t - state.t) / 1000.0, MOST_S)) if state.t else 0.0
        self._rules, self._firings, asked = _ruled(state, inputs)
        if asked:
            inputs = replace(inputs, requests=(*inputs.requests, *asked))
        verdicts = _modes(inputs)
        self._modes = {**inputs.intents, **{p: str(v.wish.value) for p, v in verdicts.items()}}
        self._ruled = tuple(p for p, v in verdicts.items() if v.wish.source is not Source.PERSON)
        self._leased = {p: v.wish for p, v in verdicts.items()}
        self._inputs = replace(inputs, intents=self._modes, hidden_w=_hidden(state, inputs))
        self._fuses = Fuses(inputs.house)
        self._connection = Connection(self._fuses.draws, caps(inputs.house.limits, inputs.requests))
        self._commands: list[Command] = []
        self._unmet = [u for v in verdicts.values() for u in v.unmet(v.wish.value, ())]
        self._unmet += unmet_limits(inputs.requests, self._connection.limits)
        self._chargers = dict(state.chargers)
        self._held = dict(state.held)
        self._tokens = dict(state.tokens)
        self._targets = dict(state.targets)
        self._courses = dict(state.courses)
        self._fast: list[str] = []
        self._stores: list[str] = []
        self._newly_w = {"cars": 0.0, "batteries": 0.0}
        self._driven: list[str] = []

    @property
    def inputs(self) -> Inputs:
        return self._inputs

    def _spoken(self, default: Wish) -> Wish:
        """What a mode wants is the wish of whoever holds the mode for a time."""
        lease = self._leased.get(f"{default.point.partition('.')[0]}.mode")
        return replace(default, source=lease.source, request=lease.request) if lease else default

    def done(self) -> Step:
        state = State(
            *(self._inputs.t, self._chargers, self._held, self._tokens, self._rules, self._targets, self._courses)
        )
        return Step(
            state,
            tuple(self._commands),
            derive(self._inputs, self._connection.limits),
            tuple(self._unmet),
            self._modes,
            self._ruled,
            tuple(self._driven),
            self._firings,
            self._inputs.requests,
        )

    # -- what is driven all the time ---------------------------------------------------------------------------------

    def charge(self, charger: ChargerControl) -> None:
        inputs, memory = self._inputs.anew(), self._state.chargers.get(charger.device, ChargerMemory())
        memory, stop = self._phases(charger, memory)
        charger = charging.on_phases(inputs, charger, memory)
        default, memory = charger_wish(inputs, charger, memory, self._dt, self._newly_w["cars"])
        decided = planned.car_wish(inputs, charger, self._courses.get(charger.device), self._dt)
        default = self._planned(inputs, charger.device, charger.mode, decided, default) or default
        default = self._target(inputs, charger, self._spoken(default))
        verdict = arbitrate(inputs, default.point, default) or Verdict(default)
        bounds = charger_bounds(inputs, charger, self._fuses, self._connection)
        amps, limits = clamp(float(verdict.wish.value), bounds)
        by_itself = self._by_itself(verdict.wish)
        amps, waits = (0.0, stop) if stop else pause(amps, memory, charger, by_itself)
        limits = (*limits, *([waits] if waits else ()))
        amps = float(self._decide(inputs, verdict, amps, limits, () if waits else bounds))
        for phase in charger.phases:
            self._fuses.give(charger.device, phase, amps)
        watts = amps * self._fuses.draws.charger_volts(inputs, charger)
        self._connection.give(charger.device, watts)
        if amps and planned.code(verdict.wish.reason) not in charging.SOLAR_CODES:
            self._fast.append(charger.device)
        for_s = memory.for_s + self._dt if (amps > 0) == (memory.limit_a > 0) else 0.0
        if amps and for_s < charging.TAKES_UP_S:
            self._newly_w["cars"] += max(0.0, watts - self._fuses.draws.watts_at_least(inputs, charger.device, IMPORT))
        self._chargers[charger.device] = replace(
            memory,
            limit_a=amps,
            for_s=for_s,
            forced=not amps and (bool(limits) or memory.forced if verdict.wish.value else by_itself),
        )

    def _planned(
        self, inputs: Inputs, device: str, mode: str, decided: tuple[Wish, Course] | None, instead: Wish | None
    ) -> Wish | None:
        """What the plan wants of the device, or what is done `instead` where no plan decides."""
        if decided:
            wish, self._courses[device] = decided
            return wish
        self._courses.pop(device, None)
        return planned.without(inputs, instead) if instead and planned.asked(inputs, device, mode) else instead

    def _target(self, inputs: Inputs, charger: ChargerControl, default: Wish) -> Wish:
        """What the car's mode wants, or more of it where a target has to be reached."""
        request = target_of(inputs, charger.device)
        if request is None:
            self._targets.pop(charger.device, None)
            return default
        by_plan = planned.is_plans(default.reason)
        seen = replace(inputs, prices=()) if by_plan else inputs
        wish, memory, left_wh = target.target_wish(seen, charger, request, self._targets.get(charger.device))
        self._targets[charger.device] = memory
        if wish is not None:
            return replace(wish, source=request.source, request=request.id)
        if left_wh and default.value == 0 and not by_plan:
            numbers = {"left_wh": float(round(left_wh)), "by": request.ends}
            waits = replace(default, reason=Reason("target_waits", numbers))
            return planned.without(inputs, waits) if planned.asked(inputs, charger.device, charger.mode) else waits
        return default

    def _by_itself(self, wish: Wish) -> bool:
        """Whether a rule or a plan is behind it, by a value or by a mode, and no person."""
        if planned.is_plans(wish.reason):
            return True
        return wish.source not in PEOPLE and (
            wish.source is not Source.DEFAULT or f"{wish.point.partition('.')[0]}.mode" in self._ruled
        )

    def _phases(self, charger: ChargerControl, memory: ChargerMemory) -> tuple[ChargerMemory, Reason | None]:
        """Switches between one phase and three while nothing flows; the reason why the car has to wait for it."""
        inputs = self._inputs.anew()
        if not charging.switchable(inputs, charger):
            return memory, None
        default, memory = charging.phases_wanted(inputs, charger, memory, self._dt)
        verdict = arbitrate(inputs, default.point, default) or Verdict(default)
        wanted = 1 if verdict.wish.value == 1 else 3
        shown = inputs.number(default.point)
        if wanted == memory.phases and shown in (1, 3) and shown != wanted and memory.phases_s > charging.SWITCHES_S:
            wanted, memory = int(shown), replace(memory, phases=int(shown))
        if wanted != memory.phases and memory.phases_s < charger.phase_switch_s and verdict.wish.source not in PEOPLE:
            wanted = memory.phases
        if wanted == memory.phases and (shown is None or shown == wanted):
            self._decide(inputs, verdict, float(wanted), ())
            return memory, None
        waits = Reason("phase_switch", {"phases": wanted})
        if memory.limit_a or charging.still_flows(inputs, charger):
            self._unmet += verdict.unmet(shown or 0.0, (waits,))
            return memory, waits
        told = int(self._decide(inputs, verdict, float(wanted), ()))
        if told == memory.phases:
            return memory, waits if told == wanted else None
        return replace(memory, phases=told, phases_s=0.0, other_s=0.0), waits

    def store(self, battery: BatteryControl) -> None:
        inputs, point = self._inputs.anew(), f"{battery.device}.power_setpoint"
        battery = reserved(inputs, battery)
        known = self._held.get(point)
        was = float(known.value) if known and not isinstance(known.value, str) else None
        held = replace(known, for_s=known.for_s + self._dt) if known else Held(0.0)
        default = self._stored(inputs, battery, was)
        if default and was is not None and held.for_s < FOLLOWS_S and follows(default):
            default = replace(default, value=was)
        verdict = arbitrate(inputs, point, default and self._spoken(default))
        if verdict is None:
            self._held.pop(point, None)
            return
        end = self._end(inputs, battery)
        bounds = battery_bounds(inputs, battery, end, self._fuses, self._connection)
        watts, limits = clamp(float(verdict.wish.value), bounds)
        watts, slow = ramp(watts, held, battery.ramp_w_s, self._dt)
        watts = float(self._decide(inputs, verdict, watts, (*limits, *([slow] if slow else ())), bounds))
        for phase in inputs.house.phases:
            self._fuses.give(battery.device, phase, -watts / self._fuses.draws.watts_per_amp(inputs, phase))
        self._connection.give(battery.device, -watts)
        if course := self._courses.get(battery.device):
            even = balance(inputs, battery, tuple(self._fast), self._newly(inputs, battery))
            self._courses[battery.device] = worth.moved(course, even, watts)
        self._newly_w["batteries"] += watts - (inputs.number(f"{battery.device}.power") or 0.0)
        self._stores.append(battery.device)
        self._held[point] = held_on(held, watts)

    def _stored(self, inputs: Inputs, battery: BatteryControl, was: float | None) -> Wish | None:
        """By the plan, or by the battery's mode."""
        cars, newly_w, cap = tuple(self._fast), self._newly(inputs, battery), self._connection.limits.get(EXPORT)
        course, export_w = self._courses.get(battery.device), cap.watts if cap else None
        decided = worth.battery_wish(inputs, battery, course, cars, newly_w, was, self._dt, export_w)
        instead = None if decided else battery_wish(inputs, battery, cars, newly_w, was)
        return self._planned(inputs, battery.device, battery.mode, decided, instead)

    def _newly(self, inputs: Inputs, battery: BatteryControl) -> float:
        """W that the batteries before this one give beyond what they give now, without what plans buy and sell."""
        moved_w = worth.moved_by_others(inputs, battery, self._courses, tuple(self._stores))
        return self._newly_w["batteries"] - moved_w

    def _end(self, inputs: Inputs, battery: BatteryControl) -> str:
        point = f"{battery.device}.soc"
        known = self._held.get(point)
        end = at_end(inputs.number(point), battery.lowest_soc, battery.soc_ceiling, known.value if known else "")
        self._held[point] = Held(end)
        return end

    def curtail(self, inverter: Inverter) -> None:
        """Holds an inverter back where an export limit leaves less than it makes; else it makes what it can."""
        inputs, point = self._inputs.anew(), f"{inverter.device}.power_limit"
        default = Wish(point, inverter.high, Source.DEFAULT, Reason("makes_all"))
        verdict = arbitrate(inputs, point, default) or Verdict(default)
        free = self._connection.free(inputs, inverter.device, EXPORT)
        if free is None and verdict.wish is default and point not in self._held:
            return
        bounds = [device_bound(inputs.house.commands[point])]
        if free is not None:
            cap = self._connection.limits[EXPORT]
            bounds.append(Bound(0.0, float(int(max(0.0, free))), cap.reason(EXPORT, free)))
        watts, limits = clamp(float(verdict.wish.value), tuple(bounds))
        watts = float(self._decide(inputs, verdict, watts, limits, tuple(bounds)))
        held = self._held.get(point, Held(watts))
        made, blind = inputs.number(f"{inverter.device}.power"), self._blind(inputs)
        full = made is not None and made >= _HELD_BACK * float(held.value)
        seen = made is not None and not blind
        timers = held.timers.counted(full and seen, not full and seen, self._dt)
        can = watts if made is None or timers.short_s < _CANNOT_S else min(watts, made + _MORE * inverter.high)
        self._connection.give(inverter.device, -can if free is not None else 0.0)
        self._held[point] = Held(watts, 0.0, timers)

    def _blind(self, inputs: Inputs) -> bool:
        return inputs.number(f"{inputs.house.grid}.power") is None

    def heat(self, pump: HeatPumpControl) -> None:
        inputs, point = self._inputs.anew(), f"{pump.device}.sg_ready"
        known = self._held.get(point) or Held(inputs.number(point) or surplus.NORMAL)
        held = surplus.counted(inputs, known, pump.surplus_w, self._dt)
        default = self._spoken(surplus.pump_wish(inputs, pump, held))
        verdict = arbitrate(inputs, point, default) or Verdict(default)
        wish, limits = verdict.wish, list[Reason]()
        state = float(int(max(1.0, min(float(wish.value), 4.0))))
        if state == surplus.BLOCKED and pump.guaranteed_w and wish.source is not Source.PERSON:
            state, limits = surplus.NORMAL, [Reason("guaranteed_power", {"guaranteed_w": pump.guaranteed_w})]
        if wish.source not in PEOPLE or (held.forced and state >= surplus.BOOST) or planned.is_plans(wish.reason):
            least = pump.min_pause_s if held.value == surplus.BLOCKED else pump.min_run_s
            settled, waits = least_time(state, held, least if point in self._held else 0)
            state, limits = float(settled), [*limits, *([waits] if waits else ())]
        runs = isinstance(held.value, float) and held.value >= surplus.BOOST
        # what stands in a flash may not stay there for the sake of its budget where a limit is used up
        stands = runs and inputs.house.commands[point].wear is Wear.FLASH
        over = self._over(inputs, pump.device, pump.surplus_w, runs) if state >= surplus.BOOST or stands else None
        if over:
            state, limits = min(state, surplus.NORMAL), [*limits, over]
        free = bool(pump.guaranteed_w) and wish.source is not Source.PERSON
        bounds = _UNBLOCKED if free and not over else ()
        self._settle(inputs, verdict, held, state, tuple(limits), state == surplus.BOOST, bounds, forced=bool(over))

    def switch(self, switch: SwitchControl) -> None:
        inputs, point = self._inputs.anew(), f"{switch.device}.on"
        known = self._held.get(point) or _as_read(inputs, point)
        held = surplus.counted(inputs, known, switch.surplus_w, self._dt) if known else None
        shown, course = self._inputs.values.get(point), self._courses.get(switch.device)
        decided = planned.switch_wish(inputs, switch, course, None if shown is None else bool(shown), self._dt)
        default = self._planned(inputs, switch.device, switch.mode, decided, surplus.switch_wish(inputs, switch, held))
        verdict = arbitrate(inputs, point, default and self._spoken(default))
        if verdict is None:
            self._left_alone(point, held, inputs.number(point))
            return
        on, limits = bool(verdict.wish.value), tuple[Reason, ...]()
        if held and (
            verdict.wish.source not in PEOPLE or (held.forced and on) or planned.is_plans(verdict.wish.reason)
        ):
            settled, waits = least_time(on, held, switch.min_on_s if held.value else switch.min_off_s)
            on, limits = bool(settled), (waits,) if waits else ()
        over = self._over(inputs, switch.device, switch.surplus_w, bool(held and held.value)) if on else None
        if over:
            on, limits = False, (*limits, over)
        self._settle(inputs, verdict, held or Held(on), on, limits, on, forced=bool(over))

    def _over(self, inputs: Inputs, device: str, needs_w: float, runs: bool) -> Reason | None:
        """Why a fuse or the import limit does not let it begin, or run on."""
        drawn = self._fuses.draws.watts_at_least(inputs, device, IMPORT)
        more_w = 0.0 if runs else max(0.0, needs_w - drawn)
        over = refused(inputs, device, more_w, self._fuses, self._connection)
        if over is None and not runs:
            self._connection.give(device, max(needs_w, drawn))
            for phase in inputs.house.phases:
                self._fuses.give(device, phase, more_w / self._fuses.draws.volts(inputs, phase))
        return over

    def _left_alone(self, point: str, held: Held | None, shown: float | None) -> None:
        """How long it has been so is known on, as long as nobody else switches it."""
        if point in self._held and held is not None and shown in (None, held.value):
            self._held[point] = held
        else:
            self._held.pop(point, None)

    def _settle(
        self,
        inputs: Inputs,
        verdict: Verdict,
        held: Held,
        value: Value,
        limits: tuple[Reason, ...],
        started: bool,
        bounds: tuple[Bound, ...] = (),
        forced: bool = False,
    ) -> None:
        """Decides, remembers, and lets the others wait for the sun anew when this one has begun to draw.

        `forced`: a limit has stopped it, so that it waits its least time before it begins again, whoever asks.
        """
        point = verdict.wish.point
        value = self._decide(inputs, verdict, value, limits, bounds)
        kept = held_on(held, value)
        self._held[point] = replace(kept, forced=forced or (held.forced and kept.value == held.value))
        if started and held.value != value:
            self._held = surplus.anew(self._held, point)

    # -- what only somebody's wish drives ----------------------------------------------------------------------------

    def other(self, point: str) -> None:
        """0 is off or pause, even where the device's range begins higher."""
        inputs = self._inputs.anew()
        verdict = arbitrate(inputs, point, None)
        if verdict is None:
            return
        value, limits = verdict.wish.value, tuple[Reason, ...]()
        if not isinstance(value, str):
            device = (device_bound(inputs.house.commands[point]),) if value != 0 else ()
            value, limits = clamp(value, (*device, *setting_bounds(inputs, point, verdict.wish.source)))
        self._decide(inputs, verdict, value, limits)

    # -- the decision ------------------------------------------------------------------------------------------------

    def _decide(
        self, inputs: Inputs, verdict: Verdict, value: Value, limits: tuple[Reason, ...], bounds: tuple[Bound, ...] = ()
    ) -> Value:
        """The command, and who does not get what they asked; the value after the budget of a flash memory."""
        if verdict.driven:
            self._driven.append(verdict.wish.point)
        wish, spec = verdict.wish, inputs.house.commands[verdict.wish.point]
        if spec.wear is Wear.FLASH:
            tokens = refilled(spec, self._tokens.get(wish.point), self._dt)
            safe = tokens is None or _inside(tokens.value, value, bounds, limits)
            value, self._tokens[wish.point], worn = spent(spec, wish, value, safe, tokens)
            limits = (*limits, *([worn] if worn else ()))
        self._commands.append(
            Command(wish.point, value, wish.request, wish.source, wish.reason, limits, tuple(inputs.looked_at))
        )
        self._unmet += verdict.unmet(value, limits)
        return value


def _inside(stands: Value, value: Value, bounds: tuple[Bound, ...], limits: tuple[Reason, ...]) -> bool:
    """Whether what stands in the device may go on standing there: no bound moves it, nor does a limit lie below it."""
    if isinstance(stands, str) or isinstance(value, str):
        return True
    if bounds:
        return all(bound.inside(float(stands)) == stands for bound in bounds)
    return not limits or stands <= value


def _ruled(state: State, inputs: Inputs) -> tuple[dict[str, Memory], dict[str, Firing], list[Request]]:
    """What the rules remember, what each does now, and what they ask together."""
    memories, firings, asked = dict[str, Memory](), dict[str, Firing](), list[Request]()
    if inputs.moment is None:
        return dict(state.rules), firings, asked
    for rule in inputs.rules:
        memory, firing = advance(rule, state.rules.get(rule.id, Memory()), inputs.values, inputs.moment)
        memories[rule.id], firings[rule.id] = memory, firing
        if memory.since:
            asked += requests(rule, memory, inputs.values, inputs.moment)
    kept = {r: m for r, m in state.rules.items() if r not in memories and 0 <= inputs.t - m.t < _FORGOTTEN_MS}
    return {**kept, **memories}, firings, asked


def _hidden(state: State, inputs: Inputs) -> float:
    """What inverters that an export limit holds back may be able to make beyond what they make, W."""
    hidden = 0.0
    for inverter in inputs.house.inverters:
        held, made = state.held.get(f"{inverter.device}.power_limit"), inputs.number(f"{inverter.device}.power")
        if held is None or made is None or isinstance(held.value, str) or held.value >= inverter.high:
            continue
        asked = any(r.point == f"{inverter.device}.power_limit" for r in inputs.requests)
        if not asked and held.timers.enough_s >= _HELD_BACK_S:
            hidden += max(0.0, inverter.high - made)
    return hidden


def _modes(inputs: Inputs) -> dict[str, Verdict]:
    """The modes that somebody asks for a time; the others are what people chose for good."""
    asked = dict.fromkeys(r.point for r in inputs.requests if r.point.endswith(".mode"))
    found = {p: arbitrate(inputs, p, None) for p in asked if p in inputs.house.commands}
    return {p: verdict for p, verdict in found.items() if verdict is not None}


def _wished(inputs: Inputs) -> list[str]:
    """Points with a lease in force that are not driven anyway, each once, in the order of the leases."""
    driven = inputs.house.managed
    points = dict.fromkeys(r.point for r in inputs.requests if r.point in inputs.house.commands)
    other = {"mode", *HEEDED}
    return [p for p in points if p not in driven and p not in LIMITS and p.partition(".")[2] not in other]


def _as_read(inputs: Inputs, point: str) -> Held | None:
    """What a switch shows is taken for what it was told."""
    shown = inputs.number(point)
    return None if shown is None else Held(bool(shown), 86_400.0)
