"""Who answers and who does not, in the journal; and whether it still is the device that was there before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from hub.errors import ShemsError
from hub.live import LinkStatus
from hub.model import Clock, Device, LinkState, Reason
from hub.model.journal import Entry, Journal
from hub.ops.health import OK
from hub.store.devices import Devices, Identity

_SERIAL = "serial"


class Links:
    """Called with each device whose link has changed.

    A past belongs to a device's uid, and that follows from its name where the owner gives none. So another meter under
    the old name goes on with the old one's curve: that is right for a replacement, and must be said for what is none.
    """

    def __init__(self, known: Iterable[Identity], devices: Devices, journal: Journal, clock: Clock) -> None:
        self._serials = {d.uid: str(d.facts.get(_SERIAL, "")) for d in known}
        self._devices, self._journal, self._clock = devices, journal, clock
        self._unsaved: dict[str, str] = {}
        self._news = asyncio.Event()
        self._others: dict[str, str] = {}

    def __call__(self, device: Device, status: LinkStatus) -> None:
        reason = Reason("link_" + status.state.value, {"detail": status.reason} if status.reason else {})
        self._tell(device, reason, status.state)
        before = self._serials.get(device.uid, "")
        if status.state is not LinkState.UP or not device.serial or device.serial == before:
            return
        self._serials[device.uid] = self._unsaved[device.uid] = device.serial
        self._news.set()
        if before:
            self._tell(device, Reason("another_serial", {_SERIAL: device.serial, "before": before}), status.state)
            self._others[device.id] = f"{device.id} is another device: its serial number was {before}"

    def health(self) -> str:
        """The part `identity`: which devices answer in the place of others since the hub's start."""
        said = "; ".join(self._others.values())
        return f"{said}; if it does not go on in its place, give it a uid of its own" if said else OK

    async def keep(self) -> None:
        """Notes what is new; runs as long as the house does. What the disk does not take is noted with the next."""
        while True:
            await self._news.wait()
            self._news.clear()
            for uid, serial in list(self._unsaved.items()):
                with suppress(ShemsError):
                    await self._devices.note(uid, {_SERIAL: serial})
                    self._unsaved.pop(uid, None)

    def _tell(self, device: Device, reason: Reason, state: LinkState) -> None:
        self._journal.later(Entry(self._clock.now(), "link", device.id, reason=reason, state=state.value))
