"""Cuts the microphone's chunks into equal frames, and keeps the sound that may belong to a turn.

Pure bookkeeping of samples and their times; it must not know what is speech, nor models, clocks or tasks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from media.types import HEARING_RATE, AudioChunk, Span, Wave

JITTER = 0.05  # s by which a chunk's time may stray from its place before it counts as a hole
LONGEST_FILL = 2.0  # s of a hole that are filled with silence; of a longer one the rest is skipped


@dataclass(frozen=True, slots=True)
class Frame:
    """A fixed number of samples with their place in call time. `lost`: mostly not measured (a hole)."""

    start: float  # s
    samples: Wave = field(repr=False)  # [frame] float32
    lost: bool = False

    @property
    def end(self) -> float:
        return self.start + len(self.samples) / HEARING_RATE


class Framer:
    """Chunks of any length in, frames of `size` samples out; a jump in time becomes lost sound."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._samples: Wave = np.zeros(0, np.float32)
        self._lost = np.zeros(0, np.bool_)
        self._start: float | None = None  # s, of the first sample that waits

    def push(self, chunk: AudioChunk) -> Iterator[Frame]:
        """The frames that `chunk` completes."""
        expected = chunk.start if self._start is None else self._start + len(self._samples) / HEARING_RATE
        hole = chunk.start - expected
        if hole > JITTER:
            filled = min(hole, LONGEST_FILL)
            self._take(np.zeros(round(filled * HEARING_RATE), np.float32), True, chunk.start - filled)
        self._take(chunk.samples, chunk.lost, chunk.start)
        assert self._start is not None  # _take has just set it
        while len(self._samples) >= self._size:
            frame = Frame(self._start, self._samples[: self._size], bool(self._lost[: self._size].mean() > 0.5))
            self._samples = self._samples[self._size :]
            self._lost = self._lost[self._size :]
            self._start += self._size / HEARING_RATE
            yield frame

    def _take(self, samples: Wave, lost: bool, start: float) -> None:
        # The newest chunk's time is the best known: a track's clock may still be settling by some ms.
        self._start = start - len(self._samples) / HEARING_RATE
        self._samples = np.concatenate([self._samples, samples])
        self._lost = np.concatenate([self._lost, np.full(len(samples), lost)])


class Recent:
    """The last frames, in order: all since `forget_before`, to be cut into a turn's sound."""

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque()

    def append(self, frame: Frame) -> None:
        """Keep one more frame."""
        self._frames.append(frame)

    def forget_before(self, t: float) -> None:
        """Drop the frames that end at or before `t` s."""
        while self._frames and self._frames[0].end <= t:
            self._frames.popleft()

    def cut(self, span: Span) -> Wave:
        """[N] float32 at 16 kHz: the kept sound within `span`, to the sample."""
        kept = [frame for frame in self._frames if frame.start < span.end and frame.end > span.start]
        if not kept:
            return np.zeros(0, np.float32)
        first = max(0, round((span.start - kept[0].start) * HEARING_RATE))
        length = round((span.end - max(span.start, kept[0].start)) * HEARING_RATE)
        return np.concatenate([frame.samples for frame in kept])[first : first + length]

    def gaps(self, span: Span) -> tuple[Span, ...]:
        """The lost stretches within `span`, neighbours joined."""
        found: list[Span] = []
        for frame in self._frames:
            if not frame.lost or frame.start >= span.end or frame.end <= span.start:
                continue
            start, end = max(frame.start, span.start), min(frame.end, span.end)
            if found and start - found[-1].end < 1e-3:
                found[-1] = Span(found[-1].start, end)
            else:
                found.append(Span(start, end))
        return tuple(found)
