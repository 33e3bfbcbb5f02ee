"""Plans and prices of a scenario: what the planner and the price feed would have handed to the core."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from hub.model.plan import Plan, Slot, Stored, Task
from hub.model.site import Price
from tests.scenarios.scenario import FOR_GOOD_S, seconds

CENT = 1_000
Rows = list[Mapping[str, Any]]


def prices_of(rows: Rows, utc: int) -> tuple[Price, ...]:
    """`from`, `import` and, where it is known, `export` (ct/kWh), until the next or `until`; `utc`: of second 0, ms."""
    starts = [seconds(r.get("from", 0)) for r in rows]
    ends = [seconds(r["until"]) if "until" in r else e for r, e in zip(rows, [*starts[1:], FOR_GOOD_S], strict=True)]
    return tuple(
        Price(utc + s * 1000, utc + e * 1000, round(r["import"] * CENT), False, _cents(r.get("export")))
        for r, s, e in zip(rows, starts, ends, strict=True)
    )


def plan_of(table: Mapping[str, Any], made: int, utc: int) -> Plan:
    """By device rows with `from` and: `task`, `value` (ct/kWh), `power`; `power` of a car; `boost`, `rest`; `on`.

    `for`: how long it is good; `efficiency`, `wear` (ct/kWh) of all batteries; `import`: W that raise no power that is
    charged for. `made`: UTC ms.
    """
    devices = {d: list(rows) for d, rows in table.items() if isinstance(rows, list) and d != "efficiency"}
    starts = sorted({seconds(r.get("from", 0)) for rows in devices.values() for r in rows})
    slots = [
        replace(
            _slot(utc + s * 1000, utc + e * 1000, {d: r for d, rows in devices.items() if (r := _last(rows, s))}),
            import_w=table.get("import"),
        )
        for s, e in zip(starts, [*starts[1:], FOR_GOOD_S], strict=True)
    ]
    stores = [d for d, rows in devices.items() if "task" in rows[0]]
    pair = tuple(table.get("efficiency", (0.95, 0.95)))
    return Plan(
        f"plan of {made}",
        made,
        made + seconds(table.get("for", FOR_GOOD_S)) * 1000,
        tuple(slots),
        dict.fromkeys(stores, (pair[0], pair[1])),
        dict.fromkeys(stores, round(table.get("wear", 0) * CENT)),
    )


def _last(rows: Rows, second: int) -> Mapping[str, Any] | None:
    return next((r for r in reversed(rows) if seconds(r.get("from", 0)) <= second), None)


def _slot(start: int, end: int, rows: Mapping[str, Mapping[str, Any]]) -> Slot:
    batteries = {
        d: Stored(Task(r["task"]), float(r.get("power", 0)), round(r.get("value", 0) * CENT), 50.0)
        for d, r in rows.items()
        if "task" in r
    }
    cars = {d: float(r["power"]) for d, r in rows.items() if "task" not in r and "power" in r}
    return Slot(start, end, batteries, cars, dict(_of(rows, "boost")), dict(_of(rows, "on")), dict(_of(rows, "rest")))


def _of(rows: Mapping[str, Mapping[str, Any]], key: str) -> Iterable[tuple[str, bool]]:
    return ((d, r[key]) for d, r in rows.items() if key in r)


def _cents(value: float | None) -> int | None:
    return None if value is None else round(value * CENT)
