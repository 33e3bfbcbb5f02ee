"""Measured values of the SunSpec inverter by model, in plain units (W, V, A, Hz, Wh, degC, %); AC + = production."""

import math

from ..physics.state import InverterState, Snapshot

Values = dict[str, float | str]
RATED_W, RATED_WH, RATED_CHARGE_W = 10_000, 10_000, 5_000

SCALES: dict[int, dict[str, int]] = {
    103: {
        "A_SF": -2,
        "V_SF": -1,
        "W_SF": 0,
        "Hz_SF": -2,
        "VA_SF": 0,
        "VAr_SF": 0,
        "PF_SF": -2,
        "WH_SF": 0,
        "DCA_SF": -2,
        "DCV_SF": -1,
        "DCW_SF": 0,
        "Tmp_SF": -1,
    },
    120: {
        "WRtg_SF": 1,
        "VARtg_SF": 1,
        "VArRtg_SF": 1,
        "ARtg_SF": -1,
        "PFRtg_SF": -2,
        "WHRtg_SF": 0,
        "AhrRtg_SF": 0,
        "MaxChaRte_SF": 0,
        "MaxDisChaRte_SF": 0,
    },
    121: {"WMax_SF": 1, "VRef_SF": 0, "VRefOfs_SF": 0, "VMinMax_SF": 0, "VAMax_SF": 1},
    122: {"WAval_SF": 0},
    123: {"WMaxLimPct_SF": -2, "OutPFSet_SF": -3, "VArPct_SF": -1},
    124: {
        "WChaMax_SF": 0,
        "WChaDisChaGra_SF": 0,
        "MinRsvPct_SF": -2,
        "ChaState_SF": -2,
        "StorAval_SF": 0,
        "InBatV_SF": -1,
        "InOutWRte_SF": -2,
    },
    160: {"DCA_SF": -2, "DCV_SF": -1, "DCW_SF": 0, "DCWH_SF": 0},
    701: {
        "A_SF": -1,
        "V_SF": -1,
        "Hz_SF": -3,
        "W_SF": 0,
        "PF_SF": -3,
        "VA_SF": 0,
        "Var_SF": 0,
        "TotWh_SF": 0,
        "Tmp_SF": -1,
    },
    702: {"W_SF": 0, "PF_SF": -3, "VA_SF": 0, "Var_SF": 0, "V_SF": 0, "A_SF": -1},
    703: {"V_SF": -1, "Hz_SF": -2},
    704: {"PF_SF": -3, "WMaxLimPct_SF": -1, "WSet_SF": 0, "WSetPct_SF": -1, "VarSet_SF": 0, "VarSetPct_SF": -1},
    713: {"WH_SF": 0, "Pct_SF": -1},
    714: {"DCA_SF": -2, "DCV_SF": -1, "DCW_SF": 0, "DCWH_SF": 0, "Tmp_SF": -1},
}

NAMEPLATE: dict[int, Values] = {
    1: {"Mn": "Fluxwerk", "Md": "Hybrid 10.0", "Opt": "", "Vr": "1.4.2", "SN": "FW10-0042-2231"},
    120: {
        "DERTyp": 82,
        "WRtg": RATED_W,
        "VARtg": RATED_W,
        "VArRtgQ1": 6000,
        "VArRtgQ4": -6000,
        "ARtg": 14.5,
        "PFRtgQ1": 0.8,
        "PFRtgQ4": -0.8,
        "WHRtg": RATED_WH,
        "MaxChaRte": RATED_CHARGE_W,
        "MaxDisChaRte": RATED_CHARGE_W,
    },
    702: {
        "WMaxRtg": RATED_W,
        "VAMaxRtg": RATED_W,
        "VarMaxInjRtg": 6000,
        "VarMaxAbsRtg": 6000,
        "WChaRteMaxRtg": RATED_CHARGE_W,
        "WDisChaRteMaxRtg": RATED_CHARGE_W,
        "VAChaRteMaxRtg": RATED_CHARGE_W,
        "VADisChaRteMaxRtg": RATED_CHARGE_W,
        "VNomRtg": 230,
        "VMaxRtg": 264,
        "VMinRtg": 184,
        "AMaxRtg": 14.5,
        "CtrlModes": 0b11,
    },
}


def measured(model: int, house: Snapshot) -> Values:
    """What the model's read-only points show now; points that are not there are not implemented."""
    maker = _MEASURED.get(model)
    return NAMEPLATE.get(model, {}) | (maker(house) if maker else {})


def _currents(house: Snapshot) -> tuple[float, ...]:
    return tuple(abs(house.inverter.ac_w) / 3 / volt for volt in house.grid.voltage)


def _model_103(house: Snapshot) -> Values:
    unit, volt, amps = house.inverter, house.grid.voltage, _currents(house)
    direct = sum(unit.pv_w) + unit.battery_w
    values: Values = {
        "A": sum(amps),
        "AphA": amps[0],
        "AphB": amps[1],
        "AphC": amps[2],
        "W": unit.ac_w,
        "Hz": house.grid.frequency,
        "PhVphA": volt[0],
        "PhVphB": volt[1],
        "PhVphC": volt[2],
        "PPVphAB": _between(volt[0], volt[1]),
        "PPVphBC": _between(volt[1], volt[2]),
        "PPVphCA": _between(volt[2], volt[0]),
        "VA": abs(unit.ac_w),
        "VAr": 0,
        "PF": math.copysign(100, unit.ac_w) / 100,
        "WH": unit.injected_wh,
        "DCW": direct,
        "TmpCab": unit.temperature,
        "St": _state_103(unit),
        "Evt1": 0,
        "Evt2": 0,
    }
    return values


def _between(one: float, other: float) -> float:
    """Voltage between two phases 120 degrees apart."""
    return math.sqrt(one * one + other * other + one * other)


def _state_103(unit: InverterState) -> int:
    """4 MPPT, 5 throttled, 8 standby."""
    if unit.curtailed:
        return 5
    return 4 if sum(unit.pv_w) > 5 or abs(unit.battery_w) > 5 else 8


def _model_122(house: Snapshot) -> Values:
    unit = house.inverter
    return {
        "PVConn": 7 if sum(unit.pv_w) > 5 else 3,
        "StorConn": 7,
        "ECPConn": 1,
        "ActWh": unit.injected_wh,
        "WAval": sum(unit.pv_w),
        "StActCtl": 0,
    }


def _model_124(house: Snapshot) -> Values:
    unit = house.inverter
    return {
        "ChaState": unit.soc,
        "StorAval": unit.capacity_wh * max(unit.soc - 5, 0) / 100,
        "InBatV": unit.battery_v,
        "ChaSt": _charge_state(unit),
    }


def _charge_state(unit: InverterState) -> int:
    """2 empty, 3 discharging, 4 charging, 5 full, 6 holding."""
    if abs(unit.battery_w) > 5:
        return 3 if unit.battery_w > 0 else 4
    return 5 if unit.soc > 98 else 2 if unit.soc < 6 else 6


def _model_160(house: Snapshot) -> Values:
    unit = house.inverter
    values: Values = {"Evt": 0, "N": 4}
    modules = (
        ("PV 1", unit.pv_w[0], unit.pv_v[0], unit.pv_wh[0]),
        ("PV 2", unit.pv_w[1], unit.pv_v[1], unit.pv_wh[1]),
        ("StCha", max(-unit.battery_w, 0), unit.battery_v, unit.charged_wh),
        ("StDisCha", max(unit.battery_w, 0), unit.battery_v, unit.discharged_wh),
    )
    for index, (name, watts, volts, energy) in enumerate(modules, 1):
        values |= {
            f"{index}.ID": index,
            f"{index}.IDStr": name,
            f"{index}.DCW": watts,
            f"{index}.DCV": volts,
            f"{index}.DCA": watts / volts if volts else 0,
            f"{index}.DCWH": energy,
            f"{index}.DCSt": 4,
            f"{index}.DCEvt": 0,
        }
    return values


def _model_701(house: Snapshot) -> Values:
    unit, volt, amps = house.inverter, house.grid.voltage, _currents(house)
    values: Values = {
        "ACType": 2,
        "St": 1,
        "InvSt": 4 if unit.curtailed else 3,
        "ConnSt": 1,
        "Alrm": 0,
        "DERMode": 0b101 if unit.curtailed else 1,
        "W": unit.ac_w,
        "VA": abs(unit.ac_w),
        "Var": 0,
        "PF": 1,
        "A": math.copysign(sum(amps), unit.ac_w),
        "LNV": sum(volt) / 3,
        "LLV": sum(volt) / 3 * math.sqrt(3),
        "Hz": house.grid.frequency,
        "TotWhInj": unit.injected_wh,
        "TotWhAbs": unit.absorbed_wh,
        "TmpCab": unit.temperature,
    }
    for phase in (1, 2, 3):
        amp = math.copysign(amps[phase - 1], unit.ac_w)
        values |= {
            f"WL{phase}": unit.ac_w / 3,
            f"VAL{phase}": abs(unit.ac_w) / 3,
            f"AL{phase}": amp,
            f"VL{phase}": volt[phase - 1],
            f"PFL{phase}": 1,
            f"VarL{phase}": 0,
        }
    return values


def _model_713(house: Snapshot) -> Values:
    unit = house.inverter
    return {
        "WHRtg": unit.capacity_wh,
        "WHAvail": unit.capacity_wh * unit.soc / 100,
        "SoC": unit.soc,
        "SoH": 98.5,
        "Sta": 0,
    }


def _model_714(house: Snapshot) -> Values:
    """Ports: two strings (type 0) and the battery (type 1, + = discharge, into the inverter)."""
    unit = house.inverter
    ports = (
        (0, "PV 1", unit.pv_w[0], unit.pv_v[0], unit.pv_wh[0], 0.0),
        (0, "PV 2", unit.pv_w[1], unit.pv_v[1], unit.pv_wh[1], 0.0),
        (1, "Battery", unit.battery_w, unit.battery_v, unit.discharged_wh, unit.charged_wh),
    )
    values: Values = {"PrtAlrms": 0, "NPrt": 3, "DCW": sum(unit.pv_w) + unit.battery_w}
    for index, (kind, name, watts, volts, given, taken) in enumerate(ports, 1):
        values |= {
            f"{index}.PrtTyp": kind,
            f"{index}.ID": index,
            f"{index}.IDStr": name,
            f"{index}.DCW": watts,
            f"{index}.DCV": volts,
            f"{index}.DCA": watts / volts if volts else 0,
            f"{index}.DCWhInj": given,
            f"{index}.DCWhAbs": taken,
            f"{index}.DCSta": 1,
            f"{index}.DCAlrm": 0,
        }
    return values


_MEASURED = {
    103: _model_103,
    122: _model_122,
    124: _model_124,
    160: _model_160,
    701: _model_701,
    713: _model_713,
    714: _model_714,
}
