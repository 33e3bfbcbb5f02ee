"""A house that has gone by a wrong time goes by the true one as soon as that has been heard, by itself."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from hub import app, config
from hub.app import App, Ready
from hub.model import Column
from hub.store.ring import Ring
from tests.house.full_start import DOCUMENT
from tests.store.house import SERIES, StillClock, values_at

YEARS_MS = 3 * 365 * 86_400_000


def _stored(data: Path, ms: int) -> None:
    ring = Ring.open(data / "history.db", StillClock(), budget=16 << 20)
    ring.start()
    for k in range(100):
        ring.append(Column(ms // 1000 * 1000 + k * 1000, values_at(k)), SERIES)
    assert ring.close()


@pytest.mark.parametrize("at_start", [True, False])
def test_a_house_recovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_start: bool) -> None:
    _stored(tmp_path, time.time_ns() // 1_000_000 + YEARS_MS)
    heard = at_start
    monkeypatch.setattr(app, "synchronised", lambda: heard)
    monkeypatch.setattr(app, "_ASTRAY_S", 0.05)

    async def lived() -> None:
        nonlocal heard
        hub = App(config.parse(DOCUMENT), DOCUMENT, tmp_path)
        ready: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(hub.run(ready.set_result))
        async with asyncio.timeout(30):
            await ready
            if not at_start:
                assert "behind" in hub.health["clock"], "nobody knows yet which of the two is right"
                heard = True
            while hub.health.get("clock") != "ok" or hub.health.get("core") != "ok":
                assert not task.done()
                await asyncio.sleep(0.02)
        assert "the machine's clock was wrong" in hub.health["history"]
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(lived())
    again = Ring.open(tmp_path / "history.db", StillClock(), budget=16 << 20)
    assert abs(again.last_ms - time.time_ns() // 1_000_000) < 60_000 and again.problems == []
    again.close()
