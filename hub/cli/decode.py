"""`shems decode FORMAT FILE...`: what a capture of any wire format says, as JSON."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from hub.errors import UserError
from hub.formats import FORMATS, codec
from hub.model.heard import Capture, CaptureHints, Heard, Reading

STDIN = "-"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("format", nargs="?", metavar="FORMAT", help="the capture's format; --formats lists them")
    parser.add_argument("files", nargs="*", metavar="FILE", help="captures; - reads stdin")
    parser.add_argument("--formats", action="store_true", help="list the formats")
    parser.add_argument("--key", default="", metavar="HEX", help="the meter's encryption key, 32 hexadecimal digits")
    parser.add_argument("--auth-key", default="", metavar="HEX", help="the meter's authentication key, if it has one")
    parser.add_argument("--timezone", default="", metavar="NAME", help="of civil times that do not say it")
    parser.add_argument("--json", action="store_true", help="one JSON object a file, and nothing else (the default)")


def run(args: argparse.Namespace) -> int:
    """Exit 1 when a file has no message that can be read; raises UserError."""
    if args.formats:
        _list(args.json)
        return 0
    if not args.format or not args.files:
        raise UserError("name a format and at least one file: shems decode FORMAT FILE...; --formats lists the formats")
    decoder, keys = codec(args.format), (_key("--key", args.key), _key("--auth-key", args.auth_key))
    zone, understood = _zone(args.timezone), True
    for file in args.files:
        capture = decoder.decode(_read(file), CaptureHints("" if file == STDIN else Path(file).name, *keys, zone))
        understood &= bool(capture.messages)
        sys.stdout.buffer.write(orjson.dumps(shown(file, args.format, capture)) + b"\n")
    sys.stdout.buffer.flush()
    return 0 if understood else 1


def shown(file: str, format_: str, capture: Capture) -> dict[str, Any]:
    """A capture in the form that docs promise."""
    return {
        "file": file,
        "format": format_,
        "messages": [_message(m) for m in capture.messages],
        "rejected": [asdict(r) for r in capture.rejected],
    }


def _message(heard: Heard) -> dict[str, Any]:
    return {
        "time": heard.time,
        "device": dict(heard.device),
        "readings": list(_readings(heard.readings)),
        "points": dict(heard.points),
        "problems": list(heard.problems),
    }


def _readings(readings: Iterable[Reading]) -> Iterator[dict[str, Any]]:
    for reading in readings:
        told: dict[str, Any] = {"code": reading.code, "value": reading.value, "unit": reading.unit}
        yield told if reading.at is None else told | {"time": reading.at}


def _list(as_json: bool) -> None:
    told = [{"format": name, "also": f.also, "text": f.text} for name, f in FORMATS.items()]
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(told) + b"\n")
        return
    for name, f in FORMATS.items():
        also = f" (also: {', '.join(f.also)})" if f.also else ""
        print(f"{name:16} {f.text}{also}")


def _read(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
    except OSError as e:
        raise UserError(f"{file}: cannot be read: {e.strerror or e}") from None


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key if name else ""
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UserError(f"--timezone: {name!r} is not a time zone; use one like Europe/Helsinki") from None


def _key(option: str, text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        raise UserError(f"{option}: {text!r} is not hexadecimal; give 32 digits from 0 to 9 and a to f") from None
    if len(key) not in (0, 16):
        raise UserError(f"{option}: is {len(text)} digits long; a key has 32")
    return key
