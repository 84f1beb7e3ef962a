"""What a judgement needs to know beside what was heard and seen: what the partner said, calibration, expressions, tips.

Plain frozen values on the timeline; they must not know personas, engines or scores. The call puts them there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.readings import Emotion, VoiceBaseline
from media.types import Span


@dataclass(frozen=True, slots=True)
class PersonaSpoke:
    """One reply of the partner, as the person heard it."""

    span: Span  # s, of its playout at the client
    text: str  # the words that were played
    turn: int  # the person's turn it answers; 0 is the greeting

    @property
    def t(self) -> float:
        return self.span.end


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The person looked at the partner with a resting face and sat at ease during `span`."""

    span: Span  # s

    @property
    def t(self) -> float:
        return self.span.end


@dataclass(frozen=True, slots=True)
class VoiceCalibrated:
    """The person said a sentence at ease during `span`: what their own voice is like."""

    span: Span  # s
    baseline: VoiceBaseline

    @property
    def t(self) -> float:
        return self.span.end


@dataclass(frozen=True, slots=True)
class GainControl:
    """From `t` on the browser levels the microphone, or no longer does."""

    t: float  # s
    automatic: bool


@dataclass(frozen=True, slots=True)
class ExpressionReading:
    """What one picture's face shows. Fewer than 8 classes where the model knows fewer."""

    t: float  # s, moment of the picture
    label: Emotion
    confidence: float  # 0–1, the label's probability
    probabilities: Mapping[Emotion, float]  # sum 1
    model: str  # which model said so


@dataclass(frozen=True, slots=True)
class Tip:
    """One live hint."""

    t: float  # s
    id: str  # stable name, e.g. "few_questions"
    text: str  # Korean, at most 18 characters but for the two notices
