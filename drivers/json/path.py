"""A simple way into a JSON answer: names with dots between, and [n] for the n-th of a list, from 0. Pure.

`data.meters[0].power`, `[2]`, `switch:0.apower`. A name that holds a dot or a bracket is put in quotes: `"a.b".c`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from drivers.json.told import under

_STEP = re.compile(r'(?:(?:^|(?<=.)\.)(?:"([^"]+)"|([^."\[\]]+)))|\[(\d{1,4})\]')
_EXAMPLE = "write it like data.meters[0].power"


@dataclass(frozen=True, slots=True)
class JsonPath:
    text: str
    steps: tuple[str | int, ...]

    @staticmethod
    def parse(text: str) -> JsonPath:
        """Raises ValueError that says where it ends to be a path."""
        steps: list[str | int] = []
        at = 0
        while at < len(text):
            match = _STEP.match(text, at)
            if match is None:
                raise ValueError(f"is no JSON path from {text[at:]!r} on; {_EXAMPLE}")
            quoted, plain, index = match.groups()
            steps.append(int(index) if index is not None else quoted or plain)
            at = match.end()
        if not steps:
            raise ValueError(f"is empty; {_EXAMPLE}")
        return JsonPath(text, tuple(steps))

    def of(self, found: object) -> Any:
        """None where the way ends."""
        return under(found, *self.steps)
