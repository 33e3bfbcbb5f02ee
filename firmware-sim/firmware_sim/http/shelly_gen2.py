"""Shelly Plus Plug S and Pro 3EM. W, V, A, Wh; a clamp's power is + = consumption.

Source: shelly-api-docs.shelly.cloud/gen2: components Switch, EM and EMData.
"""

from collections.abc import Callable

from ..device import Truth, View
from ..physics.added import PLUG
from ..physics.state import SmallLoadState
from ..physics.world import World
from .shelly_rpc import INVALID_ARGUMENT, Params, RpcError, ShellyRpc, Status, which


class ShellyPlug(ShellyRpc):
    """Switches and measures a dehumidifier."""

    model, app = "SNPL-00112EU", "PlusPlugS"

    def __init__(self, view: View, password: str = "") -> None:
        super().__init__(PLUG, view, "A8032ABE54DC", password)
        self._on, self._source = True, "init"

    def components(self) -> Status:
        load, volts = self._load(), self.seen().grid.voltage[2]
        return {
            "switch:0": {
                "id": 0,
                "source": self._source,
                "output": self._on,
                "apower": round(load.power_w, 1),
                "voltage": round(volts, 1),
                "current": round(load.power_w / volts, 3),
                "aenergy": {"total": round(load.total_wh, 3)},
                "temperature": {"tC": 41.2, "tF": 106.2},
            }
        }

    def procedures(self) -> dict[str, Callable[[Params], object]]:
        return {"Switch.GetStatus": self._status, "Switch.Set": self._put, "Switch.Toggle": self._toggle}

    def _status(self, params: Params) -> object:
        which(params)
        return self.components()["switch:0"]

    def _put(self, params: Params) -> object:
        which(params)
        wanted = params.get("on")
        if not isinstance(wanted, bool):
            raise RpcError(INVALID_ARGUMENT, "Missing or bad argument 'on'!")
        return self._switch(wanted)

    def _toggle(self, params: Params) -> object:
        which(params)
        return self._switch(not self._on)

    def _switch(self, wanted: bool) -> object:
        was = self._on

        def change() -> None:
            self._on, self._source = wanted, "HTTP_in"

        self.carry_out(change)
        return {"was_on": was}

    def drive(self, world: World) -> None:
        world.small[PLUG].on = self._on

    def _load(self) -> SmallLoadState:
        return self.seen().small[PLUG]

    def truth(self) -> Truth:
        load = self.now.small[PLUG]
        return {"on": self._on, "power": load.power_w, "energy_wh": load.total_wh}


class Shelly3Em(ShellyRpc):
    """Its clamps are around the grid's conductors."""

    commands = False
    model, app, profile = "SPEM-003CEBEU", "Pro3EM", "triphase"

    def __init__(self, view: View, password: str = "") -> None:
        super().__init__("shelly_3em", view, "34987A67DA6C", password)

    def components(self) -> Status:
        grid = self.seen().grid
        em: dict[str, object] = {"id": 0, "user_calibrated_phase": []}
        counted: dict[str, object] = {"id": 0}
        for n, phase in enumerate("abc"):
            apparent = grid.voltage[n] * grid.current[n]
            em |= {
                f"{phase}_act_power": round(grid.power[n], 1),
                f"{phase}_aprt_power": round(apparent, 1),
                f"{phase}_current": round(grid.current[n], 3),
                f"{phase}_freq": round(grid.frequency, 1),
                f"{phase}_pf": round(abs(grid.power[n]) / apparent, 2) if apparent else 1.0,
                f"{phase}_voltage": round(grid.voltage[n], 1),
            }
            counted |= {
                f"{phase}_total_act_energy": round(grid.imported[n], 2),
                f"{phase}_total_act_ret_energy": round(grid.exported[n], 2),
            }
        em |= {"total_act_power": round(grid.total, 3), "total_current": round(sum(grid.current), 3)}
        counted |= {"total_act": round(sum(grid.imported), 2), "total_act_ret": round(sum(grid.exported), 2)}
        return {"em:0": em, "emdata:0": counted}

    def procedures(self) -> dict[str, Callable[[Params], object]]:
        return {
            "EM.GetStatus": lambda params: self.components()[f"em:{which(params)}"],
            "EMData.GetStatus": lambda params: self.components()[f"emdata:{which(params)}"],
        }

    def truth(self) -> Truth:
        grid = self.now.grid
        return {"power": grid.total, "power_l": grid.power, "voltage_l": grid.voltage, "import_l_wh": grid.imported}
