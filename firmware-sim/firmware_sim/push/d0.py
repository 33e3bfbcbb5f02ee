"""IEC 62056-21 read-outs, and the sign-on that begins one in mode C. No input or output.

After IEC 62056-21:2002, 6.3 (messages), 6.3.14 (syntax of data sets), 6.4.3 (mode C).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

FIRST_BAUD = 300
BAUDS = {"0": 300, "1": 600, "2": 1200, "3": 2400, "4": 4800, "5": 9600, "6": 19_200}
"""what the identification's letter and the acknowledgement's mean in mode C"""
_STX, _ETX, _ACK, _END = b"\x02", b"\x03", b"\x06", b"\r\n"
_LONGEST = 64


def block(lines: Sequence[str]) -> bytes:
    """A data message with its check character: the exclusive or of all after STX up to and with ETX."""
    checked = b"".join(line.encode("ascii") + _END for line in (*lines, "!")) + _ETX
    check = 0
    for byte in checked:
        check ^= byte
    return _STX + checked + bytes((check,))


def plain(ident: str, lines: Sequence[str]) -> bytes:
    """A read-out without a check, as some meters push it."""
    return b"".join(line.encode("ascii") + _END for line in (f"/{ident}", "", *lines, "!"))


@dataclass(frozen=True, slots=True)
class Say:
    """To be sent at `baud`."""

    data: bytes
    baud: int


class SignOn:
    """One reader's talk with a meter in mode C: `/?!`, identification, `ACK 0 Z 0` with the speed, data.

    `ident`: three letters of the maker, the fastest speed, the model. A reader that asks again begins again.
    """

    def __init__(self, ident: str, lines: Callable[[], Sequence[str]], number: str = "") -> None:
        self._ident = ident
        self._lines = lines
        self._number = number
        self._heard = b""
        self._waits = False

    def feed(self, data: bytes) -> list[Say]:
        """What the meter answers to what has come in."""
        *messages, self._heard = (self._heard + data).split(_END)
        self._heard = self._heard[-_LONGEST:]
        return [said for message in messages for said in self._answer(message)]

    def _answer(self, message: bytes) -> list[Say]:
        request, acknowledged = message.find(b"/?"), message.find(_ACK)
        if request >= 0:
            self._waits = self._is_me(message[request + 2 :])
            return [Say(f"/{self._ident}".encode() + _END, FIRST_BAUD)] if self._waits else []
        if not self._waits or acknowledged < 0:
            return []
        self._waits = False
        chosen = self._chosen(message[acknowledged + 1 :].decode("ascii", "replace"))
        return [] if chosen is None else [Say(block(self._lines()), chosen)]

    def _is_me(self, rest: bytes) -> bool:
        """The request may name a meter's number, leading zeros apart."""
        address, end, more = rest.partition(b"!")
        asked = address.decode("ascii", "replace").lstrip("0")
        return bool(end) and not more and asked in ("", self._number.lstrip("0"))

    def _chosen(self, option: str) -> int | None:
        """V Z Y: normal protocol, speed, read-out; a speed above what the meter has offered is none."""
        if len(option) != 3 or option[0] != "0" or option[2] != "0" or not "0" <= option[1] <= self._ident[3]:
            return None
        return BAUDS.get(option[1])
