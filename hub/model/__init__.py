"""The words of the house: pure data, no I/O, shared by every room."""

from hub.model.clock import Clock, SystemClock
from hub.model.command import Command, CommandSpec, Outcome, OutcomeState, Reason, Relation, Request, Source, Wear
from hub.model.device import OWN_ROLES, Device, DeviceSpec, Link, LinkState, Role
from hub.model.driver import Driver, Sink
from hub.model.moment import Moment
from hub.model.point import Column, Measurement, Point, Quality, Value
from hub.model.quantity import HEEDED, QUANTITIES, Kind, Quantity, quantity

__all__ = [
    "HEEDED",
    "OWN_ROLES",
    "QUANTITIES",
    "Clock",
    "Column",
    "Command",
    "CommandSpec",
    "Device",
    "DeviceSpec",
    "Driver",
    "Kind",
    "Link",
    "LinkState",
    "Measurement",
    "Moment",
    "Outcome",
    "OutcomeState",
    "Point",
    "Quality",
    "Quantity",
    "Reason",
    "Relation",
    "Request",
    "Role",
    "Sink",
    "Source",
    "SystemClock",
    "Value",
    "Wear",
    "quantity",
]
