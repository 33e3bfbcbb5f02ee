"""The devices that no driver has: what the hub itself knows of a house."""

from __future__ import annotations

from hub.core import HOUSE
from hub.foresight.feed import device_of
from hub.model import Device
from hub.model.site import Site
from hub.tariff import feed


def own_devices(site: Site) -> tuple[Device, ...]:
    """The house always; its tariff and what it foresees, where it has them."""
    foreseen = device_of(site)
    return (HOUSE, *((feed.DEVICE,) if site.tariff else ()), *((foreseen,) if foreseen else ()))
