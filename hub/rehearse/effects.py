"""How the house would have answered: what each action of a rule changes in what was recorded, while it is in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hub.core.types import VOLT
from hub.model import Relation
from hub.model.quantity import quantity
from hub.model.site import BatteryControl, ChargerControl, Site
from hub.rehearse import stores
from hub.rehearse.stores import BatteryPast
from hub.rules import Rule
from hub.rules.rule import Action
from hub.rules.vector import Floats, Mask

_IDLE_W = 5.0
_LEAST_SEEN = 10
"""Steps in which a device must have been seen at work, before its power is taken from the past."""
_NO_END_WH = 1e12
"""What a battery holds of which nobody knows how much that is."""
_AUTO = quantity("mode").choices.index("auto")
_DRIVING = ("mode", "current_limit", "power_setpoint")
"""Of these all of a device are one wish: what it then draws is within all of them."""


@dataclass(frozen=True, slots=True)
class Effect:
    """`own`: what the device's own points are while the rule is in force; `delta`: W more that it draws. `car`: the
    charger it is, whose car the surplus counts as flexible; `fast`: that car takes more than the sun, which a battery
    may not have to feed.
    """

    own: Mapping[str, Floats]
    delta: Floats
    car: ChargerControl | None = None
    fast: bool = False


class Effects:
    """Of all actions of a rule. `unmodelled`: points of which nobody knows what they change."""

    def __init__(self, rule: Rule, site: Site, values: Mapping[str, Floats], step_s: int) -> None:
        self._values, self._site, self._hours = values, site, step_s / 3600
        self._n = max((len(v) for v in values.values()), default=0)
        self._grid = self._read("grid.power")
        self._effects: list[Effect] = []
        self._driven: dict[str, Floats | None] = {}
        self._export_w: float | None = None
        unmodelled = [a.point for actions in _wishes(rule) if not self._models(actions) for a in actions]
        self.unmodelled = tuple(dict.fromkeys(unmodelled))
        self._batteries = self._recorded_batteries() if self._effects or self._driven else []
        self._changed = self._laid_over()

    @staticmethod
    def needs(rule: Rule, site: Site) -> Iterator[str]:
        """Points that tell how the house answers."""
        for action in rule.then:
            device = action.point.partition(".")[0]
            yield from (f"{device}.{q}" for q in ("power", "on", "connected", "sg_ready", "soc"))
        for b in site.batteries:
            yield from (f"{b.device}.{q}" for q in ("power", "soc", "mode", *(() if b.capacity_wh else ("capacity",))))

    def over(self, plain: Mapping[str, Floats]) -> dict[str, Floats]:
        """The values as they would be."""
        return {**plain, **self._changed}

    def at_grid(self, active: Mask) -> Floats:
        """W more over the meter at each moment, of a rule that is in force at some of them."""
        more, fast = np.zeros(self._n), np.zeros(self._n)
        for effect in self._effects:
            delta = self._drawn(effect, active)
            more += delta
            if effect.fast and effect.car:
                fast += np.where(active, self._power(effect.car.device) + delta, 0.0)
        if more.any() or self._driven:
            for b in self._batteries:
                driven = self._driven.get(b.control.device)
                more -= stores.given(b, self._grid, more, fast, driven, active, self._hours)
        return more + np.where(active, self._held_back(more), 0.0)

    # -- actions -----------------------------------------------------------------------------------------------------

    def _models(self, actions: Sequence[Action]) -> bool:
        """Whether it is known what they change, which are all of one point or all drive one device."""
        device, _, q = actions[0].point.partition(".")
        battery = next((b for b in self._site.batteries if b.device == device), None)
        if battery and q in ("power_setpoint", "mode"):
            self._driven[device] = self._stored(battery, actions)
            return self._driven[device] is not None
        if actions[0].point == "house.export_limit":
            self._export_w = self._limit(actions)
            return self._export_w is not None
        effect = self._effect(device, q, actions)
        self._effects += [effect] if effect else []
        return effect is not None

    def _effect(self, device: str, q: str, actions: Sequence[Action]) -> Effect | None:
        charger = next((c for c in self._site.chargers if c.device == device), None)
        if q == "on":
            return self._switched(device, actions[-1])
        if q == "sg_ready":
            return self._boosted(device, actions[-1])
        if charger and q in ("current_limit", "mode"):
            return self._charged(charger, actions)
        return None

    def _switched(self, device: str, action: Action) -> Effect | None:
        on = bool(action.value if action.value is not None else _number(action))
        power = self._read(f"{device}.power")
        typical = _typical(power[(self._read(f"{device}.on") == 1) & (power > _IDLE_W)])
        if typical is None:
            control = next((s for s in self._site.switches if s.device == device), None)
            typical = control.surplus_w if control else None
        if typical is None:
            return None
        target = typical if on else 0.0
        own = {f"{device}.on": self._all(float(on)), f"{device}.power": self._all(target)}
        return Effect(own, target - np.nan_to_num(power))

    def _boosted(self, device: str, action: Action) -> Effect | None:
        state, power = self._read(f"{device}.sg_ready"), self._read(f"{device}.power")
        wanted = _number(action)
        if wanted is None:
            return None
        usual, then = _typical(power[state == 2]), _typical(power[state == wanted])
        if wanted == 1:
            then = 0.0
        if usual is None or then is None:
            return None
        return Effect({action.point: self._all(wanted)}, np.where(state == 2, then - usual, 0.0))

    def _charged(self, charger: ChargerControl, actions: Sequence[Action]) -> Effect | None:
        """What it draws is within all that is asked, the mode first."""
        device, power = charger.device, self._power(charger.device)
        least, most = (a * VOLT * charger.phase_count for a in (charger.min_a, charger.max_a))
        target: Floats | None = power
        for action in sorted(actions, key=lambda a: a.value is None):
            target = None if target is None else self._car(action, charger, target, least, most)
        if target is None:
            return None
        after = np.where(self._connected(device), np.where(target < least, 0.0, np.minimum(target, most)), power)
        own = {f"{device}.power": after, f"{device}.current_limit": after / VOLT / charger.phase_count}
        fast = not any(a.value in ("solar", "min_solar") for a in actions)
        return Effect(own, after - power, charger, fast)

    def _car(self, action: Action, charger: ChargerControl, so_far: Floats, least: float, most: float) -> Floats | None:
        match action.value:
            case None:
                amps = _number(action)
                return None if amps is None else self._limited(action, amps * VOLT * charger.phase_count, so_far)
            case "off":
                return self._all(0.0)
            case "fast":
                return self._all(most)
            case "plan":
                return None
            case _:
                stored = sum((self._power(b.device) for b in self._site.batteries), self._all(0.0))
                sun = self._power(charger.device) - np.nan_to_num(self._grid) - stored
                return np.maximum(sun, least if action.value == "min_solar" else 0.0)

    def _stored(self, battery: BatteryControl, actions: Sequence[Action]) -> Floats | None:
        """What it is told to give, the mode first. To charge or discharge it needs a capacity, to know when it is full
        or empty.
        """
        after = self._power(battery.device)
        modes = {"hold": 0.0, "charge": -battery.max_charge_w, "discharge": battery.max_discharge_w}
        for action in sorted(actions, key=lambda a: a.value is None):
            target = _number(action) if action.value is None else modes.get(str(action.value))
            if target is None or (target and self._size_wh(battery) == _NO_END_WH):
                return None
            after = self._limited(action, min(max(target, -battery.max_charge_w), battery.max_discharge_w), after)
        return after

    def _limit(self, actions: Sequence[Action]) -> float | None:
        """The export limit, W; None where there is none, or where nobody knows it before."""
        limits = [_number(a) for a in actions if a.relation is not Relation.AT_LEAST]
        known = [limit for limit in limits if limit is not None]
        return min(known) if known and len(known) == len(limits) else None

    # -- the answer of the house -------------------------------------------------------------------------------------

    def _laid_over(self) -> dict[str, Floats]:
        """What its points are while the rule is in force, at each moment as if it had just begun."""
        changed: dict[str, Floats] = {}
        for effect in self._effects:
            changed |= effect.own
        drawn = sum((e.delta for e in self._effects), self._all(0.0))
        loads = sum((e.delta for e in self._effects if not e.car), self._all(0.0))
        fast = sum((self._power(e.car.device) + e.delta for e in self._effects if e.car and e.fast), self._all(0.0))
        more = drawn
        for b in self._batteries:
            gives = self._at_once(b, more, fast)
            changed[f"{b.control.device}.power"] = b.power + gives
            more = more - gives
        cut = self._held_back(more)
        for point, by in (("grid.power", more + cut), ("house.consumption", drawn), ("house.surplus", -loads - cut)):
            if point in self._values:
                changed[point] = self._values[point] + by
        return changed

    def _at_once(self, b: BatteryPast, more: Floats, fast: Floats) -> Floats:
        driven = self._driven.get(b.control.device)
        if driven is not None:
            return driven - np.nan_to_num(b.power)
        return stores.given_at_once(b, self._grid, more, fast)

    def _drawn(self, effect: Effect, active: Mask) -> Floats:
        """W more that the device draws, a car as long as it is not full."""
        delta = np.where(active, effect.delta, 0.0)
        if effect.car is None:
            return delta
        device, power = effect.car.device, self._power(effect.car.device)
        soc, connected = self._read(f"{device}.soc"), self._connected(device)
        return stores.drawn(effect.car, soc, connected, power, power + delta, self._hours) - power

    def _held_back(self, more: Floats) -> Floats:
        """W that are not fed in because of the export limit, where `more` W flow over the meter than did."""
        if self._export_w is None:
            return self._all(0.0)
        return np.nan_to_num(np.maximum(-self._export_w - (self._grid + more), 0))

    def _recorded_batteries(self) -> list[BatteryPast]:
        """Those first that the rule drives, for the others answer that too."""
        mine = sorted(self._site.batteries, key=lambda b: b.device not in self._driven)
        return [self._recorded_battery(b) for b in mine]

    def _recorded_battery(self, b: BatteryControl) -> BatteryPast:
        """One of which nobody knows what it does evens out nothing."""
        mode, unmodelled = self._read(f"{b.device}.mode"), b.device in self._driven and self._driven[b.device] is None
        evens = np.where(np.isnan(mode), b.mode == "auto", mode == _AUTO) & (not unmodelled)
        soc = _carried(self._read(f"{b.device}.soc"), (b.lowest_soc + b.soc_ceiling) / 2)
        return BatteryPast(b, self._read(f"{b.device}.power"), soc, self._size_wh(b), evens)

    # -- helpers -----------------------------------------------------------------------------------------------------

    def _limited(self, action: Action, target: float, now: Floats) -> Floats:
        """`at_most` and `at_least` only move what is beyond them."""
        match action.relation:
            case Relation.AT_MOST:
                return np.minimum(now, target)
            case Relation.AT_LEAST:
                return np.maximum(now, target)
            case _:
                return self._all(target)

    def _size_wh(self, battery: BatteryControl) -> float:
        told = self._read(f"{battery.device}.capacity")
        told = told[~np.isnan(told)]
        return battery.capacity_wh or (float(np.median(told)) if len(told) else _NO_END_WH)

    def _connected(self, device: str) -> Mask:
        """A car is taken for connected where the charger says so, or where it draws."""
        connected: Mask = (self._read(f"{device}.connected") == 1) | (self._power(device) > _IDLE_W)
        return connected

    def _power(self, device: str) -> Floats:
        """W; 0 where it is not known."""
        return np.nan_to_num(self._read(f"{device}.power"))

    def _read(self, point: str) -> Floats:
        found = self._values.get(point)
        return np.full(self._n, np.nan) if found is None else found

    def _all(self, value: float) -> Floats:
        return np.full(self._n, value)


def _wishes(rule: Rule) -> Iterator[list[Action]]:
    """Its actions, those together that are of one point or drive one device."""
    found: dict[str, list[Action]] = {}
    for action in rule.then:
        device, _, q = action.point.partition(".")
        found.setdefault(device if q in _DRIVING else action.point, []).append(action)
    yield from found.values()


def _number(action: Action) -> float | None:
    """A fixed number; None for one that is worked out from other points."""
    value = getattr(action.tree, "value", None) if action.value is None else action.value
    return float(value) if isinstance(value, int | float) else None


def _typical(seen: Floats) -> float | None:
    known = seen[~np.isnan(seen)]
    return float(np.median(known)) if len(known) >= _LEAST_SEEN else None


def _carried(seen: Floats, otherwise: float) -> Floats:
    """Each value until the next one that is known; the first also before that, `otherwise` where none is."""
    known = np.flatnonzero(~np.isnan(seen))
    if len(known) == len(seen):
        return seen
    if not len(known):
        return np.full(len(seen), otherwise)
    return seen[known[np.maximum(np.searchsorted(known, np.arange(len(seen)), "right") - 1, 0)]]
