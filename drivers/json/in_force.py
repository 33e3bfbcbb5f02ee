"""An owner's own file as it is in force: read again when it has changed; if it is wrong then, the old one holds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from drivers.json.options import Options
from hub.errors import ConfigError

log = logging.getLogger(__name__)

LOOK_S = 3.0
"""how often it is looked whether a file has changed"""


class Own:
    """Where the owner's files lie; None until `prepare` of a driver has said it."""

    folder: Path | None = None


class Described(Protocol):
    @property
    def places(self) -> tuple[str, ...]: ...


File = TypeVar("File", bound=Described)


class InForce(Generic[File]):
    """The file that the option `map` names. Raises ConfigError when it cannot be used from the start."""

    def __init__(self, options: Options, parse: Callable[[str, str], File]) -> None:
        self._options, self._parse = options, parse
        name = options.need("map", "name the file, as my-meter.toml in the folder maps of the data folder")
        self.path = (Own.folder or Path()) / name
        self._stamp = self._now()
        self.file = self._read()

    def look(self, places: Iterable[str]) -> bool:
        """Whether it says something else now. It must still have `places`; what is wrong with it is logged once."""
        stamp = self._now()
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        try:
            file = self._read()
            self.need(file, places)
        except ConfigError as error:
            log.error("%s; what it said before holds", error)
            return False
        changed, self.file = file != self.file, file
        if changed:
            log.info("%s: read again", self.path)
        return changed

    def need(self, file: File, places: Iterable[str]) -> None:
        for place in places:
            if place not in file.places:
                listed = ", ".join(file.places)
                raise self._options.error("role", f"{self.path} says nothing of {place}; it has: {listed}")

    def _read(self) -> File:
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise self._options.error("map", f"{self.path}: cannot be read: {reason}; put the file there") from None
        return self._parse(text, str(self.path))

    def _now(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size
