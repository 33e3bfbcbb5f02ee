"""amqtt as a process: `python -m hub.mqtt.embedded`, settings as one line of JSON on standard input.

Lean plugins (ours alone), uvloop, loopback. It ends when its input ends, so it cannot outlive the hub.
Passwords and rights are checked here. amqtt 0.12.1 has gaps (no keepalive, retained messages past the rights):
nothing outside this machine may connect.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import os
import signal
import sys
from dataclasses import dataclass, field
from typing import Any

import uvloop
from amqtt.broker import Broker
from amqtt.contexts import Action
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session

from hub.mqtt.accounts import matches


@dataclass
class Settings:
    """`accounts`: user -> {password, reads, writes}."""

    accounts: dict[str, Any] = field(default_factory=dict)


class Door(BaseAuthPlugin):  # type: ignore[misc]  # amqtt publishes no types
    """Nobody without a name and its password."""

    Config = Settings

    async def authenticate(self, *, session: Session) -> bool:
        account = self.config.accounts.get(session.username or "")
        expected = account["password"] if account else ""
        return hmac.compare_digest(expected.encode(), (session.password or "").encode()) and account is not None


class Rights(BaseTopicPlugin):  # type: ignore[misc]  # amqtt publishes no types
    """Topics by account, for publishing, subscribing and receiving."""

    Config = Settings

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool:
        account = self.config.accounts.get(session.username if session else None)
        if account is None or not topic:
            return False
        allowed = account["writes"] if action == Action.PUBLISH else account["reads"]
        return any(pattern == "#" or matches(topic, pattern) for pattern in allowed)


async def serve(settings: dict[str, Any]) -> None:
    """Runs until the input ends or SIGTERM."""
    accounts = {account["user"]: account for account in settings["accounts"]}
    rules = {"accounts": accounts}
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{settings['host']}:{settings['port']}"}},
            "plugins": {"hub.mqtt.embedded.Door": rules, "hub.mqtt.embedded.Rights": rules},
        }
    )
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    loop.add_reader(sys.stdin.fileno(), _until_end, ended)
    await broker.start()
    await ended.wait()
    await broker.shutdown()


def _until_end(ended: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        ended.set()


def main() -> None:
    logging.basicConfig(level=logging.WARNING, stream=sys.stdout)
    settings = json.loads(sys.stdin.buffer.readline())
    uvloop.run(serve(settings))


if __name__ == "__main__":
    main()
