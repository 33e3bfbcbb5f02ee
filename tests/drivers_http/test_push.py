"""What a device tells by itself, over a socket that stays open."""

from __future__ import annotations

import asyncio

import pytest

from hub.model import Role
from tests.drivers_http.peer import VECTORS, Telling, running, spec, vector

pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the captures are not beside the checkout")


async def _told(password: str) -> None:
    """Between two passes that are a minute apart, a change comes at once; after a broken socket, too."""
    shelly = Telling(vector("shelly/openems_IoShellyPlus1PmImplTest_1.json"), password)
    tv = spec("tv", Role.PLUG, kind="shelly", push=True, password=password, poll_s=60)
    async with running(shelly.app(), tv) as (_, notes, _server):
        async with asyncio.timeout(20):
            await shelly.greeted.wait()
        assert notes.values["tv.power"] == 123.0
        await shelly.tell("switch:0", {"apower": 77.5, "output": True})
        await notes.until(lambda: (notes.values["tv.power"], notes.values["tv.on"]) == (77.5, True))
        shelly.greeted.clear()
        await shelly.listeners.pop().close()
        async with asyncio.timeout(20):
            await shelly.greeted.wait()
        await shelly.tell("switch:0", {"apower": 5.5})
        await notes.until(lambda: notes.values["tv.power"] == 5.5)
        assert notes.lost_count() == 0


@pytest.mark.parametrize("password", ["", "geheim"])
def test_what_a_device_tells_by_itself_comes_at_once(password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.http.push._BACKOFF_S", (0.02, 0.1))
    asyncio.run(_told(password))
