"""Captures of OCPP: frames one a line, in JSON arrays or inside a log; and bare payloads and charging profiles."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeAlias

from drivers.json.split import BOM, Documents
from drivers.json.utf16 import also_utf16
from drivers.ocpp import schema
from drivers.ocpp.frame import Call, Failure, Frame, MalformedError, Result, frame_of, is_frame, load
from drivers.ocpp.legacy import modern
from drivers.ocpp.meaning import STATION, Fact, Said, hear, leaves
from drivers.ocpp.meter import number
from drivers.ocpp.sessions import Sessions
from hub.model import Value
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard, Reading, Rejected

Found: TypeAlias = tuple[int, Any]
_FRAME_IN_A_LINE = re.compile(r"\[\s*[2-6]\s*,")
_WRITTEN = {schema.V16: ("v16", "1.6", "1-6"), schema.V21: ("v21", "2.1", "2-1"), schema.V201: ("v2", "2.0", "2-0")}
_BLANKS = re.compile(rb"[ \t,]*")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_PENDING = 1000


@also_utf16
def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """Never raises. A bare payload's message is known by the file's name, or by its keys if only one can have them."""
    reader, messages, rejected = _Reader(hints.name), [], []
    for offset, found in _values(data):
        if isinstance(found, MalformedError):
            rejected.append(Rejected(offset, str(found)))
            continue
        try:
            messages.append(replace(reader.read(found), offset=offset))
        except MalformedError as error:
            rejected.append(Rejected(offset, str(error)))
    return Capture(tuple(messages), tuple(rejected))


# -- what is in the bytes --------------------------------------------------------------------------------------------


def _values(data: bytes) -> Iterator[Found]:
    """(offset, JSON value of one message), or the reason why there is none."""
    if not data.strip():
        yield 0, MalformedError("empty")
        return
    try:
        whole = load(data)
    except MalformedError:
        yield from _lines(data)
    else:
        yield from ((0, value) for value in _unwrapped(whole))


def _lines(data: bytes) -> Iterator[Found]:
    """Lines, and documents that go on over several; each line's end may be written in any way."""
    documents, offset = Documents(data), len(BOM) if data.startswith(BOM) else 0
    while offset < len(data):
        end = _end(documents, data, offset)
        if part := data[offset:end].strip(b" \t\r\n,"):
            yield from ((offset, value) for value in _in_line(part))
        offset = end


def _end(documents: Documents, data: bytes, at: int) -> int:
    blanks, end = _BLANKS.match(data, at), None
    begin = blanks.end() if blanks else at
    if data[begin : begin + 1] in (b"{", b"["):
        end = documents.end(begin)
    if end is not None and (data[end : end + 1] in (b"{", b"[") or _LINE_END.search(data, begin, end)):
        return end
    stop = _LINE_END.search(data, at)
    return stop.end() if stop else len(data)


def _in_line(line: bytes) -> Iterator[Any]:
    try:
        yield from _unwrapped(load(line))
    except MalformedError as error:
        inside = _inside(line.decode("utf-8", errors="replace"))
        yield error if inside is None else inside


def _inside(line: str) -> Any:
    """The frame in a line of a log, after whatever the log's writer put before it."""
    for match in _FRAME_IN_A_LINE.finditer(line):
        try:
            _, length = json.JSONDecoder().raw_decode(line[match.start() :])
            return load(line[match.start() : match.start() + length])
        except (ValueError, RecursionError):
            continue
    return None


def _unwrapped(value: Any) -> Iterator[Any]:
    if isinstance(value, list) and not is_frame(value) and value:
        for inner in value:
            yield from _unwrapped(inner)
    elif isinstance(value, dict):
        yield next((f for inner in value.values() if (f := _carried(inner)) is not None), value)
    else:
        yield value


def _carried(value: Any) -> Any:
    """The frame that a record of a log carries, as JSON or as its text."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = load(value)
        except MalformedError:
            return None
    return value if is_frame(value) and len(value) > 2 and isinstance(value[1], str) else None


# -- what they say ---------------------------------------------------------------------------------------------------


class _Reader:
    """Remembers what a capture has said so far: open calls, transactions, the version in use."""

    def __init__(self, name: str) -> None:
        self._name = name.lower()
        self._open: dict[str, Call] = {}
        self._sessions = Sessions()
        self._version = next((v for v, forms in _WRITTEN.items() if any(f in self._name for f in forms)), "")

    def read(self, value: Any) -> Heard:
        """Raises MalformedError."""
        if isinstance(value, dict):
            return self._bare(value)
        frame = frame_of(value)
        heard = self._frame(frame)
        return replace(heard, problems=(*frame.oddities, *heard.problems))

    def _frame(self, frame: Frame) -> Heard:
        if isinstance(frame, Call):
            self._open[frame.id] = frame
            for old in list(self._open)[:-_PENDING]:
                del self._open[old]
            return self._message(frame.action, dict(frame.payload), False)
        asked = self._open.get(frame.id)
        if isinstance(frame, Failure):
            return _failure(frame, asked)
        if asked is None:
            told = tuple(_plain(frame.payload, "Response"))
            return Heard(told, problems=("the call that this answers is not in the capture",))
        self._began(asked, frame)
        return self._message(asked.action, dict(frame.payload), True)

    def _began(self, asked: Call, answer: Result) -> None:
        if asked.action == "StartTransaction":
            connector, start = asked.payload.get("connectorId"), number(asked.payload.get("meterStart"))
            if isinstance(connector, int):
                self._sessions.began(str(answer.payload.get("transactionId")), connector, start)

    def _bare(self, value: dict[str, Any]) -> Heard:
        if "chargingProfilePurpose" in value:
            return self._profile(value)
        named = _named(self._name)
        fits = {named} if named else schema.fitting(value)
        if len(fits) != 1:
            told = tuple(_plain(value, ""))
            return Heard(told, problems=("which message this payload belongs to cannot be told",))
        action, answer = fits.pop()
        return self._message(action, value, answer)

    def _profile(self, value: dict[str, Any]) -> Heard:
        wrapped = {
            schema.V16: {"connectorId": 1, "csChargingProfiles": value},
            schema.V201: {"evseId": 1, "chargingProfile": value},
            schema.V21: {"evseId": 1, "chargingProfile": value},
        }
        versions = (schema.V16,) if "chargingProfileId" in value else (schema.V201, schema.V21)
        wrong = {v: schema.violations(v, "SetChargingProfile", wrapped[v]) for v in versions}
        return Heard(tuple(_plain(value, "chargingProfile")), problems=tuple(wrong[self._best(wrong)]))

    def _message(self, action: str, payload: dict[str, Any], answer: bool) -> Heard:
        payload, oddities = modern(action, payload)
        wrong = {v: schema.violations(v, action, payload, answer) for v in schema.known(action)}
        if wrong:
            self._version = version = self._best(wrong)
            oddities += wrong[version]
        else:
            oddities.append(f"{action[:50]} is not an action of any version of OCPP")
        said = hear(action, payload, self._sessions, answer)
        return _heard(said, (*oddities, *said.problems))

    def _best(self, wrong: dict[str, list[str]]) -> str:
        """The version with the least to object to; of equals the one in use."""
        return min(wrong, key=lambda v: (len(wrong[v]), v != self._version, v))


def _named(name: str) -> tuple[str, bool] | None:
    """The message that a file's name tells: the longest action in it."""
    everything = sorted({a for v in schema.VERSIONS for a in schema.actions(v)}, key=lambda a: (-len(a), a))
    action = next((a for a in everything if a.lower() in name), None)
    return (action, "response" in name or ".conf" in name) if action else None


def _failure(frame: Failure, asked: Call | None) -> Heard:
    prefix = f"{asked.action}Error" if asked else "CallError"
    told = {"errorCode": frame.code, "errorDescription": frame.text, "errorDetails": frame.details}
    return Heard(tuple(_plain(told, prefix)))


def _plain(payload: Any, prefix: str) -> Iterator[Reading]:
    yield from (Reading(path, value) for path, value in leaves(payload, prefix))


def _heard(said: Said, problems: tuple[str, ...]) -> Heard:
    """A place is the connector: `charger` the first, `charger_2` the second; the charger as a whole has no points."""
    facts = [f for f in said.facts if f.connector != STATION]
    points: dict[str, Value] = {_point(f): f.value for f in facts}
    aged = {_point(f): f.at for f in facts if f.at is not None and said.time is not None and f.at < said.time}
    return Heard(tuple(said.readings), points, said.device, said.time, aged, problems)


def _point(fact: Fact) -> str:
    return f"charger.{fact.name}" if fact.connector == 1 else f"charger_{fact.connector}.{fact.name}"
