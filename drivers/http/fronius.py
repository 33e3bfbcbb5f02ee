"""Fronius inverters by the Solar API, which is to be switched on in the inverter's pages; it only reads.

`api = "v0"` is for data cards of before 2012. Set-points go over Modbus: driver `sunspec`.

HTTP 200 may carry a refusal (`Head.Status.Code`), or nothing. Where the power flow, which comes first, is refused, the
device is lost with that reason; where another answer is, what it would have told grows old. At night an inverter
without a battery sleeps: the power flow then says that nothing runs (`P_PV` and the inverter's `P` are null "if
inverter is not running", 42,0410,2012), so that it gives 0 W, and where it does not tell its state itself it is `off`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivers.http import answers
from drivers.http.ask import Ask
from drivers.http.fronius_codec import is_answer, numbered, trouble, understand
from drivers.http.login import Login
from drivers.json.options import Options
from drivers.json.told import Told, as_object, under
from hub.errors import Refused
from hub.model import CommandSpec, Value
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard, Rejected

_V1, _V0 = "/solar_api/v1", "/solar_api"
_FIRST = ("flow", "system")
_PHASES_S, _STORAGE_S, _INFO_S = 5.0, 10.0, 600.0


def make(options: Options) -> Fronius:
    """Option `api`: v1 (when left out) or v0."""
    return Fronius(options.choice("api", ("v1", "v0"), "v1"))


class Fronius:
    """Remembers the numbers of its inverters, those that ran and those that did not answer by themselves when they were
    asked last, and whether a battery and a heating rod are there.
    """

    places: tuple[str, ...] = ("inverter", "battery", "grid", "meter", "heatpump")
    also: Mapping[str, tuple[str, ...]] = {"meter": ("grid",), "plug": ("heatpump",)}
    period_s = 1.0

    def __init__(self, api: str) -> None:
        self._api = api
        self._inverters: tuple[str, ...] = ()
        self._known: set[str] = set()
        self._silent: set[str] = set()
        self._storage = False
        self._ohmpilot = False

    def login(self) -> Login:
        return Login()

    def expected(self, place: str) -> tuple[str, ...]:
        return {"grid": ("power",), "inverter": ("power", "energy"), "battery": ("power", "soc")}.get(place, ())

    def asks(self) -> tuple[Ask, ...]:
        return self._asks_v1() if self._api == "v1" else self._asks_v0()

    def _asks_v1(self) -> tuple[Ask, ...]:
        common = [self._of(f"{_V1}/GetInverterRealtimeData.cgi", "DeviceId", n, "Common") for n in self._inverters]
        phases = [self._of(f"{_V1}/GetInverterRealtimeData.cgi", "DeviceId", n, "3P") for n in self._inverters]
        more = (
            *((Ask("storage", f"{_V1}/GetStorageRealtimeData.cgi?Scope=System", every_s=_STORAGE_S, optional=True),)
              * self._storage),
            *((Ask("ohmpilot", f"{_V1}/GetOhmPilotRealtimeData.cgi?Scope=System", every_s=_PHASES_S, optional=True),)
              * self._ohmpilot),
        )  # fmt: skip
        return (
            Ask("flow", f"{_V1}/GetPowerFlowRealtimeData.fcgi"),
            Ask("meter", f"{_V1}/GetMeterRealtimeData.cgi?Scope=System", optional=True),
            *common,
            *phases,
            *more,
            Ask("info", f"{_V1}/GetInverterInfo.cgi", every_s=_INFO_S, optional=True),
        )

    def _asks_v0(self) -> tuple[Ask, ...]:
        common = [self._of(f"{_V0}/GetInverterRealtimeData.cgi", "DeviceIndex", n, "Common") for n in self._inverters]
        return (
            Ask("system", f"{_V0}/GetInverterRealtimeData.cgi?Scope=System"),
            *common,
            Ask("info", f"{_V0}/GetInverterInfo.cgi", every_s=_INFO_S, optional=True),
        )

    def _of(self, path: str, key: str, id_: str, collection: str) -> Ask:
        query = f"Scope=Device&{key}={id_}&DataCollection={collection}InverterData"
        return Ask(f"{collection} {id_}", f"{path}?{query}", every_s=_PHASES_S, optional=True)

    def read(self, name: str, body: bytes) -> Heard:
        found, told = as_object(body), Told()
        if not is_answer(found):
            told.problem("no answer of a Solar API")
            return told.heard()
        if name in _FIRST and (why := trouble(found) or self._lack(name, found)):
            return Heard(problems=(why,))
        understand(told, found)
        self._learn(name, found, told)
        if name in _FIRST:
            self._rest(name, under(found, "Body", "Data"), told)
        return told.heard()

    def _rest(self, name: str, data: object, told: Told) -> None:
        """What is to be said of inverters that do not run."""
        rows = _rows(name, data)
        for n in self._known if self._resting(name, data) else ():
            place = numbered("inverter", n, 1)
            for side in ("power", "pv_power"):
                if not told.has(f"{place}.{side}"):
                    told.point(place, side, 0.0)
        for n in self._off(name, data, rows):
            told.point(numbered("inverter", n, 1), "status", "off")

    def _lack(self, name: str, found: Mapping[str, Any]) -> str:
        """An old card whose inverters sleep has nothing to tell of them; a power flow always has its site."""
        asleep = name == "system" and self._known
        return "" if under(found, "Body", "Data") or asleep else "an answer without data"

    def _learn(self, name: str, found: Mapping[str, Any], told: Told) -> None:
        data = under(found, "Body", "Data")
        if name == "flow":
            self._storage = under(data, "Site", "P_Akku") is not None or self._storage
            self._ohmpilot = bool(under(data, "Smartloads", "Ohmpilots")) or self._ohmpilot
        if name in _FIRST:
            rows = _rows(name, data)
            self._inverters = tuple(sorted(n for n in rows if n.isascii() and n.isdigit()))
            self._known |= set(self._inverters)
        collection, _, n = name.partition(" ")
        if collection == "Common":
            (self._silent.discard if told.has_place(numbered("inverter", n, 1)) else self._silent.add)(n)

    def _resting(self, name: str, data: object) -> bool:
        """Whether it says that no inverter runs. A hybrid runs for its battery, too."""
        if name == "flow":
            site = under(data, "Site")
            return isinstance(site, Mapping) and "P_PV" in site and site["P_PV"] is None and not self._storage
        return not any(value is not None for value in _rows(name, data).values())

    def _off(self, name: str, data: object, rows: Mapping[str, Any]) -> list[str]:
        """The inverters that do not run and say nothing of it themselves."""
        if name == "flow":
            return [n for n in self._known if self._resting(name, data) and self._is_silent(n, rows)]
        return [n for n in self._known if rows.get(n) is None]

    def _is_silent(self, n: str, rows: Mapping[str, Any]) -> bool:
        return n not in rows or (n in self._silent and under(rows, n, "P") is None)

    def commands(self, device: str, place: str) -> tuple[CommandSpec, ...]:
        return ()

    def write(self, place: str, quantity: str, value: Value) -> Ask:
        raise Refused("the Solar API can only be read; set-points go over Modbus, driver sunspec")

    def taken(self, ask: Ask, body: bytes) -> None:
        """Nothing is ever written."""


def _rows(name: str, data: object) -> Mapping[str, Any]:
    """What it says of each inverter, by its number."""
    rows = under(data, "Inverters") if name == "flow" else under(data, "PAC", "Values")
    return rows if isinstance(rows, Mapping) else {}


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """Answers."""
    return answers.decode(data, hints, _answer, _is_answer)


def _answer(body: bytes, name: str) -> Heard | Rejected:
    found, told = as_object(body), Told()
    if not _is_answer(found):
        return Rejected(0, "no answer of a Solar API: it has no Head and Body")
    understand(told, found)
    return told.heard()


def _is_answer(found: object) -> bool:
    return isinstance(found, Mapping) and is_answer(found)
