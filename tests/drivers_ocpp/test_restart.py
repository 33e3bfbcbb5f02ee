"""Restarting a charger: asked for by a person, once, and its answer told as it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hub.control import Desk, Dispatcher, Heart
from hub.core import HOUSE
from hub.errors import NoAnswer, Refused
from hub.live import Board
from hub.model import Column, OutcomeState, SystemClock
from hub.model.site import ChargerControl, Site
from tests.drivers_ocpp.kit import Hub, plugged, spec
from tests.drivers_ocpp.kit2 import plugged2
from tests.house_kit import DictKeep, ListJournal

WORDS = [("1.6", "soft", "Soft"), ("1.6", "hard", "Hard")]
WORDS += [(v, how, word) for v in ("v201", "v21") for how, word in (("soft", "OnIdle"), ("hard", "Immediate"))]


def plug_in(hub: Hub, version: str) -> Any:
    return plugged(hub) if version == "1.6" else plugged2(hub, version)


@pytest.mark.parametrize(("version", "how", "word"), WORDS)
async def test_it_is_asked_in_the_versions_own_words(version: str, how: str, word: str) -> None:
    async with Hub(spec()) as hub, plug_in(hub, version) as box:
        await box.boot()
        await hub.set("wallbox.restart", how)
        assert box.resets == [word] and hub.sink.values["wallbox.restart"] == how
        command = hub.sink.devices["wallbox"].command("wallbox.restart")
        assert command and command.choices == ("soft", "hard")


async def test_a_charger_that_says_no_is_quoted() -> None:
    async with Hub(spec()) as hub, plugged2(hub, "v201") as box:
        await box.boot()
        box.reset_answer = ("Rejected", {"reason_code": "FwUpdateInProgress"})
        with pytest.raises(Refused, match="Rejected FwUpdateInProgress"):
            await hub.set("wallbox.restart", "hard")
        assert "wallbox.restart" not in hub.sink.values
        with pytest.raises(Refused, match="cannot be set"):
            await hub.set("wallbox.restart", "gently")
        assert box.resets == ["Immediate"]


async def test_one_that_restarts_later_has_not_restarted() -> None:
    async with Hub(spec()) as hub, plugged2(hub, "v201") as box:
        await box.boot()
        box.reset_answer = ("Scheduled", None)
        await hub.set("wallbox.restart", "soft")
        assert box.resets == ["OnIdle"] and "wallbox.restart" not in hub.sink.values
        told = {r.code: r.value for r in hub.driver.raw("wallbox")}
        assert told["ResetResponse.status"] == "Scheduled"


@pytest.mark.parametrize("version", ["1.6", "v201"])
async def test_while_a_car_charges_only_a_hard_one_is_sent(version: str) -> None:
    async with Hub(spec()) as hub, plug_in(hub, version) as box:
        box.status = "Charging"
        await box.boot()
        if version == "1.6":
            await box.start()
        else:
            box.transaction = "t"
            await box.event("Started", "Charging")
        with pytest.raises(Refused, match="a car is charging"):
            await hub.set("wallbox.restart", "soft")
        assert box.resets == []
        await hub.set("wallbox.restart", "hard")
        assert len(box.resets) == 1


async def test_the_other_socket_of_a_charger_counts_even_if_it_is_no_device() -> None:
    async with Hub(spec(connector=1)) as hub, plugged2(hub, "v201") as box:
        await box.boot()
        box.transaction = "of the other"
        await box.event("Started", "Charging", evse_id=2)
        with pytest.raises(Refused, match="a car is charging"):
            await hub.set("wallbox.restart", "soft")
        await box.event("Ended", "Idle", evse_id=2)
        await hub.set("wallbox.restart", "soft")
        assert box.resets == ["OnIdle"]


async def test_one_that_is_still_being_asked_what_it_can_is_restarted_first() -> None:
    """A charger that is slow to answer is what a person would restart."""
    asked = asyncio.Event()

    async with Hub(spec()) as hub, plugged(hub) as box:
        own = box._get

        async def slow(**_: Any) -> Any:
            await asked.wait()
            return own()

        box.route_map["GetConfiguration"]["_on_action"] = slow
        await box.boot()
        restart = asyncio.create_task(hub.set("wallbox.restart", "hard"))
        await hub.sink.until(lambda: bool(hub.driver._stations["CP-wallbox"]._exchange))
        asked.set()
        await restart
        actions = [frame[2] for frame in box.wire.got if frame[0] == 2]
        assert actions[:2] == ["GetConfiguration", "Reset"] and box.resets == ["Hard"]


async def test_the_loss_that_follows_is_told_as_what_it_is() -> None:
    async with Hub(spec()) as hub, plugged(hub) as box:
        await box.boot()
        await hub.set("wallbox.restart", "soft")
        box.wire.cut()
        await hub.sink.until(lambda: hub.sink.last("wallbox") == "lost")
        assert hub.sink.reasons == ["it restarts, as asked"]
        with pytest.raises(NoAnswer):
            await hub.set("wallbox.restart", "soft")


# -- through the one door ----------------------------------------------------------------------------------------------


class Room:
    """The hub's own Board, Desk and core in front of the driver."""

    def __init__(self, hub: Hub, tasks: asyncio.TaskGroup) -> None:
        clock = SystemClock()
        self.journal, self.keep, self.board = ListJournal(), DictKeep(), Board(clock)
        for device in (*hub.driver.devices, HOUSE):
            self.board.expect(device)
        self.board.seen(HOUSE)
        dispatcher = Dispatcher(self.board, clock, self.journal, tasks)
        dispatcher.attach(hub.driver)
        self.desk = Desk(self.board, clock, self.journal, dispatcher, self.keep)
        columns: list[Column] = []
        site = Site(chargers=(ChargerControl("wallbox", mode="off", blind_a=6.0),))
        self.heart = Heart(site, self.board, self.desk, dispatcher, clock, self.journal, columns.append)

    async def ask(self, how: str) -> Any:
        return await self.desk.ask("wallbox.restart", how, person="owner")


@asynccontextmanager
async def furnished() -> AsyncIterator[tuple[Room, Any]]:
    hub = Hub(spec())
    async with asyncio.TaskGroup() as tasks:
        room = Room(hub, tasks)
        hub.sink = room.board  # type: ignore[assignment]
        running = tasks.create_task(hub.driver.run(room.board))
        while not hub.driver.port:
            await asyncio.sleep(0.01)
        async with plugged(hub) as box:
            await box.boot()
            await ready_on(room)
            yield room, box
        running.cancel()


async def ready_on(room: Room) -> None:
    while room.board.read("wallbox.current_limit").value is None:
        await asyncio.sleep(0.01)
    room.heart.beat()


async def test_a_persons_wish_is_one_write_that_leaves_nothing_behind() -> None:
    async with furnished() as (room, box):
        answer = await room.ask("soft")
        assert (answer.state, answer.applied) == (OutcomeState.CONFIRMED, "soft")
        for _ in range(5):
            room.heart.beat()
            await asyncio.sleep(0)
        assert box.resets == ["Soft"] and not room.desk.leases.active(SystemClock().now()) and not room.keep.leases
        (write,) = [e for e in room.journal.of("write") if e.point == "wallbox.restart"]
        assert (write.person, write.value, write.state) == ("owner", "soft", "confirmed")


async def test_a_second_wish_restarts_a_second_time() -> None:
    async with furnished() as (room, box):
        assert (await room.ask("soft")).state is OutcomeState.CONFIRMED
        assert (await room.ask("soft")).state is OutcomeState.CONFIRMED
        assert box.resets == ["Soft", "Soft"]


async def test_a_refusal_is_not_tried_again() -> None:
    async with furnished() as (room, box):
        box.reset_answer = "Rejected"
        answer = await room.ask("hard")
        assert answer.state is OutcomeState.REFUSED
        assert answer.reason.numbers == {"detail": "the charger says: Rejected"}
        for _ in range(5):
            room.heart.beat()
            await asyncio.sleep(0)
        assert box.resets == ["Hard"]


async def test_no_answer_is_told_and_not_tried_again_when_it_is_back() -> None:
    async with furnished() as (room, box):
        box.wire.cut()
        while room.board.links["wallbox"].state.value != "lost":
            await asyncio.sleep(0.01)
        answer = await room.ask("hard")
        assert answer.state is OutcomeState.NO_ANSWER
        room.heart.beat()
        assert box.resets == [] and not room.desk.leases.active(SystemClock().now())
