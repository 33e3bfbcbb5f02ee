"""The digest that a Shelly from Gen2 on asks for: SHA-256, user admin; on its WebSocket by a frame's `auth`.

Source: shelly-api-docs.shelly.cloud/gen2, "Authentication"; RFC 7616.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping

from .device import Asked, Reply

USER = "admin"
_PART = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


class Lock:
    """Open to everybody without a `password`. A nonce holds as long as the device runs."""

    def __init__(self, realm: str, password: str) -> None:
        self._realm = realm
        self._nonce = secrets.randbelow(2**31)
        self._who = _sha(f"{USER}:{realm}:{password}") if password else ""

    @property
    def closed(self) -> bool:
        return bool(self._who)

    def opens(self, asked: Asked) -> bool:
        """Whether the request carries a proof."""
        scheme, _, rest = asked.headers.get("authorization", "").partition(" ")
        said = {name: quoted or plain for name, quoted, plain in _PART.findall(rest)}
        fits = scheme.lower() == "digest" and said.get("uri") == asked.target
        return not self.closed or (fits and self._proven(said, said.get("nc", ""), f"{asked.method}:{asked.target}"))

    def opens_frame(self, auth: object) -> bool:
        if not self.closed:
            return True
        said = {name: str(value) for name, value in auth.items()} if isinstance(auth, Mapping) else {}
        return self._proven(said, said.get("nc", "1"), "dummy_method:dummy_uri")

    def challenge(self) -> Reply:
        header = f'Digest qop="auth", realm="{self._realm}", nonce="{self._nonce}", algorithm=SHA-256'
        return Reply("", 401, {"WWW-Authenticate": header})

    def frame_challenge(self) -> dict[str, object]:
        """The error of a frame; what is asked stands in its message."""
        wanted = {"auth_type": "digest", "nonce": self._nonce, "nc": 1, "realm": self._realm, "algorithm": "SHA-256"}
        return {"code": 401, "message": json.dumps(wanted)}

    def _proven(self, said: Mapping[str, str], count: str, what: str) -> bool:
        proof = _sha(f"{self._who}:{self._nonce}:{count}:{said.get('cnonce', '')}:auth:{_sha(what)}")
        named = said.get("username") == USER and said.get("nonce") == str(self._nonce)
        return named and secrets.compare_digest(proof, said.get("response", ""))


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
