"""A live feed with a short memory: numbered messages, encoded once, for any number of readers at their own pace.

It must not know sockets nor what the messages mean. Who publishes never waits: each reader has only a place in the
feed; one that falls further behind than the feed remembers loses the oldest, and is told how many.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson

REMEMBERED = 150  # messages: some 9 s of a call's pictures, .8 MB with their landmarks
LINGERS = 30.0  # s after its last reader for which a feed is still worth feeding: the reader may come back


@dataclass(frozen=True, slots=True)
class Entry:
    """One message in its two forms, as the bytes of its JSON."""

    seq: int
    brief: bytes
    whole: bytes


class Feed:
    """Publish from one event loop. `next` is the number that the next message will have; the first has 1."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self.next = 1
        self.ended: str | None = None  # why, once it has
        self._entries: deque[Entry] = deque(maxlen=remembered)
        self._news = asyncio.Event()
        self.readers = 0
        self._left = float("-inf")  # s, when the last reader did

    def wanted(self, now: float) -> bool:
        """Is there anybody to publish for at `now` (s), or somebody who may come back?"""
        return self.ended is None and (self.readers > 0 or now - self._left < LINGERS)

    def publish(self, fields: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> None:
        """Append a message of `fields`; `more` is only in the whole form."""
        brief = orjson.dumps({"seq": self.next, **fields})
        whole = brief[:-1] + b"," + orjson.dumps(more)[1:] if more else brief
        self._entries.append(Entry(self.next, brief, whole))
        self.next += 1
        self._wake()

    def end(self, reason: str) -> None:
        """Nothing more will come; readers still get what is there."""
        if self.ended is None:
            self.ended = reason
            self._wake()

    def following(self, seq: int) -> tuple[Entry, int]:
        """The first message after `seq` that is remembered, and how many between are forgotten. There must be one."""
        oldest = self.next - len(self._entries)
        start = max(seq + 1, oldest)
        return self._entries[start - self.next], start - (seq + 1)

    def missed(self, seq: int) -> int:
        """How many of those after `seq` are forgotten."""
        return max(0, self.next - len(self._entries) - (seq + 1))

    async def more_than(self, seq: int) -> bool:
        """Wait until something followed `seq`; False once the feed has ended and nothing will."""
        while self.next - 1 <= seq:
            if self.ended is not None:
                return False
            await self._news.wait()
        return True

    @contextmanager
    def reader(self, now: Callable[[], float]) -> Iterator[None]:
        """While somebody reads; `now` tells the time (s) when they leave."""
        self.readers += 1
        try:
            yield
        finally:
            self.readers -= 1
            self._left = now()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
