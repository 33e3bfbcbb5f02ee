"""HomeWizard P1 dongle, its local interface v1: the smart meter as JSON. W, V, A, kWh, m3; + = import.

Source: api-documentation.homewizard.com/docs/v1: /api, /api/v1/data, /api/v1/telegram. It cannot be written: refusing
it says that its owner has switched the interface off.
"""

from ..device import Truth, View
from ..p1 import EQUIPMENT, GAS_EQUIPMENT, local, telegram
from ..physics.state import MeterState
from .device import NOT_FOUND, Asked, HttpDevice, Reply, Service

SERIAL = "3c39e7aabbcc"


class HomeWizard(HttpDevice):
    commands = False

    def __init__(self, view: View) -> None:
        super().__init__("homewizard", view)

    def answer(self, asked: Asked) -> Reply:
        match asked.path.rstrip("/"):
            case "/api":
                about = {"product_type": "HWE-P1", "product_name": "P1 meter", "serial": SERIAL}
                return Reply({**about, "firmware_version": "4.19", "api_version": "v1"})
            case "/api/v1/data":
                return Reply(self._data())
            case "/api/v1/telegram":
                return Reply(telegram(self.seen(), self.now.t_ms).decode())
        return NOT_FOUND

    def services(self) -> tuple[Service, ...]:
        """After its documentation's page "Discovery"."""
        texts = {"api_enabled": "1", "path": "/api/v1", "serial": SERIAL}
        told = {**texts, "product_name": "P1 meter", "product_type": "HWE-P1"}
        return (Service("_hwenergy._tcp.local.", f"p1meter-{SERIAL[-6:].upper()}", told),)

    def refusal(self, asked: Asked) -> Reply:
        return Reply({"error": {"id": 202, "description": "API not enabled"}}, 403)

    def _data(self) -> dict[str, object]:
        house = self.seen()
        gas_at = int(f"{local(house.t_ms // 300_000 * 300_000):%y%m%d%H%M%S}")
        gas = {"unique_id": GAS_EQUIPMENT, "type": "gas_meter", "timestamp": gas_at, "unit": "m3"}
        return {
            "wifi_ssid": "house",
            "wifi_strength": 76,
            "smr_version": 50,
            "meter_model": "FLU5\\253769484_A",
            "unique_id": EQUIPMENT,
            "active_tariff": house.grid.tariff,
            **_energies(house.grid),
            **_momentary(house.grid),
            "any_power_fail_count": 4,
            "long_power_fail_count": 2,
            "total_gas_m3": round(house.gas_m3, 3),
            "gas_timestamp": gas_at,
            "gas_unique_id": GAS_EQUIPMENT,
            "external": [{**gas, "value": round(house.gas_m3, 3)}],
        }

    def truth(self) -> Truth:
        grid = self.now.grid
        return {"power": grid.total, "power_l": grid.power, "import_wh": grid.import_wh, "export_wh": grid.export_wh}


def _energies(grid: MeterState) -> dict[str, float]:
    counted = {"import": (grid.import_wh, *grid.import_by_tariff), "export": (grid.export_wh, *grid.export_by_tariff)}
    return {
        f"total_power_{way}{tariff}_kwh": round(energy / 1000, 3)
        for way, energies in counted.items()
        for tariff, energy in zip(("", "_t1", "_t2"), energies, strict=True)
    }


def _momentary(grid: MeterState) -> dict[str, float]:
    told: dict[str, float] = {"active_power_w": round(grid.total)}
    for n in (0, 1, 2):
        told |= {
            f"active_power_l{n + 1}_w": round(grid.power[n]),
            f"active_voltage_l{n + 1}_v": round(grid.voltage[n], 1),
            f"active_current_l{n + 1}_a": round(grid.current[n], 2),
        }
    return told
