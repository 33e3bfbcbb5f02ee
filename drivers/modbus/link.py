"""A Modbus link: TCP, RTU over TCP, or a serial line. What another driver may use of this package is in `__all__`.

One request in flight, writes first. Nothing runs in the background: whoever has the turn connects when it is due.
A write and its read-back take at most `write_s`, whatever else the link waits for. A read that the device was too busy
for is asked again after a short rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from drivers.modbus import latency
from drivers.modbus.address import Address
from drivers.modbus.fair import Fair
from drivers.modbus.latency import Latency
from drivers.modbus.pulse import Pulse
from drivers.modbus.turn import Turns
from drivers.modbus.wire import (
    BUSY,
    FAILED,
    READ_HOLDING,
    READ_INPUT,
    WRITE_MANY,
    WRITE_ONE,
    Ask,
    DeviceException,
    Illegal,
    Wire,
)
from hub.errors import LinkError, NoAnswer, Refused

__all__ = [
    "READ_HOLDING",
    "READ_INPUT",
    "TIMEOUT_S",
    "WRITE_MANY",
    "WRITE_ONE",
    "WRITE_S",
    "DeviceException",
    "Illegal",
    "ModbusLink",
    "Pulse",
]

TIMEOUT_S = (0.2, 15.0)
"""what may be said of how long a unit's answer may take, from and to"""
WRITE_S = 0.9
"""for a unit of which nobody has said that it may take its time"""
_GRACE_S = 0.15
"""what a read may still take when a write waits"""
_CONNECT_S = 1.0
_BACKOFF_S = (0.1, 5.0)
_WRITE_TRY_S = 0.4
_LATE_S = 1.0
"""on RTU an answer may come this much after its time-out, through a gateway even on a new connection; until then the
unit is not read again"""
_READ_TRIES = 5
_BUSY_S = (0.05, 0.2)
"""rests before a read that met a busy device is asked again; once only where the device says that it has failed"""
_DEAF = 3
"""so many misses in a row on TCP, and the connection is made anew"""


class ModbusLink:
    """`pause_s`: rest between an answer and the next request; `connect_s`: between the connection and the first.

    `longest_s`: by unit how long an answer may take, where it is known.
    """

    def __init__(
        self, address: str, pause_s: float = 0.0, connect_s: float = 0.0, longest_s: Mapping[int, float] | None = None
    ) -> None:
        self._address = Address.parse(address)
        self._pause_s = max(pause_s, 3.5 * self._address.byte_s)
        self._connect_s = connect_s
        self._wire = Wire(self._address)
        self._turns = Turns(_GRACE_S)
        self._longest_s = dict(longest_s or {})
        self._latency: dict[int, Latency] = {}
        self._fair = Fair()
        self._late: dict[int, float] = {}
        self._free_at = 0.0
        self._retry_at = 0.0
        self._backoff = _BACKOFF_S[0]
        self._misses = 0
        self.on_read: Callable[[int, int, int, tuple[int, ...]], None] = lambda *_: None
        """called with unit, function, address and words of every read"""

    @property
    def address(self) -> str:
        return self._address.text

    @property
    def up(self) -> bool:
        return self._wire.up

    @property
    def retry_s(self) -> float:
        """Seconds until a connection may be tried again; 0 when it is up."""
        return 0.0 if self.up else max(0.0, self._retry_at - _now())

    def slow_s(self, unit: int) -> float:
        """Seconds that an answer of the unit may take, where that is longer than usual; else 0."""
        longest_s = self._longest_s.get(unit, 0.0)
        return longest_s if longest_s > latency.CAP_S else 0.0

    def write_s(self, unit: int) -> float:
        """Seconds that a write and its read-back take at most."""
        return max(WRITE_S, self.slow_s(unit))

    def reserved(self) -> AbstractContextManager[None]:
        """Until it is left, reads that are not urgent wait: for writes that belong together."""
        return self._turns.reserved()

    def close(self) -> None:
        self._wire.close()

    async def read(
        self, unit: int, function: int, address: int, count: int, until: float = 0.0, idle: bool = False
    ) -> tuple[int, ...]:
        """Registers; with `until` (loop time) it is urgent like a write, an `idle` one waits for all others.

        Raises LinkError, NoAnswer or Refused (Illegal when it will be refused again).
        """
        ask = Ask(unit, function, address, count)
        for tries, rest_s in enumerate(_BUSY_S):
            try:
                return await self._read(ask, until, idle)
            except DeviceException as error:
                if error.code not in BUSY and (error.code != FAILED or tries):
                    raise
            await asyncio.sleep(rest_s)
        return await self._read(ask, until, idle)

    async def _read(self, ask: Ask, until: float, idle: bool) -> tuple[int, ...]:
        if until:
            return await self._urgent(ask, until)
        for _ in range(_READ_TRIES):
            try:
                return await self._once(ask, idle=idle)
            except TimeoutError:
                continue  # a write went first
        raise NoAnswer(f"{self.address} unit {ask.unit}: writes left no time to read")

    async def write(self, unit: int, function: int, address: int, values: tuple[int, ...], until: float = 0.0) -> None:
        """Writes a coil (function 5) or registers (6, 16), again when no answer came. Raises NoAnswer or Refused."""
        ask = Ask(unit, function, address, len(values), values)
        await self._urgent(ask, until or _now() + self.write_s(unit))

    async def _urgent(self, ask: Ask, until: float) -> tuple[int, ...]:
        last = f"{self.address} unit {ask.unit}: others were asked all the time; nothing was written"
        try:
            async with asyncio.timeout_at(until):
                while True:
                    try:
                        return await self._once(ask, until)
                    except LinkError as error:
                        last = str(error)
                        if self._fair.burdens(ask.unit):
                            break
                        await asyncio.sleep(0.05)
        except TimeoutError:
            pass
        raise NoAnswer(last)

    async def _once(self, ask: Ask, until: float = 0.0, idle: bool = False) -> tuple[int, ...]:
        while True:
            wait_s = self._wait_s(ask, until)
            if wait_s:
                await asyncio.sleep(wait_s)
            async with self._turns.turn(urgent=until > 0, idle=idle):
                if self._wait_s(ask, until):
                    continue  # whoever had the turn before got no answer
                await self._connect(until)
                if self._free_at > _now():
                    await asyncio.sleep(self._free_at - _now())
                return await self._exchange(ask, until)

    def _wait_s(self, ask: Ask, until: float) -> float:
        """Seconds until the unit may be asked: what is urgent is not put off for the sake of the others."""
        return max(self._late_s(ask), 0.0 if until else self._fair.wait_s(ask.unit, _now()))

    def _late_s(self, ask: Ask) -> float:
        """Seconds in which a late answer may be taken for this one: RTU answers do not say what they answer.

        A write's answer does, so a write need not wait.
        """
        return 0.0 if ask.writes else max(0.0, self._late.get(ask.unit, 0.0) - _now())

    async def _connect(self, until: float) -> None:
        if self._wire.up:
            return
        if not until and _now() < self._retry_at:
            raise LinkError(f"{self.address}: not connected")
        try:
            async with asyncio.timeout(_CONNECT_S):
                await self._wire.open()
        except (LinkError, TimeoutError):
            self._wire.close()
            if not until:
                self._retry_at = _now() + self._backoff
                self._backoff = min(2 * self._backoff, _BACKOFF_S[1])
            raise LinkError(f"{self.address}: cannot connect") from None
        self._backoff, self._misses = _BACKOFF_S[0], 0
        self._free_at = _now() + self._connect_s

    async def _exchange(self, ask: Ask, until: float) -> tuple[int, ...]:
        learnt = self._learnt(ask.unit)
        limit = self._limit(ask, learnt, until)
        start = _now()
        if self._address.rtu:
            self._late[ask.unit] = start + limit + max(_LATE_S, 2 * learnt.worst)
        try:
            async with asyncio.timeout(limit):
                answer = await self._wire.exchange(ask)
        except TimeoutError:
            raise self._missed(ask, learnt, limit) from None
        except NoAnswer:
            self._answered(ask)
            self._fair.missed(ask.unit, _now() - start, _now())
            raise
        except Refused:
            self._answered(ask)
            self._fair.answered(ask.unit)
            raise
        finally:
            self._free_at = _now() + self._pause_s
        learnt.answered(_now() - start)
        self._answered(ask)
        self._fair.answered(ask.unit)
        if not ask.writes:
            self.on_read(ask.unit, ask.function, ask.address, answer)
        return answer

    def _learnt(self, unit: int) -> Latency:
        if unit not in self._latency:
            self._latency[unit] = Latency(self._longest_s.get(unit, 0.0))
        return self._latency[unit]

    def _answered(self, ask: Ask) -> None:
        """An exception is an answer too, a gateway's word that nobody is there as well: no late one is to come."""
        self._late.pop(ask.unit, None)
        self._misses = 0

    def _limit(self, ask: Ask, learnt: Latency, until: float) -> float:
        """Seconds for this request: what the unit usually needs, and the time on the wire."""
        answer_s = learnt.shortest if self._fair.burdens(ask.unit) else learnt.timeout
        limit = answer_s + self._address.byte_s * (ask.data_bytes + 13)
        if not until:
            return limit
        return min(max(limit, _WRITE_TRY_S), max(until - _now(), 0.01))

    def _missed(self, ask: Ask, learnt: Latency, limit: float) -> NoAnswer:
        learnt.missed()
        self._fair.missed(ask.unit, limit, _now())
        self._misses += 1
        if self._misses >= _DEAF and not self._address.path:
            self._wire.close()
        return NoAnswer(f"{self.address} unit {ask.unit}: no answer at {ask.address} in {limit:.2f} s")


def _now() -> float:
    return asyncio.get_running_loop().time()
