"""sd_notify(3): one datagram to the socket systemd names; silent where there is none."""

from __future__ import annotations

import os
import socket


def notify(state: str) -> None:
    """`state` is e.g. READY=1, WATCHDOG=1, STOPPING=1."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)
