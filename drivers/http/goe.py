"""go-e chargers by their local HTTP interface, to be switched on in the maker's app: v2, or v1 for old firmware.

0 A pauses (v2 `frc`, v1 `alw`). v2 keeps `amp` in flash, with levelled wear; v1 has `amx`, which is not kept.
"""

from __future__ import annotations

from collections.abc import Mapping

from drivers.http import answers
from drivers.http.ask import Ask
from drivers.http.goe_codec import PLACE, is_answer, status, understand, whole
from drivers.http.login import Login
from drivers.json.options import Options
from drivers.json.told import Told, as_object
from drivers.json.wish import wanted_number
from hub.errors import Refused
from hub.model import CommandSpec, Value, Wear
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard, Rejected

_FILTER = "car,alw,amp,ama,frc,psm,err,nrg,eto,wh,cbl,cus,pnp,acu,mca,lmo,modelStatus,tma,rssi"
_ABOUT = "sse,fwv,typ,var,fna"
_LEAST_A, _MOST_A = 6.0, 32.0
_OFF, _ON = 1, 2
_WRITES_A_DAY = 1_000


def make(options: Options) -> Goe:
    """Options `api` (v2, or v1) and `max_a` (what its line carries, A)."""
    return Goe(options.choice("api", ("v1", "v2"), "v2"), options.number("max_a", _MOST_A, _LEAST_A, _MOST_A))


class Goe:
    """Remembers what the charger itself allows at most, and whether it can switch phases."""

    places: tuple[str, ...] = (PLACE,)
    also: Mapping[str, tuple[str, ...]] = {}
    period_s = 1.0

    def __init__(self, api: str, max_a: float) -> None:
        self._v1 = api == "v1"
        self._max_a = max_a
        self._switches = False

    def login(self) -> Login:
        return Login()

    def expected(self, place: str) -> tuple[str, ...]:
        return ("power", "energy", "session_energy", "current_limit", "status", "connected")

    def asks(self) -> tuple[Ask, ...]:
        if self._v1:
            return (Ask("status", "/status"),)
        about = Ask("about", f"/api/status?filter={_ABOUT}", every_s=600, optional=True)
        return Ask("status", f"/api/status?filter={_FILTER}"), about

    def read(self, name: str, body: bytes) -> Heard:
        found, told = as_object(body), Told()
        if not is_answer(found):
            told.problem("no answer of a go-e charger")
            return told.heard()
        most = whole(found.get("ama"))
        if most and most >= _LEAST_A:
            self._max_a = min(self._max_a, most)
        self._switches = self._switches or (not self._v1 and isinstance(found.get("psm"), int))
        understand(told, found)
        return told.heard()

    def commands(self, device: str, place: str) -> tuple[CommandSpec, ...]:
        wear = Wear.VOLATILE if self._v1 else Wear.FLASH
        limit = CommandSpec(
            f"{device}.current_limit",
            low=_LEAST_A,
            high=self._max_a,
            step=1,
            settle_ms=3_000,
            wear=wear,
            writes_a_day=_WRITES_A_DAY,
        )
        phases = CommandSpec(f"{device}.phases", low=1, high=3, step=2, settle_ms=5_000, wear=wear)
        return (limit, phases) if self._switches else (limit,)

    def write(self, place: str, quantity: str, value: Value) -> Ask | tuple[Ask, ...]:
        if quantity == "current_limit":
            amps = round(wanted_number(value, 0, self._max_a))
            if 0 < amps < _LEAST_A:
                raise Refused(f"{amps} A is not 0, nor from {_LEAST_A:g} to {self._max_a:g}")
            return self._limit_v1(amps) if self._v1 else self._limit_v2(amps)
        if quantity == "phases" and self._switches:
            count = wanted_number(value, 1, 3)
            if count not in (1, 3):
                raise Refused("it charges with one phase or with three")
            return Ask("write", f"/api/set?psm={1 if count == 1 else 2}")
        raise Refused(f"a go-e charger has no {quantity} to set")

    def _limit_v2(self, amps: int) -> Ask:
        return Ask("write", f"/api/set?amp={amps}&frc={_ON}" if amps else f"/api/set?frc={_OFF}")

    def _limit_v1(self, amps: int) -> tuple[Ask, ...]:
        if not amps:
            return (Ask("write", "/mqtt?payload=alw=0"),)
        return Ask("write", f"/mqtt?payload=amx={amps}"), Ask("write", "/mqtt?payload=alw=1")

    def taken(self, ask: Ask, body: bytes) -> None:
        """v2 answers each key with true or a reason; v1 with its whole status."""
        answer = as_object(body)
        wrong = [f"{key}: {str(said)[:80]}" for key, said in answer.items() if said is not True]
        if not self._v1 and (wrong or not answer):
            raise Refused(f"the charger did not take it: {', '.join(wrong) or 'no answer that is understood'}")


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """Answers of /api/status (v2), of /status (v1), and of the maker's cloud."""
    return answers.decode(data, hints, _answer, _is_answer)


def _answer(body: bytes, name: str) -> Heard | Rejected:
    found, told = as_object(body), Told()
    if found.get("success") is False:
        return Rejected(0, f"an error instead of an answer: {str(found.get('error', 'no reason told'))[:60]}")
    if not _is_answer(found):
        return Rejected(0, "no answer of a go-e charger: none of car, nrg, amp, sse is there")
    understand(told, status(found))
    return told.heard()


def _is_answer(found: object) -> bool:
    return isinstance(found, Mapping) and is_answer(status(found))
