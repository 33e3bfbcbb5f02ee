"""Enphase Envoy (IQ Gateway, firmware 8) with clamps at the house's sun and grid, and its battery as an Encharge.

W, V, A, Wh, mW; production + = production, net-consumption + = import, Encharge + = discharge. `/info` is open; all
else takes the owner's token as bearer, or the session's cookie that `/auth/check_jwt` makes of it. A real one speaks
https only. Source: Enphase, "Accessing IQ Gateway local APIs"; captures in pyenphase/pyenphase. It cannot be written:
refusing it says that the token is not good.
"""

import secrets
from collections.abc import Callable

from ..device import Truth, View
from ..physics.state import Snapshot
from . import parts
from .cookie import cookie
from .device import NOT_FOUND, Asked, HttpDevice, Reply, Service
from .enphase_meters import about, page, readings

COOKIE = "sessionId"
RESERVE_PERCENT = 5
SERIAL = "122041077756"
INFO = """<?xml version='1.0' encoding='UTF-8'?>
<envoy_info>
  <time>{time}</time>
  <device>
    <sn>{serial}</sn>
    <pn>800-00654-r08</pn>
    <software>D8.2.4345</software>
    <euaid>4c8675</euaid>
    <seqnum>0</seqnum>
    <apiver>1</apiver>
    <imeter>true</imeter>
  </device>
  <web-tokens>true</web-tokens>
</envoy_info>
"""
VALID = "<!DOCTYPE html><h2>Valid token.</h2>\n"


class Enphase(HttpDevice):
    commands = False

    def __init__(self, view: View, token: str) -> None:
        super().__init__("enphase", view)
        self._token = token
        self._session = secrets.token_urlsafe(24)

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/info":
            return Reply(INFO.format(serial=SERIAL, time=self.now.t_ms // 1000), headers={"Content-Type": "text/xml"})
        by_token = _same(asked.headers.get("authorization", ""), f"Bearer {self._token}")
        if not by_token and not _same(cookie(asked, COOKIE), self._session):
            return self.refusal(asked)
        if asked.path == "/auth/check_jwt":
            session = f"{COOKIE}={self._session}; Path=/; HttpOnly"
            return Reply(VALID, headers={"Content-Type": "text/html", "Set-Cookie": session})
        told = PAGES.get(asked.path)
        return NOT_FOUND if told is None else Reply(told(self.seen()))

    def services(self) -> tuple[Service, ...]:
        return (Service("_enphase-envoy._tcp.local.", "envoy", {"serialnum": SERIAL, "protovers": "8.2.4345"}),)

    def refusal(self, asked: Asked) -> Reply:
        return Reply("", 401, {"WWW-Authenticate": 'Bearer realm="enphase"'})

    def truth(self) -> Truth:
        return parts.truth(self.now)


def _same(said: str, right: str) -> bool:
    return secrets.compare_digest(said.encode(), right.encode())


def _summary(house: Snapshot) -> dict[str, object]:
    counted = {"wattHoursToday": 0, "wattHoursSevenDays": 0, "wattHoursLifetime": round(parts.sun_wh(house.inverter))}
    return {**counted, "wattsNow": round(parts.sun_w(house.inverter))}


def _encharge(house: Snapshot) -> dict[str, object]:
    milli = 1000 * round(house.inverter.battery_w)
    power = {"real_power_mw": milli, "apparent_power_mva": milli, "soc": round(house.inverter.soc)}
    return {"devices:": [{"serial_num": "122327027526", **power}]}


def _ensemble(house: Snapshot) -> dict[str, object]:
    unit = house.inverter
    soc, capacity = round(unit.soc), round(unit.capacity_wh)
    return {
        "shutdown": False,
        "freq_bias_hz": 0.0,
        "voltage_bias_v": 0.0,
        "configured_backup_soc": RESERVE_PERCENT,
        "adjusted_backup_soc": RESERVE_PERCENT,
        "agg_soc": soc,
        "Max_energy": capacity,
        "ENC_agg_soc": soc,
        "ENC_agg_soh": 100,
        "ENC_agg_backup_energy": capacity * RESERVE_PERCENT // 100,
        "ENC_agg_avail_energy": round(capacity * unit.soc / 100),
        "Enc_commissioned_capacity": capacity,
        "Enc_max_available_capacity": capacity,
        "ACB_agg_soc": 0,
        "ACB_agg_energy": 0,
        "VLS_Limit": 10,
        "Commission_in_progress": False,
    }


PAGES: dict[str, Callable[[Snapshot], object]] = {
    "/production.json": page,
    "/api/v1/production": _summary,
    "/ivp/meters": about,
    "/ivp/meters/readings": readings,
    "/ivp/ensemble/secctrl": _ensemble,
    "/ivp/ensemble/power": _encharge,
}
