"""Captures of HTTP answers, the same for every kind: one answer, several one after the other, or a list of them. Pure.

Also with status line and headers before the body, and as `shems record` writes them: `{"path", "status", "body"}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from drivers.json.split import BOM, Piece, elements, split
from drivers.json.told import as_json
from drivers.json.utf16 import also_utf16
from hub.model.heard import Capture, CaptureHints, Heard, Rejected

_HEAD = re.compile(rb'HTTP/\d(?:\.\d)? \d{3}[^\n"]{0,100}\n(?:[\w-]+:[^\n]*\n)*\r?\n')
_CHUNKED = re.compile(rb"^transfer-encoding:[^\n]*\bchunked\b", re.IGNORECASE | re.MULTILINE)
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\n]{0,200})?\r?\n")
_RECORD = {"path", "status", "body"}

Understand = Callable[[bytes, str], Heard | Rejected]
"""What one answer means; with the name of the capture and, where it is told, the path that was asked."""


@dataclass(frozen=True, slots=True)
class _Answer:
    offset: int
    body: bytes
    path: str = ""


@also_utf16
def decode(data: bytes, hints: CaptureHints, understand: Understand, answer: Callable[[Any], bool]) -> Capture:
    """`answer`: whether what stands in a list is an answer, and the list not the kind's own. Raises nothing."""
    messages: list[Heard] = []
    rejected: list[Rejected] = []
    for one in _answers(data, answer):
        found = understand(one.body, f"{hints.name} {one.path}".strip()) if isinstance(one, _Answer) else one
        if isinstance(found, Heard):
            messages.append(replace(found, offset=one.offset))
        else:
            rejected.append(replace(found, offset=one.offset))
    return Capture(tuple(messages), tuple(rejected))


def _answers(data: bytes, answer: Callable[[Any], bool]) -> Iterator[_Answer | Rejected]:
    """What is one page, or no JSON at all, stays whole: the kind says what it is."""
    text = _bare(data)
    begin = len(text) - len(text.lstrip()) if text is not data else 0
    whole = Piece(begin, text[begin:])
    pieces: list[Piece | Rejected] = [whole]
    if as_json(whole.body) is None and not whole.body.lstrip().startswith(b"<"):
        parts = list(split(text))
        pieces = parts if any(isinstance(part, Piece) for part in parts) else pieces
    for piece in pieces:
        if isinstance(piece, Piece):
            yield from _unwrapped(piece, answer)
        else:
            yield piece


def _bare(data: bytes) -> bytes:
    """Blanks instead of a byte order mark and of the heads of answers, so that every place stays the same.

    A body that came in chunks is put together where its first one begins, with blanks behind it.
    """
    text = b" " * len(BOM) + data[len(BOM) :] if data.startswith(BOM) else data
    if b"HTTP/" not in text:
        return text
    parts: list[bytes] = []
    at = 0
    for head in _HEAD.finditer(text):
        if head.start() < at:
            continue  # it stands within the chunks of the one before it
        parts += [text[at : head.start()], b"\n" * len(head[0])]
        at = head.end()
        if _CHUNKED.search(head[0]):
            end, body = _joined(text, at)
            blanks = end - at - len(body)
            first = _CHUNK.match(text, at)
            before = len(first[0]) if first and body else 0
            parts += [b"\n" * before, body, b"\n" * (blanks - before)]
            at = end
    return b"".join([*parts, text[at:]])


def _joined(text: bytes, at: int) -> tuple[int, bytes]:
    """RFC 9112, 7.1: where the chunks from `at` on end, and what is in them, as far as they are whole."""
    pieces: list[bytes] = []
    while size := _CHUNK.match(text, at):
        begin, end = size.end(), size.end() + int(size[1], 16)
        closing = text[end : end + 2]
        if end > len(text) or not (closing.startswith((b"\r\n", b"\n")) or end == len(text) or begin == end):
            break
        pieces.append(text[begin:end])
        at = end + (2 if closing == b"\r\n" else 1 if closing.startswith(b"\n") else 0)
        if begin == end:
            break
    return at, b"".join(pieces)


def _unwrapped(piece: Piece, answer: Callable[[Any], bool]) -> Iterator[_Answer | Rejected]:
    found = as_json(piece.body)
    if not isinstance(found, list) or not any(answer(row) or _is_record(row) for row in found):
        yield _recorded(piece, found)
        return
    for part in elements(piece):
        yield _recorded(part, as_json(part.body)) if isinstance(part, Piece) else part


def _recorded(piece: Piece, found: object) -> _Answer:
    if isinstance(found, Mapping) and _is_record(found):
        return _Answer(piece.offset, str(found["body"]).encode("utf-8", "replace"), str(found["path"]))
    return _Answer(piece.offset, piece.body)


def _is_record(found: object) -> bool:
    return isinstance(found, Mapping) and found.keys() >= _RECORD and isinstance(found["body"], str)
