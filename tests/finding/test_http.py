"""Finding HTTP devices: servers that answer what real devices have answered, over http, https and by mDNS."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import importlib
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from zeroconf import ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

from drivers.http import find as finder
from drivers.http.browse import browse
from drivers.http.signs import SIGNS
from hub.drivers import build
from hub.errors import ConfigError, LinkError
from hub.model import DeviceSpec, Role, SystemClock
from hub.model.found import Found, Where
from tests.discovery.test_discovery import needs_multicast
from tests.drivers_http.peer import Notes, polled
from tests.finding.kit import VECTORS
from tests.sim.conftest import end, eventually, start

pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the captures are not beside the checkout")

Answers = Mapping[str, tuple[int, bytes]]
"""what a device answers by its path, with the query where there is one"""


def said(path: str, status: int = 200) -> tuple[int, bytes]:
    file = VECTORS / path
    return status, file.read_bytes() if VECTORS.is_dir() else b""


def found_json(status: int, found: Any) -> tuple[int, bytes]:
    return status, json.dumps(found).encode()


_V1 = "/solar_api/v1"
_FRONIUS = "fronius-solarapi/v1_solar_api"
SHELLY: Answers = {
    "/shelly": said("shelly/shellymini1gen4_Shelly.GetDeviceInfo.json"),
    "/rpc/Shelly.GetStatus": said("shelly/shellymini1gen4_Shelly.GetStatus.json"),
}
LOCKED: Answers = {
    "/shelly": found_json(200, json.loads(SHELLY["/shelly"][1]) | {"auth_en": True}),
    "/rpc/Shelly.GetStatus": (401, b""),
}
GEN1: Answers = {
    # as Shelly's own description of the Gen1 interface has it
    "/shelly": found_json(
        200, {"type": "SHSW-25", "mac": "A4CF12F454A3", "auth": False, "fw": "20230913-112003/v1.14"}
    ),
    "/status": found_json(
        200, {"relays": [{"ison": True}, {"ison": False}], "meters": [{"power": 9.1, "total": 60}, {"power": 0}]}
    ),
}
SOCKET: Answers = {
    "/api": said("homewizard/HWE-SKT_device.json"),
    "/api/v1/data": said("homewizard/HWE-SKT_data.json"),
    "/api/v1/state": said("homewizard/HWE-SKT_state_power_on.json"),
}
HOMEWIZARD_OFF: Answers = {"/api": found_json(403, {"error": {"id": 202, "description": "API not enabled"}})}
HOMEWIZARD_V2: Answers = {"/api": found_json(401, {"error": {"code": "user:unauthorized"}})}
FRONIUS: Answers = {
    "/solar_api/GetAPIVersion.cgi": said(f"{_FRONIUS}_GetAPIVersion.cgi.json"),
    # as Fronius' description of the Solar API has it
    f"{_V1}/GetPowerFlowRealtimeData.fcgi": found_json(
        200,
        {
            "Head": {"Status": {"Code": 0, "Reason": "", "UserMessage": ""}, "Timestamp": "2024-05-03T12:00:00+02:00"},
            "Body": {
                "Data": {
                    "Inverters": {"1": {"DT": 1, "P": 3120, "E_Total": 8214300}},
                    "Site": {"P_Grid": -2510.5, "P_Load": -609.5, "P_PV": 3180, "P_Akku": None, "Mode": "meter"},
                }
            },
        },
    ),
}
ENVOY_OLD: Answers = {
    "/info": said("enphase/5.0.62__info"),
    "/production.json?details=1": said("enphase/5.0.62__production.json"),
    "/ivp/meters": said("enphase/5.0.62__ivp_meters"),
    "/api/v1/production": said("enphase/5.0.62__api_v1_production"),
}
ENVOY_NEW: Answers = {
    "/info": said("enphase/8.2.127_with_3cts_and_battery_split__info"),
    "/production.json?details=1": (401, b""),
}
POWERWALL: Answers = {"/api/status": said("tesla-powerwall/status.json")}
POWERWALL_CLOSED: Answers = {
    "/api/status": found_json(403, {"code": 403, "message": "User does not have adequate access rights"})
}
P1MONITOR: Answers = {
    "/api/v1/smartmeter?limit=1": said("p1monitor/smartmeter.json"),
    "/api/v1/status": said("p1monitor/phases.json"),
}
OPENDTU: Answers = {
    # as OpenDTU's description of its interface has it
    "/api/livedata/status": found_json(
        200,
        {
            "inverters": [
                {"serial": "116180400144", "name": "roof", "data_age": 4, "reachable": True, "producing": True,
                 "limit_absolute": 600, "AC": {"0": {"Power": {"v": 285.5, "u": "W", "d": 1}}}}
            ],
            "total": {"Power": {"v": 285.5, "u": "W", "d": 1}},
        },
    ),
    "/api/limit/status": found_json(200, {"116180400144": {"limit_relative": 100, "max_power": 600}}),
}  # fmt: skip
GOE: Answers = {
    # keys as go-e's description of interface v2 has them
    "/api/status": found_json(
        200, {"sse": "200001", "typ": "go-eCharger", "fwv": "055.7", "car": 2, "amp": 16, "alw": True,
              "nrg": [230, 231, 229, 0, 6, 6, 6, 1380, 1386, 1374, 0, 4140, 0, 0, 0, 0], "eto": 123456, "wh": 840.5}
    ),
}  # fmt: skip


def app_of(answers: Answers) -> web.Application:
    """Answers by path and query, else by the path alone."""

    async def answer(request: web.Request) -> web.Response:
        status, body = answers.get(request.path_qs, answers.get(request.path, (404, b"not found")))
        return web.Response(status=status, body=body)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return app


@contextlib.asynccontextmanager
async def served(answers: Answers, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    runner = web.AppRunner(app_of(answers))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def tls(folder: Path) -> tuple[ssl.SSLContext, str]:
    """A certificate that its maker signed itself, as such devices have, and its fingerprint by cryptography."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tesla Energy Gateway")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = builder.serial_number(7).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=9))
    made = dated.sign(key, hashes.SHA256())
    pem = folder / "device.pem"
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem.write_bytes(key.private_bytes(*plain) + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context, made.fingerprint(hashes.SHA256()).hex()


def searched(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> list[Found]:
    found: list[Found] = []

    async def go() -> None:
        async with served(answers) as port:
            monkeypatch.setattr(finder, "PORTS", (("http", port),))
            monkeypatch.setattr(finder, "browse", nobody)
            await finder.find(Where(hosts=("127.0.0.1",)), found.append)

    asyncio.run(go())
    return found


async def nobody(_hosts: object) -> list[Any]:
    """No mDNS: tests of it are below."""
    return []


@pytest.mark.parametrize(
    ("answers", "kind", "vendor", "roles", "needs"),
    [
        (SHELLY, "shelly", "Shelly", {Role.PLUG}, ()),
        (LOCKED, "shelly", "Shelly", {Role.PLUG, Role.GRID}, ("password",)),
        (SOCKET, "homewizard", "HomeWizard", {Role.PLUG}, ()),
        (HOMEWIZARD_OFF, "homewizard", "HomeWizard", {Role.GRID}, ()),
        (HOMEWIZARD_V2, "homewizard", "HomeWizard", {Role.GRID}, ("token",)),
        (FRONIUS, "fronius", "Fronius", {Role.INVERTER, Role.GRID}, ()),
        (ENVOY_OLD, "enphase", "Enphase", {Role.INVERTER}, ()),
        (ENVOY_NEW, "enphase", "Enphase", {Role.INVERTER, Role.GRID, Role.BATTERY}, ("token",)),
        (P1MONITOR, "p1monitor", "P1 Monitor", {Role.GRID}, ()),
        (OPENDTU, "opendtu", "Hoymiles", {Role.INVERTER}, ()),
        (GOE, "goe", "go-e", {Role.CHARGER}, ()),
    ],
)
def test_a_device_is_known_by_its_answers(
    answers: Answers, kind: str, vendor: str, roles: set[Role], needs: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, *more = searched(answers, monkeypatch)
    assert not more and one.options["kind"] == kind and one.vendor == vendor and one.needs == needs
    assert roles <= set(one.roles) and one.certain
    options = {**one.options, **dict.fromkeys(needs, "secret")}
    build([DeviceSpec("u", "d", one.roles[0], "http", one.link, options=options)], SystemClock(), "")


def test_the_likeliest_role_is_first_and_the_serial_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    (plug,) = searched(SHELLY, monkeypatch)
    assert plug.roles[0] is Role.PLUG and Role.INVERTER in plug.roles, "a balcony inverter may be behind it"
    assert plug.serial.upper() == "AABBCCDDEEFF" and plug.firmware
    (socket,) = searched(SOCKET, monkeypatch)
    assert socket.roles[0] is Role.PLUG and socket.serial == "3c39e7aabbcc"


def test_each_channel_of_a_device_can_be_taken_in(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = searched(GEN1, monkeypatch)
    assert "channel" not in first.options and second.options["channel"] == 2
    assert first.key != second.key and second.roles[0] is Role.PLUG


def test_what_has_to_be_done_first_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = searched(HOMEWIZARD_OFF, monkeypatch)
    assert "switch it on in the app" in one.how


@pytest.mark.parametrize("answers", [{}, {"/api": (200, b"<html>router</html>")}, {"/shelly": (200, b'{"mac": 1}')}])
def test_what_is_no_such_device_is_not_found(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    assert searched(answers, monkeypatch) == []


def test_no_sign_takes_one_device_for_another() -> None:
    """Every JSON answer that we have of HTTP devices, given to every sign: only the own kind says yes."""
    own = {
        "shelly": "shelly",
        "homewizard": "homewizard",
        "fronius-solarapi": "fronius",
        "enphase": "enphase",
        "tesla-powerwall": "powerwall",
        "p1monitor": "p1monitor",
        "solax-http": "",
        "peblar": "",
        "powerfox": "",
        "tasmota": "",
    }
    told = 0
    for folder, kind in own.items():
        for path in sorted((VECTORS / folder).iterdir()):
            if path.is_file() and path.suffix != ".md":
                known = {k.kind for s in SIGNS for status in (200, 401) if (k := s.shows(status, path.read_bytes()))}
                assert known <= {kind}, path
                told += bool(known)
    assert told > 25


@pytest.mark.parametrize("answers", [POWERWALL, POWERWALL_CLOSED])
def test_a_device_with_its_own_certificate_is_pinned(answers: Answers, tmp_path: Path) -> None:
    context, fingerprint = tls(tmp_path)

    async def go() -> list[Found]:
        async with served(answers, context) as port:
            return list(await finder.probe(f"https://127.0.0.1:{port}"))

    (one,) = asyncio.run(go())
    assert one.options == {"kind": "powerwall", "fingerprint": fingerprint} and one.needs == ("password",)
    assert set(one.roles) == {Role.INVERTER, Role.GRID, Role.BATTERY}


def test_what_was_found_over_https_measures(tmp_path: Path) -> None:
    """The driver believes the certificate that the finder has seen."""
    context, _ = tls(tmp_path)

    async def go() -> Notes:
        async with served(SOCKET, context) as port:
            (one,) = await finder.probe(f"https://127.0.0.1:{port}")
            spec = DeviceSpec("u", "socket", one.roles[0], "http", one.link, options=one.options)
            (driver,) = build([spec], SystemClock(), "")
            async with polled(driver) as notes:  # type: ignore[arg-type]
                await notes.until(lambda: "socket.power" in notes.values)
                return notes

    assert asyncio.run(go()).devices["socket"].vendor == "HomeWizard"


@pytest.mark.parametrize(("answers", "kind"), [(SHELLY, "shelly"), (FRONIUS, "fronius"), (SOCKET, "homewizard")])
def test_what_is_recorded_can_be_decoded(answers: Answers, kind: str) -> None:
    async def go() -> bytes:
        async with served(answers) as port:
            return await finder.record(f"http://127.0.0.1:{port}", 1)

    (heard,) = importlib.import_module(f"drivers.http.{kind}").decode(asyncio.run(go())).messages
    assert heard.points


def test_what_cannot_be_recorded_says_what_is_missing() -> None:
    async def go(answers: Answers) -> bytes:
        async with served(answers) as port:
            return await finder.record(f"http://127.0.0.1:{port}", 1)

    with pytest.raises(LinkError, match=r"nothing without .*switch it on in the app"):
        asyncio.run(go(HOMEWIZARD_OFF))
    with pytest.raises(LinkError, match="no HTTP device that is known"):
        asyncio.run(go({}))
    lines = asyncio.run(go(LOCKED)).decode().splitlines()
    assert [json.loads(line)["path"] for line in lines] == ["/shelly"]


def test_probing_says_what_is_wrong() -> None:
    with pytest.raises(LinkError, match="no HTTP device that is known answers there"):
        asyncio.run(finder.probe("http://127.0.0.1:1"))
    with pytest.raises(ConfigError, match="expected http://host"):
        asyncio.run(finder.probe("http://me:secret@127.0.0.1"))


@contextlib.asynccontextmanager
async def announced(kind: str, name: str, port: int, **texts: str) -> AsyncIterator[None]:
    """A service as zeroconf announces it, on loopback."""
    info = ServiceInfo(
        kind, f"{name}.{kind}", port=port, properties=texts, addresses=[b"\x7f\0\0\1"], server=f"{name}.local."
    )
    zeroconf = AsyncZeroconf(interfaces=["127.0.0.1"])
    await (await zeroconf.async_register_service(info))
    try:
        yield
    finally:
        await zeroconf.async_unregister_all_services()
        await zeroconf.async_close()


@needs_multicast
def test_a_device_at_an_unusual_port_says_by_mdns_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finder, "PORTS", ())
    found: list[Found] = []

    async def go() -> int:
        async with served(SHELLY) as port, announced("_shelly._tcp.local.", "shelly1minig4-aabbccddeeff", port):
            await finder.find(Where(hosts=("127.0.0.1",)), found.append)
            return port

    port = asyncio.run(go())
    assert [f.link for f in found] == [f"http://127.0.0.1:{port}"] and found[0].model


@needs_multicast
def test_who_answers_nothing_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Peblar charger wants a token for every answer."""
    monkeypatch.setattr(finder, "PORTS", ())
    found: list[Found] = []

    async def go() -> None:
        async with served({}) as port, announced("_http._tcp.local.", "PBLR-0000645", port, sn="23-45-A4O-MOF"):
            await finder.find(Where(hosts=("127.0.0.1",)), found.append)

    asyncio.run(go())
    (one,) = found
    assert (one.vendor, one.serial, one.needs, one.roles) == ("Peblar", "23-45-A4O-MOF", ("token",), (Role.CHARGER,))


@needs_multicast
def test_the_simulated_houses_devices_are_found_by_what_they_say(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """None of them is at a usual port. Here, because the other tests of mDNS run one after the other with it."""
    monkeypatch.setattr(finder, "PORTS", ())
    kinds = {
        "shelly_plug": ("shelly", "SNPL-00112EU"),
        "shelly_relay": ("shelly", "SHSW-PM"),
        "homewizard": ("homewizard", "HWE-P1"),
        "goe": ("goe", "go-eCharger_V4"),
        "fronius": ("fronius", "Symo GEN24 10.0"),
        "opendtu": ("opendtu", ""),
        "enphase": ("enphase", ""),
        "peblar": ("peblar", ""),
    }
    house = start(tmp_path, "--add", ",".join(kinds), mdns=True)
    found: dict[str, Found] = {}

    def all_found() -> bool:
        """A search takes three seconds; until they have all spoken one may come too early."""
        asyncio.run(finder.find(Where(hosts=("127.0.0.1",)), lambda one: found.update({one.link: one})))
        return {house.links[name] for name in kinds} <= set(found)

    try:
        eventually(all_found, 30)
        for name, (kind, model) in kinds.items():
            one = found[house.links[name]]
            assert one.options["kind"] == kind and model in one.model
    finally:
        end(house)


@needs_multicast
def test_what_is_no_device_of_ours_is_not_listened_to() -> None:
    async def go() -> list[Any]:
        async with announced("_http._tcp.local.", "Printer", 631):
            return await browse(["127.0.0.1"], 0.8)

    assert asyncio.run(go()) == []


def test_no_host_no_mdns() -> None:
    assert asyncio.run(browse([])) == [] and asyncio.run(browse(["198.51.100.7", "name.example"])) == []
