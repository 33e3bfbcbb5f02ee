"""Keeps the process small on a small box, and memory from holding it up."""

from __future__ import annotations

import ctypes
import gc

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
BIG = 1 << 20


def frugal() -> None:
    """Blocks of 1 MB and more (a password's 16 MB, an hour of columns) go back to the system when they are freed.

    Without it glibc raises that threshold after the first of them and keeps the next in an arena of each thread
    (mallopt(3)): 60 MB after a few sign-ins. Does nothing where the C library has no mallopt.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(M_MMAP_THRESHOLD, BIG)
        mallopt(M_ARENA_MAX, 2)


def settled() -> None:
    """What is there now stays: the collector does not look through it again, which holds everything up for 40 ms here
    and for longer on a small box.
    """
    gc.collect()
    gc.freeze()


def astir() -> None:
    """What was there may go."""
    gc.unfreeze()
