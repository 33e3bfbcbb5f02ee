"""The judge: adds everything up from site document, readings and commands alone. Each invariant has a name."""

from __future__ import annotations

import math
from collections.abc import Mapping

from hub.core import Inputs, Step
from hub.model import Command, Device, Relation, Request, Source, Value, Wear
from hub.model.site import BatteryControl, ChargerControl, Circuit
from tests.core.fuzz.houses import Moment
from tests.core.fuzz.plan import (
    DAY_S,
    ENVELOPED,
    EXPORT,
    HOUSE_LIMITS,
    IMPORT,
    NEAR,
    URGENT,
    Past,
    Plan,
    Readings,
    _calms,
    _finite,
    _met,
    _shows,
    _understood,
    _unwanted,
    _usable,
)
from tests.core.fuzz.remember import remember


class Judge:
    """Of one house; `broken` gets (invariant, what) of each that is not kept, `checks` counts them all."""

    def __init__(self) -> None:
        self.past = Past()
        self.checks = 0
        self.broken: list[tuple[str, str]] = []
        self._of: tuple[Device, ...] = ()
        self._plan: Plan | None = None

    def see(self, moment: Moment, result: Step) -> list[tuple[str, str]]:
        """What was broken in this step."""
        if self._plan is None or self._of is not moment.devices:
            self._of, self._plan = moment.devices, Plan(moment.site, moment.devices)
        self.broken = []
        _Sight(self, self._plan, moment.inputs, result).all()
        return self.broken

    def that(self, name: str, kept: bool, *what: object) -> None:
        self.checks += 1
        if not kept:
            self.broken.append((name, " ".join(str(w) for w in what)))


class _Sight:
    """One step as the judge sees it."""

    def __init__(self, judge: Judge, plan: Plan, inputs: Inputs, result: Step) -> None:
        self.that, self.past, self.plan, self.inputs, self.result = judge.that, judge.past, plan, inputs, result
        self.dt = self.past.tick(inputs.t)
        self.read = Readings(inputs.values, plan)
        self.given = {c.point: c for c in result.commands}
        self.amps = {c.device: self._number(f"{c.device}.current_limit") for c in plan.cars}
        self.watts = {b.device: self._number(f"{b.device}.power_setpoint") for b in plan.stores}
        self.made = {m: self._number(f"{m}.power_limit") for m in plan.makers if f"{m}.power_limit" in self.given}
        self.on = {c.device: self._on(c) for c in plan.cars}
        self.begun = dict.fromkeys((0, 1, 2, 3), 0.0)
        """W of what has begun in this step, in all (0) and at most on each phase"""

    def _number(self, point: str) -> float:
        command = self.given.get(point)
        return 0.0 if command is None or isinstance(command.value, str) else float(command.value)

    def _on(self, car: ChargerControl) -> tuple[int, ...]:
        """The phases that the car may draw on: what it shows or was last told, whichever is more."""
        point = f"{car.device}.phases"
        if point not in self.plan.specs:
            return car.phases
        shown, told = self.read.get(point), self.past.phases.get(car.device, 0.0)
        if point in self.given and self._number(point) == shown:
            told = shown
        return car.phases if shown is None else car.phases[: int(max(1.0, shown, told))]

    def all(self) -> None:
        self.shape()
        for car in self.plan.cars:
            self.charger(car)
            self.paused(car)
            self.switched(car)
        for store in self.plan.stores:
            self.battery(store)
            self.ramped(store)
        for phase in self.plan.phases:
            for way in (IMPORT, EXPORT):
                self.at_grid(phase, way)
                for circuit in self.plan.behind_fuses:
                    self.behind(circuit, phase, way)
        self.import_limit()
        self.export_limit()
        self.unbalanced()
        self.pumps()
        self.plugs()
        self.answered()
        self.worn()
        remember(self.past, self.plan, self.read, self.given)
        self.past.watts.update(self.watts)

    # -- form ----------------------------------------------------------------------------------------------------------

    def shape(self) -> None:
        self.that("one command a point", len(self.given) == len(self.result.commands))
        asked = {r.id: r for r in self.inputs.requests}
        for c in self.result.commands:
            spec = self.plan.specs.get(c.point)
            if spec is None:
                self.that("a known point", False, c)
                continue
            fits = c.value in spec.choices if spec.choices else _finite(c.value)
            self.that("a finite value", fits, c)
            self.that("a reason", bool(c.reason.code) and all(limit.code for limit in c.limits), c)
            quantity = c.point.partition(".")[2]
            self.that("only what is enveloped is driven", quantity not in ENVELOPED or c.point in self.plan.driven, c)
            self._traced(c, asked.get(c.request))
        for point, value in self.result.derived.items():
            self.that("a finite derived value", value is None or math.isfinite(value), point, value)

    def _traced(self, c: Command, request: Request | None) -> None:
        """Whose wish it is, and a value that is not the wished one is explained."""
        if request is None:
            planned = c.source is Source.PLAN and self.result.modes.get(f"{c.point.partition('.')[0]}.mode") == "plan"
            self.that("nobody asked", not c.request and (c.source is Source.DEFAULT or planned), c)
            return
        device, quantity = c.point.split(".")
        spoken = request.point in (f"{device}.mode", f"{device}.target_energy", f"{device}.target_soc")
        self.that("whose wish", (spoken or request.point == c.point) and request.source is c.source, c)
        if not spoken and quantity not in ("sg_ready", "on", "phases"):
            same = _shows(self.plan.specs[c.point], c.value, request.value)
            self.that("another value has its limit", same or bool(c.limits), c)

    # -- chargers ------------------------------------------------------------------------------------------------------

    def charger(self, car: ChargerControl) -> None:
        point = f"{car.device}.current_limit"
        amps, spec = self.amps[car.device], self.plan.specs[point]
        self.that("a charger is always told", point in self.given, car.device)
        self.that("amps of the installation", amps == 0 or car.min_a <= amps <= car.max_a, car, amps)
        low, high = spec.low or 0, math.inf if spec.high is None else spec.high
        self.that("amps of the device", amps == 0 or low <= amps <= high, spec, amps)
        told = self.past.told.get(point)
        named = (car.min_a, car.max_a, car.blind_a, low, high, told.value if told else 0)
        wished = (r.value for r in self.inputs.requests if r.point == point)
        self.that("whole amps", amps == int(amps) or amps in named or amps in wished, car, amps)
        if any(self.read.load(p, IMPORT) is None for p in self.on[car.device]):
            self.that("blind", amps <= car.blind_a, car, amps)

    def paused(self, car: ChargerControl) -> None:
        """What a limit has paused stays so for `pause_s`, unless it is not wanted meanwhile."""
        command = self.given.get(f"{car.device}.current_limit")
        before = self.past.told.get(f"{car.device}.current_limit")
        if command is None or before is None:
            return
        since = self.past.paused.get(car.device)
        if self.amps[car.device]:
            if since is not None:
                ago = self.past.clock - since
                self.that(f"a pause lasts{self._came_back(car)}", ago >= car.pause_s - NEAR, car, ago)
            self.past.paused.pop(car.device, None)
        elif not command.limits or _unwanted(command):
            self.past.paused.pop(car.device, None)
        elif before.value:
            self.past.paused[car.device] = self.past.clock

    def switched(self, car: ChargerControl) -> None:
        """One phase or three: only while nothing flows, and not too often."""
        point = f"{car.device}.phases"
        command, before = self.given.get(point), self.past.told.get(point)
        if command is None:
            return
        self.that("one phase or three", command.value in (1, 3), command)
        shown = self.read.get(point)
        self.that("a car waits for its phases", shown in (None, command.value) or not self.amps[car.device], command)
        if before is None or command.value in (before.value, shown):
            return
        told = self.past.told.get(f"{car.device}.current_limit")
        still = not self.amps[car.device] and not (told and told.value)
        self.that("phases switch without current", still and self._nothing_flows(car), command)
        ago = self.past.clock - before.since
        self.that("phases rest a minute", ago >= 60 - NEAR, command, ago)
        self.that("a budget of phase switches", self.past.switches_seldom(car.device), command, self.past.switches)
        if command.source not in (*URGENT, Source.PERSON):
            how = ", asked" if command.request else self._came_back(car)
            self.that(f"phases switch seldom{how}", ago >= car.phase_switch_s - NEAR, command, ago, car.phase_switch_s)

    def _came_back(self, car: ChargerControl) -> str:
        return ", was gone" if self.past.gone.get(car.device) else ""

    def _nothing_flows(self, car: ChargerControl) -> bool:
        amps = [self.read.get(f"{car.device}.current_l{n}") for n in car.phases]
        if None in amps:
            watts = self.read.get(f"{car.device}.power")
            return watts is not None and watts <= 0.5 * 230
        return all(a is not None and a <= 0.5 for a in amps)

    # -- batteries -----------------------------------------------------------------------------------------------------

    def battery(self, store: BatteryControl) -> None:
        watts, spec = self.watts[store.device], self.plan.specs[f"{store.device}.power_setpoint"]
        self.that("rated power", -store.max_charge_w <= watts <= store.max_discharge_w, store, watts)
        low, high = -math.inf if spec.low is None else spec.low, math.inf if spec.high is None else spec.high
        self.that("power of the device", min(0.0, low) <= watts <= max(0.0, high), spec, watts)
        soc, now = self.read.get(f"{store.device}.soc"), self.read.get(f"{store.device}.power")
        whole = self.read.get(f"{self.plan.grid}.power")
        dark = whole is None and any(self.read.load(p, IMPORT) is None for p in self.plan.phases)
        if soc is None or now is None or dark:
            self.that("what is not known is not used", watts == 0, store, watts)
            return
        floor = max(store.soc_floor, store.outage_reserve)
        self.that("SoC floor and reserve", soc > floor or watts <= 0, store, soc, watts)
        self.that("SoC ceiling", soc < store.soc_ceiling or watts >= 0, store, soc, watts)

    def ramped(self, store: BatteryControl) -> None:
        watts, before = self.watts[store.device], self.past.watts.get(store.device, 0.0)
        if not store.ramp_w_s or not watts:
            return
        stands = self.past.told.get(f"{store.device}.power_setpoint")
        most = (abs(before) if before * watts > 0 else 0.0) + store.ramp_w_s * self.dt
        unchanged = stands is not None and stands.value == watts
        self.that("ramp", abs(watts) <= most + NEAR or unchanged, store, before, watts, self.dt)

    # -- fuses ---------------------------------------------------------------------------------------------------------

    def at_grid(self, phase: int, way: int) -> None:
        """What is newly given fits in beside what the meter shows."""
        fuse, load = self.plan.root.fuse_a, self.read.load(phase, way)
        cars = {d: a for d, a in self.amps.items() if phase in self.on[d]} if way == IMPORT else {}
        shown = {d: self.read.shown(self.plan.known_cars[d], phase) for d in cars}
        newly = sum(max(0.0, a - shown[d]) for d, a in cars.items())
        stores = sum(self._newly(d, way) for d in self.watts) / self.read.per_amp(phase)
        if load is not None:
            more = sum(max(0.0, a - self._may_draw(d, phase)) for d, a in cars.items())
            self.that("main fuse", more <= NEAR or load + more <= fuse + NEAR, phase, way, load, more, fuse)
            least = {d: min(a, self.past.at_most(d)) for d, a in shown.items()}
            told = sum(max(0.0, a - least[d]) for d, a in cars.items() if self.past.told_more(d, a))
            self.that("main fuse of one told more", told <= NEAR or load + told <= fuse + NEAR, phase, load, told, fuse)
            total = newly + stores
            self.that("main fuse of batteries", stores <= NEAR or load + total <= fuse + NEAR, phase, way, load, total)
            return
        self.that("main fuse, blind", sum(cars.values()) <= fuse + NEAR, phase, cars, fuse)
        if stores:
            whole = max(0.0, way * (self.read.get(f"{self.plan.grid}.power") or 0.0)) / self.read.volts(phase)
            self.that("main fuse by the sum", whole + newly + stores <= fuse + NEAR, phase, way, whole, newly, stores)

    def _may_draw(self, car: str, phase: int) -> float:
        """The most A that the meter may hold of it: what it shows, or was told lately and has not shown yet."""
        silent = self.read.silent(self.plan.known_cars[car])
        return 0.0 if silent else max(self.read.draws(car, phase) or 0.0, self.past.lately(car))

    def _newly(self, store: str, way: int) -> float:
        """W that a battery newly takes (IMPORT) or gives."""
        watts, now = -way * self.watts[store], -way * (self.read.get(f"{store}.power") or 0.0)
        return max(0.0, watts - now) if watts > 0 else 0.0

    def behind(self, circuit: Circuit, phase: int, way: int) -> None:
        """A circuit without a meter: what each is given fits in beside what the others draw or were given before."""
        inside = self.plan.inside[circuit.id]
        draws = {d: self.read.draws(d, phase) for d in inside}
        taken = {d: max(0.0, way * (a or 0.0)) for d, a in draws.items()}
        per_amp = self.read.per_amp(phase)
        cars = {d: (a, way * a) for d, a in self.amps.items() if phase in self.on[d]}
        flows = cars | {d: (-w / per_amp, -way * w / per_amp) for d, w in self.watts.items()}
        for d in [d for d in flows if d in taken]:
            _, flow = flows[d]
            others = sum(a for o, a in taken.items() if o != d)
            self.that(
                "circuit", flow <= NEAR or flow + others <= circuit.fuse_a + NEAR, circuit, phase, way, d, flow, taken
            )
            taken[d] = max(taken[d], flow)
            if any(a is None for o, a in draws.items() if o != d):
                self.that("circuit, blind", self._blind_enough(d), circuit, d, flow, draws)

    def _blind_enough(self, device: str) -> bool:
        car = self.plan.known_cars.get(device)
        return self.amps[device] <= car.blind_a if car else self.watts[device] == 0

    # -- the connection ------------------------------------------------------------------------------------------------

    def cap(self, point: str, own: float | None) -> float | None:
        asked = [
            r
            for r in self.inputs.requests
            if r.point == point and r.relation is not Relation.AT_LEAST and _usable(r.value)
        ]
        sources = list(Source)
        last = min((sources.index(r.source) for r in asked if r.relation is Relation.SET), default=len(sources))
        told = [max(0.0, float(r.value)) for r in asked if sources.index(r.source) <= last]
        return min([*told, *([] if own is None else [own])], default=None)

    def import_limit(self) -> None:
        cap = self.cap(HOUSE_LIMITS[0], self.plan.site.limits.import_w)
        if cap is None:
            return
        blind = ", blind" if self.read.get(f"{self.plan.grid}.power") is None else ""
        self._import(f"import limit{blind}", cap, {p: self.read.volts(p) for p in (1, 2, 3)})

    def _import(self, name: str, cap: float, volts: Mapping[int, float]) -> None:
        grid = self.read.get(f"{self.plan.grid}.power")
        cars = {d: a * sum(volts[p] for p in self.on[d]) for d, a in self.amps.items()}
        if grid is None:
            total = sum(cars.values()) + sum(max(0.0, -w) for w in self.watts.values())
            self.that(name, total <= cap + NEAR, total, cap)
            return
        shown = {d: max(0.0, self.read.get(f"{d}.power") or 0.0) for d in cars}
        telling = {d: self.past.lately(d) for d in cars if not self.read.silent(self.plan.known_cars[d])}
        lately = {d: telling.get(d, 0.0) * sum(volts[p] for p in self.on[d]) for d in cars}
        more = sum(max(0.0, w - max(shown[d], lately[d])) for d, w in cars.items())
        self.that(name, more <= NEAR or grid + more <= cap + NEAR, grid, more, cap)
        told = sum(max(0.0, w - shown[d]) for d, w in cars.items() if self.past.told_more(d, self.amps[d]))
        self.that(f"{name} of one told more", told <= NEAR or grid + told <= cap + NEAR, grid, told, cap)
        stores = sum(self._newly(d, IMPORT) for d in self.watts)
        total = sum(max(0.0, w - shown[d]) for d, w in cars.items()) + stores
        self.that(f"{name} of batteries", stores <= NEAR or grid + total <= cap + NEAR, grid, total, cap)

    def export_limit(self) -> None:
        cap, can = self.cap(HOUSE_LIMITS[1], self.plan.site.limits.export_w), self._can_make()
        if cap is None:
            return
        grid = self.read.get(f"{self.plan.grid}.power")
        self.that("every inverter is held back", len(self.made) == len(self.plan.makers), self.made)
        if grid is None:
            total = sum(max(0.0, w) for w in self.watts.values()) + sum(self.made.values())
            self.that("export limit, blind", total <= cap + NEAR, total, cap)
            return
        newly = sum(max(0.0, can[d] - (self.read.get(f"{d}.power") or 0.0)) for d, w in self.made.items() if w)
        newly += sum(self._newly(d, EXPORT) for d in self.watts)
        was = ", was silent" if any(self.past.clock - self.past.silent.get(d, -1e9) < 10 for d in can) else ""
        self.that(f"export limit{was}", newly <= NEAR or newly - grid <= cap + NEAR, grid, newly, cap)

    def _can_make(self) -> dict[str, float]:
        return {d: self._can(d, w) for d, w in self.made.items()}

    def _can(self, inverter: str, limit: float) -> float:
        """One that has made less than it may for 10 s will go on so: the sun does not rise within a second."""
        made, before = self.read.get(f"{inverter}.power"), self.past.told.get(f"{inverter}.power_limit")
        may, blind = float(before.value if before else limit), self.read.get(f"{self.plan.grid}.power") is None
        below = made is not None and not blind and made < 0.99 * may
        if made is None:
            self.past.silent[inverter] = self.past.clock
        self.past.below[inverter] = self.past.below.get(inverter, 0.0) + self.dt if below else 0.0
        return limit if made is None or self.past.below[inverter] < 10 else min(limit, made)

    def unbalanced(self) -> None:
        """Cars that do not use all phases raise none too far above another."""
        most = self.plan.site.limits.unbalanced_a
        if most is None:
            return
        loads = {p: load for p in self.plan.phases if (load := self.read.load(p, IMPORT)) is not None}
        for p, q in [(p, q) for p in loads for q in loads if p != q]:
            newly = {
                d: max(0.0, a - self._may_draw(d, p))
                for d, a in self.amps.items()
                if p in self.on[d] and q not in self.on[d]
            }
            for d, more in newly.items():
                self.that("unbalance of one car", not more or loads[p] + more - loads[q] <= most + NEAR, p, q, d)
            total = sum(newly.values())
            self.that("unbalance", total <= NEAR or loads[p] + total - loads[q] <= most + NEAR, p, q, loads, newly)

    # -- heat pumps, plugs ---------------------------------------------------------------------------------------------

    def pumps(self) -> None:
        for pump in self.plan.pumps:
            command, before = self.given[f"{pump.device}.sg_ready"], self.past.told.get(f"{pump.device}.sg_ready")
            self.that("SG Ready has four states", command.value in (1, 2, 3, 4), command)
            least = pump.min_pause_s if before and before.value == 1 else pump.min_run_s
            lasted = self.past.clock - before.since if before else math.inf
            hurried = command.source in (*URGENT, Source.PERSON) or self._ended_by_limit(command, 2)
            if before and before.value != command.value and not hurried:
                self.that("least time of a pump", lasted >= least - NEAR, command, before, least)
            if before and float(command.value) >= 3:
                self._fits(command, pump.device, pump.surplus_w, float(before.value) >= 3, pump.phases)
            if command.value == 1 and pump.guaranteed_w:
                held = before is not None and before.value == 1 and lasted < least + NEAR
                self.that("guaranteed power", command.source is Source.PERSON or held, command, before)

    def plugs(self) -> None:
        for plug in self.plan.plugs:
            command, before = self.given.get(f"{plug.device}.on"), self.past.told.get(f"{plug.device}.on")
            if command is None or before is None or self.read.get(command.point) not in (None, before.value):
                continue
            if command.value:
                self._fits(command, plug.device, plug.surplus_w, bool(before.value), plug.phases)
            least = plug.min_on_s if before.value else plug.min_off_s
            hurried = command.source in (*URGENT, Source.PERSON) or self._ended_by_limit(command, False)
            if before.value != command.value and not hurried:
                lasted = self.past.clock - before.since
                self.that("least time of a plug", lasted >= least - NEAR, command, before, least)

    def _ended_by_limit(self, command: Command, value: Value) -> bool:
        return command.value == value and any(limit.code in ("import_limit", "fuse_limit") for limit in command.limits)

    def _fits(self, command: Command, device: str, needs_w: float, runs: bool, hung: tuple[int, ...]) -> None:
        """Below the import limit and on each phase of the main fuse, once cars and batteries do what they are told now,
        there is room for what begins.
        """
        drawn = max(0.0, self.read.get(f"{device}.power") or 0.0)
        needed = 0.0 if runs else max(0.0, needs_w - drawn)
        for phase in (p for p in self.plan.phases if p in (hung or self.plan.phases)):
            load, fuse = self.read.load(phase, IMPORT), self.plan.root.fuse_a
            self.begun[phase] += needed / len(hung or (phase,))
            more_a = sum(a - now for a, now in self._told_amps(phase)) + self.begun[phase] / self.read.volts(phase)
            self.that(
                "main fuse of a switch", load is None or load + more_a <= fuse + NEAR, command, phase, load, more_a
            )
        cap, grid = self.cap(HOUSE_LIMITS[0], self.plan.site.limits.import_w), self.read.get(f"{self.plan.grid}.power")
        if cap is not None and grid is not None:
            more = sum(w - self._takes(d) for d, w in self._told_watts().items())
            kept = grid + more + self.begun[0] + needed <= cap + NEAR
            self.that("import limit of a switch", kept, command, cap, grid, more)
        self.begun[0] += needed

    def _told_amps(self, phase: int) -> list[tuple[float, float]]:
        """(told, taken by its own reading, within what it can) of each car and battery."""
        cars = [
            (a if phase in self.on[d] else 0.0, min(self.read.shown(car, phase), car.max_a))
            for d, a in self.amps.items()
            if phase in (car := self.plan.known_cars[d]).phases
        ]
        per_amp = self.read.per_amp(phase)
        told = {d: w for d, w in self.watts.items() if f"{d}.power_setpoint" in self.given}
        stores = [(-w / per_amp, self._takes(d) / per_amp) for d, w in told.items()]
        return [*cars, *stores]

    def _told_watts(self) -> dict[str, float]:
        cars = {d: a * sum(self.read.volts(p) for p in self.on[d]) for d, a in self.amps.items()}
        return cars | {d: -w for d, w in self.watts.items() if f"{d}.power_setpoint" in self.given}

    def _takes(self, device: str) -> float:
        """What a car or a battery takes by its own reading, within what it can."""
        watts, car = self.read.get(f"{device}.power") or 0.0, self.plan.known_cars.get(device)
        if car:
            return max(0.0, min(watts, car.max_a * 230.0 * len(car.phases)))
        store = next(s for s in self.plan.stores if s.device == device)
        return min(-watts, store.max_charge_w)

    # -- answers -------------------------------------------------------------------------------------------------------

    def answered(self) -> None:
        """Who does not get what he asked is told so, and nobody else."""
        told = {u.request for u in self.result.unmet}
        self.that("told of known requests", told <= {r.id for r in self.inputs.requests}, told)
        self.that("told once", len(told) == len(self.result.unmet), self.result.unmet)
        for r in self.inputs.requests:
            spec, got = self.plan.specs.get(r.point), self._got(r.point)
            if spec is None or not _understood(spec, r.value):
                self.that("no answer to nonsense", r.id not in told, r)
                continue
            if r.relation is not Relation.SET and (got is None or spec.choices):
                continue
            if (got is None and self._never_driven(r.point)) or (r.point in HOUSE_LIMITS and float(r.value) < 0):
                continue
            if got is None and r.point.endswith(".phases") and self.read.get(r.point) == r.value:
                continue
            name = "unmet is told, of the house" if r.point in HOUSE_LIMITS else "unmet is told"
            name = f"{name}, undecided" if got is None else name
            self.that(name, (r.id in told) != (got is not None and _met(r, got)), r, "got", got)

    def _got(self, point: str) -> Value | None:
        if point in HOUSE_LIMITS:
            return self.result.derived.get(point)
        if point.endswith(".mode"):
            return self.result.modes.get(point)
        return self.given[point].value if point in self.given else None

    def _never_driven(self, point: str) -> bool:
        return point.partition(".")[2] in ENVELOPED and point not in self.plan.driven

    # -- flash ---------------------------------------------------------------------------------------------------------

    def worn(self) -> None:
        """What nobody needs at once is not written more often than the budget says, in any 24 hours."""
        for c in self.result.commands:
            spec, before = self.plan.specs[c.point], self.past.told.get(c.point)
            if spec.wear is not Wear.FLASH or (before and _shows(spec, c.value, before.value)):
                continue
            writes = self.past.writes.setdefault(c.point, [])
            writes.append(self.past.clock)
            needed = c.source in URGENT or before is None or _calms(before.value, c.value)
            lately = sum(self.past.clock - w < DAY_S for w in writes)
            self.that("flash writes", needed or lately <= spec.writes_a_day, c, lately, spec.writes_a_day)
