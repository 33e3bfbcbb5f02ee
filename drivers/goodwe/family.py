"""What is asked of the three families of inverters: their blocks, requests, and which answers fit. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drivers.goodwe import dt, es, et
from drivers.goodwe.block import Block
from drivers.goodwe.frame import (
    ES_DEVICE,
    ES_RUNNING,
    ES_SETTINGS,
    READ,
    WRITE,
    Answer,
    es_request,
    read_request,
    write_request,
)

_LARGE_W = 15_000
"""From this rated power on there is the block of more strings and the longer one of the meter."""
_TWO_BATTERIES_W = 25_000


@dataclass(frozen=True, slots=True)
class Query:
    """One request for a block. `every_s`: how often, 0 = each pass. `optional`: some models refuse it."""

    block: Block
    request: bytes
    fits: Callable[[Answer], bool]
    every_s: float = 0.0
    optional: bool = False


def registers(address: int, block: Block, count: int = 0, every_s: float = 0.0, optional: bool = True) -> Query:
    """`count`: fewer registers than the block has."""
    wanted = count or block.count

    def fits(answer: Answer) -> bool:
        if answer.kind or answer.address != address or answer.function & 0x7F != READ:
            return False
        return bool(answer.error) or len(answer.data) == 2 * wanted

    return Query(block, read_request(address, block.first, wanted), fits, every_s, optional)


def aa55(kind: int, every_s: float = 0.0, optional: bool = True) -> Query:
    return Query(es.BY_KIND[kind], es_request(kind), lambda answer: answer.kind == kind, every_s, optional)


def write(address: int, register: int, value: int) -> tuple[bytes, Callable[[Answer], bool]]:
    """The request, and whether an answer is its echo (or its refusal)."""
    echo = register.to_bytes(2, "big") + (value & 0xFFFF).to_bytes(2, "big")

    def fits(answer: Answer) -> bool:
        if answer.kind or answer.address != address or answer.function & 0x7F != WRITE:
            return False
        return bool(answer.error) or answer.data == echo

    return write_request(address, register, value), fits


def queries(family: str, address: int, device: Mapping[str, float]) -> tuple[Query, ...]:
    """One pass. `device`: the values of the device block, as far as known; the first query is never optional."""
    if family == "es":
        return (aa55(ES_RUNNING, optional=False), aa55(ES_SETTINGS, every_s=5))
    if family == "dt":
        return (registers(address, dt.RUNNING, optional=False), registers(address, dt.METER))
    rated = device.get("rated_power", 0.0)
    large = rated >= _LARGE_W
    found = [
        registers(address, et.RUNNING, optional=False),
        registers(address, et.METER, 0 if large else et.METER_SHORT),
        registers(address, et.BATTERY, every_s=5),
        registers(address, et.SETTINGS, every_s=5),
    ]
    if large:
        found.append(registers(address, et.MPPT))
    if rated >= _TWO_BATTERIES_W:
        found.append(registers(address, et.BATTERY_2, every_s=5))
    return tuple(found)


def identity(family: str, address: int) -> Query:
    """The block that tells who it is."""
    if family == "es":
        return aa55(ES_DEVICE)
    return registers(address, dt.DEVICE if family == "dt" else et.DEVICE)


ADDRESSES = {"et": 0xF7, "dt": 0x7F, "es": 0}
