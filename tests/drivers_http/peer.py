"""What the tests of the HTTP driver share: a sink that remembers, a driver at a server, and a Shelly that obeys or not.

The server answers with what real devices have answered (`../shared/vectors`), changed where a test says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web
from aiohttp.test_utils import TestServer

from drivers.http.driver import HttpDriver, build
from hub.model import Command, Device, DeviceSpec, Measurement, Reason, Role, Source, SystemClock, Value

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def vector(path: str) -> Any:
    return orjson.loads((VECTORS / path).read_bytes())


class Notes:
    """A sink that keeps all it is told, and lets a test wait for it."""

    def __init__(self) -> None:
        self.values: dict[str, Value | None] = {}
        self.times: dict[str, list[int]] = {}
        self.history: dict[str, list[Value | None]] = {}
        self.devices: dict[str, Device] = {}
        self.events: list[str] = []
        self._news = asyncio.Event()

    def put(self, measurements: Iterable[Measurement]) -> None:
        for m in measurements:
            self.values[m.point] = m.value
            self.times.setdefault(m.point, []).append(m.at)
            self.history.setdefault(m.point, []).append(m.value)
        self._news.set()

    def seen(self, device: Device) -> None:
        self.devices[device.id] = device
        self.events.append(f"seen {device.id}")
        self._news.set()

    def lost(self, device: str, reason: str) -> None:
        self.events.append(f"lost {device}: {reason}")
        self._news.set()

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not is_so():
                self._news.clear()
                await self._news.wait()

    def lost_count(self) -> int:
        return sum(event.startswith("lost") for event in self.events)


def spec(id_: str, role: Role, link: str = "http://127.0.0.1:1", **options: object) -> DeviceSpec:
    return DeviceSpec(f"uid-{id_}", id_, role, "http", link, options=options)


def wish(point: str, value: Value) -> Command:
    return Command(point, value, "r1", Source.PERSON, Reason("test"))


@contextlib.asynccontextmanager
async def running(app: web.Application, *specs: DeviceSpec) -> AsyncIterator[tuple[HttpDriver, Notes, TestServer]]:
    """The driver at a server of `app`, polling ten times a second unless a spec says otherwise."""
    server = TestServer(app)
    async with server:
        quick = [_at(server, s) for s in specs]
        driver = build(quick[0].link, quick, SystemClock())
        assert isinstance(driver, HttpDriver)
        async with polled(driver) as notes:
            yield driver, notes, server


@contextlib.asynccontextmanager
async def polled(driver: HttpDriver) -> AsyncIterator[Notes]:
    notes = Notes()
    task = asyncio.create_task(driver.run(notes))
    try:
        yield notes
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _at(server: TestServer, given: DeviceSpec) -> DeviceSpec:
    link = str(server.make_url("")).rstrip("/")
    return DeviceSpec(given.uid, given.id, given.role, "http", link, options={"poll_s": 0.1, **given.options})


def app_of(handlers: Mapping[str, Handler]) -> web.Application:
    """`/path` or `POST /path` -> what answers it."""
    app = web.Application()
    for route, handler in handlers.items():
        method, _, path = route.rpartition(" ")
        app.router.add_route(method or "GET", path, handler)
    return app


def answering(found: Any) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response(body=orjson.dumps(found))

    return answer


class Shelly:
    """A Gen2 device with its captured status. `mode`: obeys, ignores, refuses, is slow, broken, garbled, or drops."""

    def __init__(self, status: Mapping[str, Any], password: str = "") -> None:
        self.status = copy.deepcopy(dict(status))
        self.mode = "obeys"
        self.password = password
        self.nonce = "60dc2c69"
        self.asked: list[str] = []
        self.unproven = 0
        self.info = vector("shelly/shellymini1gen4_Shelly.GetDeviceInfo.json")

    def app(self) -> web.Application:
        return app_of({
            "/shelly": self._shelly,
            "/rpc/Shelly.GetStatus": self._get_status,
            "POST /rpc": self._rpc,
        })  # fmt: skip

    async def _shelly(self, request: web.Request) -> web.StreamResponse:
        return await self._fault(request) or await answering(self.info)(request)

    async def _get_status(self, request: web.Request) -> web.StreamResponse:
        return await self._fault(request) or self._barred(request) or await answering(self.status)(request)

    async def _rpc(self, request: web.Request) -> web.StreamResponse:
        found = await request.json()
        self.asked.append(f"{found['method']} {found.get('params')}")
        if fault := await self._fault(request) or self._barred(request):
            return fault
        if self.mode == "refuses":
            error = {"code": -103, "message": "Switch is locked"}
            return web.json_response({"id": found["id"], "src": "shelly", "error": error})
        if self.mode == "obeys":
            self.status[f"switch:{found['params']['id']}"]["output"] = found["params"]["on"]
        return web.json_response({"id": found["id"], "src": "shelly", "result": {"was_on": False}})

    async def _fault(self, request: web.Request) -> web.StreamResponse | None:
        self.asked.append(request.path)
        if self.mode == "slow":
            await asyncio.sleep(5)
        if self.mode == "drops" and request.transport:
            request.transport.close()
        if self.mode == "garbled":
            return web.Response(body=b'{"switch:0": {"outp')
        return web.Response(status=500) if self.mode == "broken" else None

    def _barred(self, request: web.Request) -> web.Response | None:
        """RFC 7616 from the server's side, written without a look at the driver's."""
        if not self.password:
            return None
        fields = dict(re.findall(r'(\w+)="?([^",]+)"?', request.headers.get("Authorization", "")))
        if fields.get("nonce") == self.nonce and fields["response"] == self._proof(fields, request):
            return None
        self.unproven += 1
        challenge = f'Digest qop="auth", realm="shelly1minig4", nonce="{self.nonce}", algorithm=SHA-256'
        return web.Response(status=401, headers={"WWW-Authenticate": challenge})

    def _proof(self, fields: Mapping[str, str], request: web.Request) -> str:
        def sha(text: str) -> str:
            return hashlib.sha256(text.encode()).hexdigest()

        who = sha(f"admin:shelly1minig4:{self.password}")
        what = sha(f"{request.method}:{request.raw_path}")
        return sha(f"{who}:{self.nonce}:{fields['nc']}:{fields['cnonce']}:auth:{what}")


class Telling(Shelly):
    """It also tells of changes over its WebSocket, to whoever has sent a request, with a proof if it has a password."""

    def __init__(self, status: Mapping[str, Any], password: str = "") -> None:
        super().__init__(status, password)
        self.listeners: list[web.WebSocketResponse] = []
        self.greeted = asyncio.Event()

    def app(self) -> web.Application:
        app = super().app()
        app.router.add_get("/rpc", self._socket)
        return app

    async def tell(self, component: str, change: Mapping[str, Any]) -> None:
        params = {"ts": 1700000000.5, component: {"id": 0, **change}}
        for listener in self.listeners:
            await listener.send_json({"src": "shelly1", "dst": "shems", "method": "NotifyStatus", "params": params})

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            found = orjson.loads(message.data)
            if self._frame_proven(found):
                self.listeners.append(socket)
                await socket.send_json(
                    {"id": found["id"], "src": "shelly1", "dst": found["src"], "result": self.status}
                )
                self.greeted.set()
            else:
                wanted = {
                    "auth_type": "digest",
                    "nonce": 1725185413,
                    "nc": 1,
                    "realm": "shelly1",
                    "algorithm": "SHA-256",
                }
                error = {"code": 401, "message": orjson.dumps(wanted).decode()}
                await socket.send_json({"id": found["id"], "src": "shelly1", "dst": found["src"], "error": error})
        return socket

    def _frame_proven(self, found: Mapping[str, Any]) -> bool:
        if not self.password:
            return True

        def sha(text: str) -> str:
            return hashlib.sha256(text.encode()).hexdigest()

        auth = found.get("auth", {})
        who, what = sha(f"admin:shelly1:{self.password}"), sha("dummy_method:dummy_uri")
        return bool(auth.get("response") == sha(f"{who}:1725185413:1:{auth.get('cnonce')}:auth:{what}"))
