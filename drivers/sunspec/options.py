"""The keys of a SunSpec device in the site document, beside those that every device has."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.modbus.link import TIMEOUT_S
from hub.model import DeviceSpec, Role
from hub.model.document import Document

_ALL = ("unit", "poll_s", "timeout_s")
_INVERTER, _METER = (*_ALL, "control_model"), (*_ALL, "sign", "index")
_KEYS = {Role.INVERTER: _INVERTER, Role.BATTERY: (*_INVERTER, "coupling"), Role.GRID: _METER, Role.METER: _METER}
_CONTROLS = {Role.INVERTER: (704, 123), Role.BATTERY: (704, 124)}


@dataclass(frozen=True, slots=True)
class Options:
    """`unit` on the link; `poll_s` seconds between passes; `export`: whether the meter counts export as +, None = as
    its maker does (`makers`); `index`: the n-th meter of the unit; `control` the model that takes set-points, 0 = the
    first there is; `behind` an inverter; `ac`: a battery whose inverter serves it alone, by its owner's word;
    `timeout_s` that an answer may take, 0 = as usual."""

    unit: int = 1
    poll_s: float = 1.0
    export: bool | None = None
    index: int = 1
    control: int = 0
    behind: str = ""
    ac: bool = False
    timeout_s: float = 0.0


def parse(spec: DeviceSpec) -> Options:
    """Raises ConfigError that names the key and what is expected."""
    site, at, given = Document("site"), f"devices.{spec.id}", spec.options
    site.one_of(f"{at}.role", spec.role.value, [role.value for role in _KEYS])
    site.keys(given, at, _KEYS[spec.role])
    sign = site.one_of(f"{at}.sign", given["sign"], ("import", "export")) if "sign" in given else None
    control = site.whole(given, f"{at}.control_model", 0, 0, 65_535)
    if control:
        site.one_of(f"{at}.control_model", str(control), map(str, _CONTROLS[spec.role]))
    ac = "coupling" in given and site.one_of(f"{at}.coupling", given["coupling"], ("ac",)) == "ac"
    if ac and spec.behind:
        raise site.error(
            f"{at}.coupling", f"a battery behind {spec.behind} is on its DC side; leave one of the two out"
        )
    return Options(
        site.whole(given, f"{at}.unit", 1, 0, 255),
        site.number(given, f"{at}.poll_s", 1.0, 0.05, 5.0),
        None if sign is None else sign == "export",
        site.whole(given, f"{at}.index", 1, 1, 20),
        control,
        spec.behind,
        ac,
        site.number(given, f"{at}.timeout_s", 0.0, *TIMEOUT_S) if "timeout_s" in given else 0.0,
    )
