"""OCPP 1.6: the words of the hub to a charger (source: OCPP 1.6 sections 5 and 9, the standard configuration keys)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivers.ocpp import profile
from drivers.ocpp.dialect import HEARTBEAT_S, INTERVALS_S, MEASURANDS, Abilities, Message, has_all, true, units, whole
from drivers.ocpp.exchange import Exchange, NotKnownError
from drivers.ocpp.meter import objects
from drivers.ocpp.profile import Limit
from hub.errors import Refused


class V16:
    """Implements Dialect."""

    async def learn(self, exchange: Exchange) -> Abilities:
        told = await _configuration(exchange)
        await _set_up(exchange, told)
        values = {key: value for key, (value, _) in told.items()}
        profiles = values.get("SupportedFeatureProfiles")
        return Abilities(
            profiles is None or "smartcharging" in profiles.replace(" ", "").lower(),
            units(values.get("ChargingScheduleAllowedChargingRateUnit", "")),
            whole(values.get("ChargeProfileMaxStackLevel"), 0),
            whole(values.get("ChargingScheduleMaxPeriods"), 2),
            true(values.get("ConnectorSwitch3to1PhaseSupported")),
        )

    def limit(self, limit: Limit) -> Message:
        return "SetChargingProfile", profile.v16(limit)

    def in_force(self, connector: int, unit: str) -> Message:
        return "GetCompositeSchedule", {"connectorId": connector, "duration": 60, "chargingRateUnit": unit}

    def trigger(self, message: str, connector: int) -> Message:
        place = {"connectorId": connector} if connector else {}
        return "TriggerMessage", {"requestedMessage": message} | place

    def start(self, connector: int, tag: str, number: int) -> Message:
        return "RemoteStartTransaction", {"connectorId": connector, "idTag": tag[:20]}

    def stop(self, transaction: str) -> Message:
        return "RemoteStopTransaction", {"transactionId": int(transaction)}

    def restart(self, hard: bool) -> Message:
        return "Reset", {"type": "Hard" if hard else "Soft"}


async def _configuration(exchange: Exchange) -> dict[str, tuple[str, bool]]:
    """Key -> (value, whether it is read-only); nothing for a charger that refuses to tell."""
    try:
        told = await exchange.call("GetConfiguration", {})
    except Refused:
        return {}
    return {
        str(entry["key"]): (str(entry.get("value", "")), entry.get("readonly") is True)
        for entry in objects(told.get("configurationKey"))
        if "key" in entry
    }


async def _set_up(exchange: Exchange, told: Mapping[str, tuple[str, bool]]) -> None:
    """Only what differs is written: many chargers keep their configuration in flash."""
    interval = whole(told.get("MeterValueSampleInterval", ("", False))[0], 0)
    if not 0 < interval <= INTERVALS_S[1]:
        await _first_accepted(exchange, told, "MeterValueSampleInterval", [str(s) for s in INTERVALS_S])
    if not has_all(told.get("MeterValuesSampledData", ("", False))[0], MEASURANDS[0]):
        await _first_accepted(exchange, told, "MeterValuesSampledData", MEASURANDS)
    if "HeartbeatInterval" in told and whole(told["HeartbeatInterval"][0], 0) != HEARTBEAT_S:
        await _first_accepted(exchange, told, "HeartbeatInterval", [str(HEARTBEAT_S)])
    if "WebSocketPingInterval" in told and told["WebSocketPingInterval"][0] == "0":
        await _first_accepted(exchange, told, "WebSocketPingInterval", ["30"])


async def _first_accepted(
    exchange: Exchange, told: Mapping[str, tuple[str, bool]], key: str, values: list[str] | tuple[str, ...]
) -> None:
    current, fixed = told.get(key, ("", False))
    for value in values:
        if fixed or value == current or await _accepts(exchange, {"key": key, "value": value}):
            return


async def _accepts(exchange: Exchange, payload: Mapping[str, Any]) -> bool:
    """A charger that does not know the whole action is asked no further."""
    try:
        answer = await exchange.call("ChangeConfiguration", payload)
    except NotKnownError:
        return True
    except Refused:
        return False
    return answer.get("status") != "Rejected"
