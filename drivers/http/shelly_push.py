"""What goes over a Shelly's WebSocket `/rpc`: a first request, a proof if it wants one, then its notifications. Pure.

Source: shelly-api-docs.shelly.cloud/gen2, "RPC Channels" and "Authentication": a client hears of changes once it has
sent a request with a `src`; the proof of a frame is that of a digest with a method and path that mean nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from drivers.json.told import as_object

_METHOD = "Shelly.GetStatus"
_WHAT = "dummy_method:dummy_uri"


class Frames:
    """The client's side of one connection."""

    def __init__(self, user: str, password: str, cnonce: Callable[[], str] = lambda: secrets.token_hex(8)) -> None:
        self._user = user
        self._password = password
        self._cnonce = cnonce
        self._proven = False

    def hello(self) -> str:
        self._proven = False
        return _frame({})

    def reply(self, found: Mapping[str, Any]) -> str:
        """What is to be sent after this frame: the request again with its proof, once; "" for nothing."""
        error = found.get("error")
        if not isinstance(error, Mapping) or error.get("code") != 401 or not self._password or self._proven:
            return ""
        asked = as_object(str(error.get("message", "")).encode())
        if asked.get("algorithm") != "SHA-256" or "nonce" not in asked:
            return ""
        self._proven = True
        return _frame({"auth": self._proof(str(asked.get("realm", "")), asked["nonce"], asked.get("nc", 1))})

    def _proof(self, realm: str, nonce: object, count: object) -> dict[str, object]:
        cnonce = self._cnonce()
        who, what = _sha(f"{self._user}:{realm}:{self._password}"), _sha(_WHAT)
        response = _sha(f"{who}:{nonce}:{count}:{cnonce}:auth:{what}")
        return {"realm": realm, "username": self._user, "nonce": nonce, "cnonce": cnonce, "response": response,
                "algorithm": "SHA-256"}  # fmt: skip


def _frame(more: Mapping[str, object]) -> str:
    return orjson.dumps({"id": 1, "src": "shems", "method": _METHOD, **more}).decode()


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
