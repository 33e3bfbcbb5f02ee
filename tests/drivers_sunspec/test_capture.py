"""Captures of SunSpec devices: registers made by pysunspec2, files of others, and what is no device."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from drivers.sunspec.capture import decode
from drivers.sunspec.chain import MARK
from tests.codec_fuzz import run
from tests.drivers_sunspec.kit import encoded, encoded_file

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
MAPS = sorted((VECTORS / "sunspec-device-maps").glob("*.json"))
MODELS = sorted((VECTORS / "sunspec-models").glob("model_*.json"))
needs_vectors = pytest.mark.skipif(not MAPS, reason=f"no vectors at {VECTORS}")


def registers(*models: Mapping[str, Any]) -> bytes:
    """A device's registers from the mark on, encoded by pysunspec2."""
    words = [*MARK, *(word for model in encoded(models) for word in model), 0xFFFF, 0]
    return struct.pack(f">{len(words)}H", *words)


COMMON = {"ID": 1, "Mn": "ACME", "Md": "Hybrid 8", "Vr": "1.2", "SN": "0815"}


def inverter(watts: int, exponent: int = 1) -> dict[str, Any]:
    """`watts` is the raw number."""
    said = {"W": watts, "W_SF": exponent, "PhVphA": 2301, "V_SF": -1, "WH": 12_345_678, "WH_SF": 0, "St": 4}
    return {"ID": 103, **said}


def meter(watts: int) -> dict[str, Any]:
    return {"ID": 203, "W": watts, "W_SF": 0, "TotWhImp": 5_000, "TotWh_SF": 3}


def test_registers_as_pysunspec2_encodes_them() -> None:
    (heard,) = decode(registers(COMMON, inverter(512), meter(-1200), meter(300))).messages
    assert heard.device == {"vendor": "ACME", "model": "Hybrid 8", "serial": "0815", "firmware": "1.2"}
    assert heard.points["inverter.power"] == 5120 and heard.points["inverter.voltage_l1"] == 230.1
    assert heard.points["inverter.energy"] == 12_345_678 and heard.points["inverter.status"] == "running"
    assert heard.points["grid.power"] == -1200 and heard.points["grid.energy_import"] == 5_000_000
    assert heard.points["meter.power"] == 300
    said = {r.code: (r.value, r.unit) for r in heard.readings}
    assert said["103.W"] == (5120, "W") and said["103.PhVphA"] == (230.1, "V") and said["1.Mn"] == ("ACME", "")


def test_a_meter_of_a_maker_that_counts_export_is_turned_in_a_capture_too() -> None:
    (heard,) = decode(registers({**COMMON, "Mn": "SolarEdge"}, inverter(512), meter(-1200), meter(300))).messages
    assert (heard.points["grid.power"], heard.points["meter.power"]) == (1200, -300)
    assert heard.points["inverter.power"] == 5120 and heard.points["grid.energy_import"] == 5_000_000


FORMS = ["hexadecimal", "spaced", "image", "after noise", "0x", "decimals", "columns", "list", "by address"]


@pytest.mark.parametrize("form", FORMS)
def test_the_same_registers_in_other_forms(form: str) -> None:
    data = registers(COMMON, inverter(512))
    words = [data[n : n + 2].hex() for n in range(0, len(data), 2)]
    numbers = [int(word, 16) for word in words]
    told = {
        "0x": ", ".join(f"0x{word}" for word in words).encode(),
        "decimals": "\n".join(map(str, numbers)).encode(),
        "columns": "\n".join(f"{40_000 + n},{word}" for n, word in enumerate(numbers)).encode(),
        "list": json.dumps(numbers).encode(),
        "by address": json.dumps({"registers": {str(40_000 + n): w for n, w in enumerate(numbers)}}).encode(),
        "hexadecimal": data.hex().encode(),
        "spaced": " ".join(words).encode(),
        "image": f'[holding]\n40000 = "{" ".join(words)}"\n'.encode(),
        "after noise": b"\x00\x01" + data,
    }[form]
    assert decode(told).messages[0].points == decode(data).messages[0].points


@pytest.mark.parametrize("told", [{"models": {"103": {"W": 5, "W_SF": 2}}}, {"ID": 103, "W": 5, "W_SF": 2}])
def test_models_by_their_number_and_one_alone(told: dict[str, Any]) -> None:
    (heard,) = decode(json.dumps(told).encode()).messages
    assert heard.points == {"inverter.power": 500}, "and it is no battery"


def test_what_a_file_marks_as_not_there_is_no_number() -> None:
    modules = [{"DCW": 65535}, {"DCW": 900}]
    (heard,) = decode(json.dumps([{"ID": 160, "DCW_SF": 0, "module": modules}]).encode()).messages
    assert [r.value for r in heard.readings if r.code.endswith("DCW")] == [900]


def test_a_cut_capture_keeps_what_is_whole_and_says_so() -> None:
    data = registers(COMMON, inverter(512), meter(1))
    (heard,) = decode(data[:400]).messages
    assert heard.points["inverter.power"] == 5120
    assert any("model 203: cut after" in p for p in heard.problems)


def test_a_value_that_cannot_be_is_a_problem() -> None:
    (heard,) = decode(registers(COMMON, inverter(30_000, 3))).messages
    assert "inverter.power" not in heard.points
    assert "inverter.power: 3e+07 W cannot be" in heard.problems


@needs_vectors
@pytest.mark.parametrize("path", MAPS, ids=lambda p: p.stem)
def test_devices_of_others_decode(path: Path) -> None:
    (heard,) = decode(path.read_bytes()).messages
    assert heard.device["vendor"] == "SunSpecTest" and heard.device["serial"] == "sn-123456789"
    assert len(heard.readings) > 15


@needs_vectors
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_with_the_mark_of_its_encoding(encoding: str) -> None:
    data = (VECTORS / "sunspec-device-maps" / "cjne_inverter.json").read_bytes()
    assert decode(data.decode().encode(encoding)) == decode(data)


@needs_vectors
def test_points_of_a_device_of_others() -> None:
    """Model 701 of this file: W 9800 x 10^0, WL3 3500, Hz 60010 x 10^-3, TotWhInj 150 x 10^3; 160: 900 + 920 W."""
    (heard,) = decode((VECTORS / "sunspec-device-maps" / "cjne_inverter.json").read_bytes()).messages
    wanted = {"power": 9800, "power_l3": 3500, "frequency": 60.01, "energy": 150_000, "pv_power": 1820}
    assert {k: heard.points[f"inverter.{k}"] for k in wanted} == wanted


@needs_vectors
def test_curves_and_trip_settings_of_a_device_of_others() -> None:
    """Read off the file: 705 has V_SF -2, 707 V_SF -2 and Tms_SF 0, 304 has its scale in the model, 704 a group."""
    (heard,) = decode((VECTORS / "sunspec-device-maps" / "cjne_inverter.json").read_bytes()).messages
    said = {r.code: (r.value, r.unit) for r in heard.readings}
    assert said["705.Crv[2].Pt[4].V"] == (106, "%") and said["705.Crv[2].Pt[4].Var"][0] == -40
    assert said["705.Ena.symbol"] == ("ENABLED", "")
    assert said["707.Crv[1].MustTrip.Pt[1].V"] == (50, "%") and said["707.Crv[1].MustTrip.Pt[1].Tms"] == (5, "s")
    assert said["304.incl[3].Inclz"] == (52, "deg") and said["704.PFWInj.PF"][0] == 0.95
    assert said["701.W"][0] == 9800 and said["701[2].W"][0] == 9700
    assert not [problem for problem in heard.problems if "not read" in problem]
    assert "model 704: no points of it: WMaxLimEna, WMaxLim, WMaxLim_SF" in heard.problems


@needs_vectors
@pytest.mark.parametrize("path", MAPS, ids=lambda p: p.stem)
def test_the_same_device_as_registers_and_as_a_file_says_the_same(path: Path) -> None:
    (told,) = decode(path.read_bytes()).messages
    words = [*MARK, *(word for model in encoded_file(path) for word in model), 0xFFFF, 0]
    (heard,) = decode(struct.pack(f">{len(words)}H", *words)).messages
    there = {r.code: r.value for r in heard.readings}
    missing = {r.code: r.value for r in told.readings if there.get(r.code) != r.value}
    assert {code for code, value in missing.items() if value != 0} <= {"1.L"}, "an accumulator at 0 says nothing"


@needs_vectors
def test_a_scale_factor_that_is_missing_is_named() -> None:
    (heard,) = decode((VECTORS / "sunspec-device-maps" / "hilman2_inverter_writecontrols.json").read_bytes()).messages
    assert "model 160: DCW_SF is not there; its points are taken as they stand" in heard.problems


@needs_vectors
@pytest.mark.parametrize("path", [*MODELS, *(VECTORS / "sunspec-device-maps").glob("*.csv")], ids=lambda p: p.stem)
def test_a_definition_is_no_device(path: Path) -> None:
    capture = decode(path.read_bytes())
    assert not capture.messages
    assert "definition" in capture.rejected[0].reason or "no SunSpec device" in capture.rejected[0].reason


def test_no_mutant_raises() -> None:
    points = {"models": [{"ID": 1, "Mn": "A"}, {"ID": 160, "N": 1, "DCW_SF": 0, "module": [{"DCW": 900}]}]}
    curve = {"ActPt": 2, "Pt": [{"V": 9200, "Var": 3000}, {"V": 9670, "Var": 0}]}
    seeds = [
        registers(COMMON, inverter(512), meter(-1200)),
        registers({"ID": 705, "NPt": 2, "NCrv": 2, "V_SF": -2, "DeptRef_SF": -2, "Crv": [curve, curve]}),
        json.dumps(points).encode(),
        registers(meter(1)).hex().encode(),
    ]
    run(decode, seeds, 4000)


MBMAP = """<?xml version="1.0"?>
<mbmap addr="40000">
  <regs type="string" len="2">SunS</regs> <!-- <regs type="u16">9</regs> -->
  <regs type="u16">1</regs><regs type="u16">66</regs>
  <regs type="string" len="16">A &amp; B</regs>
  <regs offset="20" type="string" len="16">Hybrid 8</regs>
  <regs len="16"/>
  <regs offset="52" type="string" len="16">0815</regs><regs type="u16">0x1</regs><regs>0000</regs>
  <regs offset="70" type="u16">103</regs><regs type="u16">50</regs>
  <regs len="12"> </regs><regs type="s16">-512</regs><regs type="s16">1</regs>
  <regs offset="122" type="u16">0xffff</regs><regs type="u16">0</regs>
</mbmap>
"""


def test_a_register_map_of_pysunspec_1() -> None:
    (heard,) = decode(MBMAP.encode()).messages
    assert heard.device == {"vendor": "A & B", "model": "Hybrid 8", "serial": "0815", "firmware": ""}
    assert heard.points["inverter.power"] == -5120


@pytest.mark.parametrize(
    "wrong",
    ['type="u16">66666<', 'type="u99">1<', 'type="f32">x<', 'type="u16" offset="99999">1<', 'len="99999">00<', ">zz<"],
)
def test_a_register_map_that_cannot_be(wrong: str) -> None:
    capture = decode(MBMAP.replace("</mbmap>", f"<regs {wrong}/regs></mbmap>").encode())
    assert not capture.messages and capture.rejected


def test_the_mark_in_a_text_is_no_device() -> None:
    capture = decode(b"<pics>SunSpec conformance, and more text behind</pics>" * 3)
    assert not capture.messages and "no model" in capture.rejected[0].reason


def test_bytes_in_hexadecimal_with_remarks() -> None:
    data = registers(COMMON, inverter(512))
    text = "# read with a tool\n" + data[:40].hex(" ") + "\n# the rest\n" + data[40:].hex(" ")
    assert decode(text.encode()) == decode(data)
