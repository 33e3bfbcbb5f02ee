"""The table of kinds by the option `kind`; each module is loaded when it is asked for."""

from __future__ import annotations

import importlib
from typing import cast

from drivers.http.kind import Make

KINDS = {
    "shelly": "drivers.http.shelly",
    "homewizard": "drivers.http.homewizard",
    "fronius": "drivers.http.fronius",
    "goe": "drivers.http.goe",
    "opendtu": "drivers.http.opendtu",
    "mapping": "drivers.http.mapping",
    "enphase": "drivers.http.enphase",
    "powerwall": "drivers.http.powerwall",
    "solax": "drivers.http.solax",
    "peblar": "drivers.http.peblar",
    "powerfox": "drivers.http.powerfox",
    "p1monitor": "drivers.http.p1monitor",
}

SLOW_S = {"enphase": 45.0}
"""The longest wait, s, for kinds that answer late: an Envoy that collects from its micro-inverters says nothing for up
to half a minute (python library pyenphase waits 45 s); the wait itself is learnt from the answers."""


def maker(kind: str) -> Make:
    """`kind` is one of KINDS."""
    return cast(Make, importlib.import_module(KINDS[kind]).make)
