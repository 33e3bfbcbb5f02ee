"""The ring: every second of every series, for as long as the byte budget reaches."""

from hub.store.ring.ring import Ring
from hub.store.ring.storage import Storage
from hub.store.ring.types import Buckets, Flow, Querier, SeriesInfo

__all__ = ["Buckets", "Flow", "Querier", "Ring", "SeriesInfo", "Storage"]
