"""One patience for everything that streams from a network: a deadline for the first item, one for each next one.

It must not know what streams or which library brings it; its users translate their own library's errors.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TypeVar

from media.errors import DeyeonsoError

T = TypeVar("T")


async def patiently(
    open_stream: Callable[[], AsyncGenerator[T, None]],
    *,
    translate: Callable[[Exception, bool], DeyeonsoError | None],
    retry: Callable[[Exception], bool],
    first_s: float,
    idle_s: float,
) -> AsyncGenerator[T, None]:
    """The items of `open_stream()`, which is opened a second time if `retry(error)` and nothing had come yet.

    The first item may take `first_s` seconds over both attempts, every further one `idle_s`. An error goes through
    `translate(error, begun)`; what that does not know (None) is raised as it is. Closing this closes the stream.
    """
    begun = False
    try:
        async with asyncio.timeout(first_s):
            try:
                stream, item = await _begin(open_stream, retry)
            except StopAsyncIteration:
                return
        async with aclosing(stream):
            while True:
                begun = True
                yield item
                async with asyncio.timeout(idle_s):
                    try:
                        item = await anext(stream)
                    except StopAsyncIteration:
                        return
    except Exception as error:
        fault = translate(error, begun)
        if fault is None or fault is error:
            raise
        raise fault from error


async def _begin(
    open_stream: Callable[[], AsyncGenerator[T, None]], retry: Callable[[Exception], bool]
) -> tuple[AsyncGenerator[T, None], T]:
    """A stream and its first item. A stream that raised is closed already, so a failed one needs no care."""
    stream = open_stream()
    try:
        return stream, await anext(stream)
    except Exception as error:
        if not retry(error):
            raise
    stream = open_stream()
    return stream, await anext(stream)
