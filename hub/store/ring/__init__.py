"""The ring: every second of every series, for as long as the byte budget reaches."""

from hub.store.ring.ring import Ring
from hub.store.ring.types import Buckets, Querier, SeriesInfo

__all__ = ["Buckets", "Querier", "Ring", "SeriesInfo"]
