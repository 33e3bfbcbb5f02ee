"""The barest control path that there is: an HTTP handler that writes two registers, reads one back and answers.

`python -m bench.kit.skeleton HOST PORT`: no sign-in, no rules, no limits, no journal, no history, nothing polled.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import uvloop
from aiohttp import web
from pymodbus.client import AsyncModbusTcpClient


@contextlib.contextmanager
def skeleton(host: str, port: int) -> Iterator[str]:
    """Its address."""
    command = [sys.executable, "-m", "bench.kit.skeleton", host, str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


async def main(host: str, port: int) -> None:
    client = AsyncModbusTcpClient(host, port=port, timeout=1, retries=0)
    await client.connect()

    async def post(request: web.Request) -> web.Response:
        value = orjson.loads(await request.read())["value"]
        await write_and_read_back(client, value)
        return web.Response(body=orjson.dumps({"state": "confirmed"}), content_type="application/json")

    app = web.Application()
    app.router.add_post("/api/v1/commands", post)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


async def write_and_read_back(client: AsyncModbusTcpClient, sg_ready: int) -> None:
    """The heat pump's SG Ready state as its map writes it: two registers, then the state."""
    await client.write_register(4001, int(sg_ready > 2), device_id=1)
    await client.write_register(4002, int(sg_ready in (1, 4)), device_id=1)
    await client.read_input_registers(5000, count=1, device_id=1)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2])))
