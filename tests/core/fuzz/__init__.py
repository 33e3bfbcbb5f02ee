"""Houses, readings and wishes that nobody thought of, by the million, and a judge of what the core makes of them."""

from tests.core.fuzz.run import Tally, fuzz, shrunk

__all__ = ["Tally", "fuzz", "shrunk"]
