"""One connector of a charger, as a device of the house: its values, how old they are, what may be written."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from drivers.ocpp.dialect import Abilities
from drivers.ocpp.meaning import Fact
from drivers.ocpp.options import DEFAULT_PROFILE, Options
from hub.model import Clock, CommandSpec, Device, DeviceSpec, Link, Measurement, Point, Quality, Role, Sink, Value

RESTART, SOFT, HARD = "restart", "soft", "hard"
RESTARTS = (SOFT, HARD)
_RESTART_MS = 1_000
LEAST_A = 6.0
"""Below it no car charges (IEC 61851-1)."""
_EXPECTED = ("status", "connected", "power", "energy", "session_energy", "current_limit")
_SET = ("current_limit", RESTART)
_STATES = ("status", "connected", "current_limit", "phases")
"""What the charger tells only when it changes: it holds as long as the charger is there."""
_STILL = ("energy", "session_energy")
_CURRENTS = ("current_l1", "current_l2", "current_l3")
_POWERS = ("power", "current", *_CURRENTS)
_METERED = (*_POWERS, "energy", "voltage", "voltage_l1")
_AT_REST = ("no_vehicle", "ready", "paused", "idle")
_NEAR_MS = 5_000
"""A time that differs from the hub's by less is the clocks' difference, not an age."""
_METERED_S = 10.0
_SETTLE_MS = 5_000
_VOLT = 230.0


class Outlet:
    """`transaction`: the running one's id as the charger writes it. `purpose`: the kind of profile that it obeys.

    `limited`: the transaction that the limit was sent for. `asked`: when (monotonic) a start or stop was asked for.
    """

    def __init__(self, spec: DeviceSpec, options: Options, address: str, clock: Clock) -> None:
        self.options, self._clock = options, clock
        points = tuple(Point.of(spec.uid, spec.id, name, name in _SET) for name in (*_EXPECTED, RESTART))
        link = Link("ocpp", f"{address}/{options.charge_point}")
        self.device = Device(spec.uid, spec.id, Role.CHARGER, link, behind=spec.behind, points=points)
        self._sink: Sink | None = None
        self._up = False
        self.able(Abilities())
        self.lock = asyncio.Lock()
        self.transaction = self.limited = ""
        self.purpose = options.profile
        self.phases = options.phases
        self.asked = float("-inf")
        self._held: dict[str, Value] = {}
        self._last: dict[str, int] = {}
        self._own: dict[str, int | None] = {}
        self._metered = self._powered = self._asked = float("-inf")

    @property
    def id(self) -> str:
        return self.device.id

    @property
    def limit_a(self) -> float | None:
        """A, what the charger is known to hold."""
        value = self._held.get("current_limit")
        return float(value) if value is not None else None

    @property
    def status(self) -> Value | None:
        return self._held.get("status")

    @property
    def connected(self) -> bool:
        return self._held.get("connected") is True

    @property
    def draws(self) -> bool:
        """Whether a car charges or may: then it is metered often."""
        return bool(self.transaction) or self.status == "charging"

    def wants_meter(self, limit_s: float) -> bool:
        """Whether it is time to ask for meter values: none for so long, and not asked for as long."""
        now = self._clock.monotonic()
        if now - max(self._metered, self._asked) < limit_s:
            return False
        self._asked = now
        return True

    # -- what it is --------------------------------------------------------------------------------------------------

    def able(self, abilities: Abilities) -> None:
        """What may be written, by what the charger can."""
        limit, most = f"{self.device.id}.current_limit", self.options.max_a
        step = 0.1 if abilities.smart else 1.0
        low = LEAST_A if abilities.smart else most
        heartbeat = float(self.options.watchdog_s) if abilities.smart else 0.0
        commands = [
            CommandSpec(limit, low, most, step, settle_ms=_SETTLE_MS, heartbeat_s=heartbeat, tolerance=0.1),
            CommandSpec(f"{self.device.id}.{RESTART}", choices=RESTARTS, settle_ms=_RESTART_MS, shown=False),
        ]
        points = self.device.points
        if abilities.smart and abilities.switches_phases and self.options.phases == 3:
            phases = f"{self.device.id}.phases"
            commands.append(CommandSpec(phases, 1, 3, 2, settle_ms=_SETTLE_MS))
            points = tuple(p for p in points if p.id != phases)
            points = (*points, Point.of(self.device.uid, self.device.id, "phases", True))
        self.device = replace(self.device, points=points, commands=tuple(commands))
        if self._up and self._sink:
            self._sink.seen(self.device)

    @property
    def switches_phases(self) -> bool:
        return self.device.command(f"{self.device.id}.phases") is not None

    def known(self, facts: dict[str, str]) -> None:
        """Vendor, model, serial and firmware as the charger tells them."""
        device = replace(self.device, **facts)  # type: ignore[arg-type]
        if device != self.device:
            self.device = device
            if self._up and self._sink:
                self._sink.seen(device)

    # -- there and gone ----------------------------------------------------------------------------------------------

    def found(self, sink: Sink) -> None:
        self._sink, self._up = sink, True
        sink.seen(self.device)

    def lost(self, sink: Sink, reason: str) -> None:
        """Nothing that it had said holds any longer, not even its limit: it may start anew or fall back."""
        self._up = False
        self._held.clear()
        self._metered = self._powered = self._asked = float("-inf")
        self.limited = ""
        sink.lost(self.id, reason)

    def alive(self, now: int) -> None:
        """The charger has just shown that it is there: its states hold, and at rest nothing flows or counts."""
        told = [self._measured(name, self._held[name], now) for name in _STATES if name in self._held]
        if self.status in _AT_REST and self._clock.monotonic() - self._powered >= _METERED_S:
            have = {p.quantity.name for p in self.device.points}
            zeros = dict.fromkeys(("power", *(c for c in _CURRENTS if c in have)), 0.0)
            still = {name: self._held[name] for name in _STILL if name in self._held}
            told += [self._measured(n, v, now, Quality.SUBSTITUTED) for n, v in (zeros | still).items()]
        if self._up and self._sink and told:
            self._sink.put(told)

    # -- what it says ------------------------------------------------------------------------------------------------

    def take(self, facts: Iterable[Fact], now: int, skew_ms: int = 0) -> None:
        """Puts what is newer than what is known already. `skew_ms`: how far the charger's clock is ahead."""
        told: list[Measurement] = []
        for fact in facts:
            at = now if fact.at is None else min(fact.at - skew_ms, now)
            at = now if now - at < _NEAR_MS else at
            last = self._last.get(fact.name, at)
            if at < last and not self._follows(fact):
                continue
            self._last[fact.name] = at = max(at, last)
            self._own[fact.name] = fact.at
            shown = now if fact.since else at
            if shown == now:
                self._hold(fact.name, fact.value)
            told.append(self._measured(fact.name, fact.value, shown))
        self._put(told, now)

    def holds(self, name: str, value: Value) -> None:
        """Something that the charger has confirmed just now."""
        now = self._clock.now()
        self._last[name], self._own[name] = now, None
        self._hold(name, value)
        self._put([self._measured(name, value, now)], now)

    def _follows(self, fact: Fact) -> bool:
        """By the charger's own clock it is not older than what was told before, however long it was on its way."""
        own = self._own.get(fact.name)
        return fact.at is not None and own is not None and fact.at >= own

    def _hold(self, name: str, value: Value) -> None:
        if name in _STATES or name in _STILL:
            self._held[name] = value
        if name in _POWERS:
            self._powered = self._clock.monotonic()
        if name in _METERED:
            self._metered = self._clock.monotonic()

    def _put(self, told: list[Measurement], now: int) -> None:
        if not told or self._sink is None:
            return
        told += self._estimated(told, now)
        have = {p.id for p in self.device.points}
        more = [m.point for m in told if m.point not in have]
        if more:
            added = tuple(Point.of(self.device.uid, self.id, p.partition(".")[2]) for p in dict.fromkeys(more))
            self.device = replace(self.device, points=(*self.device.points, *added))
            self._sink.seen(self.device)
        self._sink.put(told)

    def _estimated(self, told: list[Measurement], now: int) -> list[Measurement]:
        """A charger that meters currents only: the power they make, at the voltage told, else the nominal one."""
        values = {m.point.partition(".")[2]: m for m in told}
        currents = [(c, values[c]) for c in _CURRENTS if c in values]
        if "power" in values or not currents:
            return []
        watts = 0.0
        for name, current in currents:
            voltage = values.get(name.replace("current", "voltage"))
            watts += float(current.value or 0) * (float(voltage.value or _VOLT) if voltage else _VOLT)
        return [self._measured("power", round(watts), currents[0][1].at, Quality.SUBSTITUTED)]

    def _measured(self, name: str, value: Value, at: int, quality: Quality = Quality.GOOD) -> Measurement:
        return Measurement(f"{self.id}.{name}", value, at, quality)


def purposes(outlet: Outlet) -> list[str]:
    """The kinds of profile to try, the one that was obeyed first. A TxProfile needs a running transaction."""
    wanted = [outlet.purpose, DEFAULT_PROFILE, "TxProfile"]
    return [p for p in dict.fromkeys(wanted) if p == DEFAULT_PROFILE or outlet.transaction]
