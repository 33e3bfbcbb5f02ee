"""The clock of a meter against the hub's: told by its driver, and judged."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from firmware_sim.p1 import telegram
from firmware_sim.physics.world import Setup, World

from drivers.p1.driver import build
from hub.commission.evidence import Evidence, Window, Wiring
from hub.commission.finding import Finding, Verdict
from hub.commission.judge import judge
from hub.commission.words import said
from hub.model import DeviceSpec, Role
from hub.model.driver import Timed
from tests.house_kit import ToldClock, board_of

SUMMER, WINTER = 1_751_328_000_000, 1_764_547_200_000


async def _ahead(now: int, off_ms: int) -> float | None:
    """What the driver tells of a DSMR meter whose clock is off by so much."""
    sent = telegram(World(Setup(now, 1, "generated")).snapshot(), now + off_ms)

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await writer.drain()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    clock = ToldClock(now)
    spec = DeviceSpec("u", "grid", Role.GRID, "p1", f"tcp://127.0.0.1:{port}")
    driver = build(spec.link, [spec], clock)
    assert isinstance(driver, Timed) and driver.ahead_s("grid") is None
    board = board_of(clock, *driver.devices)
    task = asyncio.create_task(driver.run(board))
    async with asyncio.timeout(8):
        while driver.ahead_s("grid") is None:
            await asyncio.sleep(0.01)
    found = driver.ahead_s("grid")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    server.close()
    return found


@pytest.mark.parametrize("now", [SUMMER, WINTER])
@pytest.mark.parametrize("off_s", [0, 61, -3600])
def test_a_meter_tells_by_how_much_its_clock_is_ahead(now: int, off_s: int) -> None:
    assert asyncio.run(_ahead(now, off_s * 1000)) == off_s


EVIDENCE = Evidence(Wiring("grid"), Window({}), clocks={"grid": 61.0, "water": -90_000.0, "heat": 59.0})


def clocks(evidence: Evidence) -> list[Finding]:
    return [f for f in judge(evidence) if f.check == "clock" and f.device]


def test_more_than_a_minute_is_told_with_the_device_and_the_difference() -> None:
    assert [(f.device, f.code, f.verdict) for f in clocks(EVIDENCE)] == [
        ("grid", "clock_off", Verdict.UNKNOWN),
        ("water", "clock_off", Verdict.UNKNOWN),
        ("heat", "clock_agrees", Verdict.GOOD),
    ]
    seen = [said(f)[0] for f in clocks(EVIDENCE)]
    assert seen[0].startswith("Its clock is 61 s ahead of") and seen[1].startswith("Its clock is 90000 s behind")
    assert "59 s" in seen[2]


def test_a_hub_that_does_not_know_the_time_judges_no_other_clock() -> None:
    assert clocks(replace(EVIDENCE, clock_trusted=False)) == []
