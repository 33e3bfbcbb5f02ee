"""Captures of MQTT messages: what `shems record` and mosquitto_sub write, and single payloads. Pure.

One JSON object a line with `topic`, `payload` and `t` (UTC ms), which is what mosquitto_sub's `-F %j` gives too; lines
`topic payload` of `mosquitto_sub -v`; a JSON list of such objects; payloads alone, whose topic is then empty. JSON may
go over several lines. And the logs of Tasmota's console and of zigbee2mqtt, which tell their messages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from drivers.json.split import BOM, Documents
from drivers.json.told import as_json
from drivers.json.utf16 import also_utf16
from hub.model.heard import Capture, Heard, Rejected

_BLANKS = re.compile(rb"(?:[ \t\r,]+|\xef\xbb\xbf)*")
_OPEN = re.compile(rb" (?=[{\[])")
_LOGS = (
    ("MQT: ", " = "),
    ("RSL: ", " = "),
    ("MQTT publish: topic '", "', payload '"),
    ("Received MQTT message on '", "' with data '"),
)
"""what stands before a topic in a log, and between it and its payload"""


@dataclass(frozen=True, slots=True)
class Packet:
    """One message. `topic` is empty where the capture does not say it. `at`: when it was heard, UTC ms."""

    topic: str
    payload: bytes
    offset: int = 0
    at: int | None = None


Understand = Callable[[Packet], Heard | str]
"""What a message says; a text says why it is none of this format."""
Announced = Callable[[str], bool]
"""Whether a message before has said that something is told on a topic."""


def nobody(topic: str) -> bool:
    return False


@also_utf16
def decode(data: bytes, understand: Understand, announced: Announced = nobody) -> Capture:
    """Every message of a capture; raises nothing for any bytes. A line whose topic has no / in it is a message where
    the topic was `announced`.
    """
    messages: list[Heard] = []
    rejected: list[Rejected] = []
    for packet in packets(data, announced):
        found = understand(packet) if isinstance(packet, Packet) else packet
        if isinstance(found, Heard):
            messages.append(found)
        else:
            rejected.append(Rejected(packet.offset, found) if isinstance(found, str) else found)
    if not messages and not rejected:
        rejected.append(Rejected(0, "is empty"))
    return Capture(tuple(messages), tuple(rejected))


def packets(data: bytes, announced: Announced = nobody) -> Iterator[Packet | Rejected]:
    found = as_json(data)
    if found is not None:
        yield from _of_json(found, data)
        return
    documents, at = Documents(data), len(BOM) if data.startswith(BOM) else 0
    while at < len(data):
        end = _end(documents, data, at)
        if part := data[_past(data, at) : end].strip():
            yield from _of_part(part, at, announced)
        at = end + (data[end : end + 1] == b"\n")


def _end(documents: Documents, data: bytes, at: int) -> int:
    """Where what begins at `at` ends: with its line, or with the document that begins there and goes on after it."""
    begin = _past(data, at)
    if data[begin : begin + 1] in (b"{", b"["):
        end = documents.end(begin)
        if end is not None and (data[begin : begin + 1] == b"{" or data.find(b"\n", begin, end) >= 0):
            return end
    stop = data.find(b"\n", at)
    stop = len(data) if stop < 0 else stop
    return _with_payload(documents, data, at, stop)


def _with_payload(documents: Documents, data: bytes, at: int, stop: int) -> int:
    """Where a line ends whose payload may go on after it."""
    match = _OPEN.search(data, at, stop)
    if match is None or as_json(data[match.end() : stop]) is not None:
        return stop
    return max(stop, documents.end(match.end()) or 0)


def _past(data: bytes, at: int) -> int:
    match = _BLANKS.match(data, at)
    return match.end() if match else at


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


def _of_json(found: Any, data: bytes, offset: int = 0) -> Iterator[Packet]:
    rows = found if isinstance(found, list) else [found]
    if rows and all(map(_is_packet, rows)):
        for row in rows:
            yield _packet(row, offset)
    else:
        yield Packet("", data.strip(), offset)


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


def _of_part(part: bytes, offset: int, announced: Announced) -> Iterator[Packet | Rejected]:
    """A line, or a document of several lines."""
    found = as_json(part)
    if found is not None:
        yield from _of_json(found, part, offset)
        return
    text = part.decode("utf-8", "replace")
    logged = _logged(text)
    topic, payload = logged or _parted(text)
    if logged or ("/" in topic and '"' not in topic) or announced(topic):
        yield Packet(topic, payload.encode(), offset)
    else:
        yield Rejected(offset, "is no MQTT message: neither JSON nor a topic with its payload")


def _logged(line: str) -> tuple[str, str] | None:
    """Topic and payload of a line in the log of Tasmota's console or of zigbee2mqtt; None for another line.

    `12:00:01 MQT: tele/x/SENSOR = {...} (retained)`; without a broker it is `RSL: SENSOR = {...}`.
    """
    for mark, between in _LOGS:
        before, told, rest = line.partition(mark)
        topic, parted, payload = rest.partition(between)
        if told and parted and topic and not set(before) & set('{"'):
            return topic.strip(), payload.removesuffix(" (retained)").removesuffix("'" if "'" in mark else "").strip()
    return None


def _parted(line: str) -> tuple[str, str]:
    """Topic and payload; a topic may have blanks in it, and then only JSON shows where it ends."""
    starts = [at for at in (line.find(" {"), line.find(" [")) if at > 0]
    at = min(starts) if starts else line.find(" ")
    return (line[:at].strip(), line[at:].strip()) if at > 0 else (line, "")
