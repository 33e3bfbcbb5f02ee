"""Why each device does what it does: which constraint binds, and at which price it would turn.

The prices are the duals of the linear problem with its whole numbers settled: of the balance, what one more kWh costs
in a step; of a store's row, what a kWh in it is worth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hub.model.plan import Task
from hub.plan.appliances import Moves
from hub.plan.build import Built
from hub.plan.cars import Charges
from hub.plan.heat import Heats
from hub.plan.result import Doing, Why
from hub.plan.shape import Floats
from hub.plan.solve import Solved
from hub.plan.storage import Stores

_FLOWS = 0.03
"""kW: less is nothing."""
_SAME = 1e-4
"""Prices that differ by less are equal, currency/kWh."""


@dataclass(frozen=True, slots=True)
class Flow:
    """kW by step: `net` over the meter (+ = import), `batteries` (+ = discharge), `held_back` of the panels, and
    `spare`: what the panels leave when all but the batteries have drawn (below 0 = what lacks).
    """

    net: Floats
    batteries: Floats
    held_back: Floats
    spare: Floats


class Reasons:
    """Of one solved plan, for its first `tell` steps. `price`: what one more kWh costs in each step, currency."""

    def __init__(self, built: Built, solved: Solved, tell: int) -> None:
        self._built, self._site, self._tell = built, built.site, tell
        self._x, self._dual = solved.x, solved.price
        self.price: Floats = self._dual[self._site.balance] / self._site.h
        self._prices = [_money(price) for price in self.price[:tell].tolist()]
        self.flow = self._flow()
        self._peak = self._site.at_the_peak(self._x)
        """Whether one more kW in a step would raise the highest mean import that is charged for."""
        self._devices = self._all()

    def value(self, store: Stores) -> Floats:
        """Of one more kWh in the battery at the end of each step, currency."""
        return -self._dual[store.rows]

    def doing(self, t: int) -> dict[str, Doing]:
        return {name: doings[t] for name, doings in self._devices.items() if t in doings}

    def binds(self, t: int) -> str:
        """What sets the price of a kWh in a step."""
        price, net = self.price[t], self.flow.net[t]
        if self.flow.held_back[t] > _FLOWS:
            return "held_back"
        if net > _FLOWS and abs(price - self._site.buy[t]) < _SAME:
            return "import_price"
        if net < -_FLOWS and abs(price - self._site.sell[t]) < _SAME:
            return "export_price"
        if price > self._site.buy[t] + _SAME:
            return "peak" if self._peak[t] else "limit"
        if price < self._site.sell[t] - _SAME:
            return "export_limit"
        return "stored_energy"

    def _flow(self) -> Flow:
        site, x = self._site, self._x
        batteries, others = np.zeros(site.n), np.zeros(site.n)
        stores = {s.battery.id for s in self._built.stores}
        for draw in site.draws:
            into = batteries if draw.device in stores else others
            np.add.at(into, draw.steps, x[draw.cols] * draw.kw)
        held_back = x[site.held_back]
        spare = site.pv - held_back - site.load - others
        return Flow(batteries - spare, -batteries, held_back, spare)

    def _all(self) -> dict[str, dict[int, Doing]]:
        devices = {s.battery.id: self._battery(s) for s in self._built.stores}
        devices |= {c.car.id: self._car(c) for c in self._built.cars}
        devices |= {h.pump.id: self._pump(h) for h in self._built.heats}
        return devices | {m.appliance.id: self._appliance(m) for m in self._built.moves}

    # -- batteries -----------------------------------------------------------------------------------------------------

    def _battery(self, s: Stores) -> dict[int, Doing]:
        values, size = self.value(s).tolist(), s.battery.capacity_wh / 1000
        told = [self._task(s, t, values[t]) for t in range(self._tell)]
        for t in range(self._tell, self._site.n):  # the others say when the last of them ends
            told.append(self._task(s, t, values[t]))
            if t and told[-1][:2] != told[-2][:2]:
                break
        until = _until([(task, code) for task, code, _ in told], self._times())
        power, level = (self._x[s.out] - self._x[s.into]).tolist(), self._x[s.level].tolist()
        return {
            t: Doing(
                _watts(power[t]),
                Why(code, self._prices[t], _money(turns), until[t]),
                task,
                soc=round(level[t] / size * 100, 2) + 0.0,
                value=_money(values[t]),
            )
            for t, (task, code, turns) in enumerate(told[: self._tell])
        }

    def _task(self, s: Stores, t: int, value: float) -> tuple[Task, str, float | None]:
        """What it does, why, and the price at which it would turn."""
        b, x, net, spare = s.battery, self._x, self.flow.net[t], self.flow.spare[t]
        into, out, level = x[s.into[t]], x[s.out[t]], x[s.level[t]]
        stores, gives = value * b.efficiency_charge, value / b.efficiency_discharge + b.wear
        size = b.capacity_wh / 1000
        if into > _FLOWS:
            return (Task.CHARGE, "charges_cheap", stores) if net > _FLOWS else (Task.FOLLOW, "stores_surplus", stores)
        if out > _FLOWS:
            sold = net < -_FLOWS and out > -spare + _FLOWS
            shaves = self._peak[t] and (net > _FLOWS or gives > self._site.buy[t] + _SAME)
            if sold:
                return Task.SELL, "sells", gives
            return (Task.HOLD, "shaves", gives) if shaves else (Task.FOLLOW, "covers", gives)
        if net > _FLOWS:
            some = level > b.soc_floor / 100 * size + _FLOWS
            return (Task.HOLD, self._kept_for(t, gives), gives) if some else (Task.FOLLOW, "empty", None)
        room = net < -_FLOWS and level < b.soc_ceiling / 100 * size - _FLOWS
        return (Task.EXPORT, "lets_go", stores) if room else (Task.FOLLOW, "full" if net < -_FLOWS else "rests", None)

    def _kept_for(self, t: int, gives: float) -> str:
        """Why a battery keeps what it could give at a price of `gives`: a dearer kWh, or if none is, a peak to come."""
        if not self._peak[t + 1 :].any():
            return "waits_dearer"
        dearest = float(self._site.buy[t + 1 :].max())
        return "waits_dearer" if max(gives, self._site.buy[t] + 2 * _SAME) < dearest + _SAME else "keeps_for_peak"

    # -- cars ----------------------------------------------------------------------------------------------------------

    def _car(self, c: Charges) -> dict[int, Doing]:
        gain = c.car.efficiency if c.car.soc is not None else 1.0
        worth = -self._dual[c.rows] * gain
        drawn = sum(self._x[choice.power] for choice in c.choices) + np.zeros(len(c.steps))
        back = self._x[c.back] if c.back is not None else np.zeros(len(c.steps))
        codes = [self._charging(int(t), drawn[i], back[i], drawn[i:].sum()) for i, t in enumerate(c.steps)]
        until = _until(codes, self._times()[c.steps])
        phases = [
            int(c.car.phases[int(np.argmax([self._x[o.power[i]] for o in c.choices]))]) for i in range(len(c.steps))
        ]
        size = (c.car.capacity_wh or 0.0) / 1000
        return {
            int(t): Doing(
                _watts(drawn[i] - back[i]),
                Why(codes[i], self._prices[t], _money(worth[i]) if codes[i] != "done" else None, until[i]),
                soc=round(float(self._x[c.level[i]]) / size * 100, 2) if c.car.soc is not None else None,
                phases=phases[i] if drawn[i] > _FLOWS else None,
            )
            for i, t in enumerate(c.steps[c.steps < self._tell])
        }

    def _charging(self, t: int, drawn: float, back: float, still: float) -> str:
        if back > _FLOWS:
            return "gives_back"
        if drawn > _FLOWS:
            return "charges_sun" if self.flow.net[t] < _FLOWS else "charges_cheap"
        return self._waits(t) if still > _FLOWS else "done"

    def _waits(self, t: int) -> str:
        return "waits_peak" if self._peak[t] else "waits_cheaper"

    # -- heat ----------------------------------------------------------------------------------------------------------

    def _pump(self, h: Heats) -> dict[int, Doing]:
        x, n = self._x, self._site.n
        drawn = sum((x[c] for c in (h.to_room, h.to_tank) if c is not None), np.zeros(n))
        rod = x[h.rod] if h.rod is not None else np.zeros(n)
        codes = [self._warming(h, t, drawn[t] + rod[t]) for t in range(n)]
        worth = np.max([-self._dual[rows] * per_kw for rows, per_kw in h.carried], axis=0) / self._site.h
        until = _until(codes, self._times())
        return {
            t: Doing(
                _watts(drawn[t] + rod[t]),
                Why(codes[t], self._prices[t], _money(worth[t]), until[t]),
                room_c=round(float(x[h.room[t]]), 2) if h.room is not None else None,
                tank_c=round(float(x[h.tank[t]]), 2) if h.tank is not None else None,
                rod_w=_watts(rod[t]) if h.rod is not None else None,
            )
            for t in range(self._tell)
        }

    def _warming(self, h: Heats, t: int, drawn: float) -> str:
        if drawn <= _FLOWS:
            return "warm_enough"
        low = h.pump.room is not None and h.room is not None and self._x[h.room[t]] < h.pump.room.low[t] + 0.05
        low |= h.pump.tank is not None and h.tank is not None and self._x[h.tank[t]] < h.pump.tank.low[t] + 0.05
        if low:
            return "keeps_comfort"
        return "warms_sun" if self.flow.net[t] < _FLOWS else "warms_cheap"

    # -- what can wait -------------------------------------------------------------------------------------------------

    def _appliance(self, m: Moves) -> dict[int, Doing]:
        drawn = np.zeros(self._site.n)
        for draw in self._site.draws:
            if draw.device == m.appliance.id:
                np.add.at(drawn, draw.steps, self._x[draw.cols] * draw.kw)
        power, still = drawn.tolist(), np.cumsum(drawn[::-1])[::-1].tolist()
        codes = [
            "runs" if now > _FLOWS / 10 else self._waits(t) if later > _FLOWS / 10 else "done"
            for t, (now, later) in enumerate(zip(power, still, strict=True))
        ]
        until = _until(codes, self._times())
        saved = self._saved(m, drawn)
        pays = _money(float(self.price @ drawn / drawn.sum())) if drawn.any() else None
        return {
            t: Doing(
                _watts(power[t]),
                Why(
                    codes[t],
                    self._prices[t],
                    pays if codes[t] == "waits_cheaper" else None,
                    until[t],
                    saved if codes[t] != "done" else None,
                ),
            )
            for t in range(self._tell)
        }

    def _saved(self, m: Moves, power: Floats) -> float | None:
        """Against the first time at which it could run, at the prices of a kWh of this plan, currency."""
        if not m.parts or not len(m.parts[0].at) or not power.any():
            return None
        profile = np.trim_zeros(power)
        at = int(m.parts[0].at[0])
        then = self.price[at : at + len(profile)]
        first = float(np.sum(then * profile[: len(then)]))
        return _money((first - float(np.sum(self.price * power))) * self._site.h)

    def _times(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """The ends of the steps, UTC ms."""
        step_ms = self._site.problem.step_s * 1000
        ends: np.ndarray[tuple[int], np.dtype[np.int64]] = self._site.problem.start + (self._site.steps + 1) * step_ms
        return ends


def _until(
    codes: list[object] | list[str] | list[tuple[Task, str]], ends: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> list[int]:
    """When what is done now ends, for each step."""
    until = [int(e) for e in ends]
    for i in range(len(codes) - 2, -1, -1):
        if codes[i] == codes[i + 1]:
            until[i] = until[i + 1]
    return until


def _watts(kw: float) -> float:
    return round(float(kw) * 1000) + 0.0


def _money(value: float | None) -> float | None:
    return None if value is None else round(float(value), 5) + 0.0
