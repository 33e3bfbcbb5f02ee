"""From models to the house's points, by role: which model serves what, signs and states. Images made by pysunspec2."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.sunspec.aspects import sources
from drivers.sunspec.options import Options
from hub.model import Role, Value
from tests.drivers_sunspec.kit import chain_of

DC = {"behind": "pv"}
AC_103 = {
    "ID": 103,
    "W": -300,
    "W_SF": 1,
    "PhVphA": 2301,
    "PhVphB": 2302,
    "V_SF": -1,
    "AphA": 131,
    "A_SF": -2,
    "Hz": 5001,
    "Hz_SF": -2,
    "WH": 1234,
    "WH_SF": 3,
    "DCW": 310,
    "DCW_SF": 1,
    "TmpSnk": 415,
    "Tmp_SF": -1,
    "St": 5,
}
AC_113 = {"ID": 113, "W": 800.5, "Hz": 50.01, "PhVphA": 230.1, "WH": 1234567.0, "DCW": 900.0, "St": 4}
AC_701 = {"ID": 701, "W": 4000, "W_SF": 0, "WL1": 1300, "InvSt": 3, "TotWhInj": 5000, "TotWhAbs": 70, "TotWh_SF": 0}
MODULES = {
    "ID": 160,
    "DCW_SF": 0,
    "DCWH_SF": 1,
    "N": 4,
    "module": [
        {"ID": 1, "IDStr": "String 1", "DCW": 1000},
        {"ID": 2, "IDStr": "MPPT 2", "DCW": 500},
        {"ID": 3, "IDStr": "StCha 3", "DCW": 700, "DCWH": 20},
        {"ID": 4, "IDStr": "StDisCha 4", "DCW": 0, "DCWH": 10},
    ],
}
PORTS = {
    "ID": 714,
    "NPrt": 3,
    "DCW_SF": 0,
    "DCWH_SF": 0,
    "Prt": [
        {"PrtTyp": 0, "DCW": 1500},
        {"PrtTyp": 0, "DCW": 250},
        {"PrtTyp": 1, "DCW": -600, "DCWhInj": 11, "DCWhAbs": 22},
    ],
}
STORAGE = {"ID": 124, "WChaMax": 5000, "WChaMax_SF": 0, "ChaState": 553, "ChaState_SF": -1, "ChaSt": 4}
CAPACITY_OF_NONE = {"ID": 120, "WRtg": 5000, "WRtg_SF": 0}
CAPACITY = {"ID": 713, "WHRtg": 100, "WH_SF": 2, "SoC": 615, "SoH": 985, "Pct_SF": -1}
BANK = {
    "ID": 802,
    "WHRtg": 7700,
    "WHRtg_SF": 0,
    "SoC": 40,
    "SoC_SF": 0,
    "SoH": 97,
    "SoH_SF": 0,
    "ChaSt": 3,
    "W": -80,
    "W_SF": 1,
}
METER = {
    "ID": 203,
    "W": -150,
    "WphA": -50,
    "W_SF": 1,
    "AphA": -7,
    "A_SF": 0,
    "PhVphA": 2300,
    "V_SF": -1,
    "TotWhExp": 40,
    "TotWhImp": 50,
    "TotWh_SF": 2,
    "Hz": 50,
    "Hz_SF": 0,
}
NAMEPLATE = {"ID": 120, "WHRtg": 9600, "WHRtg_SF": 0}


def read(role: Role, *models: dict[str, Any], **options: Any) -> dict[str, Value]:
    images = chain_of(*models)
    values: dict[str, Value] = {}
    for source in sources(role, Options(**options), images):
        values |= source.read(images[source.place])
    return values


def test_an_inverter_of_integers() -> None:
    assert read(Role.INVERTER, AC_103) == {
        "power": -3000,
        "voltage_l1": 230.1,
        "voltage_l2": 230.2,
        "current_l1": 1.31,
        "frequency": 50.01,
        "energy": 1_234_000,
        "temperature": 41.5,
        "status": "throttled",
        "pv_power": 3100,
    }


def test_an_inverter_of_floats() -> None:
    assert read(Role.INVERTER, AC_113) == {
        "power": 800.5,
        "voltage_l1": 230.1,
        "frequency": 50.01,
        "energy": 1_234_567,
        "status": "running",
        "pv_power": 900,
    }


@pytest.mark.parametrize(
    ("model", "states"),
    [
        ({**AC_103, "St": None}, {None: None}),
        (
            AC_103,
            {
                1: "off",
                2: "sleeping",
                3: "starting",
                4: "running",
                6: "stopping",
                7: "fault",
                8: "standby",
                9: "unknown",
                0: "unknown",
            },
        ),
    ],
)
def test_states_of_an_inverter(model: dict[str, Any], states: dict[Any, str | None]) -> None:
    for raw, status in states.items():
        assert read(Role.INVERTER, {**model, "St": raw}).get("status") == status


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (0, "off"),
        (1, "sleeping"),
        (2, "starting"),
        (3, "running"),
        (4, "throttled"),
        (5, "stopping"),
        (6, "fault"),
        (7, "standby"),
        (8, "unknown"),
    ],
)
def test_states_of_model_701_count_from_0(raw: int, status: str) -> None:
    assert read(Role.INVERTER, {**AC_701, "InvSt": raw})["status"] == status


def test_the_newer_models_come_first() -> None:
    values = read(Role.INVERTER, AC_103, MODULES, AC_701, PORTS)
    assert (values["power"], values["power_l1"], values["energy"]) == (4000, 1300, 5000)
    assert (values["pv_power"], values["battery_power"]) == (1750, -600)


def test_the_strings_of_model_160_are_told_from_the_battery_by_name() -> None:
    values = read(Role.INVERTER, AC_103, MODULES, STORAGE)
    assert (values["pv_power"], values["battery_power"]) == (1500, -700)


def test_dc_power_is_pv_only_without_a_battery() -> None:
    assert "pv_power" not in read(Role.INVERTER, AC_103, STORAGE)


def test_a_model_that_says_nothing_yields_to_the_next() -> None:
    assert read(Role.INVERTER, {"ID": 701}, AC_103)["power"] == -3000


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        (
            (PORTS, CAPACITY, STORAGE),
            {
                "power": -600,
                "energy_charged": 22,
                "energy_discharged": 11,
                "soc": 61.5,
                "soh": 98.5,
                "capacity": 10_000,
                "status": "charging",
            },
        ),
        (
            (MODULES, STORAGE, NAMEPLATE),
            {
                "power": -700,
                "energy_charged": 200,
                "energy_discharged": 100,
                "soc": 55.3,
                "capacity": 9600,
                "status": "charging",
            },
        ),
        ((BANK,), {"power": -800, "soc": 40, "soh": 97, "capacity": 7700, "status": "discharging"}),
    ],
    ids=["7xx", "1xx", "802"],
)
def test_a_battery(models: tuple[dict[str, Any], ...], expected: dict[str, Value]) -> None:
    assert read(Role.BATTERY, AC_103, *models, **DC) == expected


@pytest.mark.parametrize(
    ("raw", "status"),
    [(1, "off"), (2, "empty"), (3, "discharging"), (4, "charging"), (5, "full"), (6, "idle"), (7, "unknown")],
)
def test_states_of_a_battery(raw: int, status: str) -> None:
    assert read(Role.BATTERY, PORTS, {**STORAGE, "ChaSt": raw}, **DC)["status"] == status


def test_a_battery_with_an_inverter_of_its_own_counts_on_the_ac_side() -> None:
    own = {**PORTS, "NPrt": 1, "Prt": PORTS["Prt"][2:]}
    values = read(Role.BATTERY, AC_701, own, CAPACITY)
    assert (values["power"], values["energy_charged"], values["energy_discharged"]) == (4000, 70, 5000)


def test_a_battery_beside_pv_counts_on_its_dc_side_even_when_nobody_says_so() -> None:
    assert read(Role.BATTERY, AC_701, PORTS, CAPACITY)["power"] == -600


HYBRID_802 = ({**AC_103, "W": 450, "DCW": 470}, BANK)
"""PV of 3900 W charges the battery with 800 W: its AC power is the house's, its DC power that of both"""


def test_the_pv_of_a_hybrid_without_ports_or_modules_is_never_its_batterys_power() -> None:
    for options in ({}, DC):
        values = read(Role.BATTERY, *HYBRID_802, **options)
        assert (values["power"], values["soc"], values["capacity"]) == (-800, 40, 7700)


def test_a_hybrid_without_ports_or_modules_tells_its_two_sides_apart() -> None:
    values = read(Role.INVERTER, *HYBRID_802)
    assert (values["power"], values["battery_power"]) == (4500, -800)
    assert "pv_power" not in values


def test_strings_in_modules_and_the_battery_in_a_model_of_its_own() -> None:
    strings = {**MODULES, "N": 2, "module": MODULES["module"][:2]}
    values = read(Role.INVERTER, *HYBRID_802, strings)
    assert (values["power"], values["pv_power"], values["battery_power"]) == (4500, 1500, -800)
    assert read(Role.BATTERY, *HYBRID_802, strings, ac=True)["power"] == -800


def test_the_same_with_set_points_whose_groups_are_no_strings() -> None:
    own = {**PORTS, "NPrt": 1, "Prt": PORTS["Prt"][2:]}
    assert read(Role.BATTERY, AC_701, own, CAPACITY, {"ID": 704})["power"] == 4000


@pytest.mark.parametrize("models", [(AC_103, STORAGE), (AC_103, {**BANK, "W": None})], ids=["124", "802 without W"])
def test_whose_the_ac_power_is_only_the_owner_can_say_where_no_model_does(models: tuple[dict[str, Any], ...]) -> None:
    assert read(Role.BATTERY, *models) == {}
    assert read(Role.BATTERY, *models, ac=True)["power"] == -3000


def test_a_battery_inverter_that_its_owner_names_so_counts_on_the_ac_side() -> None:
    assert read(Role.BATTERY, AC_103, BANK, ac=True)["power"] == -3000


@pytest.mark.parametrize(
    "models", [(AC_103,), (AC_103, STORAGE), (AC_701, {**PORTS, "NPrt": 2, "Prt": PORTS["Prt"][:2]})]
)
def test_a_unit_without_battery_has_none(models: tuple[dict[str, Any], ...]) -> None:
    assert read(Role.BATTERY, *models, **DC) == {}


@pytest.mark.parametrize("more", [(), (CAPACITY_OF_NONE,)])
def test_an_inverter_without_strings_is_not_a_battery_for_that(more: tuple[dict[str, Any], ...]) -> None:
    assert read(Role.BATTERY, AC_103, *more) == {}


def test_a_unit_without_a_meter_has_none() -> None:
    assert read(Role.GRID, AC_103) == {}


def test_a_meter_counts_import() -> None:
    assert read(Role.GRID, METER) == {
        "power": -1500,
        "power_l1": -500,
        "voltage_l1": 230,
        "current_l1": -7,
        "frequency": 50,
        "energy_import": 5000,
        "energy_export": 4000,
    }


def test_a_meter_that_counts_export_is_turned_and_its_counters_are_not() -> None:
    values = read(Role.GRID, METER, export=True)
    assert (values["power"], values["power_l1"], values["current_l1"], values["voltage_l1"]) == (1500, 500, 7, 230)
    assert (values["energy_import"], values["energy_export"]) == (5000, 4000)


SOLAREDGE = {"ID": 1, "Mn": "SolarEdge ", "Md": "SE10K"}
ACME = {"ID": 1, "Mn": "ACME", "Md": "Meter"}
WATTNODE = {"ID": 1, "Mn": "WattNode", "Md": "WND-3Y-400-MB"}


@pytest.mark.parametrize(
    ("chain", "watts"),
    [
        ((SOLAREDGE, METER), 1500),
        ((SOLAREDGE, AC_103, SOLAREDGE, METER), 1500),
        ((SOLAREDGE, AC_103, WATTNODE, METER), 1500),
        ((ACME, AC_103, SOLAREDGE, METER), 1500),
        ((ACME, AC_103, ACME, METER), -1500),
        ((METER,), -1500),
    ],
)
def test_a_meter_counts_as_its_maker_or_its_inverters_maker_does(chain: tuple[dict[str, Any], ...], watts: int) -> None:
    for role in (Role.GRID, Role.METER):
        assert read(role, *chain)["power"] == watts
    assert read(Role.GRID, *chain)["energy_import"] == 5000
    assert (read(Role.GRID, *chain, export=True)["power"], read(Role.GRID, *chain, export=False)["power"]) == (
        1500,
        -1500,
    ), "the owner's word goes first"


NO_POWER = {key: value for key, value in AC_103.items() if key not in ("W", "DCW")}


@pytest.mark.parametrize(("state", "name"), [(1, "off"), (2, "sleeping"), (8, "standby")])
def test_an_inverter_that_sleeps_and_has_no_power_gives_nothing(state: int, name: str) -> None:
    values = read(Role.INVERTER, NO_POWER | {"St": state})
    assert (values["status"], values["power"]) == (name, 0), "and the house's consumption is known at night"
    assert "pv_power" not in values
    assert read(Role.INVERTER, AC_103 | {"St": state})["power"] == -3000, "what is told goes first"
    no_power = {key: value for key, value in AC_701.items() if key != "W"} | {"InvSt": state - 1}
    assert read(Role.INVERTER, no_power)["power"] == 0


@pytest.mark.parametrize("state", [3, 4, 5, 6, 7, 9])
def test_an_inverter_that_works_and_has_no_power_is_not_taken_to_give_nothing(state: int) -> None:
    assert "power" not in read(Role.INVERTER, NO_POWER | {"St": state})


def test_the_second_meter_of_a_unit() -> None:
    assert read(Role.METER, METER, {**METER, "W": 12}, index=2)["power"] == 120
    assert read(Role.METER, METER, index=2) == {}
