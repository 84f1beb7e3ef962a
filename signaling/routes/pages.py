"""The pages: static files from `web/`, revalidated on every visit so that a new version is never half old.

It must not make any HTML.
"""

from __future__ import annotations

from pathlib import Path

from aiohttp import web


def add_to(app: web.Application, folder: Path) -> None:
    """`/` is the call page; everything else of `folder` lies under `/static/`."""

    async def index(request: web.Request) -> web.StreamResponse:
        return web.FileResponse(folder / "index.html", headers={"Cache-Control": "no-cache"})

    async def icon(request: web.Request) -> web.StreamResponse:
        return web.FileResponse(folder / "img" / "icon.svg", headers={"Cache-Control": "max-age=86400"})

    async def revalidate(request: web.Request, response: web.StreamResponse) -> None:
        if request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-cache")

    app.router.add_get("/", index)
    app.router.add_get("/favicon.ico", icon)
    app.router.add_static("/static/", folder)
    app.on_response_prepare.append(revalidate)
