"""A German electricity meter's infrared eye: an SML frame every second, 9600 baud, 8N1.

A basic meter after the FNN "Lastenheft Basiszähler", as EMH, Iskraemeco and eBZ build them, unlocked by its PIN:
counters in 0.1 Wh with a status word, power with a sign (16.7.0, + = import), in all and by phase.
"""

from ..physics.state import MeterState
from . import sml
from .meter import PushMeter

MAKER = b"EMH"
SERVER = b"\x0a\x01" + MAKER + b"\x00\x01\x23\x45\x67"
"""identification after DIN 43863-5: 1 EMH 00 19088743"""
_W, _WH, _A, _V, _HZ = 27, 30, 33, 35, 44
_START_S = 1_700_000_000
"""When the meter was put in, UTC seconds: its own count of seconds begins there."""
_CURRENT, _VOLTAGE, _POWER = 31, 32, 36
"""OBIS group C of L1; the other phases are 20 and 40 further on"""


class SmlMeter(PushMeter):
    _messages = 0

    def message(self) -> bytes:
        """Open, list, close."""
        self._messages += 3
        return frame(self.seen().grid, self.now.t_ms // 1000 - _START_S, self._messages)


def frame(meter: MeterState, seconds: int, number: int) -> bytes:
    """`seconds` of the meter's own count; `number` of the first message."""
    absent, now = sml.ABSENT, max(seconds, 0) & 0xFFFFFFFF
    file = now.to_bytes(4, "big")
    opened = sml.several(absent, absent, sml.octets(file), sml.octets(SERVER), sml.since_start(now), absent)
    name, entries = sml.octets(bytes.fromhex("0100620affff")), sml.several(*_entries(meter))
    listed = sml.several(absent, sml.octets(SERVER), name, sml.since_start(now), entries, absent, absent)
    parts = ((sml.OPEN, opened), (sml.LIST, listed), (sml.CLOSE, sml.several(absent)))
    return sml.frame(*(sml.message(number + at & 0xFFFFFFFF, kind, body) for at, (kind, body) in enumerate(parts)))


def _entries(meter: MeterState) -> list[sml.Element]:
    status = _status(meter)
    return [
        sml.entry(_code(96, 50, 1, 1), sml.octets(MAKER)),
        sml.entry(_code(96, 1, 0), sml.octets(SERVER)),
        sml.entry(_code(1, 8, 0), sml.unsigned(round(meter.import_wh * 10), 8), _WH, -1, status),
        sml.entry(_code(2, 8, 0), sml.unsigned(round(meter.export_wh * 10), 8), _WH, -1),
        sml.entry(_code(16, 7, 0), sml.signed(round(meter.total * 10), 4), _W, -1),
        *(entry for phase in (0, 1, 2) for entry in _phase(meter, phase)),
        sml.entry(_code(14, 7, 0), sml.unsigned(round(meter.frequency * 10), 2), _HZ, -1),
        sml.entry(_code(0, 2, 0, 0), sml.octets(b"1.04")),
    ]


def _phase(meter: MeterState, phase: int) -> list[sml.Element]:
    on = 20 * phase
    return [
        sml.entry(_code(_POWER + on, 7, 0), sml.signed(round(meter.power[phase] * 10), 4), _W, -1),
        sml.entry(_code(_VOLTAGE + on, 7, 0), sml.unsigned(round(meter.voltage[phase] * 10), 2), _V, -1),
        sml.entry(_code(_CURRENT + on, 7, 0), sml.unsigned(round(meter.current[phase] * 100), 2), _A, -2),
    ]


def _code(c: int, d: int, e: int, f: int = 255) -> bytes:
    return bytes((1, 0, c, d, e, f))


def _status(meter: MeterState) -> int:
    """Bits 0-7 are 04; 8 load, 11 the total is export, 12-14 the phases are, 18-20 voltage at L1 to L3."""
    word = 0x04 | (0x100 if abs(meter.total) > 1 else 0) | (0x800 if meter.total < 0 else 0)
    for phase in (0, 1, 2):
        word |= 0x1000 << phase if meter.power[phase] < 0 else 0
        word |= 0x40000 << phase if meter.voltage[phase] > 0 else 0
    return word
