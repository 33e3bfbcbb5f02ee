"""The keys of a feed in the site document: closed, checked, and said in words what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from hub.errors import ConfigError
from hub.model.document import hint
from hub.model.feed import FeedSpec

HUB_KEYS = tuple(f"{way}_{what}" for way in ("import", "export") for what in ("price", "factor", "add"))


class Options:
    """Of one feed. Every getter raises ConfigError; secrets are checked and never shown."""

    def __init__(self, spec: FeedSpec, known: Iterable[str]) -> None:
        self.spec = spec
        keys = tuple(known)
        for key in spec.options:
            if key not in keys:
                told = (*keys, "source", "exchange", *HUB_KEYS) if spec.at == "tariff" else (*keys, "source")
                raise self.error(key, f"unknown key for source {spec.source!r}{hint(key, told)}")

    def error(self, key: str, message: str) -> ConfigError:
        return ConfigError(f"{self.spec.at}.{key}", message)

    def text(self, key: str, default: str = "") -> str:
        value = self.spec.options.get(key, default)
        if not isinstance(value, str):
            raise self.error(key, f"must be a text, not {value!r}")
        return value

    def one_of(self, key: str, known: Iterable[str], default: str = "") -> str:
        value, listed = self.text(key, default), sorted(known)
        if not value:
            raise self.error(key, f"is missing; one of {', '.join(listed)}")
        if value not in listed:
            raise self.error(key, f"{value!r} is not known{hint(value, listed)}")
        return value

    def secret(self, key: str, where: str, needed: bool = True) -> str:
        """`where`: how its owner comes by it."""
        value = self.spec.options.get(key, "")
        if not isinstance(value, str) or not all(" " < c <= "~" for c in value):
            raise self.error(key, "must be a text without spaces; copy it anew from the service")
        if needed and not value:
            raise self.error(key, f"is missing; {where}")
        return value

    def url(self, key: str) -> str:
        value = self.text(key)
        try:
            parts = urlsplit(value)
        except ValueError:
            raise self.error(key, "is no address; it begins with https:// or http://") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise self.error(key, "must be an address that begins with https:// or http://")
        return value

    def number(self, key: str, low: float, high: float, default: float | None = None) -> float:
        value = self.spec.options.get(key, default)
        if value is None:
            raise self.error(key, f"is missing; give a number from {low:g} to {high:g}")
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.error(key, f"must be a number from {low:g} to {high:g}, not {value!r}")
        return float(value)

    def place(self) -> tuple[float, float]:
        """Where the house stands, degrees north and east."""
        if self.spec.latitude is None or self.spec.longitude is None:
            raise ConfigError(
                "calendar.latitude", f"is missing, and {self.spec.source} needs it; give latitude and longitude"
            )
        return self.spec.latitude, self.spec.longitude
