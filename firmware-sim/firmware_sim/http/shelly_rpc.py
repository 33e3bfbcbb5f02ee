"""What all Shellys of the second generation have in common: remote procedures over HTTP and over a WebSocket.

Source: shelly-api-docs.shelly.cloud/gen2: "RPC Protocol", "RPC Channels", "Notifications", "Common Errors". A client of
the WebSocket hears of changes once it has sent a request with a `src`.
"""

import json
from collections.abc import Callable, Mapping

from ..device import View
from .device import NOT_FOUND, WEB, Asked, Refused, Reply, Service, Talk, Talker
from .digest import Lock

VERSION = "1.1.0"
INVALID_ARGUMENT, UNAVAILABLE, NO_HANDLER = -103, -114, 404
Params = Mapping[str, object]
Status = dict[str, dict[str, object]]


class RpcError(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code

    def told(self) -> dict[str, object]:
        return {"code": self.code, "message": str(self)}


class ShellyRpc(Talker):
    """Subclasses say what their components show, and which procedures they have beside the common ones."""

    socket_path = "/rpc"
    model, app, profile = "", "", ""

    def __init__(self, name: str, view: View, mac: str, password: str = "") -> None:
        super().__init__(name, view)
        self._mac = mac
        self.id = f"shelly{self.app.lower()}-{mac.lower()}"
        self.lock = Lock(self.id, password)

    def components(self) -> Status:
        """By key, such as `switch:0`."""
        return {}

    def procedures(self) -> dict[str, Callable[[Params], object]]:
        return {}

    def talk(self) -> Talk:
        return _Client(self)

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/shelly":
            return Reply(self.info())
        if not asked.path.startswith("/rpc"):
            return NOT_FOUND
        method = asked.path.removeprefix("/rpc").strip("/")
        if method != "Shelly.GetDeviceInfo" and not self.lock.opens(asked):
            return self.lock.challenge()
        if not method:
            return Reply(self.frame(asked.content()))
        try:
            return Reply(self.call(method, asked.content() if asked.method == "POST" else _typed(asked.query)))
        except RpcError as error:
            return Reply(error.told(), 404 if error.code == NO_HANDLER else 500)

    def refusal(self, asked: Asked) -> Reply:
        return Reply(RpcError(UNAVAILABLE, "Resource unavailable").told(), 503)

    def frame(self, request: Mapping[str, object]) -> dict[str, object]:
        """The frame that answers one."""
        head = {"id": request.get("id", 0), "src": self.id, "dst": request.get("src", "")}
        params = request.get("params")
        try:
            result = self.call(str(request.get("method", "")), params if isinstance(params, Mapping) else {})
        except RpcError as error:
            return {**head, "error": error.told()}
        return {**head, "result": result}

    def call(self, method: str, params: Params) -> object:
        """Raises RpcError."""
        common: dict[str, Callable[[Params], object]] = {
            "Shelly.GetDeviceInfo": lambda _: self.info(),
            "Shelly.GetStatus": lambda _: self.status(),
            "Shelly.ListMethods": lambda _: {"methods": sorted(known)},
            "Sys.GetStatus": lambda _: self.status()["sys"],
        }
        known = common | self.procedures()
        if method not in known:
            raise RpcError(NO_HANDLER, f"No handler for {method}")
        try:
            return known[method](params)
        except Refused:
            raise RpcError(UNAVAILABLE, "Resource unavailable: overpower") from None

    def services(self) -> tuple[Service, ...]:
        """After its documentation's page "mDNS"; application and version as seen."""
        told = {"gen": "2", "app": self.app, "ver": VERSION}
        return Service(WEB, self.id, {"gen": "2"}), Service("_shelly._tcp.local.", self.id, told)

    def info(self) -> dict[str, object]:
        told: dict[str, object] = {
            "name": self.name,
            "id": self.id,
            "mac": self._mac,
            "slot": 0,
            "model": self.model,
            "gen": 2,
            "fw_id": "20231219-134001/1.1.0-g34b5d4f",
            "ver": VERSION,
            "app": self.app,
            "auth_en": self.lock.closed,
            "auth_domain": self.id if self.lock.closed else None,
        }
        return told | ({"profile": self.profile} if self.profile else {})

    def status(self) -> Status:
        seconds = self.now.t_ms // 1000
        common: Status = {
            "ble": {},
            "cloud": {"connected": False},
            "mqtt": {"connected": False},
            "sys": {"mac": self._mac, "restart_required": False, "unixtime": seconds, "uptime": 2_085_615},
            "wifi": {"sta_ip": "127.0.0.1", "status": "got ip", "ssid": "house", "rssi": -58},
            "ws": {"connected": False},
        }
        return common | self.components()


class _Client(Talk):
    """Remembers what its client was told last."""

    def __init__(self, device: ShellyRpc) -> None:
        self._device = device
        self._name = ""
        self._told: Status = {}

    def heard(self, frame: str) -> list[str]:
        device = self._device
        try:
            request = json.loads(frame)
        except ValueError:
            return []
        if not isinstance(request, dict):
            return []
        if not device.lock.opens_frame(request.get("auth")):
            head = {"id": request.get("id", 0), "src": device.id, "dst": request.get("src", "")}
            return [json.dumps({**head, "error": device.lock.frame_challenge()})]
        if not self._name:
            self._name, self._told = str(request.get("src", "")), device.components()
        device.reads += 1
        return [json.dumps(device.frame(request))]

    def tick(self) -> list[str]:
        """What has changed since."""
        if not self._name:
            return []
        now, told = self._device.components(), self._told
        changed = {key: _changes(part, told.get(key, {})) for key, part in now.items() if part != told.get(key)}
        self._told = now
        if not changed:
            return []
        params: dict[str, object] = {"ts": self._device.now.t_ms / 1000, **changed}
        return [json.dumps({"src": self._device.id, "dst": self._name, "method": "NotifyStatus", "params": params})]


def _changes(part: Params, told: Params) -> dict[str, object]:
    return {"id": part["id"]} | {name: value for name, value in part.items() if value != told.get(name)}


def _typed(query: Mapping[str, str]) -> dict[str, object]:
    """A query's values are JSON, or texts."""
    found: dict[str, object] = {}
    for name, text in query.items():
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found


def which(params: Params, there: int = 1) -> int:
    """The `id` of a component; raises RpcError."""
    id_ = params.get("id")
    if isinstance(id_, bool) or not isinstance(id_, int) or not 0 <= id_ < there:
        raise RpcError(-105, f"Argument 'id', value {id_} not found!")
    return id_
