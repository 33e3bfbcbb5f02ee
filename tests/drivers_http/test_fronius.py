"""Fronius Solar API: every capture with goldens read by hand, and the answers that no capture has, by the manual."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web

from drivers.http.fronius import decode, make
from drivers.json.options import Options
from hub.errors import Refused
from hub.model import Role, Value
from hub.model.heard import CaptureHints
from tests.codec_fuzz import run
from tests.drivers_http.peer import Handler, Notes, answering, app_of, running, spec

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "fronius-solarapi"
FILES = sorted(VECTORS.glob("*.json"))
captured = pytest.mark.skipif(not VECTORS.is_dir(), reason="the captures are not beside the checkout")
GOLDEN: dict[str, dict[str, Value]] = {
    "v0_solar_api_GetInverterInfo.cgi": {
        "inverter.status": "running",
        "inverter.error_code": 0,
        "inverter_2.status": "running",
        "inverter_2.error_code": 0,
    },
    "v0_solar_api_GetInverterRealtimeData.cgi___Scope=Device_DeviceIndex=1_DataCollection=CommonInverterData": {
        "inverter.power": 1762,
        "inverter.frequency": 60,
        "inverter.voltage": 241,
        "inverter.current": 7.31,
        "inverter.energy": 35611000,
        "inverter.status": "running",
        "inverter.error_code": 0,
    },
    "v0_solar_api_GetInverterRealtimeData.cgi___Scope=Device_DeviceIndex=1_DataCollection=CumulationInverterData": {
        "inverter.power": 1785,
        "inverter.energy": 35611000,
        "inverter.status": "running",
        "inverter.error_code": 0,
    },
    "v0_solar_api_GetInverterRealtimeData.cgi___Scope=System": {"inverter.power": 1764, "inverter.energy": 35611000},
    "v1_solar_api_v1_GetInverterInfo.cgi": {
        "inverter.status": "running",
        "inverter.error_code": 0,
        "inverter_2.status": "running",
        "inverter_2.error_code": 0,
        "inverter_3.status": "running",
        "inverter_3.error_code": 0,
        "inverter_55.status": "running",
        "inverter_55.error_code": 0,
        "inverter_240.status": "running",
    },
    "v1_solar_api_v1_GetInverterRealtimeData.cgi___Scope=Device_DeviceId=1_DataCollection=3PInverterData": {
        "inverter.voltage_l1": 231.87258911132812,
        "inverter.voltage_l2": 231.79225158691406,
        "inverter.voltage_l3": 230.89854431152344,
        "inverter.current_l1": 0.9297204613685608,
        "inverter.current_l2": 0.9273123741149902,
        "inverter.current_l3": 0.9318990111351013,
    },
    "v1_solar_api_v1_GetInverterRealtimeData.cgi___Scope=Device_DeviceId=1_DataCollection=CommonInverterData": {
        "inverter.energy": 26213502,
        "inverter.status": "starting",
        "inverter.error_code": 523,
    },
    "v1_solar_api_v1_GetOhmPilotRealtimeData.cgi___Scope=System": {
        "heatpump.power": 0,
        "heatpump.energy": 2964307,
        "heatpump.tank_temperature": 23.9,
        "heatpump.error_code": 926,
        "heatpump.status": "running",
    },
    "v1_solar_api_v1_GetStorageRealtimeData.cgi___Scope=System": {
        "battery.soc": 7.9,
        "battery.capacity": 11520,
        "battery.voltage": 0,
        "battery.temperature": 19.55,
    },
}
SILENT = (
    "v0_solar_api_GetLoggerInfo.cgi",
    "v1_solar_api_GetAPIVersion.cgi",
    "v1_solar_api_v1_GetActiveDeviceInfo.cgi___DeviceClass=System",
)
"""Which version of the interface, the data card, and which devices there are."""


@captured
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem[:90])
def test_every_capture_decodes(path: Path) -> None:
    capture = decode(path.read_bytes(), CaptureHints(name=path.name))
    (message,) = capture.messages
    assert not capture.rejected and message.readings and not message.problems
    if path.stem in GOLDEN:
        assert message.points == pytest.approx(GOLDEN[path.stem])
    elif path.stem in SILENT:
        assert not message.points


@captured
def test_facts_units_and_times_of_captures() -> None:
    storage = VECTORS / "v1_solar_api_v1_GetStorageRealtimeData.cgi___Scope=System.json"
    message = decode(storage.read_bytes()).messages[0]
    assert (message.device["vendor"], message.device["model"]) == ("BYD", "BYD Battery-Box HV")
    assert message.time == 1641404546000
    common = next(path for path in FILES if "v0" in path.stem and "Common" in path.stem)
    readings = {r.code: (r.value, r.unit) for r in decode(common.read_bytes()).messages[0].readings}
    assert readings["Body.Data.PAC.Value"] == (1762, "W") and readings["Body.Data.DAY_ENERGY.Value"] == (6000, "Wh")


# -- hand-shaped, after Solar API V1, 42,0410,2012 ---------------------------------------------------------------------


def answer(data: object, code: int = 0, **asked: str) -> dict[str, Any]:
    head = {"RequestArguments": asked, "Status": {"Code": code, "Reason": "why"}, "Timestamp": "2024-05-01T12:00:00Z"}
    return {"Head": head, "Body": {"Data": data}}


METER = {"PowerReal_P_Sum": -1234.5, "PowerReal_P_Phase_1": -1000.5, "Voltage_AC_Phase_1": 231.2,
         "Current_AC_Phase_1": 4.4, "Frequency_Phase_Average": 49.9,
         "EnergyReal_WAC_Sum_Consumed": 1000, "EnergyReal_WAC_Sum_Produced": 2000,
         "PowerFactor_Sum": -0.98, "PowerReactive_Q_Sum": 10.0, "PowerApparent_S_Sum": 1240.0,
         "Details": {"Manufacturer": "Fronius", "Model": "Smart Meter 63A", "Serial": "18412345"}}  # fmt: skip
AT_GRID: dict[str, Value] = {
    "grid.power": -1234.5,
    "grid.power_l1": -1000.5,
    "grid.voltage_l1": 231.2,
    "grid.current_l1": 4.4,
    "grid.frequency": 49.9,
    "grid.energy_import": 1000,
    "grid.energy_export": 2000,
    "grid.power_factor": -0.98,
    "grid.reactive_power": 10.0,
    "grid.apparent_power": 1240.0,
}
GEN24_METER = {"SMARTMETER_POWERACTIVE_MEAN_SUM_F64": 500.0, "SMARTMETER_VALUE_LOCATION_U16": 0.0,
               "SMARTMETER_VOLTAGE_02_F64": 230.0, "SMARTMETER_ENERGYACTIVE_CONSUMED_SUM_F64": 77.0,
               "GRID_FREQUENCY_MEAN_F32": 50.0}  # fmt: skip
SITE = {"P_Grid": -810.2, "P_Load": -1203.3, "P_Akku": -1200.5, "P_PV": 4500.0, "Meter_Location": "grid"}
SHAPED: list[tuple[str, object, dict[str, Value]]] = [
    (
        "a hybrid that charges: DC sides of one inverter",
        answer({"Site": SITE, "Inverters": {"1": {"P": 3214.0, "SOC": 55.5, "E_Total": 1234.5, "DT": 1}}}),
        {"grid.power": -810.2, "battery.power": -1200.5, "battery.soc": 55.5, "inverter.power": 3214.0,
         "inverter.energy": 1234.5, "inverter.pv_power": 4500.0, "inverter.battery_power": -1200.5},
    ),
    (
        "two inverters: whose DC side it is, is not certain",
        answer({"Site": {**SITE, "P_Akku": None}, "Inverters": {"1": {"P": 1.0}, "2": {"P": None, "E_Total": 5}}}),
        {"grid.power": -810.2, "inverter.power": 1.0, "inverter_2.energy": 5},
    ),
    (
        "heating rods in the power flow",
        answer({"Site": {"P_Grid": 5.0}, "Smartloads": {
            "Ohmpilots": {"0": {"P_AC_Total": 2400.0, "State": "normal", "Temperature": 48.5}, "1": {"P_AC_Total": 0}},
            "OhmpilotEcos": {"2": {"P_AC_Total": 900.0, "Temperature_1": 30.0}}}}),
        {"grid.power": 5.0, "heatpump.power": 2400.0, "heatpump.tank_temperature": 48.5, "heatpump_2.power": 0},
    ),
    (
        "an inverter without a battery says 0 % of none",
        answer({"Site": {**SITE, "P_Akku": None}, "Inverters": {"1": {"P": 1, "Battery_Mode": "disabled", "SOC": 0}}}),
        {"grid.power": -810.2, "inverter.power": 1.0, "inverter.pv_power": 4500.0},
    ),
    ("no heating rod", answer({"Site": {"P_Grid": 5.0}, "Smartloads": {"Ohmpilots": {}}}), {"grid.power": 5.0}),
    ("night: nothing is told of what sleeps", answer({"Site": {"P_Grid": None, "P_PV": None}, "Inverters": {}}), {}),
    ("the meter at the grid", answer({"0": {**METER, "Meter_Location_Current": 0}}), AT_GRID),
    ("the same, asked for alone", answer({**METER, "Meter_Location_Current": 0}, DeviceId="0"), AT_GRID),
    (
        "a meter elsewhere: its sign is not certain",
        answer({"0": {**METER, "Meter_Location_Current": 0}, "1": {**METER, "Meter_Location_Current": 256}}),
        {**AT_GRID, "meter.voltage_l1": 231.2, "meter.frequency": 49.9},
    ),
    (
        "a GEN24 with early firmware",
        answer({"0": GEN24_METER}),
        {"grid.power": 500.0, "grid.voltage_l2": 230.0, "grid.energy_import": 77.0, "grid.frequency": 50.0},
    ),
    (
        "an older card that answers in kWh",
        answer({"PAC": {"Unit": "W", "Values": {"1": 5, "2": 7}}, "TOTAL_ENERGY": {"Unit": "kWh", "Values": {"2": 3}}}),
        {"inverter.power": 5, "inverter_2.power": 7, "inverter_2.energy": 3000},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("what", "found", "meant"), SHAPED, ids=[row[0] for row in SHAPED])
def test_other_answers_by_the_manual(what: str, found: object, meant: dict[str, Value]) -> None:
    assert decode(orjson.dumps(found)).messages[0].points == pytest.approx(meant)


def test_a_name_is_told_only_of_a_single_inverter() -> None:
    row = {"CustomName": "&#80;&#114;imo", "DT": 1, "PVPower": 500, "StatusCode": "Running", "UniqueID": "7"}
    box = {"CustomName": "box", "DT": 1, "PVPower": 0, "StatusCode": "Running", "UniqueID": "9"}
    one = decode(orjson.dumps(answer({"1": row, "240": box}))).messages[0]
    assert (one.device["model"], one.device["serial"]) == ("Primo", "7")
    assert "serial" not in decode(orjson.dumps(answer({"1": row, "2": row}))).messages[0].device


def test_a_status_that_is_not_0_is_a_problem_and_no_point() -> None:
    message = decode(orjson.dumps(answer({"PAC": {"Value": 5, "Unit": "W"}}, code=12))).messages[0]
    assert message.problems == ("status 12: why",) and not message.points


def test_a_status_without_a_reason_is_told_by_its_meaning() -> None:
    found = {"Head": {"Status": {"Code": 8, "Reason": "", "UserMessage": ""}}, "Body": {"Data": {}}}
    assert decode(orjson.dumps(found)).messages[0].problems == ("status 8: the inverter did not answer in time",)
    found["Head"] = {"Status": {"Code": 77}}
    assert decode(orjson.dumps(found)).messages[0].problems == ("status 77: no reason told",)


@pytest.mark.parametrize("data", [b"", b"[]", b'{"a": 1}', b"\xff", b"<html>404</html>", b"[" * 100_000])
def test_what_is_no_answer_is_rejected(data: bytes) -> None:
    capture = decode(data)
    assert not capture.messages and capture.rejected[0].reason


@captured
def test_damaged_answers_raise_nothing() -> None:
    assert run(decode, [path.read_bytes() for path in FILES], 3_000) > 300
    assert run(decode, [orjson.dumps(found) for _, found, _ in SHAPED], 3_000) > 300


# -- what it asks ------------------------------------------------------------------------------------------------------


def test_what_is_there_is_asked_for() -> None:
    kind = make(Options(spec("x", Role.INVERTER)))
    assert [ask.name for ask in kind.asks()] == ["flow", "meter", "info"]
    kind.read("flow", orjson.dumps(answer({"Site": SITE, "Inverters": {"1": {"P": 1}, "2": {"P": 2}}})))
    names = [ask.name for ask in kind.asks()]
    assert names == ["flow", "meter", "Common 1", "Common 2", "3P 1", "3P 2", "storage", "info"]
    flow = answer({"Site": SITE, "Inverters": {}, "Smartloads": {"Ohmpilots": {"720897": {"P_AC_Total": 5}}}})
    kind.read("flow", orjson.dumps(flow))
    assert "ohmpilot" in [ask.name for ask in kind.asks()]
    assert kind.read("flow", b"<html>").problems


def test_an_old_card_is_asked_the_old_way() -> None:
    kind = make(Options(spec("x", Role.INVERTER, api="v0")))
    kind.read("system", orjson.dumps(answer({"PAC": {"Unit": "W", "Values": {"1": 5}}})))
    assert [ask.path.partition("?")[0] for ask in kind.asks()] == [
        "/solar_api/GetInverterRealtimeData.cgi",
        "/solar_api/GetInverterRealtimeData.cgi",
        "/solar_api/GetInverterInfo.cgi",
    ]


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (answer({}, code=12), "status 12: why"),
        (answer({"Site": SITE, "Inverters": {"1": {"P": 5}}}, code=5), "status 5: why"),
        (answer(None), "an answer without data"),
        (answer({}), "an answer without data"),
        ({**answer({}), "Body": None}, "an answer without data"),
    ],
    ids=["12", "5 with data", "null", "empty", "no body"],
)
def test_a_power_flow_that_is_refused_is_no_answer(refused: object, why: str) -> None:
    kind = make(Options(spec("x", Role.INVERTER)))
    for _ in ("before it has told of an inverter", "and after"):
        heard = kind.read("flow", orjson.dumps(refused))
        assert heard.problems == (why,) and not (heard.readings or heard.points or heard.device)
        kind.read("flow", orjson.dumps(DAY))


NIGHT = {"P_Grid": 310.0, "P_Load": -310.0, "P_Akku": None, "P_PV": None}
DAY = answer({"Site": {**NIGHT, "P_PV": 50.0}, "Inverters": {"1": {"P": 48.0, "E_Total": 7}}})
ASLEEP = answer({"Site": NIGHT, "Inverters": {"1": {"P": None, "E_Total": 7}}})
GONE = answer({"Site": NIGHT, "Inverters": {}})
STANDBY = answer({"Site": NIGHT, "Inverters": {"1": {"P": -2.0, "E_Total": 7}}})
NOTHING = {"power": 0.0, "pv_power": 0.0}
"""by the manual: null if the inverter is not running"""
NO_SUN = answer({}, code=8)
AWAKE = answer({"DeviceStatus": {"StatusCode": 3, "ErrorCode": 523}})
NIGHTS: list[tuple[str, list[tuple[str, object]], dict[str, Value]]] = [
    ("it is listed, and silent", [("flow", DAY), ("Common 1", NO_SUN), ("flow", ASLEEP)],
     {"energy": 7, "status": "off", **NOTHING}),
    ("so it was when the hub began", [("flow", ASLEEP), ("Common 1", NO_SUN), ("flow", ASLEEP)],
     {"energy": 7, "status": "off", **NOTHING}),
    ("it is not listed any more", [("flow", DAY), ("flow", GONE)], {"status": "off", **NOTHING}),
    ("it tells its own state", [("flow", DAY), ("Common 1", NO_SUN), ("Common 1", AWAKE), ("flow", ASLEEP)],
     {"energy": 7, **NOTHING}),
    ("its own word of its power goes first", [("flow", DAY), ("flow", STANDBY)],
     {"energy": 7, "power": -2.0, "pv_power": 0.0}),
    ("by day silence is no sleep", [("flow", DAY), ("Common 1", NO_SUN), ("flow", DAY)],
     {"energy": 7, "power": 48.0, "pv_power": 50.0}),
    ("a hybrid does not sleep", [("flow", answer({"Site": SITE, "Inverters": {"1": {"P": 1}}})), ("flow", GONE)], {}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "said", "meant"), NIGHTS, ids=[row[0] for row in NIGHTS])
def test_an_inverter_that_sleeps_is_off_and_gives_0_w(
    what: str, said: list[tuple[str, object]], meant: dict[str, Value]
) -> None:
    kind = make(Options(spec("x", Role.INVERTER)))
    heard = [kind.read(name, orjson.dumps(found)) for name, found in said][-1]
    assert heard.at("inverter") == meant


def test_the_inverters_of_an_old_card_sleep_when_it_has_none_to_tell_of() -> None:
    kind = make(Options(spec("x", Role.INVERTER, api="v0")))
    assert kind.read("system", orjson.dumps(answer({}))).problems == ("an answer without data",)
    kind.read("system", orjson.dumps(answer({"PAC": {"Unit": "W", "Values": {"1": 5, "2": 7}}})))
    assert kind.read("system", orjson.dumps(answer({}))).points == {
        f"{place}.{name}": value
        for place in ("inverter", "inverter_2")
        for name, value in {"status": "off", **NOTHING}.items()
    }
    one = kind.read("system", orjson.dumps(answer({"PAC": {"Unit": "W", "Values": {"1": 5}}}))).points
    assert one == {"inverter.power": 5, "inverter_2.status": "off"}, "that it gives nothing is not known by day"
    assert kind.read("system", orjson.dumps(answer({}, code=12))).problems == ("status 12: why",)


async def _refused() -> list[str]:
    """The power flow, then a refusal with HTTP 200, then the power flow again."""
    said = {"now": DAY}

    async def flow(request: web.Request) -> web.StreamResponse:
        return web.json_response(said["now"])

    app = app_of({"/solar_api/v1/GetPowerFlowRealtimeData.fcgi": flow})
    async with running(app, spec("pv", Role.INVERTER, kind="fronius")) as (_, notes, _server):
        await notes.until(lambda: "pv.power" in notes.values)
        said["now"] = answer({}, code=12)
        await notes.until(lambda: notes.lost_count() == 1)
        count = len(notes.history["pv.power"])
        said["now"] = DAY
        await notes.until(lambda: len(notes.history["pv.power"]) > count)
        return notes.events


def test_a_device_that_refuses_with_http_200_is_lost_with_its_own_reason() -> None:
    events = asyncio.run(_refused())
    assert [event for event in events if event.startswith("lost")] == ["lost pv: no usable answer: status 12: why"]
    assert events[-1] == "seen pv"


async def _meter_lost() -> str:
    """A meter away from the grid is told by its own answer only."""
    said = {"now": answer({"0": {**METER, "Meter_Location_Current": 256}})}

    async def meter(request: web.Request) -> web.StreamResponse:
        return web.json_response(said["now"])

    app = app_of({
        "/solar_api/v1/GetPowerFlowRealtimeData.fcgi": answering(answer({"Site": NIGHT, "Inverters": {}})),
        "/solar_api/v1/GetMeterRealtimeData.cgi": meter,
    })  # fmt: skip
    async with running(app, spec("house", Role.METER, kind="fronius")) as (_, notes, _server):
        await notes.until(lambda: "house.frequency" in notes.values)
        said["now"] = answer({}, code=12)
        await notes.until(lambda: notes.lost_count() == 1)
        return notes.events[-1]


def test_a_part_that_is_refused_is_lost_with_that_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.http.part._SILENT_S", 0.05)
    assert asyncio.run(_meter_lost()).endswith("tells nothing of this any more: status 12: why")


async def _slept() -> Notes:
    said = {"flow": DAY, "common": answer({"UAC": {"Value": 230, "Unit": "V"}})}

    def of(name: str) -> Handler:
        async def answered(request: web.Request) -> web.StreamResponse:
            return web.json_response(said[name])

        return answered

    app = app_of({
        "/solar_api/v1/GetPowerFlowRealtimeData.fcgi": of("flow"),
        "/solar_api/v1/GetInverterRealtimeData.cgi": of("common"),
    })  # fmt: skip
    async with running(app, spec("pv", Role.INVERTER, kind="fronius")) as (driver, notes, _server):
        await notes.until(lambda: {"pv.power", "pv.voltage"} <= notes.values.keys())
        said.update(flow=ASLEEP, common=NO_SUN)
        driver._units[0]._turns["Common 1"].due = 0.0
        await notes.until(lambda: notes.values.get("pv.status") == "off")
        notes.history["pv.power"].clear()
        await notes.until(lambda: len(notes.history["pv.status"]) > 5)
        return notes


def test_a_night_is_no_loss_and_the_inverter_gives_0_w() -> None:
    notes = asyncio.run(_slept())
    assert notes.lost_count() == 0 and set(notes.history["pv.power"]) == {0.0}


def test_nothing_can_be_set() -> None:
    kind = make(Options(spec("x", Role.INVERTER)))
    assert kind.commands("x", "inverter") == ()
    with pytest.raises(Refused, match="only be read"):
        kind.write("inverter", "power_limit", 5)
