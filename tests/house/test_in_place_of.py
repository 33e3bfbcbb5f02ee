"""Whose past is told as a device's is the owner's word in the site document: given, taken back, and never guessed."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from hub import config
from hub.app import App
from hub.model import Column, Point
from hub.store.ring import Ring, SeriesInfo
from tests.store.house import T0, StillClock, plain

HEAD = '[network]\nport = 0\nannounce = false\n[mqtt]\nengine = "off"\n[history]\nbudget_mb = 16\n'
GRID = '[devices.grid]\nrole = "grid"\ndriver = "modbus"\nlink = "tcp://127.0.0.1:1"\nmap = "eastron/sdm630"\n'


async def started(data: Path, keys: str) -> None:
    """A hub has been started with a grid meter that has these `keys`, and ended."""
    text = HEAD + GRID + keys
    app = App(config.parse(text), text, data)
    ready = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(app.run(lambda _: ready.set()))
        async with asyncio.timeout(30):
            await ready.wait()
        running.cancel()


def joined(data: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(data / "history.db") as db:
        found = db.execute("SELECT uid, before FROM joined").fetchall()
    db.close()
    return found


def test_the_word_is_taken_back_with_its_line(tmp_path: Path) -> None:
    asyncio.run(started(tmp_path, 'uid = "u2"\nreplaces = "0123456789ab"\n'))
    assert joined(tmp_path) == [("u2", "0123456789ab")]
    asyncio.run(started(tmp_path, 'uid = "u3"\n'))
    assert joined(tmp_path) == [("u2", "0123456789ab")], "a device that is gone cannot take its word back"
    asyncio.run(started(tmp_path, 'uid = "u2"\n'))
    assert joined(tmp_path) == []


def test_another_device_of_the_same_name_has_a_past_of_its_own(tmp_path: Path) -> None:
    told = []
    for k, uid in enumerate(("u1", "u2")):
        [grid] = config.parse(f'{HEAD}{GRID}uid = "{uid}"\n').devices
        point = Point.of(grid.uid, grid.id, "power")
        ring = Ring.open(tmp_path / "history.db", StillClock())
        ring.join(grid.uid, grid.replaces)
        ring.append(Column((T0 + k) * 1000, {point.id: 5 + k}), {point.id: SeriesInfo.of(point)})
        reader = ring.reader({point.id: point.series}.get)
        told.append(plain(reader.query([point.id], T0 * 1000, (T0 + 2) * 1000, None)[point.id].last))
        ring.start()
        assert ring.close()
    assert told == [[5, None], [None, 6]]
