"""Dry contacts at GPIO lines: SG-Ready relays, a switched load, and contacts that report."""
