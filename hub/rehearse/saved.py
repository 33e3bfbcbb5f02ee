"""The rules that people have saved in a hub's data folder. Read only; the hub may be running."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from hub.errors import UserError

_RULES = """SELECT id, json FROM plan AS p WHERE kind = 'rule' AND NOT removed
    AND version = (SELECT max(version) FROM plan WHERE kind = p.kind AND id = p.id) ORDER BY id"""


def saved_rules(folder: Path) -> dict[str, dict[str, Any]]:
    """Their documents by id, none where no hub has been. Raises UserError for what cannot be read."""
    path = folder / "state.db"
    if not path.is_file():
        return {}
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)) as db:
            return {id_: json.loads(text) for id_, text in db.execute(_RULES)}
    except (sqlite3.Error, ValueError) as e:
        raise UserError(f"{path}: the rules in it cannot be read: {e}") from None
