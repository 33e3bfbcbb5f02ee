"""What became of a command, asked afterwards: also of a slow device, and by a hub that has been started anew."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp

from gen.house import SampleHouse, running
from hub.model import Reason
from hub.model.journal import Entry


async def ask(house: SampleHouse, method: str, path: str, body: object = None) -> Any:
    headers = {"Authorization": f"Bearer {house.token}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        async with http.request(method, house.base + path, json=body) as answer:
            return answer.status, await answer.json(content_type=None)


def test_the_record_of_a_command_has_its_journal(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, seconds=2) as house:
            _, answer = await ask(house, "POST", "/commands", {"point": "plug_tv.on", "value": False, "id": "x"})
            status, record = await ask(house, "GET", "/commands/x")
            assert (status, {k: v for k, v in record.items() if k != "journal"}) == (200, answer)
            assert [(r["kind"], r["state"]) for r in record["journal"]] == [("request", ""), ("write", "confirmed")]
            assert record["journal"][1]["person"] == "owner"

    asyncio.run(main())


def test_a_hub_started_anew_still_knows_it(tmp_path: Path) -> None:
    async def main() -> None:
        wish = {"point": "plug_tv.on", "value": False, "id": "x"}
        async with running(tmp_path, seconds=2) as house:
            _, first = await ask(house, "POST", "/commands", wish)
            _, unnamed = await ask(house, "POST", "/commands", {"point": "plug_tv.on", "value": True})
        async with running(tmp_path, seconds=2) as house:
            assert (await ask(house, "POST", "/commands", wish))[1] == first
            status, record = await ask(house, "GET", f"/commands/{unnamed['id']}")
            assert (status, record["state"], record["asked"], record["applied"]) == (200, "confirmed", True, True)

    asyncio.run(main())


def test_what_a_slow_device_did_at_last_is_in_its_record(tmp_path: Path) -> None:
    """The journal alone tells it: a pending answer is brought up to date by the write that followed."""

    async def main() -> None:
        async with running(tmp_path, seconds=2) as house:
            row = Entry(house.clock.now(), "request", "plug_tv.on", "slow", asked=True, value=True, source="person")
            await house.state.journal.record(row)
            assert (await ask(house, "GET", "/commands/slow"))[0] == 404, "not answered yet"
            said = Entry(house.clock.now(), "write", "plug_tv.on", "slow", value=True, reason=Reason("device_ignored"),
                         state="refused", applied=False, ms=4000.0)  # fmt: skip
            await house.state.journal.record(said)
            _, record = await ask(house, "GET", "/commands/slow")
            assert (record["state"], record["applied"], record["ms"]) == ("refused", False, 4000.0)

    asyncio.run(main())
