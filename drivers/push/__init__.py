"""Meters that talk by themselves: the one driver for a stream of bytes, and what their languages have in common."""
