"""One call's ordered record: what was heard, seen and said, each with its time.

It must not know what the events mean; it keeps them in order and hands them to bounded subscribers.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from media.channel import Channel
from media.types import Span


class Event(Protocol):
    """Anything with a moment: `t` in seconds since the call began."""

    @property
    def t(self) -> float: ...


class Timeline:
    """Append-mostly, sorted by `t`. Late events (a transcript of earlier speech) are put in their place.

    `keep` says what of an event is recorded (None: nothing, it is only passed on), so that an hour stays small.
    """

    def __init__(self, subscriber_size: int = 256, keep: Callable[[Event], Event | None] | None = None) -> None:
        self._keep = keep
        self._events: list[Event] = []
        self._subscribers: list[Channel[Event]] = []
        self._subscriber_size = subscriber_size

    def append(self, event: Event) -> None:
        """Record and pass on; never waits (a slow subscriber loses its oldest)."""
        kept = event if self._keep is None else self._keep(event)
        if kept is None:
            pass
        elif not self._events or self._events[-1].t <= kept.t:
            self._events.append(kept)
        else:
            insort(self._events, kept, key=lambda e: e.t)
        for subscriber in self._subscribers:
            subscriber.offer(event)

    def __iter__(self) -> Iterator[Event]:
        return iter(tuple(self._events))

    def __len__(self) -> int:
        return len(self._events)

    def between(self, span: Span) -> list[Event]:
        """Events with span.start <= t < span.end, in order."""
        start = bisect_left(self._events, span.start, key=lambda e: e.t)
        end = bisect_left(self._events, span.end, key=lambda e: e.t)
        return self._events[start:end]

    @contextmanager
    def subscribe(self, size: int | None = None) -> Iterator[Channel[Event]]:
        """A channel of everything appended from now on; it drops its oldest when its reader is slow."""
        channel: Channel[Event] = Channel(size or self._subscriber_size, "drop_oldest")
        self._subscribers.append(channel)
        try:
            yield channel
        finally:
            self._subscribers.remove(channel)
            channel.close()

    def close(self) -> None:
        """End every subscription; what is recorded stays readable."""
        for subscriber in self._subscribers:
            subscriber.close()
