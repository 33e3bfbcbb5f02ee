"""Shelly 1PM, of the first generation: a relay that measures, W and W-minutes.

Source: shelly-api-docs.shelly.cloud/gen1: /shelly, /status, /settings, /relay/0, /meter/0.
"""

from ..device import Truth, View
from ..physics.added import RELAY
from ..physics.world import World
from .device import NOT_FOUND, WEB, Asked, HttpDevice, Reply, Service

MAC = "C45BBE6A1B2C"
HOST = f"shelly1pm-{MAC}"
FIRMWARE = "20230913-112003/v1.14.0-gcb84623"


class ShellyRelay(HttpDevice):
    """Switches a heating rod."""

    def __init__(self, view: View) -> None:
        super().__init__(RELAY, view)
        self._on, self._source = False, "input"

    def answer(self, asked: Asked) -> Reply:
        match asked.path.rstrip("/"):
            case "/shelly":
                about = {"type": "SHSW-PM", "mac": MAC, "auth": False, "fw": FIRMWARE, "discoverable": True}
                return Reply({**about, "num_outputs": 1, "num_meters": 1})
            case "/status":
                parts = {"relays": [self._relay()], "meters": [self._meter()]}
                return Reply({"mac": MAC, **parts, "overtemperature": False})
            case "/settings":
                device = {"type": "SHSW-PM", "mac": MAC, "hostname": HOST, "num_outputs": 1}
                return Reply({"device": device, "fw": FIRMWARE, "name": self.name, "mode": "relay", "max_power": 3500})
            case "/relay/0":
                return self._order(asked.query)
            case "/meter/0":
                return Reply(self._meter())
        return NOT_FOUND

    def services(self) -> tuple[Service, ...]:
        return (Service(WEB, HOST, {"id": HOST, "fw_id": FIRMWARE, "arch": "esp8266"}),)

    def refusal(self, asked: Asked) -> Reply:
        return Reply("Device is overheated!", 400)

    def _order(self, query: dict[str, str]) -> Reply:
        turn = query.get("turn")
        if turn is not None:
            if turn not in ("on", "off", "toggle"):
                return Reply("Bad turn!", 400)
            wanted = not self._on if turn == "toggle" else turn == "on"
            self.carry_out(lambda: self._put(wanted))
        return Reply(self._relay())

    def _put(self, wanted: bool) -> None:
        self._on, self._source = wanted, "http"

    def _relay(self) -> dict[str, object]:
        timer = {"has_timer": False, "timer_started": 0, "timer_duration": 0, "timer_remaining": 0}
        return {"ison": self._on, **timer, "overpower": False, "source": self._source}

    def _meter(self) -> dict[str, object]:
        house = self.seen()
        load = house.small[RELAY]
        told = {"power": round(load.power_w, 2), "overpower": 0.0, "is_valid": True, "counters": [0.0, 0.0, 0.0]}
        return {**told, "timestamp": house.t_ms // 1000, "total": round(60 * load.total_wh)}

    def drive(self, world: World) -> None:
        world.small[RELAY].on = self._on

    def truth(self) -> Truth:
        load = self.now.small[RELAY]
        return {"on": self._on, "power": load.power_w, "energy_wh": load.total_wh}
