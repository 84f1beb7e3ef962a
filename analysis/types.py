"""The vocabulary of hearing and seeing: moments of speech, utterances, readings.

Plain frozen values with units; they must not know asyncio, engines or how anything is stored. `t` is always the
moment in call time (seconds) that the event is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from media.types import Span, Wave


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The person began to make a speech-like sound (it may turn out to be a cough)."""

    t: float  # s, onset


@dataclass(frozen=True, slots=True)
class SpeechConfirmed:
    """The sound that started has gone on long enough to be meant as speech: time to yield the floor."""

    t: float  # s, when it became sure
    onset: float  # s


@dataclass(frozen=True, slots=True)
class SpeechDismissed:
    """What started was too short to be speech (a cough, a click, a lone "네")."""

    t: float  # s, end of the sound
    onset: float  # s


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The person's turn is over."""

    t: float  # s, end of the speech itself
    decided_at: float  # s, when the end of turn was decided
    complete: float | None = None  # probability from the end-of-turn model, None if silence alone decided


@dataclass(frozen=True, slots=True)
class Utterance:
    """One recognised turn of the person."""

    span: Span
    text: str  # "" when nothing could be recognised
    turn: int  # 1, 2, 3 … in this call
    confidence: float | None  # 0–1, mean token probability; None if the engine gives none
    decided_at: float  # s, end of turn decided
    recognised_at: float  # s, text there
    samples: Wave = field(repr=False, compare=False)  # [N] float32, 16 kHz, the turn's sound
    gaps: tuple[Span, ...] = ()  # holes the network left: not measured

    @property
    def t(self) -> float:
        return self.span.end


@dataclass(frozen=True, slots=True)
class FaceReading:
    """What the landmarker found in one picture. With no face, everything but `t`, `width`, `height` is None."""

    t: float  # s, moment of the picture
    width: int  # px
    height: int  # px
    landmarks: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)  # [478,3], x y in 0–1
    blendshapes: Mapping[str, float] | None = field(default=None, repr=False)  # 52 names → 0–1
    matrix: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)  # [4,4] head pose
    faces: int = 0  # how many faces were seen; the largest is read

    @property
    def found(self) -> bool:
        return self.landmarks is not None


@dataclass(frozen=True, slots=True)
class AnalyzerFault:
    """An analyzer could not measure: the call goes on and the value is "not measured", never zero."""

    t: float  # s
    analyzer: str  # e.g. "speech-to-text", "face"
    code: str
    message: str


HearingEvent = SpeechStarted | SpeechConfirmed | SpeechDismissed | SpeechStopped | Utterance | AnalyzerFault
