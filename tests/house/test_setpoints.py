"""Set-points as devices take them, end to end: the hub as a process, the simulated house behind real sockets.

Those that hold only while they are renewed get short watchdogs here, by maps of the owner's own.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.house.demo_kit import Demo, eventually
from tests.house.hub_kit import HEAD, hub
from tests.sim.conftest import Sim, end, start

WATCHDOG_S = 4
KEBA = f"""\
base = "keba/p30"
[commands.current_limit]
low = 6
high = 32
step = 1
watchdog_s = {WATCHDOG_S}
prepare = [
    {{ address = 5016, type = "u16", value = 6000 }},
    {{ address = 5018, type = "u16", value = {WATCHDOG_S} }},
    {{ address = 5014, type = "u16", value = 1 }},
]
writes = [{{ address = 5004, type = "u16", scale = 0.001 }}]
"""
HEIDELBERG = f"""\
base = "heidelberg/energy-control"
[commands.current_limit]
low = 6
high = 16
step = 0.1
prepare = [{{ address = 262, value = 60 }}, {{ address = 257, value = {1000 * WATCHDOG_S} }}]
writes = [{{ address = 261, scale = 0.1 }}]
"""
# the battery of the SunSpec hybrid: model 704's set-point with its reversion time, models 713 and 714
HYBRID = f"""\
vendor = "Test"
models = ["Hybrid"]
roles = ["battery"]
source = "SunSpec models 704, 713, 714 as the simulated inverter lays them out"
verified = "facts"
[points]
soc = {{ address = 40667, scale = 0.1 }}
power = {{ address = 40754, type = "i16" }}
power_setpoint = {{ address = 40620, type = "i32" }}
[commands.power_setpoint]
low = -5000
high = 5000
step = 1
watchdog_s = {WATCHDOG_S}
prepare = [{{ address = 40626, value = 0 }}, {{ address = 40627, type = "u32", value = {WATCHDOG_S} }}]
writes = [{{ address = 40620, type = "i32" }}, {{ address = 40618, value = 1 }}]
"""
ISG = """\
base = "stiebel/isg"
[commands.sg_ready]
low = 1
high = 4
step = 1
register = "flash"
writes_a_day = 20
writes = [
    { address = 4001, values = { 1 = 0, 2 = 0, 3 = 1, 4 = 1 } },
    { address = 4002, values = { 1 = 1, 2 = 0, 3 = 0, 4 = 1 } },
]
"""
MAPS = {"keba/p30": KEBA, "heidelberg/energy-control": HEIDELBERG, "test/hybrid": HYBRID, "stiebel/isg": ISG}
DEVICES = (
    ("grid", "grid", "meter_tcp", "eastron/sdm630", 1, ""),
    ("wallbox", "charger", "keba", "keba/p30", 255, 'mode = "off"'),
    ("wallbox2", "charger", "heidelberg", "heidelberg/energy-control", 1, 'mode = "off"'),
    ("battery", "battery", "inverter", "test/hybrid", 1, 'mode = "off"'),
    ("heatpump", "heatpump", "heatpump", "stiebel/isg", 1, ""),
)


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Sim]:
    running = start(tmp_path / "sim")
    running.world(load_w=500, irradiance=0, soc=60, ev_present={"keba": True, "heidelberg": True})
    yield running
    end(running)


@pytest.fixture
def folder(tmp_path: Path, sim: Sim) -> Path:
    """The hub's data folder, with the owner's own maps and the site document in it."""
    data = tmp_path / "data"
    for name, text in MAPS.items():
        path = data / "maps" / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    tables = (
        f'[devices.{id_}]\nrole = "{role}"\ndriver = "modbus"\nlink = "{sim.links[link]}"\nmap = "{map_}"\n'
        + f"unit = {unit}\n"
        + (f"control = {{ {control} }}\n" if control else "")
        for id_, role, link, map_, unit, control in DEVICES
    )
    (data / "config.toml").write_text(HEAD + "".join(tables))
    return data


HELD = {"wallbox.current_limit": 10.0, "wallbox2.current_limit": 12.0, "battery.power_setpoint": 1500.0}


def ask_for_all(d: Demo) -> None:
    known = (*HELD, "battery.soc", "grid.power", "heatpump.sg_ready")
    eventually(lambda: all(d.point(p)["v"] is not None for p in known), 15, "every device is read")
    for point, value in HELD.items():
        answer = d.command(point, value, for_s=600)
        assert (answer["state"], answer["applied"]) == ("confirmed", value), answer


def in_force(sim: Sim) -> dict[str, object]:
    """What the devices themselves obey at this moment."""
    told = sim.devices()
    return {
        "wallbox.current_limit": told["keba"]["current_limit"],
        "wallbox2.current_limit": told["heidelberg"]["current_limit"],
        "battery.power_setpoint": told["inverter"]["orders"]["battery_w"],
    }


LET_GO = {"wallbox.current_limit": 6.0, "wallbox2.current_limit": 6.0, "battery.power_setpoint": None}


def test_a_set_point_that_a_device_forgets_is_renewed_at_half_its_watchdog(folder: Path, sim: Sim) -> None:
    with hub(folder, sim) as d:
        ask_for_all(d)
        before = {name: told["writes"] for name, told in sim.devices().items()}
        until, watched = time.monotonic() + 2.5 * WATCHDOG_S, 0
        while time.monotonic() < until:
            assert in_force(sim) == HELD
            watched += 1
            time.sleep(0.1)
        writes = {name: told["writes"] - before[name] for name, told in sim.devices().items()}
        assert watched > WATCHDOG_S, "often enough to see it let go"
        assert 3 <= writes["keba"] <= 6, "one write every two of ten seconds"
        assert 3 * 2 <= writes["inverter"] <= 6 * 2, "value and enable"
        assert writes["heidelberg"] == 0, "any request feeds its watchdog"


def test_devices_fall_back_by_themselves_when_the_hub_is_killed_and_obey_the_next_one(
    folder: Path, sim: Sim, record_property: Callable[[str, object], None]
) -> None:
    with hub(folder, sim) as d:
        ask_for_all(d)
        os.kill(d.process.pid, signal.SIGKILL)
        killed = time.monotonic()
        d.process.wait(5)
    eventually(lambda: in_force(sim) == LET_GO, 2 * WATCHDOG_S, "each device has its own safe value")
    record_property("fell_back_s", time.monotonic() - killed)
    record_property("fallback_watchdog_s", WATCHDOG_S)
    told = sim.devices()
    assert told["keba"]["failsafe"] and told["heidelberg"]["failsafe"]
    with hub(folder, sim):
        eventually(lambda: in_force(sim) == HELD, 15, "what was asked before is in force again")


def test_a_set_point_in_flash_is_not_worn_out_by_wishes(folder: Path, sim: Sim) -> None:
    """Twenty writes a day, four of them at any time; a hub that starts anew does not write what stands there."""
    with hub(folder, sim) as d:
        eventually(lambda: d.point("heatpump.sg_ready")["v"] is not None, 15, "the heat pump is read")
        answers = [d.command("heatpump.sg_ready", 2 + n % 2, for_s=600) for n in range(30)]
        assert "write_budget" in [a["limited_by"]["code"] for a in answers if "limited_by" in a]
        stands = sim.devices()["heatpump"]["sg_state"]
        assert sim.devices()["heatpump"]["writes"] <= 2 * 4, "each of two registers four times"
    with hub(folder, sim) as d:
        eventually(lambda: d.point("heatpump.sg_ready")["v"] == stands, 15, "the heat pump is read")
        time.sleep(1.5)
        assert sim.devices()["heatpump"]["writes"] <= 2 * 4


def test_a_heat_pump_that_was_switched_directly_before_a_kill_keeps_its_least_time(folder: Path, sim: Sim) -> None:
    """What the hub remembers of it was not due to be written for another minute."""
    with hub(folder, sim) as d:
        eventually(lambda: d.point("heatpump.sg_ready")["v"] == 2, 15, "the heat pump is read")
        assert d.command("heatpump.sg_ready", 3, for_s=1)["state"] == "confirmed"
        os.kill(d.process.pid, signal.SIGKILL)
        d.process.wait(5)
    with hub(folder, sim) as d:
        eventually(lambda: d.point("heatpump.sg_ready")["v"] == 3, 15, "the heat pump is read")

        def decided() -> Any:
            [found] = d.api("GET", "/decisions?point=heatpump.sg_ready")["decisions"]
            return found

        eventually(lambda: decided()["limits"], 5, "the wish of a second is over, which a quick start may still find")
        [limit] = decided()["limits"]
        assert (decided()["value"], limit["code"]) == (3, "least_time") and limit["numbers"]["wait_s"] > 900 - 30
        assert sim.devices()["heatpump"]["sg_state"] == 3
