"""The vocabulary of moving media: spans of call time, chunks of sound, pictures.

It must not know aiortc or any model; every time is in seconds since the call began.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

HEARING_RATE = 16_000  # Hz: what every listener model takes
SPEECH_RATE = 24_000  # Hz: what every synthesizer gives and the outgoing track plays

Samples = NDArray[np.int16]  # mono, full scale ±32767
Wave = NDArray[np.float32]  # mono, full scale ±1.0
Pixels = NDArray[np.uint8]  # H x W x 3, RGB


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of call time, `start` <= `end`, in seconds since the call began."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """Mono sound at 16 kHz. At least half of a `lost` chunk is silence put into a hole of the network: not measured."""

    start: float  # s since the call began, of the first sample
    samples: Wave  # [N] float32 at HEARING_RATE
    lost: bool = False

    @property
    def span(self) -> Span:
        return Span(self.start, self.start + len(self.samples) / HEARING_RATE)


class RgbSource(Protocol):
    """Whatever can become RGB pixels once, off the loop (an `av.VideoFrame` is one)."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    def to_ndarray(self, *, format: str) -> NDArray[Any]: ...


@dataclass(frozen=True, slots=True)
class Picture:
    """One sampled camera picture, not yet converted: call `rgb()` on a model worker, never on the event loop."""

    t: float  # s since the call began
    source: RgbSource

    def rgb(self) -> Pixels:
        """Pixels as uint8 H x W x 3 RGB."""
        return np.asarray(self.source.to_ndarray(format="rgb24"), np.uint8)
