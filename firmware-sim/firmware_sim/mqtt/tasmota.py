"""A Tasmota plug with energy meter: cmnd/<id>/..., stat/<id>/..., tele/<id>/...; W, Wh inside, kWh on the wire."""

import json
import zlib
from datetime import UTC, datetime

from ..device import Truth, View
from ..fault import Kind
from ..physics.state import SmallLoadState
from ..physics.world import World
from .link import Message, MqttDevice

TELE_PERIOD_S = 10.0
LEAST_CHANGE_W = 3.0
LEAST_PAUSE_S = 1.0
DAY_MS = 86_400_000
ON_WORDS, OFF_WORDS, TOGGLE_WORDS = {"on", "1", "true"}, {"off", "0", "false"}, {"toggle", "2"}


class TasmotaPlug(MqttDevice):
    def __init__(self, name: str, view: View) -> None:
        super().__init__(name, view)
        self.client_id = f"DVES_{zlib.crc32(name.encode()) & 0xFFFFFF:06X}"
        self.topics = (f"cmnd/{name}/+",)
        self.will = Message(f"tele/{name}/LWT", "Offline", True)
        self.on = view.snapshot.small[name].on
        self._told_at = -1e9
        self._told_w = 0.0
        self._day = view.snapshot.t_ms // DAY_MS
        self._midnight_wh = view.snapshot.small[name].total_wh - 310
        self._yesterday_wh = 870.0

    def hello(self) -> list[Message]:
        self._told_at = -1e9
        return [Message(f"tele/{self.name}/LWT", "Online", True), self._state(), self._power()]

    def tick(self) -> list[Message]:
        self._turn_day()
        load, now = self._load(), self.clock()
        moved = abs(load.power_w - self._told_w) >= max(LEAST_CHANGE_W, 0.05 * self._told_w)
        age = now - self._told_at
        if age < TELE_PERIOD_S and not (moved and age >= LEAST_PAUSE_S):
            return []
        regular = age >= TELE_PERIOD_S
        self._told_at, self._told_w = now, load.power_w
        sensor = Message(f"tele/{self.name}/SENSOR", json.dumps(self._sensor()))
        return [self._state(), sensor] if regular else [sensor]

    def receive(self, topic: str, payload: str) -> list[Message]:
        command = topic.rsplit("/", 1)[-1].upper()
        if command in ("POWER", "POWER1"):
            return self._switch(payload.strip().lower())
        if command == "STATUS":
            return self._status(payload.strip())
        if command == "STATE":
            return [self._result(self._short_state())]
        return [self._result({"Command": "Unknown"})]

    def drive(self, world: World) -> None:
        world.small[self.name].on = self.on

    def _switch(self, word: str) -> list[Message]:
        if self.fault.kind is Kind.REFUSE and word:
            return [self._result({"Command": "Error"})]
        if word in ON_WORDS | OFF_WORDS | TOGGLE_WORDS and self.fault.kind is not Kind.IGNORE:
            self.on = word in ON_WORDS or (word in TOGGLE_WORDS and not self.on)
            self.writes += 1
        return [self._result({"POWER": self._word}), self._power()]

    def _status(self, which: str) -> list[Message]:
        if which in ("8", "10"):
            return [Message(f"stat/{self.name}/STATUS{which}", json.dumps({"StatusSNS": self._sensor()}))]
        if which == "11":
            return [Message(f"stat/{self.name}/STATUS11", json.dumps({"StatusSTS": self._short_state()}))]
        status = {
            "Status": {
                "Module": 0,
                "DeviceName": self.name,
                "FriendlyName": [self.name],
                "Topic": self.name,
                "Power": int(self.on),
            }
        }
        return [Message(f"stat/{self.name}/STATUS", json.dumps(status))]

    @property
    def _word(self) -> str:
        return "ON" if self.on else "OFF"

    def _power(self) -> Message:
        return Message(f"stat/{self.name}/POWER", self._word)

    def _state(self) -> Message:
        return Message(f"tele/{self.name}/STATE", json.dumps(self._short_state()))

    def _result(self, content: dict[str, object]) -> Message:
        return Message(f"stat/{self.name}/RESULT", json.dumps(content))

    def _short_state(self) -> dict[str, object]:
        return {
            "Time": self._time(),
            "Uptime": "3T04:11:09",
            "UptimeSec": 274_269,
            "Heap": 25,
            "SleepMode": "Dynamic",
            "Sleep": 50,
            "LoadAvg": 19,
            "MqttCount": 1,
            "POWER": self._word,
            "Wifi": {"AP": 1, "SSId": "house", "Channel": 6, "RSSI": 76, "Signal": -62, "LinkCount": 1},
        }

    def _sensor(self) -> dict[str, object]:
        load, volts = self._load(), self.seen().grid.voltage[0]
        energy = {
            "TotalStartTime": "2024-01-05T10:20:30",
            "Total": round(load.total_wh / 1000, 3),
            "Yesterday": round(self._yesterday_wh / 1000, 3),
            "Today": round((load.total_wh - self._midnight_wh) / 1000, 3),
            "Period": 0,
            "Power": round(load.power_w),
            "ApparentPower": round(load.power_w * 1.05),
            "ReactivePower": round(load.power_w * 0.32),
            "Factor": 0.95 if load.power_w else 0.0,
            "Voltage": round(volts),
            "Current": round(load.power_w * 1.05 / volts, 3),
        }
        return {"Time": self._time(), "ENERGY": energy}

    def _load(self) -> SmallLoadState:
        return self.seen().small[self.name]

    def _time(self) -> str:
        return f"{datetime.fromtimestamp(self.now.t_ms / 1000, UTC):%Y-%m-%dT%H:%M:%S}"

    def _turn_day(self) -> None:
        day, total = self.now.t_ms // DAY_MS, self.now.small[self.name].total_wh
        if day != self._day:
            self._day, self._yesterday_wh, self._midnight_wh = day, total - self._midnight_wh, total

    def truth(self) -> Truth:
        load = self.now.small[self.name]
        return {"on": self.on, "power": load.power_w, "energy_wh": load.total_wh}
