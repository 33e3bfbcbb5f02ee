"""What the hub answers to a charger's calls (source: OCPP 1.6 section 4, OCPP 2.0.1 and 2.1 part 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivers.ocpp import schema
from drivers.ocpp.exchange import FaultError
from drivers.ocpp.frame import Call
from drivers.ocpp.meaning import whole
from drivers.ocpp.meter import moment
from drivers.ocpp.profile import written
from drivers.ocpp.sessions import Sessions
from hub.model import Clock

HEARTBEAT_S = 60
_EPOCH_MS = 1_704_067_200_000
"""2024-01-01: from there on seconds fit into the 32 bits of a transaction's number until 2092."""
_AHEAD = 1_000
_REMEMBERED = 64
_NOTED = (
    "StatusNotification",
    "MeterValues",
    "FirmwareStatusNotification",
    "DiagnosticsStatusNotification",
    "LogStatusNotification",
    "SignedFirmwareStatusNotification",
    "SecurityEventNotification",
    "NotifyReport",
    "NotifyEvent",
    "NotifyMonitoringReport",
    "NotifyChargingLimit",
    "NotifyCustomerInformation",
    "NotifyDisplayMessages",
    "NotifyPriorityCharging",
    "NotifyDERAlarm",
    "NotifyDERStartStop",
    "ClearedChargingLimit",
    "PublishFirmwareStatusNotification",
    "ReportChargingProfiles",
    "ReportDERControl",
    "ReservationStatusUpdate",
    "ClosePeriodicEventStream",
)
_FIXED: Mapping[str, Mapping[str, Any]] = {
    **{action: {} for action in _NOTED},
    "SignCertificate": {"status": "Rejected"},
    "GetCertificateStatus": {"status": "Failed"},
    "Get15118EVCertificate": {"status": "Failed", "exiResponse": ""},
    "NotifyEVChargingNeeds": {"status": "Rejected"},
    "NotifyEVChargingSchedule": {"status": "Accepted"},
    "OpenPeriodicEventStream": {"status": "Rejected"},
    "PullDynamicScheduleUpdate": {"status": "Rejected"},
}


class Numbers:
    """Numbers of transactions: from the clock, so that a restarted hub gives none a second time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        self._last = max(self._last + 1, self._now())
        return self._last

    def heard(self, number: str) -> None:
        """A number in use; one that no clock of ours can have made (another system gave it) is left alone."""
        if number.isdecimal() and len(number) < 11 and int(number) <= self._now() + _AHEAD:
            self._last = max(self._last, int(number))

    def _now(self) -> int:
        return (self._clock.now() - _EPOCH_MS) // 1000


class Answers:
    """Of one charger, for all its connections. `tags`: who may charge, empty = everybody."""

    def __init__(self, clock: Clock, tags: frozenset[str], numbers: Numbers, sessions: Sessions) -> None:
        self._clock, self._tags, self._numbers, self._sessions = clock, tags, numbers, sessions
        self._started: dict[tuple[str, ...], int] = {}
        self.version = schema.V16

    def to(self, call: Call) -> dict[str, Any]:
        """The answer's payload; raises FaultError."""
        own = getattr(self, f"_{call.action}", None) if call.action in _OWN else None
        if own:
            return dict(own(call.payload))
        if call.action in _FIXED:
            return dict(_FIXED[call.action])
        if call.action not in schema.actions(self.version):
            raise FaultError("NotImplemented", f"{call.action[:50]} is not known")
        raise FaultError("NotSupported", f"{call.action} is not supported")

    def _now(self) -> str:
        return written(self._clock.now())

    def _status(self, tag: object) -> dict[str, str]:
        """Tags are written without regard to case (OCPP 1.6 section 7.15: CiString)."""
        known = not self._tags or (isinstance(tag, str) and tag.lower() in self._tags)
        return {"status": "Accepted" if known else "Invalid"}

    def _BootNotification(self, _: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"currentTime": self._now(), "interval": HEARTBEAT_S, "status": "Accepted"}

    def _Heartbeat(self, _: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"currentTime": self._now()}

    def _Authorize(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.version == schema.V16:
            return {"idTagInfo": self._status(payload.get("idTag"))}
        return {"idTokenInfo": self._token(payload.get("idToken"))}

    def _StartTransaction(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """A start that is told again gets the number that it had."""
        key = tuple(str(payload.get(k)) for k in ("connectorId", "idTag", "timestamp", "meterStart"))
        number = self._started.get(key) or self._running(payload) or self._numbers.next()
        self._started[key] = number
        for old in list(self._started)[:-_REMEMBERED]:
            del self._started[old]
        return {"transactionId": number, "idTagInfo": self._status(payload.get("idTag"))}

    def _running(self, payload: Mapping[str, Any]) -> int:
        """Also one that a hub before this one has numbered; 0 for none."""
        at = moment(payload.get("timestamp"))
        found = self._sessions.again(whole(payload.get("connectorId")), payload.get("idTag"), at)
        return int(found) if found.isdecimal() else 0

    def _StopTransaction(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"idTagInfo": self._status(payload["idTag"])} if "idTag" in payload else {}

    def _TransactionEvent(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"idTokenInfo": self._token(payload["idToken"])} if "idToken" in payload else {}

    def _DataTransfer(self, _: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"status": "UnknownVendorId"}

    def _token(self, token: object) -> dict[str, str]:
        return self._status(token.get("idToken") if isinstance(token, dict) else None)


_OWN = (
    "BootNotification",
    "Heartbeat",
    "Authorize",
    "StartTransaction",
    "StopTransaction",
    "TransactionEvent",
    "DataTransfer",
)
