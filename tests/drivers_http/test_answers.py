"""Captures with several answers, of every kind: one a line, one after the other, in a list, recorded, with heads."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from drivers.json.split import Piece, split
from hub.formats import codec
from hub.model.heard import Capture, CaptureHints, Rejected
from tests.codec_fuzz import check, run

ROW = {"TIMESTAMP_UTC": 1633130812, "CONSUMPTION_W": 935, "PRODUCTION_W": 0}
ANSWERS: dict[str, tuple[Any, str, object]] = {
    "enphase": ({"wattsNow": 5, "wattHoursLifetime": 9}, "inverter.power", 5),
    "fronius": ({"Head": {}, "Body": {"Data": {"Site": {"P_Grid": -7.5}}}}, "grid.power", -7.5),
    "homewizard": ({"active_power_w": -543, "smr_version": 50}, "grid.power", -543),
    "p1monitor": ([ROW], "grid.power", 935),
    "peblar": ({"PowerTotal": 3680, "EnergyTotal": 1}, "charger.power", 3680),
    "powerfox": ({"values": [{"obis": "16.7.0", "value": 12}]}, "grid.power", 12),
    "shelly": (
        {"src": "a", "method": "NotifyStatus", "params": {"ts": 1, "switch:0": {"id": 0, "apower": 1}}},
        "plug.power",
        1,
    ),
    "solax": ({"sn": "A", "type": 99, "ver": "3", "Data": [1, 2]}, "", None),
    "powerwall": ({"percentage": 42.5}, "battery.soc", 42.5),
    "goe": ({"car": 1, "wh": 70}, "charger.session_energy", 70),
    "opendtu": ({"inverters": [{"serial": "1", "reachable": False}]}, "inverter.connected", False),
}
BOM = b"\xef\xbb\xbf"
everyone = pytest.mark.parametrize("kind", ANSWERS)


def decode(kind: str, data: bytes, name: str = "") -> Capture:
    capture = codec(kind).decode(data, CaptureHints(name))
    check(data, capture)
    return capture


def line(kind: str, indent: int | None = None) -> bytes:
    return json.dumps(ANSWERS[kind][0], indent=indent).encode()


def heard(kind: str, data: bytes, offsets: list[int], rejected: int = 0) -> None:
    """Each message says the same as the answer alone, and stands where it began."""
    capture, (_, point, value) = decode(kind, data), ANSWERS[kind]
    assert [m.offset for m in capture.messages] == offsets and len(capture.rejected) == rejected, capture
    for message in capture.messages:
        assert message.readings and (not point or message.points[point] == value)


@everyone
def test_one_a_line(kind: str) -> None:
    one = line(kind)
    heard(kind, one + b"\n" + one + b"\r\n\n" + one + b"\n", [0, len(one) + 1, 2 * len(one) + 4])


@everyone
def test_one_after_the_other(kind: str) -> None:
    one = line(kind, 2)
    heard(kind, one + b"\n" + one + one, [0, len(one) + 1, 2 * len(one) + 1])


@everyone
def test_a_list_of_them(kind: str) -> None:
    one = line(kind)
    heard(kind, b"[" + one + b"]", [1])
    heard(kind, b"[\n  " + one + b",\n  " + one + b"\n]\n", [4, 8 + len(one)])


@everyone
def test_what_is_between_them_is_rejected_and_the_rest_heard(kind: str) -> None:
    one = line(kind, 2)
    data = one + b"\ngarbage\nmore\n" + one + b"\n" + one[:-5] + b"\n" + one
    heard(kind, data, [0, len(one) + 14, 3 * len(one) + 11], 2)
    assert [r.offset for r in decode(kind, data).rejected] == [len(one) + 1, 2 * len(one) + 15]


@everyone
def test_a_byte_order_mark(kind: str) -> None:
    one = line(kind)
    heard(kind, BOM + one, [3])
    heard(kind, BOM + one + b"\n" + BOM + one, [3, len(one) + 7])


@everyone
def test_status_line_and_headers(kind: str) -> None:
    head, one = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-A: {}\r\n\r\n", line(kind)
    heard(kind, head + one, [len(head)])
    heard(kind, head + one + b"\n" + head + one, [len(head), 2 * len(head) + len(one) + 1])


def chunks(body: bytes, size: int) -> bytes:
    """RFC 9112, 7.1: size in hexadecimal, data, and a chunk of 0 as the end."""
    parts = [body[n : n + size] for n in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


@everyone
@pytest.mark.parametrize("size", [7, 16, 4096])
def test_a_body_in_chunks(kind: str, size: int) -> None:
    head, one = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n", line(kind)
    whole = head + chunks(one, size)
    first = len(head) + whole[len(head) :].index(b"\n") + 1
    heard(kind, whole, [first])
    heard(kind, whole + whole, [first, len(whole) + first])


@pytest.mark.parametrize("cut", [1, 40, 90])
def test_chunks_that_are_cut_off_are_no_answer(cut: int) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    whole = head + chunks(line("shelly", 2), 20)
    capture = decode("shelly", whole[:-cut] + b"\n")
    assert len(capture.messages) == (cut == 1)
    assert capture.messages or capture.rejected


def test_a_number_before_a_body_that_is_not_in_chunks_is_no_size() -> None:
    head, one = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n", line("shelly")
    heard("shelly", head + b"2\r\n" + one, [len(head) + 3], 1)


@everyone
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_as_powershell_writes_it(kind: str, encoding: str) -> None:
    one = line(kind, 2).decode()
    data = f"\ufeff{one}\n{one}\ngarbage".encode(encoding)
    heard(kind, data, [2, 4 + 2 * len(one)], 1)
    assert decode(kind, data).rejected[0].offset == 6 + 4 * len(one)


def test_offsets_in_utf_16_count_what_is_not_ascii() -> None:
    row = {"src": "\u00fc\U0001f600", "method": "NotifyStatus", "params": {"switch:0": {"id": 0, "apower": 1}}}
    one = json.dumps(row, ensure_ascii=False)
    begin = len(f"{one}\n".encode("utf-16"))
    assert [m.offset for m in decode("shelly", f"{one}\n{one}".encode("utf-16")).messages] == [2, begin]


@everyone
def test_as_it_is_recorded(kind: str) -> None:
    one = json.dumps({"path": "/x", "status": 200, "body": line(kind).decode()}).encode()
    heard(kind, one, [0])
    heard(kind, one + b"\n" + one, [0, len(one) + 1])


@everyone
def test_a_log(kind: str) -> None:
    one = line(kind)
    begin = len(b"[2026-01-02 10:00:00] INFO (12): ")
    heard(kind, b"[2026-01-02 10:00:00] INFO (12): " + one + b"\n10:01 " + one, [begin, begin + len(one) + 7])


@everyone
def test_damage(kind: str) -> None:
    one, more = line(kind), line(kind, 2)
    head = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n"
    seeds = [one + b"\n" + one, more + more, b"[" + one + b"," + one + b"]", head + one + b"\n" + BOM + one,
             b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks(one, 9),
             one.decode().encode("utf-16")]  # fmt: skip
    assert run(lambda data: codec(kind).decode(data, CaptureHints()), seeds, 400) > 100


@pytest.mark.parametrize(
    "piece",
    [b"[", b"{", b"[\n", b"{\n", b'{"a":', b'{"a":\n', b'{"a', b'{"\n', b'[{"a":1},', b'{"a":{}\n', b"HTTP/1.1 200 \n",
     b"a:\n", b'["', b"[[1]\n", b"x\n", b"\n  [", b"  ", b",,", b"}\n{", b'{"a":[1,2,3,"' + b"x" * 90 + b'"]}x\n'],
)  # fmt: skip
def test_any_capture_takes_time_by_its_length(piece: bytes) -> None:
    data = piece * (100_000 // len(piece))
    began = time.process_time()
    for part in split(data):
        assert isinstance(part, Rejected) or part.body
    decode("shelly", data)
    assert time.process_time() - began < 5


def test_what_is_further_inside_of_a_damaged_one_is_no_answer() -> None:
    whole = json.dumps({"a": 1, "list": [{"id": 1}, {"id": 2}]}, indent=2).encode()
    damaged = whole[3:]
    assert [p for p in split(damaged) if isinstance(p, Piece)] == []
    assert [p for p in split(whole.replace(b'"a": 1', b'"a": ')) if isinstance(p, Piece)] == []
    assert [p.offset for p in split(damaged + b"\n" + whole) if isinstance(p, Piece)] == [len(damaged) + 1]


def test_long_documents_are_found_whole() -> None:
    one = json.dumps({"a": ["x" * 5000, list(range(3000))]}).encode()
    assert list(split(one + b"\n" + one)) == [Piece(0, one), Piece(len(one) + 1, one)]


def test_much_that_is_damaged_keeps_nothing_after_it_from_being_heard() -> None:
    one = line("shelly")
    for rubbish in (b'{"\n', b"[{\n", b"x\n", one[:-9] + b"\n", b"{'a': 1}\n"):
        assert decode("shelly", rubbish * 2000 + one).messages[-1].points == {"plug.power": 1}


def test_the_first_solax_leave_values_out() -> None:
    one = b'{"type":"X1","method":"uploadsn","Data":[1.0,,,2]}'
    capture = decode("solax", one + b"\n" + one)
    assert len(capture.messages) == 2 and not capture.rejected


def test_lists_that_are_the_kinds_own_stay_whole() -> None:
    meters = b'[{"eid":704643328,"activePower":5},{"eid":704643584,"activePower":6}]'
    for kind, data in (
        ("enphase", meters),
        ("p1monitor", json.dumps([ROW, ROW]).encode()),
        ("peblar", b'[{"RfidTokenUid":"1"},{"RfidTokenUid":"2"}]'),
        ("powerfox", b'[{"DeviceId":"1"},{"DeviceId":"2"}]'),
        ("powerwall", b'[{"location":"site","id":0},{"location":"site","id":1}]'),
    ):
        assert len(decode(kind, data).messages) == 1


def test_a_row_of_p1_monitor_alone() -> None:
    (message,) = decode("p1monitor", json.dumps(ROW).encode()).messages
    assert message.points["grid.power"] == 935


def test_what_an_answer_tells_of_those_after_it() -> None:
    product = b'{"product_type":"HWE-SKT","serial":"1"}\n'
    assert decode("homewizard", product + b'{"active_power_w":5}').messages[1].points == {"plug.power": 5}
    meters = b'[{"eid":1,"state":"enabled","measurementType":"net-consumption","meteringStatus":"normal"}]\n'
    reading = b'[{"eid":1,"activePower":5,"channels":[]}]'
    assert decode("enphase", meters + reading).messages[1].points["grid.power"] == 5


def test_the_path_of_what_is_recorded_tells_what_was_asked() -> None:
    body = json.dumps([{"channels": [{"phase": "L1", "voltage": 230, "activePower": 7}]}])
    told = json.dumps({"path": "/ivp/meters/gridReading", "status": 200, "body": body}).encode()
    assert decode("enphase", told + b"\n" + told).messages[0].points["grid.power"] == 7


def test_frames_of_homewizards_websocket() -> None:
    data = b'{"type":"measurement","data":{"power_w":-543,"energy_import_t1_kwh":1,"meter_model":"X"}}'
    (message,) = decode("homewizard", data).messages
    assert message.points["grid.power"] == -543 and message.points["grid.energy_import"] == 1000
    device = b'{"type":"device","data":{"product_type":"HWE-P1","serial":"1"}}\n'
    assert [bool(m.points) for m in decode("homewizard", device + data).messages] == [False, True]
    assert not decode("homewizard", b'{"type":"authorized"}').messages


@pytest.mark.parametrize(
    "name", ["rpc EM.GetStatus", "x.GetStatus", "my_Sys.GetStatus.json", "a EM.GetStatus?id=0", ""]
)
def test_a_name_tells_no_more_than_it_knows(name: str) -> None:
    data = b'{"id":0,"a_act_power":1,"a_voltage":230,"a_current":2,"total_act_power":1}'
    points = decode("shelly", data, name).messages[0].points
    assert points == {"grid.power_l1": 1, "grid.voltage_l1": 230, "grid.current_l1": 2, "grid.power": 1}


def test_the_component_of_an_enveloped_answer_has_its_own_number() -> None:
    data = b'{"id":7,"src":"a","result":{"id":0,"apower":3,"output":true}}'
    assert decode("shelly", data, "x_Switch.GetStatus.json").messages[0].points == {"plug.on": True, "plug.power": 3}


def test_one_meter_of_a_first_generation_alone() -> None:
    meter = b'{"power":12.3,"is_valid":true,"timestamp":5,"counters":[1.5],"total":600,"overpower":0}'
    (message,) = decode("shelly", meter).messages
    assert message.points == {"meter.power": 12.3, "meter.energy_import": 10}
    assert {(r.code, r.value, r.unit) for r in message.readings} >= {("total", 10, "Wh"), ("power", 12.3, "W")}
    emeter = b'{"power":12.3,"reactive":1,"voltage":230,"is_valid":true,"total":600,"total_returned":4}'
    (message,) = decode("shelly", emeter).messages
    assert message.points["grid.energy_import"] == 600 and message.points["grid.energy_export"] == 4
    assert not decode("shelly", meter.replace(b"true", b"false")).messages[0].points


def test_an_envoys_refusal_is_no_message() -> None:
    """As firmware 7 and later answer without a token, with HTTP 401."""
    refused = b'{"status":401,"error":"","info":"Authentication required","moreInfo":""}'
    capture = decode("enphase", refused)
    assert not capture.messages
    assert capture.rejected[0].reason == "an error instead of an answer: Authentication required, 401"
