"""Where a charger's running sessions outlive the hub: a small file each, written when a session begins or ends.

What the meter showed at the start is told once. Energy is the charger's own register, so nothing else must be kept.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from drivers.ocpp.sessions import Sessions

log = logging.getLogger(__name__)


class Own:
    """Where the files lie; None until `prepare` of the driver has said it: then nothing is kept."""

    folder: Path | None = None


class Kept:
    """The file of the charger called `identity`."""

    def __init__(self, folder: Path | None, identity: str) -> None:
        self._path = folder / f"{quote(identity, safe='')}.json" if folder else None
        self._turn = asyncio.Lock()
        self._failed = False

    async def recall(self, sessions: Sessions) -> None:
        """A file that is damaged is as if there were none: the sessions go on without their start."""
        if self._path is None:
            return
        try:
            sessions.recall(await asyncio.to_thread(_read, self._path))
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            log.warning("%s: cannot be read, so the energy of a running session is not known: %s", self._path, error)

    async def keep(self, sessions: Sessions) -> None:
        """On the disk when it returns, if anything has changed; a disk that is full costs no message of the charger."""
        async with self._turn:
            if self._path is None or not sessions.changed:
                return
            sessions.changed = False
            try:
                await asyncio.to_thread(_write, self._path, json.dumps(sessions.kept()))
            except OSError as error:
                sessions.changed = True
                if not self._failed:
                    log.warning("%s: cannot be written, so a restart forgets the session: %s", self._path, error)
                self._failed = True
            else:
                self._failed = False


def _read(path: Path) -> Mapping[str, Any]:
    """Raises OSError, ValueError."""
    kept = json.loads(path.read_text("utf-8"))
    if not isinstance(kept, dict):
        raise ValueError("not an object")
    return kept


def _write(path: Path, text: str) -> None:
    """Raises OSError. The old file stands until the new one is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
