"""Several JSON documents in one capture, one a line or one after the other: where each begins and ends. Pure.

It takes time in proportion to the capture's length, whatever is in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from hub.model.heard import Rejected

BOM = b"\xef\xbb\xbf"
_BETWEEN = re.compile("(?:[ \t\r\n\f\v,\x00\x1e]+|\xef\xbb\xbf)*")
_BEGIN = re.compile(r'\{\s*["}]|\[\s*[\[{]')
_PREFIXED = re.compile(r'[^"{}\n]*?(?=\{\s*["}]|\[\s*[\[{])')
"""what a log's writer may have put before a document in its line"""
_WINDOW, _MARGIN, _PASSES, _DEEPEST = 1024, 64, 8, 200
_DECODER = json.JSONDecoder(parse_int=float)


@dataclass(frozen=True, slots=True)
class Piece:
    """One document. `offset`: where in the capture it begins, in bytes."""

    offset: int
    body: bytes


class Documents:
    """Finds the ends of documents. What fails is tried no more often than so many times the capture's length."""

    def __init__(self, data: bytes) -> None:
        """One character a byte, so that places are the same. Lists may leave values out, as the first SolaX do."""
        self.text = re.sub(",(?=,)", " ", data.decode("latin-1"))
        self._left = _PASSES * len(data) + _WINDOW

    def end(self, at: int) -> int | None:
        """Where the document that begins at `at` ends; None for what is none, or is cut off."""
        size = _WINDOW
        while self._left > 0:
            window = self.text[at : at + size]
            try:
                return at + _DECODER.raw_decode(window)[1]
            except json.JSONDecodeError as error:
                cut = error.pos > size - _MARGIN or error.msg.startswith("Unterminated")
                more = cut and at + size < len(self.text)
                self._left -= len(window) if cut else error.pos
            except (ValueError, RecursionError):
                self._left -= len(window)
                return None
            if not more:
                return None
            size *= 2
        return None


def split(data: bytes, offset: int = 0) -> Iterator[Piece | Rejected]:
    """Objects and lists in their order; what stands between them is rejected. `offset`: of `data` in the capture.

    One begins right after the one before it, or in a new line; not further inside than what was damaged before it.
    """
    documents = Documents(data)
    text, at, rubbish = documents.text, 0, -1
    new_line = True
    while (begin := _past(text, at)) < len(text):
        new_line = new_line or "\n" in text[at:begin]
        match = (_PREFIXED if new_line else _BEGIN).match(text, begin)
        start = begin if match is None or not new_line else match.end()
        end = documents.end(start) if match else None
        if end is None:
            rubbish = begin if rubbish < 0 else rubbish
            at, new_line = _next_line(text, begin), True
            continue
        if rubbish >= 0:
            yield _rejected(offset + rubbish)
        yield Piece(offset + start, data[start:end])
        at, rubbish, new_line = end, -1, False
    if rubbish >= 0:
        yield _rejected(offset + rubbish)


def elements(piece: Piece) -> Iterator[Piece | Rejected]:
    """The documents in a list, each on its own."""
    begin = piece.body.index(b"[") + 1
    return split(piece.body[begin : piece.body.rindex(b"]")], piece.offset + begin)


def _past(text: str, at: int) -> int:
    match = _BETWEEN.match(text, at)
    return match.end() if match else at


def _next_line(text: str, at: int) -> int:
    """The next line that is no further inside, and does not end what is damaged."""
    inside = min(at - text.rfind("\n", 0, at) - 1, _DEEPEST)
    inside = inside if text[at - inside : at].isspace() else 0
    match = _line_within(inside).search(text, at)
    return match.end() if match else len(text)


@cache
def _line_within(blanks: int) -> re.Pattern[str]:
    return re.compile(rf"\n[ \t]{{0,{blanks}}}(?![ \t}}\]])")


def _rejected(offset: int) -> Rejected:
    return Rejected(offset, "is no JSON, or is damaged")
