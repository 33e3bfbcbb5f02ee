"""Reading of TOML tables with a closed schema: every error names the document, the key and what to do."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from hub.errors import ConfigError

T = TypeVar("T")
Table = Mapping[str, Any]

_NAMES: dict[type, str] = {str: "text", bool: "true or false", list: "list", int: "whole number", dict: "table"}


class Document:
    """The leaves of a parser; `where` names the document. `at` is a key's full path, its last part the key in `t`."""

    def __init__(self, where: str) -> None:
        self.where = where

    @staticmethod
    def load(text: str, where: str) -> Table:
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as e:
            raise ConfigError(where, f"not valid TOML: {e}; correct that line") from None
        except (ValueError, RecursionError):  # of Python itself: 5000 digits, a thousand lists in lists
            raise ConfigError(where, "holds a number that is too long, or lists too deep; shorten it") from None

    def error(self, at: str, message: str) -> ConfigError:
        return ConfigError(self.where, f"{at}: {message}")

    def keys(self, table: Table, at: str, known: Iterable[str]) -> None:
        """Every key of `table` is one of `known`."""
        for key in table:
            if key not in known:
                raise self.error(f"{at}.{key}" if at else key, f"unknown key{hint(key, known)}")

    def table(self, t: Table, at: str) -> Table:
        return self.get(t, at, dict, {})

    def get(self, t: Table, at: str, kind: type[T], default: T) -> T:
        value = t.get(_key(at), default)
        if not isinstance(value, kind):
            raise self.error(at, f"must be a {_NAMES[kind]}, not {value!r}")
        return value

    def need(self, t: Table, at: str) -> str:
        """A text that must be there."""
        if not t.get(_key(at)):
            raise self.error(at, "is missing; add it")
        return self.get(t, at, str, "")

    def texts(self, t: Table, at: str) -> tuple[str, ...]:
        """A list of texts, empty when it is not there."""
        found = self.get(t, at, list, [])
        if not all(isinstance(v, str) for v in found):
            raise self.error(at, "must be a list of texts")
        return tuple(found)

    def number(self, t: Table, at: str, default: float, low: float, high: float) -> float:
        value = t.get(_key(at), default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.error(at, f"must be a number from {low:g} to {high:g}, not {value!r}")
        return float(value)

    def whole(self, t: Table, at: str, default: int, low: int, high: int) -> int:
        value = self.number(t, at, default, low, high)
        if value != int(value):
            raise self.error(at, f"must be a whole number, not {value!r}")
        return int(value)

    def one_of(self, at: str, value: object, known: Iterable[str]) -> str:
        listed = [str(k) for k in known]
        if not isinstance(value, str) or value not in listed:
            raise self.error(at, f"{value!r} is not known{hint(str(value), listed)}")
        return value


def hint(value: str, known: Iterable[str]) -> str:
    """What may have been meant, as the end of a sentence."""
    listed = sorted(map(str, known))
    near = difflib.get_close_matches(value, listed, 1)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(listed)}"


def _key(at: str) -> str:
    return at.rpartition(".")[2]
