"""signaling/starting.py: while models load the port answers, and then the service takes the same port over."""

from __future__ import annotations

import socket

import aiohttp
from aiohttp import web

from signaling.starting import Starting


async def ok(request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def test_the_port_says_that_it_is_starting_until_the_service_takes_over() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with aiohttp.ClientSession() as http:
            async with Starting(listener):
                async with http.get(f"{url}/health") as response:
                    assert (response.status, await response.json()) == (503, {"status": "starting"})
                    assert int(response.headers["Retry-After"]) > 0
                async with http.post(f"{url}/calls", json={}) as response:
                    assert (response.status, (await response.json())["error"]["code"]) == (503, "starting")
                async with http.get(url, headers={"Accept": "text/html"}) as response:
                    page = await response.text()
                    assert (response.status, response.content_type) == (503, "text/html")
                    assert "준비하고 있어요" in page
                    assert 'http-equiv="refresh"' in page  # it asks again by itself
                    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
            app = web.Application()
            app.router.add_get("/health", ok)
            runner = web.AppRunner(app)
            await runner.setup()
            await web.SockSite(runner, listener).start()
            async with http.get(f"{url}/health") as response:
                assert (response.status, await response.json()) == (200, {"status": "ok"})
            await runner.cleanup()
