"""Devices that answer HTTP on the local net, on a server shared with nothing outside this package."""
