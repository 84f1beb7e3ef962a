"""A bounded, closable, single-reader channel: the only queue in the product.

It must not know what it carries. Its writer chooses once what happens when it is full: wait, or drop the oldest.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Generic, Literal, TypeVar

T = TypeVar("T")
WhenFull = Literal["wait", "drop_oldest"]


class Closed(Exception):
    """The channel was closed: nothing more can be put in, or (once drained) taken out."""


class Channel(Generic[T]):
    """Up to `size` items between one event loop's tasks.

    `drop_oldest` never blocks the writer and counts in `dropped` what it threw away; `wait` blocks `put`.
    """

    def __init__(self, size: int, when_full: WhenFull) -> None:
        if size < 1:
            raise ValueError("a channel holds at least one item")
        self._items: deque[T] = deque()
        self._size = size
        self._drops = when_full == "drop_oldest"
        self._closed = False
        self._readable = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._items)

    @property
    def closed(self) -> bool:
        return self._closed

    def offer(self, item: T) -> bool:
        """Put without waiting. False if it was refused (closed, or full on a waiting channel)."""
        if self._closed:
            return False
        if len(self._items) >= self._size:
            if not self._drops:
                return False
            self._items.popleft()
            self.dropped += 1
        self._items.append(item)
        self._readable.set()
        if len(self._items) >= self._size:
            self._writable.clear()
        return True

    async def put(self, item: T) -> None:
        """Put, waiting for room unless the channel drops. Raises `Closed`."""
        while not self.offer(item):
            if self._closed:
                raise Closed
            await self._writable.wait()

    async def get(self) -> T:
        """Take the oldest item, waiting for one. Raises `Closed` once closed and empty."""
        while not self._items:
            if self._closed:
                raise Closed
            self._readable.clear()
            await self._readable.wait()
        item = self._items.popleft()
        self._writable.set()
        return item

    def drain(self) -> list[T]:
        """Take everything that waits, without waiting."""
        items = list(self._items)
        self._items.clear()
        self._writable.set()
        return items

    def close(self) -> None:
        """No more items; the reader still gets those that wait. Closing twice is fine."""
        self._closed = True
        self._readable.set()
        self._writable.set()

    async def __aiter__(self) -> AsyncIterator[T]:
        while True:
            try:
                yield await self.get()
            except Closed:
                return
