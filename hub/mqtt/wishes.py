"""Wishes from the integration topics on their way to the Desk: one line per device, served in order.

A device that does not answer holds up its own line only. A line lives as long as somebody waits in it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Protocol

from hub.errors import ShemsError

log = logging.getLogger(__name__)

PERSON = "mqtt"
WAITING = 8
"""Wishes that may wait for one device, the one being served among them."""
LINES = 64
"""Devices that are served at once; topics are free text, so names that do not exist count too."""
_LONGEST = 200


class Submit(Protocol):
    """The Desk's door. Raises ShemsError for what it does not take."""

    async def __call__(self, point_id: str, value: str, person: str) -> None: ...


class Wishes:
    """Their tasks are those of the session that heard them, and end with it."""

    def __init__(self, tasks: asyncio.TaskGroup, submit: Submit) -> None:
        self._tasks = tasks
        self._submit = submit
        self._lines: dict[str, deque[tuple[str, bytes]]] = {}

    def put(self, topic: str, payload: bytes) -> None:
        """`shems/<device>/<quantity>/set`; what finds no place is refused in the log."""
        device = topic.split("/")[1]
        line = self._lines.get(device)
        if line is None and len(self._lines) < LINES:
            self._lines[device] = deque([(topic, payload)])
            self._tasks.create_task(self._serve(device), name=f"wishes {device}")
        elif line is None:
            log.warning("%s: refused: %d devices have wishes waiting already", topic, LINES)
        elif len(line) < WAITING:
            line.append((topic, payload))
        else:
            log.warning("%s: refused: %d wishes wait for this device already", topic, WAITING)

    async def _serve(self, device: str) -> None:
        line = self._lines[device]
        while line:
            await self._wish(*line[0])
            line.popleft()
        del self._lines[device]

    async def _wish(self, topic: str, payload: bytes) -> None:
        _, device, quantity, _ = topic.split("/")
        value = payload[:_LONGEST].decode(errors="replace").strip()
        try:
            await self._submit(f"{device}.{quantity}", value, PERSON)
        except ShemsError as error:
            log.info("%s: refused: %s", topic, error)
