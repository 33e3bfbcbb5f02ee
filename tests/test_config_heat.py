"""The house and the tank of a heat pump in the site document."""

from __future__ import annotations

import pytest

from hub import config
from hub.errors import ConfigError
from hub.model.heat import HouseStore, TankStore
from hub.model.site import HeatPumpControl

PUMP = """
[devices.bedroom]
role = "thermostat"
driver = "mqtt"
link = "hub"
[devices.pump]
role = "heatpump"
driver = "modbus"
link = "tcp://x:1"
[devices.pump.control]
"""
HOUSE = 'temperature = "bedroom.temperature"\nloss_w_k = 180\n'
AT = "devices.pump.control"


def house(text: str, control: str = "power_w = 3000") -> str:
    return f"{PUMP}{control}\n[{AT}.house]\n{text}"


def tank(text: str, control: str = "power_w = 3000") -> str:
    return f"{PUMP}{control}\n[{AT}.tank]\n{text}"


def pump(text: str) -> HeatPumpControl:
    [found] = config.parse(text).heat_pumps
    return found


def test_a_house_is_told_by_its_kind_and_area_or_by_its_capacity() -> None:
    told = pump(house(HOUSE + 'building = "heavy"\narea_m2 = 100'))
    assert told.house == HouseStore("bedroom.temperature", 180.0, 7_220.0, 20.0, 22.5, 300.0) and told.power_w == 3_000
    told = pump(
        house(HOUSE + "building = 90\narea_m2 = 100\nlow = 19\nhigh = 23\ngains_w = 0", "power_w = 3000\ncop = 3.5")
    )
    assert told.house == HouseStore("bedroom.temperature", 180.0, 9_000.0, 19.0, 23.0, 0.0) and told.cop == 3.5
    areas = [pump(house(f'{HOUSE}building = "{kind}"\narea_m2 = 100')).house for kind in ("light", "medium", "heavy")]
    assert [a.capacity_wh_k for a in areas if a] == [3_060, 4_580, 7_220]
    assert pump(house(HOUSE + "area_m2 = 100")).house == areas[1], "medium where it is left out"


def test_a_tank_is_measured_by_its_heat_pump_where_nothing_else_is_told() -> None:
    told = pump(tank('litres = 300\nhot = ["06:30-08:00", "18:00-21:00"]'))
    assert told.tank == TankStore("pump.tank_temperature", 300.0, hot=((390, 480), (1080, 1260)))
    assert told.house is None
    told = pump(tank('litres = 300\ntemperature = "bedroom.temperature"\nlow = 40\nhigh = 50\nkwh_per_day = 9'))
    assert told.tank == TankStore("bedroom.temperature", 300.0, 40.0, 50.0, kwh_per_day=9.0)


def test_a_pump_of_which_no_store_is_told_is_as_it_was() -> None:
    assert pump(PUMP) == HeatPumpControl("pump")
    assert pump(PUMP + "power_w = 3000").power_w == 3_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (house("loss_w_k = 180\narea_m2 = 9"), f"{AT}.house.temperature: is missing; add it"),
        (
            house('temperature = "bedroom.temperature"\narea_m2 = 90'),
            "house.loss_w_k: is missing; give a number from 10",
        ),
        (house(HOUSE), f"{AT}.house.area_m2: is missing; give a number from 10 to 5000"),
        (house(HOUSE + 'building = "heavy"'), "house.area_m2: is missing; give a number from 10 to 5000"),
        (
            house(HOUSE + 'building = "haevy"\narea_m2 = 90'),
            "house.building: 'haevy' is not known; did you mean 'heavy'?",
        ),
        (house(HOUSE + "building = 3\narea_m2 = 90"), "house.building: must be a number from 5 to 200, not 3"),
        (house(HOUSE + "building = true\narea_m2 = 90"), "house.building: must be a number from 5 to 200, not True"),
        (house(HOUSE + "area_m2 = 90\nlow = nan"), "house.low: must be a number from 5 to 30, not nan"),
        (
            house(HOUSE + "area_m2 = 90\nlow = 23"),
            f"{AT}.house.low: 23 is not below high = 22.5; lower the one or raise",
        ),
        (house(HOUSE + "area_m2 = 90\nlos = 3"), "house.los: unknown key; did you mean"),
        (
            house(HOUSE.replace("180", "true") + "area_m2 = 90"),
            "house.loss_w_k: must be a number from 10 to 10000, not True",
        ),
        (
            house(HOUSE.replace("bedroom.temperature", "bedroom") + "area_m2 = 90"),
            "house.temperature: 'bedroom' is no point that measures it; write <device>.temperature",
        ),
        (
            house(HOUSE.replace("bedroom.temperature", "bedroom.humidity") + "area_m2 = 90"),
            "is no point that measures it",
        ),
        (
            house(HOUSE.replace("bedroom.", "kitchen.") + "area_m2 = 90"),
            f"{AT}.house.temperature: there is no device 'kitchen' in this document; name one, or add it",
        ),
        (house(HOUSE + "area_m2 = 90", ""), f"{AT}.power_w: is missing, and a plan needs it beside a house or a tank"),
        (house(HOUSE + "area_m2 = 90", "power_w = 0"), f"{AT}.power_w: must be a number from 100 to 200000, not 0"),
        (
            house(HOUSE + "area_m2 = 90", "power_w = 3000\ncop = 0.5"),
            f"{AT}.cop: must be a number from 1 to 10, not 0.5",
        ),
        (
            house(HOUSE + "area_m2 = 90\n[limits]\nimport_w = 2000"),
            f"{AT}.power_w: 3000 W is more than limits.import_w lets in, 2000 W; write 2000 or less",
        ),
        (tank(""), f"{AT}.tank.litres: is missing; give a number from 20 to 5000"),
        (
            tank("litres = 300\nlow = 60\nhigh = 60"),
            f"{AT}.tank.low: 60 is not below high = 60; lower the one or raise",
        ),
        (
            tank("litres = 300\nhot = ['22:00-06:00']"),
            "tank.hot: '22:00-06:00' is no time of the day; write it like 06:30",
        ),
        (tank("litres = 300\nhot = ['6:30-8:00']"), "tank.hot: '6:30-8:00' is no time of the day"),
        (tank("litres = 300\nhot = '06:30-08:00'"), "tank.hot: must be a list, not '06:30-08:00'"),
        (tank("litres = 300\ntemperature = 'pump.power'"), "write <device>.tank_temperature or <device>.temperature"),
        (PUMP + "house = 3", f"{AT}.house: must be a table, not 3"),
    ],
)
def test_what_cannot_be_names_the_key_and_what_to_do(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as e:
        config.parse(text, "config.toml")
    assert said in str(e.value)
