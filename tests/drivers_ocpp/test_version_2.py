"""OCPP 2.0.1 and 2.1: the same house, other words."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp import v21, v201

from hub.errors import Refused
from tests.drivers_ocpp.kit import Hub, spec
from tests.drivers_ocpp.kit2 import plugged2
from tests.drivers_ocpp.test_driver import ready

VERSIONS = ("v201", "v21")


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_session_from_boot_to_stop(version: str) -> None:
    async with Hub(spec()) as hub, plugged2(hub, version) as box:
        await box.boot()
        await box.tell("Available")
        await hub.sink.shows("wallbox.status", "no_vehicle")
        await hub.sink.shows("wallbox.current_limit", 32)
        await box.tell("Occupied")
        await hub.sink.shows("wallbox.status", "ready")
        box.transaction = "a-transaction-of-its-own"
        answer = await box.event("Started", "EVConnected", id_token={"id_token": "T", "type": "Central"})
        assert answer.id_token_info["status"] == "Accepted"
        await box.event("Updated", "Charging")
        await hub.sink.shows("wallbox.power", 16 * 690)
        assert hub.sink.values["wallbox.status"] == "charging" and hub.sink.values["wallbox.soc"] == 41.5
        await hub.set("wallbox.current_limit", 8)
        assert hub.sink.values["wallbox.current_limit"] == 8 and box.profiles[-1]["stack_level"] == 5
        box.energy += 1_500
        await box.event("Updated", "Charging")
        await hub.sink.shows("wallbox.power", 8 * 690)
        await hub.sink.shows("wallbox.session_energy", 1_500)
        await box.tell("Occupied")
        assert hub.sink.values["wallbox.status"] == "charging"
        await box.event("Ended", "EVConnected")
        assert hub.driver._outlets["wallbox"].transaction == ""
        await box.tell("Available")
        await hub.sink.shows("wallbox.status", "no_vehicle")
        assert hub.sink.values["wallbox.energy"] == 71_500
        assert hub.sink.devices["wallbox"].model == "Box 2"
        assert box.variables["TxUpdatedInterval"] == "5" and "Power.Active" in box.variables["TxUpdatedMeasurands"]


async def test_a_restarted_hub_takes_over_the_running_transaction() -> None:
    async with Hub(spec()) as hub, plugged2(hub, "v201") as box:
        box.transaction = "old"
        await box.event("Updated", "Charging")
        assert hub.driver._outlets["wallbox"].transaction == "old"
        assert hub.sink.values["wallbox.energy"] == 70_000 and "wallbox.session_energy" not in hub.sink.values


async def test_a_refusal_carries_the_chargers_own_word() -> None:
    async with Hub(spec()) as hub, plugged2(hub, "v201") as box:
        box.variables["Enabled"] = "false"
        await box.boot()
        await ready(hub)
        box.transaction = "running"
        await box.event("Updated", "Charging")
        with pytest.raises(Refused, match="TxNotFound"):
            await hub.set("wallbox.current_limit", 0)


async def test_a_profile_of_the_running_transaction() -> None:
    async with Hub(spec(profile="TxProfile")) as hub, plugged2(hub, "v201") as box:
        await box.boot()
        await ready(hub)
        await hub.set("wallbox.current_limit", 9)
        assert box.profiles[-1]["charging_profile_purpose"] == "TxDefaultProfile"
        box.transaction = "next"
        await box.event("Started", "Charging")
        await hub.sink.until(lambda: box.profiles[-1]["charging_profile_purpose"] == "TxProfile")
        assert box.profiles[-1]["transaction_id"] == "next" and box.limit == 9


SAID: list[tuple[str, Any]] = [
    ("Heartbeat", v201.call.Heartbeat()),
    ("SecurityEventNotification", v201.call.SecurityEventNotification("StartupOfTheDevice", "2024-01-01T00:00:00Z")),
    ("NotifyReport", v201.call.NotifyReport(1, "2024-01-01T00:00:00Z", 0)),
    ("Authorize", v201.call.Authorize({"id_token": "T", "type": "ISO14443"})),
    ("DataTransfer", v201.call.DataTransfer("Acme")),
    ("FirmwareStatusNotification", v201.call.FirmwareStatusNotification("Idle")),
    ("LogStatusNotification", v201.call.LogStatusNotification("Idle")),
    ("SignCertificate", v201.call.SignCertificate("csr")),
    ("NotifyEVChargingNeeds", v201.call.NotifyEVChargingNeeds({"requested_energy_transfer": "AC_three_phase"}, 1)),
    ("NotifyChargingLimit", v201.call.NotifyChargingLimit({"charging_limit_source": "EMS"})),
    ("ClearedChargingLimit", v201.call.ClearedChargingLimit("EMS")),
    ("ReservationStatusUpdate", v201.call.ReservationStatusUpdate(1, "Expired")),
]


@pytest.mark.parametrize(("action", "message"), SAID, ids=[name for name, _ in SAID])
async def test_what_a_charger_may_say_is_answered(action: str, message: Any) -> None:
    """The package checks each answer against the schema, and so does the end of `plugged2` with the official one."""
    async with Hub(spec()) as hub, plugged2(hub, "v201") as box:
        await box.call(message, suppress=False)
        assert any(frame[0] == 3 for frame in box.wire.got)


async def test_a_state_told_as_an_event() -> None:
    async with Hub(spec()) as hub, plugged2(hub, "v21") as box:
        await box.boot()
        event = {
            "event_id": 1,
            "timestamp": "2024-01-01T00:00:00Z",
            "trigger": "Delta",
            "actual_value": "Occupied",
            "event_notification_type": "HardWiredNotification",
            "component": {"name": "Connector", "evse": {"id": 1, "connector_id": 1}},
            "variable": {"name": "AvailabilityState"},
        }
        await box.call(v21.call.NotifyEvent([event], "2024-01-01T00:00:00Z", 0), suppress=False)
        await hub.sink.shows("wallbox.connected", True)
        assert hub.sink.values["wallbox.status"] == "ready"
