"""Two voices on one timeline: the person's on the left, hers on the right, placed by call time. Pure.

It must not know where sound comes from nor where it goes. Sound that follows what came before is joined to it, so that
the jitter of its stamps is not heard; a hole becomes silence, and what comes too late to be placed is counted.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from media.types import SPEECH_RATE, Samples

RATE = SPEECH_RATE  # Hz
SLACK = round(0.060 * RATE)  # samples by which a stamp may miss the end of what came before and still follow it
Stereo = NDArray[np.int16]  # [N,2]: left the person, right the persona


class Lane:
    """One voice."""

    def __init__(self) -> None:
        self._parts: deque[tuple[int, Samples]] = deque()  # place of the first sample, the samples; in order
        self._next: int | None = None  # where the next sample goes if it follows
        self._taken = 0
        self.late = 0  # samples whose place was taken already

    def put(self, t: float, samples: Samples) -> None:
        """Place [N] int16 at RATE whose first sample sounded at call time `t` (s)."""
        at = round(t * RATE)
        if self._next is not None and abs(at - self._next) <= SLACK:
            at = self._next
        free = self._taken if self._next is None else max(self._taken, self._next)
        if at < free:
            late = min(len(samples), free - at)
            self.late += late
            at, samples = at + late, samples[late:]
        if len(samples):
            self._parts.append((at, samples))
            self._next = at + len(samples)

    def take(self, upto: int, out: Samples) -> None:
        """Fill `out`, silence so far, with what lies between what was taken before and `upto`."""
        first = upto - len(out)
        while self._parts and self._parts[0][0] < upto:
            start, samples = self._parts.popleft()
            part = samples[: upto - start]
            out[start - first : start - first + len(part)] = part
            if len(part) < len(samples):
                self._parts.appendleft((upto, samples[len(part) :]))
        self._taken = upto


class Mixer:
    """Both voices; `take` gives them up to a moment, side by side."""

    def __init__(self, begins: float) -> None:
        """Nothing sounds before call time `begins` (s)."""
        self._place = round(begins * RATE)
        self.person, self.persona = Lane(), Lane()
        for lane in (self.person, self.persona):
            lane.take(self._place, np.empty(0, np.int16))

    def take(self, upto: float) -> Stereo:
        """[N,2] from where the last one ended to call time `upto` (s); empty if that is not later."""
        place = max(self._place, round(upto * RATE))
        mixed = np.zeros((2, place - self._place), np.int16)
        self.person.take(place, mixed[0])
        self.persona.take(place, mixed[1])
        self._place = place
        return np.ascontiguousarray(mixed.T)
