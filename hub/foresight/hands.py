"""Who had which device in hand in the course of a day, read from what the journal says was written to it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from hub.foresight.ledger import Ask
from hub.foresight.view import STEP_MS

WRITTEN = ("power_setpoint", "current_limit", "on", "sg_ready")
"""The quantities by which devices are driven; others (phases) only go along."""
MOST = 12
"""Of asks in one day, the longest ones: each costs the ledger a plan. What shorter ones cost is in `execution`."""
NOT_LEFT = "not_left_to_the_plan"
_FAILED = ("refused", "no_answer")
_ABOVE = ("safety", "grid_operator", "site")
_WHO = {"person": "people", "rule": "rules", "default": "rules"}

Hand = tuple[str, str]
"""(who, cause); who is empty where the plan decided, or what is above all."""


def asks(
    rows: Mapping[str, Iterable[Mapping[str, Any]]], planned: Iterable[str], begin: int, end: int
) -> tuple[Ask, ...]:
    """From `begin` until before `end`, UTC ms. `rows`: the journal's rows of each device, in time order, from before
    `begin` on where there are any; `planned`: the devices that were left to the plan at `begin`.
    """
    left = frozenset(planned)
    found = [
        ask
        for device, told in rows.items()
        for ask in _joined(device, _held(told, ("", "") if device in left else ("rules", NOT_LEFT), begin, end))
    ]
    longest = sorted(found, key=lambda a: (a.start - a.end, a.start, a.device))[:MOST]
    return tuple(sorted(longest, key=lambda a: (a.start, a.device)))


def _held(rows: Iterable[Mapping[str, Any]], first: Hand, begin: int, end: int) -> Iterator[tuple[Hand, int, int]]:
    """(hand, from, until) of the whole day, one after another."""
    hand, since = first, begin
    for row in rows:
        if row["kind"] != "write" or row["t"] >= end:
            continue
        new = _hand(row)
        if new != hand and row["t"] > since:
            yield hand, since, row["t"]
        if new != hand:
            hand, since = new, max(begin, row["t"])
    yield hand, since, end


def _hand(row: Mapping[str, Any]) -> Hand:
    """A plan decides by its reason, whoever has asked for the plan; of a failed write the reason is the device's."""
    if row["state"] in _FAILED:
        return "refused", row["reason"]["code"]
    code = row["reason"]["code"]
    if row["source"] == "plan" or code.startswith("plan_") or row["source"] in _ABOVE:
        return "", ""
    return _WHO[row["source"]], (row["person"] if row["source"] == "person" else "") or row["cause"] or code


def _joined(device: str, held: Iterable[tuple[Hand, int, int]]) -> list[Ask]:
    """What somebody has in hand again after less than a step is one ask: the ledger knows steps only."""
    found: list[Ask] = []
    for (who, cause), start, end in held:
        before = found[-1] if found else None
        if before and _same(before, who, cause) and start - before.end < STEP_MS:
            found[-1] = replace(before, end=end)
        elif who:
            found.append(Ask(who, device, start, end, cause))
    return found


def _same(before: Ask, who: str, cause: str) -> bool:
    """A rule's reasons change with the sun; people are told apart."""
    return before.who == who and (who != "people" or before.cause == cause)
