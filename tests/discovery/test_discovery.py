"""mDNS with a second zeroconf as the browser, on loopback; and everything that can go wrong with it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest
from zeroconf import NonUniqueNameException, ServiceStateChange
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from hub import discovery
from hub.discovery import TYPES, Announcer

LOOPBACK = ["127.0.0.1"]


def works() -> bool:
    """Whether a multicast datagram comes back on loopback here."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(("", 0))
            one.setsockopt(
                socket.IPPROTO_IP,
                socket.IP_ADD_MEMBERSHIP,
                socket.inet_aton("224.0.0.251") + socket.inet_aton("127.0.0.1"),
            )
            one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
            one.settimeout(1)
            one.sendto(b"x", ("224.0.0.251", one.getsockname()[1]))
            return one.recv(10) == b"x"
        except OSError:
            return False


needs_multicast = pytest.mark.skipif(not works(), reason="multicast does not work on loopback here")


def announcer(instance: str = "SHEMS test", **more: Any) -> Announcer:
    return Announcer(8080, instance, LOOPBACK, "0.1.0", "site-7", LOOPBACK, **more)


async def until(done: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not done():
            await asyncio.sleep(0.05)


async def stop(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Browser:
    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    async def __aenter__(self) -> Browser:
        self.zeroconf = AsyncZeroconf(interfaces=LOOPBACK)
        self.browser = AsyncServiceBrowser(self.zeroconf.zeroconf, list(TYPES), handlers=[self._heard])
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.browser.async_cancel()
        await self.zeroconf.async_close()

    def _heard(self, zeroconf: Any, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is ServiceStateChange.Removed:
            self.names.pop(name, None)
        else:
            self.names[name] = service_type


@needs_multicast
def test_a_browser_finds_the_hub_and_hears_its_goodbye() -> None:
    async def main() -> None:
        one = announcer()
        task = asyncio.create_task(one.run())
        async with Browser() as browser:
            await until(lambda: sorted(browser.names.values()) == sorted(TYPES))
            info = AsyncServiceInfo(TYPES[0], f"SHEMS test.{TYPES[0]}")
            assert await info.async_request(browser.zeroconf.zeroconf, 3000)
            assert (info.port, info.server, info.parsed_addresses()) == (8080, "shems.local.", LOOPBACK)
            assert info.decoded_properties == {"version": "0.1.0", "path": "/", "id": "site-7"}
            await until(lambda: one.health == "discovery on as SHEMS test")
            await stop(task)
            await until(lambda: not browser.names)

    asyncio.run(main())


@needs_multicast
def test_a_second_hub_of_the_same_name_is_not_in_the_way() -> None:
    async def main() -> None:
        first, second = announcer(), announcer()
        tasks = [asyncio.create_task(first.run())]
        await until(lambda: " on as " in first.health)
        tasks.append(asyncio.create_task(second.run()))
        await until(lambda: " on as " in second.health, 20)
        # renamed where the probe is answered; on loopback, with one port shared, the answer may reach the wrong socket
        assert second.health in ("discovery on as SHEMS test", "discovery on as SHEMS test-2")
        await stop(*tasks)

    asyncio.run(main())


def test_a_gone_interface_is_off_with_a_reason_and_not_fatal() -> None:
    async def main() -> None:
        one = Announcer(80, "x", LOOPBACK, "", "", ["192.0.2.77"], retry_s=0.1)
        task = asyncio.create_task(one.run())
        await until(lambda: one.health.startswith("discovery off: "))
        await asyncio.sleep(0.3)
        assert not task.done()
        await stop(task)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(98, "Address already in use"), "port 5353 is taken by another program"),
        (OSError(19, "No such device"), "[Errno 19] No such device"),
        (RuntimeError("No adapters"), "No adapters"),
        (NonUniqueNameException(), "the name is taken"),
    ],
)
def test_every_failure_is_retried(monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str) -> None:
    tries = 0

    def broken(**_: object) -> None:
        nonlocal tries
        tries += 1
        raise error

    async def main() -> None:
        monkeypatch.setattr(discovery, "AsyncZeroconf", broken)
        one = announcer(retry_s=0.05)
        task = asyncio.create_task(one.run())
        await until(lambda: tries >= 3)
        assert one.health == f"discovery off: {reason}"
        await stop(task)

    asyncio.run(main())


def test_a_hub_that_listens_everywhere_announces_the_machines_own_addresses() -> None:
    told = discovery.machine_addresses()
    assert told and "0.0.0.0" not in told
    everywhere = Announcer(8080, "SHEMS test", ["0.0.0.0"], "0.1.0", "site-7")
    assert everywhere._reached_at() == told
    assert announcer()._reached_at() == LOOPBACK


@needs_multicast
def test_new_addresses_of_the_machine_are_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = ["192.0.2.7"]
    monkeypatch.setattr(discovery, "machine_addresses", lambda: list(addresses))

    async def main() -> None:
        one = Announcer(8080, "SHEMS moving", ["0.0.0.0"], "0.1.0", "site-7", LOOPBACK, retry_s=0.05)
        task = asyncio.create_task(one.run())
        async with Browser() as browser:
            name = f"SHEMS moving.{TYPES[0]}"
            await until(lambda: name in browser.names)
            addresses[:] = ["192.0.2.8"]

            async def reached_at() -> list[str]:
                info = AsyncServiceInfo(TYPES[0], name)
                await info.async_request(browser.zeroconf.zeroconf, 500)
                return info.parsed_addresses()

            async with asyncio.timeout(10):
                while await reached_at() != addresses:
                    await asyncio.sleep(0.1)
        await stop(task)

    asyncio.run(main())
