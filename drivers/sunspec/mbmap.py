"""The register map of the SunSpec Alliance's first test tools (pysunspec 1, `mbmap`) as registers. Pure.

    <mbmap addr="40000"><regs offset="2" type="u16">1</regs><regs type="string" len="16">Maker</regs>...</mbmap>

Each `regs` follows the one before unless it has an `offset`; one without `type` is in hexadecimal.
"""

from __future__ import annotations

import re
import struct

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_REGS = re.compile(r"<regs\b([^<>]*?)(?:/>|>([^<>]*)</regs\s*>)")
_ATTRIBUTE = re.compile(r"""(\w+)\s*=\s*["']([^"'<>]*)["']""")
_NUMBERS = {"u16": ">H", "s16": ">h", "u32": ">I", "s32": ">i", "u64": ">Q", "s64": ">q"}
_FLOATS = {"f32": ">f", "f64": ">d"}
_REGISTERS = 1 << 16
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}


def is_mbmap(text: str) -> bool:
    return "<mbmap" in text and "</mbmap" in text


def registers(text: str) -> dict[int, int]:
    """Registers by their offset in the map; raises ValueError for what cannot be read."""
    found: dict[int, int] = {}
    at = 0
    for attributes, content in _REGS.findall(_COMMENT.sub("", text)):
        told = dict(_ATTRIBUTE.findall(attributes))
        at = int(told["offset"]) if "offset" in told else at
        data = _bytes(told.get("type", "hexstr"), content, int(told.get("len", "0")))
        if at + len(data) // 2 > _REGISTERS:
            raise ValueError("the map has registers beyond 65535")
        found |= {at + n: word for n, (word,) in enumerate(struct.iter_unpack(">H", data))}
        at += len(data) // 2
    return found


def _bytes(kind: str, content: str, length: int) -> bytes:
    """An even number of them. `length`: registers of a text and of hexadecimal digits, 0 as many as they need."""
    if not 0 <= length <= _REGISTERS:
        raise ValueError(f"{length} registers in one element")
    try:
        if kind in _NUMBERS:
            return struct.pack(_NUMBERS[kind], int(content.strip() or "0", 0))
        if kind in _FLOATS:
            return struct.pack(_FLOATS[kind], float(content.strip() or "0"))
        if kind not in ("string", "hexstr"):
            raise ValueError(f"type {kind} is not known")
        data = _plain(content).encode("latin-1") if kind == "string" else bytes.fromhex(content)
    except (ValueError, OverflowError, struct.error):
        raise ValueError(f"{content.strip()[:40]!r} is no {kind}") from None
    size = 2 * length or len(data) + len(data) % 2
    return data[:size].ljust(size, b"\0")


def _plain(text: str) -> str:
    return re.sub(r"&\w+;", lambda found: _ENTITIES.get(found[0], found[0]), text)
