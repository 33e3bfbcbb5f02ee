"""How fast captures decode, beside programs of others where they read the same, and how many of them say anything."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.kit.rows import Row, row, skipped
from drivers.modbus.catalogue import describe
from hub.errors import UserError
from hub.formats import codec
from hub.model.heard import CaptureHints

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
TIMED = {
    "p1": ("dsmr",),
    "sml": ("sml",),
    "dlms": ("han-dlms",),
    "shelly": ("shelly",),
    "enphase": ("enphase",),
    "ocpp": ("ocpp-frames",),
}


@dataclass(frozen=True, slots=True)
class Captured:
    name: str
    data: bytes


def captures(category: str) -> list[Captured]:
    """Empty where the vectors are not there."""
    listed = sorted((VECTORS / category).glob("*")) if VECTORS.is_dir() else []
    return [
        Captured(p.name, p.read_bytes())
        for p in listed
        if p.name != "README.md" and not p.name.endswith(".expected.json")
    ]


def decoded(format_: str, of: Sequence[Captured]) -> list[tuple[Captured, int]]:
    """Each capture with the messages that are in it."""
    decode = codec(format_).decode
    return [(c, len(decode(c.data, CaptureHints(c.name)).messages)) for c in of]


# -- speed -------------------------------------------------------------------------------------------------------------


def speeds(seconds: float) -> Iterator[Row]:
    for format_, categories in TIMED.items():
        name = f"{format_}: decoded message"
        good = [c for category in categories for c, n in decoded(format_, captures(category)) if n]
        if not good:
            yield skipped(name, f"there are no captures in {VECTORS}")
            continue
        once = sum(n for _, n in decoded(format_, good))
        [took] = _fastest(seconds, (codec(format_).decode, [(c.data, CaptureHints(c.name)) for c in good]))
        size = sum(len(c.data) for c in good) / once
        yield row(f"{name}s of {size:.0f} bytes", once / took, "1/s", None, None, 0)
        if format_ in RIVALS:
            yield from RIVALS[format_](good, seconds)


Work = tuple[Callable[..., object], Sequence[tuple[Any, ...]]]


def _fastest(seconds: float, *works: Work) -> list[float]:
    """Processor seconds of each call for all that it is given: of each the fastest of many times, in turns."""
    best = [[math.inf] * len(given) for _, given in works]
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or math.inf in best[-1]:
        for (call, given), known in zip(works, best, strict=True):
            for n, arguments in enumerate(given):
                began = time.thread_time()
                call(*arguments)
                known[n] = min(known[n], time.thread_time() - began)
    return [sum(known) for known in best]


def beside(name: str, format_: str, rival: str, theirs: Callable[[bytes], int], good: list[Captured], s: float) -> Row:
    """The same captures by both; those that either cannot read are left out."""
    decode = codec(format_).decode
    shared = [c.data for c in good if theirs(c.data) == len(decode(c.data, CaptureHints(c.name)).messages)]
    count = sum(len(decode(data, CaptureHints()).messages) for data in shared)
    if not count:
        return skipped(name, f"{rival} reads none of the captures")
    ours, other = _fastest(s, (decode, [(data, CaptureHints()) for data in shared]), (theirs, [(d,) for d in shared]))
    return row(f"{name} ({len(shared)} captures)", count / ours, "1/s", None, (rival, count / other), 0)


def p1_beside(good: list[Captured], seconds: float) -> Iterator[Row]:
    name = "p1: the same telegrams"
    try:
        from dsmr_parser import telegram_specifications as known  # type: ignore[import-untyped]
        from dsmr_parser.exceptions import InvalidChecksumError, ParseError  # type: ignore[import-untyped]
        from dsmr_parser.parsers import TelegramParser  # type: ignore[import-untyped]
    except ImportError:
        yield skipped(name, "dsmr-parser is not installed")
        return
    parser = TelegramParser(known.V5)

    def theirs(data: bytes) -> int:
        try:
            return int(len(list(parser.parse(data.decode("ascii", "replace")))) > 0)
        except (ParseError, InvalidChecksumError, ValueError):
            return 0

    yield beside(name, "p1", "dsmr-parser", theirs, good, seconds)


def sml_beside(good: list[Captured], seconds: float) -> Iterator[Row]:
    name = "sml: the same frames, all values"
    try:
        from smllib.errors import CrcError
        from smllib.reader import SmlStreamReader
    except ImportError:
        yield skipped(name, "smllib is not installed")
        return

    def theirs(data: bytes) -> int:
        reader, found = SmlStreamReader(), 0
        reader.add(data)
        while True:
            try:
                if (frame := reader.get_frame()) is None:
                    return found
                bodies = [m.message_body for m in frame.parse_frame()]
                found += any([r.get_value() for r in getattr(body, "val_list", ())] for body in bodies)
            except (CrcError, ValueError):
                continue

    yield beside(name, "sml", "smllib", theirs, good, seconds)


RIVALS: dict[str, Callable[[list[Captured], float], Iterator[Row]]] = {"p1": p1_beside, "sml": sml_beside}


# -- the catalogue -----------------------------------------------------------------------------------------------------


def catalogue() -> Iterator[Row]:
    maps = describe()
    checked = [m for m in maps if m["verified"] in ("example", "vector", "hardware")]
    models = {(m["vendor"], model) for m in maps for model in m["models"]}
    yield row("device maps, of which verified by a register image", len(checked), "", None, ("maps in all", len(maps)))
    yield row("models that they name", len(models), "")
    if not VECTORS.is_dir():
        yield skipped("captures decoded", f"there are none in {VECTORS}")
        return
    total = there = 0
    for folder in sorted(p.name for p in VECTORS.iterdir() if p.is_dir()):
        try:
            codec(folder)
        except UserError:
            continue
        told = decoded(folder, captures(folder))
        good = sum(1 for _, n in told if n)
        yield row(f"captures decoded: {folder}", good, "", None, ("captures", len(told)))
        total, there = total + good, there + len(told)
    yield row("captures decoded, all kinds that are supported", total, "", None, ("captures", there))
