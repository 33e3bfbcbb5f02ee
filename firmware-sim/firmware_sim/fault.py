"""Faults that a test or a curious person gives to a device; they last in real seconds."""

import time
from collections.abc import Callable
from enum import StrEnum


class Kind(StrEnum):
    NONE = "none"
    SILENT = "silent"
    """takes requests, never answers"""
    SLOW = "slow"
    """answers after `SLOW_S`"""
    REFUSE = "refuse"
    """refuses commands with an error; a device that takes none refuses to be read"""
    IGNORE = "ignore"
    """accepts a command and keeps its old value"""
    GARBAGE = "garbage"
    """sends random bytes"""
    DROP = "drop"
    """closes and refuses connections"""
    STUCK = "stuck"
    """measured values freeze"""


SLOW_S = 0.7


class Fault:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kind = Kind.NONE
        self._until: float | None = None

    def set(self, kind: Kind, for_s: float | None = None) -> None:
        self._kind = kind
        self._until = None if for_s is None else self._clock() + for_s

    @property
    def kind(self) -> Kind:
        if self._until is not None and self._clock() >= self._until:
            self.set(Kind.NONE)
        return self._kind
