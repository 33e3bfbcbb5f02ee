"""DSMR 5 smart meter: a P1 telegram every real second on a serial port and on TCP, stamped with simulated time.

After the Dutch P1 Companion Standard 5.0.2: kW and kWh with three decimals, + import and - export apart."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from .device import Truth, View
from .physics.state import Snapshot
from .push.meter import PushMeter

ZONE = ZoneInfo("Europe/Amsterdam")
EQUIPMENT, GAS_EQUIPMENT = "4530303432303030313233343536373839", "4730303339303031393132333435363738"


def telegram(house: Snapshot, t_ms: int) -> bytes:
    """The telegram with its checksum."""
    body = "/FLU5\\253769484_A\r\n\r\n" + "".join(f"{line}\r\n" for line in _lines(house, t_ms)) + "!"
    raw = body.encode()
    return raw + f"{checksum(raw):04X}\r\n".encode()


def checksum(data: bytes) -> int:
    """CRC-16 (polynomial A001, start 0) from the slash to the exclamation mark."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def _lines(house: Snapshot, t_ms: int) -> list[str]:
    meter = house.grid
    lines = [
        "1-3:0.2.8(50)",
        f"0-0:1.0.0({_stamp(t_ms)})",
        f"0-0:96.1.1({EQUIPMENT})",
        f"1-0:1.8.1({_kwh(meter.import_by_tariff[0])})",
        f"1-0:1.8.2({_kwh(meter.import_by_tariff[1])})",
        f"1-0:2.8.1({_kwh(meter.export_by_tariff[0])})",
        f"1-0:2.8.2({_kwh(meter.export_by_tariff[1])})",
        f"0-0:96.14.0({meter.tariff:04d})",
        f"1-0:1.7.0({_kw(max(meter.total, 0))})",
        f"1-0:2.7.0({_kw(max(-meter.total, 0))})",
        "0-0:96.7.21(00004)",
        "0-0:96.7.9(00002)",
        "1-0:99.97.0()",
        *(f"1-0:{phase}2.32.0(00001)" for phase in (3, 5, 7)),
        *(f"1-0:{phase}2.36.0(00000)" for phase in (3, 5, 7)),
        "0-0:96.13.0()",
    ]
    for phase, code in enumerate((20, 40, 60)):
        watts = meter.power[phase]
        lines += [
            f"1-0:{code + 12}.7.0({meter.voltage[phase]:05.1f}*V)",
            f"1-0:{code + 11}.7.0({round(meter.current[phase]):03d}*A)",
            f"1-0:{code + 1}.7.0({_kw(max(watts, 0))})",
            f"1-0:{code + 2}.7.0({_kw(max(-watts, 0))})",
        ]
    gas_time = t_ms // 300_000 * 300_000
    return [
        *lines,
        "0-1:24.1.0(003)",
        f"0-1:96.1.0({GAS_EQUIPMENT})",
        f"0-1:24.2.1({_stamp(gas_time)})({house.gas_m3:09.3f}*m3)",
    ]


def _kwh(energy_wh: float) -> str:
    return f"{energy_wh / 1000:010.3f}*kWh"


def _kw(watts: float) -> str:
    return f"{watts / 1000:06.3f}*kW"


def local(t_ms: int) -> datetime:
    """On the meter's own clock."""
    return datetime.fromtimestamp(t_ms / 1000, UTC).astimezone(ZONE)


def _stamp(t_ms: int) -> str:
    moment = local(t_ms)
    return f"{moment:%y%m%d%H%M%S}{'S' if moment.dst() else 'W'}"


class P1Meter(PushMeter):
    def __init__(self, view: View, path: Path) -> None:
        super().__init__("p1", view, path)

    def message(self) -> bytes:
        return telegram(self.seen(), self.now.t_ms)

    def truth(self) -> Truth:
        meter = self.now.grid
        return {
            "power": meter.total,
            "power_l": meter.power,
            "voltage_l": meter.voltage,
            "tariff": meter.tariff,
            "import_wh": meter.import_by_tariff,
            "export_wh": meter.export_by_tariff,
            "gas_m3": self.now.gas_m3,
        }
