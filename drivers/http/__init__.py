"""Devices that answer HTTP requests on the local net. One small kind a family; one driver for all."""
