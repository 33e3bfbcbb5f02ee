"""Captures that are written as hexadecimal text: plain, in a log, with labels and comments, or as a dump with offsets.

Bytes and the text of a telegram are left as they are.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from drivers.push.hexdump import undumped
from hub.model.heard import Capture, Rejected

_SHORTEST = 8
"""Characters of a capture, and digits of a number in prose, that may be taken for a message."""
_COLOUR = re.compile(rb"\x1b\[[0-9;]{0,12}m")
_PRINTABLE = bytes([*b"\t\r\n\f", *range(0x20, 0x7F), *range(0x80, 0x100)])
_TELEGRAM = re.compile(
    r"[0-9A-Z.:*&\-]{0,30}\([^()]{0,200}\)"  # a data set at the line's start
    r"|.{0,200}?[0-9][.:][0-9A-Z.:*]{1,20}\("
    r"|/[A-Za-z]{3}"
    r"|![0-9A-Fa-f]{0,4}\s*$"
)
_COMMENT = re.compile(r"^\s*(?:#|//).*|\s(?:#|//)(?:\s.*)?$|/\*[^*]*\*/")

_CLOCK = r"(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_HEAD = re.compile(rf"\s*(?:(?:\[[^\[\]]{{0,80}}\]|{_CLOCK}(?=[\s\[\]|>;,]))\s*:?\s*)+")
"""What a log puts before its text: times, and tags in brackets."""
_NUMBERED = re.compile(r"\s*\d{1,3}[:)]\s+(?=\S)(?!.*:\s)")
_ARROW = re.compile(r"\s*(?:<<+|>>+|->|<-|=>|(?:rx|tx|recv|received|sent)\b[ :=>]*)\s*", re.IGNORECASE)
_LABEL = re.compile(r"\s*(?=[^:=]{0,60}[g-zG-Z_])[A-Za-z][\w .#/\-]{0,60}[:=]\s*")
_SENT = re.compile(r"(?:^|[\s:\]])(?:>>+|->|tx\b|send\b|sent\b)", re.IGNORECASE)
_RECEIVED = re.compile(r"(?:^|[\s:\]])(?:<<+|<-|rx\b|recv\b|received\b)", re.IGNORECASE)
_SINGLE = re.compile(r"0[xX]([0-9A-Fa-f])(?![0-9A-Fa-f])")
_PREFIX = re.compile(r"(?:0[xX]|\\x)(?=[0-9A-Fa-f]{2})|\bb(?=[\"'])")
_COUNT = re.compile(r"\(\s*\d{1,6}\s*(?:bytes?)?\s*\)|\|.*")
_DOTTED = re.compile(r"(?<![\w.])[0-9A-Fa-f]{2}(?:\.[0-9A-Fa-f]{2}){3,}(?![\w.])")
_ENDPOINT = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}:\d{1,5}(?![\w.])")
"""an address with its port, as logs of sockets tell it"""
_QUOTES = str.maketrans(dict.fromkeys("\"'{}[]()=\\", " "))
_RUN = re.compile(r"(?<![\w.])[0-9A-Fa-f]+(?:[\s:,;\-]+[0-9A-Fa-f]+)*(?![\w.])")
_BETWEEN = re.compile(r"[\s:,;\-]+")
_ALONE, _LABELLED, _PROSE = range(3)


@dataclass(frozen=True, slots=True)
class Dump:
    """The bytes of a capture. `lines` and `blocks`: where its lines and its paragraphs begin in them.

    `odd`: behind which bytes a digit without its other half was left out.
    """

    data: bytes
    lines: tuple[int, ...] = (0,)
    blocks: tuple[int, ...] = (0,)
    odd: tuple[int, ...] = ()

    def each(self) -> list[tuple[int, bytes]]:
        """The lines, each with where it begins."""
        return _pieces(self.data, self.lines)

    def paragraphs(self) -> list[tuple[int, bytes]]:
        """What stands between blank lines, comments and other text, each with where it begins."""
        return _pieces(self.data, self.blocks)

    def with_faults(self, capture: Capture) -> Capture:
        """`capture`, and what is wrong with the text."""
        faults = tuple(Rejected(at, "an odd number of hexadecimal digits: the last one is left out") for at in self.odd)
        return replace(capture, rejected=capture.rejected + faults) if faults else capture


@dataclass(frozen=True, slots=True)
class _Line:
    """The digits of a line, none for one without, and what stands before or behind them."""

    digits: str = ""
    kind: int = _ALONE


def undump(capture: bytes) -> Dump:
    """Hexadecimal text as bytes; anything else as it is. Offsets are those of the bytes."""
    narrow = _narrow(capture)
    text = _text(narrow)
    if text is None:
        return Dump(narrow if narrow.isascii() else capture)
    capture = narrow
    told = [_COMMENT.sub("", line) for line in text.splitlines()]
    if dumps := undumped(told):
        dump = _joined(dumps)
    elif any(_TELEGRAM.match(line) for line in told):
        return Dump(capture)
    else:
        dump = _plain(_lines(told))
    return dump if 2 * len(dump.data) >= _SHORTEST else Dump(capture)


def _narrow(capture: bytes) -> bytes:
    """Text in UTF-16, as Windows writes it, in UTF-8; anything else as it is."""
    if not capture.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return capture
    try:
        return capture.decode("utf-16").encode()
    except UnicodeError:
        return capture


def _text(capture: bytes) -> str | None:
    """None for what is no text."""
    if len(capture) < _SHORTEST:
        return None
    try:
        clean = _COLOUR.sub(b"", capture)
        return None if clean.translate(None, _PRINTABLE) else clean.decode("utf-8-sig")
    except UnicodeError:
        return None


def _joined(dumps: Sequence[bytes]) -> Dump:
    starts = tuple(sum(map(len, dumps[:n])) for n in range(len(dumps)))
    return Dump(b"".join(dumps), starts, starts)


def _lines(told: Sequence[str]) -> list[_Line]:
    """The digits of each line, but of what was sent where the answers are told apart.

    Numbers within prose count only where there are no others.
    """
    lines = [_line(text) for text in told]
    if any(line.digits and _RECEIVED.search(text) for line, text in zip(lines, told, strict=True)):
        lines = [_Line() if _SENT.search(text) else line for line, text in zip(lines, told, strict=True)]
    if any(line.digits and line.kind != _PROSE for line in lines):
        lines = [_Line() if line.kind == _PROSE else line for line in lines]
    return _evened(lines) if _is_wrapped(lines) else lines


def _plain(lines: Sequence[_Line]) -> Dump:
    data = bytearray()
    starts: list[int] = []
    blocks: list[int] = []
    odd: list[int] = []
    apart = True
    for line in lines:
        if line.digits:
            starts.append(len(data))
            blocks += [len(data)] if apart or line.kind == _LABELLED else []
            data += bytes.fromhex(line.digits[: len(line.digits) & ~1])
            odd += [len(data)] if len(line.digits) & 1 else []
        apart = not line.digits
    return Dump(bytes(data), tuple(starts), tuple(blocks), tuple(odd))


def _line(text: str) -> _Line:
    """A short number counts alone and behind the head of a log, else only a long one."""
    rest, labelled = _behind_labels(_ENDPOINT.sub(" ", text))
    rest = _SINGLE.sub(r" 0\1", _COUNT.sub(" ", rest))
    rest = _DOTTED.sub(lambda m: m[0].replace(".", " "), _PREFIX.sub(" ", rest)).translate(_QUOTES)
    run = max(_RUN.finditer(rest), key=lambda m: len(m[0]), default=None)
    if run is None:
        return _Line()
    digits = _BETWEEN.sub("", run[0])
    prose = _BETWEEN.sub("", rest[: run.start()] + rest[run.end() :])
    kind = _PROSE if prose else _LABELLED if labelled else _ALONE
    return _Line(digits, kind) if kind == _ALONE or len(digits) >= _SHORTEST else _Line()


def _behind_labels(text: str) -> tuple[str, bool]:
    """What stands behind the head of a log, arrows and labels; and whether there was a label."""
    head = _HEAD.match(text) or _NUMBERED.match(text)
    rest = text[head.end() :] if head and _RUN.search(text, head.end()) else text
    labelled = False
    for _ in range(4):
        if found := _ARROW.match(rest):
            rest = rest[found.end() :]
        elif found := _LABEL.match(rest):
            rest, labelled = rest[found.end() :], True
    return rest, labelled


def _is_wrapped(lines: Sequence[_Line]) -> bool:
    """Whether lines end in the middle of a byte that the next one goes on with."""
    told = [line for line in lines if line.digits]
    halves = sum(len(line.digits) & 1 for line in told)
    return halves > 0 and not halves & 1 and all(line.kind != _PROSE for line in told)


def _evened(lines: Sequence[_Line]) -> list[_Line]:
    """The half of a byte at a line's end goes to the next line."""
    evened: list[_Line] = []
    half = ""
    for line in lines:
        digits = half + line.digits if line.digits else ""
        half, digits = (digits[-1], digits[:-1]) if len(digits) & 1 else ("" if digits else half, digits)
        evened.append(_Line(digits, line.kind))
    return evened


def _pieces(data: bytes, starts: Sequence[int]) -> list[tuple[int, bytes]]:
    return [(start, data[start:end]) for start, end in pairwise((*starts, len(data))) if end > start]
