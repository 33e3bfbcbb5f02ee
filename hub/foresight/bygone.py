"""A day that is over, out of the history and the journal: what the ledger of it is made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hub.errors import UserError
from hub.forecast.load import house_load
from hub.forecast.series import Floats, Series
from hub.foresight.hands import WRITTEN, asks
from hub.foresight.ledger import Ask
from hub.foresight.panels import made, panels_of
from hub.foresight.pricing import known_prices
from hub.foresight.records import History, Records
from hub.foresight.view import STEP_MS, Settle
from hub.live import Board
from hub.model.site import Price
from hub.tariff.prices import Prices

CONSUMPTION = "house.consumption"
ENOUGH = 0.75
"""The share of a day in which it has to be known what the house used; of the rest the forecast stands in."""
_PER_KWH = 100_000
_DAYS, _BEFORE_MS = 2, 6 * 3_600_000
_MOST_ROWS = 5_000
_KINDS = ("batteries", "cars", "heat_pumps", "appliances")


class Rows(Protocol):
    async def rows(self, point: str | None, start: int, end: int, limit: int) -> Sequence[Mapping[str, Any]]:
        """The journal's, newest first."""


class Bygone:
    def __init__(self, board: Board, prices: Prices, history: History, journal: Rows) -> None:
        self._board = board
        self._prices = prices
        self._history = history
        self._journal = journal

    async def settle(self, date: str, begun: Mapping[str, Any], begin: int, end: int) -> Settle:
        """`begun`: the `problem` (JSON) that was planned at `begin`, and what was left to it (`planned`).

        Raises UserError where too little of the day is known, ShemsError when the past cannot be read.
        """
        problem = begun["problem"]
        by_kind = {kind: [d["id"] for d in problem.get(kind, [])] for kind in _KINDS}
        devices = [d for ids in by_kind.values() for d in ids]
        known = await self._read(devices, end)
        loads = {d: known[f"{d}.power"] for d in devices if d not in by_kind["batteries"] and f"{d}.power" in known}
        used = house_load(known[CONSUMPTION], loads).between(begin, end).values
        share = float((~np.isnan(used)).mean())
        if share < ENOUGH:
            raise UserError(f"only {share:.0%} of what the house used is known")
        pv, held = self._panels(known, begin, end)
        buy, sell = await self._paid(begin, problem["steps"])
        return Settle(
            date,
            problem,
            len(used),
            used,
            pv,
            buy,
            sell,
            {d: _of(known, f"{d}.power", begin, end) for d in devices},
            await self._levels(by_kind["batteries"], begin, end),
            held,
            await self._asks(devices, begun["planned"], begin, end),
        )

    async def _read(self, devices: Iterable[str], end: int) -> Mapping[str, Series]:
        panels = (p for one in panels_of(self._board.devices.values()) for p in one.points)
        wanted = [CONSUMPTION, *panels, *(f"{d}.power" for d in devices)]
        return await Records(self._history, _DAYS).until(end, [p for p in wanted if p in self._board.points])

    def _panels(self, known: Mapping[str, Series], begin: int, end: int) -> tuple[Floats, NDArray[np.bool_]]:
        panels = panels_of(self._board.devices.values())
        if not panels:
            nothing = np.zeros((end - begin) // STEP_MS)
            return nothing, nothing > 0
        power, held = made(panels, known)
        marks = Series(power.start_ms, power.seconds, held.astype(np.float64))
        return power.between(begin, end).values, marks.between(begin, end).values == 1

    async def _paid(self, begin: int, steps: int) -> tuple[Floats, Floats]:
        """(import, export) in currency per kWh, NaN where nobody knew them but by the fixed price that stands in."""
        told = await self._prices.between(begin, begin + steps * STEP_MS)
        prices = [
            Price(s.start, s.end, s.import_price, s.provisional, s.export_price)
            for s in told
            if s.import_price is not None and (s.market is not None or not s.provisional)
        ]
        buy, sell, _ = known_prices(prices, begin, steps)
        return buy / _PER_KWH, sell / _PER_KWH

    async def _levels(self, batteries: Iterable[str], begin: int, end: int) -> dict[str, Floats]:
        """% at the ends of steps; without those that nothing is known of."""
        points = [f"{b}.soc" for b in batteries if f"{b}.soc" in self._board.points]
        if not points:
            return {}
        found = await self._history.ask(lambda q: q.query(points, begin, end, STEP_MS))
        levels = {p.removesuffix(".soc"): np.full((end - begin) // STEP_MS, np.nan) for p in points}
        for point, buckets in found.items():
            values = levels[point.removesuffix(".soc")]
            at = (buckets.t - begin) // STEP_MS
            use = (at >= 0) & (at < len(values)) & (buckets.count > 0)
            values[at[use]] = np.asarray(buckets.last, np.float64)[use]
        return {device: values for device, values in levels.items() if not np.isnan(values).all()}

    async def _asks(self, devices: Iterable[str], planned: Iterable[str], begin: int, end: int) -> tuple[Ask, ...]:
        rows = {d: [r for p in self._driven(d) for r in await self._rows(p, begin, end)] for d in devices}
        return asks(rows, planned, begin, end)

    def _driven(self, device: str) -> list[str]:
        known = self._board.devices[device].commands if device in self._board.devices else ()
        return [c.point for c in known if c.point.removeprefix(f"{device}.") in WRITTEN]

    async def _rows(self, point: str, begin: int, end: int) -> list[Mapping[str, Any]]:
        """In time order, with those of the hours before."""
        return list(reversed(await self._journal.rows(point, begin - _BEFORE_MS, end, _MOST_ROWS)))


def _of(known: Mapping[str, Series], point: str, begin: int, end: int) -> Floats:
    if point not in known:
        return np.full((end - begin) // STEP_MS, np.nan)
    return known[point].between(begin, end).values
