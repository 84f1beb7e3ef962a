"""While a person's data is erased nothing of theirs is written: what is under way ends first, what comes waits outside.

It must not know what is written. Calls and watchers are ended by who erases; this is about requests.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from media.errors import DeyeonsoError
from signaling.context import IDENTITY
from signaling.errors import Handler

_READING = ("GET", "HEAD", "OPTIONS")


class Erasure:
    """One a service."""

    def __init__(self) -> None:
        self._writing: Counter[str] = Counter()  # person → requests under way that may write
        self._erasing: set[str] = set()
        self._done = asyncio.Condition()

    @asynccontextmanager
    async def writing(self, user_id: str) -> AsyncIterator[None]:
        """Around a request. Raises DeyeonsoError `busy` while this person is erased."""
        if user_id in self._erasing:
            raise _busy()
        self._writing[user_id] += 1
        try:
            yield
        finally:
            self._writing[user_id] -= 1
            self._writing += Counter()  # forget who has none
            async with self._done:
                self._done.notify_all()

    @asynccontextmanager
    async def erasing(self, user_id: str, patience: float) -> AsyncIterator[None]:
        """Around the erasing. Raises `busy` if it is going on already, or requests last longer than `patience` s."""
        if user_id in self._erasing:
            raise _busy()
        self._erasing.add(user_id)
        try:
            try:
                async with asyncio.timeout(patience), self._done:
                    await self._done.wait_for(lambda: not self._writing[user_id])
            except TimeoutError:
                raise _busy() from None
            yield
        finally:
            self._erasing.discard(user_id)


def _busy() -> DeyeonsoError:
    return DeyeonsoError("busy", "기록을 지우는 중이거나, 아직 끝나지 않은 요청이 있어요. 잠시 뒤에 다시 해 주세요.")


ERASURE = web.AppKey("erasure", Erasure)


@web.middleware
async def not_while_erased(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Behind the sign-in: keeps what may write apart from the erasing of its person."""
    erases = request.method == "DELETE" and request.path == "/users/me"
    if request.method in _READING or erases or IDENTITY not in request:
        return await handler(request)
    async with request.app[ERASURE].writing(request[IDENTITY].user_id):
        return await handler(request)
