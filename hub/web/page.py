"""The built page. Hashed assets are cached for ever, the page itself never."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from hub.web.rooms import ROOMS

NOT_BUILT = "The page is not built. Run ./shems run or ./shems demo from the checkout: they build it."
POLICY = (
    "default-src 'self'; connect-src 'self' ws: wss:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'none'"
)


async def page(request: web.Request) -> web.StreamResponse:
    """Any path that is not a file is the page's own route."""
    static = request.app[ROOMS].static
    if not (static / "index.html").exists():
        return web.Response(status=503, text=NOT_BUILT)
    name = request.match_info["path"]
    file = _file(static, name)
    if file is None:
        return web.FileResponse(
            static / "index.html", headers={"Cache-Control": "no-cache", "Content-Security-Policy": POLICY}
        )
    fresh = "public, max-age=31536000, immutable" if name.startswith("assets/") else "no-cache"
    return web.FileResponse(file, headers={"Cache-Control": fresh})


def _file(static: Path, name: str) -> Path | None:
    """The file of that name inside `static`; None for any other, and for what no file can be called."""
    try:
        file = (static / name).resolve()
        return file if static.resolve() in file.parents and file.is_file() else None
    except (OSError, ValueError):
        return None
