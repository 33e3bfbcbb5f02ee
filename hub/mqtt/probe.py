"""Is a broker there and does it take this user? One CONNECT, one CONNACK (MQTT 3.1.1 sections 3.1 and 3.2)."""

from __future__ import annotations

import asyncio
import os
import struct

from hub.mqtt.accounts import Account

_CLEAN, _WITH_PASSWORD, _WITH_USER = 0x02, 0x40, 0x80
_DISCONNECT = b"\xe0\x00"


async def accepts(host: str, port: int, account: Account) -> bool:
    """Raises OSError (also TimeoutError) when nobody answers; False when refused."""
    async with asyncio.timeout(2.0):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(_connect(account))
            answer = await reader.readexactly(4)
            writer.write(_DISCONNECT)
            await writer.drain()
        except asyncio.IncompleteReadError:
            return False
        finally:
            writer.close()
    return answer[0] == 0x20 and answer[3] == 0


def _connect(account: Account) -> bytes:
    flags = _CLEAN | _WITH_PASSWORD | _WITH_USER
    body = _text("MQTT") + struct.pack(">BBH", 4, flags, 10)
    body += _text(f"shems-probe-{os.urandom(4).hex()}") + _text(account.user) + _text(account.password)
    return b"\x10" + _length(len(body)) + body


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">H", len(data)) + data


def _length(count: int) -> bytes:
    low, rest = count % 128, count // 128
    return bytes([low | 0x80]) + _length(rest) if rest else bytes([low])
