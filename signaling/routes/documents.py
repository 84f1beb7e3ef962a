"""`/openapi.json` and the page that shows it, `/docs`.

It must not know any route: it is given what was declared.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import orjson
from aiohttp import web

from signaling.api import JSON, Api
from signaling.openapi import document


def add_to(app: web.Application, apis: Sequence[Api], folder: Path) -> None:
    """Serve the document of `apis` and its page from `folder`."""
    try:
        release = version("deyeonso")
    except PackageNotFoundError:
        release = "0"
    body = orjson.dumps(document(apis, release))

    async def openapi(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, content_type=JSON, headers={"Cache-Control": "no-cache"})

    async def docs(request: web.Request) -> web.StreamResponse:
        return web.FileResponse(folder / "docs.html", headers={"Cache-Control": "no-cache"})

    app.router.add_get("/openapi.json", openapi)
    app.router.add_get("/docs", docs)
