"""How requests show who asks, without I/O: nothing, a fixed header, or a session that is opened first."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from drivers.http.ask import Ask


class Login:
    """No login. A subclass says what differs; digest is in `drivers.http.digest`.

    The driver asks `opening()` before the first request and after each 401 or 403 that `challenged` took;
    cookies that an answer sets are kept by the driver for the connection, and sent to this host only.
    """

    def opening(self) -> Ask | None:
        """The request that opens a session, while one is needed; None = go on."""
        return None

    def opened(self, body: bytes) -> None:
        """The 2xx answer to `opening`; raises hub.errors.Refused when it holds no session."""

    def headers(self, method: str, path: str) -> Mapping[str, str]:
        """What is added to every request but `opening`; `path` with its query, as it goes over the wire."""
        return {}

    def challenged(self, status: int, headers: Mapping[str, str]) -> bool:
        """A 401 or 403: is it worth one more try (a session has ended, a nonce is new)?

        Names in `headers` are lower case.
        """
        return False


class Fixed(Login):
    """The same header for ever: a token."""

    def __init__(self, name: str, value: str) -> None:
        self._headers = {name: value}

    def headers(self, method: str, path: str) -> Mapping[str, str]:
        return self._headers


def bearer(token: str) -> Login:
    return Fixed("Authorization", f"Bearer {token}") if token else Login()


def basic(user: str, password: str) -> Login:
    """RFC 7617, UTF-8; no login at all without a password."""
    if not password:
        return Login()
    return Fixed("Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())
