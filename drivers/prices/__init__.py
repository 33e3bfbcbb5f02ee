"""Prices of electricity as markets and suppliers publish them."""
