"""The physics: balance, limits, determinism, the answer to orders."""

import random
from pathlib import Path

import pytest
from firmware_sim.physics.heat import BLOCKED, FORCED
from firmware_sim.physics.homes import open_home
from firmware_sim.physics.inverter import Orders
from firmware_sim.physics.world import Setup, World

DAY_MS = 86_400_000
START = 1_750_000_000_000
DATA = Path(__file__).parents[3] / "shared" / "data"


def house(seed: int = 1, start: int = START, home: str = "generated") -> World:
    return World(Setup(start, seed, home, DATA if home != "generated" else None))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_balance_is_exact_and_soc_stays_in_its_limits_over_random_days(seed: int) -> None:
    chance = random.Random(seed)
    world = house(seed, START + chance.randrange(365) * DAY_MS)
    for step in range(18_000):
        if step % 900 == 0:
            world.inverter.orders = Orders(
                chance.choice([None, -9000.0, 9000.0, -500.0]), ac_limit_w=chance.choice([1e9, 3000.0, 0.0])
            )
            world.heatpump.sg = chance.randrange(1, 5)
            world.keba.limit_a = chance.choice([0.0, 6.0, 16.0])
            world.set_soc(chance.choice([0.0, 6.0, 50.0, 99.0, 100.0]))
        world.step(2.0)
        for grid, load in zip(world.grid.power, world.loads(), strict=True):
            assert grid + world.inverter.ac_w / 3 == pytest.approx(load, abs=1e-6)
        assert 0 <= world.inverter.battery.soc <= 100
        assert abs(world.inverter.ac_w) <= 10_001
        assert min(world.grid.voltage) > 210 and max(world.grid.voltage) < 250


def test_same_seed_and_start_give_the_same_house_and_another_seed_another() -> None:
    first, second, other = house(7), house(7), house(8)
    for _ in range(5000):
        for world in (first, second, other):
            world.step()
    assert first.snapshot() == second.snapshot() != other.snapshot()


def test_left_alone_the_inverter_brings_the_grid_to_zero() -> None:
    world = house(home="generated")
    world.overrides.irradiance, world.overrides.load_w = 300.0, 900.0
    world.keba.enabled = world.heidelberg.enabled = False
    world.heatpump.sg = BLOCKED
    for _ in range(120):
        world.step()
    assert abs(sum(world.grid.power)) < 100
    assert world.inverter.battery_w < 0


@pytest.mark.parametrize("watts", [-3000.0, 0.0, 2500.0])
def test_a_set_point_is_the_battery_power(watts: float) -> None:
    world = house()
    world.inverter.orders = Orders(watts)
    world.step()
    assert world.inverter.battery_w == pytest.approx(watts)


def test_a_power_limit_curtails_pv_when_the_battery_is_full() -> None:
    world = house()
    world.overrides.irradiance = 900.0
    world.set_soc(100)
    world.inverter.orders = Orders(ac_limit_w=2000.0)
    for _ in range(20):
        world.step()
    assert world.inverter.ac_w == pytest.approx(2000.0, abs=20)
    assert world.inverter.curtailed


def test_sg_ready_blocks_and_forces_the_heat_pump() -> None:
    world = house()
    world.heatpump.sg = FORCED
    for _ in range(300):
        world.step()
    assert world.heatpump.power_w > 2000
    world.heatpump.sg = BLOCKED
    for _ in range(300):
        world.step()
    assert world.heatpump.power_w < 20


def test_a_car_waits_below_six_amperes_and_fills_up() -> None:
    world = house()
    world.keba.forced_present, world.keba.soc = True, 95.0
    world.keba.limit_a = 5.9
    world.step()
    assert world.keba.current_a == 0
    world.keba.limit_a = 16.0
    for _ in range(2 * 3600):
        world.step()
    assert world.keba.soc == pytest.approx(100, abs=0.2)
    assert world.keba.current_a == 0


@pytest.mark.parametrize("home", ["uci", "emhass"])
def test_real_homes_replay(home: str) -> None:
    if not DATA.is_dir():
        pytest.skip("the recordings of real homes are not there")
    recording = open_home(home, DATA, 1)
    hours = [sum(recording.load(START / 1000 + 3600 * hour)) for hour in range(24 * 7)]
    assert 100 < sum(hours) / len(hours) < 3000
    assert len(set(hours)) > 100
