"""What comes from outside of the house and is about the time to come: prices and forecasts, and who brings them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from zlib import crc32

UNITS = {"pv_power": "W", "temperature": "degC", "irradiance": "W/m2", "cloud": "%"}
"""What an outlook can be of. `irradiance` falls on a level square metre (GHI); its parts are `irradiance_direct` and
`irradiance_diffuse`, both on the level, and `irradiance_normal` on a square metre that faces the sun (DNI)."""
UNITS |= {f"irradiance_{part}": "W/m2" for part in ("direct", "diffuse", "normal")}
UNITS |= {"pv_power_low": "W", "pv_power_high": "W"}
"""The 10 % and the 90 % quantile, where a source tells them."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What the source says a kWh costs for `seconds` from `start_ms` (UTC) on, in 1e-5 of the source's currency.

    `export_price`: what a kWh that is fed in earns, None where the source does not say. `provisional`: an estimate
    that the source will correct.
    """

    start_ms: int
    seconds: int
    import_price: int
    export_price: int | None
    source: str
    provisional: bool = False

    @property
    def end_ms(self) -> int:
        return self.start_ms + self.seconds * 1000


@dataclass(frozen=True, slots=True)
class Outlook:
    """A forecast: the mean of each `seconds` from `start_ms` (UTC) on, None where nothing is told.

    `quantity` and its unit are those of UNITS. `made_ms`: when it was made, UTC.
    """

    quantity: str
    start_ms: int
    seconds: int
    values: tuple[float | None, ...]
    source: str
    made_ms: int

    @property
    def end_ms(self) -> int:
        return self.start_ms + len(self.values) * self.seconds * 1000


@dataclass(frozen=True, slots=True)
class KnownRate:
    """A rate in `currency`, with which the hub has counted from `known_ms` (UTC) on, until a newer one of its time."""

    rate: Rate
    currency: str
    known_ms: int


_NO_MATTER = ("token", "minutes", "calls")
_NAMING = ("zone", "area", "country", "product", "tariff", "price")


@dataclass(frozen=True, slots=True)
class FeedSpec:
    """A feed that the owner has chosen, as its driver gets it. `options` are the source's own keys.

    `at`: the table of the site document, for errors. `latitude`, `longitude`: degrees, None = not told.
    """

    at: str
    source: str
    timezone: str
    currency: str
    latitude: float | None = None
    longitude: float | None = None
    options: Mapping[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Under which its rates and outlooks are kept: the source, and the options that say of what they are.

        Those that are too long for a name, or nobody's business, are in it by a checksum: another address is another
        source.
        """
        told = [str(self.options[k]) for k in _NAMING if k in self.options]
        others = sorted((k, str(v)) for k, v in self.options.items() if k not in (*_NAMING, *_NO_MATTER))
        return "/".join((self.source, *told, *([f"{crc32(repr(others).encode()):08x}"] if others else [])))


class FeedSink(Protocol):
    """Where a feed puts what it learns."""

    async def rates(self, source: str, currency: str, rates: Sequence[Rate]) -> None:
        """Durable when it returns. Rates of a time that is known already are corrections."""

    async def outlook(self, outlooks: Sequence[Outlook]) -> None:
        """Those of one answer; durable when it returns."""

    def last(self, source: str) -> tuple[int, int]:
        """(when it brought something last, until when that tells), UTC ms; zeros for one that never has."""

    def calls(self, source: str) -> tuple[str, int]:
        """(the local day as YYYY-MM-DD, how often the source was asked on it), over a restart; ("", 0) for never."""

    async def called(self, source: str, day: str, count: int) -> None:
        """The source is about to be asked for the `count`th time on `day`; durable when it returns."""

    def missed(self, source: str, reason: str) -> None:
        """The source has not given what was due, and why."""


class Feed(Protocol):
    """Asks one source, as often as is polite."""

    @property
    def source(self) -> str:
        """As in what it brings."""

    async def run(self, sink: FeedSink) -> None:
        """Lives as long as the house. What goes wrong outside is told to the sink and tried again."""
