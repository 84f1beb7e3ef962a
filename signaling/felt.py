"""What the persona may be told of how the person looks and sounds: the clearest feeling of a turn, or none. Pure.

It must not know personas: whether she speaks of it is hers to decide (persona/companion.py).
"""

from __future__ import annotations

from collections.abc import Mapping

from analysis.readings import Emotion, EmotionReading, ToneReading

FEELINGS: Mapping[Emotion, str] = {"기쁨": "happy", "슬픔": "sad", "분노": "angry", "두려움": "nervous"}
FACE_TRUST = 0.85  # of a face's mean probability over a turn: such models are right about two times in three
HALTING = (0.25, 0.55)  # share of a turn that its pauses take: none is nervous, and as sure as this gets
HALTING_MOST = 0.8


def felt(
    feeling: EmotionReading | None, voice: ToneReading | None, face: Mapping[Emotion, float] | None
) -> tuple[str, float] | None:
    """(feeling, confidence 0–1) of whichever source is surest; words alone are no news, she has heard them."""
    found: list[tuple[float, str]] = []
    if (
        feeling is not None
        and feeling.label is not None
        and feeling.label in FEELINGS
        and set(feeling.sources) - {"text"}
    ):
        found.append((feeling.confidence, FEELINGS[feeling.label]))
    if face:
        label = max(face, key=lambda emotion: face[emotion])
        if label in FEELINGS:
            found.append((FACE_TRUST * face[label], FEELINGS[label]))
    if voice is not None and len(voice.pauses) >= 2 and voice.speaking > 0:
        share = sum(pause.seconds for pause in voice.pauses) / voice.speaking
        low, high = HALTING
        found.append((HALTING_MOST * min(1.0, max(0.0, (share - low) / (high - low))), "nervous"))
    if not found:
        return None
    confidence, name = max(found)
    return (name, confidence) if confidence > 0 else None
