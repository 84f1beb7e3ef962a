"""Is the one who asked still there? Work for a client that has left is stopped.

It must not know what the work is.
"""

from __future__ import annotations

import asyncio
from types import TracebackType

from aiohttp import web

EVERY = 0.1  # s between two looks


class while_connected:
    """`async with while_connected(request):` cancels the block when the client leaves: raises ConnectionResetError."""

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self._scope = asyncio.timeout(None)
        self._next: asyncio.TimerHandle | None = None
        self._gone = False

    async def __aenter__(self) -> None:
        await self._scope.__aenter__()
        self._look()

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        transport = self._request.transport
        if transport is None or transport.is_closing():
            self._gone = True
            self._scope.reschedule(loop.time())
        else:
            self._next = loop.call_later(EVERY, self._look)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._next is not None:
            self._next.cancel()
        try:
            await self._scope.__aexit__(kind, error, trace)
        except TimeoutError:
            if self._gone:
                raise ConnectionResetError("the client has left") from None
            raise
