"""The keys of a charger in the site document, and its link."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from hub.errors import ConfigError
from hub.model import DeviceSpec, Role
from hub.model.document import Document

PORT = 8887
ACCEPTED, SCHEDULE = "accepted", "schedule"
DEFAULT_PROFILE, TX_PROFILE = "TxDefaultProfile", "TxProfile"
_KEYS = (
    "charge_point",
    "password",
    "tls_cert",
    "tls_key",
    "connector",
    "tags",
    "max_a",
    "phases",
    "watchdog_s",
    "safe_a",
    "stack_level",
    "profile",
    "read_back",
    "remote_start",
)


@dataclass(frozen=True, slots=True)
class Options:
    """`charge_point`: its identity, the end of the path that it calls. `tags`: who may charge, empty = everybody.

    `max_a`: what its line and the charger are made for; `phases`: how it is connected. `watchdog_s`: when the hub has
    been silent for so long, the charger goes to `safe_a` by itself; 0 = a limit holds for good. `stack_level`: None =
    the highest that the charger has. `remote_start`: the hub starts the transaction when a car has been plugged in.
    """

    charge_point: str
    password: str = field(default="", repr=False)
    tls_cert: str = ""
    tls_key: str = ""
    connector: int = 1
    tags: tuple[str, ...] = ()
    max_a: float = 32.0
    phases: int = 3
    watchdog_s: int = 0
    safe_a: float = 6.0
    stack_level: int | None = None
    profile: str = DEFAULT_PROFILE
    read_back: str = SCHEDULE
    remote_start: bool = False


def parse(spec: DeviceSpec) -> Options:
    """Raises ConfigError that names the key and what is expected."""
    site, at, given = Document("site"), f"devices.{spec.id}", spec.options
    site.one_of(f"{at}.role", spec.role.value, [Role.CHARGER.value])
    site.keys(given, at, _KEYS)
    identity = site.need(given, f"{at}.charge_point")
    if "/" in identity:
        raise site.error(f"{at}.charge_point", f"{identity!r} must be the last part of the path only, without /")
    max_a = site.number(given, f"{at}.max_a", 32, 6, 80)
    return Options(
        identity,
        site.get(given, f"{at}.password", str, ""),
        site.get(given, f"{at}.tls_cert", str, ""),
        site.get(given, f"{at}.tls_key", str, ""),
        site.whole(given, f"{at}.connector", 1, 1, 20),
        site.texts(given, f"{at}.tags"),
        max_a,
        int(site.one_of(f"{at}.phases", str(given.get("phases", 3)), ("1", "3"))),
        _watchdog(site, spec),
        site.number(given, f"{at}.safe_a", 6, 0, max_a),
        site.whole(given, f"{at}.stack_level", 0, 0, 1000) if "stack_level" in given else None,
        site.one_of(f"{at}.profile", given.get("profile", DEFAULT_PROFILE), (DEFAULT_PROFILE, TX_PROFILE)),
        site.one_of(f"{at}.read_back", given.get("read_back", SCHEDULE), (SCHEDULE, ACCEPTED)),
        site.get(given, f"{at}.remote_start", bool, False),
    )


def _watchdog(site: Document, spec: DeviceSpec) -> int:
    at = f"devices.{spec.id}.watchdog_s"
    seconds = site.whole(spec.options, at, 0, 0, 86_400)
    if 0 < seconds < 30:
        raise site.error(at, f"must be 0 (off) or at least 30 s, not {seconds}")
    return seconds


@dataclass(frozen=True, slots=True)
class Address:
    """Where the hub waits for chargers: `ocpp://0.0.0.0:8887`, or `ocpps://...` for TLS."""

    host: str
    port: int
    secure: bool = False

    @staticmethod
    def parse(link: str) -> Address:
        """Raises ConfigError; it never repeats a link that holds a password."""
        try:
            parts = urlsplit(link)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = parts = None
        wanted = "expected ocpp://0.0.0.0:8887, or ocpps://0.0.0.0:8888 for TLS"
        if parts is None or parts.scheme not in ("ocpp", "ocpps") or not host or parts.username or parts.password:
            raise ConfigError("link", f"not an address to wait for chargers at; {wanted}")
        return Address(host, PORT if port is None else port, parts.scheme == "ocpps")

    @property
    def shown(self) -> str:
        return f"{'wss' if self.secure else 'ws'}://{self.host}:{self.port}"
