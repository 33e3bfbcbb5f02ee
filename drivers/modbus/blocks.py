"""Which requests read all registers: neighbours are merged within what the device can take."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass

from drivers.modbus.registers import Register

MAX_REGISTERS, MAX_GAP = 100, 16
Cut = tuple[int, int]
"""function and address before which no two registers are asked for together"""


@dataclass(frozen=True, slots=True)
class Block:
    """One read request."""

    function: int
    address: int
    count: int

    @property
    def end(self) -> int:
        return self.address + self.count

    def holds(self, at: Register) -> bool:
        return self.function == at.function and self.address <= at.address and at.end <= self.end


@dataclass(frozen=True, slots=True)
class Limits:
    """What a device takes in one request: at most `registers`; values up to `gap` registers apart still go together.

    A negative `gap` means that every value is asked for alone.
    """

    registers: int = MAX_REGISTERS
    gap: int = MAX_GAP


def blocks(registers: Iterable[Register], limits: Limits, cuts: Set[Cut] = frozenset()) -> tuple[Block, ...]:
    """The requests, in the order of their addresses, that cover all `registers`."""
    found: list[Block] = []
    for at in sorted(set(registers), key=lambda f: (f.function, f.address, f.length)):
        last = found[-1] if found else None
        if last and (at.function, at.address) not in cuts and _joins(last, at, limits):
            found[-1] = Block(last.function, last.address, max(last.end, at.end) - last.address)
        elif not last or not last.holds(at):
            found.append(Block(at.function, at.address, at.length))
    return tuple(found)


def _joins(block: Block, at: Register, limits: Limits) -> bool:
    if block.function != at.function:
        return False
    if at.end <= block.end:
        return True
    return at.address - block.end <= limits.gap and at.end - block.address <= limits.registers and limits.gap >= 0
