"""`python -m gen` writes what is derived; `python -m gen --check` names what is stale and exits 1."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from drivers.modbus.format import schema
from gen import devices, fixtures, points, sunspec, typescript
from hub.web.openapi import document

ROOT = Path(__file__).parents[1]
API = "hub/web/ui/src/api"


def openapi() -> str:
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def device_map() -> str:
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


MADE: Mapping[str, Callable[[], str]] = {
    f"{API}/types.gen.ts": typescript.types,
    f"{API}/fixtures.gen.ts": fixtures.fixtures,
    "docs/openapi.json": openapi,
    "docs/points.md": points.points,
    "docs/devices.md": devices.devices,
    "docs/device-map.schema.json": device_map,
    **sunspec.models(),
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m gen", description="writes what is derived from the product")
    parser.add_argument("--check", action="store_true", help="write nothing; name what is stale and exit 1")
    check = parser.parse_args(argv).check
    old = stale()
    for name, text in old.items():
        print(f"{'stale' if check else 'wrote'} {name}")
        if not check:
            _write(ROOT / name, text)
    return 1 if check and old else 0


def stale() -> dict[str, str]:
    """The files that differ from what they would be now, with their new text."""
    fresh = {name: make() for name, make in MADE.items()}
    return {name: text for name, text in fresh.items() if _read(ROOT / name) != text}


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
