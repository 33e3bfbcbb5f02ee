"""OCPP 2.0.1 and 2.1: the words of the hub to a charger (source: OCPP 2.0.1 part 2, appendix 3: standard variables)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivers.ocpp import profile
from drivers.ocpp.dialect import HEARTBEAT_S, INTERVALS_S, MEASURANDS, Abilities, Message, has_all, true, units, whole
from drivers.ocpp.exchange import Exchange
from drivers.ocpp.meter import objects
from drivers.ocpp.profile import Limit
from hub.errors import Refused

_REGISTER = "Energy.Active.Import.Register"
_ASKED = (
    ("SmartChargingCtrlr", "Enabled"),
    ("SmartChargingCtrlr", "RateUnit"),
    ("SmartChargingCtrlr", "ProfileStackLevel"),
    ("SmartChargingCtrlr", "PeriodsPerSchedule"),
    ("SmartChargingCtrlr", "Phases3to1"),
    ("SmartChargingCtrlr", "ACPhaseSwitchingSupported"),
    ("SampledDataCtrlr", "TxUpdatedInterval"),
    ("SampledDataCtrlr", "TxUpdatedMeasurands"),
    ("SampledDataCtrlr", "TxStartedMeasurands"),
    ("SampledDataCtrlr", "TxEndedMeasurands"),
    ("OCPPCommCtrlr", "HeartbeatInterval"),
)


class V2:
    """Implements Dialect."""

    async def learn(self, exchange: Exchange) -> Abilities:
        told = await _variables(exchange)
        await _set_up(exchange, told)
        enabled = told.get("Enabled")
        return Abilities(
            enabled is None or true(enabled),
            units(told.get("RateUnit", "")),
            whole(told.get("ProfileStackLevel"), 0),
            whole(told.get("PeriodsPerSchedule"), 2),
            true(told.get("Phases3to1")) or true(told.get("ACPhaseSwitchingSupported")),
        )

    def limit(self, limit: Limit) -> Message:
        return "SetChargingProfile", profile.v2(limit)

    def in_force(self, connector: int, unit: str) -> Message:
        return "GetCompositeSchedule", {"evseId": connector, "duration": 60, "chargingRateUnit": unit}

    def trigger(self, message: str, connector: int) -> Message:
        """A connector's state is told by connector; a home charger's socket has one."""
        evse: dict[str, int] = {"id": connector} | ({"connectorId": 1} if message == "StatusNotification" else {})
        return "TriggerMessage", {"requestedMessage": message} | ({"evse": evse} if connector else {})

    def start(self, connector: int, tag: str, number: int) -> Message:
        token = {"idToken": tag[:36], "type": "Central"}
        return "RequestStartTransaction", {"evseId": connector, "remoteStartId": number, "idToken": token}

    def stop(self, transaction: str) -> Message:
        return "RequestStopTransaction", {"transactionId": transaction}

    def restart(self, hard: bool) -> Message:
        return "Reset", {"type": "Immediate" if hard else "OnIdle"}


def _variable(component: str, name: str) -> dict[str, Any]:
    return {"component": {"name": component}, "variable": {"name": name}}


async def _variables(exchange: Exchange) -> dict[str, str]:
    """Name -> value of those that the charger has. A charger that takes only few at a time is asked for each alone."""
    wanted = [_variable(*names) for names in _ASKED]
    try:
        results = objects((await exchange.call("GetVariables", {"getVariableData": wanted})).get("getVariableResult"))
    except Refused:
        results = [await _one(exchange, variable) for variable in wanted]
    return {
        str(r["variable"]["name"]): str(r["attributeValue"])
        for r in results
        if r.get("attributeStatus") == "Accepted" and isinstance(r.get("variable"), dict) and "attributeValue" in r
        if "name" in r["variable"]
    }


async def _one(exchange: Exchange, variable: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        told = await exchange.call("GetVariables", {"getVariableData": [variable]})
    except Refused:
        return {}
    return next(iter(objects(told.get("getVariableResult"))), {})


async def _set_up(exchange: Exchange, told: Mapping[str, str]) -> None:
    """Only what differs is written: many chargers keep their variables in flash."""
    if not 0 < whole(told.get("TxUpdatedInterval"), 0) <= INTERVALS_S[1]:
        await _first_accepted(exchange, "SampledDataCtrlr", "TxUpdatedInterval", [str(s) for s in INTERVALS_S])
    if not has_all(told.get("TxUpdatedMeasurands"), MEASURANDS[0]):
        await _first_accepted(exchange, "SampledDataCtrlr", "TxUpdatedMeasurands", MEASURANDS)
    for name in ("TxStartedMeasurands", "TxEndedMeasurands"):  # the session's energy is their difference
        if name in told and not has_all(told[name], _REGISTER):
            listed = ",".join(m for m in (told[name].strip(), _REGISTER) if m)
            await _first_accepted(exchange, "SampledDataCtrlr", name, [listed])
    if "HeartbeatInterval" in told and told["HeartbeatInterval"] != str(HEARTBEAT_S):
        await _first_accepted(exchange, "OCPPCommCtrlr", "HeartbeatInterval", [str(HEARTBEAT_S)])


async def _first_accepted(exchange: Exchange, component: str, name: str, values: list[str] | tuple[str, ...]) -> None:
    for value in values:
        data = [_variable(component, name) | {"attributeValue": value}]
        try:
            told = await exchange.call("SetVariables", {"setVariableData": data})
        except Refused:
            return
        result = next(iter(objects(told.get("setVariableResult"))), {})
        if result.get("attributeStatus") != "Rejected":
            return
