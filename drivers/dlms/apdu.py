"""What an APDU says: data-notifications, sealed ones, and those in blocks (DLMS UA 1000-2, 9.5)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from drivers.dlms.axdr import Data, moment, whole
from drivers.dlms.hdlc import Broken
from drivers.push.sealed import GENERAL, GLO, Incomplete, Keys, Unreadable, length, parse

_NOTIFICATION, _BLOCK = 0x0F, 0xE0
_LISTS = (0x01, 0x02)
_LAST_BLOCK = 0x80
_LONGEST = 16_384


@dataclass(frozen=True, slots=True)
class Told:
    """The data of a push; `time`: UTC ms where it says one; `title`: the system title of a sealed one."""

    data: Data
    time: int | None = None
    title: bytes = b""


class Reader:
    """Opens APDUs with the meter's keys and puts those in blocks together."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._blocks = b""
        self._count = 0

    @property
    def waits(self) -> bool:
        """Whether blocks have come and the last one has not."""
        return self._count > 0

    def read(self, apdu: bytes) -> Told | None:
        """None for a block that is not the last one. Raises Broken."""
        kind = apdu[0] if apdu else -1
        if kind == _BLOCK:
            joined = self._block(apdu)
            return self.read(joined) if joined is not None else None
        if kind in (GLO, GENERAL):
            return self._sealed(apdu)
        if kind == _NOTIFICATION:
            return _notification(apdu)
        if kind in _LISTS:
            return Told(whole(apdu))
        raise Broken(f"an APDU of kind {kind:02X} is no push" if kind >= 0 else "an empty APDU")

    def _sealed(self, apdu: bytes) -> Told:
        try:
            sealed, _ = parse(apdu)
            plain = sealed.open(self._keys)
        except Incomplete:
            raise Broken("an encrypted APDU that is cut off") from None
        except Unreadable as error:
            raise Broken(str(error)) from None
        except ValueError as error:
            raise Broken(f"an encrypted APDU that is none: {error}") from None
        if plain[:1] not in (b"\x0f", b"\x01", b"\x02"):
            raise Broken("decrypted, but there are no data in it: the key is wrong")
        try:
            return replace(self.read(plain) or Told(None), title=sealed.title)
        except Broken as error:
            raise Broken(f"decrypted, but {error}: the key is wrong, or bytes are damaged") from None

    def _block(self, apdu: bytes) -> bytes | None:
        """General block transfer: control, number, number acknowledged, bytes."""
        if len(apdu) < 7:
            raise Broken("a block that is cut off")
        number = int.from_bytes(apdu[2:4], "big")
        try:
            size, at = length(apdu, 6)
        except ValueError:
            raise Broken("a block that is cut off") from None
        if at + size != len(apdu):
            raise Broken("a block of another length than it says")
        if number == 1:
            self._blocks, self._count = b"", 0
        if number != self._count + 1 or len(self._blocks) > _LONGEST:
            self._blocks, self._count = b"", 0
            raise Broken("a block is missing")
        self._blocks, self._count = self._blocks + apdu[at:], number
        if not apdu[1] & _LAST_BLOCK:
            return None
        joined, self._blocks, self._count = self._blocks, b"", 0
        if joined[:1] == bytes([_BLOCK]):
            raise Broken("blocks within blocks")
        return joined


def _notification(apdu: bytes) -> Told:
    """Kind, invoke id (4), date-time as bytes with their length (Kaifa: with the tag 09 before it), data."""
    at = 5
    if apdu[at : at + 2] == b"\x09\x0c":
        at += 1
    size = apdu[at] if at < len(apdu) else 0xFF
    if size not in (0, 12):
        raise Broken(f"a data-notification whose time has {size} bytes")
    stamp = moment(apdu[at + 1 : at + 1 + size])
    return Told(whole(apdu[at + 1 + size :]), stamp[1] if stamp else None)
