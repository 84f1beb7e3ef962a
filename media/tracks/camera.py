"""The person's camera: always drained, thinned out to the rate the watcher wants, stamped with call time.

It must not know what is looked for; pictures it skips are never converted, and the newest replaces one not yet taken.
"""

from __future__ import annotations

from contextlib import suppress

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import VideoFrame

from media.channel import Channel
from media.clock import Clock, TrackClock
from media.types import Picture

JUMP_SECONDS = 2.0  # presentation times that move further than this at once belong to a new sequence
TICK = 0.001  # s: two pictures are at least this far apart, whatever the network did to the estimate of its delay


class Thinning:
    """Which of a track's pictures to take so that there are at most `rate` per second, evenly spaced. Pure."""

    def __init__(self, rate: float) -> None:
        self._period = 1.0 / rate  # s
        self._due: float | None = None

    def take(self, t: float, interval: float) -> bool:
        """Is the picture of time `t` (s) the one to take, where pictures come every `interval` s?"""
        if self._due is None or abs(t - self._due) > JUMP_SECONDS:
            self._due = t
        if t < self._due - interval / 2:  # another one comes nearer to the due time
            return False
        self._due = max(self._due, t - self._period) + self._period
        return True


class Camera:
    """One remote video track → `Picture`s, newest first. `run()` ends with the track; `out` stays open for the next.

    `out` is meant to be a channel of one picture that drops its oldest.
    """

    def __init__(self, track: MediaStreamTrack, clock: Clock, out: Channel[Picture], rate: float = 15.0) -> None:
        self._track = track
        self._clock = clock
        self._out = out
        self._thinning = Thinning(rate)
        self._track_clock = TrackClock()
        self._interval = 0.0  # s between the last two pictures
        self._last_pts: float | None = None  # s
        self._last_t = float("-inf")  # s
        self.received = 0
        self.offered = 0

    async def run(self) -> None:
        """Drain the track until it ends; waits for nothing but the track."""
        with suppress(MediaStreamError):
            while True:
                frame = await self._track.recv()
                if isinstance(frame, VideoFrame):
                    self._take(frame, self._clock.now())

    def _take(self, frame: VideoFrame, arrival: float) -> None:
        self.received += 1
        pts = arrival if frame.time is None else frame.time
        step = 0.0 if self._last_pts is None else pts - self._last_pts
        self._last_pts = pts
        if not 0.0 <= step <= JUMP_SECONDS:
            self._track_clock = TrackClock()
        elif step:
            self._interval = step
        # aiortc lets a picture go when the first packet of the NEXT one arrives: one interval after its own arrival.
        t = self._track_clock.place(pts + self._interval, arrival) - self._interval
        if not self._thinning.take(pts, self._interval):
            return
        self._last_t = max(t, self._last_t + TICK)
        self._out.offer(Picture(self._last_t, frame))
        self.offered += 1
