"""OpenDTU, Envoy, Powerwall, SolaX and Peblar of the simulated house, each in its maker's own words over plain HTTP."""

import base64
import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from .conftest import Sim, end, eventually, start

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
SECRET = "house-secret"
NAMES = ("opendtu", "enphase", "powerwall", "solax", "peblar")
SERIAL = "136171603546"
BASIC = {"Authorization": "Basic " + base64.b64encode(f"admin:{SECRET}".encode()).decode()}
BEARER = {"Authorization": f"Bearer {SECRET}"}
PLAIN = {"Authorization": SECRET}
FORM = urlencode({"optType": "ReadRealTimeData", "pwd": SECRET}).encode()
GATEWAY = {"username": "customer", "email": "me@example.org", "password": SECRET, "force_sm_off": False}
PEBLAR = "/api/wlac/v1/"


@dataclass
class Said:
    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    sim = start(tmp_path_factory.mktemp("http"), "--add", ",".join(NAMES), "--http-password", SECRET)
    sim.world(load_w=900, irradiance=600, soc=50, ev_present={"keba": False, "heidelberg": False})
    yield sim
    end(sim)


@pytest.fixture
def house(running: Sim) -> Iterator[Sim]:
    """With every fault taken back afterwards."""
    yield running
    for name in NAMES:
        running.fault(name, "none")


def say(
    house: Sim, device: str, path: str, body: bytes | None = None, method: str = "", headers: Mapping[str, str] = {}
) -> Said:
    request = urllib.request.Request(house.links[device] + path, body, dict(headers), method=method or None)
    try:
        with urllib.request.urlopen(request, timeout=2) as answer:
            return Said(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        return Said(error.code, error.headers, error.read())


def session(house: Sim) -> dict[str, str]:
    """With a Powerwall."""
    login = say(house, "powerwall", "/api/login/Basic", json.dumps(GATEWAY).encode())
    return {"Authorization": f"Bearer {login.json()['token']}"}


def dtu(house: Sim) -> Any:
    return say(house, "opendtu", f"/api/livedata/status?inv={SERIAL}").json()["inverters"][0]


def envoy(house: Sim, path: str) -> Any:
    return say(house, "enphase", path, headers=BEARER).json()


def words(house: Sim) -> list[int]:
    found: list[int] = say(house, "solax", "/", FORM).json()["Data"]
    return found


def charger(house: Sim, what: str) -> Any:
    return say(house, "peblar", PEBLAR + what, headers=PLAIN).json()


def order(house: Sim, **wanted: object) -> int:
    """To the charger; the answer's status."""
    headers = PLAIN | {"Content-Type": "application/json"}
    return say(house, "peblar", PEBLAR + "evinterface", json.dumps(wanted).encode(), "PATCH", headers).status


def limit(house: Sim, headers: Mapping[str, str] = BASIC, **wanted: Any) -> Said:
    """To the inverter behind the OpenDTU."""
    wish = {"serial": SERIAL, "limit_type": 0, "limit_value": 500} | wanted
    return say(house, "opendtu", "/api/limit/config", urlencode({"data": json.dumps(wish)}).encode(), headers=headers)


def signed(high: int, low: int) -> int:
    value = high << 16 | low
    return value - (1 << 32) if value >> 31 else value


def short(word: int) -> int:
    return word - 65536 if word >> 15 else word


def close(pairs: Mapping[str, tuple[float, float, float]]) -> bool:
    """What is told, what is true, and how far apart they may be."""
    return all(abs(told - true) <= within for told, true, within in pairs.values())


# -- what is true of the house -----------------------------------------------------------------------------------------


def test_an_opendtu_shows_its_three_phases(house: Sim) -> None:
    limit(house, limit_value=100, limit_type=1)

    def right() -> bool:
        row, true = dtu(house), house.devices()["opendtu"]
        ac, panels = row["AC"]["0"], row["DC"]
        return close(
            {
                "power": (ac["Power"]["v"], true["power"], 3),
                "of the phases": (sum(ac[f"Current Ph{n}"]["v"] for n in (1, 2, 3)) * 231, true["power"], 20),
                "between two": (ac["Voltage"]["v"] / ac["Voltage Ph1-N"]["v"], 3**0.5, 0.01),
                "panels": (sum(panels[n]["Power"]["v"] for n in "0123"), true["pv_power"], 3),
                "DC": (row["INV"]["0"]["Power DC"]["v"], true["pv_power"], 3),
                "energy": (row["INV"]["0"]["YieldTotal"]["v"] * 1000, true["energy_wh"], 2),
            }
        )

    eventually(right)
    row = dtu(house)
    assert (row["reachable"], row["producing"], row["limit_relative"], row["limit_absolute"]) == (True, True, 100, 1800)
    assert row["INV"]["0"]["YieldTotal"]["u"] == "kWh" and row["INV"]["0"]["Temperature"]["u"] == "°C"


def test_an_opendtu_lists_its_inverters_without_their_figures(house: Sim) -> None:
    told = say(house, "opendtu", "/api/livedata/status").json()
    assert [row["serial"] for row in told["inverters"]] == [SERIAL]
    assert not {"AC", "DC", "INV"} & told["inverters"][0].keys()
    assert set(told["total"]) == {"Power", "YieldDay", "YieldTotal"}
    assert say(house, "opendtu", "/api/livedata/status?inv=1").json()["inverters"] == []


def test_what_is_on_the_carport_is_part_of_the_balance(house: Sim) -> None:
    def adds_up() -> object:
        devices = house.devices()
        supplied = devices["grid"]["power"] + devices["inverter"]["power"] + devices["opendtu"]["power"]
        users = ("keba", "heidelberg", "peblar", "heatpump_meter", "plug_tv", "plug_washer")
        return abs(supplied - 900 - sum(devices[name]["power"] for name in users)) < 60

    eventually(adds_up)


def test_an_envoy_leads_sun_and_battery_apart(house: Sim) -> None:
    def right() -> bool:
        page, (sun, net) = envoy(house, "/production.json?details=1"), envoy(house, "/ivp/meters/readings")
        (encharge,) = envoy(house, "/ivp/ensemble/power")["devices:"]
        true, inverter = house.devices()["enphase"], house.devices()["inverter"]
        metered = next(m for m in page["production"] if m["type"] == "eim")
        total, bought = (next(m for m in page["consumption"] if m["measurementType"] == k) for k in (
            "total-consumption", "net-consumption"))  # fmt: skip
        return close(
            {
                "production": (metered["wNow"], true["power"], 30),
                "its lines": (sum(line["wNow"] for line in metered["lines"]), metered["wNow"], 0.1),
                "net": (bought["wNow"], true["grid_power"], 30),
                "consumption": (total["wNow"], bought["wNow"] + inverter["power"], 60),
                "reading of the sun": (sun["activePower"], true["power"], 30),
                "reading of the grid": (net["activePower"], true["grid_power"], 30),
                "battery": (encharge["real_power_mw"] / 1000, true["battery_power"], 30),
                "both together": (sun["activePower"] + encharge["real_power_mw"] / 1000, inverter["power"], 60),
                "charge": (envoy(house, "/ivp/ensemble/secctrl")["ENC_agg_soc"], true["soc"], 0.6),
            }
        )

    eventually(right)
    kinds = {m["eid"]: m["measurementType"] for m in envoy(house, "/ivp/meters")}
    assert [kinds[m["eid"]] for m in envoy(house, "/ivp/meters/readings")] == ["production", "net-consumption"]


def test_a_powerwall_adds_up_to_the_house(house: Sim) -> None:
    mine = session(house)

    def right() -> bool:
        told = say(house, "powerwall", "/api/meters/aggregates", headers=mine).json()
        power = {place: told[place]["instant_power"] for place in ("site", "solar", "battery", "load")}
        true = house.devices()["powerwall"]
        return close(
            {
                "site": (power["site"], true["grid_power"], 30),
                "solar": (power["solar"], true["power"], 30),
                "battery": (power["battery"], true["battery_power"], 30),
                "load": (power["load"], power["site"] + power["solar"] + power["battery"], 0.1),
            }
        )

    eventually(right)
    soe = say(house, "powerwall", "/api/system_status/soe", headers=mine).json()
    assert soe["percentage"] == pytest.approx(house.devices()["powerwall"]["soc"], abs=0.2)


def test_a_solax_turns_its_signs_and_splits_its_words(house: Sim) -> None:
    def right() -> bool:
        told, true = words(house), house.devices()["solax"]
        return close(
            {
                "phases": (sum(short(told[n]) for n in (6, 7, 8)), true["power"], 30),
                "in all": (short(told[9]), true["power"], 30),
                "volts times amperes": (told[0] * short(told[3]) / 100, true["power"] / 3, 30),
                "strings": (told[14] + told[15], true["pv_power"], 10),
                "feed-in": (-signed(told[35], told[34]), true["grid_power"], 30),
                "charging": (-short(told[41]), true["battery_power"], 30),
                "soc": (told[103], true["soc"], 0.6),
            }
        )

    eventually(right)


def test_a_solax_counts_what_a_real_one_counts_where_it_counts_it(house: Sim) -> None:
    path = VECTORS / "solax-http" / "x3_hybrid_g4_response.json"
    if not path.is_file():
        pytest.skip("the captures are not beside the checkout")
    real, mine = json.loads(path.read_text()), say(house, "solax", "/", FORM).json()
    assert mine.keys() == real.keys() and mine["type"] == real["type"]
    assert len(mine["Data"]) == len(real["Data"]) and len(mine["Information"]) == len(real["Information"])
    load, ac, feed_in = (real["Data"][47], short(real["Data"][9]), signed(real["Data"][35], real["Data"][34]))
    assert load == ac - feed_in, "what the words mean, by a real inverter"
    told = mine["Data"]
    assert told[47] == pytest.approx(short(told[9]) - signed(told[35], told[34]), abs=2)


REAL = {
    "peblar/meter.json": lambda house: charger(house, "meter"),
    "peblar/health.json": lambda house: charger(house, "health"),
    "enphase/8.1.41__ivp_ensemble_power": lambda house: envoy(house, "/ivp/ensemble/power"),
    "enphase/7.6.175_total__ivp_meters": lambda house: envoy(house, "/ivp/meters"),
    "enphase/8.2.4345_with_device_data__ivp_meters_readings": lambda house: envoy(house, "/ivp/meters/readings"),
    "enphase/7.6.175_total__api_v1_production": lambda house: envoy(house, "/api/v1/production"),
    "tesla-powerwall/meters_aggregates.json": lambda house: say(
        house, "powerwall", "/api/meters/aggregates", headers=session(house)
    ).json(),
    "tesla-powerwall/status.json": lambda house: say(house, "powerwall", "/api/status", headers=session(house)).json(),
}
MORE = {"din", "num_meters_aggregated", "instant_average_current"} | {
    f"last_phase_{what}_communication_time" for what in ("voltage", "power")
}
"""what later firmwares say beside"""


@pytest.mark.parametrize("name", REAL)
def test_answers_have_the_shape_of_real_ones(house: Sim, name: str) -> None:
    path = VECTORS / name
    if not path.is_file():
        pytest.skip("the captures are not beside the checkout")
    assert shape(REAL[name](house)) == shape(json.loads(path.read_text()))


def shape(found: object, at: str = "") -> set[str]:
    if isinstance(found, dict):
        inside = (shape(value, f"{at}.{key}") for key, value in found.items() if key not in MORE and value is not None)
        return set().union(*inside)
    if isinstance(found, list):
        return set().union(*(shape(value, f"{at}[]") for value in found))
    return {f"{at}:{'number' if type(found) in (int, float) else type(found).__name__}"}


# -- who may ask -------------------------------------------------------------------------------------------------------


def test_reading_an_opendtu_is_open_and_setting_it_is_not(house: Sim) -> None:
    for wrong in ({}, {"Authorization": "Basic YWRtaW46d3Jvbmc="}):
        said = limit(house, wrong)
        assert said.status == 401 and said.headers["WWW-Authenticate"].startswith("Basic ")
    assert say(house, "opendtu", "/api/limit/status").json()[SERIAL]["max_power"] == 1800


def test_an_envoy_tells_a_stranger_its_firmware_only(house: Sim) -> None:
    info = say(house, "enphase", "/info")
    assert info.headers.get_content_type() == "text/xml" and b"<software>D8." in info.body
    for wrong in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": "sessionId=wrong"}):
        for path in ("/auth/check_jwt", "/production.json", "/ivp/meters"):
            assert say(house, "enphase", path, headers=wrong).status == 401
    checked = say(house, "enphase", "/auth/check_jwt", headers=BEARER)
    assert b"Valid token" in checked.body
    cookie = checked.headers["Set-Cookie"].partition(";")[0]
    assert say(house, "enphase", "/production.json", headers={"Cookie": cookie}).status == 200


def test_a_powerwall_wants_a_session(house: Sim) -> None:
    said = say(house, "powerwall", "/api/meters/aggregates")
    assert said.status == 403 and said.json()["message"] == "User does not have adequate access rights"
    wrong = json.dumps(GATEWAY | {"password": "wrong"}).encode()
    said = say(house, "powerwall", "/api/login/Basic", wrong)
    assert (said.status, said.json()["error"]) == (401, "bad credentials")
    login = say(house, "powerwall", "/api/login/Basic", json.dumps(GATEWAY).encode())
    cookie = login.headers["Set-Cookie"].partition(";")[0]
    assert cookie == f"AuthCookie={login.json()['token']}"
    assert say(house, "powerwall", "/api/operation", headers={"Cookie": cookie}).json()["real_mode"]


def test_a_solax_takes_its_number_in_the_form_or_in_the_query(house: Sim) -> None:
    assert say(house, "solax", "/?" + FORM.decode(), b"").json()["type"] == 14
    assert say(house, "solax", "/", FORM.replace(SECRET.encode(), b"wrong")).body == b""
    assert say(house, "solax", "/").status == 404


def test_a_peblar_wants_its_token_bare(house: Sim) -> None:
    for wrong in ({}, BEARER, {"Authorization": "wrong"}):
        for what in ("health", "system", "meter", "evinterface"):
            assert say(house, "peblar", PEBLAR + what, headers=wrong).status == 401
    assert charger(house, "health") == {"AccessMode": "ReadWrite", "ApiVersion": "1.0"}


def test_those_that_are_never_open_have_a_key_when_none_is_given(tmp_path: Path) -> None:
    house = start(tmp_path, "--add", "enphase,peblar")
    assert say(house, "enphase", "/ivp/meters", headers={"Authorization": "Bearer house-key"}).status == 200
    assert say(house, "peblar", PEBLAR + "meter", headers={"Authorization": "house-key"}).status == 200
    end(house)


# -- what they do ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("wish", "watts"), [
    ({"limit_value": 400}, 399.6), ({"limit_value": 25, "limit_type": 1}, 450),
    ({"limit_value": 600, "limit_type": 256}, 599.4), ({"limit_value": 2200}, 1800),
])  # fmt: skip
def test_a_limit_of_an_opendtu_holds_at_its_inverter(house: Sim, wish: dict[str, Any], watts: float) -> None:
    """In tenths of a percent, as its radio has it."""
    assert limit(house, **wish).json() == {"type": "success", "message": "Settings saved!", "code": 1001}
    eventually(lambda: say(house, "opendtu", "/api/limit/status").json()[SERIAL]["limit_set_status"] == "Ok")
    eventually(lambda: abs(house.devices()["opendtu"]["power_limit"] - watts) < 0.01)
    assert dtu(house)["limit_absolute"] == pytest.approx(watts, abs=0.1)
    free = 1720 * 0.6 * 0.97
    eventually(lambda: house.devices()["opendtu"]["power"] == pytest.approx(min(watts, free), rel=0.08))


@pytest.mark.parametrize(("wish", "code"), [
    ({"serial": "0"}, 5001), ({"limit_value": 9000}, 5002), ({"limit_value": "x"}, 5002), ({"limit_type": 7}, 5003),
    ({"serial": "116100000001"}, 5004),
])  # fmt: skip
def test_a_limit_that_cannot_be_is_explained(house: Sim, wish: dict[str, Any], code: int) -> None:
    said = limit(house, **wish)
    assert (said.status, said.json()["type"], said.json()["code"]) == (200, "warning", code)


@pytest.mark.parametrize(("body", "code"), [(b"", 1002), (b"data=%7B", 1004), (b"data=%7B%7D", 1005)])
def test_a_form_that_is_none_is_explained(house: Sim, body: bytes, code: int) -> None:
    said = say(house, "opendtu", "/api/limit/config", body, "POST", BASIC)
    assert (said.json()["type"], said.json()["code"]) == ("warning", code)


def test_a_car_at_a_peblar_waits_until_it_is_given_a_current(house: Sim) -> None:
    order(house, ChargeCurrentLimit=0, Force1Phase=False)
    eventually(lambda: house.devices()["peblar"]["power"] == 0)
    assert (charger(house, "evinterface")["CpState"], charger(house, "meter")["PowerTotal"]) == ("State B", 0)
    assert order(house, ChargeCurrentLimit=9000) == 200
    eventually(lambda: house.devices()["peblar"]["current_l"] == [9, 9, 9])

    def right() -> bool:
        told, true = charger(house, "meter"), house.devices()["peblar"]
        return close(
            {
                "power": (told["PowerTotal"], true["power"], 30),
                "phases": (sum(told[f"PowerPhase{n}"] for n in (1, 2, 3)), told["PowerTotal"], 3),
                "current": (told["CurrentPhase2"], 9000, 1),
                "energy": (told["EnergyTotal"], true["energy_wh"], 3),
            }
        )

    eventually(right)
    assert charger(house, "evinterface")["CpState"] == "State C"
    order(house, Force1Phase=True)
    eventually(lambda: house.devices()["peblar"]["current_l"] == [9, 0, 0])
    order(house, ChargeCurrentLimit=5999)
    eventually(lambda: house.devices()["peblar"]["power"] == 0)
    order(house, ChargeCurrentLimit=20_000, Force1Phase=False)
    interface = charger(house, "evinterface")
    assert (interface["ChargeCurrentLimitActual"], interface["ChargeCurrentLimitSource"]) == (
        16_000, "Hardware limitation")  # fmt: skip
    order(house, ChargeCurrentLimit=0)


@pytest.mark.parametrize("wanted", [
    {}, {"ChargeCurrentLimit": -1}, {"ChargeCurrentLimit": 40_000}, {"ChargeCurrentLimit": 8.5}, {"CpState": "State A"},
    {"ChargeCurrentLimit": 8000, "Force1Phase": 1},
])  # fmt: skip
def test_a_peblar_takes_all_of_an_order_or_nothing(house: Sim, wanted: dict[str, object]) -> None:
    before = charger(house, "evinterface")
    assert order(house, **wanted) == 400
    assert charger(house, "evinterface") == before


# -- faults ------------------------------------------------------------------------------------------------------------

ASKED: dict[str, Callable[[Sim], Any]] = {
    "opendtu": dtu,
    "enphase": lambda house: envoy(house, "/production.json"),
    "powerwall": lambda house: say(house, "powerwall", "/api/meters/aggregates", headers=session(house)).json(),
    "solax": lambda house: say(house, "solax", "/", FORM).json(),
    "peblar": lambda house: charger(house, "meter"),
}


@pytest.mark.parametrize("device", NAMES)
def test_every_one_has_the_faults_that_all_devices_have(house: Sim, device: str) -> None:
    assert isinstance(ASKED[device](house), dict)
    house.fault(device, "garbage")
    with pytest.raises(ValueError):
        ASKED[device](house)
    house.fault(device, "silent")
    with pytest.raises(TimeoutError):
        ASKED[device](house)
    house.fault(device, "slow")
    begun = time.monotonic()
    assert isinstance(ASKED[device](house), dict) and time.monotonic() - begun > 0.6
    house.fault(device, "drop")
    eventually(lambda: _closed(house, device))
    house.fault(device, "none")
    eventually(lambda: not _closed(house, device))
    assert isinstance(ASKED[device](house), dict)


def _closed(house: Sim, device: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", house.port(device)), 2).close()
    except ConnectionRefusedError:
        return True
    return False


STANDS: dict[str, Callable[[Sim], object]] = {
    "opendtu": lambda house: dtu(house)["AC"],
    "enphase": lambda house: envoy(house, "/ivp/meters/readings"),
    "powerwall": ASKED["powerwall"],
    "solax": words,
}


@pytest.mark.parametrize("device", STANDS)
def test_one_that_is_stuck_stands_still(house: Sim, device: str) -> None:
    """With its own time, where it tells that; an OpenDTU says how old its figures are."""
    house.fault(device, "stuck")
    before = STANDS[device](house)
    time.sleep(2.2)
    assert STANDS[device](house) == before
    if device == "opendtu":
        assert dtu(house)["data_age"] >= 2
    house.fault(device, "none")
    eventually(lambda: STANDS[device](house) != before)


@pytest.mark.parametrize(("device", "status"), [("enphase", 401), ("powerwall", 403), ("solax", 200)])
def test_one_that_only_tells_refuses_that(house: Sim, device: str, status: int) -> None:
    mine = session(house) if device == "powerwall" else BEARER
    path = {"enphase": "/production.json", "powerwall": "/api/meters/aggregates", "solax": "/"}[device]
    house.fault(device, "refuse")
    said = say(house, device, path, FORM if device == "solax" else None, headers=mine)
    assert said.status == status and b"Data" not in said.body


def test_orders_are_refused_or_ignored(house: Sim) -> None:
    limit(house, limit_value=900)
    order(house, ChargeCurrentLimit=0)
    eventually(lambda: house.devices()["opendtu"]["power_limit"] == 900)
    for device in ("opendtu", "peblar"):
        house.fault(device, "refuse")
    assert (order(house, ChargeCurrentLimit=7000), limit(house).json()["type"]) == (403, "warning")
    for device in ("opendtu", "peblar"):
        house.fault(device, "ignore")
    assert (order(house, ChargeCurrentLimit=7000), limit(house).json()["type"]) == (200, "success")
    time.sleep(1.2)
    devices = house.devices()
    assert (devices["opendtu"]["power_limit"], devices["peblar"]["current_limit"]) == (900, 0)
