"""The OCPP driver against the `ocpp` package's chargers, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from ocpp.v16 import call, call_result
from websockets.exceptions import InvalidStatus

from drivers.ocpp.driver import strangers
from hub.errors import NoAnswer, Refused
from hub.live import Board
from hub.model import LinkState, SystemClock
from tests.drivers_ocpp.kit import Hub, Wallbox16, plugged, spec
from tests.drivers_ocpp.kit2 import plugged2


async def test_a_session_from_boot_to_stop() -> None:
    async with Hub(spec()) as hub, plugged(hub) as box:
        await box.boot()
        await box.tell("Available")
        await hub.sink.shows("wallbox.status", "no_vehicle")
        assert hub.sink.values["wallbox.connected"] is False
        await hub.sink.shows("wallbox.current_limit", 32)
        await box.tell("Preparing")
        await hub.sink.shows("wallbox.connected", True)
        started = await box.start()
        await box.tell("Charging")
        await box.meter()
        await hub.sink.shows("wallbox.power", 16 * 230 * 3)
        assert hub.sink.values["wallbox.energy"] == 1_000_000
        await hub.set("wallbox.current_limit", 10)
        assert hub.sink.values["wallbox.current_limit"] == 10
        box.energy += 500
        await box.meter()
        await hub.sink.shows("wallbox.power", 10 * 230 * 3)
        await hub.sink.shows("wallbox.session_energy", 500)
        assert hub.sink.values["wallbox.current_l3"] == 10 and hub.sink.values["wallbox.voltage_l2"] == 230.1
        await hub.set("wallbox.current_limit", 0)
        await box.meter()
        await hub.sink.shows("wallbox.power", 0)
        await box.stop()
        await box.tell("Finishing")
        await hub.sink.shows("wallbox.status", "idle")
        assert hub.sink.values["wallbox.energy"] == 1_000_500 and started > 0
        device = hub.sink.devices["wallbox"]
        assert (device.vendor, device.model, device.serial, device.firmware) == ("Acme", "Box 11", "S1", "1.2")
        limit = device.command("wallbox.current_limit")
        assert limit and (limit.low, limit.high, limit.heartbeat_s) == (6, 32, 0)


async def test_a_charger_is_set_up_to_meter_often() -> None:
    async with Hub(spec()) as hub, plugged(hub) as box:
        await box.boot()
        await hub.sink.shows("wallbox.current_limit", 32)
        assert box.config["MeterValueSampleInterval"] == "10"
        assert "Power.Active.Import" in box.config["MeterValuesSampledData"]
        assert box.config["HeartbeatInterval"] == "60"


async def test_a_charging_car_is_asked_for_fresh_values() -> None:
    async with Hub(spec()) as hub, plugged(hub) as box:
        await box.boot()
        await box.start()
        await box.tell("Charging")
        await hub.sink.shows("wallbox.current_limit", 32)
        await hub.sink.until(lambda: box.wanted.count("MeterValues") >= 4)


async def test_a_limit_is_a_profile_of_the_highest_level() -> None:
    async with Hub(spec(watchdog_s=60, safe_a=8)) as hub, plugged(hub) as box:
        await box.boot()
        await hub.sink.shows("wallbox.current_limit", 32)
        await hub.set("wallbox.current_limit", 12.5)
        profile = box.profiles[-1]
        assert (profile["stack_level"], profile["charging_profile_purpose"]) == (8, "TxDefaultProfile")
        now_and_then = profile["charging_schedule"]["charging_schedule_period"]
        assert [(p["start_period"], float(p["limit"])) for p in now_and_then] == [(0, 12.5), (120, 8)]
        limit = hub.sink.devices["wallbox"].command("wallbox.current_limit")
        assert limit and limit.heartbeat_s == 60


async def test_what_a_charger_holds_is_told_by_itself() -> None:
    """It takes the profile and goes on at what its installer allows."""

    async with Hub(spec()) as hub, plugged(hub) as box:
        await box.boot()
        await hub.sink.shows("wallbox.current_limit", 32)
        taken = box._profile

        def capped(**given: Any) -> Any:
            answer = taken(**given)
            box.limit = min(box.limit, 13.0)
            return answer

        box.route_map["SetChargingProfile"]["_on_action"] = capped
        await hub.set("wallbox.current_limit", 16)
        assert hub.sink.values["wallbox.current_limit"] == 13


async def test_its_word_counts_when_it_tells_no_schedule() -> None:
    async with Hub(spec()) as hub, plugged(hub) as box:
        box.composite = False
        await box.boot()
        await box.tell("Available")
        await hub.sink.until(lambda: "wallbox.status" in hub.sink.values)
        assert "wallbox.current_limit" not in hub.sink.values
        await ready(hub)
        await hub.set("wallbox.current_limit", 9)
        assert hub.sink.values["wallbox.current_limit"] == 9


async def ready(hub: Hub, device: str = "wallbox") -> None:
    station = hub.driver._stations[f"CP-{device}"]
    await hub.sink.until(lambda: station._setting is not None)


@pytest.mark.parametrize("value", [3, 33, "much", 5.9, -1])
async def test_an_impossible_limit_is_refused(value: Any) -> None:
    async with Hub(spec()) as hub, plugged(hub) as box:
        await box.boot()
        await ready(hub)
        with pytest.raises(Refused):
            await hub.set("wallbox.current_limit", value)
        with pytest.raises(Refused):
            await hub.set("wallbox.phases", 1)
        assert not box.profiles


async def test_phases_are_switched_where_the_charger_can() -> None:
    async with Hub(spec()) as hub, plugged(hub) as box:
        box.config["ConnectorSwitch3to1PhaseSupported"] = "true"
        await box.boot()
        await box.start()
        await ready(hub)
        await hub.set("wallbox.current_limit", 10)
        await hub.set("wallbox.phases", 1)
        assert box.phases == 1 and hub.sink.values["wallbox.phases"] == 1
        await box.meter()
        await hub.sink.shows("wallbox.power", 10 * 230)
        with pytest.raises(Refused):
            await hub.set("wallbox.phases", 2)


async def test_a_charger_that_takes_power_only_gets_watts() -> None:
    async with Hub(spec()) as hub, plugged(hub) as box:
        box.config["ChargingScheduleAllowedChargingRateUnit"] = "Power"
        await box.boot()
        await ready(hub)
        await hub.set("wallbox.current_limit", 10)
        schedule = box.profiles[-1]["charging_schedule"]
        assert schedule["charging_rate_unit"] == "W" and box.limit == 6900
        assert hub.sink.values["wallbox.current_limit"] == 10


async def test_a_refusal_carries_the_chargers_own_word() -> None:
    async with Hub(spec()) as hub, plugged(hub) as box:
        await box.boot()
        await ready(hub)
        box.route_map["SetChargingProfile"]["_on_action"] = lambda **_: _rejected()
        with pytest.raises(Refused, match="Rejected"):
            await hub.set("wallbox.current_limit", 10)
        del box.route_map["SetChargingProfile"]
        assert hub.sink.values["wallbox.current_limit"] == 32


def _rejected() -> Any:
    return call_result.SetChargingProfile("Rejected")


async def test_without_smart_charging_it_is_started_and_stopped() -> None:
    async with Hub(spec(max_a=16, tags=["OWNER"])) as hub, plugged(hub) as box:
        box.config["SupportedFeatureProfiles"] = "Core,RemoteTrigger"
        await box.boot()
        await box.tell("Preparing")
        await ready(hub)
        limit = hub.sink.devices["wallbox"].command("wallbox.current_limit")
        assert limit and (limit.low, limit.high) == (16, 16)
        await hub.set("wallbox.current_limit", 16)
        assert box.wanted[-1] == "start" and hub.sink.values["wallbox.current_limit"] == 16
        await box.start("owner")
        await hub.set("wallbox.current_limit", 0)
        assert box.wanted[-1] == "stop" and hub.sink.values["wallbox.current_limit"] == 0


async def test_profiles_that_turn_out_unknown_leave_starting_and_stopping() -> None:
    async with Hub(spec()) as hub, plugged(hub) as box:
        await box.boot()
        await box.tell("Charging")
        await box.start()
        await ready(hub)
        del box.route_map["SetChargingProfile"]  # the package answers NotImplemented
        await hub.set("wallbox.current_limit", 0)
        assert box.wanted[-1] == "stop"
        limit = hub.sink.devices["wallbox"].command("wallbox.current_limit")
        assert limit and limit.low == 32


async def test_a_car_that_waits_is_started_when_the_owner_wants_it_so() -> None:
    async with Hub(spec(remote_start=True)) as hub, plugged(hub) as box:
        await box.boot()
        await box.tell("Preparing")
        await hub.sink.until(lambda: "start" in box.wanted)
        assert box.wanted.count("start") == 1


async def test_only_the_owners_tags_may_charge() -> None:
    async with Hub(spec(tags=["Owner", "GUEST"])) as hub, plugged(hub) as box:
        await box.boot()
        known = await box.call(call.Authorize(id_tag="OWNER"))
        foreign = await box.call(call.Authorize(id_tag="thief"))
        assert (known.id_tag_info["status"], foreign.id_tag_info["status"]) == ("Accepted", "Invalid")
        data = await box.call(call.DataTransfer(vendor_id="Acme", message_id="x"))
        assert data.status == "UnknownVendorId"


async def test_twenty_chargers_at_once(record_property: Callable[[str, object], None]) -> None:
    names = [f"box{n}" for n in range(20)]

    async with Hub(*(spec(name) for name in names)) as hub, contextlib.AsyncExitStack() as garage:
        boxes = [await garage.enter_async_context(plugged(hub, name)) for name in names]
        await asyncio.gather(*(box.boot() for box in boxes))
        numbers = await asyncio.gather(*(box.start() for box in boxes))
        await asyncio.gather(*(ready(hub, name) for name in names))
        await asyncio.gather(*(hub.set(f"{n}.current_limit", 6 + i % 10) for i, n in enumerate(names)))
        for i, box in enumerate(boxes):
            box.energy += 100 * i
        await asyncio.gather(*(box.meter() for box in boxes))
        assert len(set(numbers)) == 20
        for i, name in enumerate(names):
            assert hub.sink.values[f"{name}.current_limit"] == 6 + i % 10
            assert hub.sink.values[f"{name}.power"] == (6 + i % 10) * 690
            assert hub.sink.values[f"{name}.session_energy"] == 100 * i
        record_property("stations", len(boxes))


async def test_twenty_of_both_versions_do_not_wait_for_one_another() -> None:
    """Two of them answer no profile until all others have been set, have charged and have ended their sessions."""
    old, new = [f"old{n}" for n in range(10)], [f"new{n}" for n in range(10)]
    stuck, done = ("old3", "new7"), asyncio.Event()

    async with Hub(*(spec(name) for name in (*old, *new))) as hub, contextlib.AsyncExitStack() as garage:
        boxes = {name: await garage.enter_async_context(plugged(hub, name)) for name in old}
        boxes |= {name: await garage.enter_async_context(plugged2(hub, "v201", name)) for name in new}
        for name in stuck:
            boxes[name].route_map["SetChargingProfile"]["_on_action"] = _held(boxes[name]._profile, done)
        await asyncio.gather(*(box.boot() for box in boxes.values()))
        await asyncio.gather(*(_charges(box) for box in boxes.values()))
        await asyncio.gather(*(ready(hub, name) for name in boxes))
        waiting = [asyncio.create_task(hub.set(f"{name}.current_limit", 7)) for name in stuck]
        free = {name: 6 + n % 10 for n, name in enumerate(boxes) if name not in stuck}
        await asyncio.gather(*(hub.set(f"{name}.current_limit", amps) for name, amps in free.items()))
        await asyncio.gather(*(_goes_on(boxes[name], 100 * amps) for name, amps in free.items()))
        for name, amps in free.items():
            assert boxes[name].limit == hub.sink.values[f"{name}.current_limit"] == amps
            assert hub.sink.values[f"{name}.power"] == amps * 690
            assert hub.sink.values[f"{name}.session_energy"] == 100 * amps
        await asyncio.gather(*(_ends(boxes[name]) for name in free))
        assert all(hub.driver._outlets[name].transaction == "" for name in free)
        assert not any(task.done() for task in waiting)
        done.set()
        await asyncio.gather(*waiting)
        assert [boxes[name].limit for name in stuck] == [7, 7]
        assert len({hub.session(name)["transaction"] for name in old}) == 10


def _held(answer: Any, until: asyncio.Event) -> Any:
    async def later(**asked: Any) -> Any:
        await until.wait()
        return answer(**asked)

    return later


async def _charges(box: Any) -> None:
    if isinstance(box, Wallbox16):
        await box.start()
    else:
        box.transaction = f"of {box.id}"
        await box.event("Started", "Charging")


async def _goes_on(box: Any, more: float) -> None:
    box.energy += more
    await (box.meter() if isinstance(box, Wallbox16) else box.event("Updated", "Charging"))


async def _ends(box: Any) -> None:
    await (box.stop() if isinstance(box, Wallbox16) else box.event("Ended", "EVConnected"))


async def test_a_pulled_cable_is_one_loss_and_one_return() -> None:
    async with Hub(spec()) as hub:
        async with plugged(hub) as box:
            await box.boot()
            number = await box.start()
            await ready(hub)
            await hub.set("wallbox.current_limit", 10)
            box.wire.cut()
            await hub.sink.until(lambda: hub.sink.last("wallbox") == "lost")
            with pytest.raises(NoAnswer):
                await hub.set("wallbox.current_limit", 11)
        async with plugged(hub) as again:  # no boot: only its line was cut
            again.transaction, again.energy, again.status = number, box.energy + 250, "Charging"
            await hub.sink.until(lambda: hub.sink.last("wallbox") == "seen")
            await hub.sink.shows("wallbox.session_energy", 250)
            await hub.sink.shows("wallbox.status", "charging")
            assert hub.sink.devices["wallbox"].model == "Box 11"
        await hub.sink.until(lambda: hub.sink.last("wallbox") == "lost")
        assert [e for e, _ in hub.sink.events] == ["seen", "lost", "seen", "lost"]


async def test_a_silent_charger_is_lost_and_a_talking_one_found() -> None:
    """Its TCP connection stands, but nothing comes: no pong, no message."""

    async with Hub(spec()) as hub, plugged(hub) as box:
        await box.boot()
        await ready(hub)
        box.wire._socket.transport.pause_reading()
        await hub.sink.until(lambda: hub.sink.last("wallbox") == "lost")
        box.wire._socket.transport.resume_reading()
        await hub.sink.until(lambda: hub.sink.last("wallbox") == "seen")


async def test_a_restarted_hub_takes_over_the_running_transaction() -> None:
    """Energy is the charger's own register: nothing is lost while the hub was away, and nothing is counted twice."""

    async with Hub(spec()) as first, plugged(first) as box:
        await box.boot()
        number = await box.start()
        box.energy += 1_000
        await box.meter()
        await first.sink.shows("wallbox.session_energy", 1_000)
    async with Hub(spec()) as second:
        async with plugged(second) as again:
            again.transaction, again.energy, again.status = number, box.energy + 700, "Charging"
            await second.sink.shows("wallbox.energy", 1_001_700)
            assert second.driver._outlets["wallbox"].transaction == str(number)
            assert "wallbox.session_energy" not in second.sink.values  # its start is not known to this hub
            await again.stop()
            assert second.driver._outlets["wallbox"].transaction == ""
            newer = await again.start()
            assert newer > number
        energies = [m.value for m in second.sink.history if m.point == "wallbox.energy"]
        assert energies == sorted(energies) and set(energies) == {1_001_700}


async def test_what_was_queued_offline_is_answered_in_order_and_never_turns_the_counter_back() -> None:
    async with Hub(spec()) as hub, plugged(hub) as box:
        box.status = "Charging"
        await box.boot()
        box.energy = 5_000
        await box.meter()
        queued = call.StartTransaction(connector_id=1, id_tag="T", meter_start=3_000, timestamp="2024-05-01T10:00:00Z")
        first = await box.call(queued)
        again = await box.call(queued)
        assert first.transaction_id == again.transaction_id
        for _ in range(2):
            stopped = await box.call(
                call.StopTransaction(
                    meter_stop=4_000, timestamp="2024-05-01T11:00:00Z", transaction_id=first.transaction_id
                )
            )
            assert stopped is not None
        running = await box.start()
        late = call.StopTransaction(
            meter_stop=4_000, timestamp="2024-05-01T11:00:00Z", transaction_id=first.transaction_id
        )
        await box.call(late)
        assert hub.driver._outlets["wallbox"].transaction == str(running)
        energies = [m.value for m in hub.sink.history if m.point == "wallbox.energy"]
        assert energies and set(energies) == {5_000}


async def test_two_connectors_of_one_charger() -> None:
    left, right = spec("left", charge_point="CP-left"), spec("right", charge_point="CP-left", connector=2)
    async with Hub(left, right) as hub, plugged(hub, "left") as box:
        await box.boot()
        await box.call(call.StatusNotification(connector_id=2, error_code="NoError", status="Charging"))
        await box.call(call.StatusNotification(connector_id=1, error_code="NoError", status="Available"))
        await box.call(call.StatusNotification(connector_id=0, error_code="NoError", status="Faulted"))
        await hub.sink.shows("right.status", "charging")
        await hub.sink.shows("left.status", "no_vehicle")


async def test_a_stranger_is_remembered() -> None:
    async with Hub(spec()) as hub:
        async with plugged(hub) as box:
            await box.boot()
            with pytest.raises(InvalidStatus, match="404"):
                async with plugged(hub, "other"):
                    pass
        found = [s for s in strangers() if s.identity == "CP-other"]
        assert found and found[0].address == "127.0.0.1" and found[0].first <= found[0].last


SAID: list[Any] = [
    call.Heartbeat(),
    call.FirmwareStatusNotification("Downloaded"),
    call.DiagnosticsStatusNotification("Uploaded"),
    call.DataTransfer("Acme", "anything", "data"),
    call.SecurityEventNotification("StartupOfTheDevice", "2024-01-01T00:00:00Z", ""),
    call.LogStatusNotification("Uploaded", 1),
    call.SignedFirmwareStatusNotification("Installed", 1),
    call.SignCertificate("csr"),
]


@pytest.mark.parametrize("message", SAID, ids=lambda m: type(m).__name__)
async def test_what_a_charger_may_say_is_answered(message: Any) -> None:
    async with Hub(spec()) as hub, plugged(hub) as box:
        await box.call(message, suppress=False)
        assert any(frame[0] == 3 for frame in box.wire.got)


async def test_an_endless_transaction_number_harms_nobody() -> None:
    """Python itself refuses to make a number of more than 4300 digits."""
    async with Hub(spec()) as hub, plugged(hub) as box:
        await box.boot()
        await hub.sink.shows("wallbox.current_limit", 32)
        payload = {"connectorId": 1, "transactionId": "9" * 5000, "meterValue": []}
        await box.wire.send(json.dumps([2, "endless", "MeterValues", payload]))
        await hub.sink.until(lambda: any(frame[1] == "endless" for frame in box.wire.got))
        await box.tell("Preparing")
        await hub.sink.shows("wallbox.connected", True)


async def test_the_boards_points_are_those_of_the_driver() -> None:
    """The hub's own Board refuses a measurement of a point that it has not been told of."""
    hub = Hub(spec())
    board = Board(SystemClock())
    for device in hub.driver.devices:
        board.expect(device)
    hub.sink = board  # type: ignore[assignment]
    task = asyncio.create_task(hub.driver.run(board))
    while not hub.driver.port:
        await asyncio.sleep(0.01)
    async with plugged(hub) as box:
        await box.boot()
        await box.tell("Preparing")
        await box.start()
        await box.tell("Charging")
        await box.meter()
        assert board.read("wallbox.power").value == 16 * 690
        assert board.read("wallbox.voltage_l3").value == 230.1
        assert board.read("wallbox.status").value == "charging"
        assert board.links["wallbox"].state is LinkState.UP
    while board.links["wallbox"].state is not LinkState.LOST:
        await asyncio.sleep(0.01)
    assert board.read("wallbox.energy").value is None
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
