"""Forecasts of the weather and of what the sun will give."""
