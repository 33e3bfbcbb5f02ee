"""Captures of MQTT messages: what `shems record` and mosquitto_sub write, and single payloads. Pure.

One JSON object a line with `topic`, `payload` and `t` (UTC ms), which is what mosquitto_sub's `-F %j` gives too; lines
`topic payload` of `mosquitto_sub -v`; a JSON list of such objects; a payload alone, whose topic is then empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from drivers.json.told import as_json
from hub.model.heard import Capture, Heard, Rejected


@dataclass(frozen=True, slots=True)
class Packet:
    """One message. `topic` is empty where the capture does not say it. `at`: when it was heard, UTC ms."""

    topic: str
    payload: bytes
    offset: int = 0
    at: int | None = None


Understand = Callable[[Packet], Heard | str]
"""What a message says; a text says why it is none of this format."""


def decode(data: bytes, understand: Understand) -> Capture:
    """Every message of a capture; raises nothing for any bytes."""
    messages: list[Heard] = []
    rejected: list[Rejected] = []
    for packet in packets(data):
        found = understand(packet) if isinstance(packet, Packet) else packet
        if isinstance(found, Heard):
            messages.append(found)
        else:
            rejected.append(Rejected(packet.offset, found) if isinstance(found, str) else found)
    if not messages and not rejected:
        rejected.append(Rejected(0, "is empty"))
    return Capture(tuple(messages), tuple(rejected))


def packets(data: bytes) -> Iterator[Packet | Rejected]:
    found = as_json(data)
    if found is not None:
        yield from _of_json(found, data)
        return
    offset = 0
    for line in data.split(b"\n"):
        if line.strip():
            yield _of_line(line.strip(), offset)
        offset += len(line) + 1


def line_of(topic: str, payload: bytes, at: int, retained: bool) -> bytes:
    """A message as a line of a capture; a payload that is no text is written in hexadecimal digits."""
    told: dict[str, object] = {"topic": topic, "t": at}
    try:
        told["payload"] = payload.decode()
    except UnicodeDecodeError:
        told["hex"] = payload.hex()
    if retained:
        told["retain"] = True
    return orjson.dumps(told) + b"\n"


def _of_json(found: Any, data: bytes) -> Iterator[Packet]:
    rows = found if isinstance(found, list) else [found]
    if rows and all(map(_is_packet, rows)):
        for row in rows:
            yield _packet(row, 0)
    else:
        yield Packet("", data.strip())


def _is_packet(row: object) -> bool:
    return isinstance(row, Mapping) and isinstance(row.get("topic"), str) and ("payload" in row or "hex" in row)


def _packet(row: Mapping[str, Any], offset: int) -> Packet:
    at = row.get("t")
    whole = isinstance(at, int) and not isinstance(at, bool)
    return Packet(row["topic"], _payload(row), offset, at if whole else None)


def _payload(row: Mapping[str, Any]) -> bytes:
    if isinstance(digits := row.get("hex"), str):
        try:
            return bytes.fromhex(digits)
        except ValueError:
            return digits.encode("utf-8", "replace")
    payload = row.get("payload")
    if isinstance(payload, str):
        return payload.encode("utf-8", "replace")
    try:
        return orjson.dumps(payload)
    except orjson.JSONEncodeError:  # nested deeper than can be written
        return b""


def _of_line(line: bytes, offset: int) -> Packet | Rejected:
    found = as_json(line)
    if _is_packet(found):
        return _packet(found, offset)
    if found is not None:
        return Packet("", line, offset)
    topic, payload = _parted(line.decode("utf-8", "replace"))
    if "/" in topic and '"' not in topic:
        return Packet(topic, payload.encode(), offset)
    return Rejected(offset, "is no MQTT message: neither JSON nor a topic with its payload")


def _parted(line: str) -> tuple[str, str]:
    """Topic and payload; a topic may have blanks in it, and then only JSON shows where it ends."""
    starts = [at for at in (line.find(" {"), line.find(" [")) if at > 0]
    at = min(starts) if starts else line.find(" ")
    return (line[:at].strip(), line[at:].strip()) if at > 0 else (line, "")
