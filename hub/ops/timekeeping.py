"""Whether this machine has had the time from elsewhere since it booted, as the kernel knows it."""

from __future__ import annotations

import ctypes

_TIME_ERROR = 5
"""adjtimex(2): the clock is not synchronised"""
_TIMEX_SIZE = 256
"""struct timex is shorter; all zero, it asks and sets nothing"""


def synchronised() -> bool | None:
    """False while no time server has been heard; None where the kernel does not tell."""
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_SIZE))
    except (OSError, AttributeError):
        return None
    return state != _TIME_ERROR if state >= 0 else None
