"""SolaX data logger (Pocket WiFi 3): the third face of the house's own inverter, as an X3-Hybrid G4.

One request, POST / with `optType` and `pwd` (the logger's registration number) as a form or in the query; one array of
16-bit words, 32-bit values with the low word first. Feed-in + = export, battery + = charge, AC + = production.
Source: captures in squishykid/solax of type 14; what each word means is told there, and checked against them. A wrong
number, and refusing it, has an empty answer.
"""

import secrets
from urllib.parse import parse_qsl

from ..device import Truth, View
from ..physics.state import InverterState, Snapshot
from .device import NOT_FOUND, Asked, HttpDevice, Reply

X3_HYBRID_G4 = 14
WORDS = 300
NORMAL = 2
EMPTY = Reply("")


class Solax(HttpDevice):
    commands = False

    def __init__(self, view: View, number: str) -> None:
        super().__init__("solax", view)
        self._number = number

    def answer(self, asked: Asked) -> Reply:
        if asked.method != "POST" or asked.path != "/":
            return NOT_FOUND
        said = asked.query | dict(parse_qsl(asked.body.decode(errors="replace")))
        known = secrets.compare_digest(said.get("pwd", "").encode(), self._number.encode())
        if not known or said.get("optType") != "ReadRealTimeData":
            return EMPTY
        about: list[object] = [10.0, X3_HYBRID_G4, "H34A10I1234567", 8, 1.23, 0.0, 1.24, 1.09, 0.0, 1]
        told = {"sn": "SR3ABCDEFG", "ver": "3.006.04", "type": X3_HYBRID_G4}
        return Reply(told | {"Data": self._words(), "Information": about})

    def refusal(self, asked: Asked) -> Reply:
        return EMPTY

    def _words(self) -> list[int]:
        house = self.seen()
        unit = self.wiring.inverter(house.inverter)
        words = [0] * WORDS
        for at, value in (_momentary(unit, house) | _battery(unit)).items():
            words[at] = round(value) & 0xFFFF
        for at, value in _long(unit, house).items():
            words[at], words[at + 1] = round(value) & 0xFFFF, round(value) >> 16 & 0xFFFF
        return words

    def truth(self) -> Truth:
        unit = self.now.inverter
        return {
            "power": unit.ac_w,
            "pv_power": sum(unit.pv_w),
            "battery_power": unit.battery_w,
            "soc": unit.soc,
            "grid_power": self.now.grid.total,
        }


def _momentary(unit: InverterState, house: Snapshot) -> dict[int, float]:
    """0.1 V, 0.1 A, W, 0.01 Hz, degC."""
    told: dict[int, float] = {}
    for n in (0, 1, 2):
        volts = house.grid.voltage[n]
        told |= {
            n: 10 * volts,
            3 + n: 10 * unit.ac_w / 3 / volts,
            6 + n: unit.ac_w / 3,
            16 + n: 100 * house.grid.frequency,
        }
    for n in (0, 1):
        amps = unit.pv_w[n] / unit.pv_v[n] if unit.pv_v[n] else 0.0
        told |= {10 + n: 10 * unit.pv_v[n], 12 + n: 10 * amps, 14 + n: unit.pv_w[n]}
    return told | {9: unit.ac_w, 19: NORMAL, 47: unit.ac_w + house.grid.total, 54: unit.temperature}


def _battery(unit: InverterState) -> dict[int, float]:
    """0.01 V, 0.01 A, W, %, degC, 0.1 kWh."""
    stored = unit.capacity_wh * unit.soc / 100
    return {
        39: 100 * unit.battery_v,
        40: -100 * unit.battery_w / unit.battery_v,
        41: -unit.battery_w,
        102: 1,
        103: unit.soc,
        105: 24,
        106: stored / 100,
        168: 1,
    }


def _long(unit: InverterState, house: Snapshot) -> dict[int, float]:
    """W, 0.1 kWh; at the meter 0.01 kWh; 0.01 V."""
    return {
        34: -house.grid.total,
        68: unit.injected_wh / 100,
        74: unit.discharged_wh / 100,
        76: unit.charged_wh / 100,
        80: sum(unit.pv_wh) / 100,
        86: house.grid.export_wh / 10,
        88: house.grid.import_wh / 10,
        169: 100 * unit.battery_v,
    }
