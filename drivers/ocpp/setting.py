"""How a limit is set: by a charging profile; with a charger that has none, by starting and stopping the transaction."""

from __future__ import annotations

import logging

from drivers.ocpp.answers import Numbers
from drivers.ocpp.dialect import Abilities, Dialect
from drivers.ocpp.exchange import Exchange, NotKnownError
from drivers.ocpp.meaning import hear
from drivers.ocpp.options import SCHEDULE, TX_PROFILE
from drivers.ocpp.outlet import LEAST_A, Outlet, purposes
from drivers.ocpp.profile import AMPERE, Limit
from drivers.ocpp.sessions import Sessions
from hub.errors import Refused
from hub.model import Clock, Value

log = logging.getLogger(__name__)

_AGAIN_S = 60.0
_NOBODY = "SHEMS"
"""The tag of a transaction that the hub starts, when the owner has named none."""
_UNFIT = ("NotSupported",)


class Setting:
    """Writes limits over one connection."""

    def __init__(
        self, exchange: Exchange, dialect: Dialect, abilities: Abilities, clock: Clock, numbers: Numbers
    ) -> None:
        self._exchange, self._dialect, self._abilities = exchange, dialect, abilities
        self._clock, self._numbers = clock, numbers
        self._units = list(abilities.units)
        self._smart = abilities.smart
        self._reads_back = abilities.smart

    async def write(self, outlet: Outlet, name: str, value: Value, skew_ms: int) -> None:
        """Raises NoAnswer or Refused."""
        wanted = _number(name, value)
        if name == "current_limit":
            if wanted and not LEAST_A <= wanted <= outlet.options.max_a:
                raise Refused(f"{wanted:g} A is outside of {LEAST_A:g} to {outlet.options.max_a:g} A; 0 pauses")
            await self._set(outlet, wanted, skew_ms)
        elif name == "phases" and outlet.switches_phases and wanted in (1, 3):
            before, outlet.phases = outlet.phases, int(wanted)
            try:
                await self._set(outlet, outlet.options.max_a if outlet.limit_a is None else outlet.limit_a, skew_ms)
            except Refused:
                outlet.phases = before
                raise
        else:
            raise Refused(f"{outlet.id}.{name} cannot be set to {value!r}")

    async def read(self, outlet: Outlet) -> bool:
        """Puts the limit in force as the charger tells it; False for one that does not tell."""
        if not self._reads_back or outlet.options.read_back != SCHEDULE:
            return False
        try:
            answer = await self._exchange.call(*self._dialect.in_force(outlet.options.connector, AMPERE))
        except Refused:
            self._reads_back = False
            return False
        facts = {f.name: f.value for f in hear("GetCompositeSchedule", answer, Sessions(), answer=True).facts}
        if "current_limit" not in facts:
            return False
        outlet.holds("current_limit", facts["current_limit"])
        if outlet.switches_phases and facts.get("phases") in (1, 3):
            outlet.holds("phases", facts["phases"])
        return True

    async def steer(self, outlet: Outlet, skew_ms: int) -> None:
        """What must follow by itself: a limit for each new transaction, a start for a car that waits for one."""
        limit = outlet.limit_a
        if limit is None:
            return
        renew = outlet.transaction and outlet.purpose == TX_PROFILE and outlet.limited != outlet.transaction
        if self._smart and renew:
            await self._set(outlet, limit, skew_ms)
        if self._clock.monotonic() - outlet.asked < _AGAIN_S:
            return
        starts = outlet.options.remote_start or not self._smart
        if limit and starts and outlet.connected and not outlet.transaction and outlet.status == "ready":
            await self._start(outlet)
        elif not limit and not self._smart and outlet.transaction:
            await self._stop(outlet)

    # -- by profile --------------------------------------------------------------------------------------------------

    async def _set(self, outlet: Outlet, amps: float, skew_ms: int) -> None:
        if self._smart:
            try:
                await self._profile(outlet, amps, skew_ms)
            except NotKnownError:
                log.warning("%s: knows no charging profiles; it can only be started and stopped", outlet.id)
                self._smart = self._reads_back = False
                outlet.able(Abilities(smart=False))
            else:
                return
        await self._switch(outlet, amps)

    async def _profile(self, outlet: Outlet, amps: float, skew_ms: int) -> None:
        """Tries what the protocol allows until the charger takes it, and remembers what it took."""
        said = ""
        for purpose in purposes(outlet):
            for unit in list(self._units):
                limit = self._limit(outlet, amps, purpose, unit, self._clock.now() + skew_ms)
                answer = await self._exchange.call(*self._dialect.limit(limit))
                said = words(answer)
                if answer.get("status") == "Accepted":
                    self._units = [unit]
                    if outlet.transaction:
                        outlet.purpose = purpose
                    await self._confirm(outlet, limit)
                    return
                if answer.get("status") in _UNFIT:
                    raise NotKnownError(f"the charger says: {said}")
        raise Refused(f"the charger says: {said}")

    def _limit(self, outlet: Outlet, amps: float, purpose: str, unit: str, start: int) -> Limit:
        options = outlet.options
        level = self._abilities.stack_level if options.stack_level is None else options.stack_level
        return Limit(
            options.connector,
            amps,
            outlet.phases,
            start,
            purpose,
            unit,
            level,
            outlet.switches_phases,
            outlet.transaction if purpose == TX_PROFILE else "",
            options.watchdog_s,
            options.safe_a,
            self._abilities.periods,
        )

    async def _confirm(self, outlet: Outlet, limit: Limit) -> None:
        """By the schedule that the charger makes of all its profiles; else by its word that it has taken ours."""
        outlet.limited = outlet.transaction
        told = limit.unit == AMPERE and await self.read(outlet)
        if not told:
            outlet.holds("current_limit", limit.amps)
        if outlet.switches_phases:
            outlet.holds("phases", float(limit.phases))

    # -- by start and stop -------------------------------------------------------------------------------------------

    async def _switch(self, outlet: Outlet, amps: float) -> None:
        """More than nothing is all that it has: what such a charger gives is set in it."""
        if amps and outlet.connected and not outlet.transaction:
            await self._start(outlet)
        elif not amps and outlet.transaction:
            await self._stop(outlet)
        outlet.holds("current_limit", outlet.options.max_a if amps else 0.0)

    async def _start(self, outlet: Outlet) -> None:
        outlet.asked = self._clock.monotonic()
        tag = next(iter(outlet.options.tags), _NOBODY)
        await self._demand(self._dialect.start(outlet.options.connector, tag, self._numbers.next()))

    async def _stop(self, outlet: Outlet) -> None:
        outlet.asked = self._clock.monotonic()
        await self._demand(self._dialect.stop(outlet.transaction))

    async def _demand(self, message: tuple[str, object]) -> None:
        action, payload = message
        answer = await self._exchange.call(action, payload)  # type: ignore[arg-type]
        if answer.get("status") != "Accepted":
            raise Refused(f"the charger says: {words(answer)}")


def _number(name: str, value: Value) -> float:
    try:
        return float(value)
    except ValueError:
        raise Refused(f"{name}: {value!r} is not a number") from None


def words(answer: object) -> str:
    """The charger's status, with the reason that 2.x adds."""
    if not isinstance(answer, dict):
        return ""
    info = answer.get("statusInfo")
    more = [str(info[k]) for k in ("reasonCode", "additionalInfo") if k in info] if isinstance(info, dict) else []
    return " ".join([str(answer.get("status", "nothing")), *more])[:200]
