"""Chargers for the tests: the `ocpp` package's own client side over a real WebSocket; and a sink that remembers."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator
from ocpp.routing import on
from ocpp.v16 import ChargePoint as Client16
from ocpp.v16 import call as call16
from ocpp.v16 import call_result as result16
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from drivers.ocpp.driver import OcppDriver
from drivers.ocpp.station import Pace
from hub.model import Command, Device, DeviceSpec, Measurement, Reason, Role, Source, SystemClock

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
SCHEMAS = VECTORS / "ocpp-schemas"
FAST = Pace(ping=0.2, hang_up=2.0, answer=2.0, boot=0.5, meter=0.15, rest=60, care=0.03)
LINK = "ocpp://127.0.0.1:0"


def spec(id_: str = "wallbox", **options: Any) -> DeviceSpec:
    options = {"charge_point": f"CP-{id_}"} | options
    return DeviceSpec(f"uid-{id_}", id_, Role.CHARGER, "ocpp", LINK, options=options)


def command(point: str, value: Any) -> Command:
    return Command(point, value, "r", Source.PERSON, Reason("test"))


class FakeSink:
    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []
        self.reasons: list[str] = []
        self.values: dict[str, Any] = {}
        self.history: list[Measurement] = []
        self.devices: dict[str, Device] = {}

    def put(self, measurements: Iterable[Measurement]) -> None:
        for m in measurements:
            self.history.append(m)
            self.values[m.point] = m.value

    def seen(self, device: Device) -> None:
        self.devices[device.id] = device
        if not self.events or self.last(device.id) != "seen":
            self.events.append(("seen", device.id))

    def lost(self, device: str, reason: str) -> None:
        self.events.append(("lost", device))
        self.reasons.append(reason)

    def last(self, device: str) -> str:
        return next((kind for kind, id_ in reversed(self.events) if id_ == device), "")

    async def until(self, done: Callable[[], bool], seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            while not done():
                await asyncio.sleep(0.01)

    async def shows(self, point: str, value: Any) -> None:
        try:
            await self.until(lambda: self.values.get(point) == value)
        except TimeoutError:
            raise AssertionError(f"{point} is {self.values.get(point)!r}, not {value!r}") from None


class Hub:
    """A running driver on a port of its own."""

    def __init__(self, *specs: DeviceSpec, link: str = LINK, pace: Pace = FAST, folder: Path | None = None) -> None:
        self.driver = OcppDriver(link, specs, SystemClock(), pace, folder)
        self.sink = FakeSink()

    async def __aenter__(self) -> Hub:
        self._task = asyncio.create_task(self.driver.run(self.sink))
        await self.sink.until(lambda: self.driver.port != 0 or self._task.done())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        (ended,) = await asyncio.gather(self._task, return_exceptions=True)
        assert isinstance(ended, asyncio.CancelledError), ended

    @property
    def port(self) -> int:
        return self.driver.port

    async def set(self, point: str, value: Any) -> None:
        await self.driver.apply(command(point, value))

    def session(self, device: str = "wallbox") -> dict[str, Any]:
        """What the driver tells of the session that runs or ran last."""
        told = self.driver.raw(device)
        return {r.code.partition(".")[2]: r.value for r in told if r.code.startswith("session.")}


class Wire:
    """The `recv` and `send` that the package wants, with all frames noted."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.sent: list[Any] = []
        self.got: list[Any] = []

    async def send(self, text: str) -> None:
        self.sent.append(json.loads(text))
        await self._socket.send(text)

    async def recv(self) -> str | bytes:
        raw = await self._socket.recv()
        self.got.append(json.loads(raw))
        return raw

    def cut(self) -> None:
        """The cable is pulled: no goodbye."""
        self._socket.transport.abort()


def dial(
    port: int, identity: str, protocol: str = "ocpp1.6", password: str = "", user: str = "", **more: Any
) -> connect:
    headers = {}
    if password:
        token = base64.b64encode(f"{user or identity}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {token}"
    scheme = "wss" if "ssl" in more else "ws"
    return connect(
        f"{scheme}://127.0.0.1:{port}/ocpp/{identity}",
        subprotocols=[protocol],  # type: ignore[list-item]
        additional_headers=headers,
        ping_interval=None,
        close_timeout=0.5,
        **more,
    )


def now() -> str:
    return datetime.now(UTC).isoformat()


class Wallbox16(Client16):
    """A 1.6 charger with one connector: obeys profiles, meters what it gives, knows its own transaction."""

    def __init__(self, identity: str, wire: Wire) -> None:
        super().__init__(identity, wire, response_timeout=5)
        self.wire = wire
        self.config = {
            "SupportedFeatureProfiles": "Core,SmartCharging,RemoteTrigger",
            "ChargeProfileMaxStackLevel": "8",
            "ChargingScheduleAllowedChargingRateUnit": "Current",
            "ChargingScheduleMaxPeriods": "6",
            "MeterValueSampleInterval": "60",
            "MeterValuesSampledData": "Energy.Active.Import.Register",
            "HeartbeatInterval": "300",
        }
        self.shortest = 10
        self.smart = True
        self.composite = True
        self.limit = 32.0
        self.phases = 3
        self.profiles: list[dict[str, Any]] = []
        self.status = "Available"
        self.energy = 1_000_000.0
        self.transaction: int | None = None
        self.wanted: list[str] = []
        self.resets: list[str] = []
        self.reset_answer = "Accepted"

    @property
    def amps(self) -> float:
        """What flows per phase: the car takes 16 A at most, nothing below 6."""
        allowed = min(self.limit, 16.0)
        return allowed if self.transaction is not None and allowed >= 6 else 0.0

    # -- what it says ------------------------------------------------------------------------------------------------

    async def boot(self) -> None:
        answer = await self.call(
            call16.BootNotification(
                charge_point_model="Box 11",
                charge_point_vendor="Acme",
                charge_point_serial_number="S1",
                firmware_version="1.2",
            )
        )
        assert answer.status == "Accepted" and answer.interval > 0

    async def tell(self, status: str) -> None:
        self.status = status
        await self.call(call16.StatusNotification(connector_id=1, error_code="NoError", status=status, timestamp=now()))

    async def start(self, tag: str = "TAG", at: str = "") -> int:
        answer = await self.call(
            call16.StartTransaction(connector_id=1, id_tag=tag, meter_start=int(self.energy), timestamp=at or now())
        )
        self.transaction = answer.transaction_id
        return int(answer.transaction_id)

    async def stop(self) -> None:
        transaction, self.transaction = self.transaction, None
        await self.call(
            call16.StopTransaction(meter_stop=int(self.energy), timestamp=now(), transaction_id=transaction)
        )

    async def meter(self, context: str = "Sample.Periodic") -> None:
        amps = self.amps
        sampled = [
            {"value": f"{self.energy / 1000:.3f}", "unit": "kWh", "context": context},
            {"value": f"{amps * 230 * self.phases / 1000:.3f}", "measurand": "Power.Active.Import", "unit": "kW"},
            *(
                {"value": f"{amps:.1f}", "measurand": "Current.Import", "phase": f"L{n}", "unit": "A"}
                for n in range(1, self.phases + 1)
            ),
            *({"value": "230.1", "measurand": "Voltage", "phase": f"L{n}-N", "unit": "V"} for n in (1, 2, 3)),
        ]
        await self.call(
            call16.MeterValues(
                connector_id=1,
                transaction_id=self.transaction,
                meter_value=[{"timestamp": now(), "sampledValue": [{"context": context} | s for s in sampled]}],
            )
        )

    # -- what it is asked --------------------------------------------------------------------------------------------

    @on("GetConfiguration")
    def _get(self, **_: Any) -> Any:
        entries = [{"key": k, "readonly": False, "value": v} for k, v in self.config.items()]
        return result16.GetConfiguration(configuration_key=entries)

    @on("ChangeConfiguration")
    def _change(self, key: str, value: str) -> Any:
        if key == "MeterValueSampleInterval" and int(value) < self.shortest:
            return result16.ChangeConfiguration("Rejected")
        if "SoC" in value:
            return result16.ChangeConfiguration("Rejected")
        self.config[key] = value
        return result16.ChangeConfiguration("Accepted")

    @on("TriggerMessage")
    def _trigger(self, requested_message: str, **_: Any) -> Any:
        self.wanted.append(requested_message)
        later = {"MeterValues": lambda: self.meter("Trigger"), "StatusNotification": lambda: self.tell(self.status)}
        later["BootNotification"] = self.boot
        self.soon = asyncio.get_running_loop().create_task(_after_answer(later[requested_message]))
        return result16.TriggerMessage("Accepted")

    @on("SetChargingProfile")
    def _profile(self, connector_id: int, cs_charging_profiles: dict[str, Any]) -> Any:
        if not self.smart:
            return result16.SetChargingProfile("NotSupported")
        self.profiles.append(cs_charging_profiles)
        period = cs_charging_profiles["charging_schedule"]["charging_schedule_period"][0]
        self.limit = float(period["limit"])
        self.phases = period.get("number_phases", self.phases)
        return result16.SetChargingProfile("Accepted")

    @on("GetCompositeSchedule")
    def _composite(self, connector_id: int, **_: Any) -> Any:
        if not self.composite:
            return result16.GetCompositeSchedule("Rejected")
        period = {"startPeriod": 0, "limit": self.limit}
        return result16.GetCompositeSchedule(
            "Accepted", connector_id, now(), {"chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
        )

    @on("Reset")
    def _reset(self, type: str) -> Any:
        self.resets.append(type)
        return result16.Reset(self.reset_answer)

    @on("RemoteStartTransaction")
    def _remote_start(self, **_: Any) -> Any:
        self.wanted.append("start")
        return result16.RemoteStartTransaction("Accepted")

    @on("RemoteStopTransaction")
    def _remote_stop(self, **_: Any) -> Any:
        self.wanted.append("stop")
        return result16.RemoteStopTransaction("Accepted")


async def _after_answer(then: Callable[[], Any]) -> None:
    """The connection may be gone by then, and with it whoever wanted to know."""
    with contextlib.suppress(ConnectionClosed, TimeoutError):
        await asyncio.sleep(0.01)
        await then()


class plugged:
    """`async with plugged(hub, "wallbox") as box:` a 1.6 charger that has called and is listened to."""

    def __init__(self, hub: Hub, device: str = "wallbox", kind: type[Wallbox16] = Wallbox16, **more: Any) -> None:
        self._connect = dial(hub.port, f"CP-{device}", **more)
        self._device, self._kind = device, kind

    async def __aenter__(self) -> Any:
        socket = await self._connect.__aenter__()
        self.box = self._kind(f"CP-{self._device}", Wire(socket))
        self._task = asyncio.create_task(self.box.start_listening())
        return self.box

    async def __aexit__(self, *error: Any) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._connect.__aexit__(*error)
        assert not objections(self.box.wire)


async def _listen(self: Any) -> None:
    """`start` is the package's word for listening; the charger's `start` is a transaction."""
    while True:
        await self.route_message(await self._connection.recv())


Wallbox16.start_listening = _listen  # type: ignore[attr-defined]


def objections(wire: Wire, folder: str = "v16") -> list[str]:
    """What the official schemas object to in all that the hub has sent."""
    asked = {frame[1]: frame[2] for frame in wire.sent if frame[0] == 2}
    found = []
    for frame in wire.got:
        if frame[0] == 2:
            name, payload = frame[2] + ("" if folder == "v16" else "Request"), frame[3]
        elif frame[0] == 3:
            name, payload = asked[frame[1]] + "Response", frame[2]
        else:
            continue
        path = SCHEMAS / f"{folder}_{name}.json"
        if not path.exists():  # not every one is there; the package's client side has checked against its own
            continue
        schema = json.loads(path.read_text("utf-8-sig"))
        found += [f"{name}: {e.message}" for e in Draft4Validator(schema).iter_errors(payload)]
    return found
