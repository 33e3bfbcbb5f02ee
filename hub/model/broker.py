"""Where an MQTT broker is, as people write it: `mqtt://user:password@host:port`."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

PORT = 1883


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """A broker and the name under which we sign in there; what is shown of it never has the password."""

    host: str
    port: int = PORT
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @staticmethod
    def parse(url: str) -> BrokerAddress:
        """Raises ValueError, whose text never repeats the URL: it may hold a password."""
        try:
            parts = urlsplit(url)
            if parts.scheme == "mqtt" and parts.hostname and not parts.path.strip("/"):
                return BrokerAddress(parts.hostname, parts.port or PORT, _plain(parts.username), _plain(parts.password))
        except ValueError:
            pass
        raise ValueError("not an MQTT link; expected mqtt://user:password@host:1883")

    @property
    def url(self) -> str:
        """With the secret: for programs, never for people."""
        name = "" if self.user is None else quote(self.user, safe="")
        if self.password is not None:
            name += ":" + quote(self.password, safe="")
        return f"mqtt://{name}{'@' if name else ''}{self.shown}"

    @property
    def shown(self) -> str:
        """`host:port`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _plain(text: str | None) -> str | None:
    return None if text is None else unquote(text)
