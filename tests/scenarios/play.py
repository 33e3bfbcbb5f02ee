"""Plays a scenario: one step of the core each second, no waiting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from hub import core
from hub.calendar import calendar_of
from hub.core import House, Inputs, State, Step
from hub.core.keyframe import older, packed, unpacked
from hub.model import Device, Relation, Request, Source, Value
from hub.model.plan import Plan
from hub.model.site import Price, Site
from hub.schedules import Due
from tests.scenarios.planning import plan_of, prices_of
from tests.scenarios.plant import Plant
from tests.scenarios.scenario import FOR_GOOD_S, Scenario, Table, is_nan, seconds

SILENT, BACK, UNSEEN = "silent", "back", "unseen"
Decide = Callable[[State, Inputs], Step]


@dataclass(frozen=True)
class Second:
    """What was read, and what the core made of it."""

    values: Mapping[str, Value]
    requests: tuple[Request, ...]
    result: Step


def play(scenario: Scenario, decide: Decide = core.step) -> dict[int, Second]:
    """By second of the scenario; those in which the hub is down are missing."""
    return _Player(scenario, decide).all()


class _Player:
    def __init__(self, scenario: Scenario, decide: Decide) -> None:
        self._scenario, self._decide = scenario, decide
        self._plant = Plant(scenario.site, scenario.house, scenario.answers) if scenario.answers is not None else None
        self._values: dict[str, Value] = {}
        self._house = scenario.house
        self._silent: list[str] = []
        self._unseen: list[str] = []
        self._intents = _modes(scenario.site)
        self._requests: list[Request] = []
        self._prices: tuple[Price, ...] = ()
        self._plan: Plan | None = None
        self._shift_s = 0
        self._down_until = 0
        self._state = State()
        self._calendar = calendar_of(scenario.site)
        self._due, self._up_since = Due(scenario.schedules, self._calendar), self._utc(0)

    def all(self) -> dict[int, Second]:
        given, asked, played = list(self._scenario.given), list(self._scenario.ask), {}
        for t in range(self._scenario.end + 1):
            while given and given[0]["at"] == t:
                self._happen(t, given.pop(0))
            self._requests += [self._request(n, a) for n, a in enumerate(asked) if a.get("from", 0) == t]
            read = self._read()
            if t >= self._down_until:
                played[t] = self._second(t, read)
        return played

    def _second(self, t: int, read: dict[str, Value]) -> Second:
        now = self._utc(t)
        asked = (*self._requests, *self._due.at(now, self._up_since))
        active = tuple(r for r in asked if r.starts <= now < r.ends)
        inputs = Inputs(
            now,
            self._house,
            read,
            active,
            dict(self._intents),
            prices=self._prices,
            plan=self._plan,
            rules=self._scenario.rules,
            moment=self._calendar.moment(now) if self._scenario.rules else None,
        )
        result = self._decide(self._state, inputs)
        self._state = result.state
        if self._plant:
            self._plant.tell({c.point: c.value for c in result.commands})
        return Second(read, active, result)

    def _utc(self, t: int) -> int:
        return self._scenario.begin + (t + self._shift_s) * 1000

    def _read(self) -> dict[str, Value]:
        read = {**(self._plant.read() if self._plant else {}), **self._values}
        return {p: v for p, v in read.items() if p not in self._silent and p.partition(".")[0] not in self._silent}

    # -- what happens --------------------------------------------------------------------------------------------------

    def _happen(self, t: int, row: Table) -> None:
        for what, value in row.items():
            match what:
                case "at":
                    pass
                case "clock":
                    self._shift_s += (-1 if value.startswith("-") else 1) * seconds(value[1:])
                case "restart":
                    self._down_until = t + value
                    self._state, self._up_since = _remembered(self._state), self._utc(self._down_until)
                case "memory":
                    self._state = State()
                case "prices":
                    self._prices = prices_of(value, self._scenario.begin)
                case "plan":
                    self._plan = None if value == "none" else plan_of(value, self._utc(t), self._scenario.begin)
                case "load" | "sun" | "car" | "soc" if self._plant:
                    self._plant.change(what, value)
                case _:
                    self._device(what, value)

    def _device(self, device: str, value: Any) -> None:
        if not isinstance(value, dict):
            self._hear(device, value)
            return
        for quantity, reading in value.items():
            point = f"{device}.{quantity}"
            if quantity == "mode":
                self._intents[point] = reading
            else:
                self._show(point, reading)
        if device == self._scenario.house.grid and "power" in value and not any(f"power_l{n}" in value for n in "123"):
            self._spread(device, value["power"])

    def _show(self, point: str, reading: Any) -> None:
        self._hear(point, reading)
        if reading == BACK and self._plant:
            self._values.pop(point, None)
        elif reading not in (SILENT, BACK):
            self._values[point] = reading

    def _hear(self, point: str, said: Any) -> None:
        self._silent = [p for p in self._silent if p != point] + [point] * (said in (SILENT, UNSEEN))
        if said == UNSEEN or point in self._unseen:
            self._unseen = [d for d in self._unseen if d != point] + [point] * (said == UNSEEN)
            self._house = House.of(self._scenario.site, map(self._announced, self._scenario.devices))

    def _announced(self, device: Device) -> Device:
        """One that has not answered since the start is known by the site document alone."""
        return replace(device, points=(), commands=()) if device.id in self._unseen else device

    def _spread(self, grid: str, watts: Any) -> None:
        """A sum without phases is meant evenly."""
        for n in self._scenario.house.phases:
            even = watts if isinstance(watts, str) or is_nan(watts) else watts / len(self._scenario.house.phases)
            self._show(f"{grid}.power_l{n}", even)

    def _request(self, n: int, ask: Table) -> Request:
        start = ask.get("from", 0)
        return Request(
            f"{ask['source']}#{n}",
            ask["point"],
            Relation(ask.get("relation", "set")),
            ask["value"],
            Source(ask["source"]),
            self._utc(start),
            self._utc(ask.get("until", start + FOR_GOOD_S)),
            priority=ask.get("priority", 0),
        )


def _modes(site: Site) -> dict[str, str]:
    """As the Desk starts with them."""
    modes = {c.device: c.mode for c in site.chargers} | {b.device: b.mode for b in site.batteries}
    modes |= {p.device: p.mode for p in site.heat_pumps} | {s.device: s.mode for s in site.switches}
    return {f"{device}.mode": mode for device, mode in modes.items()}


def _remembered(state: State) -> State:
    """What a restart leaves of the core's memory, which was kept when the hub went down."""
    kept = unpacked(orjson.loads(orjson.dumps(packed(state))))
    return older(kept, 0.0) if kept else State()
