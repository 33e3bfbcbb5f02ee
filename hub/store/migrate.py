"""Numbered SQL: `sql/<database>/NNN_name.sql`, each applied once, in order, in a transaction of its own."""

from __future__ import annotations

from pathlib import Path

from hub.errors import ShemsError

_SQL = Path(__file__).parent / "sql"


def pending(database: str, version: int, path: Path) -> list[str]:
    """Scripts that bring `database` (at `path`) from `version` to the newest; raises ShemsError if it is newer."""
    files = sorted((_SQL / database).glob("*.sql"))
    newest = int(files[-1].name[:3])
    if version > newest:
        raise ShemsError(f"{path}: written by a newer SHEMS (version {version}, this one knows {newest}); update SHEMS")
    numbered = [(int(f.name[:3]), f.read_text("utf-8")) for f in files]
    return [f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {n};\nCOMMIT;" for n, sql in numbered if n > version]
