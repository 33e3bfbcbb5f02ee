"""SML messages as bytes: elements, messages, the transport frame.

After BSI TR-03109-1 annex IV part b (SML 1.04): 6 binary encoding (a byte of type and length before each value; a
list's length counts elements, all others count their own head too), 7 messages, 8 transport protocol version 1.
"""

from typing import TypeAlias

from .crc import x25

OPEN, LIST, CLOSE = 0x0101, 0x0701, 0x0201
"""responses: PublicOpen, GetList, PublicClose"""
_ESCAPE = b"\x1b\x1b\x1b\x1b"
_OCTETS, _BOOLEAN, _SIGNED, _UNSIGNED, _LIST = 0, 4, 5, 6, 7
_MOST = 0x0F

Element: TypeAlias = bytes
"""already encoded"""
ABSENT: Element = b"\x01"
"""an optional element that is left out: an octet string without octets"""


def octets(value: bytes) -> Element:
    """Its head counts itself, and grows by a byte when the length needs more than four bits."""
    size = 1
    while len(value) + size >= 1 << 4 * size:
        size += 1
    return _head(_OCTETS, len(value) + size, size) + value


def unsigned(value: int, size: int) -> Element:
    """In `size` bytes (1, 2, 4 or 8)."""
    return _head(_UNSIGNED, size + 1) + value.to_bytes(size, "big")


def signed(value: int, size: int) -> Element:
    return _head(_SIGNED, size + 1) + value.to_bytes(size, "big", signed=True)


def several(*elements: Element) -> Element:
    """A list."""
    size = 1 if len(elements) <= _MOST else 2
    return _head(_LIST, len(elements), size) + b"".join(elements)


def _head(kind: int, length: int, size: int = 1) -> bytes:
    """`size` bytes of four bits of length each; the first says the kind, all but the last that more follow."""
    head = bytearray(0x80 | length >> 4 * place & 0x0F for place in reversed(range(size)))
    head[0] |= kind << 4
    head[-1] &= 0x7F
    return bytes(head)


def entry(code: bytes, value: Element, unit: int | None = None, scaler: int = 0, status: int | None = None) -> Element:
    """SML_ListEntry: name (6 bytes of OBIS), status, time, unit (DLMS), scaler, value, signature."""
    return several(
        octets(code),
        ABSENT if status is None else unsigned(status, 4),
        ABSENT,
        ABSENT if unit is None else unsigned(unit, 1),
        ABSENT if unit is None else signed(scaler, 1),
        value,
        ABSENT,
    )


def since_start(seconds: int) -> Element:
    """SML_Time as a count of seconds."""
    return several(unsigned(1, 1), unsigned(seconds, 4))


def message(transaction: int, kind: int, body: Element) -> bytes:
    """SML_Message: transaction, group, abort on error, body, checksum, end."""
    content = several(unsigned(kind, 2), body)
    head = octets(transaction.to_bytes(4, "big")) + unsigned(0, 1) + unsigned(0, 1) + content
    whole = _head(_LIST, 6) + head
    return whole + _head(_UNSIGNED, 3) + x25(whole) + b"\x00"


def frame(*messages: bytes) -> bytes:
    """A transport frame: escapes in the content doubled, filled to whole words, number of fill bytes, checksum."""
    content = b"".join(messages)
    fill = -len(content) % 4
    content = (content + bytes(fill)).replace(_ESCAPE, _ESCAPE * 2)
    whole = _ESCAPE + b"\x01\x01\x01\x01" + content + _ESCAPE + bytes((0x1A, fill))
    return whole + x25(whole)
