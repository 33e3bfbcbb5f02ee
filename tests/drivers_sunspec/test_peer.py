"""pysunspec2 reads the same simulated inverter and must come to the same figures."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP

from hub.model import Driver
from tests.drivers_sunspec.conftest import hybrid, play
from tests.drivers_sunspec.kit import FakeSink
from tests.sim.conftest import Sim


def theirs(port: int) -> dict[str, Any]:
    device = SunSpecModbusClientDeviceTCP(slave_id=1, ipaddr="127.0.0.1", ipport=port, timeout=2)
    device.scan()
    try:
        ac, store, dc = device.models[701][0], device.models[713][0], device.models[714][0]
        ports = [(g.points["PrtTyp"].value, g.points["DCW"].cvalue, g) for g in dc.groups["Prt"]]
        battery = next(g for kind, _, g in ports if kind == 1)
        return {
            "pv_roof.power": ac.points["W"].cvalue,
            **{f"pv_roof.power_l{n}": ac.points[f"WL{n}"].cvalue for n in (1, 2, 3)},
            **{f"pv_roof.voltage_l{n}": ac.points[f"VL{n}"].cvalue for n in (1, 2, 3)},
            **{f"pv_roof.current_l{n}": ac.points[f"AL{n}"].cvalue for n in (1, 2, 3)},
            "pv_roof.frequency": ac.points["Hz"].cvalue,
            "pv_roof.energy": ac.points["TotWhInj"].cvalue,
            "pv_roof.temperature": ac.points["TmpCab"].cvalue,
            "pv_roof.pv_power": sum(watts for kind, watts, _ in ports if kind == 0),
            "pv_roof.battery_power": battery.points["DCW"].cvalue,
            "battery.power": battery.points["DCW"].cvalue,
            "battery.energy_discharged": battery.points["DCWhInj"].cvalue,
            "battery.energy_charged": battery.points["DCWhAbs"].cvalue,
            "battery.soc": store.points["SoC"].cvalue,
            "battery.soh": store.points["SoH"].cvalue,
            "battery.capacity": store.points["WHRtg"].cvalue,
        }
    finally:
        device.close()


def test_pysunspec2_comes_to_the_same_figures(sim: Sim) -> None:
    sim.fault("inverter", "stuck")  # measured values stand still, so that two readers can be compared

    async def scene(_: Driver, sink: FakeSink) -> None:
        await sink.until(lambda: len(sink.batches) > 12)
        peer = await asyncio.to_thread(theirs, sim.port("inverter"))
        ours = {point: sink.value(point) for point in peer}
        assert ours == {point: pytest.approx(value, abs=1e-6) for point, value in peer.items()}

    play(sim.links["inverter"], hybrid(), scene)


def test_the_figures_are_the_true_ones(sim: Sim) -> None:
    async def scene(_: Driver, sink: FakeSink) -> None:
        await sink.until(lambda: len(sink.batches) > 1)

        async def near() -> bool:
            true = (await asyncio.to_thread(sim.devices))["inverter"]
            pairs = (
                ("pv_roof.power", "power"),
                ("pv_roof.pv_power", "pv_power"),
                ("battery.power", "battery_power"),
                ("battery.soc", "soc"),
            )
            return all(sink.value(ours) == pytest.approx(true[name], abs=1.5) for ours, name in pairs)

        for _try in range(20):
            if await near():
                return
            await asyncio.sleep(0.1)
        raise AssertionError("the figures do not follow the truth")

    play(sim.links["inverter"], hybrid(), scene)
