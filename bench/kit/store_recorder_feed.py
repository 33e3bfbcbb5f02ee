"""Home Assistant with nothing but its recorder and sensors, fed in real time; run by its own Python.

`python store_recorder_feed.py CONFIG_FOLDER SECONDS_FILE`. The file's first line is `[[entity_id, attributes], ...]`,
each further line is one second: `[[i, "text"], ...]`, the states that are new. Says `{"ready": ...}`, waits for a line,
feeds, says `{"states": ...}`, waits for another line and stops cleanly.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

COMMIT_S = 5  # the recorder's default
REGISTRIES = ("area", "device", "entity", "floor", "issue", "label")


async def main(folder: str, seconds: TextIO) -> None:
    hass = await start(folder)
    entities = json.loads(seconds.readline())
    await said({"ready": import_module("homeassistant.const").__version__})
    result = await feed(hass, entities, seconds)
    await asyncio.sleep(COMMIT_S + 1)
    await said(result)
    await hass.async_stop(force=True)


async def said(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)
    await asyncio.to_thread(sys.stdin.readline)


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


async def feed(hass: Any, entities: list[tuple[str, dict[str, str]]], seconds: TextIO) -> dict[str, Any]:
    """Sets the states second by second; how many there were, and how many seconds began late."""
    states = late = 0
    due = time.monotonic()
    for line in seconds:
        for i, text in json.loads(line):
            entity, attributes = entities[i]
            hass.states.async_set(entity, text, attributes)
            states += 1
        due += 1
        late += due < time.monotonic()
        await asyncio.sleep(max(0.0, due - time.monotonic()))
    return {"states": states, "late": late}


if __name__ == "__main__":
    with Path(sys.argv[2]).open() as file:
        asyncio.run(main(sys.argv[1], file))
