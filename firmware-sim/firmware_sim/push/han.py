"""Meters with a HAN port that push DLMS/COSEM lists: Aidon, Kaifa and Kamstrup, 2400 baud.

As Norway has them (descriptions "AIDON_V0001", "KFM_001" and "HAN-NVE", Kamstrup_V0001, published by NEK and NVE);
Kamstrup's is the Danish one, which tells all it knows each time, under keys of its own. + and - are apart: 1.7.0
import, 2.7.0 export.
"""

from abc import abstractmethod
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ..device import View
from ..physics.state import MeterState
from . import axdr, hdlc
from .meter import PushMeter

ZONE = ZoneInfo("Europe/Oslo")
KEY = bytes.fromhex("50b1c4d5e6f708192a3b4c5d6e7f8091")
AUTH_KEY = bytes.fromhex("a0112233445566778899aabbccddee0f")
"""of the simulated Kamstrup meter; no real one has them"""
_PHASES = (0, 20, 40)
"""OBIS group C of L1, L2 and L3 is so much further on"""


def _powers(meter: MeterState) -> list[tuple[str, int, int]]:
    """Code, value in W or var, and unit of 1.7.0 to 4.7.0."""
    total, lag = round(meter.total), round(sum(meter.reactive))
    pairs = ((total, axdr.W), (-total, axdr.W), (lag, axdr.VAR), (-lag, axdr.VAR))
    return [(f"1.0.{c}.7.0.255", max(value, 0), unit) for c, (value, unit) in enumerate(pairs, 1)]


def _counters(meter: MeterState) -> list[tuple[str, float, int]]:
    """Code, value in Wh or varh, and unit of 1.8.0 to 4.8.0; reactive energy is not simulated."""
    values = ((meter.import_wh, axdr.WH), (meter.export_wh, axdr.WH), (0.0, axdr.VARH), (0.0, axdr.VARH))
    return [(f"1.0.{c}.8.0.255", value, unit) for c, (value, unit) in enumerate(values, 1)]


class HanMeter(PushMeter):
    """Pushes a short list each period; each `long_every` periods a longer one; and the longest in the first period of
    an hour by its own clock, and when it starts."""

    long_every = 1
    hourly = True

    def __init__(self, name: str, view: View, path: Path) -> None:
        super().__init__(name, view, path)
        self._count = 0
        self._hour: int | None = None

    def message(self) -> bytes:
        now = datetime.fromtimestamp(self.now.t_ms / 1000, UTC).astimezone(ZONE)
        hour = self.now.t_ms // 3_600_000
        longest = self.hourly and hour != self._hour
        size = 2 if longest else 1 if self._count % self.long_every == 0 else 0
        self._hour, self._count = hour, self._count + 1
        return self.push(self.seen().grid, now, size)

    @abstractmethod
    def push(self, meter: MeterState, now: datetime, size: int) -> bytes:
        """`size`: 0 the shortest list to 2 the longest."""


class Aidon(HanMeter):
    """A power every 2.5 s, all that is momentary every 10 s, the counters each hour; each with scale and unit."""

    period_s, long_every = 2.5, 4

    def push(self, meter: MeterState, now: datetime, size: int) -> bytes:
        lists = (aidon_short, aidon_long, lambda m: aidon_long(m, now))
        return hdlc.frame(b"\x41\x08\x83", hdlc.UI, hdlc.notification(0x40000000, b"\x00", lists[size](meter)))


def aidon_short(meter: MeterState) -> axdr.Data:
    code, value, unit = _powers(meter)[0]
    return axdr.array(_row(code, axdr.u32(value), 0, unit))


def aidon_long(meter: MeterState, now: datetime | None = None) -> axdr.Data:
    """With the counters, in 10 Wh, where there is a time."""
    texts = (("1.1.0.2.129.255", "AIDON_V0001"), ("0.0.96.1.0.255", "7359992898254567"), ("0.0.96.1.7.255", "6525"))
    rows = [axdr.structure(axdr.code(code), axdr.text(text)) for code, text in texts]
    rows += [_row(code, axdr.u32(value), 0, unit) for code, value, unit in _powers(meter)]
    for on, amps in zip(_PHASES, meter.current, strict=True):
        rows.append(_row(f"1.0.{31 + on}.7.0.255", axdr.i16(round(amps * 10)), -1, axdr.A))
    for on, volts in zip(_PHASES, meter.voltage, strict=True):
        rows.append(_row(f"1.0.{32 + on}.7.0.255", axdr.u16(round(volts * 10)), -1, axdr.V))
    if now is not None:
        rows.append(axdr.structure(axdr.code("0.0.1.0.0.255"), axdr.octets(axdr.moment(now))))
        rows += [_row(code, axdr.u32(round(value / 10)), 1, unit) for code, value, unit in _counters(meter)]
    return axdr.array(*rows)


def _row(code: str, value: axdr.Data, scaler: int, unit: int) -> axdr.Data:
    return axdr.structure(axdr.code(code), value, axdr.scaler_unit(scaler, unit))


class Kaifa(HanMeter):
    """A power every 2 s, all that is momentary every 10 s, the counters each hour; values alone, by their place."""

    period_s, long_every = 2.0, 5

    def push(self, meter: MeterState, now: datetime, size: int) -> bytes:
        when = axdr.octets(axdr.moment(now))
        data = axdr.structure(*kaifa(meter, now, size))
        return hdlc.frame(b"\x01\x02\x01", 0x10, hdlc.notification(0x40000000, when, data))


def kaifa(meter: MeterState, now: datetime, size: int) -> list[axdr.Data]:
    """W, var, mA, tenths of a volt, Wh and varh. The shortest list is the import alone."""
    powers = [axdr.u32(value) for _, value, _ in _powers(meter)]
    if size == 0:
        return powers[:1]
    head = [axdr.octets(text) for text in (b"KFM_001", b"6970631402614476", b"MA304H3E")]
    currents = [axdr.u32(round(amps * 1000)) for amps in meter.current]
    voltages = [axdr.u32(round(volts * 10)) for volts in meter.voltage]
    momentary = [*head, *powers, *currents, *voltages]
    if size == 1:
        return momentary
    return [*momentary, axdr.octets(axdr.moment(now)), *(axdr.u32(round(value)) for _, value, _ in _counters(meter))]


class Kamstrup(HanMeter):
    """An Omnipower in Denmark: all it knows every 10 s, encrypted and authenticated."""

    period_s, hourly = 10.0, False
    title = b"KAM" + bytes.fromhex("4501020304")

    def __init__(self, name: str, view: View, path: Path) -> None:
        super().__init__(name, view, path)
        self._invocations = view.snapshot.t_ms // 1000 & 0x7FFFFFFF

    def push(self, meter: MeterState, now: datetime, size: int) -> bytes:
        self._invocations += 1
        when = b"\x0c" + axdr.moment(now)
        plain = hdlc.notification(0, when, axdr.structure(*kamstrup(meter, now)))
        return hdlc.frame(b"\x2b\x21", hdlc.UI, hdlc.sealed(plain, self.title, self._invocations, KEY, AUTH_KEY))


def kamstrup(meter: MeterState, now: datetime) -> list[axdr.Data]:
    """Codes and values by turns: W, var, hundredths of an ampere, V, and counters in 10 Wh."""
    texts = (("1.1.0.0.5.255", "5706567000000000"), ("1.1.96.1.1.255", "6841138BN245101090"))
    rows: list[tuple[str, axdr.Data]] = [(code, axdr.text(text)) for code, text in texts]
    rows += [(_channel_1(code), axdr.u32(value)) for code, value, _ in _powers(meter)]
    rows += [(f"1.1.{31 + on}.7.0.255", axdr.u32(round(i * 100))) for on, i in zip(_PHASES, meter.current, strict=True)]
    rows += [(f"1.1.{32 + on}.7.0.255", axdr.u16(round(u))) for on, u in zip(_PHASES, meter.voltage, strict=True)]
    rows.append(("0.1.1.0.0.255", axdr.octets(axdr.moment(now))))
    rows += [(_channel_1(code), axdr.u32(round(value / 10))) for code, value, _ in _counters(meter)]
    return [axdr.text("Kamstrup_V0001"), *(part for code, value in rows for part in (axdr.code(code), value))]


def _channel_1(code: str) -> str:
    """Its electricity has that channel."""
    return code.replace("1.0.", "1.1.", 1)
