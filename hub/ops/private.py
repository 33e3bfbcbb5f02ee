"""What the hub writes tells who is at home, and when: it is for the owner's account on this machine alone."""

from __future__ import annotations

import os


def keep_private() -> None:
    """Files (0600) and folders (0700) that this process and its children make from now on."""
    os.umask(0o077)
