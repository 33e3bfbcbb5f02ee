"""How the house would have answered: what each action of a rule changes in what was recorded, while it is in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.core.types import VOLT
from hub.model import Relation
from hub.model.site import BatteryControl, ChargerControl, Site
from hub.rules import Rule
from hub.rules.rule import Action
from hub.rules.vector import Floats

_IDLE_W = 5.0
_LEAST_SEEN = 10
"""Steps in which a device must have been seen at work, before its power is taken from the past."""


@dataclass(frozen=True, slots=True)
class Effect:
    """`own`: what the device's own points are while the rule is in force; `delta`: W more over the meter; `load`:
    whether it is a load that the surplus does not count as flexible; `store`: the battery that its energy comes from.
    """

    own: Mapping[str, Floats]
    delta: Floats
    load: bool = True
    store: BatteryControl | None = None


class Effects:
    """Of all actions of a rule. `unmodelled`: points of which nobody knows what they change."""

    def __init__(self, rule: Rule, site: Site, values: Mapping[str, Floats], step_s: int) -> None:
        self._values, self._site, self._step_s = values, site, step_s
        self._n = max((len(v) for v in values.values()), default=0)
        found = {action.point: self._effect(action) for action in rule.then}
        self.unmodelled = tuple(point for point, effect in found.items() if effect is None)
        self._effects = [effect for effect in found.values() if effect is not None]
        self._changed = self._laid_over()

    @staticmethod
    def needs(rule: Rule, site: Site) -> Iterator[str]:
        """Points that tell how the house answers."""
        for action in rule.then:
            device = action.point.partition(".")[0]
            yield from (f"{device}.{q}" for q in ("power", "on", "connected", "sg_ready", "soc", "capacity"))
        yield from (f"{b.device}.power" for b in site.batteries)

    def over(self, plain: Mapping[str, Floats]) -> dict[str, Floats]:
        """The values as they would be."""
        return {**plain, **self._changed}

    def at_grid(self, active: NDArray[np.bool_]) -> Floats:
        """W more over the meter at each moment, where the rule is in force."""
        total = np.zeros(self._n)
        for effect in self._effects:
            delta = np.where(active, np.nan_to_num(effect.delta), 0.0)
            total += self._as_long_as_it_lasts(effect.store, delta, active) if effect.store else delta
        return total

    # -- actions -----------------------------------------------------------------------------------------------------

    def _effect(self, action: Action) -> Effect | None:
        device, _, quantity = action.point.partition(".")
        charger = next((c for c in self._site.chargers if c.device == device), None)
        battery = next((b for b in self._site.batteries if b.device == device), None)
        if quantity == "on":
            return self._switched(device, action)
        if quantity == "sg_ready":
            return self._boosted(device, action)
        if charger and quantity in ("current_limit", "mode"):
            return self._charged(charger, action)
        if battery and quantity in ("power_setpoint", "mode"):
            return self._stored(battery, action)
        if action.point == "house.export_limit" and action.relation is not Relation.AT_LEAST:
            return self._held_back(action)
        return None

    def _switched(self, device: str, action: Action) -> Effect | None:
        on = bool(action.value if action.value is not None else self._number(action))
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
        wanted = self._number(action)
        if wanted is None:
            return None
        usual, then = _typical(power[state == 2]), _typical(power[state == wanted])
        if wanted == 1:
            then = 0.0
        if usual is None or then is None:
            return None
        return Effect({action.point: self._all(wanted)}, np.where(state == 2, then - usual, 0.0))

    def _charged(self, charger: ChargerControl, action: Action) -> Effect | None:
        """A car is taken for connected where the charger says so, or where it draws."""
        device, power = charger.device, np.nan_to_num(self._read(f"{charger.device}.power"))
        connected = (self._read(f"{device}.connected") == 1) | (power > _IDLE_W)
        least, most = (a * VOLT * charger.phase_count for a in (charger.min_a, charger.max_a))
        target = self._car(action, charger, power, least, most)
        if target is None:
            return None
        after = np.where(connected, np.where(target < least, 0.0, np.minimum(target, most)), power)
        own = {f"{device}.power": after, f"{device}.current_limit": after / VOLT / charger.phase_count}
        return Effect(own, after - power, load=False)

    def _car(self, action: Action, charger: ChargerControl, power: Floats, least: float, most: float) -> Floats | None:
        match action.value:
            case None:
                amps = self._number(action)
                return None if amps is None else self._limited(action, amps * VOLT * charger.phase_count, power)
            case "off":
                return self._all(0.0)
            case "fast":
                return self._all(most)
            case "plan":
                return None
            case _:
                stored = [np.nan_to_num(self._read(f"{b.device}.power")) for b in self._site.batteries]
                sun: Floats = (
                    power - np.nan_to_num(self._read("grid.power")) - np.sum([self._all(0.0), *stored], axis=0)
                )
                floor = least if action.value == "min_solar" else 0.0
                return np.maximum(sun, self._all(floor))

    def _stored(self, battery: BatteryControl, action: Action) -> Effect | None:
        """Charge and discharge need a capacity, to know when it is full or empty."""
        power = np.nan_to_num(self._read(f"{battery.device}.power"))
        modes = {"hold": 0.0, "charge": -battery.max_charge_w, "discharge": battery.max_discharge_w}
        target = modes.get(str(action.value)) if action.value is not None else self._number(action)
        if target is None or (target and np.isnan(self._read(f"{battery.device}.capacity")).all()):
            return None
        after = self._limited(action, target, power)
        return Effect({f"{battery.device}.power": after}, power - after, load=False, store=battery)

    def _held_back(self, action: Action) -> Effect | None:
        limit = self._number(action)
        if limit is None:
            return None
        given = np.maximum(-self._read("grid.power"), 0)
        return Effect({}, np.maximum(given - limit, 0), load=False)

    # -- helpers -----------------------------------------------------------------------------------------------------

    def _as_long_as_it_lasts(self, battery: BatteryControl, delta: Floats, active: NDArray[np.bool_]) -> Floats:
        """Nothing is charged into a full battery, nor taken from an empty one, in any one run."""
        soc, capacity = self._read(f"{battery.device}.soc"), self._read(f"{battery.device}.capacity")
        edges = np.flatnonzero(np.diff(active.astype(np.int8), prepend=0, append=0))
        kept = delta.copy()
        for start, end in edges.reshape(-1, 2):
            size = capacity[start]
            moved = np.cumsum(delta[start:end]) * self._step_s / 3600 / size * 100 + soc[start]
            out = (moved > battery.soc_ceiling) | (moved < battery.lowest_soc)
            kept[start:end][out] = 0.0
        return kept

    def _laid_over(self) -> dict[str, Floats]:
        changed: dict[str, Floats] = {}
        for effect in self._effects:
            changed |= effect.own
        for point, share in (("grid.power", 1), ("house.consumption", 1), ("house.surplus", -1)):
            parts = [e.delta for e in self._effects if e.load or point == "grid.power"]
            if point in self._values and parts:
                changed[point] = self._values[point] + share * np.sum(parts, axis=0)
        return changed

    def _limited(self, action: Action, target: float, now: Floats) -> Floats:
        """`at_most` and `at_least` only move what is beyond them."""
        match action.relation:
            case Relation.AT_MOST:
                return np.minimum(now, target)
            case Relation.AT_LEAST:
                return np.maximum(now, target)
            case _:
                return self._all(target)

    def _number(self, action: Action) -> float | None:
        """A fixed number; None for one that is worked out from other points."""
        value = getattr(action.tree, "value", None) if action.value is None else action.value
        return float(value) if isinstance(value, int | float) else None

    def _read(self, point: str) -> Floats:
        found = self._values.get(point)
        return np.full(self._n, np.nan) if found is None else found

    def _all(self, value: float) -> Floats:
        return np.full(self._n, value)


def _typical(seen: Floats) -> float | None:
    known = seen[~np.isnan(seen)]
    return float(np.median(known)) if len(known) >= _LEAST_SEEN else None
