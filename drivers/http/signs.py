"""By which answers the families of HTTP devices are known, and which take a secret before they tell more. Pure.

Only paths that are answered without a login, or whose refusal is the maker's own, are asked; none of them changes
anything. Sources: the makers' descriptions of their interfaces; Tesla: what the gateway answers without a session.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from drivers.json.told import as_json, as_object

_ENPHASE_TOKEN = 7
"""Envoy firmware from which a token is needed"""
_SOFTWARE = re.compile(rb"<software>[^0-9<]*([0-9]+)\.")
_DENIED = (401, 403)


@dataclass(frozen=True, slots=True)
class Known:
    """A family that was recognised. `options` beside `kind`; `needs`: options that only its owner knows.

    `why`: what has to be done before it tells more, a sentence for its owner.
    """

    kind: str
    options: Mapping[str, object] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    vendor: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """What is asked, and what its answer (status, body) shows. `secure`: over https only, as the maker has it."""

    path: str
    shows: Callable[[int, bytes], Known | None]
    secure: bool | None = None


def _shelly(status: int, body: bytes) -> Known | None:
    found = as_object(body)
    if not ("mac" in found and ("gen" in found or ("type" in found and "auth" in found))):
        return None
    locked = found.get("auth_en") is True or found.get("auth") is True
    return Known("shelly", needs=("password",) if locked else (), vendor="Shelly")


def _homewizard(status: int, body: bytes) -> Known | None:
    found = as_object(body)
    if status == 200 and "product_type" in found and "api_version" in found:
        return Known("homewizard", vendor="HomeWizard")
    error = found.get("error")
    code = error.get("code", error.get("id")) if isinstance(error, Mapping) else None
    if status in _DENIED and code == 202:
        return Known("homewizard", vendor="HomeWizard", why="its local interface is off: switch it on in the app")
    if status in _DENIED and isinstance(code, str) and code.startswith("user:"):
        return Known("homewizard", needs=("token",), vendor="HomeWizard")
    return None


def _fronius(status: int, body: bytes) -> Known | None:
    found = as_object(body)
    if "APIVersion" not in found or "BaseURL" not in found:
        return None
    return Known("fronius", {"api": "v0"} if found["APIVersion"] == 0 else {}, vendor="Fronius")


def _enphase(status: int, body: bytes) -> Known | None:
    if status != 200 or b"<envoy_info>" not in body:
        return None
    told = _SOFTWARE.search(body)
    new = told is None or int(told[1]) >= _ENPHASE_TOKEN
    return Known("enphase", needs=("token",) if new else (), vendor="Enphase")


def _goe(status: int, body: bytes) -> Known | None:
    found = as_object(body)
    return Known("goe", vendor="go-e") if "sse" in found and ("typ" in found or "fwv" in found) else None


def _goe_before(status: int, body: bytes) -> Known | None:
    found = as_object(body)
    return Known("goe", {"api": "v1"}, vendor="go-e") if {"sse", "car", "amp", "nrg"} <= set(found) else None


def _opendtu(status: int, body: bytes) -> Known | None:
    found = as_object(body)
    return Known("opendtu") if isinstance(found.get("inverters"), list) and "total" in found else None


def _powerwall(status: int, body: bytes) -> Known | None:
    """The gateway tells its version to everybody, newer ones only that one has no rights."""
    found = as_object(body)
    open_ = status == 200 and {"version", "up_time_seconds", "git_hash"} <= set(found)
    closed = status in _DENIED and b"adequate access rights" in body
    return Known("powerwall", needs=("password",), vendor="Tesla") if open_ or closed else None


def _p1monitor(status: int, body: bytes) -> Known | None:
    found = as_json(body)
    row = found[0] if isinstance(found, list) and found else None
    known = isinstance(row, Mapping) and "CONSUMPTION_W" in row and "TIMESTAMP_UTC" in row
    return Known("p1monitor", vendor="P1 Monitor") if known else None


SIGNS = (
    Sign("/shelly", _shelly, secure=False),
    Sign("/api", _homewizard),
    Sign("/solar_api/GetAPIVersion.cgi", _fronius),
    Sign("/info", _enphase),
    Sign("/api/status?filter=sse,typ,fwv", _goe, secure=False),
    Sign("/api/status", _powerwall, secure=True),
    Sign("/api/livedata/status", _opendtu),
    Sign("/api/v1/smartmeter?limit=1", _p1monitor),
    Sign("/status", _goe_before, secure=False),
)


def signs(secure: bool) -> tuple[Sign, ...]:
    """Those that are worth asking at an http or https port."""
    return tuple(sign for sign in SIGNS if sign.secure in (None, secure))
