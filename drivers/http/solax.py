"""SolaX inverters by their data logger's local HTTP: one request for all values. Read only.

The request is a form by POST (Pocket WiFi and LAN 3), the same in the query (2), or the page of the first inverters.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from drivers.http import answers
from drivers.http.ask import Ask
from drivers.http.login import Login
from drivers.http.solax_codec import is_answer, understand
from drivers.json.options import Options
from hub.errors import Refused
from hub.model import CommandSpec, Value
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard

_APIS = ("form", "query", "page")
_TYPE = "ReadRealTimeData"
# Some logger firmwares answer their own WiFi only, and take this header for it.
_FROM_ITS_OWN_NET = {"X-Forwarded-For": "5.8.8.8"}


def make(options: Options) -> Solax:
    """Options `password` (the logger's registration number, on its label) and `api`: form, query or page."""
    api = options.choice("api", _APIS, "form")
    password = options.text("password")
    if api != "page" and not password:
        raise options.error("password", "is missing; give the data logger's registration number, from its label")
    return Solax(_ask(api, password))


def _ask(api: str, password: str) -> Ask:
    if api == "page":
        return Ask("data", "/api/realTimeData.htm")
    if api == "query":
        path = f"/?optType={_TYPE}&pwd={quote(password, safe='')}"
        return Ask("data", path, "POST", headers=_FROM_ITS_OWN_NET, shown=f"/?optType={_TYPE}")
    headers = {"Content-Type": "application/x-www-form-urlencoded", **_FROM_ITS_OWN_NET}
    return Ask("data", "/", "POST", urlencode({"optType": _TYPE, "pwd": password}).encode(), headers)


class Solax:
    """Places by what the layout of its type has."""

    places: tuple[str, ...] = ("inverter", "grid", "battery", "charger")
    also: Mapping[str, tuple[str, ...]] = {"meter": ("grid",)}
    period_s = 2.0

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def login(self) -> Login:
        return Login()

    def expected(self, place: str) -> tuple[str, ...]:
        return ("power", "soc") if place == "battery" else ("power",)

    def asks(self) -> tuple[Ask, ...]:
        return (self._ask,)

    def read(self, name: str, body: bytes) -> Heard:
        found = understand(body)
        return found if isinstance(found, Heard) else Heard(problems=(found.reason,))

    def commands(self, device: str, place: str) -> tuple[CommandSpec, ...]:
        return ()

    def write(self, place: str, quantity: str, value: Value) -> Ask:
        raise Refused(f"{quantity}: SolaX data loggers are only read; for control use driver modbus")

    def taken(self, ask: Ask, body: bytes) -> None:
        return None


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """Answers of a data logger."""
    return answers.decode(data, hints, lambda body, _: understand(body), is_answer)
