"""Modbus devices, asked by programs that are not ours: mbpoll and pysunspec2."""

import re
import socket
import struct
import subprocess
import time
from typing import Any

import pytest

from .conftest import Sim, eventually, need

pytestmark = pytest.mark.steady

Client = Any


def mbpoll(*arguments: str) -> list[float]:
    """Values by mbpoll; its addresses are zero-based with -0."""
    command = [need("mbpoll"), "-1", "-q", "-0", "-B", "-o", "2", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return [float(value) for value in re.findall(r"^\[\d+\]:\s+(-?[\d.]+)", run.stdout, re.M)]


def tcp(sim: Sim, link: str, unit: int, *arguments: str) -> list[float]:
    host = [] if "-t" in arguments else ["-t", "4"]
    return mbpoll("-m", "tcp", "-p", str(sim.port(link)), "-a", str(unit), *host, *arguments, "127.0.0.1")


def refused(sim: Sim, link: str, unit: int, *arguments: str) -> str:
    command = [
        need("mbpoll"),
        "-1",
        "-q",
        "-0",
        "-m",
        "tcp",
        "-p",
        str(sim.port(link)),
        "-a",
        str(unit),
        "-o",
        "1",
        *arguments,
    ]
    run = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert run.returncode != 0
    return run.stdout + run.stderr


def write(sim: Sim, link: str, unit: int, address: int, *values: int) -> None:
    command = [
        need("mbpoll"),
        "-1",
        "-q",
        "-0",
        "-m",
        "tcp",
        "-p",
        str(sim.port(link)),
        "-a",
        str(unit),
        "-t",
        "4",
        "-r",
        str(address),
        "127.0.0.1",
        "--",
        *map(str, values),
    ]
    subprocess.run(command, capture_output=True, timeout=20, check=True)


def test_sdm630_over_tcp_shows_the_true_grid(sim: Sim) -> None:
    volts = tcp(sim, "meter_tcp", 1, "-t", "3:float", "-r", "0", "-c", "3")
    assert volts == pytest.approx(sim.devices()["grid"]["voltage_l"], abs=3)
    power = tcp(sim, "meter_tcp", 1, "-t", "3:float", "-r", "52", "-c", "1")[0]
    phases = tcp(sim, "meter_tcp", 1, "-t", "3:float", "-r", "12", "-c", "3")
    assert power == pytest.approx(sum(phases), abs=3000)
    imported, exported = tcp(sim, "meter_tcp", 1, "-t", "3:float", "-r", "72", "-c", "2")
    truth = sim.devices()["grid"]
    assert imported == pytest.approx(truth["import_wh"] / 1000, abs=0.1)
    assert exported == pytest.approx(truth["export_wh"] / 1000, abs=0.1)


@pytest.mark.parametrize("unit", [1, 2])
def test_two_sdm630_share_the_serial_bus(sim: Sim, unit: int) -> None:
    volts = mbpoll(
        "-m",
        "rtu",
        "-b",
        "9600",
        "-P",
        "none",
        "-a",
        str(unit),
        "-t",
        "3:float",
        "-r",
        "0",
        "-c",
        "3",
        sim.tty("meter_rtu"),
    )
    assert volts == pytest.approx(sim.devices()["grid"]["voltage_l"], abs=3)


def test_sdm630_refuses_more_than_eighty_registers(sim: Sim) -> None:
    assert "Illegal data value" in refused(sim, "meter_tcp", 1, "-t", "3", "-r", "0", "-c", "81", "127.0.0.1")
    assert "Illegal data address" in refused(sim, "meter_tcp", 1, "-t", "3", "-r", "900", "-c", "2", "127.0.0.1")


def test_keba_reads_one_value_and_takes_a_current(healthy: Sim) -> None:
    healthy.world(ev_present=True, ev_soc=40)
    write(healthy, "keba", 255, 5004, 8000)
    assert tcp(healthy, "keba", 255, "-t", "4:int", "-r", "1100", "-c", "1") == [8000]
    eventually(lambda: tcp(healthy, "keba", 255, "-t", "4:int", "-r", "1008", "-c", "1") == [8000])
    assert tcp(healthy, "keba", 255, "-t", "4:int", "-r", "1000", "-c", "1") == [3]
    assert healthy.devices()["keba"]["current_l"] == [8.0, 8.0, 8.0]
    assert "Illegal data address" in refused(healthy, "keba", 255, "-t", "4", "-r", "1008", "-c", "4", "127.0.0.1")
    write(healthy, "keba", 255, 5004, 16000)
    healthy.world(ev_present=None)


def test_keba_falls_to_its_failsafe_current_when_nobody_writes(healthy: Sim) -> None:
    write(healthy, "keba", 255, 5018, 1)
    assert not healthy.devices()["keba"]["failsafe"]
    eventually(lambda: healthy.devices()["keba"]["failsafe"], 3)
    assert tcp(healthy, "keba", 255, "-t", "4:int", "-r", "1100", "-c", "1") == [0]
    write(healthy, "keba", 255, 5018, 0)
    assert tcp(healthy, "keba", 255, "-t", "4:int", "-r", "1100", "-c", "1") == [16000]


def test_heidelberg_holds_its_limit_while_the_watchdog_is_fed(sim: Sim) -> None:
    write(sim, "heidelberg", 1, 261, 100, 60)
    write(sim, "heidelberg", 1, 257, 1000)
    assert tcp(sim, "heidelberg", 1, "-r", "261", "-c", "2") == [100, 60]
    assert tcp(sim, "heidelberg", 1, "-t", "3", "-r", "100", "-c", "2") == [16, 6]
    assert sim.devices()["heidelberg"]["current_limit"] == 10
    eventually(lambda: sim.devices()["heidelberg"]["current_limit"] == 6, 3)
    write(sim, "heidelberg", 1, 257, 0)
    assert sim.devices()["heidelberg"]["current_limit"] == 10


def test_isg_changes_its_sg_ready_state_by_the_two_inputs(sim: Sim) -> None:
    for boost, dim, state in ((0, 1, 1), (1, 0, 3), (1, 1, 4), (0, 0, 2)):
        write(sim, "heatpump", 1, 4001, boost)
        write(sim, "heatpump", 1, 4002, dim)
        assert tcp(sim, "heatpump", 1, "-t", "3", "-r", "5000", "-c", "1") == [state]
    tank = tcp(sim, "heatpump", 1, "-t", "3", "-r", "521", "-c", "1")[0]
    assert tank / 10 == pytest.approx(sim.devices()["heatpump"]["tank_c"], abs=0.2)
    assert tcp(sim, "heatpump", 1, "-t", "3", "-r", "600", "-c", "1") == [0x8000]


@pytest.fixture
def inverter(healthy: Sim) -> Client:
    client = pytest.importorskip("sunspec2.modbus.client")
    device = client.SunSpecModbusClientDeviceTCP(slave_id=1, ipaddr="127.0.0.1", ipport=healthy.port("inverter"))
    device.scan()
    yield device
    device.close()


def test_pysunspec_walks_the_whole_chain(inverter: Client, healthy: Sim) -> None:
    ids = [key for key in inverter.models if isinstance(key, int)]
    assert ids == [1, 103, 120, 121, 122, 123, 124, 160, 701, 702, 703, 704, 713, 714]
    for number in ids:
        inverter.models[number][0].read()
    truth = healthy.devices()["inverter"]
    assert inverter.models[103][0].W.cvalue == pytest.approx(truth["power"], abs=3000)
    assert inverter.models[701][0].W.cvalue == pytest.approx(inverter.models[103][0].W.cvalue, abs=3000)
    assert inverter.models[713][0].SoC.cvalue == pytest.approx(truth["soc"], abs=1)
    assert inverter.models[124][0].ChaState.cvalue == pytest.approx(truth["soc"], abs=1)
    assert len(inverter.models[160][0].module) == 4
    assert len(inverter.models[714][0].Prt) == 3
    assert inverter.models[103][0].WH.cvalue == pytest.approx(truth["energy_wh"], abs=50)


def test_model_704_sets_the_battery_power_until_it_reverts(inverter: Client, healthy: Sim) -> None:
    healthy.world(soc=50)
    control = inverter.models[704][0]
    control.WSetMod.value, control.WSet.cvalue, control.WSetRvrtTms.value, control.WSetEna.value = 1, -1500, 2, 1
    control.write()
    eventually(lambda: healthy.devices()["inverter"]["battery_power"] == pytest.approx(-1500))
    eventually(lambda: not healthy.devices()["inverter"]["remote"], 4)
    control.read()
    assert control.WSetEna.value == 0


def test_model_124_forces_a_charge_with_a_negative_discharge_rate(inverter: Client, healthy: Sim) -> None:
    healthy.world(soc=50, irradiance=0)
    control = inverter.models[124][0]
    control.OutWRte.cvalue, control.StorCtl_Mod.value = -40, 2
    control.write()
    eventually(lambda: healthy.devices()["inverter"]["battery_power"] == pytest.approx(-2000))
    control.StorCtl_Mod.value, control.OutWRte.cvalue = 0, 100
    control.write()
    healthy.world(irradiance=None)


@pytest.mark.parametrize(
    "model, percent, enable", [(123, "WMaxLimPct", "WMaxLim_Ena"), (704, "WMaxLimPct", "WMaxLimPctEna")]
)
def test_power_limits_curtail(inverter: Client, healthy: Sim, model: int, percent: str, enable: str) -> None:
    healthy.world(soc=100, irradiance=800, load_w=9000)
    control = inverter.models[model][0]
    getattr(control, percent).cvalue = 20
    getattr(control, enable).value = 1
    control.write()
    eventually(lambda: 1900 < healthy.devices()["inverter"]["power"] < 2001)
    getattr(control, enable).value = 0
    control.write()
    healthy.world(irradiance=None, load_w=None, soc=55)


def test_writing_what_cannot_be_written_is_refused(healthy: Sim) -> None:
    with socket.create_connection(("127.0.0.1", healthy.port("inverter")), 3) as wire:
        answer = request(wire, 1, struct.pack(">BHHBH", 16, 40_002, 1, 2, 5))
    assert answer == bytes((0x90, 2))


def request(wire: socket.socket, unit: int, pdu: bytes) -> bytes:
    wire.sendall(struct.pack(">HHHB", 7, 0, len(pdu) + 1, unit) + pdu)
    header = wire.recv(7, socket.MSG_WAITALL)
    return wire.recv(struct.unpack(">H", header[4:6])[0] - 1, socket.MSG_WAITALL)


READ_VOLTS = struct.pack(">BHH", 4, 0, 6)


def test_silent_takes_requests_and_never_answers(healthy: Sim) -> None:
    healthy.fault("grid", "silent")
    with socket.create_connection(("127.0.0.1", healthy.port("meter_tcp")), 1) as wire:
        wire.settimeout(0.6)
        with pytest.raises(TimeoutError):
            request(wire, 1, READ_VOLTS)
        healthy.fault("grid", "none")
        wire.settimeout(3)
        assert request(wire, 1, READ_VOLTS)[0] == 4


def test_slow_answers_after_seven_tenths_and_a_fault_ends_by_itself(healthy: Sim) -> None:
    healthy.fault("grid", "slow", for_s=0.5)
    with socket.create_connection(("127.0.0.1", healthy.port("meter_tcp")), 3) as wire:
        begun = time.monotonic()
        request(wire, 1, READ_VOLTS)
        assert 0.65 < time.monotonic() - begun < 1.5
        begun = time.monotonic()
        request(wire, 1, READ_VOLTS)
        assert time.monotonic() - begun < 0.3


def test_refuse_answers_with_an_exception(healthy: Sim) -> None:
    healthy.fault("grid", "refuse")
    healthy.fault("keba", "refuse")
    with socket.create_connection(("127.0.0.1", healthy.port("meter_tcp")), 3) as wire:
        assert request(wire, 1, READ_VOLTS) == bytes((0x84, 4))
    with socket.create_connection(("127.0.0.1", healthy.port("keba")), 3) as wire:
        assert request(wire, 255, struct.pack(">BHH", 6, 5004, 9000)) == bytes((0x86, 4))
        assert request(wire, 255, struct.pack(">BHH", 3, 1100, 2)) == bytes((3, 4, 0, 0)) + struct.pack(">H", 16000)


def test_ignore_accepts_and_keeps_the_old_value(healthy: Sim) -> None:
    healthy.fault("keba", "ignore")
    pdu = struct.pack(">BHH", 6, 5004, 9000)
    writes = healthy.devices()["keba"]["writes"]
    with socket.create_connection(("127.0.0.1", healthy.port("keba")), 3) as wire:
        assert request(wire, 255, pdu) == pdu
    keba = healthy.devices()["keba"]
    assert (keba["current_limit"], keba["writes"], keba["fault"]) == (16, writes, "ignore")


def test_garbage_is_not_modbus(healthy: Sim) -> None:
    healthy.fault("keba", "garbage")
    with socket.create_connection(("127.0.0.1", healthy.port("keba")), 3) as wire:
        wire.sendall(struct.pack(">HHHBBHH", 7, 0, 6, 255, 3, 1100, 2))
        assert wire.recv(13) != struct.pack(">HHHBBBI", 7, 0, 7, 255, 3, 4, 16000)


def test_drop_closes_and_refuses_and_comes_back_on_the_same_port(healthy: Sim) -> None:
    port = healthy.port("meter_tcp")
    with socket.create_connection(("127.0.0.1", port), 3) as wire:
        healthy.fault("grid", "drop")
        wire.settimeout(2)
        with pytest.raises(ConnectionError):
            if wire.recv(1) == b"":
                raise ConnectionResetError
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 1)
    eventually(lambda: not _exists(healthy.tty("meter_rtu")))
    healthy.fault("grid", "none")
    eventually(lambda: _connects(port))
    eventually(lambda: _exists(healthy.tty("meter_rtu")))
    assert (
        len(
            mbpoll(
                "-m",
                "rtu",
                "-b",
                "9600",
                "-P",
                "none",
                "-a",
                "1",
                "-t",
                "3:float",
                "-r",
                "0",
                "-c",
                "1",
                healthy.tty("meter_rtu"),
            )
        )
        == 1
    )


def test_stuck_freezes_what_is_measured(healthy: Sim) -> None:
    healthy.fault("grid", "stuck")
    before = tcp(healthy, "meter_tcp", 1, "-t", "3:float", "-r", "0", "-c", "3")
    time.sleep(1.3)
    assert tcp(healthy, "meter_tcp", 1, "-t", "3:float", "-r", "0", "-c", "3") == before


def test_a_silent_meter_on_the_serial_bus_leaves_the_other_alone(healthy: Sim) -> None:
    healthy.fault("heatpump_meter", "silent")
    serial = ["-m", "rtu", "-b", "9600", "-P", "none", "-t", "3:float", "-r", "0", "-c", "1", healthy.tty("meter_rtu")]
    with pytest.raises(AssertionError):
        mbpoll("-a", "2", *serial)
    assert len(mbpoll("-a", "1", *serial)) == 1


def _exists(path: str) -> bool:
    try:
        open(path, "rb", buffering=0).close()
    except FileNotFoundError:
        return False
    return True


def _connects(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except ConnectionRefusedError:
        return False
    return True
