"""What the added devices say of themselves by mDNS: the records, and a network that does not let them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from pathlib import Path
from typing import Any

import pytest
from firmware_sim import added, announce
from firmware_sim.device import View
from firmware_sim.physics.world import Setup, World
from zeroconf import NonUniqueNameException

SPEAK = {
    "shelly_plug": {"_http._tcp.local.": {"gen": "2"}, "_shelly._tcp.local.": {"gen": "2", "app": "PlusPlugS"}},
    "shelly_3em": {"_http._tcp.local.": {"gen": "2"}, "_shelly._tcp.local.": {"gen": "2", "app": "Pro3EM"}},
    "shelly_relay": {"_http._tcp.local.": {"id": "shelly1pm-C45BBE6A1B2C", "arch": "esp8266"}},
    "homewizard": {"_hwenergy._tcp.local.": {"serial": "3c39e7aabbcc", "path": "/api/v1", "product_type": "HWE-P1"}},
    "goe": {"_http._tcp.local.": {}},
    "fronius": {"_Fronius-SE-Inverter._tcp.local.": {"Systemname": "Symo GEN24 10.0"}},
    "opendtu": {"_http._tcp.local.": {}, "_opendtu._tcp.local.": {"git_hash": "v24.10.15"}},
    "enphase": {"_enphase-envoy._tcp.local.": {"serialnum": "122041077756"}},
    "peblar": {"_http._tcp.local.": {"sn": "24-01-ABC-DEF"}},
}
"""by device: kind of service -> some of its texts"""
MUTE = {"goodwe", "powerwall", "solax", *added.METERS}


def parts(tmp_path: Path, *names: str) -> list[added.Part]:
    view = View(World(Setup(1_750_000_000_000, added=frozenset(names))).snapshot())
    return added.build(names, view, tmp_path)


def test_all_devices_are_here() -> None:
    assert set(SPEAK) | MUTE == set(added.NAMES)


@pytest.mark.parametrize("name", SPEAK)
def test_each_says_what_real_ones_say(tmp_path: Path, name: str) -> None:
    records = [announce.info(*service) for service in added.services(parts(tmp_path, name))]
    assert {record.type for record in records} == set(SPEAK[name])
    for record in records:
        assert SPEAK[name][record.type].items() <= record.decoded_properties.items()
        assert record.parsed_addresses() == ["127.0.0.1"] and record.name.endswith(f".{record.type}")


def test_the_others_have_to_be_known_by_their_address(tmp_path: Path) -> None:
    assert added.services(parts(tmp_path, *MUTE)) == []


@pytest.mark.parametrize(
    "error", [OSError(98, "Address already in use"), RuntimeError("no network"), NonUniqueNameException()]
)
def test_where_it_cannot_speak_it_tries_again_and_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path, error: Exception
) -> None:
    caplog.set_level(logging.INFO, "firmware_sim.announce")
    one = announce.Announcer(added.services(parts(tmp_path, "goe")), retry_s=0)
    tries = 0

    async def main() -> None:
        enough = asyncio.Event()

        def fails(**_: Any) -> None:
            nonlocal tries
            tries += 1
            if tries == 3:
                enough.set()
            raise error

        monkeypatch.setattr(announce, "AsyncZeroconf", fails)
        task = asyncio.create_task(one.run())
        await enough.wait()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert one.off and len(caplog.records) == 1
