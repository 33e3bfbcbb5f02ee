"""Fronius Solar API v1: the second face of the house's own inverter, which speaks SunSpec beside it. W, V, A, Wh, %.

P_Grid + = import, P_Akku + = discharge, P_Load - = consumption. Source: Fronius, "Solar API V1" 42,0410,2012. It cannot
be written: refusing it says that the device is not available.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from ..device import Truth, View
from ..physics.state import InverterState, MeterState
from .device import NOT_FOUND, Asked, HttpDevice, Reply, Service

MODEL, UNIQUE_ID = "Symo GEN24 10.0", "29301000987160033"
BASE = "/solar_api/v1/"
RUNNING, NOT_AVAILABLE = 7, 12


class Fronius(HttpDevice):
    commands = False

    def __init__(self, view: View) -> None:
        super().__init__("fronius", view)

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/solar_api/GetAPIVersion.cgi":
            return Reply({"APIVersion": 1, "BaseURL": BASE, "CompatibilityRange": "1.8-1"})
        if not asked.path.startswith(BASE):
            return NOT_FOUND
        data = self._data(asked.path.removeprefix(BASE).partition(".")[0], asked.query)
        return NOT_FOUND if data is None else self._framed(asked.query, data)

    def services(self) -> tuple[Service, ...]:
        """What a Wattpilot looks for, as l2smith2/fronius-virtual-inverter has captured it."""
        texts = {"UniqueID": f"240.{UNIQUE_ID}", "Systemname": MODEL}
        return (Service("_Fronius-SE-Inverter._tcp.local.", f"fronius-{UNIQUE_ID}", texts),)

    def refusal(self, asked: Asked) -> Reply:
        return self._framed(asked.query, {}, NOT_AVAILABLE, "Device not available")

    def _framed(self, query: Mapping[str, str], data: object, code: int = 0, reason: str = "") -> Reply:
        head = {
            "RequestArguments": dict(query),
            "Status": {"Code": code, "Reason": reason, "UserMessage": ""},
            "Timestamp": f"{datetime.fromtimestamp(self.now.t_ms // 1000, UTC).isoformat()}",
        }
        return Reply({"Body": {"Data": data}, "Head": head})

    def _data(self, what: str, query: Mapping[str, str]) -> object:
        house = self.seen()
        unit, grid = self.wiring.inverter(house.inverter), house.grid
        match what:
            case "GetPowerFlowRealtimeData":
                return _flow(unit, grid)
            case "GetMeterRealtimeData":
                return {"0": _meter(grid, house.t_ms)}
            case "GetInverterRealtimeData":
                return _inverter(unit, grid, query.get("DataCollection", ""), query.get("Scope") == "System")
            case "GetStorageRealtimeData":
                return {"0": {"Controller": _storage(unit, house.t_ms), "Modules": []}}
            case "GetInverterInfo":
                named = {"CustomName": MODEL, "UniqueID": UNIQUE_ID, "DT": 1}
                return {"1": {**named, "ErrorCode": 0, "PVPower": 10_000, "Show": 1, "StatusCode": RUNNING}}
        return None

    def truth(self) -> Truth:
        unit = self.now.inverter
        return {
            "power": unit.ac_w,
            "pv_power": sum(unit.pv_w),
            "battery_power": unit.battery_w,
            "soc": unit.soc,
            "grid_power": self.now.grid.total,
        }


def _flow(unit: InverterState, grid: MeterState) -> dict[str, object]:
    inverter = {"Battery_Mode": "normal", "DT": 1, "P": round(unit.ac_w, 2), "SOC": round(unit.soc, 1)}
    site = {
        "BatteryStandby": False,
        "E_Day": None,
        "E_Total": round(unit.injected_wh, 1),
        "E_Year": None,
        "Meter_Location": "grid",
        "Mode": "bidirectional",
        "P_Akku": round(unit.battery_w, 2),
        "P_Grid": round(grid.total, 2),
        "P_Load": round(-grid.total - unit.ac_w, 2),
        "P_PV": round(sum(unit.pv_w), 2),
    }
    return {"Inverters": {"1": inverter}, "Site": site, "Smartloads": {"Ohmpilots": {}}, "Version": "12"}


def _meter(grid: MeterState, t_ms: int) -> dict[str, object]:
    details = {"Manufacturer": "Fronius", "Model": "Smart Meter TS 65A-3", "Serial": "1411093231"}
    told: dict[str, object] = {"Details": details, "Enable": 1, "Visible": 1, "Meter_Location_Current": 0}
    for n in (0, 1, 2):
        told |= {
            f"PowerReal_P_Phase_{n + 1}": round(grid.power[n], 1),
            f"Voltage_AC_Phase_{n + 1}": round(grid.voltage[n], 1),
            f"Current_AC_Phase_{n + 1}": round(grid.current[n], 3),
        }
    return told | {
        "PowerReal_P_Sum": round(grid.total, 1),
        "Frequency_Phase_Average": round(grid.frequency, 1),
        "EnergyReal_WAC_Sum_Consumed": round(grid.import_wh),
        "EnergyReal_WAC_Sum_Produced": round(grid.export_wh),
        "TimeStamp": t_ms // 1000,
    }


def _inverter(unit: InverterState, grid: MeterState, collection: str, system: bool) -> object:
    phase_a = abs(unit.ac_w) / 3 / grid.voltage[0]
    found = {
        "CommonInverterData": {
            "PAC": (unit.ac_w, "W"),
            "UAC": (grid.voltage[0], "V"),
            "IAC": (phase_a, "A"),
            "FAC": (grid.frequency, "Hz"),
            "UDC": (unit.pv_v[0], "V"),
            "IDC": (unit.pv_w[0] / unit.pv_v[0] if unit.pv_v[0] else 0.0, "A"),
            "UDC_2": (unit.pv_v[1], "V"),
            "IDC_2": (unit.pv_w[1] / unit.pv_v[1] if unit.pv_v[1] else 0.0, "A"),
            "TOTAL_ENERGY": (unit.injected_wh, "Wh"),
        },
        "CumulationInverterData": {"PAC": (unit.ac_w, "W"), "TOTAL_ENERGY": (unit.injected_wh, "Wh")},
        "3PInverterData": {
            **{f"UAC_L{n + 1}": (grid.voltage[n], "V") for n in (0, 1, 2)},
            **{f"IAC_L{n + 1}": (abs(unit.ac_w) / 3 / grid.voltage[n], "A") for n in (0, 1, 2)},
        },
    }.get("CumulationInverterData" if system else collection)
    if found is None:
        return None
    if system:
        return {name: {"Unit": sign, "Values": {"1": round(value, 3)}} for name, (value, sign) in found.items()}
    told: dict[str, object] = {name: {"Unit": sign, "Value": round(value, 3)} for name, (value, sign) in found.items()}
    return told | {"DeviceStatus": {"ErrorCode": 0, "StatusCode": RUNNING}}


def _storage(unit: InverterState, t_ms: int) -> dict[str, object]:
    return {
        "Capacity_Maximum": unit.capacity_wh,
        "DesignedCapacity": unit.capacity_wh,
        "Details": {"Manufacturer": "BYD", "Model": "BYD Battery-Box Premium HV", "Serial": "P030T020Z2001"},
        "Enable": 1,
        "StateOfCharge_Relative": round(unit.soc, 1),
        "Status_BatteryCell": 3,
        "Temperature_Cell": 24.5,
        "TimeStamp": t_ms // 1000,
        "Voltage_DC": round(unit.battery_v, 1),
    }
