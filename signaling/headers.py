"""What every answer carries besides its content: the browser's orders about scripts, frames, caches and other sites.

It must not know any route.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from signaling.entry import is_public
from signaling.origins import Origins, show_to

_ALWAYS = {
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=()",
    "Server": "deyeonso",  # not which release of what
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def policy(sign_in_at: str | None = None) -> str:
    """The Content-Security-Policy: this service only, and the identity provider that the page signs in at."""
    connect = "'self'"
    if sign_in_at is not None:
        where = urlsplit(sign_in_at)
        connect += f" {where.scheme}://{where.netloc}"  # a path would allow that address only, and none below it
    return (
        "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob: mediastream:; style-src 'self'; "
        f"script-src 'self'; connect-src {connect}; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


def add_headers(
    origins: Origins, sign_in_at: str | None
) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """For `on_response_prepare`."""
    always = {**_ALWAYS, "Content-Security-Policy": policy(sign_in_at)}

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        for name, value in always.items():
            response.headers.setdefault(name, value)
        if not is_public(request):
            response.headers.setdefault("Cache-Control", "no-store")  # it is somebody's own
        show_to(origins, request, response)

    return add
