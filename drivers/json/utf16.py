"""Captures in UTF-16, as PowerShell writes what a program prints. Pure."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Concatenate, ParamSpec

from hub.model.heard import Capture

_P = ParamSpec("_P")


def also_utf16(decode: Callable[Concatenate[bytes, _P], Capture]) -> Callable[Concatenate[bytes, _P], Capture]:
    """`decode` of text in UTF-8, for a capture in UTF-16 with its byte order mark too; offsets are the capture's."""

    @wraps(decode)
    def either(data: bytes, /, *args: _P.args, **kwargs: _P.kwargs) -> Capture:
        text = _text(data)
        if text is None:
            return decode(data, *args, **kwargs)
        utf8 = text.encode()
        found = decode(utf8, *args, **kwargs)
        place = _Places(utf8)
        return Capture(
            tuple(replace(message, offset=place.of(message.offset)) for message in found.messages),
            tuple(replace(rejected, offset=place.of(rejected.offset)) for rejected in found.rejected),
        )

    return either


def _text(data: bytes) -> str | None:
    """Without its mark; None for anything else: a frame of bytes that happens to begin so has zeros."""
    if not data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return None
    try:
        text = data.decode("utf-16")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


class _Places:
    """Offsets in UTF-8 as those in UTF-16. Asked for in any order; going on from the last one takes no time."""

    def __init__(self, utf8: bytes) -> None:
        self._utf8 = utf8
        self._from, self._to = 0, len(BOM_UTF16_LE)

    def of(self, offset: int) -> int:
        if offset < self._from:
            self._from, self._to = 0, len(BOM_UTF16_LE)
        passed = self._utf8[self._from : offset].decode("utf-8", "ignore")
        self._from, self._to = offset, self._to + len(passed.encode("utf-16-le"))
        return self._to
