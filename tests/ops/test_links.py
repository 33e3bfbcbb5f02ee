"""Who answers, in the journal; and another device that answers in the place of one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from hub.live import LinkStatus
from hub.model import Device, LinkState
from hub.ops.health import OK
from hub.ops.links import Links
from hub.store.devices import Identity
from hub.store.state import State
from tests.house_kit import ListJournal, ToldClock, plug

UP, LOST = LinkStatus(LinkState.UP, 0), LinkStatus(LinkState.LOST, 0, "no answer")


def told(folder: Path, *seen: Device) -> tuple[list[str], str]:
    """What the journal and /health say of devices that come up one after the other, in a hub that has just started."""
    journal = ListJournal()

    async def main() -> str:
        state = await State.open(folder / "state.db", ToldClock())
        await state.devices.present([Identity(plug().uid, "plug", "plug")])
        links = Links(await state.devices.all(), state.devices, journal, ToldClock())
        keeping = asyncio.create_task(links.keep())
        for device in seen:
            links(device, LOST)
            links(device, UP)
        while any([d.facts.get("serial", "") != seen[-1].serial for d in await state.devices.all()]):
            await asyncio.sleep(0)
        keeping.cancel()
        await state.db.close()
        return links.health()

    health = asyncio.run(main())
    return [e.reason.code for e in journal.of("link")], health


def test_links_are_journalled(tmp_path: Path) -> None:
    assert told(tmp_path, plug()) == (["link_lost", "link_up"], OK)


def test_the_same_device_is_nothing_new_after_a_restart(tmp_path: Path) -> None:
    one = replace(plug(), serial="1")
    assert told(tmp_path, one, one) == (["link_lost", "link_up"] * 2, OK)
    assert told(tmp_path, one) == (["link_lost", "link_up"], OK)


def test_another_device_in_its_place_is_told_once(tmp_path: Path) -> None:
    one, other = replace(plug(), serial="1"), replace(plug(), serial="2")
    told(tmp_path, one)
    codes, health = told(tmp_path, other)
    assert codes == ["link_lost", "link_up", "another_serial"]
    assert health == (
        "plug is another device: its serial number was 1; if it does not go on in its place, give it a uid of its own"
    )
    assert told(tmp_path, other) == (["link_lost", "link_up"], OK)
