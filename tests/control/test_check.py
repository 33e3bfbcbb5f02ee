"""What the Desk takes and what it refuses at once, and in which words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.control import Desk
from hub.control.check import allowed, coerce
from hub.model import CommandSpec, OutcomeState, Point, Reason, Value
from tests.control.test_desk import Bench, on_a_bench
from tests.house_kit import DictKeep


def checked(name: str, raw: Value, spec: CommandSpec) -> Value | Reason:
    point = Point.of("u", "dev", name, writable=True)
    value = coerce(point, raw)
    return value if isinstance(value, Reason) else allowed(point, spec, value) or value


SG_READY = CommandSpec("dev.sg_ready", 1, 4)


@pytest.mark.parametrize(
    ("name", "raw", "spec", "code"),
    [
        ("sg_ready", 0, SG_READY, "out_of_range"),
        ("sg_ready", 2.5, SG_READY, "between_steps"),
        ("sg_ready", 5, SG_READY, "out_of_range"),
        ("phases", 2, CommandSpec("dev.phases", 1, 3, step=2), "between_steps"),
        ("target_temperature", 0, CommandSpec("dev.target_temperature", 5, 30, 0.5), "out_of_range"),
        ("current_limit", 3, CommandSpec("dev.current_limit", 6, 32, 1), "out_of_range"),
        ("import_limit", 200_001, CommandSpec("dev.import_limit", low=0), "out_of_range"),
        ("export_limit", 5e9, CommandSpec("dev.export_limit", low=0), "out_of_range"),
        ("current_limit", "1_0", CommandSpec("dev.current_limit", 6, 32, 1), "bad_value"),
        ("current_limit", "١٠", CommandSpec("dev.current_limit", 6, 32, 1), "bad_value"),
        ("current_limit", "inf", CommandSpec("dev.current_limit", 6, 32, 1), "bad_value"),
        ("current_limit", "1e400", CommandSpec("dev.current_limit", 6, 32, 1), "bad_value"),
    ],
)
def test_what_cannot_be_as_asked_is_refused(name: str, raw: Value, spec: CommandSpec, code: str) -> None:
    found = checked(name, raw, spec)
    assert isinstance(found, Reason) and found.code == code


@pytest.mark.parametrize(
    ("name", "raw", "spec", "value"),
    [
        ("sg_ready", 3, SG_READY, 3.0),
        ("phases", 3, CommandSpec("dev.phases", 1, 3, step=2), 3.0),
        ("current_limit", 0, CommandSpec("dev.current_limit", 6, 32, 1), 0.0),
        ("power_limit", 0, CommandSpec("dev.power_limit", 1_380, 11_000), 0.0),
        ("current_limit", " 1.6e1 ", CommandSpec("dev.current_limit", 6, 32, 1), 16.0),
        ("target_temperature", 20.3, CommandSpec("dev.target_temperature", 5, 30, 0.5), 20.3),
        ("power_setpoint", -1_500, CommandSpec("dev.power_setpoint", -5_000, 5_000, 37), -1_500.0),
    ],
)
def test_none_of_what_flows_is_off_and_an_amount_between_two_steps_is_carried_out(
    name: str, raw: Value, spec: CommandSpec, value: float
) -> None:
    assert checked(name, raw, spec) == value


@pytest.mark.parametrize(
    ("spec", "raw", "ends"),
    [
        (CommandSpec("dev.import_limit", low=0), -1, {"low": 0, "high": 200_000.0}),
        (CommandSpec("dev.anything", low=0), -1, {"low": 0}),
        (CommandSpec("dev.anything", high=9), 10, {"high": 9}),
    ],
)
def test_a_range_without_an_end_tells_none(spec: CommandSpec, raw: float, ends: dict[str, float]) -> None:
    point = Point.of("u", "dev", "import_limit", writable=True)
    if spec.point.endswith("anything"):
        point = replace(point, quantity=replace(point.quantity, low=None, high=None))
    found = allowed(point, spec, raw)
    assert found == Reason("out_of_range", {"asked": raw, **ends})


def test_a_limit_that_no_point_can_hold_is_refused_and_the_one_before_stays_in_force() -> None:
    async def play(b: Bench) -> None:
        await b.ask("house.import_limit", 9_000)
        answer = await b.ask("house.import_limit", 200_001)
        assert (answer.state, answer.reason.code) == (OutcomeState.REFUSED, "out_of_range")
        assert b.board.read("house.import_limit").value == 9_000

    on_a_bench(play)


def test_a_limit_that_cannot_be_read_back_is_not_confirmed_and_does_not_stay() -> None:
    async def play(b: Bench) -> None:
        b.desk.on_request = lambda: None
        answer = await b.ask("house.import_limit", 9_000)
        assert (answer.state, answer.applied, answer.reason.code) == (OutcomeState.REFUSED, None, "not_in_force")
        assert b.desk.requests(b.clock.now()) == () and not b.keep.leases

    on_a_bench(play)


def test_the_column_takes_nothing_that_the_board_calls_invalid() -> None:
    async def play(b: Bench) -> None:
        await b.ask("house.import_limit", 9_000)
        b.heart.beat()
        assert b.columns[-1].values["house.import_limit"] == 9_000
        (lease,) = b.desk.leases.active(b.clock.now())
        b.desk.leases.take(replace(lease, id="huge", value=5e9))
        b.heart.beat()
        assert b.board.read("house.import_limit").value is None
        assert "house.import_limit" not in b.columns[-1].values

    on_a_bench(play)


@pytest.mark.parametrize(
    ("point", "first", "again", "other"),
    [
        ("plug.on", "on", True, "off"),
        ("plug.on", True, "ON", 0),
        ("wallbox.current_limit", "10", 10, "11"),
        ("house.import_limit", "9000", "9000.0", "9001"),
    ],
)
def test_the_same_wish_in_other_words_gets_the_first_answer_after_a_restart_too(
    point: str, first: Value, again: Value, other: Value
) -> None:
    async def play(b: Bench) -> None:
        answer = await b.ask(point, first, id_="a1")
        restarted = Desk(b.board, b.clock, b.journal, b.dispatcher, b.keep)
        writes = len(b.driver.written)
        for desk in (b.desk, restarted):
            for raw in (first, again):
                assert await desk.ask(point, raw, person="owner", id_="a1") == answer
            with pytest.raises(Exception, match="was used to set"):
                await desk.ask(point, other, person="owner", id_="a1")
        assert len(b.driver.written) == writes
        assert isinstance(b.keep, DictKeep) and "a1" in b.keep.answers

    on_a_bench(play)
