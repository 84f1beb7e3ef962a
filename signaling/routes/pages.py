"""The pages: static files from `web/`, revalidated on every visit so that a new version is never half old.

It must not make any HTML.
"""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from signaling.errors import Handler

PAGES = {
    "/": "index.html",
    "/sessions": "sessions.html",
    "/sessions/{id}": "session.html",
    "/account": "account.html",
    "/memory": "memory.html",
    "/studio": "studio.html",
    "/studio/{id}": "studio.html",
}  # open to everybody: a page shows nothing of a person, it asks for their data as them


def add_to(app: web.Application, folder: Path) -> None:
    """Each of PAGES at its path; everything of `folder` lies under `/static/`."""

    def page(file: Path) -> Handler:
        async def show(request: web.Request) -> web.StreamResponse:
            return web.FileResponse(file, headers={"Cache-Control": "no-cache"})

        show.public = True  # type: ignore[attr-defined]
        return show

    async def icon(request: web.Request) -> web.StreamResponse:
        return web.FileResponse(folder / "img" / "icon.svg", headers={"Cache-Control": "max-age=86400"})

    async def revalidate(request: web.Request, response: web.StreamResponse) -> None:
        if request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-cache")

    for path, name in PAGES.items():
        app.router.add_get(path, page(folder / name))
    app.router.add_get("/favicon.ico", icon)
    app.router.add_static("/static/", folder)
    app.on_response_prepare.append(revalidate)
