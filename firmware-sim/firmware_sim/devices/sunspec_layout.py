"""The SunSpec models of the inverter as tables, after the published SunSpec information models.

A word is `name:type[~scale factor][!]`. Types, in registers of 16 bits: u, u2, u4 unsigned; i, i2 signed; b2 bits;
a2, a4 counters; f scale factor; sN a text of N registers; p padding. `!` can be written. ID and length come before.
"""

from dataclasses import dataclass

_M1 = """
    Mn:s16 Md:s16 Opt:s8 Vr:s8 SN:s16 DA:u! Pad:p
"""
_M103 = """
    A:u~A_SF AphA:u~A_SF AphB:u~A_SF AphC:u~A_SF A_SF:f PPVphAB:u~V_SF PPVphBC:u~V_SF PPVphCA:u~V_SF PhVphA:u~V_SF
    PhVphB:u~V_SF PhVphC:u~V_SF V_SF:f W:i~W_SF W_SF:f Hz:u~Hz_SF Hz_SF:f VA:i~VA_SF VA_SF:f VAr:i~VAr_SF VAr_SF:f
    PF:i~PF_SF PF_SF:f WH:a2~WH_SF WH_SF:f DCA:u~DCA_SF DCA_SF:f DCV:u~DCV_SF DCV_SF:f DCW:i~DCW_SF DCW_SF:f
    TmpCab:i~Tmp_SF TmpSnk:i~Tmp_SF TmpTrns:i~Tmp_SF TmpOt:i~Tmp_SF Tmp_SF:f St:u StVnd:u Evt1:b2 Evt2:b2 EvtVnd1:b2
    EvtVnd2:b2 EvtVnd3:b2 EvtVnd4:b2
"""
_M120 = """
    DERTyp:u WRtg:u~WRtg_SF WRtg_SF:f VARtg:u~VARtg_SF VARtg_SF:f VArRtgQ1:i~VArRtg_SF VArRtgQ2:i~VArRtg_SF
    VArRtgQ3:i~VArRtg_SF VArRtgQ4:i~VArRtg_SF VArRtg_SF:f ARtg:u~ARtg_SF ARtg_SF:f PFRtgQ1:i~PFRtg_SF
    PFRtgQ2:i~PFRtg_SF PFRtgQ3:i~PFRtg_SF PFRtgQ4:i~PFRtg_SF PFRtg_SF:f WHRtg:u~WHRtg_SF WHRtg_SF:f
    AhrRtg:u~AhrRtg_SF AhrRtg_SF:f MaxChaRte:u~MaxChaRte_SF MaxChaRte_SF:f MaxDisChaRte:u~MaxDisChaRte_SF
    MaxDisChaRte_SF:f Pad:p
"""
_M121 = """
    WMax:u~WMax_SF! VRef:u~VRef_SF! VRefOfs:i~VRefOfs_SF! VMax:u~VMinMax_SF! VMin:u~VMinMax_SF! VAMax:u~VAMax_SF!
    VArMaxQ1:i~VArMax_SF! VArMaxQ2:i~VArMax_SF! VArMaxQ3:i~VArMax_SF! VArMaxQ4:i~VArMax_SF! WGra:u~WGra_SF!
    PFMinQ1:i~PFMin_SF! PFMinQ2:i~PFMin_SF! PFMinQ3:i~PFMin_SF! PFMinQ4:i~PFMin_SF! VArAct:u! ClcTotVA:u!
    MaxRmpRte:u~MaxRmpRte_SF! ECPNomHz:u~ECPNomHz_SF! ConnPh:u! WMax_SF:f VRef_SF:f VRefOfs_SF:f VMinMax_SF:f
    VAMax_SF:f VArMax_SF:f WGra_SF:f PFMin_SF:f MaxRmpRte_SF:f ECPNomHz_SF:f
"""
_M122 = """
    PVConn:u StorConn:u ECPConn:u ActWh:a4 ActVAh:a4 ActVArhQ1:a4 ActVArhQ2:a4 ActVArhQ3:a4 ActVArhQ4:a4
    VArAval:i~VArAval_SF VArAval_SF:f WAval:u~WAval_SF WAval_SF:f StSetLimMsk:b2 StActCtl:b2 TmSrc:s4 Tms:u2 RtSt:u
    Ris:u~Ris_SF Ris_SF:f
"""
_M123 = """
    Conn_WinTms:u! Conn_RvrtTms:u! Conn:u! WMaxLimPct:u~WMaxLimPct_SF! WMaxLimPct_WinTms:u! WMaxLimPct_RvrtTms:u!
    WMaxLimPct_RmpTms:u! WMaxLim_Ena:u! OutPFSet:i~OutPFSet_SF! OutPFSet_WinTms:u! OutPFSet_RvrtTms:u!
    OutPFSet_RmpTms:u! OutPFSet_Ena:u! VArWMaxPct:i~VArPct_SF! VArMaxPct:i~VArPct_SF! VArAvalPct:i~VArPct_SF!
    VArPct_WinTms:u! VArPct_RvrtTms:u! VArPct_RmpTms:u! VArPct_Mod:u! VArPct_Ena:u! WMaxLimPct_SF:f OutPFSet_SF:f
    VArPct_SF:f
"""
_M124 = """
    WChaMax:u~WChaMax_SF! WChaGra:u~WChaDisChaGra_SF! WDisChaGra:u~WChaDisChaGra_SF! StorCtl_Mod:u!
    VAChaMax:u~VAChaMax_SF! MinRsvPct:u~MinRsvPct_SF! ChaState:u~ChaState_SF StorAval:u~StorAval_SF
    InBatV:u~InBatV_SF ChaSt:u OutWRte:i~InOutWRte_SF! InWRte:i~InOutWRte_SF! InOutWRte_WinTms:u!
    InOutWRte_RvrtTms:u! InOutWRte_RmpTms:u! ChaGriSet:u! WChaMax_SF:f WChaDisChaGra_SF:f VAChaMax_SF:f
    MinRsvPct_SF:f ChaState_SF:f StorAval_SF:f InBatV_SF:f InOutWRte_SF:f
"""
_M160 = """
    DCA_SF:f DCV_SF:f DCW_SF:f DCWH_SF:f Evt:b2 N:u TmsPer:u
"""
_M160_PART = """
    ID:u IDStr:s8 DCA:u~DCA_SF DCV:u~DCV_SF DCW:u~DCW_SF DCWH:a2~DCWH_SF Tms:u2 Tmp:i DCSt:u DCEvt:b2
"""
_M701 = """
    ACType:u St:u InvSt:u ConnSt:u Alrm:b2 DERMode:b2 W:i~W_SF VA:i~VA_SF Var:i~Var_SF PF:i~PF_SF A:i~A_SF
    LLV:u~V_SF LNV:u~V_SF Hz:u2~Hz_SF TotWhInj:u4~TotWh_SF TotWhAbs:u4~TotWh_SF TotVarhInj:u4~TotVarh_SF
    TotVarhAbs:u4~TotVarh_SF TmpAmb:i~Tmp_SF TmpCab:i~Tmp_SF TmpSnk:i~Tmp_SF TmpTrns:i~Tmp_SF TmpSw:i~Tmp_SF
    TmpOt:i~Tmp_SF WL1:i~W_SF VAL1:i~VA_SF VarL1:i~Var_SF PFL1:i~PF_SF AL1:i~A_SF VL1L2:u~V_SF VL1:u~V_SF
    TotWhInjL1:u4~TotWh_SF TotWhAbsL1:u4~TotWh_SF TotVarhInjL1:u4~TotVarh_SF TotVarhAbsL1:u4~TotVarh_SF WL2:i~W_SF
    VAL2:i~VA_SF VarL2:i~Var_SF PFL2:i~PF_SF AL2:i~A_SF VL2L3:u~V_SF VL2:u~V_SF TotWhInjL2:u4~TotWh_SF
    TotWhAbsL2:u4~TotWh_SF TotVarhInjL2:u4~TotVarh_SF TotVarhAbsL2:u4~TotVarh_SF WL3:i~W_SF VAL3:i~VA_SF
    VarL3:i~Var_SF PFL3:i~PF_SF AL3:i~A_SF VL3L1:u~V_SF VL3:u~V_SF TotWhInjL3:u4~TotWh_SF TotWhAbsL3:u4~TotWh_SF
    TotVarhInjL3:u4~TotVarh_SF TotVarhAbsL3:u4~TotVarh_SF ThrotPct:u ThrotSrc:b2 A_SF:f V_SF:f Hz_SF:f W_SF:f
    PF_SF:f VA_SF:f Var_SF:f TotWh_SF:f TotVarh_SF:f Tmp_SF:f MnAlrmInfo:s32
"""
_M702 = """
    WMaxRtg:u~W_SF WOvrExtRtg:u~W_SF WOvrExtRtgPF:u~PF_SF WUndExtRtg:u~W_SF WUndExtRtgPF:u~PF_SF VAMaxRtg:u~VA_SF
    VarMaxInjRtg:u~Var_SF VarMaxAbsRtg:u~Var_SF WChaRteMaxRtg:u~W_SF WDisChaRteMaxRtg:u~W_SF VAChaRteMaxRtg:u~VA_SF
    VADisChaRteMaxRtg:u~VA_SF VNomRtg:u~V_SF VMaxRtg:u~V_SF VMinRtg:u~V_SF AMaxRtg:u~A_SF PFOvrExtRtg:u~PF_SF
    PFUndExtRtg:u~PF_SF ReactSusceptRtg:u~S_SF NorOpCatRtg:u AbnOpCatRtg:u CtrlModes:b2 IntIslandCatRtg:u
    WMax:u~W_SF! WMaxOvrExt:u~W_SF! WOvrExtPF:u~PF_SF! WMaxUndExt:u~W_SF! WUndExtPF:u~PF_SF! VAMax:u~VA_SF!
    VarMaxInj:u~Var_SF! VarMaxAbs:u~Var_SF! WChaRteMax:u~W_SF! WDisChaRteMax:u~W_SF! VAChaRteMax:u~VA_SF!
    VADisChaRteMax:u~VA_SF! VNom:u~V_SF! VMax:u~V_SF! VMin:u~V_SF! AMax:u~A_SF! PFOvrExt:u~PF_SF! PFUndExt:u~PF_SF!
    IntIslandCat:u! W_SF:f PF_SF:f VA_SF:f Var_SF:f V_SF:f A_SF:f S_SF:f
"""
_M703 = """
    ES:u! ESVHi:u~V_SF! ESVLo:u~V_SF! ESHzHi:u2~Hz_SF! ESHzLo:u2~Hz_SF! ESDlyTms:u2! ESRndTms:u2! ESRmpTms:u2!
    ESDlyRemTms:u2 V_SF:f Hz_SF:f
"""
_M704 = """
    PFWInjEna:u! PFWInjEnaRvrt:u! PFWInjRvrtTms:u2! PFWInjRvrtRem:u2 PFWAbsEna:u! PFWAbsEnaRvrt:u! PFWAbsRvrtTms:u2!
    PFWAbsRvrtRem:u2 WMaxLimPctEna:u! WMaxLimPct:u~WMaxLimPct_SF! WMaxLimPctRvrt:u~WMaxLimPct_SF!
    WMaxLimPctEnaRvrt:u! WMaxLimPctRvrtTms:u2! WMaxLimPctRvrtRem:u2 WSetEna:u! WSetMod:u! WSet:i2~WSet_SF!
    WSetRvrt:i2~WSet_SF! WSetPct:i~WSetPct_SF! WSetPctRvrt:i~WSetPct_SF! WSetEnaRvrt:u! WSetRvrtTms:u2!
    WSetRvrtRem:u2 VarSetEna:u! VarSetMod:u! VarSetPri:u! VarSet:i2~VarSet_SF! VarSetRvrt:i2~VarSet_SF!
    VarSetPct:i~VarSetPct_SF! VarSetPctRvrt:i~VarSetPct_SF! VarSetEnaRvrt:u! VarSetRvrtTms:u2! VarSetRvrtRem:u2
    WRmp:u! WRmpRef:u! VarRmp:u! AntiIslEna:u! PF_SF:f WMaxLimPct_SF:f WSet_SF:f WSetPct_SF:f VarSet_SF:f
    VarSetPct_SF:f PFWInj_PF:u~PF_SF! PFWInj_Ext:u! PFWInjRvrt_PF:u~PF_SF! PFWInjRvrt_Ext:u! PFWAbs_PF:u~PF_SF!
    PFWAbs_Ext:u! PFWAbsRvrt_PF:u~PF_SF! PFWAbsRvrt_Ext:u!
"""
_M713 = """
    WHRtg:u~WH_SF WHAvail:u~WH_SF SoC:u~Pct_SF SoH:u~Pct_SF Sta:u WH_SF:f Pct_SF:f
"""
_M714 = """
    PrtAlrms:b2 NPrt:u DCA:i~DCA_SF DCW:i~DCW_SF DCWhInj:u4~DCWH_SF DCWhAbs:u4~DCWH_SF DCA_SF:f DCV_SF:f DCW_SF:f
    DCWH_SF:f Tmp_SF:f
"""
_M714_PART = """
    PrtTyp:u ID:u IDStr:s8 DCA:i~DCA_SF DCV:u~DCV_SF DCW:i~DCW_SF DCWhInj:u4~DCWH_SF DCWhAbs:u4~DCWH_SF Tmp:i~Tmp_SF
    DCSta:u DCAlrm:b2
"""

_SIZES = {"u": 1, "u2": 2, "u4": 4, "i": 1, "i2": 2, "b2": 2, "a2": 2, "a4": 4, "f": 1, "p": 1}


@dataclass(frozen=True, slots=True)
class Point:
    name: str
    kind: str
    scale: str
    writable: bool

    @property
    def size(self) -> int:
        return int(self.kind[1:]) if self.kind[0] == "s" else _SIZES[self.kind]


@dataclass(frozen=True, slots=True)
class Model:
    """`points` once, then `parts` as often as the device repeats them, named `<index>.<name>` from 1 on."""

    number: int
    points: tuple[Point, ...]

    @property
    def length(self) -> int:
        return sum(point.size for point in self.points)


def _point(word: str, prefix: str = "") -> Point:
    name, _, rest = word.rstrip("!").partition(":")
    kind, _, scale = rest.partition("~")
    return Point(prefix + name, kind, scale, word.endswith("!"))


def _model(number: int, words: str, part: str = "", times: int = 0) -> Model:
    points = [_point(word) for word in words.split()]
    points += [_point(word, f"{index}.") for index in range(1, times + 1) for word in part.split()]
    return Model(number, tuple(points))


CHAIN = (
    _model(1, _M1),
    _model(103, _M103),
    _model(120, _M120),
    _model(121, _M121),
    _model(122, _M122),
    _model(123, _M123),
    _model(124, _M124),
    _model(160, _M160, _M160_PART, 4),
    _model(701, _M701),
    _model(702, _M702),
    _model(703, _M703),
    _model(704, _M704),
    _model(713, _M713),
    _model(714, _M714, _M714_PART, 3),
)
"""in the order of the wire; 160 has two strings, charging, discharging; 714 two strings and the battery"""
