"""What a self-test has found: pure data. Its words are in `words`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hub.model import Value


class Verdict(StrEnum):
    GOOD = "good"
    FAULT = "fault"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """`check`: what was looked at; `code`: what was found (the words are the page's). `device` it is about."""

    check: str
    verdict: Verdict
    code: str
    device: str = ""
    numbers: Mapping[str, Value] = field(default_factory=dict)


NEAR = 0.25
"""so far may be off what should be the same"""


def near(ratio: float, wanted: float) -> bool:
    return abs(ratio - wanted) <= NEAR * abs(wanted)


def rounded(value: float) -> float:
    return round(value, 2) if abs(value) < 10 else round(value)
