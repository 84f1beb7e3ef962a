"""All that one turn tells, in one go: voice, words and feeling.

Pure over the turn, its pitch and its speech probabilities; it must not know engines, workers or the timeline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis import emotion, tone, voicing, words
from analysis.pitch import PitchTrack
from analysis.readings import Emotion, EmotionReading, Expected, ToneReading, VoiceBaseline, WordReading
from analysis.types import Utterance
from media.types import Span, Wave

LEAST_SURE = 0.35  # mean token probability under which a transcript is not taken for what was said


@dataclass(frozen=True, slots=True)
class TurnContext:
    """What one must know beside the turn itself."""

    pitch: PitchTrack
    speech: Wave | None = None  # [F] probability of speech a hop; None: every sound is taken for speech
    baseline: VoiceBaseline | None = None  # the speaker's own voice
    said_before: str = ""  # the partner's last turn
    expected: Expected = "존댓말"  # the speech level the two have agreed on
    face: Mapping[Emotion, float] | None = None  # what the face showed meanwhile
    auto_gain: bool = False  # the browser levels the microphone


def analyze_utterance(utterance: Utterance, context: TurnContext) -> tuple[ToneReading, WordReading, EmotionReading]:
    """The three readings of one turn: some 30 ms for 5 s of sound, 2 ms for its text."""
    span, text = utterance.span, trusted(utterance.text, utterance.confidence)
    gaps = tuple(Span(gap.start - span.start, gap.end - span.start) for gap in utterance.gaps)
    frames = voicing.lay(utterance.samples, context.pitch, context.speech, gaps)
    sound = tone.read(utterance.samples, frames, text, span=span, turn=utterance.turn, auto_gain=context.auto_gain)
    said = words.read(
        text,
        span=span,
        turn=utterance.turn,
        said_before=context.said_before,
        final_rise=sound.final_rise,
        expected=context.expected,
    )
    feeling = emotion.read(
        text,
        sound,
        context.baseline,
        context.face,
        span=span,
        turn=utterance.turn,
        text_confidence=utterance.confidence,
    )
    return sound, said, feeling


def trusted(text: str, confidence: float | None) -> str:
    """The words that may be judged: none where the recogniser itself doubts them, so that its errors cost nothing."""
    return "" if confidence is not None and confidence < LEAST_SURE else text
