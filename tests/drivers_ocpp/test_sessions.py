"""A charging session from begin to end: over a restart of the hub, a cut line, and what real chargers get wrong."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ocpp.v16 import call

from drivers.ocpp.keep import Own
from hub.drivers import build
from hub.model import SystemClock
from tests.drivers_ocpp.kit import Hub, Wallbox16, dial, plugged, spec
from tests.drivers_ocpp.kit2 import plugged2

VERSIONS_2 = ("v201", "v21")


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


# -- a hub that is started anew --------------------------------------------------------------------------------------


async def test_a_restarted_hub_goes_on_with_the_session(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    async with Hub(spec(), folder=tmp_path) as first, plugged(first) as box:
        box.status = "Charging"
        await box.boot()
        number = await box.start("OWNER")
        box.energy += 1_000
        await box.meter()
        await first.sink.shows("wallbox.session_energy", 1_000)
    async with Hub(spec(), folder=tmp_path) as second:
        assert second.driver._outlets["wallbox"].transaction == str(number)
        async with plugged(second) as again:
            again.transaction, again.energy, again.status = number, box.energy + 700, "Charging"
            await again.meter()
            await second.sink.shows("wallbox.session_energy", 1_700)
            assert second.session()["tag"] == "OWNER" and second.session()["start_energy"] == 1_000_000
            again.energy += 300
            await again.stop()
            record_property("restart_off_wh", second.sink.values["wallbox.session_energy"] - 2_000)
            assert second.sink.values["wallbox.session_energy"] == 2_000
            assert second.session()["stopped_reason"] == "Local"
    async with Hub(spec(), folder=tmp_path) as third:
        assert third.driver._outlets["wallbox"].transaction == ""


@pytest.mark.parametrize("version", VERSIONS_2)
async def test_a_restarted_hub_goes_on_with_the_session_of_2(version: str, tmp_path: Path) -> None:
    async with Hub(spec(), folder=tmp_path) as first, plugged2(first, version) as box:
        box.transaction = "a/long-id"
        await box.event("Started", "EVConnected", id_token={"id_token": "OWNER", "type": "ISO14443"})
        began = first.session()["began"]
    async with Hub(spec(), folder=tmp_path) as second, plugged2(second, version) as again:
        again.transaction, again.energy, again.number = "a/long-id", box.energy + 2_500, 7
        await again.event("Updated", "Charging")
        await second.sink.shows("wallbox.session_energy", 2_500)
        assert (second.session()["tag"], second.session()["began"]) == ("OWNER", began)
        again.energy += 500
        await again.event("Ended", "EVConnected", info={"stopped_reason": "EVDisconnected"})
        assert second.sink.values["wallbox.session_energy"] == 3_000
        assert second.session()["stopped_reason"] == "EVDisconnected"


async def test_what_the_start_was_comes_from_transaction_begin_where_no_hub_has_kept_it() -> None:
    """OCPP 1.6 section 4.10: StopTransaction may carry the values of the transaction's begin and end."""
    begin, end = ({"context": f"Transaction.{w}", "unit": "Wh"} for w in ("Begin", "End"))
    async with Hub(spec()) as hub, raw(hub) as send:
        data = [
            {"timestamp": ago(hours=2), "sampledValue": [begin | {"value": "5000"}]},
            {"timestamp": ago(seconds=1), "sampledValue": [end | {"value": "12500"}]},
        ]
        stop = {"transactionId": 77, "meterStop": 12_500, "timestamp": ago(seconds=1), "transactionData": data}
        await send("StopTransaction", stop)
        await hub.sink.shows("wallbox.session_energy", 7_500)


async def test_a_file_that_is_damaged_costs_the_start_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "CP-wallbox.json").write_text('{"5": {"connector": 1, "start_wh"')
    async with Hub(spec(), folder=tmp_path) as hub, plugged(hub) as box:
        await box.boot()
        await box.start()
        await box.meter()
        await hub.sink.shows("wallbox.session_energy", 0)
    kept = json.loads((tmp_path / "CP-wallbox.json").read_text())
    assert [s["start_wh"] for s in kept.values()] == [1_000_000]


async def test_a_disk_that_takes_nothing_costs_no_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with Hub(spec(), folder=tmp_path / "file" / "below") as hub, plugged(hub) as box:
        await box.boot()
        await box.start()
        await box.meter()
        await hub.sink.shows("wallbox.session_energy", 0)


async def test_a_session_is_written_at_its_begin_and_end_only(tmp_path: Path) -> None:
    """Chargers meter every few seconds, and the card of a hub wears."""
    file = tmp_path / "CP-wallbox.json"
    async with Hub(spec(), folder=tmp_path) as hub, plugged(hub) as box:
        box.status = "Preparing"
        await box.boot()
        await box.tell("Preparing")
        await box.meter()
        assert not file.exists()
        await box.start()
        await box.tell("Charging")
        written = file.stat().st_mtime_ns, file.stat().st_ino
        for _ in range(5):
            box.energy += 10
            await box.meter()
        assert (file.stat().st_mtime_ns, file.stat().st_ino) == written
        await box.stop()
        await box.tell("Available")
        assert json.loads(file.read_text()) == {}


async def test_the_hub_keeps_them_in_its_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Own, "folder", None)
    hub = Hub()
    (hub.driver,) = build([spec()], SystemClock(), "", tmp_path)  # type: ignore[assignment]
    async with hub, plugged(hub) as box:
        await box.start()
        await box.tell("Charging")
    (kept,) = json.loads((tmp_path / "ocpp" / "CP-wallbox.json").read_text()).values()
    assert (kept["connector"], kept["start_wh"], kept["tag"]) == (1, 1_000_000, "TAG")


async def test_an_identity_is_no_path(tmp_path: Path) -> None:
    async with Hub(spec(charge_point=".."), folder=tmp_path / "ocpp") as hub:
        async with plugged_as(hub, "%2E%2E") as box:
            await box.boot()
            await box.start()
            await box.tell("Charging")
    assert [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.json")] == ["ocpp/...json"]


async def test_a_start_that_is_told_again_to_the_next_hub_is_the_same(tmp_path: Path) -> None:
    """ABB Terra AC: after a cut line the same StartTransaction comes again (mobilityhouse/ocpp issue 186)."""
    start = call.StartTransaction(connector_id=1, id_tag="20:69:C0:21", meter_start=900, timestamp=ago(minutes=9))
    async with Hub(spec(), folder=tmp_path) as first, plugged(first) as box:
        number = (await box.call(start)).transaction_id
        await box.tell("Charging")
    async with Hub(spec(), folder=tmp_path) as second, plugged(second) as box:
        assert (await box.call(start)).transaction_id == number
        other = call.StartTransaction(connector_id=1, id_tag="20:69:C0:21", meter_start=900, timestamp=ago(seconds=1))
        assert (await box.call(other)).transaction_id != number


# -- 2.x: the same facts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.6", *VERSIONS_2])
async def test_the_facts_of_a_session_are_the_same_in_all_versions(version: str) -> None:
    async with Hub(spec()) as hub:
        if version == "1.6":
            async with plugged(hub) as box:
                await box.start("OWNER", at="2026-03-01T10:00:00Z")
                await box.call(
                    call.StopTransaction(
                        meter_stop=1_004_000,
                        timestamp="2026-03-01T12:00:00Z",
                        transaction_id=box.transaction,
                        reason="EVDisconnected",
                    )
                )
        else:
            async with plugged2(hub, version) as box:
                box.transaction, box.energy = "t", 1_000_000.0
                token = {"id_token": "OWNER", "type": "ISO14443"}
                await box.event("Started", "EVConnected", at="2026-03-01T10:00:00Z", id_token=token)
                await box.event("Updated", "Charging", at="2026-03-01T11:00:00Z")
                box.energy += 4_000
                info = {"stopped_reason": "EVDisconnected"}
                await box.event("Ended", "EVConnected", at="2026-03-01T12:00:00Z", info=info)
        facts = hub.session()
        assert facts.pop("transaction") == str(box.transaction)
        assert facts == {
            "tag": "OWNER",
            "began": "2026-03-01T10:00:00.000Z",
            "ended": "2026-03-01T12:00:00.000Z",
            "start_energy": 1_000_000,
            "stopped_reason": "EVDisconnected",
        }
        told = [m.value for m in hub.sink.history if m.point == "wallbox.session_energy"]
        assert (told[0], told[-1]) == (0, 4_000)


async def test_begin_course_and_end_are_all_told_raw() -> None:
    async with Hub(spec()) as hub, plugged2(hub, "v201") as box:
        box.transaction = "t"
        await box.event("Started", "EVConnected", id_token={"id_token": "OWNER", "type": "Central"})
        await box.event("Updated", "Charging")
        await box.event("Ended", "Idle", info={"stopped_reason": "Remote"})
        told = {r.code: r.value for r in hub.driver.raw("wallbox")}
        assert told["TransactionEvent(Started).idToken.idToken"] == "OWNER"
        assert told["TransactionEvent(Updated).transactionInfo.chargingState"] == "Charging"
        assert told["TransactionEvent(Ended).transactionInfo.stoppedReason"] == "Remote"


async def test_a_transaction_that_was_queued_does_not_charge_now() -> None:
    """It began and ended while the line was cut; what the connector has said since is newer."""
    async with Hub(spec()) as hub, plugged2(hub, "v201") as box:
        await box.boot()
        await box.tell("Available")
        box.transaction, offline = "past", {"offline": True}
        await box.event("Started", "Charging", at=ago(hours=3), **offline)
        assert hub.sink.values["wallbox.status"] == "no_vehicle"
        box.energy += 900
        await box.event("Ended", "EVConnected", at=ago(hours=1), info={"stopped_reason": "PowerLoss"}, **offline)
        assert hub.sink.values["wallbox.status"] == "no_vehicle" and hub.sink.values["wallbox.connected"] is False
        assert hub.driver._outlets["wallbox"].transaction == ""
        assert hub.session()["stopped_reason"] == "PowerLoss"


async def test_what_was_queued_last_is_the_state_now() -> None:
    """Nothing newer has been told: a car that began to charge while the line was cut still does."""
    async with Hub(spec()) as hub, plugged2(hub, "v201") as box:
        box.transaction = "on"
        await box.event("Started", "EVConnected", at=ago(minutes=9), offline=True)
        await box.event("Updated", "Charging", at=ago(minutes=8), offline=True)
        assert hub.sink.values["wallbox.status"] == "charging"
        assert hub.driver._outlets["wallbox"].transaction == "on"
        await box.event("Ended", "EVConnected", at=ago(minutes=1), offline=True)
        assert hub.sink.values["wallbox.status"] == "ready"


async def test_an_event_that_is_told_again_changes_nothing() -> None:
    async with Hub(spec()) as hub, plugged2(hub, "v201") as box:
        box.transaction, start = "t", ago(minutes=5)
        await box.event("Started", "Charging", at=start)
        box.energy += 600
        await box.event("Updated", "Charging", at=ago(minutes=3))
        box.energy, box.number = 70_000, 0
        await box.event("Started", "Charging", at=start)
        box.energy, box.number = 70_800, 2
        await box.event("Updated", "Charging")
        await hub.sink.shows("wallbox.session_energy", 800)


async def test_a_gap_in_the_numbers_of_events_is_told_and_costs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "drivers.ocpp")
    async with Hub(spec()) as hub, plugged2(hub, "v201") as box:
        box.transaction = "t"
        await box.event("Started", "Charging")
        box.energy, box.number = box.energy + 4_000, 5
        await box.event("Updated", "Charging")
        await hub.sink.shows("wallbox.session_energy", 4_000)
    assert "seqNo: 2 to 5 have not come" in caplog.text


async def test_a_transaction_that_waits_for_its_car_goes_on() -> None:
    """2.x may begin a transaction when it is authorised (TxStartPoint), with nobody at the connector yet."""
    async with Hub(spec()) as hub, plugged2(hub, "v201") as box:
        box.transaction = "t"
        await box.event("Started", "Idle")
        await box.tell("Available")
        assert hub.driver._outlets["wallbox"].transaction == ""
        await box.event("Updated", "Charging")
        assert hub.driver._outlets["wallbox"].transaction == "t"
        await hub.sink.shows("wallbox.session_energy", 0)


async def test_a_charger_of_2_is_set_up_to_tell_the_register_at_begin_and_end() -> None:
    async with Hub(spec()) as hub, plugged2(hub, "v201") as box:
        box.variables["TxStartedMeasurands"] = "SoC"
        box.variables["TxEndedMeasurands"] = "Energy.Active.Import.Register,SoC"
        await box.boot()
        await hub.sink.shows("wallbox.current_limit", 32)
        # this box takes no list with SoC, as some do not take every list; what it has stays
        assert box.variables["TxStartedMeasurands"] == "SoC"
        assert box.variables["TxEndedMeasurands"] == "Energy.Active.Import.Register,SoC"
        asked = [f[3]["setVariableData"][0] for f in box.wire.got if f[0] == 2 and f[2] == "SetVariables"]
        wanted = {d["variable"]["name"]: d["attributeValue"] for d in asked}
        assert wanted["TxStartedMeasurands"] == "SoC,Energy.Active.Import.Register"
        assert "TxEndedMeasurands" not in wanted


# -- what real chargers get wrong, as raw frames ---------------------------------------------------------------------


@asynccontextmanager
async def plugged_as(hub: Hub, identity: str) -> AsyncIterator[Wallbox16]:
    """A charger whose identity is written otherwise in its address."""
    waiting = plugged(hub)
    waiting._connect = dial(hub.port, identity)
    async with waiting as box:
        yield box


@asynccontextmanager
async def raw(hub: Hub) -> AsyncIterator[Any]:
    """`await send(action, payload)` gives the answer's payload; what the hub asks is not answered."""
    async with dial(hub.port, "CP-wallbox") as socket:

        async def send(action: str, payload: dict[str, Any]) -> Any:
            await socket.send(json.dumps([2, "19223201", action, payload]))
            while (frame := json.loads(await socket.recv()))[:2] != [3, "19223201"]:
                assert frame[0] == 2, frame
            return frame[2]

        yield send


def values(register: float, at: str, **more: Any) -> dict[str, Any]:
    sampled = [{"value": str(register), "measurand": "Energy.Active.Import.Register", "unit": "Wh"}]
    return {"connectorId": 1, "meterValue": [{"timestamp": at, "sampledValue": sampled}]} | more


def start(meter: float, at: str) -> dict[str, Any]:
    return {"connectorId": 1, "idTag": "04F8692AA23E80", "meterStart": meter, "timestamp": at}


@pytest.mark.parametrize("told", [{}, {"transactionId": 0}, {"transactionId": -1}, {"transactionId": None}])
async def test_values_without_a_transaction_are_of_the_one_that_runs(told: dict[str, Any]) -> None:
    async with Hub(spec()) as hub, raw(hub) as send:
        await send("StartTransaction", start(40_000, ago(minutes=10)))
        await send("MeterValues", values(41_250, ago(seconds=1), **told))
        await hub.sink.shows("wallbox.session_energy", 1_250)


@pytest.mark.parametrize("id_", [-1, 0, 4242])
async def test_a_stop_with_a_wrong_number_ends_the_one_that_runs(id_: int) -> None:
    """-1 is what a charger has before the hub has numbered it (EVerest/libocpp issue 495)."""
    async with Hub(spec()) as hub, raw(hub) as send:
        await send("StartTransaction", start(971, ago(minutes=10)))
        stop = {"transactionId": id_, "meterStop": 1_971, "timestamp": ago(seconds=1), "reason": "Local"}
        assert await send("StopTransaction", stop) == {}
        assert hub.sink.values["wallbox.session_energy"] == 1_000
        assert hub.driver._outlets["wallbox"].transaction == ""


async def test_a_stop_of_the_other_connector_ends_nothing_here() -> None:
    async with Hub(spec()) as hub, raw(hub) as send:
        number = (await send("StartTransaction", start(5_000, ago(minutes=10))))["transactionId"]
        told = {"connectorId": 2, "meterValue": [{"timestamp": ago(minutes=5), "sampledValue": [{"value": "7"}]}]}
        await send("MeterValues", told)
        stop = {"transactionId": 77, "meterStop": 999_999, "timestamp": ago(seconds=1)}
        await send("StopTransaction", stop)
        assert hub.driver._outlets["wallbox"].transaction == str(number)
        assert hub.sink.values["wallbox.energy"] == 5_000


async def test_after_a_start_of_the_charger_a_plug_that_only_waits_has_no_transaction() -> None:
    """A charger that lost its power in the middle of one does not always tell its end."""
    async with Hub(spec()) as hub, raw(hub) as send:
        await send("StartTransaction", start(5_000, ago(minutes=10)))
        status = {"connectorId": 1, "errorCode": "NoError", "status": "Preparing"}
        await send("StatusNotification", status)
        assert hub.driver._outlets["wallbox"].transaction, "said late: it runs"
        await send("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
        await send("StatusNotification", status)
        assert not hub.driver._outlets["wallbox"].transaction


async def test_a_stop_of_a_transaction_that_nobody_has_started_is_answered_and_ends_no_other() -> None:
    """Chargers in free mode (ConnectorIO pull request 199), or whose start was lost (MicroOcpp issue 454)."""
    async with Hub(spec()) as hub, raw(hub) as send:
        number = (await send("StartTransaction", start(5_000, ago(minutes=10))))["transactionId"]
        old = {"transactionId": 4242, "meterStop": 4_900, "timestamp": ago(hours=5), "idTag": "X"}
        assert await send("StopTransaction", old) == {"idTagInfo": {"status": "Accepted"}}
        assert hub.driver._outlets["wallbox"].transaction == str(number)
        assert hub.sink.values["wallbox.energy"] == 5_000


async def test_what_closes_a_transaction_does_not_bring_it_to_life() -> None:
    """The closing values may come after the stop (lbbrhzn/ocpp pull request 2075), and to a hub started in between."""
    async with Hub(spec()) as hub, raw(hub) as send:
        number = (await send("StartTransaction", start(100, ago(minutes=10))))["transactionId"]
        await send("StopTransaction", {"transactionId": number, "meterStop": 300, "timestamp": ago(seconds=9)})
        await send("MeterValues", values(300, ago(seconds=8), transactionId=number))
        assert hub.driver._outlets["wallbox"].transaction == ""
        closing = values(300, ago(seconds=7), transactionId=9999)
        closing["meterValue"][0]["sampledValue"][0]["context"] = "Transaction.End"
        await send("MeterValues", closing)
        assert hub.driver._outlets["wallbox"].transaction == ""


async def test_a_start_of_0_is_not_believed_of_a_register_that_goes_on() -> None:
    """Else one session would have all that the charger has ever counted (evcc issues 29374 and 29654)."""
    async with Hub(spec()) as hub, raw(hub) as send:
        await send("MeterValues", values(7_930_000, ago(minutes=11)))
        number = (await send("StartTransaction", start(0, ago(minutes=10))))["transactionId"]
        assert hub.sink.values["wallbox.energy"] == 7_930_000
        await send("MeterValues", values(7_931_500, ago(seconds=2), transactionId=number))
        await hub.sink.shows("wallbox.session_energy", 1_500)
        stop = {"transactionId": number, "meterStop": 0, "timestamp": ago(seconds=1)}
        await send("StopTransaction", stop)
        energies = [m.value for m in hub.sink.history if m.point == "wallbox.energy"]
        assert energies == [7_930_000, 7_931_500] and hub.sink.values["wallbox.session_energy"] == 1_500


async def test_a_start_of_0_that_cannot_be_judged_by_a_register_is_judged_by_time() -> None:
    async with Hub(spec()) as hub, raw(hub) as send:
        number = (await send("StartTransaction", start(0, ago(minutes=10))))["transactionId"]
        await send("MeterValues", values(7_931_500, ago(seconds=1), transactionId=number))
        assert hub.sink.values["wallbox.energy"] == 7_931_500
        told = [m.value for m in hub.sink.history if m.point == "wallbox.session_energy"]
        assert set(told) <= {0} and "start_energy" not in hub.session()


async def test_a_register_that_begins_anew_with_each_session_is_believed() -> None:
    """Some reset their meter with each transaction, others never (ChargeTimeEU/Java-OCA-OCPP issue 331)."""
    async with Hub(spec()) as hub, raw(hub) as send:
        for counted in (9_000, 4_000):
            number = (await send("StartTransaction", start(0, ago(hours=1))))["transactionId"]
            await send("MeterValues", values(counted, ago(seconds=1), transactionId=number))
            await hub.sink.shows("wallbox.session_energy", counted)
            stop = {"transactionId": number, "meterStop": counted, "timestamp": ago(seconds=0)}
            await send("StopTransaction", stop)


async def test_the_register_of_a_whole_life_is_no_session() -> None:
    """ABB Terra AC: values of a transaction count it alone, others everything (lbbrhzn/ocpp pull request 919)."""
    async with Hub(spec()) as hub, raw(hub) as send:
        await send("MeterValues", values(8_000_000, ago(minutes=21)))
        number = (await send("StartTransaction", start(0, ago(minutes=20))))["transactionId"]
        await send("MeterValues", values(895, ago(seconds=3), transactionId=number))
        await hub.sink.shows("wallbox.session_energy", 895)
        await send("MeterValues", values(8_000_895, ago(seconds=2)))
        assert hub.sink.values["wallbox.session_energy"] == 895


async def test_a_start_without_its_register_shows_no_energy_of_the_session() -> None:
    async with Hub(spec()) as hub, raw(hub) as send:
        told = {"connectorId": 1, "idTag": "T", "meterStart": None, "timestamp": ago(minutes=10)}
        number = (await send("StartTransaction", told))["transactionId"]
        await send("MeterValues", values(7_000_000, ago(seconds=1), transactionId=number))
        assert hub.sink.values["wallbox.energy"] == 7_000_000 and "wallbox.session_energy" not in hub.sink.values


async def test_a_start_from_the_queue_keeps_its_own_time() -> None:
    """A session that began and went on while the line was cut counts from its begin, not from when it was told."""
    async with Hub(spec()) as hub, raw(hub) as send:
        await send("MeterValues", values(52_000, ago(seconds=30)))
        await send("StartTransaction", start(40_000, ago(hours=6)))
        assert hub.sink.values["wallbox.energy"] == 52_000
        await send("MeterValues", values(52_500, ago(seconds=1)))
        await hub.sink.shows("wallbox.session_energy", 12_500)
        assert hub.session()["began"] < ago(hours=5)
