"""The HTTP surface over real sockets: what SURFACE promises, and what bad input gets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from aiohttp import web

from hub.auth import Doorman, hash_password
from hub.control import Desk, Dispatcher, Heart
from hub.model import CommandSpec, Point
from hub.model.site import Site
from hub.store.accounts import Account
from hub.store.ring import Buckets
from hub.web import make_app
from hub.web.rooms import Rooms
from hub.web.schema import JournalRow
from tests.house_kit import DictKeep, FakeDriver, ListJournal, ToldClock, board_of, plug

PASSWORD = "amber-birch-cedar-delta-42"
HASH = hash_password(PASSWORD)


class Keys:
    """Accounts and tokens in memory."""

    def __init__(self) -> None:
        self.tokens: dict[str, tuple[str, int | None]] = {}

    async def account(self, name: str) -> Account | None:
        return Account("owner", "owner", HASH) if name == "owner" else None

    async def put_token(self, digest: str, account: str, kind: str, expires: int | None, note: str) -> None:
        self.tokens[digest] = (account, expires)

    async def token(self, digest: str) -> tuple[str, str, int | None] | None:
        return (self.tokens[digest][0], "owner", self.tokens[digest][1]) if digest in self.tokens else None

    async def drop_token(self, digest: str) -> None:
        self.tokens.pop(digest, None)


class Reader:
    def query(self, points: Sequence[str], start: int, end: int, step_ms: int | None) -> dict[str, Buckets]:
        mean, low, high, last = (np.array([v]) for v in (1.5, 1.0, 2.0, 2.0))
        return dict.fromkeys(points, Buckets(np.array([start]), mean, low, high, last, np.array([1], np.int32)))

    def holds(self, point: str) -> bool:
        return False


class Past:
    async def ask(self, make: Callable[[Any], Any]) -> Any:
        return make(Reader())

    def version(self, end_ms: int) -> str:
        return "1"


class Rows:
    async def rows(self, point: str | None, start: int, end: int, limit: int) -> list[JournalRow]:
        return []

    async def of_request(self, request: str) -> list[JournalRow]:
        return []


class Client:
    """A signed-in client of a running hub edge."""

    def __init__(
        self, http: aiohttp.ClientSession, base: str, clock: ToldClock, driver: FakeDriver, token: str
    ) -> None:
        self.http, self.base, self.clock, self.driver = http, base, clock, driver
        self.bearer = {"Authorization": f"Bearer {token}"}

    async def call(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        async with self.http.request(method, f"{self.base}/api/v1{path}", **more) as answer:
            body = await answer.text()
            is_json = "json" in answer.content_type
            if answer.status >= 400:
                assert answer.content_type == "application/problem+json", body
            return answer.status, (await answer.json(content_type=None) if is_json and body else body)

    async def get(self, path: str) -> tuple[int, Any]:
        return await self.call("GET", path, headers=self.bearer)

    async def post(self, path: str, body: Any) -> tuple[int, Any]:
        return await self.call("POST", path, json=body, headers=self.bearer)


def with_client(play: Callable[[Client], Awaitable[None]], static: Path = Path("/nonexistent")) -> None:
    async def main() -> None:
        async with asyncio.TaskGroup() as tasks:
            clock, journal = ToldClock(), ListJournal()
            driver = FakeDriver(clock, [plug()])
            board = board_of(clock, plug())
            driver.start(board)
            dispatcher = Dispatcher(board, clock, journal, tasks)
            dispatcher.attach(driver)
            desk = Desk(board, clock, journal, dispatcher, DictKeep())
            Heart(Site(), board, desk, dispatcher, clock, journal, lambda _c: None)
            doorman = Doorman(Keys(), clock)
            rooms = Rooms(
                Site(name="Test house"),
                board,
                desk,
                doorman,
                Rows(),
                Past(),
                clock,
                lambda: ("ok", {"core": "ok"}),
                static,
                "0",
            )
            runner = web.AppRunner(make_app(rooms), access_log=None)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            base = f"http://127.0.0.1:{runner.addresses[0][1]}"
            try:
                async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
                    await play(Client(http, base, clock, driver, await doorman.issue_bearer("owner", "test")))
            finally:
                await runner.cleanup()

    asyncio.run(main())


def test_only_health_and_signing_in_are_open() -> None:
    async def play(c: Client) -> None:
        assert await c.call("GET", "/health") == (200, {"status": "ok", "parts": {"core": "ok"}})
        for path in ("/points", "/devices", "/journal", "/history", "/site", "/live"):
            status, problem = await c.call("GET", path)
            assert (status, problem["title"]) == (401, "Not signed in")
        assert (await c.call("GET", "/points", headers={"Authorization": "Bearer wrong"}))[0] == 401

    with_client(play)


def test_signing_in_and_out() -> None:
    async def play(c: Client) -> None:
        assert (await c.call("POST", "/session", json={"user": "owner", "password": "wrong"}))[0] == 401
        status, who = await c.call("POST", "/session", json={"user": "owner", "password": PASSWORD})
        assert (status, who) == (200, {"user": "owner", "role": "owner"})
        assert (await c.call("GET", "/session"))[0] == 200
        foreign = {"Origin": "http://evil.example"}
        assert (await c.call("GET", "/session", headers=foreign))[0] == 204, "no other site acts in the owner's name"
        assert (await c.call("GET", "/points", headers=foreign))[0] == 401
        assert (await c.call("DELETE", "/session"))[0] == 204
        assert (await c.call("GET", "/points"))[0] == 401

    with_client(play)


def test_who_is_signed_in_may_be_nobody() -> None:
    async def play(c: Client) -> None:
        assert await c.call("GET", "/session") == (204, "")
        assert await c.call("GET", "/session", headers={"Authorization": "Bearer wrong"}) == (204, "")
        assert await c.get("/session") == (200, {"user": "owner", "role": "owner"})
        await c.call("POST", "/session", json={"user": "owner", "password": PASSWORD})
        assert await c.call("GET", "/session") == (200, {"user": "owner", "role": "owner"})

    with_client(play)


def test_guessing_is_slowed_down() -> None:
    async def play(c: Client) -> None:
        for _ in range(5):
            await c.call("POST", "/session", json={"user": "owner", "password": "guess"})
        async with c.http.post(f"{c.base}/api/v1/session", json={"user": "owner", "password": PASSWORD}) as refused:
            assert (refused.status, refused.headers["Retry-After"]) == (429, "60")
            assert (await refused.json(content_type=None))["title"] == "Too many tries"
        c.clock.advance(61)
        assert (await c.call("POST", "/session", json={"user": "owner", "password": PASSWORD}))[0] == 200

    with_client(play)


def test_guessing_in_parallel_gains_nothing() -> None:
    async def play(c: Client) -> None:
        guesses = ({"user": "owner", "password": f"guess {n}"} for n in range(60))
        answers = await asyncio.gather(*(c.call("POST", "/session", json=g) for g in guesses))
        assert sorted(status for status, _ in answers) == [401] * 5 + [429] * 55

    with_client(play)


def test_points_have_value_time_and_quality() -> None:
    async def play(c: Client) -> None:
        c.driver.show(plug__power=12.0)
        points = (await c.get("/points"))[1]["points"]
        assert points["plug.power"] == {"v": 12.0, "t": c.clock.now(), "q": "good"}
        assert points["plug.on"] == {"v": None, "t": 0, "q": "stale"}
        c.clock.advance(11)
        assert (await c.get("/points"))[1]["points"]["plug.power"]["v"] is None

    with_client(play)


def test_an_id_belongs_to_one_command() -> None:
    async def play(c: Client) -> None:
        await c.post("/commands", {"point": "plug.on", "value": True, "id": "a"})
        status, problem = await c.post("/commands", {"point": "plug.on", "value": False, "id": "a"})
        assert (status, problem["field"]) == (409, "id")
        status, problem = await c.post("/commands", {"point": "plug.on", "value": True, "id": "a" * 65})
        assert (status, problem["field"]) == (400, "id")

    with_client(play)


def test_a_command_is_answered_with_the_devices_reading() -> None:
    async def play(c: Client) -> None:
        status, answer = await c.post("/commands", {"point": "plug.on", "value": True, "id": "a"})
        assert status == 200
        assert (answer["id"], answer["state"], answer["asked"], answer["applied"]) == ("a", "confirmed", True, True)
        assert (await c.get("/commands/a"))[1] == {**answer, "journal": []}
        assert (await c.get("/commands/b"))[0] == 404

    with_client(play)


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("installer", 200), ("guest", 403)])
def test_guests_restart_no_device(monkeypatch: pytest.MonkeyPatch, role: str, status: int) -> None:
    had = plug()
    able = replace(
        had,
        points=(*had.points, Point.of("u1", "plug", "restart", True)),
        commands=(*had.commands, CommandSpec("plug.restart", choices=("soft", "hard"), settle_ms=80)),
    )

    async def token(self: Keys, digest: str) -> tuple[str, str, int | None] | None:
        return (self.tokens[digest][0], role, self.tokens[digest][1])

    async def play(c: Client) -> None:
        assert (await c.post("/commands", {"point": "plug.restart", "value": "soft"}))[0] == status
        assert (await c.post("/commands", {"point": "plug.on", "value": True}))[0] == 200

    monkeypatch.setitem(globals(), "plug", lambda: able)
    monkeypatch.setattr(Keys, "token", token)
    with_client(play)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"value": 1}, 400, "point"),
        ({"point": "plug.on"}, 400, "value"),
        ({"point": 3, "value": 1}, 400, "point"),
        ({"point": "plug.on", "value": None}, 400, "value"),
        ({"point": "plug.on", "value": [1]}, 400, "value"),
        ({"point": "plug.off", "value": 1}, 404, "point"),
        ({"point": "plug.on", "value": 1, "for_s": -1}, 400, "for_s"),
        ({"point": "plug.on", "value": 1, "extra": 1}, 400, "extra"),
    ],
)
def test_a_wrong_command_names_its_field(body: object, status: int, field: str) -> None:
    async def play(c: Client) -> None:
        got, problem = await c.post("/commands", body)
        assert (got, problem["field"]) == (status, field)

    with_client(play)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'"x"'])
@pytest.mark.parametrize("path", ["/commands", "/session"])
def test_what_is_not_a_json_object_is_a_problem(path: str, data: bytes) -> None:
    async def play(c: Client) -> None:
        assert (await c.call("POST", path, data=data, headers=c.bearer))[0] == 400

    with_client(play)


def test_an_oversize_body_is_refused() -> None:
    async def play(c: Client) -> None:
        assert (await c.call("POST", "/commands", data=b"x" * 200_000, headers=c.bearer))[0] == 413

    with_client(play)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("?point=nope.power", 404),
        ("?point=plug.power&step=0", 400),
        ("?point=plug.power&from=x", 400),
        ("?point=plug.power&from=5&to=4", 400),
        ("?point=plug.power&from=2024-01-01", 400),
        ("?point=plug.power&from=0&step=1", 400),
        ("?point=plug.power&points=plug.on", 400),
        ("?point=plug.power,plug.on", 404),
        ("?point=plug.power&fields=", 400),
        ("?point=plug.power&fields=mean,median", 400),
        ("?point=plug.power&fields=mean&format=csv", 400),
        ("?point=plug.power", 200),
        ("?points=plug.power,plug.on&step=900", 200),
        ("?point=plug.power&from=2024-01-01T00:00:00Z&to=2024-01-02T00:00:00Z&format=csv", 200),
    ],
)
def test_history_checks_what_is_asked(query: str, status: int) -> None:
    async def play(c: Client) -> None:
        assert (await c.get(f"/history{query}"))[0] == status

    with_client(play)


def test_one_points_history_is_at_the_top_several_are_in_series() -> None:
    arrays = {"t": [0], "mean": [1.5], "min": [1.0], "max": [2.0], "last": [2]}

    async def play(c: Client) -> None:
        day = "from=0&to=60000&step=60"
        one = await c.get(f"/history?point=plug.power&{day}")
        assert one == (200, {"step_ms": 60_000, **arrays})
        several = await c.get(f"/history?points=plug.power,plug.on&{day}")
        assert several == (200, {"step_ms": 60_000, "series": {"plug.power": arrays, "plug.on": arrays}})
        alone = await c.get(f"/history?points=plug.power&{day}")
        assert alone == (200, {"step_ms": 60_000, "series": {"plug.power": arrays}})

    with_client(play)


def test_history_sends_only_the_arrays_that_are_wanted() -> None:
    async def play(c: Client) -> None:
        day = "from=0&to=60000&fields=mean,last"
        wanted = {"t": [0], "mean": [1.5], "last": [2]}
        assert (await c.get(f"/history?point=plug.power&{day}"))[1] == {"step_ms": 60_000, **wanted}
        assert (await c.get(f"/history?points=plug.power&{day}"))[1]["series"] == {"plug.power": wanted}

    with_client(play)


def test_the_live_socket_sends_the_state_then_numbered_changes() -> None:
    async def play(c: Client) -> None:
        async with c.http.ws_connect(f"{c.base}/api/v1/live", headers=c.bearer) as socket:
            first = await socket.receive_json(timeout=2)
            assert (first["type"], first["seq"]) == ("state", 0)
            assert set(first["points"]) == {"plug.on", "plug.power"}
            c.driver.show(plug__power=7.0)
            change = await socket.receive_json(timeout=2)
            assert (change["type"], change["seq"]) == ("change", 1)
            assert change["points"] == {"plug.power": {"v": 7.0, "t": c.clock.now(), "q": "good"}}

    with_client(play)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/nothing", "/points/x", "/commands/a/b", "/"])
def test_an_unknown_path_is_not_found_by_any_method(method: str, path: str) -> None:
    async def play(c: Client) -> None:
        assert (await c.call(method, path, headers=c.bearer))[0] == 404

    with_client(play)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/points", "GET"),
        ("GET", "/commands", "POST"),
        ("DELETE", "/commands/a", "GET"),
        ("PUT", "/session", "DELETE,GET,POST"),
    ],
)
def test_a_known_path_says_which_methods_it_has(method: str, path: str, allowed: str) -> None:
    async def play(c: Client) -> None:
        async with c.http.request(method, f"{c.base}/api/v1{path}", headers=c.bearer) as answer:
            assert (answer.status, answer.content_type) == (405, "application/problem+json")
            assert answer.headers["Allow"] == allowed

    with_client(play)


def test_a_bug_is_a_problem_without_its_inside_and_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(*_: object) -> None:
        raise ZeroDivisionError("the inside")

    async def play(c: Client) -> None:
        monkeypatch.setattr(Past, "ask", fails)
        status, problem = await c.get("/history?point=plug.power")
        assert (status, problem["title"]) == (500, "Internal error")
        assert "inside" not in str(problem) and "Zero" not in str(problem)
        assert (await c.get("/points"))[0] == 200

    with_client(play)
    assert "GET /api/v1/history failed" in caplog.text
    assert "ZeroDivisionError: the inside" in caplog.text


def test_a_missing_page_is_said() -> None:
    async def play(c: Client) -> None:
        async with c.http.get(c.base + "/") as answer:
            assert answer.status == 503
            assert "not built" in await answer.text()

    with_client(play)


def test_what_is_decided_and_what_does_not_have_its_way_is_told() -> None:
    async def play(c: Client) -> None:
        await c.post("/commands", {"point": "plug.on", "value": True})
        status, now = await c.get("/decisions")
        assert status == 200 and now["t"] > 0 and now["unmet"] == []
        assert (await c.get("/decisions?t=1"))[0] == 404
        assert (await c.call("DELETE", "/requests/nobody", headers=c.bearer))[0] == 404

    with_client(play)
