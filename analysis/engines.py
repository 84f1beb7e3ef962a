"""The seams of hearing and seeing: what the pipeline asks of an engine, in its own words.

It must not know any adapter. Model classes are plain and blocking: the pipeline calls them on a `media.Worker`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from analysis.readings import Emotion
from analysis.types import FaceReading
from media.types import Pixels, Wave
from media.worker import Batcher


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was recognised; `confidence` 0–1 is the mean token probability, None where the engine gives none."""

    text: str
    confidence: float | None = None


class SpeechDetector(Protocol):
    """Voice activity of one sound: stateful, so one instance per call or file."""

    frame: int  # samples at 16 kHz per decision

    def probability(self, frame: Wave) -> float:
        """Probability 0–1 that `frame` ([frame] float32, 16 kHz) holds speech."""
        ...

    def reset(self) -> None:
        """Forget the past (after a hole in the sound)."""
        ...


class LiveSpeechDetector(Protocol):
    """A `SpeechDetector` whose frames are read together with those of other calls, away from the event loop."""

    frame: int  # samples at 16 kHz per decision

    async def probability(self, frame: Wave) -> float:
        """Probability 0–1 that `frame` ([frame] float32, 16 kHz) holds speech; ask for one after the other."""
        ...

    def reset(self) -> None:
        """Forget the past (after a hole in the sound)."""
        ...


class TurnEndDetector(Protocol):
    """Do these turns sound finished? Stateless, so that one instance serves all calls through a `Batcher`."""

    def complete(self, turns: Sequence[Wave]) -> list[float]:
        """Probability 0–1 that the turn is over that ends with the samples ([N] float32, 16 kHz), for each."""
        ...


SoundsFinished = Batcher[Wave, float]  # TurnEndDetector.complete, for all calls


class SpeechToText(Protocol):
    """Korean speech recognition of one utterance."""

    name: str

    async def transcribe(self, samples: Wave) -> Transcript:
        """Text of [N] float32 at 16 kHz. Raises DeyeonsoError."""
        ...

    async def close(self) -> None: ...


class FaceLandmarker(Protocol):
    """478 landmarks, 52 blendshapes and the head's pose of the largest face; one instance per call (it tracks)."""

    def read(self, pixels: Pixels, t: float) -> FaceReading:
        """Read H x W x 3 uint8 RGB taken at call time `t` s; `t` must grow from call to call."""
        ...

    def close(self) -> None: ...


class ExpressionClassifier(Protocol):
    """What faces show; stateless, so that one instance serves all calls through a `media.worker.Batcher`."""

    name: str  # named in every result

    def classify(self, faces: Sequence[Pixels]) -> list[Mapping[Emotion, float]]:
        """Probabilities (sum 1) of the classes it knows, for each H x W x 3 uint8 RGB crop of a face."""
        ...
