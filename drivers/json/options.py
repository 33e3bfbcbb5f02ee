"""A device's own options: each is taken with its limits, and what nobody took is an error with a suggestion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hub.errors import ConfigError
from hub.model import DeviceSpec
from hub.model.document import Document, hint

_DOCUMENT = Document("site")


class Options:
    """The options of one `[devices.<id>]` table. Errors name the device and the key, never the value of a secret."""

    def __init__(self, spec: DeviceSpec) -> None:
        self.id = spec.id
        self.role = spec.role.value
        self._options = spec.options
        self._known: set[str] = set()

    def has(self, key: str) -> bool:
        return key in self._options

    def text(self, key: str, default: str = "") -> str:
        """A text. A value of another type is not repeated in the error, for it may be a secret."""
        value = self._options.get(self._take(key), default)
        if not isinstance(value, str):
            raise self.error(key, "must be a text in quotes")
        return value

    def need(self, key: str, why: str) -> str:
        """A text that must be there; `why` ends the sentence `is missing; `."""
        if not (value := self.text(key)):
            raise self.error(key, f"is missing; {why}")
        return value

    def choice(self, key: str, choices: Iterable[str], default: str = "") -> str:
        value = self._options.get(self._take(key), default)
        return default if value == default else _DOCUMENT.one_of(self._at(key), value, choices)

    def number(self, key: str, default: float, low: float, high: float) -> float:
        return _DOCUMENT.number(self._options, self._at(self._take(key)), default, low, high)

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        return _DOCUMENT.whole(self._options, self._at(self._take(key)), default, low, high)

    def flag(self, key: str) -> bool:
        return _DOCUMENT.get(self._options, self._at(self._take(key)), bool, False)

    def table(self, key: str) -> Mapping[str, object]:
        return _DOCUMENT.table(self._options, self._at(self._take(key)))

    def error(self, key: str, message: str) -> ConfigError:
        return ConfigError(_DOCUMENT.where, f"{self._at(key)}: {message}")

    def done(self, others: Iterable[str] = ()) -> None:
        """Raises ConfigError for a key that nobody took; `others` are taken elsewhere."""
        known = self._known.union(others)
        for key in self._options:
            if key not in known:
                raise self.error(key, f"unknown option{hint(key, known)}")

    def _take(self, key: str) -> str:
        self._known.add(key)
        return key

    def _at(self, key: str) -> str:
        return f"devices.{self.id}.{key}"
