"""Who is let in and how: passwords, TLS, versions; and what comes over the wire that should not."""

from __future__ import annotations

import asyncio
import base64
import datetime
import ipaddress
import json
import logging
import ssl
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.exceptions import ConnectionClosed, InvalidStatus

from drivers.ocpp.driver import OcppDriver, build
from drivers.ocpp.station import Pace
from hub.errors import ConfigError, NoAnswer, Refused
from hub.model import DeviceSpec, SystemClock
from tests.drivers_ocpp.kit import FAST, LINK, FakeSink, Hub, dial, plugged, spec
from tests.drivers_ocpp.test_driver import ready

SECRET = "correct horse battery"


@pytest.mark.parametrize("given", ["", "wrong", SECRET + " ", "ü" * 9])
async def test_a_wrong_password_is_not_let_in(given: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with Hub(spec(password=SECRET)) as hub:
        for _ in range(3):
            with pytest.raises(InvalidStatus, match="401"):
                async with dial(hub.port, "CP-wallbox", password=given):
                    pass
        assert not hub.sink.devices
        assert [s.identity for s in hub.driver.strangers] == ["CP-wallbox"]
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("websockets")]
    assert len([text for text in ours if "password" in text]) == 1
    assert not [text for text in ours if SECRET in text or "ü" in text]


@pytest.mark.parametrize("secret", [SECRET, "0123456789abcdef0123456789abcdef01234567"])
async def test_the_right_password_is(secret: str) -> None:
    async with Hub(spec(password=secret)) as hub, plugged(hub, password=secret) as box:
        await box.boot()
        await hub.sink.shows("wallbox.current_limit", 32)
        assert secret not in repr(hub.sink.devices) and not list(hub.driver.strangers)


async def test_the_bytes_that_an_authorization_key_writes_are_right_too() -> None:
    key = "aabbccddeeff00112233445566778899aabbccdd"
    async with Hub(spec(password=key)) as hub:
        header = base64.b64encode(b"CP-wallbox:" + bytes.fromhex(key)).decode()
        async with aiohttp.ClientSession() as session:
            url = f"http://127.0.0.1:{hub.port}/CP-wallbox"
            headers = {"Authorization": f"Basic {header}"}
            async with session.ws_connect(url, protocols=("ocpp1.6",), headers=headers) as socket:
                await socket.send_str('[2,"1","Heartbeat",{}]')
                while True:
                    frame = json.loads(await socket.receive_str())
                    if frame[:2] == [3, "1"]:
                        break
                assert "currentTime" in frame[2]


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic YQ==", "Bearer abc", "Basic " + "A" * 4000])
async def test_a_broken_header_is_a_wrong_password(header: str) -> None:
    async with Hub(spec(password=SECRET)) as hub, aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
            url = f"http://127.0.0.1:{hub.port}/CP-wallbox"
            await session.ws_connect(url, protocols=("ocpp1.6",), headers={"Authorization": header})


async def test_a_browser_is_told_what_this_is() -> None:
    async with Hub(spec()) as hub, aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{hub.port}/CP-wallbox") as answer:
            assert answer.status == 426 and "OCPP" in await answer.text()


@pytest.mark.parametrize("protocol", ["ocpp1.5", "soap"])
async def test_an_unknown_version_is_closed_with_the_reason(protocol: str) -> None:
    async with Hub(spec()) as hub, aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{hub.port}/CP-wallbox"
        async with session.ws_connect(url, protocols=(protocol,)) as socket:
            message = await socket.receive()
            assert message.type is aiohttp.WSMsgType.CLOSE and message.data == 1002 and "ocpp1.6" in message.extra
            assert socket.protocol is None
        assert "version" in next(iter(hub.driver.strangers)).reason


@pytest.mark.parametrize(
    ("offered", "spoken"),
    [(("ocpp2.0.1", "ocpp1.6"), "ocpp2.0.1"), (("ocpp1.6", "ocpp2.0.1"), "ocpp1.6"), (("x", "ocpp2.1"), "ocpp2.1")],
)
async def test_the_first_version_that_both_know_is_spoken(offered: tuple[str, ...], spoken: str) -> None:
    async with Hub(spec()) as hub, aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{hub.port}/some/path/CP-wallbox"
        async with session.ws_connect(url, protocols=offered) as socket:
            assert socket.protocol == spoken
            asked = json.loads(await socket.receive_str())
            assert asked[2:] == ["TriggerMessage", {"requestedMessage": "BootNotification"}]


# -- TLS -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> dict[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub")])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return {"tls_cert": str(tmp_path / "cert.pem"), "tls_key": str(tmp_path / "key.pem")}


async def test_a_charger_over_tls(certificate: dict[str, str]) -> None:
    trust = ssl.create_default_context(cafile=certificate["tls_cert"])
    secure = spec(password=SECRET, **certificate)
    async with Hub(secure, link="ocpps://127.0.0.1:0") as hub:
        async with plugged(hub, password=SECRET, ssl=trust) as box:
            await box.boot()
            await ready(hub)
            await hub.set("wallbox.current_limit", 7)
            assert box.limit == 7
        with pytest.raises(ssl.SSLCertVerificationError):
            async with dial(hub.port, "CP-wallbox", password=SECRET, ssl=ssl.create_default_context()):
                pass


async def test_a_certificate_that_cannot_be_read_is_a_loss_with_its_reason(tmp_path: Path) -> None:
    bad = {"tls_cert": str(tmp_path / "none.pem"), "tls_key": str(tmp_path / "none.pem")}
    driver = OcppDriver("ocpps://127.0.0.1:0", [spec(**bad)], SystemClock(), FAST)
    sink = FakeSink()
    task = asyncio.create_task(driver.run(sink))
    await sink.until(lambda: sink.events == [("lost", "wallbox")])
    assert "No such file" in sink.reasons[0]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


# -- what should not come --------------------------------------------------------------------------------------------

GARBAGE = [
    "",
    "hello",
    "{}",
    "[]",
    "[9]",
    "[2]",
    '[2,"x"]',
    '[2,"x","Heartbeat"]',
    '[2,"x","Heartbeat",7]',
    '[2,"x",7,{}]',
    '[3,"nobody",{}]',
    '[4,"nobody","GenericError"]',
    '[2,"x","MeterValues",{"connectorId":"a","meterValue":[{"timestamp":7,"sampledValue":[{"value":{}}]}]}]',
    '[2,"x","StartTransaction",{}]',
    '[2,"x","StopTransaction",{"transactionId":"zz"}]',
    '[2,"x","StatusNotification",{"connectorId":1e99,"status":[]}]',
    '[2,"x","BootNotification",{"chargePointVendor":5}]',
    '[2,"x","Authorize",{"idTag":null}]',
    '[2,"x","_token",{}]',
    '[2,"x","to",{}]',
    "[" * 5000,
    '[2,"x","Heartbeat",{"a":NaN}]',
    '[2,"\\ud800","Heartbeat",{}]',
]


async def test_garbage_does_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    async with Hub(spec()) as hub, plugged(hub) as box:
        await box.boot()
        await ready(hub)
        for text in GARBAGE:
            await box.wire._socket.send(text)
        await box.wire._socket.send(b"\xff\xfe\x00")
        await box.tell("Preparing")
        await hub.sink.shows("wallbox.status", "ready")
        box.wire.got = [f for f in box.wire.got if f[1] != "x" and f[1] != "\ud800"]
    assert not [r for r in caplog.records if r.levelno >= logging.ERROR and r.name.startswith("drivers")]


async def test_an_unknown_action_is_answered_as_the_protocol_wants() -> None:
    async with Hub(spec()) as hub, plugged(hub) as box:
        await box.wire._socket.send('[2,"q1","Unheard",{}]')
        await box.wire._socket.send('[2,"q2","ReserveNow",{}]')
        await box.wire._socket.send('[2,"q3","Heartbeat"]')
        await hub.sink.until(lambda: len([f for f in box.wire.got if f[0] == 4]) == 3)
        codes = {f[1]: f[2] for f in box.wire.got if f[0] == 4}
        assert codes == {"q1": "NotImplemented", "q2": "NotSupported", "q3": "FormationViolation"}
        assert all(len(f) == 5 for f in box.wire.got if f[0] == 4)


async def test_a_message_that_is_too_large_ends_the_connection() -> None:
    async with Hub(spec()) as hub:
        with pytest.raises(ConnectionClosed):
            async with dial(hub.port, "CP-wallbox") as socket:
                await socket.send("[" + " " * (2 << 20) + "]")
                while True:
                    await socket.recv()
        await hub.sink.until(lambda: hub.sink.last("wallbox") == "lost")


async def test_a_charger_that_never_answers_is_no_answer() -> None:
    slow = Pace(ping=0.2, hang_up=5, answer=0.1, boot=0.05, care=0.05)
    async with Hub(spec(), pace=slow) as hub, plugged(hub) as box:
        await box.boot()
        await ready(hub)

        async def never(**_: Any) -> None:
            await asyncio.sleep(5)

        box.route_map["SetChargingProfile"]["_on_action"] = never
        with pytest.raises(NoAnswer, match="SetChargingProfile"):
            await hub.set("wallbox.current_limit", 7)


async def test_a_slow_charger_is_waited_for() -> None:
    async with Hub(spec()) as hub, plugged(hub) as box:
        await box.boot()
        await ready(hub)
        obeyed = box._profile

        async def later(**given: Any) -> Any:
            await asyncio.sleep(0.3)
            return obeyed(**given)

        box.route_map["SetChargingProfile"]["_on_action"] = later
        await hub.set("wallbox.current_limit", 7)
        assert hub.sink.values["wallbox.current_limit"] == 7


async def test_a_charger_that_answers_with_errors_says_why() -> None:
    async with Hub(spec()) as hub, plugged(hub) as box:
        await box.boot()
        await ready(hub)

        def broken(**_: Any) -> None:
            raise ValueError("no")

        box.route_map["SetChargingProfile"]["_on_action"] = broken
        with pytest.raises(Refused, match="InternalError"):
            await hub.set("wallbox.current_limit", 7)


async def test_a_new_call_replaces_the_old_connection() -> None:
    """A charger that has lost its line calls anew while the hub still believes in the old one."""
    async with Hub(spec()) as hub, plugged(hub) as old:
        await old.boot()
        await ready(hub)
        async with plugged(hub) as new:
            await new.boot()
            await hub.sink.until(lambda: old.wire._socket.close_code is not None)
            await ready(hub)
            await hub.set("wallbox.current_limit", 7)
            assert new.limit == 7 and old.limit == 32
            assert hub.sink.last("wallbox") == "seen"


# -- the site document -----------------------------------------------------------------------------------------------

BAD: list[tuple[str, dict[str, Any], str]] = [
    (LINK, {"charge_point": ""}, "charge_point"),
    (LINK, {"charge_point": "a/b"}, "last part"),
    (LINK, {"pasword": "x"}, "did you mean 'password'"),
    (LINK, {"connector": 0}, "connector"),
    (LINK, {"watchdog_s": 5}, "at least 30"),
    (LINK, {"phases": 2}, "phases"),
    (LINK, {"profile": "TxProfil"}, "did you mean 'TxProfile'"),
    (LINK, {"safe_a": 40}, "safe_a"),
    (LINK, {"tags": "one"}, "tags"),
    ("ocpps://127.0.0.1:8888", {}, "tls_cert"),
    ("http://127.0.0.1", {}, "ocpp://"),
    ("ocpp://user:hunter2@127.0.0.1", {}, "ocpp://"),
    ("ocpp://127.0.0.1:99999", {}, "ocpp://"),
]


@pytest.mark.parametrize(("link", "options", "told"), BAD)
def test_a_document_that_cannot_be_is_refused(link: str, options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told) as error:
        build(link, [spec(**options)], SystemClock())
    assert "hunter2" not in str(error.value)


def test_devices_of_one_charger_must_agree() -> None:
    def both(**second: Any) -> list[DeviceSpec]:
        return [spec("a", charge_point="C"), spec("b", charge_point="C", **second)]

    with pytest.raises(ConfigError, match="same connector"):
        build(LINK, both(), SystemClock())
    with pytest.raises(ConfigError, match="password"):
        build(LINK, both(connector=2, password="x"), SystemClock())
    assert len(build(LINK, both(connector=2), SystemClock()).devices) == 2


async def test_a_hub_without_chargers_still_sees_who_calls() -> None:
    async with Hub() as hub:
        with pytest.raises(InvalidStatus, match="404"):
            async with dial(hub.port, "NEW"):
                pass
        assert [s.identity for s in hub.driver.strangers] == ["NEW"]
