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
_CHARGING_STATE: dict[str, tuple[str, bool | None]] = {
    "EVConnected": ("ready", True),
    "Charging": ("charging", True),
    "SuspendedEV": ("ready", True),
    "SuspendedEVSE": ("paused", True),
    "Idle": ("no_vehicle", False),
}
_SESSIONS = 64
_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class Fact:
    """`name` of a connector (STATION: the whole charger) is `value`. `at`: by the charger's clock, UTC ms, if told."""

    connector: int
    name: str
    value: Value
    at: int | None = None


@dataclass(slots=True)
class Said:
    """What a message has said. `connector`: None when it does not tell; then its facts are of the first.

    `transaction`: the id of the one that it is about, `live` unless it ends with it. `triggered`: we had asked for it.
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

    def add(self, connector: int, name: str, value: Value, at: int | None = None) -> None:
        """Notes what is possible for the quantity, else a problem."""
        entry = quantity(name)
        if not isinstance(value, str | bool):
            low, high = entry.low, entry.high
            if (low is not None and value < low) or (high is not None and value > high):
                self.problems.append(f"{name}: {value:g} {entry.unit} is outside of what is possible")
                return
        self.facts.append(Fact(connector, name, value, at))


@dataclass(slots=True)
class Session:
    """A transaction: where, what the meter showed at its start (Wh), and whether it has ended."""

    connector: int
    start_wh: float | None = None
    over: bool = False


class Sessions:
    """The transactions that have been heard of, by id; the oldest are forgotten."""

    def __init__(self) -> None:
        self._known: dict[str, Session] = {}

    def began(self, id_: str, connector: int, start_wh: float | None) -> Session:
        self._known[id_] = session = Session(connector, start_wh)
        for old in list(self._known)[:-_SESSIONS]:
            del self._known[old]
        return session

    def of(self, id_: str) -> Session | None:
        return self._known.get(id_)


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


def _boot(said: Said, payload: Mapping[str, Any], _: Sessions) -> list[Sample]:
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


def _status(said: Said, payload: Mapping[str, Any], _: Sessions) -> list[Sample]:
    said.time = moment(payload.get("timestamp"))
    said.connector = whole(payload.get("evseId", payload.get("connectorId")))
    state = payload.get("status", payload.get("connectorStatus"))
    if said.connector:
        _state(said, said.connector, _STATUS.get(str(state)))
    return []


def _state(said: Said, connector: int, state: tuple[str, bool | None] | None) -> None:
    """A state since a while is still the state now, so it carries no time of its own."""
    if state is None:
        return
    status, connected = state
    if status:
        said.add(connector, "status", status)
    if connected is not None:
        said.add(connector, "connected", connected)


def _start(said: Said, payload: Mapping[str, Any], _: Sessions) -> list[Sample]:
    said.time, said.connector = moment(payload.get("timestamp")), whole(payload.get("connectorId"))
    start = number(payload.get("meterStart"))
    if said.connector:
        said.add(said.connector, "connected", True, said.time)
        if start is not None:
            said.add(said.connector, "energy", start, said.time)
            said.add(said.connector, "session_energy", 0.0, said.time)
    return []


def _stop(said: Said, payload: Mapping[str, Any], sessions: Sessions) -> list[Sample]:
    said.time, said.transaction, said.live = moment(payload.get("timestamp")), _id(payload.get("transactionId")), False
    session = sessions.of(said.transaction)
    said.connector = session.connector if session else None
    metered = samples(payload.get("transactionData"), "StopTransaction.transactionData", said.problems)
    _metered(said, metered, session)
    stop = number(payload.get("meterStop"))
    if stop is not None:
        said.facts = [f for f in said.facts if f.name not in ("energy", "session_energy")]
        _energy(said, stop, said.time, session)
    return metered


def _meter(said: Said, payload: Mapping[str, Any], sessions: Sessions) -> list[Sample]:
    said.connector = whole(payload.get("evseId", payload.get("connectorId")))
    said.transaction = _id(payload.get("transactionId"))
    metered = samples(payload.get("meterValue"), "MeterValues.meterValue", said.problems)
    session = sessions.of(said.transaction)
    if said.connector is None and session:
        said.connector = session.connector
    _metered(said, metered, session)
    return metered


def _event(said: Said, payload: Mapping[str, Any], sessions: Sessions) -> list[Sample]:
    """2.x: a transaction has begun, gone on or ended."""
    info = _object(payload.get("transactionInfo"))
    said.transaction, said.live = _id(info.get("transactionId")), payload.get("eventType") != "Ended"
    said.time = moment(payload.get("timestamp"))
    session = sessions.of(said.transaction)
    said.connector = whole(_object(payload.get("evse")).get("id")) or (session.connector if session else None)
    connector = said.connector or 1
    begins = payload.get("eventType") == "Started"
    if begins and session is None:
        session = sessions.began(said.transaction, connector, None)
    metered = samples(payload.get("meterValue"), "TransactionEvent.meterValue", said.problems)
    _metered(said, metered, session, begins)
    _state(said, connector, _CHARGING_STATE.get(str(info.get("chargingState"))))
    phases = whole(payload.get("numberOfPhasesUsed"))
    if phases:
        said.add(connector, "phases", float(phases), said.time)
    return metered


def _notified(said: Said, payload: Mapping[str, Any], _: Sessions) -> list[Sample]:
    """2.x: a variable has changed; 2.1 tells a connector's state this way."""
    for event in objects(payload.get("eventData")):
        component, variable = _object(event.get("component")), _object(event.get("variable"))
        connector = whole(_object(component.get("evse")).get("id"))
        if connector and (component.get("name"), variable.get("name")) == ("Connector", "AvailabilityState"):
            _state(said, connector, _STATUS.get(str(event.get("actualValue"))))
            said.connector = connector
    said.time = moment(payload.get("generatedAt"))
    return []


def _metered(said: Said, metered: list[Sample], session: Session | None, begins: bool = False) -> None:
    connector = said.connector if said.connector is not None else 1
    if session and session.start_wh is None:
        session.start_wh = next((s.value for s in metered if _first(s, begins)), None)
    said.triggered = any(s.context == "Trigger" for s in metered)
    for name, (value, at) in quantities(metered).items():
        if name == "energy":
            _energy(said, value, at, session)
        else:
            said.add(connector, name, value, at)


def _first(sample: Sample, begins: bool) -> bool:
    begins = begins or sample.context == "Transaction.Begin"
    return begins and sample.measurand == "Energy.Active.Import.Register" and not sample.phase


def _energy(said: Said, value: float, at: int | None, session: Session | None) -> None:
    """The register, and what it has counted since the transaction began, where that is known."""
    connector = said.connector if said.connector is not None else 1
    said.add(connector, "energy", value, at)
    if session and session.start_wh is not None and value >= session.start_wh:
        said.add(connector, "session_energy", round(value - session.start_wh, 6), at)


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


def whole(raw: object) -> int | None:
    """A connector or phase number: a small whole number that is not negative."""
    value = number(raw)
    return int(value) if value is not None and value == int(value) and 0 <= value < 1000 else None


def _id(raw: object) -> str:
    return str(raw) if isinstance(raw, int | str) and not isinstance(raw, bool) else ""


def _object(raw: object) -> Mapping[str, Any]:
    return raw if isinstance(raw, dict) else {}
