"""SML messages out of a frame, and the lists of values in them (BSI TR-03109-1 annex IV part b, 5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from drivers.push.checks import sml
from drivers.sml.elements import Broken, Element, Number, element

_END_OF_MESSAGE = 0x00
_GET_LIST_RESPONSE = 0x0701


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a list. `at`: UTC ms where the meter knows its time."""

    code: bytes
    status: int | None
    at: int | None
    unit: int
    scaler: int
    value: Element


@dataclass(frozen=True, slots=True)
class ValueList:
    """One GetList response. `server`: the meter's id; `time`: UTC ms where it knows it; `problems`: rows left out."""

    server: bytes
    time: int | None
    entries: tuple[Entry, ...]
    problems: tuple[str, ...]


def lists(content: bytes) -> Iterator[ValueList]:
    """Every list of values in a frame; raises Broken for what is no SML message, or one with a wrong checksum.

    Zeros behind the last message fill it up.
    """
    at = 0
    while content[at:].strip(b"\x00"):
        body, at = _message(content, at)
        if body[0] == Number(_GET_LIST_RESPONSE, b"\x07\x01", signed=False):
            yield _get_list(body[1])


def _message(data: bytes, start: int) -> tuple[tuple[Element, Element], int]:
    """The choice and body of the message at `start`, checked, and where it ends."""
    if data[start] != 0x76:
        raise Broken(f"no message begins with {data[start]:02x}")
    at = start + 1
    parts: list[Element] = []
    for _ in range(4):  # transaction id, group, abort on error, body
        part, at = element(data, at, 1)
        parts.append(part)
    checked = data[start:at]
    check, at = element(data, at, 1)
    body = parts[3]
    if not isinstance(check, Number) or at >= len(data) or data[at] != _END_OF_MESSAGE:
        raise Broken("a message without its end")
    told = int.from_bytes(check.value.to_bytes(8, "big", signed=check.signed)[-2:], "little")
    if told not in sml(checked):
        raise Broken(f"checksum wrong: the message says {told:04X}")
    if not isinstance(body, tuple) or len(body) != 2:
        raise Broken("a message without a body")
    return (_wide(body[0]), body[1]), at + 1


def _wide(choice: Element) -> Element:
    """The number of a choice, in two bytes: Holley meters send it in four."""
    if isinstance(choice, Number) and 0 <= choice.value <= 0xFFFF:
        return Number(choice.value, choice.value.to_bytes(2, "big"), signed=False)
    return choice


def _get_list(body: Element) -> ValueList:
    """(client id), server id, (list name), (sensor time), values, (signature), (gateway time)."""
    if not isinstance(body, tuple) or len(body) < 5 or not isinstance(body[4], tuple):
        raise Broken("a list without values")
    problems: list[str] = []
    entries = [entry for row in body[4] if (entry := _entry(row, problems)) is not None]
    server = body[1] if isinstance(body[1], bytes) else b""
    return ValueList(server, _time(body[3]), tuple(entries), tuple(problems))


def _entry(row: Element, problems: list[str]) -> Entry | None:
    """Name, (status), (time), (unit), (scaler), value, (signature)."""
    code = row[0] if isinstance(row, tuple) and len(row) >= 6 else None
    if not isinstance(row, tuple) or not isinstance(code, bytes) or len(code) != 6:
        problems.append("a row of the list that is none")
        return None
    status, at, unit, scaler, value = row[1:6]
    if value is None:
        problems.append(f"{code.hex()}: no value was sent")
        return None
    return Entry(code, _number(status), _time(at), _number(unit) or 0, _number(scaler) or 0, value)


def _number(value: Element) -> int | None:
    return value.value if isinstance(value, Number) else None


def _time(value: Element) -> int | None:
    """UTC ms of a time stamp (choice 2) or a local one (3: UTC, offset, season); none for a count of seconds."""
    if not isinstance(value, tuple) or len(value) != 2:
        return None
    choice, stamp = _number(value[0]), value[1]
    if choice == 3 and isinstance(stamp, tuple) and stamp:
        stamp = stamp[0]
    seconds = _number(stamp)
    return seconds * 1000 if choice in (2, 3) and seconds else None
