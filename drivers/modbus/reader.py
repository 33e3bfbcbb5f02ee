"""Reads the registers of one unit in blocks, and learns which the device does not have.

A block that is refused as illegal is halved until what is refused stands alone: a model or a firmware may lack a
register that its map has, and many devices refuse a whole block for one of them, or for a hole in it. One that is
refused for the moment (busy, failed) is left out: what it held before grows old, and is not told as wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from drivers.modbus.blocks import Block, Cut, Limits, blocks
from drivers.modbus.link import Illegal, ModbusLink
from drivers.modbus.registers import Register
from hub.errors import Refused

Words = dict[Block, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Readout:
    """An image: what the device said of each register. `left_out`: those of which it said nothing this time, and `why`
    not.
    """

    words: Words
    left_out: frozenset[Register] = frozenset()
    why: str = ""

    def __call__(self, at: Register) -> Sequence[int] | None:
        for block, found in self.words.items():
            if block.holds(at):
                return found[at.address - block.address : at.end - block.address]
        return None

    def tells(self, registers: Iterable[Register]) -> bool:
        """Whether none of `registers` was left out."""
        return self.left_out.isdisjoint(registers)


class Reader:
    def __init__(self, link: ModbusLink, unit: int, limits: Limits) -> None:
        self._link = link
        self._unit = unit
        self._limits = limits
        self._cuts: set[Cut] = set()
        self._lacking: set[Register] = set()
        self._plans: dict[tuple[Register, ...], tuple[Block, ...]] = {}
        self._why = ""

    async def read(self, registers: Iterable[Register], until: float = 0.0) -> Readout:
        """What the device says of `registers`; nothing of those that it refuses. Raises LinkError."""
        wanted = tuple(registers)
        words: Words = {}
        left_out: set[Register] = set()
        for block in self._plan(wanted):
            words |= await self._block(block, [r for r in wanted if block.holds(r)], left_out, until)
        return Readout(words, frozenset(left_out), self._why if left_out else "")

    def try_again(self) -> None:
        """What the device lacks is asked for again, in case that it was only busy with itself."""
        self._lacking.clear()
        self._plans.clear()

    def _plan(self, wanted: tuple[Register, ...]) -> tuple[Block, ...]:
        """One that lacks everything is asked for its first register: whether it answers must be known."""
        if wanted not in self._plans:
            there = [r for r in wanted if r not in self._lacking] or wanted[:1]
            self._plans[wanted] = blocks(there, self._limits, self._cuts)
        return self._plans[wanted]

    async def _block(self, block: Block, registers: Sequence[Register], left_out: set[Register], until: float) -> Words:
        try:
            words = await self._link.read(self._unit, block.function, block.address, block.count, until)
        except Illegal:
            return await self._halves(registers, left_out, until)
        except Refused as refusal:
            self._why = str(refusal)
            left_out.update(registers)
            return {}
        if self._lacking.intersection(registers):
            self.try_again()
        return {block: words}

    async def _halves(self, registers: Sequence[Register], left_out: set[Register], until: float) -> Words:
        ordered = sorted(set(registers), key=lambda r: (r.address, r.end))
        self._plans.clear()
        if len({r.address for r in ordered}) == 1:
            self._lacking |= set(ordered)
            self._cuts |= {(r.function, at) for r in ordered for at in (r.address, r.end)}
            return {}
        middle = ordered[len(ordered) // 2].address
        middle = middle if middle > ordered[0].address else ordered[-1].address
        self._cuts.add((ordered[0].function, middle))
        words: Words = {}
        for half in ([r for r in ordered if r.address < middle], [r for r in ordered if r.address >= middle]):
            for part in blocks(half, self._limits, self._cuts):
                words |= await self._block(part, [r for r in half if part.holds(r)], left_out, until)
        return words
