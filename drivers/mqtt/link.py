"""A broker as the driver's client sees it: `mqtt://user:password@host:1883`, or `mqtts://` for TLS."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import aiomqtt

from hub.errors import ConfigError
from hub.model.broker import BrokerAddress
from hub.model.document import hint

NODELAY = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
"""Without it a small QoS 1 exchange waits 40 ms for a delayed acknowledgement (measured: 78 ms against 2 ms)."""
_TLS_PORT = 8883
_TLS_KEYS = ("ca", "insecure")


@dataclass(frozen=True, slots=True)
class Broker:
    """`tls`: how it is made sure of, None without TLS. What is shown of it never has the password."""

    at: BrokerAddress
    tls: ssl.SSLContext | None = field(default=None, compare=False)

    @property
    def shown(self) -> str:
        return self.at.shown


def address(link: str, device: str) -> Broker:
    """Raises ConfigError at the `device` whose link it is; it never repeats the link, which may hold a password."""
    return broker_at(link, f"devices.{device}.link")


def broker_at(link: str, where: str) -> Broker:
    """Raises ConfigError."""
    secure = link.startswith("mqtts://")
    try:
        at = BrokerAddress.parse(link.replace("mqtts://", "mqtt://", 1) if secure else link)
        query, port = dict(parse_qsl(urlsplit(link).query)), urlsplit(link).port
    except ValueError as error:
        raise ConfigError(where, str(error)) from None
    for key in query:
        if key not in _TLS_KEYS or not secure:
            raise ConfigError(where, f"?{key} is not known{hint(key, _TLS_KEYS)}; they are for mqtts:// only")
    return Broker(at if port or not secure else replace(at, port=_TLS_PORT), _tls(query, where) if secure else None)


def _tls(query: dict[str, str], where: str) -> ssl.SSLContext:
    """`ca`: a file with the certificate that signed the broker's; `insecure=true`: its certificate is not looked at."""
    ca = query.get("ca")
    if ca and not Path(ca).is_file():
        raise ConfigError(where, f"?ca={ca}: there is no such file")
    try:
        context = ssl.create_default_context(cafile=ca)
    except ssl.SSLError:
        raise ConfigError(where, f"?ca={ca}: is no certificate in PEM form") from None
    if query.get("insecure") == "true":
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def client_of(broker: Broker) -> aiomqtt.Client:
    return aiomqtt.Client(
        broker.at.host,
        broker.at.port,
        username=broker.at.user,
        password=broker.at.password,
        keepalive=15,
        timeout=3.0,
        tls_context=broker.tls,
        socket_options=NODELAY,
        max_queued_incoming_messages=10_000,
    )
