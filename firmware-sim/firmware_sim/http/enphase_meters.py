"""The meters of an Envoy, as its pages `production.json` and `/ivp/meters/readings` have them. W, V, A, Wh, Hz."""

from dataclasses import dataclass

from ..physics.state import Snapshot, Three
from . import parts

PRODUCTION, CONSUMPTION = 704643328, 704643584
CHANNEL = 1778385169 - PRODUCTION
"""from a meter's `eid` to that of its first conductor"""
INVERTERS = 24


@dataclass(frozen=True, slots=True)
class Clamps:
    """Around three conductors. Delivered and received have the meanings of the meter: what it counts up, and back."""

    power: Three
    delivered: Three
    received: Three
    delivered_wh: float
    received_wh: float


def page(house: Snapshot) -> dict[str, object]:
    at, sun, net = house.t_ms // 1000, _sun(house), _net(house)
    reports = {"type": "inverters", "activeCount": INVERTERS, "readingTime": at // 300 * 300}
    counted = {"wNow": round(sum(sun.power)), "whLifetime": round(sun.delivered_wh)}
    idle = {"type": "acb", "activeCount": 0, "readingTime": 0, "wNow": 0, "whNow": 0, "state": "idle"}
    return {
        "production": [reports | counted, _eim("production", sun, house)],
        "consumption": [_eim("total-consumption", _all(house), house), _eim("net-consumption", net, house)],
        "storage": [idle],
    }


def about(_: Snapshot) -> list[dict[str, object]]:
    state = {"state": "enabled", "phaseMode": "three", "phaseCount": 3, "meteringStatus": "normal", "statusFlags": []}
    kinds = {PRODUCTION: "production", CONSUMPTION: "net-consumption"}
    return [{"eid": eid, "measurementType": kind, **state} for eid, kind in kinds.items()]


def readings(house: Snapshot) -> list[dict[str, object]]:
    return [_reading(PRODUCTION, _sun(house), house), _reading(CONSUMPTION, _net(house), house)]


def _sun(house: Snapshot) -> Clamps:
    third, counted = parts.sun_w(house.inverter) / 3, parts.sun_wh(house.inverter)
    return Clamps((third,) * 3, (counted / 3,) * 3, (3.9,) * 3, counted, 11.6)


def _net(house: Snapshot) -> Clamps:
    grid = house.grid
    return Clamps(grid.power, grid.imported, grid.exported, grid.import_wh, grid.export_wh)


def _all(house: Snapshot) -> Clamps:
    """No clamps are there: it is reckoned."""
    a, b, c = (watts + house.inverter.ac_w / 3 for watts in house.grid.power)
    counted = house.grid.import_wh - house.grid.export_wh + house.inverter.injected_wh
    return Clamps((a, b, c), (counted / 3,) * 3, (0.0,) * 3, counted, 0.0)


def _eim(kind: str, clamps: Clamps, house: Snapshot) -> dict[str, object]:
    """`rmsVoltage` of a meter is the sum of its conductors."""
    volts = house.grid.voltage
    rows = zip(clamps.power, clamps.delivered, volts, strict=True)
    lines = [_line(power, counted, volt, abs(power) / volt) for power, counted, volt in rows]
    amps = sum(abs(power) / volt for power, volt in zip(clamps.power, volts, strict=True))
    return {
        "type": "eim",
        "activeCount": 1,
        "measurementType": kind,
        "readingTime": house.t_ms // 1000,
        **_line(sum(clamps.power), clamps.delivered_wh, sum(volts), amps),
        "lines": lines,
    }


def _line(power: float, counted_wh: float, volts: float, amps: float) -> dict[str, object]:
    return {
        "wNow": round(power, 3),
        "whLifetime": round(counted_wh, 3),
        "varhLeadLifetime": 0.0,
        "varhLagLifetime": 0.0,
        "vahLifetime": round(counted_wh, 3),
        "rmsCurrent": round(amps, 3),
        "rmsVoltage": round(volts, 3),
        "reactPwr": 0.0,
        "apprntPwr": round(abs(power), 3),
        "pwrFactor": 1.0 if power else 0.0,
        "whToday": 0.0,
        "whLastSevenDays": 0.0,
    }


def _reading(eid: int, clamps: Clamps, house: Snapshot) -> dict[str, object]:
    volts = house.grid.voltage
    amps = [abs(power) / volt for power, volt in zip(clamps.power, volts, strict=True)]
    channels = [
        _row(eid + CHANNEL + n, house, clamps.power[n], (clamps.delivered[n], clamps.received[n]), volts[n], amps[n])
        for n in (0, 1, 2)
    ]
    counted = clamps.delivered_wh, clamps.received_wh
    return {**_row(eid, house, sum(clamps.power), counted, sum(volts), sum(amps)), "channels": channels}


def _row(
    eid: int, house: Snapshot, power: float, counted_wh: tuple[float, float], volts: float, amps: float
) -> dict[str, object]:
    return {
        "eid": eid,
        "timestamp": house.t_ms // 1000,
        "actEnergyDlvd": round(counted_wh[0], 3),
        "actEnergyRcvd": round(counted_wh[1], 3),
        "apparentEnergy": round(sum(counted_wh), 3),
        "reactEnergyLagg": 0.0,
        "reactEnergyLead": 0.0,
        "instantaneousDemand": round(power, 3),
        "activePower": round(power, 3),
        "apparentPower": round(abs(power), 3),
        "reactivePower": 0.0,
        "pwrFactor": 1.0 if power else 0.0,
        "voltage": round(volts, 3),
        "current": round(amps, 3),
        "freq": round(house.grid.frequency, 3),
    }
