"""Keeps the process small on a small box: glibc gives memory back instead of keeping it for each thread."""

from __future__ import annotations

import ctypes

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
