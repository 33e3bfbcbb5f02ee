"""Frozen dataclasses of which thousands are made each second.

The type checker keeps them frozen, as it does any dataclass that says so. To have the interpreter watch over it too
would make each one three to five times as dear: a frozen dataclass sets every field through `object.__setattr__`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:
    from dataclasses import dataclass

    def record(*, frozen: bool, slots: bool):
        """`dataclass`, but nothing is frozen; it has the hash of one that is."""
        return dataclass(slots=slots, unsafe_hash=frozen)


__all__ = ["record"]
