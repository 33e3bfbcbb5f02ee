"""Meters that talk by themselves, and one that wants to be asked: P1, SML, D0, DLMS/COSEM."""
