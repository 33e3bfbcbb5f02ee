"""The device maps that come with the hub: `drivers/maps/<vendor>/<model>.toml`, and those of the owner."""

from __future__ import annotations

from pathlib import Path

from drivers.modbus.device_map import DeviceMap, parse
from hub.errors import ConfigError
from hub.model.document import hint

FOLDER = Path(__file__).parents[1] / "maps"


def names() -> list[str]:
    """`vendor/model` of every map."""
    return sorted(p.relative_to(FOLDER).with_suffix("").as_posix() for p in FOLDER.glob("*/*.toml"))


def load(name: str) -> DeviceMap:
    """The map called `vendor/model`, or one's own file when `name` ends with .toml. Raises ConfigError."""
    if not name.endswith(".toml") and name not in names():
        raise ConfigError(f"map {name!r}", f"is not known{hint(name, names())}, or name a .toml file of your own")
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise ConfigError(f"map {name!r}", f"cannot be read: {e}") from None
    return parse(text, f"map {name}")
