"""More devices that answer HTTP and of which only a simulated one is at hand, end to end: OpenDTU, Envoy, Powerwall,
SolaX and Peblar.

The hub is a process; each device is a face of the one simulated house behind a real socket, or a part of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.house.demo_kit import Demo, eventually
from tests.house.hub_kit import document, hub, near, outcome, shown, silent, simulated
from tests.sim.conftest import Sim

SECRET = "house-secret"
NAMES = ("opendtu", "enphase", "powerwall", "solax", "peblar")
STALE_S = 10
OPTIONS = {
    "powerwall": f'kind = "powerwall"\npassword = "{SECRET}"',
    "enphase": f'kind = "enphase"\ntoken = "{SECRET}"',
    "solax": f'kind = "solax"\npassword = "{SECRET}"',
    "opendtu": f'kind = "opendtu"\npassword = "{SECRET}"',
    "peblar": f'kind = "peblar"\ntoken = "{SECRET}"\nmax_a = 16\ncontrol = {{ mode = "off" }}',
}
DEVICES = (
    ("wall_meter", "meter", "powerwall", ""),
    ("wall_sun", "inverter", "powerwall", ""),
    ("wall", "battery", "powerwall", ""),
    ("grid", "grid", "enphase", ""),
    ("envoy_sun", "inverter", "enphase", ""),
    ("encharge", "battery", "enphase", ""),
    ("roof", "inverter", "solax", ""),
    ("roof_battery", "battery", "solax", 'behind = "roof"'),
    ("roof_meter", "meter", "solax", ""),
    ("carport", "inverter", "opendtu", ""),
    ("wallbox", "charger", "peblar", ""),
)
WIRED = [(id_, role, "http", link, f"{OPTIONS[link]}\n{more}") for id_, role, link, more in DEVICES]
POINTS = {
    "powerwall": (
        "wall_meter.power",
        "wall_meter.power_l3",
        "wall_meter.energy_import",
        "wall_sun.power",
        "wall.power",
        "wall.soc",
    ),
    "enphase": ("grid.power", "grid.power_l1", "grid.voltage_l1", "envoy_sun.power", "encharge.power", "encharge.soc"),
    "solax": ("roof.power", "roof.pv_power", "roof_battery.power", "roof_battery.soc", "roof_meter.power"),
    "opendtu": ("carport.power", "carport.power_limit", "carport.energy"),
    "peblar": ("wallbox.power", "wallbox.current_limit", "wallbox.status"),
}
COMMANDS: dict[str, tuple[str, float, float]] = {
    "opendtu": ("carport.power_limit", 450, 270),
    "peblar": ("wallbox.current_limit", 10, 8),
}
"""by simulated device: what is set, to what, and to what else"""


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    with simulated(
        tmp_path_factory.mktemp("sim"),
        "--add",
        ",".join(NAMES),
        "--http-password",
        SECRET,
        load_w=700,
        irradiance=450,
        soc=60,
        ev_present={"keba": False, "heidelberg": False},
    ) as running:
        yield running


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, sim: Sim) -> Iterator[Demo]:
    data = tmp_path_factory.mktemp("data")
    (data / "config.toml").write_text(document(sim, WIRED))
    with hub(data, sim) as running:
        eventually(lambda: known(running, *POINTS), 20, "every device is read")
        yield running


def known(house: Demo, *devices: str) -> bool:
    return shown(house, (p for device in devices for p in POINTS[device]))


def stale(house: Demo, device: str) -> bool:
    return silent(house, POINTS[device])


# -- reading -----------------------------------------------------------------------------------------------------------


def all_true(house: Demo) -> bool:
    points, truths = house.points(), house.truths()
    gateway, envoy, solax, dtu, peblar = (truths[d] for d in ("powerwall", "enphase", "solax", "opendtu", "peblar"))
    pairs = {
        "wall_meter.power": (gateway["grid_power"], 60),
        "wall_sun.power": (gateway["power"], 60),
        "wall.power": (gateway["battery_power"], 60),
        "wall.soc": (gateway["soc"], 0.6),
        "grid.power": (envoy["grid_power"], 60),
        "envoy_sun.power": (envoy["power"], 60),
        "encharge.power": (envoy["battery_power"], 60),
        "encharge.soc": (envoy["soc"], 1),
        "roof.power": (solax["power"], 60),
        "roof.pv_power": (solax["pv_power"], 20),
        "roof_battery.power": (solax["battery_power"], 60),
        "roof_battery.soc": (solax["soc"], 1),
        "roof_meter.power": (solax["grid_power"], 60),
        "carport.power": (dtu["power"], 5),
        "carport.pv_power": (dtu["pv_power"], 5),
        "carport.energy": (dtu["energy_wh"], 5),
        "wallbox.power": (peblar["power"], 60),
        "wallbox.energy": (peblar["energy_wh"], 10),
    }
    return all(near(points[p]["v"], true, within) for p, (true, within) in pairs.items())


def test_every_device_tells_what_is_true_of_the_house(house: Demo) -> None:
    eventually(lambda: all_true(house), 15, "the hub shows what the devices know")


@pytest.mark.parametrize("forces", [{"soc": 80, "load_w": 3000, "irradiance": 0}, {"soc": 30, "irradiance": 900}])
def test_it_is_true_either_way_round(house: Demo, sim: Sim, forces: dict[str, float]) -> None:
    """The battery gives in the one, and takes in the other: no sign is turned."""
    sim.world(**forces)
    try:
        giving = forces["irradiance"] == 0
        eventually(lambda: (house.truth("solax")["battery_power"] > 1000) is giving, 15, "the battery turns")
        eventually(lambda: all_true(house), 20, f"true with {forces}")
        values = [house.point(f"{battery}.power")["v"] for battery in ("wall", "encharge", "roof_battery")]
        assert all(value is not None and (value > 0) is giving for value in values)
    finally:
        sim.world(load_w=700, irradiance=450, soc=60)


def test_what_they_tell_adds_up(house: Demo) -> None:
    """By the SolaX, and by those that lead sun and battery apart: grid + inverters + batteries = loads."""

    def adds_up(meter: str, *sources: str) -> bool:
        points, truths = house.points(), house.truths()
        told = [points[f"{id_}.power"]["v"] for id_ in (meter, *sources, "carport")]
        users = sum(truths[d]["power"] for d in ("heatpump_meter", "plug_tv", "plug_washer", "peblar"))
        lights = 25
        return None not in told and near(sum(told), 700 + users, 60 + lights)

    for parts in (("roof_meter", "roof"), ("wall_meter", "wall_sun", "wall"), ("grid", "envoy_sun", "encharge")):
        eventually(lambda parts=parts: adds_up(*parts), 15, f"{parts} = loads")  # type: ignore[misc]


def test_each_says_who_it_is(house: Demo) -> None:
    told = {d["id"]: d for d in house.api("GET", "/devices")["devices"]}
    who = {
        id_: (told[id_]["vendor"], told[id_].get("serial")) for id_ in ("wall", "grid", "roof", "carport", "wallbox")
    }
    assert who == {
        "wall": ("Tesla", "TG120325001C3D"),
        "grid": ("Enphase", "122041077756"),
        "roof": ("SolaX", "H34A10I1234567"),
        "carport": ("Hoymiles", "136171603546"),
        "wallbox": ("Peblar", "24-01-ABC-DEF"),
    }


# -- commands ----------------------------------------------------------------------------------------------------------


def obeyed(house: Demo, device: str, value: float) -> bool:
    """What the house does of what was asked; the inverter's own limit goes in tenths of a percent of 1800 W."""
    truth = house.truth(device)
    if device == "opendtu":
        return near(truth["power"], value, 1) and bool(truth["curtailed"])
    return [round(a) for a in truth["current_l"]] == [value] * 3


@pytest.mark.parametrize("device", COMMANDS)
def test_a_command_is_confirmed_by_the_devices_own_reading_and_obeyed_in_the_house(house: Demo, device: str) -> None:
    point, *values = COMMANDS[device]
    for value in values:
        answer = outcome(house, point, value)
        assert (answer["state"], answer["applied"]) == ("confirmed", value), answer
        assert near(house.point(point)["v"], value, 1)
        eventually(lambda value=value: obeyed(house, device, value), 10, f"{device} does {value}")  # type: ignore[misc]


def test_a_limit_is_taken_back_and_the_sun_is_free_again(house: Demo) -> None:
    assert outcome(house, "carport.power_limit", 1800)["state"] == "confirmed"
    eventually(lambda: not house.truth("opendtu")["curtailed"] and house.truth("opendtu")["power"] > 600, 10, "free")


def test_a_car_is_paused_and_charges_again_on_one_phase(house: Demo) -> None:
    assert outcome(house, "wallbox.current_limit", 0)["state"] == "confirmed"
    eventually(lambda: house.truth("peblar")["power"] == 0, 10, "it rests")
    eventually(lambda: house.point("wallbox.status")["v"] != "charging", 10, "and says so")
    assert outcome(house, "wallbox.phases", 1)["state"] == "confirmed"
    assert outcome(house, "wallbox.current_limit", 12)["state"] == "confirmed"
    eventually(lambda: [round(a) for a in house.truth("peblar")["current_l"]] == [12, 0, 0], 10, "on its first phase")
    eventually(lambda: near(house.point("wallbox.power")["v"], 12 * 230, 60), 10, "and the hub sees it")
    assert house.point("wallbox.status")["v"] == "charging"


# -- faults ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("device", NAMES)
def test_one_that_falls_silent_is_stale_within_seconds_and_comes_back(house: Demo, device: str) -> None:
    others = [name for name in NAMES if name != device]
    with house.fault(device, "silent"):
        eventually(lambda: stale(house, device), STALE_S, f"{device} stale")
        eventually(lambda: known(house, *others), 3, "the others go on")
    eventually(lambda: known(house, device), 30, f"{device} back")


@pytest.mark.parametrize("kind", ["drop", "garbage"])
def test_all_that_are_lost_turn_stale_and_come_back(house: Demo, kind: str) -> None:
    """After garbage in the place of a session the hub asks half a minute later, as after a refusal."""
    for device in NAMES:
        house.set_fault(device, kind)
    try:
        eventually(lambda: all(stale(house, device) for device in NAMES), 20, "all stale")
    finally:
        for device in NAMES:
            house.set_fault(device, "none")
    eventually(lambda: known(house, *NAMES), 45, "all back")


@pytest.mark.parametrize(("kind", "state"), [("refuse", "refused"), ("ignore", "refused"), ("silent", "no_answer")])
@pytest.mark.parametrize("device", COMMANDS)
def test_a_command_that_is_not_carried_out_is_not_confirmed(house: Demo, device: str, kind: str, state: str) -> None:
    point, one, other = COMMANDS[device]
    value = other if near(house.point(point)["v"], one, 1) else one
    writes = house.truth(device)["writes"]
    with house.fault(device, kind):
        assert outcome(house, point, value)["state"] == state
        assert house.truth(device)["writes"] == writes
    eventually(lambda: known(house, device), 30, f"{device} back")


@pytest.mark.parametrize("device", NAMES)
def test_a_slow_device_is_still_read(house: Demo, device: str) -> None:
    with house.fault(device, "slow"):
        reads = house.truth(device)["reads"]
        eventually(lambda: house.truth(device)["reads"] > reads + 2 and known(house, device), 30, f"{device} is read")
    eventually(lambda: known(house, device), 30, f"{device} back")


def test_a_gateway_whose_own_time_stands_still_is_no_more_believed(house: Demo) -> None:
    with house.fault("powerwall", "stuck"):
        eventually(lambda: house.point("wall_meter.power")["v"] is None, 30, "the gateway stands still")
    eventually(lambda: known(house, "powerwall"), 30, "back")


# -- finding -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("device", "vendor", "role"), [
    ("opendtu", "Hoymiles", "inverter"), ("enphase", "Enphase", "inverter"),
])  # fmt: skip
def test_a_search_says_what_it_is_and_that_it_is_ours(
    house: Demo, sim: Sim, device: str, vendor: str, role: str
) -> None:
    """Not the others: a Powerwall is looked for over https only, and a stranger learns nothing of the two left."""
    house.api("POST", "/found", {"addresses": [sim.links[device]]})
    eventually(lambda: not house.api("GET", "/found")["searching"], 20, "the search ends")
    found = [d for d in house.api("GET", "/found")["devices"] if d["link"] == sim.links[device]]
    assert found, device
    assert (found[0]["driver"], found[0]["vendor"], found[0]["options"]["kind"]) == ("http", vendor, device)
    assert found[0]["adopted"]


# -- last: after a refusal the hub asks again only half a minute later -------------------------------------------------


@pytest.mark.parametrize("device", ["enphase", "powerwall", "solax"])
def test_one_that_only_tells_and_refuses_that_is_stale(house: Demo, device: str) -> None:
    with house.fault(device, "refuse"):
        eventually(lambda: stale(house, device), 20, f"{device} stale")
