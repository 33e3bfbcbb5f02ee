"""What may be set on ET inverters, and how: the export limit and the battery's power.

Sources: field/device-facts/inverter-goodwe.md; GoodWe, "ET Modbus protocol" (EMS modes 1 auto, 8 battery standby,
11 charge, 12 discharge). 47509 and 47510 are settings that the inverter stores: written on change only, with a daily
budget. 47511 and 47512 are taken for volatile, which is not certain: they too are written on change only. The inverter
has no watchdog, so this is one: what nobody renews for a minute is given back, and at the driver's end.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Mapping

from drivers.goodwe import et
from drivers.goodwe.family import Query, registers, write
from drivers.goodwe.link import UdpLink
from hub.errors import LinkError, Refused
from hub.model import CommandSpec, Value, Wear

log = logging.getLogger(__name__)

_EXPORT_WRITES_A_DAY = 20
_MOST_W = 65_535
_RELEASE_S = 4.0
_HEARTBEAT_S = 60.0


class Control:
    """Commands of one inverter; remembers what its battery was told, and until when that holds (s, monotonic)."""

    def __init__(self, family: str, address: int) -> None:
        self.family = family
        self.address = address
        self._until: float | None = None
        self._shown: Value | None = None

    def settings(self) -> Query:
        return registers(self.address, et.SETTINGS, optional=False)

    def commands(self, device: str, place: str, rated_w: float) -> tuple[CommandSpec, ...]:
        """`rated_w`: the limit of both, 0 while it is not known."""
        if self.family != "et":
            return ()
        most = min(rated_w, _MOST_W) or None
        if place == "inverter":
            point, budget = f"{device}.export_limit", _EXPORT_WRITES_A_DAY
            return (CommandSpec(point, 0, most, 1, settle_ms=2000, wear=Wear.FLASH, writes_a_day=budget),)
        if place == "battery":
            least = None if most is None else -most
            point = f"{device}.power_setpoint"
            return (CommandSpec(point, least, most, 1, settle_ms=3000, heartbeat_s=_HEARTBEAT_S),)
        return ()

    def noted(self, points: Mapping[str, Value]) -> None:
        """What the settings show now."""
        self._shown = points.get("battery.power_setpoint")

    async def write(self, link: UdpLink, place: str, quantity: str, value: Value, now: float) -> None:
        """Raises Refused for what cannot be, or for the inverter's no; NoAnswer."""
        if self.family != "et" or isinstance(value, str | bool) or not abs(value) <= _MOST_W:
            raise Refused(f"{quantity}: this inverter cannot be set to {value!r}")
        if (place, quantity) == ("inverter", "export_limit") and value >= 0:
            await self._set(link, et.EXPORT_LIMIT, round(value))
            await self._set(link, et.EXPORT_ON, 1)
        elif (place, quantity) == ("battery", "power_setpoint"):
            self._until = now + _HEARTBEAT_S
            if self._shown != round(value):
                await self._battery(link, round(value))
        else:
            raise Refused(f"{quantity}: this inverter cannot be set to {value!r}")

    async def expire(self, link: UdpLink, now: float) -> None:
        """Gives the battery back when nobody has renewed its set-point."""
        if self._until is None or now < self._until:
            return
        try:
            await self._set(link, et.EMS_MODE, et.EMS_AUTO)
        except Refused as error:
            log.warning("goodwe %s: does not take its battery back: %s", link.address, error)
        self._until = None

    async def release(self, link: UdpLink) -> None:
        """Back to the inverter's own mind, as far as it still answers."""
        with contextlib.suppress(LinkError, TimeoutError):
            async with asyncio.timeout(_RELEASE_S):
                await self.expire(link, math.inf)

    async def _battery(self, link: UdpLink, watts: int) -> None:
        """The power before the mode, so that a new mode never begins with an old power."""
        mode = et.EMS_DISCHARGE if watts > 0 else et.EMS_CHARGE if watts < 0 else et.EMS_STANDBY
        await self._set(link, et.EMS_POWER, abs(watts))
        await self._set(link, et.EMS_MODE, mode)

    async def _set(self, link: UdpLink, register: int, value: int) -> None:
        request, fits = write(self.address, register, value)
        await link.ask(request, fits)
