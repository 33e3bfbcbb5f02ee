"""The device maps: those of the owner's data folder first, then those that come with the hub.

A map is `<vendor>/<model>.toml` in `drivers/maps` or in `maps` of the data folder.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from drivers.modbus.describe import description
from drivers.modbus.device_map import DeviceMap
from drivers.modbus.parser import parse
from hub.errors import ConfigError
from hub.model import Role
from hub.model.document import hint

FOLDER = Path(__file__).parents[1] / "maps"


class Own:
    """Where the owner's own maps lie; None until `prepare` of the driver has said it."""

    folder: Path | None = None


def names() -> list[str]:
    """`vendor/model` of every map."""
    return sorted({p.relative_to(f).with_suffix("").as_posix() for f in _folders() for p in f.glob("*/*.toml")})


def load(name: str) -> DeviceMap:
    """The map called `vendor/model`, or one's own file when `name` ends with .toml. Raises ConfigError."""
    return _load(name, [])


class InForce:
    """A map that follows its files: `look` reads it again when one of them has changed, come or gone.

    Raises ConfigError when the map cannot be used, or has not all `roles`; what it was before holds then.
    """

    def __init__(self, name: str, roles: Collection[Role] = ()) -> None:
        self.name = name
        self._roles = roles
        self._files: list[Path] = []
        self.map = _load(name, self._files)
        self._stamps = self._now()

    def look(self) -> bool:
        """Whether the map is another now."""
        stamps = self._now()
        if stamps == self._stamps:
            return False
        self._stamps = stamps
        files: list[Path] = []
        map_ = _load(self.name, files)
        for role in self._roles:
            if role not in map_.roles:
                raise ConfigError(f"map {self.name}", f"roles: a {role} of the site document has this map; add it")
        self._files = files
        self._stamps = self._now()
        changed, self.map = map_ != self.map, map_
        return changed

    def _now(self) -> list[tuple[int, int] | None]:
        return [_stamp(path) for path in self._files]


def _load(name: str, files: list[Path]) -> DeviceMap:
    """`files` gets those that decide what the map is."""
    files += _candidates(name)

    def base(below: str) -> str:
        """A map of the owner's may rest on that of the same name which it stands in for."""
        candidates = _candidates(below)[1 if below == name and Own.folder else 0 :]
        files.extend(candidates)
        return _text(below, candidates)

    return parse(_text(name, _candidates(name)), f"map {name}", base)


def describe() -> list[dict[str, Any]]:
    """Every map as plain data; one of the owner's that is wrong is not among them."""
    found = []
    for name in names():
        try:
            found.append(description(name, load(name)))
        except ConfigError:
            continue
    return found


def _folders() -> list[Path]:
    return [*([Own.folder] if Own.folder else []), FOLDER]


def _candidates(name: str) -> list[Path]:
    if name.endswith(".toml"):
        return [Path(name)]
    return [folder / f"{name}.toml" for folder in _folders()]


def _text(name: str, candidates: list[Path]) -> str:
    if not name.endswith(".toml") and name not in names():
        raise ConfigError(f"map {name!r}", f"is not known{hint(name, names())}, or name a .toml file of your own")
    path = next((p for p in candidates if p.exists()), candidates[-1])
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise ConfigError(f"map {name!r}", f"cannot be read: {e}") from None


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
