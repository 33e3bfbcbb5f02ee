"""Changes of the simulated world, timed from the moment a device shows them."""

from __future__ import annotations

import asyncio
import time

import aiohttp

from tests.house.demo_kit import Demo


async def change_load(http: aiohttp.ClientSession, house: Demo, high: bool) -> float:
    """Asks for another load; the time (s UTC) at which the meters themselves show it, to within 5 ms."""
    await http.post(f"{house.sim}/world", json={"load_w": 9000 if high else 500})
    while True:
        async with http.get(f"{house.sim}/devices") as answer:
            seen = time.time()
            devices = (await answer.json())["devices"]
        if (devices["grid"]["power"] + devices["inverter"]["power"] > 6000) == high:
            return seen
        await asyncio.sleep(0.005)
