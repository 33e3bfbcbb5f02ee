"""Bad input at the HTTP edge: a problem document with a 4xx and never a 5xx, and the house goes on answering."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from urllib.parse import quote, urlsplit

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gen.house import running
from hub.errors import ShemsError
from hub.web.access import COOKIE, OPEN
from hub.web.app import RESOURCES
from hub.web.problems import problems
from hub.web.surface import CALLS, PREFIX, Call

ROUTES = [(method, PREFIX + path.replace("{id}", "x")) for r in RESOURCES for method, path, _ in r.ROUTES]
SECRET = b"the owner's letters"
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    media: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Door:
    """The running house, seen from outside: bytes in, an answer out."""

    address: tuple[str, int]
    token: str

    def ask(
        self, method: str, target: str | bytes, body: bytes = b"", headers: Mapping[str, str | bytes] | None = None
    ) -> Answer:
        sent = {"Host": "house", "Connection": "close", "Content-Length": str(len(body))}
        lines = [b" ".join((method.encode(), _bytes(target), b"HTTP/1.1"))]
        lines += [name.encode() + b": " + _bytes(value) for name, value in {**sent, **(headers or {})}.items()]
        with socket.create_connection(self.address, 10) as wire:
            with suppress(ConnectionError):  # it may answer and go before it has read everything
                wire.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
            return _answer(wire)

    def signed(self, method: str, target: str | bytes, body: bytes = b"", **headers: str) -> Answer:
        return self.ask(method, target, body, {"Authorization": f"Bearer {self.token}", **headers})

    def works(self) -> bool:
        wish = b'{"point": "plug_tv.on", "value": true}'
        answer = self.signed("POST", f"{PREFIX}/commands", wish)
        return answer.status == 200 and json.loads(answer.body)["state"] == "confirmed"


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def _answer(wire: socket.socket) -> Answer:
    received = b""
    while chunk := wire.recv(65_536):
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines)}
    return Answer(int(first.split()[1]), headers.get("content-type", ""), body)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    data = tmp_path_factory.mktemp("house")
    _page(data)
    found: list[Door] = []
    up, over = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def main() -> None:
        async with running(data, seconds=3) as house:
            parts = urlsplit(house.base)
            found.append(Door((str(parts.hostname), int(parts.port or 0)), house.token))
            up.set()
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.Runner(loop_factory=lambda: loop).run(main()))
    thread.start()
    assert up.wait(20)
    try:
        yield found[0]
        assert found[0].works(), "after all of this the house still switches the plug"
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(20)


def _page(data: Path) -> None:
    (data / "static" / "assets").mkdir(parents=True)
    (data / "static" / "index.html").write_text("the page")
    (data / "static" / "assets" / "app.js").write_text("the script")
    (data / "letters.txt").write_bytes(SECRET)


def _is_problem(answer: Answer, *statuses: int) -> None:
    assert 400 <= answer.status < 500, answer
    assert not statuses or answer.status in statuses, answer
    assert answer.media.startswith("application/problem+json"), answer
    told = json.loads(answer.body)
    assert told["status"] == answer.status
    assert all(isinstance(told[k], str) and told[k] for k in ("type", "title", "detail")), told
    assert set(told) <= {"type", "title", "status", "detail", "field"}


def _done_or_problem(answer: Answer) -> None:
    if answer.status != 200:
        _is_problem(answer)


# -- who may come in ------------------------------------------------------------------------------------------------

WRONG_KEYS: list[dict[str, str | bytes]] = [
    {},
    {"Authorization": "Bearer wrong"},
    {"Authorization": "Bearer"},
    {"Authorization": "Basic b3duZXI6b3duZXI="},
    {"Authorization": b"Bearer \xff\xfe"},
    {"Authorization": "Bearer " + "x" * 7000},
    {"Cookie": f"{COOKIE}=wrong"},
    {"Cookie": f"{COOKIE}=".encode() + b"\xff\xfe"},
    {"Cookie": ";;;=;"},
]


@pytest.mark.parametrize("headers", WRONG_KEYS, ids=str)
@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_nobody_comes_in_with_a_wrong_key(door: Door, route: tuple[str, str], headers: dict[str, str | bytes]) -> None:
    answer = door.ask(*route, headers=headers)
    if route in OPEN:
        assert answer.status in ((200, 204) if route[0] == "GET" else (400,))
    else:
        _is_problem(answer, 401)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
@pytest.mark.parametrize("path", sorted({p for _, p in ROUTES}))
def test_a_wrong_method_is_a_problem(door: Door, path: str, method: str) -> None:
    if (method, path) not in ROUTES:
        _is_problem(door.signed(method, path), 405)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v2/points",
        "/api/v1/points/",
        "/api/v1/points/x/y",
        "/api/v1/%00",
        "/api/v1//points",
    ],
)
def test_an_unknown_path_is_a_problem(door: Door, path: str, method: str) -> None:
    _is_problem(door.signed(method, path), 404)


@pytest.mark.parametrize(
    "sent", [b"BREW /api/v1/points HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/9\r\n\r\n"]
)
def test_what_is_not_http_is_refused(door: Door, sent: bytes) -> None:
    with socket.create_connection(door.address, 10) as wire:
        wire.sendall(sent)
        assert _answer(wire).status == 400
    assert door.ask("GET", f"{PREFIX}/health").status == 200


# -- bodies ---------------------------------------------------------------------------------------------------------

BODIES = [(c.method, PREFIX + c.path.replace("{id}", "a")) for c in CALLS if c.body]
NOT_OBJECTS = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"1",
    b'"x"',
    b"NaN",
    b'{"point": NaN}',
    b'{"value": Infinity}',
    b"\xff\xfe\x00",
    b"\x00",
    b"[" * 5_000,
    b'{"point":' * 5_000,
    b'{"point": "plug_tv.on", "value": "\\ud800"}',
    b"\xef\xbb\xbf{}",
    b"{'point': 1}",
    b'{"point": "plug_tv.on", "value": 1' + b"0" * 400 + b"}",
    b'{"value": 1, "value": 2}',
    b"x" * 60_000,
]


@pytest.mark.parametrize("body", NOT_OBJECTS, ids=lambda b: repr(b[:24]))
@pytest.mark.parametrize("call", BODIES, ids=" ".join)
def test_what_is_no_request_is_a_problem(door: Door, call: tuple[str, str], body: bytes) -> None:
    _is_problem(door.signed(*call, body), 400)


@pytest.mark.parametrize("call", BODIES, ids=" ".join)
def test_a_body_over_the_limit_is_a_problem(door: Door, call: tuple[str, str]) -> None:
    _is_problem(door.signed(*call, b'{"user": "' + b"x" * 70_000 + b'"}'), 413)
    bomb = zlib.compress(b" " * 5_000_000)
    _is_problem(door.signed(*call, bomb, **{"Content-Encoding": "deflate"}), 400, 413)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "nonsense"])
def test_a_body_that_is_packed_wrongly_is_a_problem(door: Door, encoding: str) -> None:
    _is_problem(door.signed("POST", f"{PREFIX}/commands", b"not packed", **{"Content-Encoding": encoding}), 400)


NUMBERS = st.floats() | st.integers(-(2**63), 2**64 - 1) | st.sampled_from([0, -0.0, 1e308, 5e-324, 2**63])
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=40)
JSON = st.recursive(SCALARS, lambda x: st.lists(x, max_size=4) | st.dictionaries(st.text(max_size=8), x, max_size=4))
POINT = st.sampled_from(
    ["plug_tv.on", "battery.power_setpoint", "heatpump.sg_ready", "wallbox.mode", "grid.power", "a.b"]
)
FIELDS = {"point": POINT, "value": SCALARS, "for_s": NUMBERS, "id": st.text(max_size=80), "user": st.text(max_size=20)}
WISHES = st.fixed_dictionaries({}, optional={n: s | JSON for n, s in FIELDS.items()}) | st.fixed_dictionaries(
    {"point": POINT, "value": SCALARS}, optional={"for_s": NUMBERS, "id": st.text(max_size=80)}
)


@FUZZ
@given(wish=WISHES)
def test_any_json_is_answered_or_a_problem(door: Door, wish: dict[str, Any]) -> None:
    _done_or_problem(door.signed("POST", f"{PREFIX}/commands", json.dumps(wish).encode()))


@FUZZ
@given(body=st.binary(max_size=200))
def test_any_bytes_are_answered_or_a_problem(door: Door, body: bytes) -> None:
    _is_problem(door.signed("POST", f"{PREFIX}/commands", body), 400)


def test_what_cannot_be_done_now_is_said() -> None:
    async def full(_request: web.Request) -> web.StreamResponse:
        raise ShemsError("state.db: no space left on the card")

    answer = asyncio.run(problems(make_mocked_request("POST", "/"), full))
    assert (answer.status, answer.content_type) == (503, "application/problem+json")


def test_a_client_that_goes_before_its_web_socket_is_open_is_no_bug(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = web.WebSocketResponse.prepare

    async def late(ws: web.WebSocketResponse, request: web.BaseRequest) -> object:
        assert request.transport
        request.transport.abort()
        return await opened(ws, request)

    async def main() -> None:
        async with running(tmp_path, seconds=1) as house, aiohttp.ClientSession() as http:
            with pytest.raises(aiohttp.ClientError):
                await http.ws_connect(f"{house.base}/live", headers={"Authorization": f"Bearer {house.token}"})

    monkeypatch.setattr(web.WebSocketResponse, "prepare", late)
    asyncio.run(main())
    assert "failed" not in caplog.text and "Error" not in caplog.text


def test_a_connection_of_the_hubs_own_that_breaks_is_one(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_request: web.Request) -> web.StreamResponse:
        raise ConnectionResetError("of something else")

    there = Mock(is_closing=lambda: False)
    answer = asyncio.run(problems(make_mocked_request("GET", "/", transport=there, writer=Mock(output_size=0)), broken))
    assert answer.status == 500 and "failed" in caplog.text


# -- queries --------------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        "²",
        "١",
        "-",
        "--5",
        "0",
        "-1",
        "1",
        "60",
        "raw",
        "9" * 15,
        "9" * 16,
        "9" * 600,
        "1e9",
        "NaN",
        "inf",
        "",
        " ",
        "\x00",
        "\udcff",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2025-06-21T09:00:00Z",
        "2025-06-21",
        "T",
        "253402300799999",
        "253370764799999",
        "year",
        "csv",
        "json",
        "xml",
        "grid.power",
        "grid.power,battery.soc",
        "grid.power,",
        ",",
        "wallbox.status",
        "1750496400000",
        "1750496403000",
    ]
)
NAMES = ["point", "points", "from", "to", "step", "format", "limit"]
QUERIES = st.fixed_dictionaries({}, optional={n: WORDS | st.text(max_size=12) for n in NAMES})


def _target(path: str, query: Mapping[str, str]) -> str:
    pairs = (f"{n}={quote(v, safe='', errors='surrogatepass')}" for n, v in query.items())
    return f"{PREFIX}/{path}?{'&'.join(pairs)}"


@FUZZ
@given(query=QUERIES, path=st.sampled_from(["history", "energy", "journal"]))
def test_any_query_is_answered_or_a_problem(door: Door, path: str, query: dict[str, str]) -> None:
    _done_or_problem(door.signed("GET", _target(path, query)))


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("history", {"point": "grid.power", "step": "²"}),
        ("history", {"point": "grid.power", "step": "9" * 5000}),
        ("history", {"point": "grid.power", "step": "0.5"}),
        ("history", {"point": "grid.power", "from": "--5"}),
        ("history", {"point": "grid.power", "from": "²"}),
        ("history", {"point": "grid.power", "from": "999999999990000", "to": "999999999999999", "format": "csv"}),
        ("history", {"point": "grid.power", "from": "-999999999999999", "to": "-999999999990000"}),
        ("history", {"point": "grid.power", "format": "xml"}),
        ("history", {"point": "grid.power", "from": "0", "to": "253402300799999", "step": "year"}),
        ("history", {"point": "grid.power", "from": "0", "to": "253370764799999", "step": "year"}),
        ("energy", {"point": "grid.power", "from": "253402200000000", "to": "253402300799999", "step": "year"}),
        ("energy", {"point": "grid.power", "from": "²"}),
        (
            "history",
            {
                "points": ",".join(["grid.power", "grid.power_l1", "grid.voltage_l1"]),
                "from": "1700000000000",
                "to": "1700300000000",
                "step": "1",
            },
        ),
        ("journal", {"limit": "²"}),
        ("journal", {"limit": "9" * 5000}),
        ("journal", {"limit": "0"}),
        ("journal", {"from": "yesterday"}),
        ("journal", {"from": "5", "to": "4"}),
        ("history", {"point": "grid.power", "points": "grid.power"}),
    ],
    ids=lambda x: str(x)[:60],
)
def test_a_wrong_query_is_a_problem(door: Door, path: str, query: dict[str, str]) -> None:
    _is_problem(door.signed("GET", _target(path, query)), 400)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("history?point=grid.power&frm=3", "'frm': unknown query parameter; did you mean 'from'?"),
        ("journal?points=grid.power", "'points': unknown query parameter; did you mean 'point'?"),
        ("decisions?when=1", "'when': unknown query parameter; known: point, t"),
        ("points?point=grid.power", "'point': unknown query parameter; this call takes none"),
        ("journal?limit=1&limit=2", "'limit' is given more than once; give it once"),
        ("history?point=grid.power&points=battery.soc", "`point` and `points` are both given; leave one out"),
    ],
)
def test_no_part_of_a_query_is_ignored(door: Door, path: str, said: str) -> None:
    answer = door.signed("GET", f"{PREFIX}/{path}")
    _is_problem(answer, 400)
    assert json.loads(answer.body)["detail"] == said


@pytest.mark.parametrize("call", [c for c in CALLS if c.method == "GET"], ids=lambda c: c.path)
def test_every_call_refuses_a_query_that_it_does_not_know(door: Door, call: Call) -> None:
    answer = door.signed("GET", f"{PREFIX}{call.path.replace('{id}', 'x')}?nothing=1")
    _is_problem(answer, 400)
    assert json.loads(answer.body)["field"] == "nothing"


@FUZZ
@given(name=st.text(min_size=1, max_size=12) | st.sampled_from(["\udcff", "\x00", "from ", "%", "&"]))
def test_any_name_of_a_query_is_answered_or_a_problem(door: Door, name: str) -> None:
    target = f"{PREFIX}/history?point=grid.power&{quote(name, safe='', errors='surrogatepass')}=1"
    _done_or_problem(door.signed("GET", target))


# -- the page's files -----------------------------------------------------------------------------------------------

OUTSIDE = [
    "/../letters.txt",
    "/assets/../../letters.txt",
    "/%2e%2e/letters.txt",
    "/..%2fletters.txt",
    "/%2e%2e%2fletters.txt",
    "//letters.txt",
    "/assets/..%2f..%2fletters.txt",
    "/..%5cletters.txt",
    "/....//letters.txt",
    "/%252e%252e/letters.txt",
    "/%00",
    "/assets/app.js%00.txt",
    "/" + "x" * 300,
    "/" + "y/" * 2000,
    "/%ff%fe",
    "/%ed%b3%bf",
    "/assets",
    "/assets/",
    "/.",
]


@pytest.mark.parametrize("target", OUTSIDE, ids=lambda t: t[:30])
def test_nothing_but_the_page_is_served(door: Door, target: str) -> None:
    answer = door.ask("GET", target)
    assert (answer.status, answer.body) == (200, b"the page") or 400 <= answer.status < 500, answer
    assert SECRET not in answer.body


@FUZZ
@given(
    name=st.text(max_size=40)
    | st.lists(st.sampled_from(["..", ".", "assets", "letters.txt", "", "\x00"])).map("/".join)
)
def test_any_path_is_the_page_or_a_problem(door: Door, name: str) -> None:
    answer = door.ask("GET", "/" + quote(name, safe="/", errors="surrogatepass"))
    assert answer.status < 500, answer
    assert SECRET not in answer.body


def test_the_pages_own_files_are_served(door: Door) -> None:
    assert door.ask("GET", "/assets/app.js").body == b"the script"
    assert door.ask("GET", "/").body == b"the page"
