"""How the driver shows who it is, and whom it believes: digest, tokens, certificates."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import logging
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from drivers.http.digest import Challenge, answer, challenge
from drivers.http.driver import HttpDriver, build
from hub.model import DeviceSpec, Role, SystemClock, Value
from tests.drivers_http.peer import VECTORS, Shelly, answering, app_of, polled, running, spec, vector, wish

pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the captures are not beside the checkout")


def mini() -> Shelly:
    return Shelly(vector("shelly/shellymini1gen4_Shelly.GetStatus.json"))


async def _digest() -> None:
    shelly = mini()
    shelly.password = "geheim"
    async with running(shelly.app(), spec("tv", Role.PLUG, kind="shelly", password="geheim")) as (driver, notes, _):
        await notes.until(lambda: len(notes.times.get("tv.on", [])) >= 3)
        assert shelly.unproven == 1
        await driver.apply(wish("tv.on", True))
        assert notes.values["tv.on"] is True
        shelly.nonce = "another1"
        seen = len(notes.times["tv.on"])
        await notes.until(lambda: len(notes.times["tv.on"]) >= seen + 3)
        assert shelly.unproven == 2 and notes.lost_count() == 0


def test_a_digest_is_proven_once_and_again_when_its_nonce_is_used_up() -> None:
    asyncio.run(_digest())


async def _wrong(caplog: pytest.LogCaptureFixture) -> None:
    shelly = mini()
    shelly.password = "geheim"
    async with running(shelly.app(), spec("tv", Role.PLUG, kind="shelly", password="falschwort")) as (
        _,
        notes,
        _server,
    ):
        await notes.until(lambda: notes.lost_count() == 1)
        assert "password or token missing or wrong" in notes.events[-1]
        assert shelly.unproven == 2
    assert "falschwort" not in caplog.text + " ".join(notes.events)


def test_a_wrong_password_is_said_and_not_tried_on_and_on(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    asyncio.run(_wrong(caplog))


def test_the_digest_of_rfc_7616() -> None:
    """Section 3.9.1: the same request with MD5 and with SHA-256."""
    nonce, cnonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    proofs = {
        "MD5": "8ca523f5e9506fed4657c9700eebdbec",
        "SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
    }
    for algorithm, proof in proofs.items():
        header = (
            f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, nonce="{nonce}", '
            'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
        )
        asked = challenge(header)
        assert asked is not None and asked.algorithm == algorithm
        told = answer(asked, "Mufasa", "Circle of Life", "GET", "/dir/index.html", 1, cnonce)
        assert f'response="{proof}"' in told and 'opaque="FQhe' in told


@pytest.mark.parametrize(
    "header",
    ["", "Basic realm=x", 'Digest realm="x"', "Digest nonce=1, algorithm=SHA-512", 'Digest nonce=1, qop="auth-int"'],
)
def test_a_challenge_that_cannot_be_answered(header: str) -> None:
    assert challenge(header) is None


def test_a_challenge_of_the_older_way_has_no_count() -> None:
    assert "nc=" not in answer(Challenge("r", "n"), "u", "p", "GET", "/", 1, "c")


def certificate(folder: Path) -> tuple[ssl.SSLContext, str, Path]:
    """A self-signed one for another name than the address, as devices have them: context, SHA-256, PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "appliance/p1dongle/5c2fafaabbcc")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(start).not_valid_after(start.replace(year=2060))
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signed = made.sign(key, hashes.SHA256())
    pem = folder / "device.pem"
    pem.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    secret = folder / "key.pem"
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem, secret)
    return context, hashlib.sha256(signed.public_bytes(serialization.Encoding.DER)).hexdigest(), pem


async def _over_tls(
    context: ssl.SSLContext, options: Mapping[str, object]
) -> tuple[list[str], dict[str, Value | None]]:
    """What a HomeWizard battery over TLS tells with these options."""
    seen: list[str] = []

    def wanting_token(found: object) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.StreamResponse:
            seen.append(f"{request.headers.get('Authorization')} {request.headers.get('X-Api-Version')}")
            return await answering(found)(request)

        return handle

    app = app_of({
        "/api": wanting_token(vector("homewizard/HWE-BAT_device.json")),
        "/api/measurement": wanting_token(vector("homewizard/HWE-BAT_measurement.json")),
    })  # fmt: skip
    server = TestServer(app)
    await server.start_server(ssl=context)
    try:
        link = f"https://127.0.0.1:{server.port}"
        given = DeviceSpec(
            "u", "akku", Role.BATTERY, "http", link,
            options={"kind": "homewizard", "token": "ABC123", "poll_s": 0.1, **options},
        )  # fmt: skip
        driver = build(link, [given], SystemClock())
        assert isinstance(driver, HttpDriver)
        async with polled(driver) as notes:
            await notes.until(lambda: bool(notes.values) or notes.lost_count() == 1)
        assert all(line == "Bearer ABC123 2" for line in seen)
        return notes.events, notes.values
    finally:
        await server.close()


def test_a_self_signed_certificate_is_believed_only_when_said(tmp_path: Path) -> None:
    context, fingerprint, pem = certificate(tmp_path)
    for options in (
        {"fingerprint": fingerprint},
        {"fingerprint": fingerprint.upper()},
        {"insecure": True},
        {"ca": str(pem)},
    ):
        _, values = asyncio.run(_over_tls(context, options))
        assert values["akku.power"] == -1234, options
    for options, reason in (
        ({}, "is not trusted"),
        ({"fingerprint": "00" * 32}, fingerprint),
        ({"ca": str(pem), "tls_name": "appliance/p1dongle/other"}, "is not trusted"),
    ):
        events, values = asyncio.run(_over_tls(context, options))
        assert not values and reason in events[-1], options
