"""While the models load: the port already answers, and says that it is starting.

It must not know what is being started; it serves on a copy of the socket and lets go of it when left.
"""

from __future__ import annotations

import socket
from types import TracebackType

from aiohttp import web

from signaling.errors import error_response
from signaling.headers import add_headers
from signaling.origins import Origins

AGAIN = 2  # s until a page or program should look again

_PAGE = f"""<!doctype html>
<html lang="ko"><meta charset="utf-8"><meta http-equiv="refresh" content="{AGAIN}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>데연소</title>
<p>데연소가 준비하고 있어요. 이 화면은 곧 저절로 바뀌어요.</p>
<p lang="en">Getting ready; this page will change by itself.</p>
</html>
"""


class Starting:
    """Enter it once the socket listens; leave it before the service itself is served on the same socket."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener

    async def __aenter__(self) -> Starting:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", _not_yet)
        app.on_response_prepare.append(add_headers(Origins(), None))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, auto_decompress=False)
        await self._runner.setup()
        await web.SockSite(self._runner, self._listener.dup()).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()


async def _not_yet(request: web.Request) -> web.Response:
    headers = {"Retry-After": str(AGAIN), "Cache-Control": "no-store", "Connection": "close"}
    if request.path == "/health":
        return web.json_response({"status": "starting"}, status=503, headers=headers)
    if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
        return web.Response(text=_PAGE, content_type="text/html", status=503, headers=headers)
    return error_response("starting", "the service is starting; try again in a moment", 503, headers)
