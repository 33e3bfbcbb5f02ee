"""What is asked of an HTTP device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `name` tells `Kind.read` what the answer is.

    `every_s`: how often it is worth asking; 0 = each pass, as fast as the link is polled. `optional`: some models or
    firmwares do not have it; their 4xx is no miss, and it is left out until the device comes back. `shown`: the path
    as logs and errors may show it, where the path itself holds a secret.
    """

    name: str
    path: str
    method: str = "GET"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    every_s: float = 0.0
    optional: bool = False
    shown: str = ""
