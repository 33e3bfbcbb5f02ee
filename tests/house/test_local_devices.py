"""Devices for which no server but the simulated one exists, end to end: GoodWe over UDP, and what answers HTTP.

The hub is a process; the simulated house with all added devices is behind real sockets.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.house.demo_kit import Demo, eventually
from tests.house.hub_kit import document, hub, near, outcome, shown, silent, simulated
from tests.sim.conftest import Sim

PASSWORD = "house-secret"
DEVICES = (
    ("grid", "grid", "http", "homewizard", 'kind = "homewizard"'),
    ("clamps", "meter", "http", "shelly_3em", f'kind = "shelly"\npassword = "{PASSWORD}"'),
    ("roof", "inverter", "http", "fronius", 'kind = "fronius"'),
    ("roof_battery", "battery", "http", "fronius", 'kind = "fronius"\nbehind = "roof"'),
    ("garage", "inverter", "goodwe", "goodwe", ""),
    ("garage_battery", "battery", "goodwe", "goodwe", 'behind = "garage"\ncontrol = { mode = "off" }'),
    ("garage_meter", "meter", "goodwe", "goodwe", ""),
    ("wallbox", "charger", "http", "goe", 'kind = "goe"\ncontrol = { mode = "off" }'),
    ("dryer", "plug", "http", "shelly_plug", f'kind = "shelly"\npush = true\npassword = "{PASSWORD}"'),
    ("rod", "plug", "http", "shelly_relay", 'kind = "shelly"'),
)
POINTS = {
    "homewizard": ("grid.power", "grid.voltage_l1", "grid.energy_import"),
    "shelly_3em": ("clamps.power", "clamps.voltage_l1"),
    "fronius": ("roof.power", "roof_battery.power"),
    "goodwe": ("garage.power", "garage_battery.power", "garage_battery.soc", "garage_meter.power"),
    "goe": ("wallbox.power", "wallbox.current_limit"),
    "shelly_plug": ("dryer.power", "dryer.on"),
    "shelly_relay": ("rod.power", "rod.on"),
}
COMMANDS: dict[str, tuple[str, Any, Any]] = {
    "goodwe": ("garage_battery.power_setpoint", 1500, -1200),
    "goe": ("wallbox.current_limit", 10, 8),
    "shelly_plug": ("dryer.on", False, True),
    "shelly_relay": ("rod.on", True, False),
}
"""by simulated device: what is set, to what, and to what else"""


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    with simulated(
        tmp_path_factory.mktemp("sim"), "--add", "all", "--http-password", PASSWORD, load_w=700, irradiance=450, soc=60
    ) as running:
        yield running


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, sim: Sim) -> Iterator[Demo]:
    data = tmp_path_factory.mktemp("data")
    (data / "config.toml").write_text(document(sim, DEVICES))
    with hub(data, sim) as running:
        eventually(lambda: known(running, *POINTS), 20, "every device is read")
        yield running


def known(house: Demo, *devices: str) -> bool:
    return shown(house, (p for device in devices for p in POINTS[device]))


def stale(house: Demo, device: str) -> bool:
    return silent(house, POINTS[device])


# -- reading -----------------------------------------------------------------------------------------------------------


def test_every_device_tells_what_is_true_of_the_house(house: Demo) -> None:
    def all_true() -> bool:
        points, truths = house.points(), house.truths()
        goodwe, goe, fronius = truths["goodwe"], truths["goe"], truths["fronius"]
        pairs = {
            "grid.power": (truths["homewizard"]["power"], 60),
            "clamps.power": (truths["shelly_3em"]["power"], 60),
            "garage_meter.power": (truths["homewizard"]["power"], 60),
            "roof.power": (fronius["power"], 60),
            "roof.pv_power": (fronius["pv_power"], 20),
            "roof_battery.power": (fronius["battery_power"], 60),
            "roof_battery.soc": (fronius["soc"], 0.6),
            "garage.power": (goodwe["power"], 60),
            "garage.pv_power": (goodwe["pv_power"], 20),
            "garage_battery.power": (goodwe["battery_power"], 60),
            "garage_battery.soc": (goodwe["soc"], 0.6),
            "wallbox.power": (goe["power"], 60),
            "wallbox.current_limit": (goe["current_limit"] if goe["enabled"] else 0, 0),
            "dryer.power": (truths["shelly_plug"]["power"], 1),
            "rod.power": (truths["shelly_relay"]["power"], 1),
        }
        return all(near(points[p]["v"], true, within) for p, (true, within) in pairs.items())

    eventually(all_true, 15, "the hub shows what the devices know")


def test_the_added_devices_are_part_of_the_same_house(house: Demo) -> None:
    """What the hub reads of all of them adds up: grid + inverters = loads."""

    def adds_up() -> bool:
        points, truths = house.points(), house.truths()
        told = {p: points[p]["v"] for p in ("grid.power", "roof.power", "garage.power", "wallbox.power", "dryer.power")}
        others = truths["keba"]["power"] + truths["heidelberg"]["power"] + truths["heatpump_meter"]["power"]
        others += sum(truths[d]["power"] for d in ("plug_tv", "plug_washer", "shelly_relay"))
        lights = 25
        if any(v is None for v in told.values()):
            return False
        supplied = told["grid.power"] + told["roof.power"] + told["garage.power"] + truths["opendtu"]["power"]
        return near(supplied, 700 + others + told["wallbox.power"] + told["dryer.power"], 60 + lights)

    eventually(adds_up, 15, "grid + inverters = loads")


# -- commands ----------------------------------------------------------------------------------------------------------


def obeyed(house: Demo, device: str) -> Any:
    """What the house does of what was asked."""
    truth = house.truth(device)
    return {
        "goodwe": lambda: round(truth["battery_power"]),
        "goe": lambda: round(max(truth["current_l"])),
        "shelly_plug": lambda: truth["power"] > 100,
        "shelly_relay": lambda: truth["power"] > 100,
    }[device]()


@pytest.mark.parametrize("device", COMMANDS)
def test_a_command_is_confirmed_by_the_devices_own_reading_and_obeyed_in_the_house(house: Demo, device: str) -> None:
    point, *values = COMMANDS[device]
    for value in values:
        answer = outcome(house, point, value)
        assert (answer["state"], answer["applied"]) == ("confirmed", value), answer
        assert house.point(point)["v"] == value
        eventually(lambda value=value: obeyed(house, device) == value, 10, f"{device} does {value}")  # type: ignore[misc]


def test_an_export_limit_holds_at_the_meter_and_costs_sun(house: Demo, sim: Sim) -> None:
    away = {"keba": False, "heidelberg": False}
    sim.world(irradiance=900, load_w=0, soc=100, ev_present=away)
    try:
        assert outcome(house, "garage.export_limit", 0)["state"] == "confirmed"
        assert outcome(house, "garage_battery.power_setpoint", 0)["state"] == "confirmed"
        eventually(lambda: house.truth("goodwe")["curtailed"], 15, "its panels are held back")
        eventually(lambda: near(house.truth("goodwe")["power"], 0, 60), 15, "for the roof alone exports already")
        assert house.truth("fronius")["power"] > 5000
    finally:
        sim.world(irradiance=450, load_w=700, soc=60, ev_present=dict.fromkeys(away))
        house.command("garage.export_limit", 8000)


# -- faults ------------------------------------------------------------------------------------------------------------


HALVES = (("goodwe", "goe", "shelly_plug", "homewizard"), ("fronius", "shelly_3em", "shelly_relay"))


@pytest.mark.parametrize("kind", ["silent", "drop", "garbage"])
@pytest.mark.parametrize(("lost", "others"), [HALVES, HALVES[::-1]])
def test_devices_that_are_lost_turn_stale_and_come_back(
    house: Demo, lost: tuple[str, ...], others: tuple[str, ...], kind: str
) -> None:
    with ExitStack() as faults:
        for device in lost:
            faults.enter_context(house.fault(device, kind))
        eventually(lambda: all(stale(house, device) for device in lost), 20, f"{lost} stale")
        assert known(house, *others), "the others go on"
    eventually(lambda: known(house, *lost), 30, f"{lost} back")


@pytest.mark.parametrize(("kind", "state"), [("refuse", "refused"), ("ignore", "refused"), ("silent", "no_answer")])
@pytest.mark.parametrize("device", COMMANDS)
def test_a_command_that_is_not_carried_out_is_not_confirmed(house: Demo, device: str, kind: str, state: str) -> None:
    point, before, value = change(house, device)
    writes = house.truth(device)["writes"]
    with house.fault(device, kind):
        assert outcome(house, point, value)["state"] == state
        assert house.truth(device)["writes"] == writes
        assert house.point(point)["v"] in (before, None)
    eventually(lambda: known(house, device), 30, f"{device} back")


@pytest.mark.parametrize("device", COMMANDS)
def test_a_slow_device_is_commanded_as_soon_as_it_is_known_to_be_slow(house: Demo, device: str) -> None:
    """How long to wait is learnt: the first answers after it has become slow may come too late."""
    point, _, value = change(house, device)
    with house.fault(device, "slow"):
        eventually(lambda: outcome(house, point, value)["state"] == "confirmed", 30, f"{device} takes {value}")
        eventually(lambda: obeyed(house, device) == value, 10, f"{device} does {value}")
    eventually(lambda: known(house, device), 30, f"{device} back")


def change(house: Demo, device: str) -> tuple[str, Any, Any]:
    """Its point, what that is set to, and what else it could be; few writes, for flash has a budget of them."""
    point, one, other = COMMANDS[device]
    if house.point(point)["v"] not in (one, other):
        assert outcome(house, point, one)["applied"] == one
        return point, one, other
    return (point, one, other) if house.point(point)["v"] == one else (point, other, one)


def test_a_car_is_paused_and_charges_again_on_one_phase(house: Demo) -> None:
    """After the faults: a charger whose phases were switched is left alone for half a minute."""
    assert outcome(house, "wallbox.current_limit", 0)["state"] == "confirmed"
    eventually(lambda: house.truth("goe")["power"] == 0, 10, "it rests")
    eventually(lambda: house.point("wallbox.status")["v"] == "paused", 10, "and says so")
    assert outcome(house, "wallbox.phases", 1)["state"] == "confirmed"
    assert outcome(house, "wallbox.current_limit", 12)["state"] == "confirmed"
    eventually(lambda: [round(a) for a in house.truth("goe")["current_l"]] == [12, 0, 0], 10, "on its first phase")
    eventually(lambda: near(house.point("wallbox.power")["v"], 12 * 230, 60), 10, "and the hub sees it")


# -- finding -----------------------------------------------------------------------------------------------------------

LOOKS = {
    "goodwe": ("goodwe", "GoodWe", "GW8K-ET", "inverter", {"family": "et"}),
    "shelly_plug": ("http", "Shelly", "SNPL-00112EU", "plug", {"kind": "shelly"}),
    "shelly_relay": ("http", "Shelly", "SHSW-PM", "plug", {"kind": "shelly"}),
    "goe": ("http", "go-e", "go-eCharger_V4", "charger", {"kind": "goe"}),
    "homewizard": ("http", "HomeWizard", "HWE-P1", "grid", {"kind": "homewizard"}),
    "fronius": ("http", "Fronius", "Symo GEN24 10.0", "inverter", {"kind": "fronius"}),
}


@pytest.mark.parametrize("device", LOOKS)
def test_a_search_says_what_it_is_and_that_it_is_ours(house: Demo, sim: Sim, device: str) -> None:
    driver, vendor, model, role, options = LOOKS[device]
    house.api("POST", "/found", {"addresses": [sim.links[device]]})
    eventually(lambda: not house.api("GET", "/found")["searching"], 20, "the search ends")
    found = [d for d in house.api("GET", "/found")["devices"] if d["link"] == sim.links[device]]
    assert found, device
    assert (found[0]["driver"], found[0]["vendor"], found[0]["model"]) == (driver, vendor, model)
    assert role in found[0]["roles"] and options.items() <= found[0]["options"].items()
    assert found[0]["adopted"]


# -- last: after a refusal the hub asks again only half a minute later -------------------------------------------------


@pytest.mark.parametrize("device", ["shelly_3em", "fronius", "homewizard"])
def test_one_that_only_tells_and_refuses_that_is_stale(house: Demo, device: str) -> None:
    with house.fault(device, "refuse"):
        eventually(lambda: stale(house, device), 20, f"{device} stale")
