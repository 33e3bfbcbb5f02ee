"""A hub starts whatever has become of the devices that were taken in on its page."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from hub import config
from hub.app import App, Ready
from hub.store.state import State
from hub.store.vault import Vault
from tests.store.house import StillClock

DOCUMENT = '[network]\nport = 0\nannounce = false\n[mqtt]\nengine = "off"\n[history]\nbudget_mb = 16\n'
METER = {"role": "meter", "driver": "modbus", "link": "tcp://127.0.0.1:1", "map": "eastron/sdm630"}


async def started(data: Path) -> tuple[list[str], str]:
    """The devices of a hub that starts in `data`, and what its health says of those that were taken in."""
    app = App(config.parse(DOCUMENT), DOCUMENT, data)
    ready: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(app.run(ready.set_result))
    await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED, timeout=30)
    assert ready.done(), task
    health, devices = app.health, [d.id for d in app.site.devices]
    task.cancel()
    await asyncio.wait([task])
    return devices, health["taken in"]


async def keep(data: Path, table: Mapping[str, object]) -> None:
    state = await State.open(data / "state.db", StillClock())
    await state.adopted.put("second", table, Vault.open(data / "secret.key"), "owner", 1)
    await state.close()


def test_what_was_taken_in_is_there_after_a_start(tmp_path: Path) -> None:
    asyncio.run(keep(tmp_path, METER))
    assert asyncio.run(started(tmp_path)) == (["second"], "ok")


@pytest.mark.parametrize(
    ("change", "said"),
    [({"driver": "gone"}, "'gone' is not known"), ({"map": "eastron/gone"}, "is not known"), ({"role": "x"}, "role")],
)
def test_one_that_no_longer_goes_with_the_house_is_left_out_and_said(
    tmp_path: Path, change: Mapping[str, str], said: str
) -> None:
    asyncio.run(keep(tmp_path, {**METER, **change}))
    devices, health = asyncio.run(started(tmp_path))
    assert devices == [] and said in health


def test_a_lost_key_costs_the_devices_and_not_the_house(tmp_path: Path) -> None:
    asyncio.run(keep(tmp_path, {**METER, "password": "hunter2"}))
    (tmp_path / "secret.key").unlink()
    devices, health = asyncio.run(started(tmp_path))
    assert devices == [] and "enter it again" in health and "hunter2" not in health
