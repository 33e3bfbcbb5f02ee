"""The past: history.db (measurements) and state.db (what must not be lost). One writer each; readers never wait."""

from hub.store.accounts import Account
from hub.store.ring import Ring, SeriesInfo
from hub.store.state import State

__all__ = ["Account", "Ring", "SeriesInfo", "State"]
