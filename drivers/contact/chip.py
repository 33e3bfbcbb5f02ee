"""A GPIO chip of the kernel through libgpiod's Python binding, version 2 of its interface.

`gpiod` is an optional package: without it only a site document with contacts is an error.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from drivers.contact.lines import Line, Lines
from hub.errors import ConfigError

_CONSUMER = "shems"


class KernelChip:
    """`/dev/gpiochip<n>`; opens nothing before `hold`.

    An input is pulled to where it is open, so that a contact alone tells: to ground with `active_low`, else to supply.
    """

    def __init__(self, path: str, where: str) -> None:
        self._path = path
        self._gpiod = _gpiod(where)

    def hold(self, inputs: tuple[Line, ...], outputs: Mapping[Line, bool]) -> Lines:
        line = self._gpiod.line
        config: dict[int, Any] = {
            one.offset: self._gpiod.LineSettings(
                direction=line.Direction.INPUT,
                bias=line.Bias.PULL_UP if one.active_low else line.Bias.PULL_DOWN,
                active_low=one.active_low,
            )
            for one in inputs
        }
        for one, closed in outputs.items():
            value = line.Value.ACTIVE if closed else line.Value.INACTIVE
            config[one.offset] = self._gpiod.LineSettings(
                direction=line.Direction.OUTPUT, active_low=one.active_low, output_value=value
            )
        try:
            request = self._gpiod.request_lines(self._path, consumer=_CONSUMER, config=config)
        except ValueError as error:
            raise OSError(f"{self._path} has no such line: {error}") from None
        return KernelLines(request, line.Value)


class KernelLines:
    """A request of lines that the kernel has granted."""

    def __init__(self, request: Any, values: Any) -> None:
        self._request = request
        self._values = values

    def read(self, offset: int) -> bool:
        return bool(self._request.get_value(offset) == self._values.ACTIVE)

    def write(self, values: Mapping[int, bool]) -> None:
        named = {o: self._values.ACTIVE if closed else self._values.INACTIVE for o, closed in values.items()}
        self._request.set_values(named)

    def close(self) -> None:
        self._request.release()


def _gpiod(where: str) -> Any:
    try:
        found = importlib.import_module("gpiod")
    except ImportError:
        raise ConfigError(
            where, 'needs the package gpiod, version 2; install it with: pip install "shems[gpio]"'
        ) from None
    if not hasattr(found, "request_lines"):
        raise ConfigError(where, 'needs version 2 of the package gpiod; install it with: pip install "gpiod>=2"')
    return found
