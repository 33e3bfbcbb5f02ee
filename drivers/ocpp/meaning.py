"""What a message says: its values as readings, and what they mean for the connector they are about. Pure.

Source of the states: OCPP 1.6 section 7.7 (ChargePointStatus), OCPP 2.0.1 part 2 (ConnectorStatusEnumType,
ChargingStateEnumType).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from drivers.ocpp.meter import Sample, moment, number, objects, quantities, samples
from drivers.ocpp.sessions import Session, Sessions
from hub.model import Value, quantity
from hub.model.heard import Reading

STATION = 0
"""The connector number by which a message means the whole charger."""

_STATUS: dict[str, tuple[str, bool | None]] = {
    "Available": ("no_vehicle", False),
    "Preparing": ("ready", True),
    "Charging": ("charging", True),
    "SuspendedEV": ("ready", True),
    "SuspendedEVSE": ("paused", True),
    "Finishing": ("idle", True),
    "Reserved": ("locked", None),
    "Unavailable": ("off", None),
    "Faulted": ("fault", None),
    "Occupied": ("", True),
}
_BETWEEN = ("Preparing", "Finishing")
"""Said after a boot, what ran before it has ended with it, though nobody has told so."""
_CHARGING_STATE: dict[str, tuple[str, bool | None]] = {
    "EVConnected": ("ready", True),
    "Charging": ("charging", True),
    "SuspendedEV": ("ready", True),
    "SuspendedEVSE": ("paused", True),
    "Idle": ("no_vehicle", False),
}
_LONGEST_ID = 19
"""Digits of a transaction's number; 1.6 has 32 bits."""
_UNSAID = "Local"
"""The reason of an end for which none is told (OCPP 1.6 section 6.49, OCPP 2.0.1 part 2 stoppedReason)."""
_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class Fact:
    """`name` of a connector (STATION: the whole charger) is `value`. `at`: by the charger's clock, UTC ms, if told.

    `since`: a state that holds since `at`, so also now, unless something newer has been told.
    """

    connector: int
    name: str
    value: Value
    at: int | None = None
    since: bool = False


@dataclass(slots=True)
class Said:
    """What a message has said. `connector`: None when it does not tell; then its facts are of the first.

    `transaction`: the id of the one that it is about, `live` unless it ends with it. `triggered`: we had asked for it.
    `queued`: it was said when the line was cut, so what it says may be long over.
    """

    facts: list[Fact] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    device: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    time: int | None = None
    connector: int | None = None
    transaction: str = ""
    live: bool = True
    triggered: bool = False
    queued: bool = False

    def add(self, connector: int, name: str, value: Value, at: int | None = None, since: bool = False) -> None:
        """Notes what is possible for the quantity, else a problem."""
        entry = quantity(name)
        if not isinstance(value, str | bool):
            low, high = entry.low, entry.high
            if (low is not None and value < low) or (high is not None and value > high):
                self.problems.append(f"{name}: {value:g} {entry.unit} is outside of what is possible")
                return
        self.facts.append(Fact(connector, name, value, at, since))


def hear(action: str, payload: Mapping[str, Any], sessions: Sessions, answer: bool = False) -> Said:
    """What a request (or `answer`) says. Never raises for what is in `payload`."""
    said = Said()
    metered: list[Sample] = []
    told = (_ANSWERS if answer else _MEANINGS).get(action)
    if told:
        metered = told(said, payload, sessions)
    said.readings = list(_readings(f"{action}Response" if answer else action, payload, {s.path: s for s in metered}))
    said.time = max((s.at for s in metered if s.at is not None), default=said.time)
    return said


# -- requests of the charger -----------------------------------------------------------------------------------------


def _boot(said: Said, payload: Mapping[str, Any], sessions: Sessions) -> list[Sample]:
    sessions.booted = True
    station = payload.get("chargingStation")
    source = station if isinstance(station, dict) else payload
    names = {
        "vendor": ("chargePointVendor", "vendorName"),
        "model": ("chargePointModel", "model"),
        "serial": ("chargePointSerialNumber", "serialNumber", "chargeBoxSerialNumber"),
        "firmware": ("firmwareVersion",),
    }
    for key, wire in names.items():
        found = [source[n].strip() for n in wire if isinstance(source.get(n), str) and source[n].strip()]
        if found:
            said.device[key] = found[0]
    return []


def _status(said: Said, payload: Mapping[str, Any], sessions: Sessions) -> list[Sample]:
    said.time = moment(payload.get("timestamp"))
    said.connector = whole(payload.get("evseId", payload.get("connectorId")))
    state = payload.get("status", payload.get("connectorStatus"))
    if said.connector:
        _state(said, said.connector, _STATUS.get(str(state)), sessions)
        if sessions.booted and state in _BETWEEN:
            sessions.leave(said.connector)
    return []


def _state(said: Said, connector: int, state: tuple[str, bool | None] | None, sessions: Sessions | None = None) -> None:
    """A state since a while is still the state now, so it carries no time of its own, unless it was queued.

    `sessions`: those that end when a connector is said to be free.
    """
    if state is None:
        return
    at = said.time if said.queued else None
    status, connected = state
    if status:
        said.add(connector, "status", status, at, said.queued)
    if connected is not None:
        said.add(connector, "connected", connected, at, said.queued)
    if sessions and connected is False:
        sessions.leave(connector)


def _start(said: Said, payload: Mapping[str, Any], sessions: Sessions) -> list[Sample]:
    said.time, said.connector = moment(payload.get("timestamp")), whole(payload.get("connectorId"))
    start = number(payload.get("meterStart"))
    if said.connector:
        said.add(said.connector, "connected", True, said.time)
        if start is not None:
            _register(said, "StartTransaction.meterStart", start, said.time, sessions)
            said.add(said.connector, "session_energy", 0.0, said.time)
    return []


def _stop(said: Said, payload: Mapping[str, Any], sessions: Sessions) -> list[Sample]:
    said.time, said.live = moment(payload.get("timestamp")), False
    said.transaction = sessions.meant(_number_id(payload.get("transactionId")), said.time)
    session = sessions.of(said.transaction)
    said.connector = session.connector if session else None
    nobodys = session is None and sessions.several
    if said.transaction:
        reason = str(payload.get("reason") or _UNSAID)
        session = sessions.end(said.transaction, said.connector or sessions.home, said.time, reason)
    metered = samples(payload.get("transactionData"), "StopTransaction.transactionData", said.problems)
    if nobodys:
        return metered
    _metered(said, metered, session, sessions)
    stop = number(payload.get("meterStop"))
    if stop is not None and sessions.believes(_place(said, sessions), stop):
        said.facts = [f for f in said.facts if f.name not in ("energy", "session_energy")]
        _energy(said, stop, said.time, session, sessions)
    return metered


def _meter(said: Said, payload: Mapping[str, Any], sessions: Sessions) -> list[Sample]:
    """Many chargers leave the transaction out, or write 0 or -1 for it: then it is the one that runs there."""
    said.connector = whole(payload.get("evseId", payload.get("connectorId")))
    said.transaction = _number_id(payload.get("transactionId"))
    metered = samples(payload.get("meterValue"), "MeterValues.meterValue", said.problems)
    closes = any(s.context == "Transaction.End" for s in metered)
    session = sessions.of(said.transaction)
    if said.transaction and (session or not closes):  # what closes one that nobody knows does not bring it to life
        session = sessions.goes_on(said.transaction, said.connector or sessions.home)
    elif not said.transaction:
        session = sessions.of(sessions.running(_place(said, sessions)))
    if said.connector is None and said.transaction and session:
        said.connector = session.connector
    _metered(said, metered, session, sessions)
    return metered


def _event(said: Said, payload: Mapping[str, Any], sessions: Sessions) -> list[Sample]:
    """2.x: a transaction has begun, gone on or ended."""
    info = _object(payload.get("transactionInfo"))
    said.transaction, said.live = _id(info.get("transactionId")), payload.get("eventType") != "Ended"
    said.time, said.queued = moment(payload.get("timestamp")), payload.get("offline") is True
    session = sessions.of(said.transaction)
    said.connector = whole(_object(payload.get("evse")).get("id")) or (session.connector if session else None)
    connector = said.connector or sessions.home
    begins = payload.get("eventType") == "Started"
    if said.transaction:
        session = _followed(said, payload, session, sessions)
    metered = samples(payload.get("meterValue"), "TransactionEvent.meterValue", said.problems)
    _metered(said, metered, session, sessions, begins)
    _state(said, connector, _CHARGING_STATE.get(str(info.get("chargingState"))))
    phases = whole(payload.get("numberOfPhasesUsed"))
    if phases:
        said.add(connector, "phases", float(phases), said.time)
    return metered


def _followed(said: Said, payload: Mapping[str, Any], session: Session | None, sessions: Sessions) -> Session:
    """The event's session, with what the event tells of it. What was told before may be told again."""
    connector, kind = said.connector or sessions.home, payload.get("eventType")
    if not said.live:
        reason = str(_object(payload.get("transactionInfo")).get("stoppedReason") or _UNSAID)
        session = sessions.end(said.transaction, connector, said.time, reason)
    elif session is None and kind == "Started":
        session = sessions.began(said.transaction, connector, None, said.time)
    else:
        session = sessions.goes_on(said.transaction, connector)
    if session.began is None and kind == "Started":
        session.began, sessions.changed = said.time, True
    if said.connector and session.connector != said.connector:
        session.connector, sessions.changed = said.connector, True
    token = _object(payload.get("idToken")).get("idToken")
    if isinstance(token, str) and token and not session.tag:
        session.tag, sessions.changed = token, True
    seq = whole(payload.get("seqNo"), _EXACT)
    if seq is not None:
        if session.seq is not None and seq > session.seq + 1:
            said.problems.append(f"TransactionEvent.seqNo: {session.seq + 1} to {seq - 1} have not come")
        session.seq = max(seq, session.seq or 0)
    return session


def _notified(said: Said, payload: Mapping[str, Any], sessions: Sessions) -> list[Sample]:
    """2.x: a variable has changed; 2.1 tells a connector's state this way."""
    for event in objects(payload.get("eventData")):
        component, variable = _object(event.get("component")), _object(event.get("variable"))
        connector = whole(_object(component.get("evse")).get("id"))
        if connector and (component.get("name"), variable.get("name")) == ("Connector", "AvailabilityState"):
            _state(said, connector, _STATUS.get(str(event.get("actualValue"))), sessions)
            said.connector = connector
    said.time = moment(payload.get("generatedAt"))
    return []


def _metered(
    said: Said, metered: list[Sample], session: Session | None, sessions: Sessions, begins: bool = False
) -> None:
    connector = _place(said, sessions)
    if session and session.start_wh is None:
        session.start_wh = next((s.value for s in metered if _first(s, begins)), None)
        sessions.changed = sessions.changed or session.start_wh is not None
    said.triggered = any(s.context == "Trigger" for s in metered)
    for name, (value, at) in quantities(metered).items():
        if name == "energy":
            _energy(said, value, at, session, sessions)
        else:
            said.add(connector, name, value, at)


def _place(said: Said, sessions: Sessions) -> int:
    return said.connector if said.connector is not None else sessions.home


def _first(sample: Sample, begins: bool) -> bool:
    begins = begins or sample.context == "Transaction.Begin"
    return begins and sample.measurand == "Energy.Active.Import.Register" and not sample.phase


def _energy(said: Said, value: float, at: int | None, session: Session | None, sessions: Sessions) -> None:
    """The register, and what it has counted since the transaction began, where that is known."""
    if not _register(said, "Energy.Active.Import.Register", value, at, sessions) or session is None:
        return
    judged, counted = session.judged, session.counted(value, at)
    sessions.changed = sessions.changed or session.judged != judged
    if counted is not None:
        said.add(_place(said, sessions), "session_energy", counted, at)


def _register(said: Said, name: str, value: float, at: int | None, sessions: Sessions) -> bool:
    """Whether it is believed: chargers write 0 for a register that they do not have at hand."""
    connector = _place(said, sessions)
    if not sessions.believes(connector, value):
        said.problems.append(f"{name}: is 0, and was more before")
        return False
    sessions.shows(connector, value, at)
    said.add(connector, "energy", value, at)
    return True


# -- answers of the charger ------------------------------------------------------------------------------------------


def _schedule(said: Said, payload: Mapping[str, Any], _: Sessions) -> list[Sample]:
    """The limit in force: the first period of the schedule that all profiles together make."""
    schedule = _object(payload.get("chargingSchedule", payload.get("schedule")))
    connector = whole(payload.get("connectorId", schedule.get("evseId")))
    periods = objects(schedule.get("chargingSchedulePeriod"))
    if payload.get("status") != "Accepted" or not periods or schedule.get("chargingRateUnit") != "A":
        return []
    limit, phases = number(periods[0].get("limit")), whole(periods[0].get("numberPhases"))
    if connector and limit is not None and periods[0].get("startPeriod") == 0:
        said.add(connector, "current_limit", limit)
        if phases:
            said.add(connector, "phases", float(phases))
    return []


_Meaning = Callable[[Said, Mapping[str, Any], Sessions], list[Sample]]
_MEANINGS: dict[str, _Meaning] = {
    "BootNotification": _boot,
    "StatusNotification": _status,
    "StartTransaction": _start,
    "StopTransaction": _stop,
    "MeterValues": _meter,
    "TransactionEvent": _event,
    "NotifyEvent": _notified,
}
_ANSWERS: dict[str, _Meaning] = {"GetCompositeSchedule": _schedule}


# -- readings --------------------------------------------------------------------------------------------------------


def _readings(action: str, payload: Mapping[str, Any], metered: Mapping[str, Sample]) -> Iterator[Reading]:
    for path, value in leaves(payload, action):
        sample = metered.get(path)
        if sample:
            yield Reading(path, sample.value, sample.unit, sample.at)
        else:
            yield Reading(path, value)


def leaves(node: Any, path: str) -> Iterator[tuple[str, Value]]:
    """Every value of a JSON tree with its path; a Decimal as float, nothing for null and for what no float can be."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, f"{path}.{key}" if path else key or "''")
    elif isinstance(node, list):
        for n, value in enumerate(node):
            yield from leaves(value, f"{path}[{n}]")
    elif isinstance(node, bool | str):
        yield path, node
    elif isinstance(node, int | float | Decimal) and (value := number(node)) is not None:
        yield path, node if isinstance(node, int) and abs(node) < _EXACT else value


def whole(raw: object, below: int = 1000) -> int | None:
    """A connector or phase number: a small whole number that is not negative."""
    value = number(raw)
    return int(value) if value is not None and value == int(value) and 0 <= value < below else None


def _number_id(raw: object) -> str:
    """A transaction of 1.6, which counts from 1; some of its chargers write 0 or -1 for none."""
    found = _id(raw)
    return found if found.isdecimal() and len(found) <= _LONGEST_ID and int(found) > 0 else ""


def _id(raw: object) -> str:
    return str(raw) if isinstance(raw, int | str) and not isinstance(raw, bool) else ""


def _object(raw: object) -> Mapping[str, Any]:
    return raw if isinstance(raw, dict) else {}
