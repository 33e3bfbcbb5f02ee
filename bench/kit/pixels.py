"""From a change in the device to the pixel: the real page in Chromium, which notes when its figure has been painted."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Iterator

import aiohttp
from playwright.async_api import Page, async_playwright

from bench.kit.load import change_load
from bench.kit.rows import Row, percentile, row
from tests.house.demo_kit import Demo

WATCH = """
() => {
  window.painted = []
  const figure = document.querySelector('[data-point="house.consumption"]')
  const note = () => requestAnimationFrame(() => setTimeout(() =>
    window.painted.push([Number(figure.dataset.value), performance.timeOrigin + performance.now()])))
  new MutationObserver(note).observe(figure, {attributes: true, attributeFilter: ['data-value']})
}
"""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def pixels(house: Demo, n: int) -> Iterator[Row]:
    program = shutil.which("chromium")
    if program is None:
        print("skipped: device change to pixel needs chromium", file=sys.stderr)
        return
    times = asyncio.run(measure(house, n, program))
    yield row("device change to pixel, idle, p50", percentile(times, 50), "ms")
    yield row("device change to pixel, idle, p95", percentile(times, 95), "ms", 1500)


async def measure(house: Demo, n: int, program: str) -> list[float]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        page = await browser.new_page(viewport={"width": 390, "height": 844})
        await sign_in(page, house)
        await page.wait_for_selector('[data-point="house.consumption"]:not([data-value=""])')
        await page.evaluate(WATCH)
        async with aiohttp.ClientSession(headers=house.headers) as http:
            times = [await one(page, http, house, i) for i in range(n)]
            await http.post(f"{house.sim}/world", json={"load_w": None})
        await browser.close()
        return times


async def sign_in(page: Page, house: Demo) -> None:
    await page.goto(house.base)
    await page.fill("input[name=user]", "owner")
    await page.fill("input[name=password]", house.ready["password"])
    await page.press("input[name=password]", "Enter")


async def one(page: Page, http: aiohttp.ClientSession, house: Demo, i: int) -> float:
    high = i % 2 == 0
    await page.evaluate("window.painted = []")
    changed = await change_load(http, house, high)
    found = f"window.painted.find(([v, at]) => at > {changed * 1000} && (v > 6000) === {str(high).lower()})"
    async with asyncio.timeout(10):
        painted = None
        while painted is None:
            await asyncio.sleep(0.02)
            painted = await page.evaluate(found)
    await asyncio.sleep(0.31 * (i % 5))
    return float(painted[1]) - changed * 1000
