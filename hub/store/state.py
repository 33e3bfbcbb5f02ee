"""state.db: what must not be lost. Each concern has its keeper; this opens and closes them together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hub.model import Clock
from hub.store.accounts import Accounts
from hub.store.adopted import Adopted
from hub.store.database import Cell, Database
from hub.store.devices import Devices
from hub.store.feeds import Feeds
from hub.store.foresight import Foresight
from hub.store.inputs import Inputs
from hub.store.journal import Journal
from hub.store.ledgers import Ledgers
from hub.store.plans import Plans
from hub.store.requests import Requests
from hub.store.site import SiteDocuments

JOURNAL_BUDGET = 64 << 20


class Meta:
    """Single values, e.g. `last_ms`: the last stored time, for a box that boots without a clock."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, key: str) -> Cell:
        """None if it was never put."""
        row = await self._db.row("SELECT v FROM meta WHERE k = ?", (key,))
        cell: Cell = row[0] if row else None
        return cell

    async def put(self, key: str, value: str | int | float) -> None:
        sql = "INSERT INTO meta VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v = excluded.v"
        await self._db.write((sql, (key, value)))


@dataclass(frozen=True, slots=True)
class State:
    """Whoever opens it runs `journal.keep()` as a task, and closes it."""

    accounts: Accounts
    requests: Requests
    journal: Journal
    site: SiteDocuments
    devices: Devices
    meta: Meta
    inputs: Inputs
    plans: Plans
    adopted: Adopted
    feeds: Feeds
    foresight: Foresight
    ledgers: Ledgers
    db: Database

    @staticmethod
    async def open(path: Path, clock: Clock, journal_budget: int = JOURNAL_BUDGET) -> State:
        """Opens or makes the file; `journal_budget` in bytes. Raises ShemsError."""
        db = await Database.open(path)
        journal = await Journal.open(db, journal_budget)
        inputs = Inputs(db, journal_budget // 4)
        return State(
            Accounts(db, clock),
            Requests(db),
            journal,
            SiteDocuments(db),
            Devices(db),
            Meta(db),
            inputs,
            Plans(db),
            Adopted(db),
            Feeds(db),
            Foresight(db),
            Ledgers(db),
            db,
        )

    async def close(self) -> None:
        """Flushes the journal and closes the file; raises ShemsError if its last rows could not be written."""
        try:
            await self.journal.flush()
            await self.inputs.flush()
        finally:
            await self.db.close()
