"""A 2.0.1 or 2.1 charger: the `ocpp` package's client side."""

from __future__ import annotations

import asyncio
from types import ModuleType
from typing import Any

from ocpp import v21, v201
from ocpp.routing import on

from tests.drivers_ocpp.kit import Hub, Wire, _after_answer, dial, now, objections

MODULES: dict[str, ModuleType] = {"v201": v201, "v21": v21}


def wallbox(version: str, identity: str, wire: Wire) -> Any:  # noqa: C901  one class, made for a version
    """A charger of that version with one EVSE, which obeys profiles and numbers its transactions itself."""
    module = MODULES[version]
    call, result = module.call, module.call_result

    class Wallbox(module.ChargePoint):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__(identity, wire, response_timeout=5)
            self.wire = wire
            self.variables = {"Enabled": "true", "RateUnit": "A,W", "ProfileStackLevel": "5", "TxUpdatedInterval": "60"}
            self.limit = 32.0
            self.profiles: list[dict[str, Any]] = []
            self.energy = 70_000.0
            self.transaction = ""
            self.number = 0
            self.wanted: list[str] = []
            self.resets: list[str] = []
            self.reset_answer: tuple[str, dict[str, str] | None] = ("Accepted", None)

        async def boot(self) -> None:
            station = {"model": "Box 2", "vendor_name": "Acme", "serial_number": "S2", "firmware_version": "2.0"}
            answer = await self.call(call.BootNotification(charging_station=station, reason="PowerUp"))
            assert answer.status == "Accepted"

        async def tell(self, status: str) -> None:
            await self.call(
                call.StatusNotification(timestamp=now(), connector_status=status, evse_id=1, connector_id=1)
            )

        async def event(self, kind: str, state: str, *, evse_id: int = 1, at: str = "", **more: Any) -> Any:
            self.number += 1
            info = {"transaction_id": self.transaction, "charging_state": state} | more.pop("info", {})
            return await self.call(
                call.TransactionEvent(
                    event_type=kind,
                    timestamp=at or now(),
                    trigger_reason="MeterValuePeriodic",
                    seq_no=self.number,
                    transaction_info=info,
                    meter_value=[self.metered(state, at)],
                    evse={"id": evse_id},
                    **more,
                )
            )

        def metered(self, state: str, at: str) -> dict[str, Any]:
            amps = min(self.limit, 16.0) if state == "Charging" and self.limit >= 6 else 0.0
            kilo = {"unit": "Wh", "multiplier": 3}
            return {
                "timestamp": at or now(),
                "sampled_value": [
                    {"value": self.energy / 1000, "unit_of_measure": kilo},
                    {"value": amps * 690, "measurand": "Power.Active.Import", "unit_of_measure": {"unit": "W"}},
                    {"value": 41.5, "measurand": "SoC", "location": "EV", "unit_of_measure": {"unit": "Percent"}},
                    *({"value": amps, "measurand": "Current.Import", "phase": f"L{n}"} for n in (1, 2, 3)),
                ],
            }

        @on("GetVariables")
        def _get(self, get_variable_data: list[dict[str, Any]], **_: Any) -> Any:
            return result.GetVariables([self._variable(asked) for asked in get_variable_data])

        def _variable(self, asked: dict[str, Any]) -> dict[str, Any]:
            value = self.variables.get(asked["variable"]["name"])
            told = {"attribute_status": "Accepted" if value else "UnknownVariable", "attribute_value": value}
            return {k: v for k, v in (asked | told).items() if v is not None}

        @on("SetVariables")
        def _set(self, set_variable_data: list[dict[str, Any]], **_: Any) -> Any:
            told = []
            for data in set_variable_data:
                value = data.pop("attribute_value")
                fits = value.isdecimal() or "SoC" not in value
                if fits:
                    self.variables[data["variable"]["name"]] = value
                told.append(data | {"attribute_status": "Accepted" if fits else "Rejected"})
            return result.SetVariables(told)

        @on("TriggerMessage")
        def _trigger(self, requested_message: str, **_: Any) -> Any:
            self.wanted.append(requested_message)
            if requested_message == "BootNotification":
                self.soon = asyncio.get_running_loop().create_task(_after_answer(self.boot))
            return result.TriggerMessage("Accepted")

        @on("SetChargingProfile")
        def _profile(self, charging_profile: dict[str, Any], **_: Any) -> Any:
            self.profiles.append(charging_profile)
            self.limit = charging_profile["charging_schedule"][0]["charging_schedule_period"][0]["limit"]
            return result.SetChargingProfile("Accepted")

        @on("GetCompositeSchedule")
        def _composite(self, evse_id: int, **_: Any) -> Any:
            schedule = {
                "evse_id": evse_id,
                "duration": 60,
                "schedule_start": now(),
                "charging_rate_unit": "A",
                "charging_schedule_period": [{"start_period": 0, "limit": self.limit}],
            }
            return result.GetCompositeSchedule("Accepted", schedule=schedule)

        @on("Reset")
        def _reset(self, type: str, **_: Any) -> Any:
            self.resets.append(type)
            return result.Reset(*self.reset_answer)

        @on("RequestStartTransaction")
        def _start(self, **_: Any) -> Any:
            self.wanted.append("start")
            return result.RequestStartTransaction("Accepted")

        @on("RequestStopTransaction")
        def _stop(self, **_: Any) -> Any:
            self.wanted.append("stop")
            return result.RequestStopTransaction("Rejected", status_info={"reason_code": "TxNotFound"})

    return Wallbox()


class plugged2:
    """`async with plugged2(hub, "v201") as box:` a charger of that version that has called and is listened to."""

    def __init__(self, hub: Hub, version: str, device: str = "wallbox") -> None:
        self._identity, self._version = f"CP-{device}", version
        self._connect = dial(hub.port, self._identity, {"v201": "ocpp2.0.1", "v21": "ocpp2.1"}[version])

    async def __aenter__(self) -> Any:
        self.box = wallbox(self._version, self._identity, Wire(await self._connect.__aenter__()))
        self._task = asyncio.create_task(self.box.start())
        return self.box

    async def __aexit__(self, *error: Any) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._connect.__aexit__(*error)
        assert not objections(self.box.wire, self._version)
