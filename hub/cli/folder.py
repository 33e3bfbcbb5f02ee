"""The data folder as a person names it: made if need be, and one that can be used."""

from __future__ import annotations

import os
from pathlib import Path

from hub.errors import UserError
from hub.ops.private import keep_private


def prepared(folder: Path) -> Path:
    """The folder, made for the owner alone; raises UserError for one that cannot be made or written to."""
    keep_private()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise UserError(f"{folder}: the data folder cannot be made: {e.strerror}; choose another with --data") from None
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise UserError(f"{folder}: the data folder cannot be written to; choose another with --data")
    return folder
