"""`decode` of OCPP captures: the collected files, the measurands of a meter, logs and what is broken."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import orjson
import pytest

from drivers.ocpp import schema
from drivers.ocpp.capture import decode
from drivers.ocpp.driver import OcppDriver
from drivers.ocpp.exchange import Exchange
from drivers.ocpp.frame import Failure, Result, parse
from hub.formats import codec
from hub.model import SystemClock
from hub.model.heard import Capture, CaptureHints, Heard
from tests.codec_fuzz import mutants, run, wanted
from tests.drivers_ocpp.kit import LINK, FakeSink, spec

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
CATEGORIES = ("ocpp-frames", "ocpp15-messages", "ocpp-charging-profiles")
FILES = [p for c in CATEGORIES for p in sorted((VECTORS / c).glob("*.json*"))]
needs_vectors = pytest.mark.skipif(not FILES, reason="the collected captures are not beside the checkout")

POINTS = {
    "ocpp15_gir_without_srpc_statusnotification.request.json": {"status": "no_vehicle", "connected": False},
    "ocpp15_without_srpc_statusnotification.request.json": {"status": "no_vehicle", "connected": False},
    "ocpp15_without_srpc_statusnotification.inerror-noerror.request.json": {"status": "fault"},
    "ocpp15_without_srpc_metervalues.request.json": {"energy": 20},
    "ocpp15_without_srpc_metervalues.invalidproperty.request.json": {"energy": 20},
}
"""All of connector 2, so of `charger_2`."""
STOPPED = "ocpp15_without_srpc_stoptransaction.request.json"


def told(data: str, name: str = "") -> Capture:
    return decode(data.encode(), CaptureHints(name))


def one(data: str, name: str = "") -> Heard:
    capture = told(data, name)
    assert not capture.rejected
    (message,) = capture.messages
    return message


# -- the collected files ---------------------------------------------------------------------------------------------


@needs_vectors
def test_the_categories_are_formats() -> None:
    for category in CATEGORIES:
        found = [p for p in FILES if p.parent.name == category]
        messages = [m for p in found for m in codec(category).decode(p.read_bytes(), CaptureHints(p.name)).messages]
        print(f"{category}: {len(found)} files, {len(messages)} messages")
        assert found and messages


@needs_vectors
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_every_file_decodes(path: Path) -> None:
    """Each line of frames is a message, each payload is one; nothing is rejected."""
    data = path.read_bytes()
    capture = decode(data, CaptureHints(path.name))
    lines = data.splitlines() if path.suffix == ".jsonl" else [data]
    assert len(capture.messages) == len([line for line in lines if line.strip()]) and not capture.rejected
    expected = {f"charger_2.{k}": v for k, v in POINTS.get(path.name, {}).items()}
    expected |= {"charger.energy": 20} if path.name == STOPPED else {}
    assert {k: v for m in capture.messages for k, v in m.points.items()} == expected
    assert orjson.dumps([dict(m.points) for m in capture.messages])


@needs_vectors
@pytest.mark.parametrize("path", [p for p in FILES if "profiles" in p.parent.name], ids=lambda p: p.name)
def test_a_profile_is_read_whole(path: Path) -> None:
    """1.6 does not know the `id` that some of the 1.6 profiles have in their schedule; all else is as it should be."""
    (message,) = decode(path.read_bytes(), CaptureHints(path.name)).messages
    raw = json.loads(path.read_text())
    assert len(message.readings) == _leaves(raw)
    schedule = raw["chargingSchedule"]
    foreign = "chargingProfileId" in raw and "id" in schedule
    assert message.problems == (
        ("SetChargingProfile.csChargingProfiles.chargingSchedule: 'id' is not known",) if foreign else ()
    )


def _leaves(node: Any) -> int:
    if isinstance(node, dict | list):
        return sum(map(_leaves, node.values() if isinstance(node, dict) else node))
    return 1


@needs_vectors
def test_the_schemas_are_the_official_ones() -> None:
    """What the package brings is what was collected: they agree on what is allowed in every message."""
    for path in sorted((VECTORS / "ocpp-schemas").glob("v*.json")):
        version, _, name = path.stem.partition("_")
        action = name.removesuffix("Request").removesuffix("Response")
        official = json.loads(path.read_text("utf-8-sig"))
        known = {"v16": schema.V16, "v201": schema.V201, "v21": schema.V21}[version]
        checker = schema._checker(known, action, name.endswith("Response"))
        assert set(checker.schema.get("properties", ())) == set(official.get("properties", ())), path.name
        assert checker.schema.get("required") == official.get("required"), path.name


# -- frames ----------------------------------------------------------------------------------------------------------


def test_a_violation_names_its_path() -> None:
    bad = '[2,"1","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Faultd","x":1}]'
    assert one(bad).problems == (
        "StatusNotification: 'x' is not known",
        "StatusNotification.status: 'Faultd' is not one of the known values",
    )


def test_a_multiple_of_a_tenth_is_one() -> None:
    """No binary number is a multiple of 0.1; 21.4 must pass and 21.45 must not."""
    profile = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 21.4}]},
    }
    assert not one(json.dumps(profile)).problems
    profile["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] = 21.45  # type: ignore[index]
    assert "multipleOf" in one(json.dumps(profile)).problems[0]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("", "empty"),
        ("nonsense", "not JSON"),
        ("[]", "not a frame"),
        ("7", "not a frame"),
        ("[9,1]", "message type"),
        ("[2]", "no message id"),
        ('[2,"1"]', "no action"),
        ('[2,"1","Heartbeat"]', "no payload"),
        ('[2,"1","Heartbeat",[]]', "no payload"),
        ('[3,"1"]', "no payload"),
        ('[4,"1"]', "no code"),
        ("[2,{},1]", "no text"),
        ('[2,"1","Heartbeat",{"a":NaN}]', "no number"),
        ('[2,"1","Heartbeat",' + '{"a":' * 50 + "1" + "}" * 50 + "]", "deep"),
        ('[2,"\\ud800","Heartbeat",{}]', "not JSON"),
    ],
)
def test_what_is_no_frame_is_rejected_with_the_reason(frame: str, reason: str) -> None:
    capture = told(frame)
    assert not capture.messages and len(capture.rejected) == 1 and reason in capture.rejected[0].reason


def test_a_session_is_followed_by_its_calls_and_answers() -> None:
    log = "\n".join(
        [
            '2024-05-01 10:00:00 recv [2,"a","StartTransaction",{"connectorId":2,"idTag":"T","meterStart":1000,'
            '"timestamp":"2024-05-01T10:00:00Z"}] ok',
            '{"dir":"out","message":"[3,\\"a\\",{\\"transactionId\\":7,\\"idTagInfo\\":{\\"status\\":\\"Accepted\\"}}]"}',
            '{"t":1,"frame":[2,"b","MeterValues",{"connectorId":2,"transactionId":7,"meterValue":[{"timestamp":'
            '"2024-05-01T10:05:00Z","sampledValue":[{"value":"1.25","unit":"kWh"}]}]}]}',
            '[2,"c","StopTransaction",{"transactionId":7,"meterStop":1900,"timestamp":"2024-05-01T11:00:00Z"}]',
            '[4,"c","InternalError","",{}]',
            "a line of the log that says nothing",
        ]
    )
    capture = told(log)
    start, answer, meter, stop, failure = capture.messages
    assert dict(start.points) == {"charger_2.connected": True, "charger_2.energy": 1000, "charger_2.session_energy": 0}
    assert answer.readings[0].code == "StartTransactionResponse.transactionId"
    assert dict(meter.points) == {"charger_2.energy": 1250, "charger_2.session_energy": 250}
    assert dict(stop.points) == {"charger_2.energy": 1900, "charger_2.session_energy": 900}
    assert failure.readings[0].value == "InternalError" and failure.readings[0].code == "StopTransactionError.errorCode"
    assert [m.problems for m in capture.messages] == [(), (), (), (), ()]
    assert len(capture.rejected) == 1 and log.encode()[capture.rejected[0].offset :].startswith(b"a line")
    assert meter.time == 1_714_557_900_000


def test_an_array_of_frames_is_several() -> None:
    capture = told('[[2,"1","Heartbeat",{}],[3,"1",{"currentTime":"2024-05-01T10:00:00Z"}],["x"]]')
    assert len(capture.messages) == 2 and len(capture.rejected) == 1


def test_a_payload_whose_name_says_nothing_is_known_by_its_keys() -> None:
    meter = '{"connectorId":1,"meterValue":[{"timestamp":"2024-05-01T10:00:00Z","sampledValue":[{"value":"5"}]}]}'
    assert one(meter).points == {"charger.energy": 5}
    assert "cannot be told" in one('{"status":"Accepted"}').problems[0]


def test_version_2_in_its_own_words() -> None:
    event = {
        "eventType": "Started",
        "timestamp": "2024-05-01T10:00:00Z",
        "triggerReason": "CablePluggedIn",
        "seqNo": 0,
        "evse": {"id": 2, "connectorId": 1},
        "numberOfPhasesUsed": 3,
        "transactionInfo": {"transactionId": "t", "chargingState": "SuspendedEVSE"},
        "meterValue": [
            {
                "timestamp": "2024-05-01T10:00:00Z",
                "sampledValue": [
                    {"value": 7.5, "unitOfMeasure": {"unit": "Wh", "multiplier": 3}},
                    {"value": 55, "measurand": "SoC", "unitOfMeasure": {"unit": "Percent"}},
                ],
            }
        ],
    }
    message = one(json.dumps([2, "1", "TransactionEvent", event]))
    assert not message.problems
    assert message.points == {
        "charger_2.status": "paused",
        "charger_2.connected": True,
        "charger_2.phases": 3,
        "charger_2.energy": 7500,
        "charger_2.session_energy": 0,
        "charger_2.soc": 55,
    }


@pytest.mark.parametrize(
    ("status", "points"),
    [
        ("Available", {"status": "no_vehicle", "connected": False}),
        ("Preparing", {"status": "ready", "connected": True}),
        ("Charging", {"status": "charging", "connected": True}),
        ("SuspendedEV", {"status": "ready", "connected": True}),
        ("SuspendedEVSE", {"status": "paused", "connected": True}),
        ("Finishing", {"status": "idle", "connected": True}),
        ("Reserved", {"status": "locked"}),
        ("Unavailable", {"status": "off"}),
        ("Faulted", {"status": "fault"}),
    ],
)
def test_every_state(status: str, points: dict[str, Any]) -> None:
    frame = [2, "1", "StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": status}]
    assert one(json.dumps(frame)).at("charger") == points
    frame[3]["connectorId"] = 0  # type: ignore[index]
    assert not one(json.dumps(frame)).points  # the charger as a whole is no connector


# -- meters ----------------------------------------------------------------------------------------------------------

METERS: list[tuple[list[dict[str, Any]], dict[str, Any]]] = [
    ([{"value": "12.5", "unit": "kWh"}], {"energy": 12500}),
    ([{"value": "12"}], {"energy": 12}),
    ([{"value": " 12.0 "}], {"energy": 12}),
    ([{"value": "3.7", "measurand": "Power.Active.Import", "unit": "kW"}], {"power": 3700}),
    ([{"value": "3700", "measurand": "Power.Active.Import"}], {"power": 3700}),
    (
        [{"value": str(n), "measurand": "Power.Active.Import", "phase": f"L{n}", "unit": "W"} for n in (1, 2, 3)],
        {"power_l1": 1, "power_l2": 2, "power_l3": 3, "power": 6},
    ),
    (
        [
            {"value": "100", "measurand": "Power.Active.Import", "unit": "W"},
            {"value": "2500", "measurand": "Power.Active.Export", "unit": "W"},
        ],
        {"power": -2400},
    ),
    (
        [{"value": "230", "measurand": "Voltage", "phase": p} for p in ("L1-N", "L2", "L1-L2", "N")],
        {"voltage_l1": 230, "voltage_l2": 230},
    ),
    ([{"value": "6.1", "measurand": "Current.Import", "phase": "L3", "unit": "A"}], {"current_l3": 6.1}),
    ([{"value": "6", "measurand": "Current.Import", "phase": "N"}], {}),
    ([{"value": "16", "measurand": "Current.Offered"}], {}),
    ([{"value": "80", "measurand": "SoC", "unit": "Percent", "location": "EV"}], {"soc": 80}),
    ([{"value": "25", "measurand": "Temperature", "unit": "Celcius"}], {"temperature": 25}),
    ([{"value": "77", "measurand": "Temperature", "unit": "Fahrenheit"}], {"temperature": 25}),
    ([{"value": "298.15", "measurand": "Temperature", "unit": "K"}], {"temperature": 25}),
    ([{"value": "49.98", "measurand": "Frequency"}], {"frequency": 49.98}),
    (
        [
            {"value": "5", "measurand": "Power.Active.Import", "location": "Outlet"},
            {"value": "9", "measurand": "Power.Active.Import", "location": "Inlet"},
        ],
        {"power": 5},
    ),
    ([{"value": "9", "measurand": "Energy.Reactive.Import.Register", "unit": "kvarh"}], {}),
    ([{"value": str(n), "phase": f"L{n}", "unit": "kWh"} for n in (1, 2, 3)], {"energy": 6000}),
    ([{"value": "7", "phase": "L1-N"}], {"energy": 7}),
    ([{"value": "7", "phase": "L1"}, {"value": "230", "measurand": "Voltage", "phase": "L2"}], {"voltage_l2": 230}),
]


def metered(sampled: list[dict[str, Any]], at: str = "2024-05-01T10:00:00Z") -> Heard:
    payload = {"connectorId": 1, "meterValue": [{"timestamp": at, "sampledValue": sampled}]}
    return one(json.dumps([2, "1", "MeterValues", payload]))


@pytest.mark.parametrize(("sampled", "points"), METERS)
def test_every_measurand(sampled: list[dict[str, Any]], points: dict[str, Any]) -> None:
    message = metered(sampled)
    assert message.at("charger") == pytest.approx(points) and not message.problems


@pytest.mark.parametrize(("unit", "value"), [("kwh", 1500), ("KWH", 1500), ("wh", 1.5), ("MWh", None)])
def test_units_in_other_letters(unit: str, value: float | None) -> None:
    """The schema objects, and what is meant is certain: nothing with M stands in it."""
    message = metered([{"value": "1.5", "unit": unit}])
    assert message.points.get("charger.energy") == value and "not one of the known values" in message.problems[0]


BELIEVED_NOT: list[tuple[dict[str, Any], str]] = [
    ({"value": "OCMF|{}", "format": "SignedData"}, "signed"),
    ({"value": "1e999"}, "not a number"),
    ({"value": ""}, "not a number"),
    ({"value": "5", "measurand": "Power.Active.Import", "unit": "Wh"}, "no sense"),
    ({"value": "9999999", "measurand": "Power.Active.Import", "unit": "kW"}, "outside"),
    ({"value": "120", "measurand": "SoC", "unit": "Percent"}, "outside"),
    ({"value": "-5"}, "outside"),
]


@pytest.mark.parametrize(("sampled", "reason"), BELIEVED_NOT)
def test_what_is_not_believed(sampled: dict[str, Any], reason: str) -> None:
    message = metered([sampled])
    assert not message.points and any(reason in problem for problem in message.problems)


def test_readings_are_in_base_units_with_their_time() -> None:
    message = metered([{"value": "1.5", "unit": "kWh"}], "2024-05-01T12:00:00+02:00")
    reading = next(r for r in message.readings if r.code == "MeterValues.meterValue[0].sampledValue[0].value")
    assert (reading.value, reading.unit, reading.at) == (1500, "Wh", 1_714_557_600_000)


def test_the_newest_of_several_samples_is_the_point() -> None:
    def value(at: str, watts: str) -> dict[str, Any]:
        return {"timestamp": at, "sampledValue": [{"value": watts, "measurand": "Power.Active.Import"}]}

    values = [value("2024-05-01T10:02:00Z", "2"), value("2024-05-01T10:01:00Z", "1")]
    message = one(json.dumps([2, "1", "MeterValues", {"connectorId": 1, "meterValue": values}]))
    assert message.points == {"charger.power": 2} and message.time == 1_714_557_720_000


# -- damage ----------------------------------------------------------------------------------------------------------

SEEDS = [
    json.dumps(
        [
            2,
            "1",
            "MeterValues",
            {"connectorId": 1, "meterValue": [{"timestamp": "2024-05-01T10:00:00Z", "sampledValue": sampled}]},
        ]
    ).encode()
    for sampled, _ in METERS
] + [
    b'[2,"a","StartTransaction",{"connectorId":1,"idTag":"T","meterStart":5,"timestamp":"2024-05-01T10:00:00Z"}]\n'
    b'[3,"a",{"transactionId":7,"idTagInfo":{"status":"Accepted"}}]\n'
    b'[2,"c","StopTransaction",{"transactionId":7,"meterStop":1900,"timestamp":"2024-05-01T11:00:00Z"}]',
    b'{"chargingProfileId":1,"stackLevel":1e2,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Absolute",'
    b'"chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":6.5}]}}',
]


def test_damaged_captures_raise_nothing() -> None:
    run(decode, SEEDS + [p.read_bytes() for p in FILES], 4_000, judge=_prints)


async def test_damaged_messages_harm_no_station() -> None:
    """Each is answered by a frame or dropped, and the outlet's values can still be told."""
    driver = OcppDriver(LINK, [spec()], SystemClock())
    station, sink = driver._stations["CP-wallbox"], FakeSink()
    station.outlets[1].found(sink)
    sent: list[str] = []

    async def send(text: str) -> None:
        sent.append(text)

    exchange = Exchange("CP-wallbox", send, station._answer, 1.0)
    seeds = [line for seed in SEEDS + [p.read_bytes() for p in FILES] for line in seed.splitlines()]
    for mutant in mutants([s for s in seeds if s.strip()], wanted(6_000)):
        await exchange.take(mutant)
        assert len(sent) <= 1
        if sent:
            assert isinstance(parse(sent.pop()), Result | Failure)
    assert sink.values and all(m.value == m.value for m in sink.history)
    assert {p.id for p in sink.devices["wallbox"].points} >= set(sink.values)


def _prints(data: bytes, capture: Capture) -> None:
    """What comes out can be told as JSON, whatever went in."""
    for message in capture.messages:
        orjson.dumps([[r.code, r.value] for r in message.readings] + [dict(message.points), list(message.problems)])
        orjson.dumps(dict(message.device))
    orjson.dumps([r.reason for r in capture.rejected])


def test_documents_over_several_lines_one_after_the_other() -> None:
    frames = [[2, "1", "Heartbeat", {}], [3, "1", {"currentTime": "2024-05-01T10:00:00Z"}]]
    first, second = (json.dumps(frame, indent=2) for frame in frames)
    for data in (
        first + "\n" + second,
        first + second,
        first + ",\n" + second + ",\n",
        "\ufeff" + first + "\r\n" + second,
    ):
        capture = told(data)
        assert len(capture.messages) == 2 and not capture.rejected, data
        assert capture.messages[1].readings[0].code == "HeartbeatResponse.currentTime"
        assert second[:9] in data[capture.messages[1].offset - 2 * ("\ufeff" in data) :][:12]
    bare = json.dumps({"t": 1, "frame": frames[0]}, indent=1)
    assert len(told(bare + "\n" + bare).messages) == 2


def test_a_document_that_is_cut_off_costs_only_itself() -> None:
    frame = json.dumps([2, "1", "Heartbeat", {"a": 1}], indent=2)
    capture = told(frame[:-6] + "\n" + '[2,"2","Heartbeat",{}]\n' + frame)
    assert len(capture.messages) == 2 and capture.rejected


def test_captures_in_pieces_take_time_by_their_length() -> None:
    for piece in (b"[\n", b'{"a":\n', b"[2,\n", b'[2,"a","B",{}]'):
        began = time.process_time()
        decode(piece * (30_000 // len(piece)))
        assert time.process_time() - began < 10, piece
    run(decode, [json.dumps([2, "1", "Heartbeat", {}], indent=2).encode() * 2], 300, judge=_prints)
