"""Makes data/home-assistant_v2.db.gz with the recorder of a real Home Assistant and a clock that follows a script.

    python make_home_assistant.py OUT.db.gz        (with a Python that has homeassistant==2024.3.3 and sqlalchemy)

33 hours of a small house: Home Assistant is stopped for 20 minutes, the grid meter is silent for ten, its counter is
swapped, and at the end its own purge leaves the states of the last six hours and hourly statistics of what was before.
The functions below say what every sensor shows at a second; the tests compare with them.
"""

from __future__ import annotations

import asyncio
import gzip
import math
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

START = int(datetime(2024, 3, 19, 22, tzinfo=UTC).timestamp())
STOPPED = START + 30 * 3600 + 600
AGAIN = STOPPED + 1200
END = START + 33 * 3600
KEPT_FROM = START + 27 * 3600
SILENT = range(START + 28 * 3600, START + 28 * 3600 + 600)
SWAPPED = START + 29 * 3600 + 1830
FIVE = 300
REGISTRIES = ("area", "device", "entity", "floor", "issue", "label")

ENTITIES = {
    "sensor.grid_power": ("Grid power", "kW", "power", "measurement", 30),
    "sensor.grid_energy_import": ("Grid import", "kWh", "energy", "total_increasing", 60),
    "sensor.living_temperature": ("Living room", "°F", "temperature", "measurement", 300),
    "switch.plug_tv": ("TV", None, None, None, 60),
    "sensor.heatpump_status": ("Heat pump", None, None, None, 60),
}


def power_kw(t: int) -> float:
    return round(1.2 + 2 * math.sin((t - START) / 7000) + 0.3 * math.sin((t - START) / 90), 3)


def energy_kwh(t: int) -> float:
    """A meter that counts 0.9 kWh an hour, and its successor from 0 on."""
    return round((t - SWAPPED) / 4000, 3) if t >= SWAPPED else round(18_250 + (t - START) / 4000, 3)


def temperature_f(t: int) -> float:
    return round(68 + 3 * math.sin((t - START) / 20_000), 1)


def plug_on(t: int) -> bool:
    return (t - START) // 2700 % 2 == 1


def heating(t: int) -> bool:
    return (t - START) // 4000 % 3 == 0


def shown(entity: str, t: int) -> str:
    if entity == "sensor.grid_power":
        return "unavailable" if t in SILENT else str(power_kw(t))
    if entity == "sensor.grid_energy_import":
        return str(energy_kwh(t))
    if entity == "sensor.living_temperature":
        return str(temperature_f(t))
    return ("on" if plug_on(t) else "off") if entity == "switch.plug_tv" else "Heating" if heating(t) else "Idle"


def attributes(entity: str) -> dict[str, str]:
    label, unit, kind, state_class, _ = ENTITIES[entity]
    told = {"friendly_name": label, "unit_of_measurement": unit, "device_class": kind, "state_class": state_class}
    return {k: v for k, v in told.items() if v}


def seconds() -> Iterator[int]:
    """When anything is shown."""
    step = math.gcd(*(e[4] for e in ENTITIES.values()))
    return (t for t in range(START, END, step) if not STOPPED <= t < AGAIN)


# -- the real thing ----------------------------------------------------------------------------------------------------


class ScriptedClock:
    """Stands in for `time` in Home Assistant's core, and for its utcnow."""

    def __init__(self) -> None:
        self.now = float(START)

    def time(self) -> float:
        return self.now

    def utcnow(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


async def start(folder: str) -> Any:
    """A running hub with default recorder settings, without network or user interface."""
    core = import_module("homeassistant.core")
    hass = core.HomeAssistant(folder)
    hass.config.skip_pip = True
    import_module("homeassistant.loader").async_setup(hass)
    hass.config_entries = import_module("homeassistant.config_entries").ConfigEntries(hass, {})
    for helper in ("translation", "entity"):
        import_module(f"homeassistant.helpers.{helper}").async_setup(hass)
    for registry in REGISTRIES:
        await import_module(f"homeassistant.helpers.{registry}_registry").async_load(hass)
    await hass.config_entries.async_initialize()
    import_module("homeassistant.helpers.recorder").async_initialize_recorder(hass)
    setup = import_module("homeassistant.setup").async_setup_component
    for component in ("recorder", "sensor"):
        if not await setup(hass, component, {component: {}}):
            raise SystemExit(f"{component} did not start")
    await hass.async_start()
    await hass.async_block_till_done()
    return hass


async def told(hass: Any, *tasks: Any) -> None:
    """Whatever was said until now, and `tasks`, is in the database."""
    recorder = hass.data["recorder_instance"]
    await hass.async_block_till_done()
    await hass.async_add_executor_job(recorder.block_till_done)
    for task in tasks:
        recorder.queue_task(task)
    await hass.async_add_executor_job(recorder.block_till_done)


async def live(hass: Any, clock: ScriptedClock, first: int, end: int) -> None:
    """Shows states from `first` until before `end`; statistics every 5 minutes, as the scheduler would."""
    statistics = import_module("homeassistant.components.recorder.tasks").StatisticsTask
    compiled = first // FIVE * FIVE
    for t in seconds():
        if not first <= t < end:
            continue
        while compiled + FIVE <= t:
            await told(hass, statistics(datetime.fromtimestamp(compiled, UTC), False))
            compiled += FIVE
        clock.now = t + 0.25
        for entity, (*_, every) in ENTITIES.items():
            if t % every == START % every:
                hass.states.async_set(entity, shown(entity, t), attributes(entity))
    await told(hass)


async def run(folder: str, clock: ScriptedClock, first: int, end: int, purges: bool = False) -> None:
    """Home Assistant from its start to a clean stop."""
    clock.now = first
    hass = await start(folder)
    await live(hass, clock, first, end)
    clock.now = end
    if purges:
        purge = import_module("homeassistant.components.recorder.tasks").PurgeTask
        for repack in (False, False, False, True):
            await told(hass, purge(datetime.fromtimestamp(KEPT_FROM, UTC), repack, False))
    await hass.async_stop(force=True)


def main(out: Path) -> None:
    clock = ScriptedClock()
    import_module("homeassistant.helpers.event")  # keeps true time for its timers
    import_module("homeassistant.util.dt").utcnow = clock.utcnow
    import_module("homeassistant.core").time = clock
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(folder, clock, START, STOPPED))
        asyncio.run(run(folder, clock, AGAIN, END, purges=True))
        made = Path(folder) / "home-assistant_v2.db"
        with closing(sqlite3.connect(made)) as db:
            db.execute("PRAGMA journal_mode=DELETE")
            print({t: db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("states", "statistics")})
        out.write_bytes(gzip.compress(made.read_bytes(), 9, mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
