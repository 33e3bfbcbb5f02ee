"""A Modbus link: TCP, RTU over TCP, or a serial line. What another driver may use of this package is in `__all__`.

One request in flight, writes first. Nothing runs in the background: whoever has the turn connects when it is due.
A write and its read-back take at most `WRITE_S`, whatever else the link waits for.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager

from drivers.modbus.address import Address
from drivers.modbus.fair import Fair
from drivers.modbus.latency import Latency
from drivers.modbus.pulse import Pulse
from drivers.modbus.turn import Turns
from drivers.modbus.wire import READ_HOLDING, READ_INPUT, WRITE_MANY, WRITE_ONE, Ask, DeviceException, Illegal, Wire
from hub.errors import LinkError, NoAnswer, Refused

__all__ = [
    "READ_HOLDING",
    "READ_INPUT",
    "WRITE_MANY",
    "WRITE_ONE",
    "WRITE_S",
    "DeviceException",
    "Illegal",
    "ModbusLink",
    "Pulse",
]

WRITE_S = 0.9
_GRACE_S = 0.15
"""what a read may still take when a write waits"""
_CONNECT_S = 1.0
_BACKOFF_S = (0.1, 5.0)
_WRITE_TRY_S = 0.4
_LATE_S = 1.0
"""on RTU an answer may come this much after its time-out, through a gateway even on a new connection; until then the
unit is not read again"""
_READ_TRIES = 5
_DEAF = 3
"""so many misses in a row on TCP, and the connection is made anew"""


class ModbusLink:
    """`pause_s`: rest between an answer and the next request; `connect_s`: between the connection and the first."""

    def __init__(self, address: str, pause_s: float = 0.0, connect_s: float = 0.0) -> None:
        self._address = Address.parse(address)
        self._pause_s = max(pause_s, 3.5 * self._address.byte_s)
        self._connect_s = connect_s
        self._wire = Wire(self._address)
        self._turns = Turns(_GRACE_S)
        self._latency = defaultdict[int, Latency](Latency)
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
        if until:
            return await self._urgent(ask, until)
        for _ in range(_READ_TRIES):
            try:
                return await self._once(ask, idle=idle)
            except TimeoutError:
                continue  # a write went first
        raise NoAnswer(f"{self.address} unit {unit}: writes left no time to read")

    async def write(self, unit: int, function: int, address: int, values: tuple[int, ...], until: float = 0.0) -> None:
        """Writes a coil (function 5) or registers (6, 16), again when no answer came. Raises NoAnswer or Refused."""
        ask = Ask(unit, function, address, len(values), values)
        await self._urgent(ask, until or _now() + WRITE_S)

    async def _urgent(self, ask: Ask, until: float) -> tuple[int, ...]:
        last = "no time left"
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
        raise NoAnswer(f"{self.address} unit {ask.unit}: no answer: {last}")

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
        latency = self._latency[ask.unit]
        limit = self._limit(ask, latency, until)
        start = _now()
        if self._address.rtu:
            self._late[ask.unit] = start + limit + max(_LATE_S, 2 * latency.worst)
        try:
            async with asyncio.timeout(limit):
                answer = await self._wire.exchange(ask)
        except TimeoutError:
            raise self._missed(ask, latency, limit) from None
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
        latency.answered(_now() - start)
        self._answered(ask)
        self._fair.answered(ask.unit)
        if not ask.writes:
            self.on_read(ask.unit, ask.function, ask.address, answer)
        return answer

    def _answered(self, ask: Ask) -> None:
        """An exception is an answer too, a gateway's word that nobody is there as well: no late one is to come."""
        self._late.pop(ask.unit, None)
        self._misses = 0

    def _limit(self, ask: Ask, latency: Latency, until: float) -> float:
        """Seconds for this request: what the unit usually needs, and the time on the wire."""
        answer_s = latency.shortest if self._fair.burdens(ask.unit) else latency.timeout
        limit = answer_s + self._address.byte_s * (ask.data_bytes + 13)
        if not until:
            return limit
        return min(max(limit, _WRITE_TRY_S), max(until - _now(), 0.01))

    def _missed(self, ask: Ask, latency: Latency, limit: float) -> NoAnswer:
        latency.missed()
        self._fair.missed(ask.unit, limit, _now())
        self._misses += 1
        if self._misses >= _DEAF and not self._address.path:
            self._wire.close()
        return NoAnswer(f"{self.address} unit {ask.unit}: no answer at {ask.address} in {limit:.2f} s")


def _now() -> float:
    return asyncio.get_running_loop().time()
