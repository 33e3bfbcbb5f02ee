"""The demo house as a site document, from the links that the simulator opened."""

from __future__ import annotations

from collections.abc import Mapping

# local hour -> price per kWh: cheap nights, dear evenings
PRICES = [0.21] * 6 + [0.29, 0.33, 0.31, 0.27, 0.24, 0.22, 0.21, 0.22, 0.24, 0.27] + [0.34] * 5 + [0.29, 0.25, 0.22]

_HEAD = """\
[site]
name = "Demo house"
timezone = "Europe/Berlin"

[network]
bind = "{bind}"
port = {port}
search = ["127.0.0.1"]

[mqtt]
engine = "auto"
port = {mqtt_port}

[tariff]
import_price = {prices}
export_price = 0.0811

[calendar]
latitude = 52.52
longitude = 13.40
region = "DE-BE"

[circuits.main]
fuse_a = 35
phases = 3
"""

# id, role, driver, link of the simulator, further lines
_DEVICES = (
    ("grid", "grid", "modbus", "meter_tcp", 'map = "eastron/sdm630"\nunit = 1'),
    ("grid_rtu", "meter", "modbus", "meter_rtu", 'map = "eastron/sdm630"\nunit = 1'),
    ("heatpump_meter", "meter", "modbus", "meter_rtu", 'map = "eastron/sdm630"\nunit = 2\nbehind = "heatpump"'),
    ("p1", "meter", "p1", "p1_serial", ""),
    ("pv_roof", "inverter", "sunspec", "inverter", "unit = 1"),
    ("battery", "battery", "sunspec", "inverter", 'unit = 1\nbehind = "pv_roof"\ncontrol = { soc_floor = 10 }'),
    ("wallbox", "charger", "modbus", "keba", 'map = "keba/p30"\nunit = 255\ncontrol = { mode = "solar" }'),
    (
        "wallbox2",
        "charger",
        "modbus",
        "heidelberg",
        'map = "heidelberg/energy-control"\nunit = 1\ncontrol = { mode = "off" }',
    ),
    ("heatpump", "heatpump", "modbus", "heatpump", 'map = "stiebel/isg"\nunit = 1'),
    ("plug_tv", "plug", "mqtt", "", 'map = "tasmota/plug"\ntopic = "plug_tv"'),
    ("plug_washer", "plug", "mqtt", "", 'map = "tasmota/plug"\ntopic = "plug_washer"'),
    ("light_kitchen", "light", "mqtt", "", 'map = "zigbee2mqtt/light"\ntopic = "light_kitchen"'),
    ("light_hall", "light", "mqtt", "", 'map = "zigbee2mqtt/light"\ntopic = "light_hall"'),
    ("living", "thermostat", "mqtt", "", 'map = "zigbee2mqtt/thermostat"\ntopic = "living"'),
)


def demo_document(links: Mapping[str, str], bind: str, port: int, mqtt_port: int) -> str:
    """The TOML text; a device whose link is empty hangs on the hub's own broker."""
    head = _HEAD.format(bind=bind, port=port, mqtt_port=mqtt_port, prices=PRICES)
    return head + "".join(
        f'\n[devices.{id_}]\nrole = "{role}"\ndriver = "{driver}"\nlink = "{links[link] if link else "hub"}"\n{more}\n'
        for id_, role, driver, link, more in _DEVICES
    )
