"""Model 715: the controller's heartbeat, local control, and a device whose own heart has stopped."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.sunspec import heart
from drivers.sunspec.chain import Place
from drivers.sunspec.heart import STILL_S, Heart
from drivers.sunspec.layout import Values
from hub.errors import Refused
from hub.model import Driver
from tests.drivers_sunspec.conftest import hybrid
from tests.drivers_sunspec.kit import FakeSink, Peer, chain_of, command
from tests.drivers_sunspec.test_unit import HYBRID, SET, made, run

M715 = {"ID": 715, "LocRemCtl": 0, "DERHb": 5, "ControllerHb": 40, "AlarmReset": 0, "OpCtl": 1}
LOC, OWN, CONTROLLER = 2, 3, 5
"""where LocRemCtl, DERHb and ControllerHb lie in model 715, as published"""


def control(**said: Any) -> tuple[Place, Values]:
    return next(iter(chain_of({**M715, **said}).items()))


def beaten(count: int) -> int:
    return Heart(*control(ControllerHb=count), 0.0).beat()[1][1]


# -- what it says ----------------------------------------------------------------------------------------------------


def test_the_count_goes_on_from_what_the_device_showed_at_first() -> None:
    place, values = control()
    mine = Heart(place, values, 0.0)
    assert [mine.beat() for _ in range(2)] == [
        (place.address + CONTROLLER, (0, 41)),
        (place.address + CONTROLLER, (0, 42)),
    ]
    mine.hear(control(ControllerHb=0)[1], 1.0)
    assert mine.beat()[1] == (0, 43), "whatever it shows of it"


def test_the_count_begins_anew_before_the_mark_of_what_is_not_implemented() -> None:
    assert (beaten(0), beaten(0xFFFF_FFFD), beaten(0xFFFF_FFFE)) == (1, 0xFFFE, 0)


@pytest.mark.parametrize(("count", "beats"), [(None, False), (0, True)])
def test_a_device_that_does_not_watch_its_controller_hears_nothing(count: int | None, beats: bool) -> None:
    assert Heart(*control(ControllerHb=count), 0.0).beats is beats


@pytest.mark.parametrize(("mode", "local"), [(0, False), (1, True), (None, False)])
def test_local_control(mode: int | None, local: bool) -> None:
    assert Heart(*control(LocRemCtl=mode), 0.0).local is local


def test_a_heart_has_stopped_only_when_it_was_seen_to_beat() -> None:
    place, values = control()
    mine = Heart(place, values, 0.0)
    mine.hear(values, 100.0)
    assert not mine.still
    for n in range(5):
        mine.hear(control(DERHb=6 + n)[1], 101.0 + n)
    last = control(DERHb=10)[1]
    mine.hear(last, 105.0 + STILL_S)
    assert not mine.still
    mine.hear(last, 105.1 + STILL_S)
    assert mine.still
    mine.hear(control(DERHb=0)[1], 200.0)
    assert not mine.still


def test_a_heart_that_counts_seldom_has_not_stopped_in_between() -> None:
    place, values = control()
    mine = Heart(place, values, 0.0)
    for n in range(20):
        mine.hear(control(DERHb=6 + n)[1], 60.0 * n)
        mine.hear(control(DERHb=6 + n)[1], 60.0 * n + 59)
        assert not mine.still


# -- a unit that has it ----------------------------------------------------------------------------------------------

CHAIN = made(*HYBRID, M715)
AT = max(CHAIN) - 1 - 9
"""of model 715: before the end mark, 9 registers long"""
BEAT = AT + CONTROLLER


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heart, "BEAT_S", 0.05)
    monkeypatch.setattr(heart, "STILL_S", 1.0)
    monkeypatch.setattr(heart, "_LIVES", 1)


def beats(peer: Peer) -> list[int]:
    return [words[1] for address, words in peer.writes if address == BEAT]


def test_a_device_hears_the_controllers_heart_from_the_first_set_point_on(quick: None) -> None:
    async def scene(driver: Driver, sink: FakeSink, peer: Peer) -> None:
        await sink.until(lambda: SET in sink.values and len(sink.batches) > 5)
        assert peer.writes == []
        await driver.apply(command(SET, 900.0))
        assert [address == BEAT for address, _ in peer.writes[:2]] == [True, False], "the heartbeat comes first"
        await sink.until(lambda: len(beats(peer)) > 4)
        assert beats(peer)[:5] == [41, 42, 43, 44, 45]
        assert sink.value(SET) == 900

    run({1: dict(CHAIN)}, hybrid(0.05), scene)


def test_a_device_that_refuses_the_heartbeat_is_driven_without(quick: None) -> None:
    async def scene(driver: Driver, sink: FakeSink, peer: Peer) -> None:
        await sink.until(lambda: SET in sink.values)
        peer.locked = {BEAT}
        await driver.apply(command(SET, 900.0))
        assert sink.value(SET) == 900
        peer.locked = set()
        passes = len(sink.batches)
        await sink.until(lambda: len(sink.batches) > passes + 5)
        assert beats(peer) == []

    run({1: dict(CHAIN)}, hybrid(0.05), scene)


def test_under_local_control_it_takes_no_set_points(quick: None) -> None:
    async def scene(driver: Driver, sink: FakeSink, peer: Peer) -> None:
        await sink.until(lambda: SET in sink.values)
        with pytest.raises(Refused, match="under local control"):
            await driver.apply(command(SET, 900.0))
        assert peer.writes == []
        peer.units[1][AT + LOC] = 0
        await sink.until(lambda: peer.reads.count((1, AT, 9)) > 2)
        await driver.apply(command(SET, 900.0))

    run({1: CHAIN | {AT + LOC: 1}}, hybrid(0.05), scene)


def test_a_device_whose_heart_has_stopped_is_lost_though_its_gateway_answers(quick: None) -> None:
    async def scene(driver: Driver, sink: FakeSink, peer: Peer) -> None:
        await sink.until(lambda: SET in sink.values)
        peer.units[1][AT + OWN + 1] = 6
        await sink.until(lambda: ("lost", "battery") in sink.events)
        assert set(sink.reasons) == {"the device's own heartbeat stands still"}
        with pytest.raises(Refused, match="stands still"):
            await driver.apply(command(SET, 900.0))
        peer.units[1][AT + OWN + 1] = 7
        await sink.until(lambda: sink.events.count(("seen", "battery")) == 2)

    run({1: dict(CHAIN)}, hybrid(0.05), scene)
