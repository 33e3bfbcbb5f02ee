"""The JSON shapes of looking for devices and taking them in: a part of `schema.py`, which is too long for one file."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from hub.model import Value


class RawReading(TypedDict):
    """`code` is the wire's own: OBIS, register, JSON path."""

    code: str
    value: Value
    unit: str


class RawReadings(TypedDict):
    """Empty until the device has answered, and for drivers that do not tell."""

    id: str
    readings: list[RawReading]


class DeviceRequest(TypedDict):
    """A device as it would stand in the site document; `options` are the driver's own keys. Secrets are kept sealed."""

    id: str
    role: str
    driver: str
    link: str
    options: NotRequired[dict[str, Value]]
    behind: NotRequired[str]


class DeviceAdded(TypedDict):
    id: str


class SearchRequest(TypedDict):
    addresses: NotRequired[list[str]]


class FoundDevice(TypedDict):
    """Something that answers. `adopted`: the device of the house that it is already; `needs`: options that only its
    owner knows; `suggested`: a name for it.
    """

    driver: str
    link: str
    roles: list[str]
    vendor: str
    model: str
    serial: str
    firmware: str
    options: dict[str, Value]
    how: str
    certain: bool
    needs: list[str]
    suggested: str
    adopted: str


class FoundDevices(TypedDict):
    """`since`: when the last search began (UTC ms), null before the first. `looking`: what is looked at still: hosts,
    ports, brokers. `until`: when it ends at the latest (UTC ms), null when that is not known.
    """

    searching: bool
    since: int | None
    looking: list[str]
    until: int | None
    devices: list[FoundDevice]
