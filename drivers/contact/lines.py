"""The lines of one GPIO chip, behind the few things that the driver wants of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number on the chip, and whether closed is electrically low."""

    offset: int
    active_low: bool = False


class Lines(Protocol):
    """The chip's lines, held as long as it is open; True is closed, whatever `active_low` makes of it."""

    def read(self, offset: int) -> bool:
        """Raises OSError."""

    def write(self, values: Mapping[int, bool]) -> None:
        """All of them at once. Raises OSError."""

    def close(self) -> None:
        """Gives the lines back."""


class Chip(Protocol):
    """Where lines come from."""

    def hold(self, inputs: tuple[Line, ...], outputs: Mapping[Line, bool]) -> Lines:
        """Outputs with their first values. Raises OSError for a line that is not there or is in use."""
