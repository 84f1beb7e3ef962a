"""Pitch as numbers: the track of one stretch of sound, its spread in semitones, and how it ends.

Pure over a track; it must not know which engine found the pitch (analysis/adapters/pitch.py) nor what is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from media.types import HEARING_RATE, Wave

HOP = 256  # samples at 16 kHz between two values
HOP_SECONDS = HOP / HEARING_RATE
LOWEST, HIGHEST = 60.0, 500.0  # Hz: speaking voices
SURE = 0.5  # confidence from which a value counts as voiced
ENDING = 0.5  # s of voiced speech at a turn's end in which its melody is read

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PitchTrack:
    """The fundamental frequency every `HOP` samples. Where `confidence` is under `SURE` the value means nothing."""

    hz: Wave  # [F]
    confidence: Wave  # [F] 0–1


class PitchTracker(Protocol):
    """An engine that finds the pitch of a voice; blocking, to be called on a worker."""

    def track(self, samples: Wave) -> PitchTrack:
        """The pitch of [N] float32 at 16 kHz: N // HOP values (none for an empty sound)."""
        ...


def semitones(hz: Wave, reference: float) -> Wave:
    """Distance of each value from `reference` Hz, in semitones."""
    return np.asarray(12.0 * np.log2(np.asarray(hz, np.float64) / reference), np.float32)


def median(hz: Wave) -> float | None:
    """The middle pitch in Hz; None for no value."""
    return float(np.median(hz)) if len(hz) else None


def spread(hz: Wave) -> float | None:
    """Standard deviation in semitones, robust against octave errors: (P90 − P10) / 2.563. None under 10 values."""
    middle = median(hz)
    if middle is None or len(hz) < 10:
        return None
    low, high = np.percentile(semitones(hz, middle), [10, 90])
    return float(high - low) / 2.563


def final_rise(hz: Wave) -> float | None:
    """Semitones from the middle of the last half second's first two thirds to its last third; > 0 rises.

    Voiced values only, in order. None when less than that half second is voiced.
    """
    wanted = round(ENDING / HOP_SECONDS)
    if len(hz) < wanted:
        return None
    ending = semitones(hz[-wanted:], float(np.median(hz[-wanted:])))
    cut = wanted * 2 // 3
    return float(np.median(ending[cut:]) - np.median(ending[:cut]))
