"""Addresses of Modbus links: `tcp://host:port`, `rtu+tcp://host:port`, `serial:///dev/ttyUSB0?baud=9600&parity=N&stop=1`."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlsplit

from hub.errors import ConfigError

_KEYS = ("baud", "parity", "stop")
_FORMS = "is neither tcp://host:port, rtu+tcp://host:port nor serial:///dev/tty...?baud=9600"
_BITS_PER_BYTE = 11


@dataclass(frozen=True, slots=True)
class Address:
    """`rtu`: RTU frames, on a wire or through a gateway; `path` is empty for TCP."""

    text: str
    rtu: bool
    host: str = ""
    port: int = 0
    path: str = ""
    baud: int = 9600
    parity: str = "N"
    stop: int = 1

    @property
    def byte_s(self) -> float:
        """Seconds that one byte takes on the wire; a gateway's wire is taken as 9600 baud."""
        return _BITS_PER_BYTE / self.baud if self.rtu else 0.0

    @staticmethod
    def parse(text: str) -> Address:
        """Raises ConfigError with the forms that are understood."""
        try:
            parts = urlsplit(text)
            (parts.hostname or "").encode("idna")
        except ValueError:
            raise _wrong(text, _FORMS) from None
        extra = parts.fragment or "@" in parts.netloc
        if parts.scheme == "serial" and not parts.netloc and not extra:
            return _serial(text, parts.path, parse_qs(parts.query, keep_blank_values=True))
        if parts.scheme not in ("tcp", "rtu+tcp") or not parts.hostname or parts.path or parts.query or extra:
            raise _wrong(text, _FORMS)
        return Address(text, parts.scheme == "rtu+tcp", parts.hostname, _port(text, parts))


def _port(text: str, parts: SplitResult) -> int:
    try:
        port = 502 if parts.port is None else parts.port
    except ValueError:
        port = 0
    if not port:
        raise _wrong(text, "has a port that is no number from 1 to 65535")
    return port


def _serial(text: str, path: str, options: dict[str, list[str]]) -> Address:
    unknown = sorted(set(options) - set(_KEYS))
    if unknown or not path:
        raise _wrong(text, f"unknown option {unknown[0]!r}; known: {', '.join(_KEYS)}" if unknown else "has no path")
    baud, parity, stop = (options.get(k, [default])[-1] for k, default in zip(_KEYS, ("9600", "N", "1"), strict=True))
    if not baud.isdecimal() or not 300 <= int(baud) <= 1_000_000:
        raise _wrong(text, f"baud {baud!r} is no number from 300 to 1000000")
    if parity not in ("N", "E", "O") or stop not in ("1", "2"):
        raise _wrong(text, "parity is N, E or O and stop is 1 or 2")
    return Address(text, True, path=path, baud=int(baud), parity=parity, stop=int(stop))


def _wrong(text: str, why: str) -> ConfigError:
    return ConfigError("link", f"{text!r} {why}")
