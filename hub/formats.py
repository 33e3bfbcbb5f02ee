"""The table of wire formats that a capture can be in. `hub` imports no codec: each is loaded by its name."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Protocol, cast

from hub.errors import UserError
from hub.model.document import hint
from hub.model.heard import Capture, CaptureHints


@dataclass(frozen=True, slots=True)
class Format:
    """`module` has a `decode`; `also`: other names by which people call the format."""

    module: str
    text: str
    also: tuple[str, ...] = ()


FORMATS = {
    "sunspec": Format("drivers.sunspec.capture", "registers or models of a SunSpec device", ("sunspec-device-maps",)),
    "p1": Format("drivers.p1.codec", "P1 telegrams of DSMR, ESMR, eMUCS and Q3D meters, plain or encrypted", ("dsmr",)),
    "sml": Format("drivers.sml.codec", "SML of German meters' optical ports"),
    "d0": Format("drivers.d0.codec", "IEC 62056-21 read-outs of older meters' optical ports", ("iec62056-21",)),
    "dlms": Format("drivers.dlms.codec", "DLMS/COSEM pushes of customer ports, as bytes or hex text", ("han-dlms",)),
    "shelly": Format("drivers.http.shelly", "answers of Shelly devices, all generations, and their notifications"),
    "homewizard": Format("drivers.http.homewizard", "answers of HomeWizard devices, v1 and v2"),
    "fronius": Format("drivers.http.fronius", "answers of the Fronius Solar API, v0 and v1", ("fronius-solarapi",)),
    "goe": Format("drivers.http.goe", "answers of go-e chargers, v1 and v2", ("go-e",)),
    "opendtu": Format("drivers.http.opendtu", "answers of an OpenDTU with Hoymiles micro-inverters"),
    "enphase": Format("drivers.http.enphase", "answers of an Enphase Envoy, firmware 3 to 8"),
    "powerwall": Format("drivers.http.powerwall", "answers of a Tesla Powerwall's gateway", ("tesla-powerwall",)),
    "solax": Format("drivers.http.solax", "answers of a SolaX data logger", ("solax-http",)),
    "peblar": Format("drivers.http.peblar", "answers of a Peblar charger"),
    "powerfox": Format("drivers.http.powerfox", "answers of a powerfox poweropti, local or cloud"),
    "p1monitor": Format("drivers.http.p1monitor", "answers of the program P1 Monitor"),
    "prices": Format(
        "drivers.prices.codec",
        "electricity prices as markets and suppliers answer, or a table of one's own; told apart by content",
        (
            *("awattar", "entsoe", "nordpool", "energy-charts", "tibber", "octopus", "amber", "energyzero"),
            *("easyenergy", "rabot", "hassfurt", "groupe-e", "esit", "swisspower", "ews", "luox"),
        ),
    ),
    "weather": Format(
        "drivers.weather.codec",
        "forecasts of the weather and of PV as services answer; told apart by content",
        ("open-meteo", "bright-sky", "solcast", "forecast-solar"),
    ),
    "goodwe": Format("drivers.goodwe.codec", "frames of a GoodWe inverter, raw or in hexadecimal", ("goodwe-frames",)),
    "ocpp": Format(
        "drivers.ocpp.capture",
        "frames, payloads and charging profiles of OCPP 1.5 to 2.1, also inside a log",
        ("ocpp-frames", "ocpp15-messages", "ocpp-charging-profiles"),
    ),
    "tasmota": Format("drivers.mqtt.tasmota_codec", "MQTT messages of Tasmota devices, with or without their topics"),
    "zigbee2mqtt": Format("drivers.mqtt.z2m_codec", "MQTT messages of zigbee2mqtt: its devices and their states"),
    "homeassistant": Format(
        "drivers.mqtt.ha_codec",
        "MQTT discovery messages of Home Assistant, and states they announce",
        ("mqtt-discovery",),
    ),
    "mqtt": Format("drivers.mqtt.mixed", "MQTT messages of a whole broker, as `shems record mqtt://...` writes them"),
}


class Codec(Protocol):
    def decode(self, data: bytes, hints: CaptureHints) -> Capture:
        """Never raises for what is in `data`: what is no message is in `rejected`, with its reason."""


def codec(name: str) -> Codec:
    """Raises UserError for a format that is not known."""
    by_name = {n: f for key, f in FORMATS.items() for n in (key, *f.also)}
    if name not in by_name:
        raise UserError(f"format {name!r} is not known{hint(name, by_name)}; `shems decode --formats` lists them")
    return cast(Codec, importlib.import_module(by_name[name].module))
