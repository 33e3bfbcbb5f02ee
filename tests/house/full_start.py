"""A hub that is started on a disk without a free byte: `python -m tests.house.full_start FOLDER [taken]`.

FOLDER is a small file system of its own. `taken`: the room that the hub had held for its start is gone too. Prints what
the health says at the first start, on the full disk, there again, and with room again.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from pathlib import Path

from hub import config
from hub.app import App, Ready
from hub.model import Column
from hub.store.ring import Ring
from hub.store.room import BALLAST
from tests.store.house import SERIES, StillClock, feed, known, values_at

DOCUMENT = '[network]\nport = 0\nannounce = false\n[mqtt]\nengine = "off"\n[history]\nbudget_mb = 16\n'
WAS = 100
"""Seconds of the house's past that had been acknowledged before."""


async def lived(data: Path, then: str = "") -> dict[str, object]:
    """A hub from its start until the core has decided a few times; `then` is a file that goes meanwhile."""
    app = App(config.parse(DOCUMENT), DOCUMENT, data)
    ready: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(app.run(ready.set_result))
    await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED, timeout=30)
    if not ready.done():
        return {"failed": repr(task)}
    async with asyncio.timeout(10):
        while app.health["core"] != "ok":
            await asyncio.sleep(0.05)
    first = dict(app.health)
    if then:
        (data.parent / then).unlink()
        async with asyncio.timeout(40):
            while {app.health["history"], app.health["journal"]} != {"ok"}:
                await asyncio.sleep(0.1)
    task.cancel()
    await asyncio.wait([task])
    return {"first": first, "password": ready.result().password, "open": (data / "state.db-shm").exists()}


def past(path: Path) -> int:
    """How many of the seconds that were acknowledged before are there as they were."""
    ring = Ring.open(path, StillClock(), budget=16 << 20)
    seconds = known(ring, 0, WAS)
    ring.close()
    return sum(v == values_at(k)["grid.power"] for k, v in enumerate(seconds))


def fill(file: Path) -> None:
    """Not a byte is free any more."""
    with file.open("wb", buffering=0) as f:
        for size in (65_536, 4_096):
            try:
                while f.write(bytes(size)) == size:
                    pass
            except OSError:
                continue


def main(folder: Path, taken: bool) -> None:
    logging.basicConfig(stream=sys.stderr)
    data = folder / "data"
    data.mkdir()
    ring = Ring.open(data / "history.db", StillClock(), budget=16 << 20)
    ring.start()
    feed(ring, 0, WAS)
    ring.append(Column(StillClock().now() + WAS * 1000, values_at(WAS)), SERIES)
    assert ring.close()
    told = [asyncio.run(lived(data))]
    if taken:
        (data / BALLAST).unlink()
    fill(folder / "full")
    free = os.statvfs(folder).f_bavail
    told += [asyncio.run(lived(data)), asyncio.run(lived(data))]
    told.append(asyncio.run(lived(data, then="full")))
    print(json.dumps({"free": free, "told": told, "past": past(data / "history.db")}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), "taken" in sys.argv)
