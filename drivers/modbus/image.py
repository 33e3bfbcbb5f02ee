"""Registers as they were read, word by word, and as the text of a register image that tests and `record` share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from drivers.modbus.blocks import Block
from drivers.modbus.registers import Register

TABLES = {1: "coils", 2: "discrete", 3: "holding", 4: "input"}
"""the table of an image by the function that reads it"""
_LINE = 64
"""words on one line, at most"""


class Words:
    """What a unit has answered, by function and address. `of` is an Image."""

    def __init__(self) -> None:
        self._words: dict[tuple[int, int], int] = {}

    def __bool__(self) -> bool:
        return bool(self._words)

    def add(self, block: Block, words: Sequence[int]) -> None:
        self._words |= {(block.function, block.address + n): word for n, word in enumerate(words)}

    def of(self, at: Register) -> Sequence[int] | None:
        found = [self._words.get((at.function, address)) for address in range(at.address, at.end)]
        words = [word for word in found if word is not None]
        return words if len(words) == at.length else None

    def has(self, block: Block) -> bool:
        return all((block.function, address) in self._words for address in range(block.address, block.end))

    def toml(self) -> Iterator[str]:
        """Lines: a table for each function, in it first address = words as hex text."""
        for function, table in TABLES.items():
            runs = list(self._runs(function))
            if runs:
                yield f"[{table}]"
                yield from (f'{first} = "{" ".join(f"{word:04x}" for word in words)}"' for first, words in runs)
                yield ""

    def _runs(self, function: int) -> Iterator[tuple[int, list[int]]]:
        first, words = 0, list[int]()
        for address in sorted(address for own, address in self._words if own == function):
            if words and (address != first + len(words) or len(words) == _LINE):
                yield first, words
                words = []
            if not words:
                first = address
            words.append(self._words[function, address])
        if words:
            yield first, words
