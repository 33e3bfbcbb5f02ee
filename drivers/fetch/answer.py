"""Leaves of the answers of services: JSON, numbers and times. Pure; raises nothing but NotUnderstoodError."""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

import orjson

from hub.errors import NoAnswer

_AMOUNT = re.compile(r"-?\d{1,12}(?:[.,]\d{1,18})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
EARLIEST_MS, LATEST_MS = 946_684_800_000, 4_102_444_800_000
"""2000 to 2100: no answer is of another time."""
MOST_ITEMS = 20_000


class NotUnderstoodError(NoAnswer):
    """The answer holds nothing of what was asked; the text says why, in words for the owner."""


def bare(data: bytes) -> bytes:
    """In UTF-8, without the mark that some programs begin a file with: PowerShell writes UTF-16."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace").encode()
    return data.removeprefix(codecs.BOM_UTF8)


def parsed(data: bytes) -> Any:
    try:
        return orjson.loads(bare(data))
    except orjson.JSONDecodeError as e:
        raise NotUnderstoodError(f"not JSON: {e}") from None


def items(node: object, *path: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The objects in the list at `path`, each with its own path; none where there is no such list."""
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    if not isinstance(node, list):
        return []
    where = ".".join(path)
    return [(f"{where}[{n}]", item) for n, item in enumerate(node[:MOST_ITEMS]) if isinstance(item, dict)]


def amount(value: object) -> Decimal | None:
    """A number, or a text that is one; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return Decimal(str(value)) if math.isfinite(value) and abs(value) < 1e12 else None
    if isinstance(value, str) and _AMOUNT.fullmatch(value.strip()):
        return Decimal(value.strip().replace(",", "."))
    return None


def at(item: object, path: str) -> Any:
    """The value at `a.0.b`; None where there is none."""
    for key in path.split("."):
        if isinstance(item, dict):
            item = item.get(key)
        elif isinstance(item, list) and key.isdigit() and int(key) < len(item):
            item = item[int(key)]
        else:
            return None
    return item


def complaint(message: object) -> str:
    """What an answer that is an error says of itself."""
    if not isinstance(message, dict):
        return ""
    errors = message.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else message
    names = ("message", "error_description", "error", "reason", "detail", "title")
    texts = [first.get(name) for name in names] if isinstance(first, dict) else []
    return next((t[:200] for t in texts if isinstance(t, str) and t), "")


class Times:
    """Times as texts. Those without an offset are of `zone`; the doubled hour of autumn comes twice in their order.

    The beginnings of intervals have an order of their own, and so have their ends. `naive`: one without an offset was
    among them.
    """

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._last: dict[str, int] = {}
        self.naive = False

    def ms(self, value: object, edge: str = "start") -> int | None:
        """UTC ms; None for what is no time of this century. `edge`: in which order it stands, `start` or `end`."""
        try:
            found = self._read(value, edge)
        except (ValueError, OverflowError, OSError):
            return None
        return found if found is not None and EARLIEST_MS <= found <= LATEST_MS else None

    def _read(self, value: object, edge: str) -> int | None:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        if not isinstance(value, str):
            return round(value) if value > 1e11 else round(value * 1000)
        at = datetime.fromisoformat(value.strip())
        if at.tzinfo is not None:
            return utc_ms(at)
        self.naive = True
        found = utc_ms(at.replace(tzinfo=self._zone))
        if found <= self._last.get(edge, 0):
            found = utc_ms(at.replace(tzinfo=self._zone, fold=1))
        self._last[edge] = found
        return found


def utc_ms(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
