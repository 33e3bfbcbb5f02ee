"""The error tree, sorted by who must handle it.

ShemsError
├── UserError        wrong usage or bad input: shown as one line, exit code 2, or a 4xx problem
│   └── ConfigError  a site document or device map: file, line, key, what to do
├── LinkError        a device or link is unreachable: retried by its driver, never fatal
│   ├── NoAnswer     a request got no (valid) answer in time
│   └── NoConnection nobody takes a connection there: nothing can be said of what is there
└── Refused          the device (or the envelope) said no: shown to whoever asked
"""

from __future__ import annotations


class ShemsError(Exception):
    """Root of all expected errors."""


class UserError(ShemsError):
    """Wrong usage or bad input. The message says what is wrong, where, and what to do."""


class ConfigError(UserError):
    """A document that cannot be used. `where` is file and key, e.g. `config.toml: devices.grid.role`."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}")
        self.where = where


class LinkError(ShemsError):
    """The other end is not there."""


class NoAnswer(LinkError):
    """No valid answer in time."""


class NoConnection(LinkError):
    """Nobody takes a connection."""


class Refused(ShemsError):
    """The device answered, and the answer was no."""
