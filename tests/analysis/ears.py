"""Sound to readings for tests, through the real pitch engine. It must not know what is being tested."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from analysis import tone, voicing
from analysis.adapters.pitch import SwiftPitch
from analysis.adapters.silero import SileroModel
from analysis.readings import Scores, ToneReading
from analysis.voicing import Frames
from media.types import HEARING_RATE, Span, Wave


@lru_cache(maxsize=1)
def tracker() -> SwiftPitch:
    """The pitch engine, loaded once for all tests."""
    return SwiftPitch()


def frames(wave: Wave, silero: SileroModel | None = None, gaps: tuple[Span, ...] = ()) -> Frames:
    """The grid of `wave`; without a detector every sound is taken for speech, as in synthetic vowels it must be."""
    speech = None if silero is None else voicing.probabilities(silero.detector(), wave)
    return voicing.lay(wave, tracker().track(wave), speech, gaps)


def read(wave: Wave, text: str = "", silero: SileroModel | None = None, gaps: tuple[Span, ...] = ()) -> ToneReading:
    """The tone of `wave`."""
    return tone.read(wave, frames(wave, silero, gaps), text)


def values(scores: Scores) -> dict[str, float | None]:
    """Just the numbers."""
    return {name: score.value for name, score in scores.items()}


def silence(seconds: float) -> Wave:
    return np.zeros(round(seconds * HEARING_RATE), np.float32)
