"""The JSON shapes of the self-test: a part of `schema.py`, which is too long for one file."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from hub.model import Value


class FindingInfo(TypedDict):
    """`title`: what was looked at; `seen`: what was found; `mend`: what to do about it, empty for nothing."""

    check: str
    verdict: Literal["good", "fault", "unknown"]
    code: str
    device: str
    numbers: dict[str, Value]
    title: str
    seen: str
    mend: str


class Commissioning(TypedDict):
    """`what` is done with `device` now; `done` of `all` seconds have passed. Times are UTC ms.

    `devices`: those that would be stepped.
    """

    running: bool
    what: str
    device: str
    done: int
    all: int
    began: int | None
    ended: int | None
    stopped: str
    devices: list[str]
    findings: list[FindingInfo]


class CommissioningRequest(TypedDict):
    """`thorough`: watchdogs are waited for too, which takes minutes; true when left out."""

    thorough: NotRequired[bool]
