"""The Desk against a device that obeys, refuses, ignores, or says nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from hub.control import Answer, Desk, Dispatcher, Heart, IdInUseError, Input
from hub.control.intents import IntentSink, with_intents
from hub.core import HOUSE
from hub.live import Board
from hub.model import Column, Command, CommandSpec, Measurement, OutcomeState, Relation, Request, Source
from hub.model.site import ChargerControl, Site
from tests.house_kit import DictKeep, FakeDriver, ListJournal, ToldClock, board_of, plug, points, wallbox


class Bench:
    """The control room on a table."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self.clock = ToldClock()
        self.journal = ListJournal()
        devices = [with_intents(plug()), with_intents(wallbox())]
        self.board: Board = board_of(self.clock, *devices)
        self.driver = FakeDriver(self.clock, devices)
        self.driver.start(IntentSink(self.board))
        self.dispatcher = Dispatcher(self.board, self.clock, self.journal, tasks)
        self.dispatcher.attach(self.driver)
        self.keep = DictKeep()
        self.desk = Desk(self.board, self.clock, self.journal, self.dispatcher, self.keep)
        self.columns: list[Column] = []
        site = Site(chargers=(ChargerControl("wallbox", mode="off", blind_a=6.0),))
        self.board.expect(HOUSE)
        self.board.seen(HOUSE)
        self.heart = Heart(site, self.board, self.desk, self.dispatcher, self.clock, self.journal, self.columns.append)
        self.heart.beat()

    async def ask(self, point: str, value: object, **more: object) -> Answer:
        return await self.desk.ask(point, value, person="owner", **more)  # type: ignore[arg-type]

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)


def on_a_bench(play: Callable[[Bench], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.TaskGroup() as tasks:
            bench = Bench(tasks)
            await bench.settle()
            await play(bench)

    asyncio.run(main())


def test_a_switch_is_confirmed_by_the_devices_own_reading() -> None:
    async def play(b: Bench) -> None:
        answer = await b.ask("plug.on", True)
        assert (answer.state, answer.applied, answer.reason.code) == (OutcomeState.CONFIRMED, True, "confirmed")
        assert b.driver.written[-1] == ("plug.on", True)

    on_a_bench(play)


@pytest.mark.parametrize(
    ("fault", "state", "code"),
    [
        ("silent", OutcomeState.NO_ANSWER, "no_answer"),
        ("refuse", OutcomeState.REFUSED, "device_refused"),
        ("ignore", OutcomeState.REFUSED, "device_ignored"),
        ("hang", OutcomeState.NO_ANSWER, "no_answer"),
        ("bug", OutcomeState.NO_ANSWER, "no_answer"),
    ],
)
def test_a_device_that_does_not_obey_is_never_confirmed(fault: str, state: OutcomeState, code: str) -> None:
    async def play(b: Bench) -> None:
        b.driver.fault = fault
        answer = await b.ask("plug.on", True)
        assert (answer.state, answer.reason.code) == (state, code)
        assert b.desk.requests(b.clock.now()) == (), "a failed wish is not carried out later by surprise"
        for task in asyncio.all_tasks():
            if task.get_name().startswith("write"):
                task.cancel()

    on_a_bench(play)


def test_a_device_that_is_slow_by_nature_is_pending_and_its_lease_stays() -> None:
    async def play(b: Bench) -> None:
        IntentSink(b.board).seen(wallbox(settle_ms=30_000))
        b.heart.beat()
        await b.settle()
        b.driver.fault = "ignore"
        answer = await b.ask("wallbox.current_limit", 6)
        assert (answer.state, answer.reason.code) == (OutcomeState.PENDING, "pending")
        assert [r.value for r in b.desk.requests(b.clock.now())] == [6.0]
        b.driver.show(wallbox__current_limit=6.0)
        await b.settle()
        assert b.journal.of("write")[-1].state == "confirmed"

    on_a_bench(play)


def test_the_latest_wish_counts_a_mode_ends_an_older_limit() -> None:
    async def play(b: Bench) -> None:
        b.driver.show(wallbox__power=0.0)
        assert (await b.ask("wallbox.current_limit", 6)).state is OutcomeState.CONFIRMED
        assert (await b.ask("wallbox.mode", "off")).state is OutcomeState.CONFIRMED
        await b.settle()
        assert b.driver.written[-1] == ("wallbox.current_limit", 0.0)
        assert b.desk.requests(b.clock.now()) == ()
        assert b.journal.of("request")[-1].reason.code == "mode_chosen"

    on_a_bench(play)


def test_a_set_point_that_the_device_forgets_is_renewed_until_its_end() -> None:
    async def play(b: Bench) -> None:
        limit = CommandSpec("plug.power_limit", 0, 3000, 1, settle_ms=80, heartbeat_s=4)
        device = replace(plug(), points=points("u1", "plug", "power_limit"), commands=(limit,))
        IntentSink(b.board).seen(device)
        assert (await b.ask("plug.power_limit", 2000, for_s=9)).state is OutcomeState.CONFIRMED
        for _ in range(12):
            b.clock.advance(1)
            b.heart.beat()
            await b.settle()
        assert b.driver.written.count(("plug.power_limit", 2000.0)) == 5, "at 0, 2, 4, 6 and 8 s"
        assert b.journal.of("request")[-1].reason.code == "lease_ended"

    on_a_bench(play)


def test_a_device_that_never_shows_what_it_was_told_is_believed_to_have_taken_it() -> None:
    """It is told again by its heartbeat only, and nobody is told that it confirmed."""

    async def play(b: Bench) -> None:
        limit = CommandSpec("plug.power_limit", 0, 3000, 1, settle_ms=80, heartbeat_s=20, shown=False)
        device = replace(plug(), points=points("u1", "plug", "power_limit"), commands=(limit,))
        IntentSink(b.board).seen(device)
        b.driver.fault = "mute"
        answer = await b.ask("plug.power_limit", 2000, for_s=60)
        assert (answer.state, answer.applied, answer.reason.code) == (OutcomeState.PENDING, None, "taken_not_shown")
        for _ in range(12):
            b.clock.advance(1)
            b.heart.beat()
            await b.settle()
        assert b.driver.written.count(("plug.power_limit", 2000.0)) == 2, "at 0 and 10 s"

    on_a_bench(play)


def test_what_is_on_its_way_is_not_sent_again_after_nobody_waits_for_it() -> None:
    """A device that is slower than the Desk waits: the beats in between queue nothing."""

    async def play(b: Bench) -> None:
        slow, apply = asyncio.Event(), b.driver.apply

        async def late(command: Command) -> None:
            await slow.wait()
            await apply(command)

        b.driver.apply = late  # type: ignore[method-assign]
        asked = asyncio.create_task(b.ask("plug.on", True))
        for _ in range(3):
            await b.settle()
            b.clock.advance(1)
            b.heart.beat()
        answer = await asked
        assert answer.state is OutcomeState.NO_ANSWER or answer.state is OutcomeState.PENDING
        b.heart.beat()
        slow.set()
        await b.settle()
        b.heart.beat()
        await b.settle()
        assert [v for p, v in b.driver.written if p == "plug.on"] == [True]

    on_a_bench(play)


def test_nothing_is_written_while_the_house_ends() -> None:
    async def main() -> int:
        async with asyncio.TaskGroup() as tasks:
            b = Bench(tasks)
            await b.settle()
        written, now = len(b.driver.written), b.clock.now()
        b.desk.leases.take(Request("r", "plug.on", Relation.SET, True, Source.PERSON, now, now + 60_000))
        b.heart.beat()
        await b.settle()
        return len(b.driver.written) - written

    assert asyncio.run(main()) == 0


def test_an_end_is_refused_where_nothing_would_happen_then() -> None:
    async def play(b: Bench) -> None:
        answer = await b.ask("plug.on", True, for_s=60)
        assert (answer.state, answer.reason.code) == (OutcomeState.REFUSED, "no_end_possible")

    on_a_bench(play)


def test_a_mode_for_some_time_goes_back_to_what_it_was() -> None:
    async def play(b: Bench) -> None:
        b.desk.resume({}, {"wallbox": "off"})
        assert (await b.ask("wallbox.mode", "fast", for_s=60)).state is OutcomeState.CONFIRMED
        assert b.board.read("wallbox.mode").value == "fast" and b.desk.intents["wallbox.mode"] == "off"
        await b.settle()
        assert b.driver.written[-1] == ("wallbox.current_limit", 6.0)  # blind: this house has no meter
        b.clock.advance(61)
        b.heart.beat()
        await b.settle()
        assert b.board.read("wallbox.mode").value == "off"
        assert b.driver.written[-1] == ("wallbox.current_limit", 0.0)

    on_a_bench(play)


def test_a_limit_of_the_house_is_asked_for_like_anything_else_and_has_an_end() -> None:
    async def play(b: Bench) -> None:
        answer = await b.ask("house.import_limit", 4200, for_s=900)
        assert (answer.state, answer.applied) == (OutcomeState.CONFIRMED, 4200)
        b.clock.advance(901)
        b.heart.beat()
        assert b.board.read("house.import_limit").value is None

    on_a_bench(play)


def test_a_wish_in_whose_place_another_came_does_not_come_back_after_a_restart() -> None:
    async def play(b: Bench) -> None:
        await b.ask("wallbox.mode", "fast", for_s=8 * 3600)
        await b.ask("wallbox.mode", "solar", for_s=60)
        await b.ask("house.import_limit", 9000, for_s=8 * 3600)
        await b.ask("house.import_limit", 4200, for_s=60)
        await b.ask("wallbox.current_limit", 16, for_s=8 * 3600)
        await b.ask("wallbox.current_limit", 10, for_s=60)
        assert sorted(str(r.value) for r in b.keep.leases.values()) == ["10.0", "4200.0", "solar"]

    on_a_bench(play)


@pytest.mark.parametrize("for_s", [None, 600.0])
def test_a_person_beats_a_schedule_for_a_plug_and_for_a_time(for_s: float | None) -> None:
    async def play(b: Bench) -> None:
        now = b.clock.now()
        b.desk.leases.take(Request("s", "plug.on", Relation.SET, True, Source.RULE, now, now + 86_400_000))
        b.heart.beat()
        await b.settle()
        assert (await b.ask("plug.on", False, for_s=for_s)).state is OutcomeState.CONFIRMED
        for _ in range(int(for_s or 3_600) - 1):
            b.clock.advance(1)
        b.heart.beat()
        await b.settle()
        switched = [v for p, v in b.driver.written if p == "plug.on"]
        assert switched == [True, False]
        assert [u.point for u in b.desk.latest.step.unmet] == ["plug.on"], "the schedule is told"  # type: ignore[union-attr]
        assert [r.value for r in b.keep.leases.values()] == [False], "a restart knows of it"
        b.clock.advance(2)
        b.heart.beat()
        await b.settle()
        assert b.driver.written[-1] == ("plug.on", True)

    on_a_bench(play)


def test_a_device_that_fell_back_by_itself_is_told_again_as_soon_as_it_is_back() -> None:
    async def play(b: Bench) -> None:
        await b.ask("wallbox.mode", "fast")
        await b.settle()
        b.board.lost("wallbox", "unplugged")
        b.clock.advance(1)
        b.board.seen(b.board.devices["wallbox"])
        b.driver.show(wallbox__current_limit=0.0)
        writes = len(b.driver.written)
        b.heart.beat()
        await b.settle()
        assert len(b.driver.written) == writes + 1 and b.desk.leases.active(b.clock.now()) == ()

    on_a_bench(play)


def test_an_id_belongs_to_one_command_and_its_answer_outlives_the_hub() -> None:
    async def play(b: Bench) -> None:
        first = await b.ask("plug.on", True, id_="a1")
        with pytest.raises(IdInUseError, match="was used to set"):
            await b.ask("wallbox.mode", "fast", id_="a1")
        again = Desk(b.board, b.clock, b.journal, b.dispatcher, b.keep)
        writes = len(b.driver.written)
        assert await again.ask("plug.on", True, person="owner", id_="a1") == first
        assert await again.answers.get("a1") == first
        assert len(b.driver.written) == writes
        with pytest.raises(IdInUseError):
            await again.ask("plug.on", False, person="owner", id_="a1")

    on_a_bench(play)


def test_a_write_says_whose_wish_it_was_and_by_which_way() -> None:
    async def play(b: Bench) -> None:
        await b.ask("plug.on", True, cause="mqtt")
        row = b.journal.of("write")[-1]
        assert (row.person, row.cause, row.asked) == ("owner", "mqtt", True)

    on_a_bench(play)


@pytest.mark.parametrize(
    ("point", "value", "code"),
    [
        ("plug.power", 3, "not_writable"),
        ("plug.on", "maybe", "bad_value"),
        ("wallbox.current_limit", 64, "out_of_range"),
        ("wallbox.current_limit", float("nan"), "bad_value"),
        ("wallbox.mode", "turbo", "bad_value"),
        ("plug.nothing", 1, "unknown_point"),
    ],
)
def test_a_wish_the_device_cannot_take_is_refused_with_the_reason(point: str, value: object, code: str) -> None:
    async def play(b: Bench) -> None:
        before = list(b.driver.written)
        answer = await b.ask(point, value)
        assert (answer.state, answer.reason.code) == (OutcomeState.REFUSED, code)
        assert b.driver.written == before
        assert b.journal.of("request")[-1].reason.code == code

    on_a_bench(play)


def test_the_same_id_gives_the_first_answer_and_no_second_write() -> None:
    async def play(b: Bench) -> None:
        first = await b.ask("plug.on", True, id_="x1")
        writes = len(b.driver.written)
        assert await b.ask("plug.on", True, id_="x1") == first
        assert len(b.driver.written) == writes

    on_a_bench(play)


def test_a_plain_switch_is_not_held_against_the_hand_on_the_device() -> None:
    async def play(b: Bench) -> None:
        await b.ask("plug.on", True)
        b.driver.show(plug__on=False)
        b.clock.advance(60)
        b.heart.beat()
        await b.settle()
        assert [w for w in b.driver.written if w[0] == "plug.on"] == [("plug.on", True)]

    on_a_bench(play)


def test_an_override_of_a_driven_point_ends_by_itself() -> None:
    async def play(b: Bench) -> None:
        answer = await b.ask("wallbox.current_limit", 6, for_s=120)
        assert (answer.state, answer.applied) == (OutcomeState.CONFIRMED, 6.0)
        b.clock.advance(121)
        b.heart.beat()
        await b.settle()
        assert b.driver.written[-1] == ("wallbox.current_limit", 0.0)
        assert [e.reason.code for e in b.journal.of("request")][-1] == "lease_ended"

    on_a_bench(play)


def test_a_mode_is_an_intent_that_the_core_turns_into_commands() -> None:
    async def play(b: Bench) -> None:
        answer = await b.ask("wallbox.mode", "fast")
        await b.settle()
        assert (answer.state, answer.applied) == (OutcomeState.CONFIRMED, "fast")
        assert b.board.read("wallbox.mode").value == "fast"
        write = b.journal.of("write")[-1]
        assert (write.point, write.reason.code, write.source) == (
            "wallbox.current_limit",
            "charge_fast",
            Source.DEFAULT,
        )

    on_a_bench(play)


def test_every_write_has_cause_inputs_and_the_devices_answer() -> None:
    async def play(b: Bench) -> None:
        await b.ask("plug.on", True)
        row = b.journal.of("write")[-1]
        assert (row.cause, row.state, row.applied, row.inputs) == ("person_asked", "confirmed", True, ())
        b.driver.show(wallbox__power=12.0)
        b.clock.advance(2)
        await b.ask("wallbox.mode", "fast")
        await b.settle()
        row = b.journal.of("write")[-1]
        assert (row.point, row.cause, row.value) == ("wallbox.current_limit", "charge_fast", 6.0)
        assert Input("wallbox.power", 12.0, 2000) in row.inputs
        assert [limit.code for limit in row.limits] == ["stale_input"], "there is no grid meter here"

    on_a_bench(play)


def test_the_column_holds_what_is_fresh_and_nothing_else() -> None:
    async def play(b: Bench) -> None:
        b.driver.show(plug__power=12.0, plug__on=True)
        b.heart.beat()
        assert b.columns[-1].values["plug.power"] == 12
        b.clock.advance(11)
        b.heart.beat()
        assert "plug.power" not in b.columns[-1].values
        assert b.columns[-1].values["plug.on"] == 1
        b.driver.show(plug__power=13.0)
        b.heart.beat()
        assert b.columns[-1].values["plug.power"] == 13
        b.driver.show(plug__power=1e9)
        b.heart.beat()
        assert "plug.power" not in b.columns[-1].values

    on_a_bench(play)


def test_what_came_late_is_not_fresh_and_what_comes_again_is() -> None:
    async def play(b: Bench) -> None:
        b.board.put([Measurement("plug.power", 12.0, b.clock.now() - 60_000)])
        assert "plug.power" not in b.board.freeze(b.clock.now())[0].values
        for seconds in range(30):
            b.board.put([Measurement("plug.power", float(seconds), b.clock.now())])
            b.clock.advance(1)
            assert b.board.freeze(b.clock.now())[1]["plug.power"] == seconds
        b.board.lost("plug", "gone")
        column, values = b.board.freeze(b.clock.now())
        assert "plug.power" not in column.values and "plug.power" not in values
        b.board.put([Measurement("plug.power", 1.0, b.clock.now())])
        assert b.board.freeze(b.clock.now())[1]["plug.power"] == 1.0

    on_a_bench(play)


def test_only_a_charger_that_tells_how_full_the_car_is_takes_a_target_of_it() -> None:
    async def play(b: Bench) -> None:
        refused = await b.ask("wallbox.target_soc", 80, for_s=7_200)
        assert refused.reason.code == "unknown_point"
        b.board.seen(with_intents(replace(wallbox(), points=(*wallbox().points, *points("u2", "wallbox", "soc")))))
        answer = await b.ask("wallbox.target_soc", 80, for_s=7_200)
        assert answer.state is OutcomeState.CONFIRMED
        assert b.board.read("wallbox.target_soc").value == 80.0
        too_full = await b.ask("wallbox.target_soc", 101, for_s=7_200)
        assert too_full.state is OutcomeState.REFUSED

    on_a_bench(play)


def test_a_target_may_begin_later_and_nothing_else() -> None:
    async def play(b: Bench) -> None:
        b.board.seen(with_intents(replace(plug(), points=points("u1", "plug", "on", "power", "energy"))))
        answer = await b.ask("plug.target_energy", 900, for_s=7_200, after_s=3_600)
        assert answer.state is OutcomeState.CONFIRMED
        (lease,) = b.desk.leases.active(b.clock.now())
        assert (lease.starts - b.clock.now(), lease.ends - b.clock.now()) == (3_600_000, 7_200_000)
        assert b.keep.leases[answer.id].starts == lease.starts, "a restart in between changes nothing"
        assert b.board.read("plug.target_energy").value in (None, 0.0)
        refused = await b.ask("plug.on", True, for_s=7_200, after_s=3_600)
        assert (refused.state, refused.reason.code) == (OutcomeState.REFUSED, "no_end_possible")
        mode = await b.ask("wallbox.mode", "fast", for_s=7_200, after_s=3_600)
        assert (mode.state, mode.reason.code) == (OutcomeState.REFUSED, "begins_at_once")

    on_a_bench(play)
