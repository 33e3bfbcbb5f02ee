"""Captures of GoodWe frames, raw or as hexadecimal text, to readings and points. Pure.

A Modbus answer does not say which registers it holds. Its length tells the block, beside the address (247 ET, 127 DT)
and the first bytes; where the capture's name says it (`et_..._meter_data`), that is taken. `problems` says which.
"""

from __future__ import annotations

import re

from drivers.goodwe import dt, es, et
from drivers.goodwe.block import Block
from drivers.goodwe.frame import READ, Answer, answers
from drivers.goodwe.meaning import heard
from drivers.push.hextext import undump
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard, Rejected

_FAMILY = re.compile(r"(?:^|[^a-z])(et|dt|es)_")
_NAMED = (
    ("battery2_info", "battery2"),
    ("battery_info", "battery"),
    ("running_data", "running"),
    ("meter_data", "meter"),
    ("mppt_data", "mppt"),
    ("device_info", "device"),
)
_DT_ADDRESS = 0x7F
_ET_BYTES = {66: et.DEVICE, 48: et.BATTERY, 44: et.BATTERY_2, 90: et.METER, 116: et.METER, 122: et.MPPT}
_DT_BYTES = {80: dt.DEVICE, 146: dt.RUNNING, 30: dt.METER}


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """Frames one after the other, as bytes or as hexadecimal text. Offsets are those of the frames' bytes."""
    if not data.strip():
        return Capture((), (Rejected(0, "empty"),))
    dump = undump(data)
    told = [f if isinstance(f, Rejected) else _meaning(f, hints.name.lower()) for f in answers(dump.data)]
    messages = tuple(t for t in told if isinstance(t, Heard))
    return dump.with_faults(Capture(messages, tuple(t for t in told if isinstance(t, Rejected))))


def _meaning(answer: Answer, name: str) -> Heard | Rejected:
    if answer.kind:
        block = es.BY_KIND.get(answer.kind)
        if block is None:
            return Rejected(answer.offset, f"an AA55 answer of kind {answer.kind:04x}, which is not known")
        return heard(block, answer.data, answer.offset)
    if answer.error:
        return Rejected(answer.offset, f"the inverter refused: {answer.error}")
    if answer.function != READ:
        return Heard(problems=("the answer to a write",), offset=answer.offset)
    named, sized = _by_name(name, answer), _by_length(answer)
    block = named or sized
    if block is None:
        return Heard(
            problems=(f"{len(answer.data)} bytes of registers: which ones is not known",), offset=answer.offset
        )
    why = "the capture's name" if named else "its length and address"
    last = block.first + len(answer.data) // 2 - 1
    return heard(block, answer.data, answer.offset, f"taken as registers {block.first} to {last}, by {why}")


def _by_name(name: str, answer: Answer) -> Block | None:
    wanted = next((block for part, block in _NAMED if part in name), "")
    family = _FAMILY.search(name)
    dt_family = family[1] == "dt" if family else answer.address == _DT_ADDRESS
    return next((b for b in (dt.BLOCKS if dt_family else et.BLOCKS) if b.name == wanted), None)


def _by_length(answer: Answer) -> Block | None:
    size = len(answer.data)
    if answer.address == _DT_ADDRESS or size in _DT_BYTES:
        return _DT_BYTES.get(size)
    if size == et.RUNNING.size:
        return et.RUNNING if _clock(answer.data) else et.METER
    return _ET_BYTES.get(size)


def _clock(data: bytes) -> bool:
    """Running data begins with the inverter's clock: year, month, day, hour, minute, second, a byte each."""
    year, month, day, hour, minute, second = data[:6]
    return year >= 10 and 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60
