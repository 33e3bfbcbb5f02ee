"""Browsers that look on: `python -m bench.kit.browsers URL TOKEN N` holds N live web sockets and reads all they get."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp


@contextlib.contextmanager
def browsers(url: str, token: str, count: int) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.kit.browsers", url, token, str(count)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "watching\n"
        yield
    finally:
        process.kill()
        process.wait()


async def main(url: str, token: str, count: int) -> None:
    started = asyncio.Barrier(count + 1)
    known = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=known) as http, asyncio.TaskGroup() as tasks:
        for _ in range(count):
            tasks.create_task(watch(http, url, started))
        await started.wait()
        print("watching", flush=True)


async def watch(http: aiohttp.ClientSession, url: str, started: asyncio.Barrier) -> None:
    async with http.ws_connect(f"{url}/api/v1/live") as socket:
        await socket.receive()
        await started.wait()
        async for _frame in socket:
            pass


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
