"""SHEMS: the home energy hub daemon."""

VERSION = "0.1.0"
