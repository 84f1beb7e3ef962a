"""Call time: seconds since the call began. This is the only file that reads a clock.

It must not know what is being timed; everything else takes time as an argument.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any


class Clock:
    """Monotonic seconds since construction. A replay uses `ManualClock` in its place."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.began_at = wall_time()

    def now(self) -> float:
        """Seconds since the call began."""
        return time.monotonic() - self._began


class ManualClock(Clock):
    """A clock that moves only when told to, for replay and for tests of pure rooms."""

    def __init__(self, began_at: dt.datetime | None = None) -> None:
        super().__init__()
        self._now = 0.0
        if began_at is not None:
            self.began_at = began_at

    def now(self) -> float:
        return self._now

    def advance_to(self, seconds: float) -> None:
        """Move to `seconds`; time never runs backwards."""
        self._now = max(self._now, seconds)


class TrackClock:
    """Places one track's presentation times on the call's clock.

    Every RTP receiver's pts starts at its own zero, so the first frame's arrival anchors the track. A frame that
    arrives *earlier* than the anchor predicts shows that the first one was late, and pulls the anchor back: the
    minimum over time is the best estimate of the path's constant delay (the idea of NTP's minimum filter). It is the
    minimum of the last 1–2 `window` only, so that a drifting clock or a sender that stood still is followed.
    """

    def __init__(self, window: float = 3.0) -> None:
        self._window = window  # s
        self._before: float | None = None  # smallest offset of the window before
        self._offset = 0.0  # smallest offset of the present window
        self._turn = 0.0  # s, arrival at which the present window ends

    def place(self, pts_seconds: float, arrival: float) -> float:
        """Call time of the moment `pts_seconds` of the track that arrived at call time `arrival`."""
        offset = arrival - pts_seconds
        if self._before is None:
            self._before = self._offset = offset
            self._turn = arrival + self._window
        elif arrival >= self._turn:
            self._before, self._offset = self._offset, offset
            self._turn = arrival + self._window
        else:
            self._offset = min(self._offset, offset)
        return pts_seconds + min(self._before, self._offset)


def wall_time() -> dt.datetime:
    """Now, timezone-aware UTC: only for what is stored, never for measuring a duration."""
    return dt.datetime.now(dt.UTC)


def monotonic() -> float:
    """Monotonic seconds, for process-wide measurements that belong to no call."""
    return time.monotonic()


async def within(seconds: float | None, waiting: Coroutine[Any, Any, object]) -> None:
    """Wait for it, at most so long; None for as long as it takes."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await waiting
