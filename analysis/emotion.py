"""Eight emotions of a turn: what the words say, how aroused the voice is, what the face shows, fused into one reading.

Pure; it must not know engines or how anything was measured. The voice tells arousal and not valence, so it only leans
between the feelings that the words leave open; without the speaker's own baseline it says nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from analysis import pitch
from analysis.rate import spoken_syllables
from analysis.readings import EMOTIONS, Emotion, EmotionReading, Polarity, ToneReading, VoiceBaseline
from analysis.sentiment import emotions, feelings, sentiment
from analysis.tone import rate_of
from media.types import Span

WEIGHTS = {"text": 0.45, "voice": 0.35, "face": 0.20}
LIKELY, AHEAD = 0.5, 0.15  # probability and margin from which a class is named
# Arousal and valence of the classes, −1 … 1, after the circumplex of Russell (1980).
_PLACE: Mapping[Emotion, tuple[float, float]] = {
    "기쁨": (0.5, 0.8), "슬픔": (-0.6, -0.7), "분노": (0.8, -0.7), "놀람": (0.8, 0.1),
    "두려움": (0.6, -0.7), "혐오": (0.2, -0.7), "중립": (0.0, 0.0), "경멸": (-0.1, -0.6),
}  # fmt: skip
_WIDTH = 0.45  # of each class, in arousal and in valence
_NEGATIVE: tuple[Emotion, ...] = ("슬픔", "분노", "두려움", "혐오", "경멸")
_LEAST_VOICED = 0.6  # s


def arousal(tone: ToneReading, baseline: VoiceBaseline | None) -> float | None:
    """−1 … 1 against the speaker's own voice: 4 semitones higher, 6 dB louder or 30 % faster each count as 1."""
    middle = pitch.median(tone.pitch)
    if baseline is None or middle is None or tone.level is None or tone.voiced < _LEAST_VOICED:
        return None
    signs = [12 * math.log2(middle / baseline.pitch) / 4.0]
    if not tone.clipped:
        signs.append((tone.level - baseline.level) / 6.0)
    per_second = rate_of(tone)
    if per_second is not None and baseline.rate:
        signs.append((per_second / baseline.rate - 1) / 0.3)
    return math.tanh(sum(signs) / len(signs))


def of_voice(aroused: float, valence: float | None) -> dict[Emotion, float]:
    """Probabilities of the classes at this arousal, leaning to `valence` where the words gave one."""
    mass = {}
    for emotion, (at, worth) in _PLACE.items():
        distance = ((aroused - at) / _WIDTH) ** 2
        if valence is not None:
            distance += ((valence - worth) / _WIDTH) ** 2
        mass[emotion] = math.exp(-distance / 2)
    total = sum(mass.values())
    return {emotion: value / total for emotion, value in mass.items()}


def read(
    text: str,
    tone: ToneReading | None = None,
    baseline: VoiceBaseline | None = None,
    face: Mapping[Emotion, float] | None = None,
    *,
    span: Span | None = None,
    turn: int = 0,
    text_confidence: float | None = None,
) -> EmotionReading:
    """The feeling of one turn from whatever of the three is there. `face`: probabilities of the 8 classes."""
    sources: dict[str, Mapping[Emotion, float]] = {}
    valence = None
    found = feelings(text)
    if found or spoken_syllables(text):  # in no other language can feelings be read
        valence = sentiment(one for one in found if not one.others)
        sources["text"] = emotions(found)
    aroused = arousal(tone, baseline) if tone is not None else None
    if aroused is not None:
        # Silent words (no text, no word of feeling) leave the voice alone with its arousal: that names no feeling.
        sources["voice"] = of_voice(aroused, valence if sources else None)
    if face:
        sources["face"] = face
    span = span or (tone.span if tone is not None else Span(0.0, 0.0))
    return from_sources(sources, span=span, turn=turn, text_confidence=text_confidence)


def from_sources(
    sources: Mapping[str, Mapping[Emotion, float]], *, span: Span, turn: int = 0, text_confidence: float | None = None
) -> EmotionReading:
    """The reading of what "text", "voice" and "face" tell, whichever of them are there."""
    if not sources:
        return EmotionReading(span, turn, None, None, 0.0, {}, {}, "nothing_to_read")
    fused = fuse(sources)
    label, sure = decide(fused)
    present = sum(WEIGHTS[name] for name in sources)
    if "text" in sources and text_confidence is not None:
        present -= WEIGHTS["text"] * (1 - text_confidence)
    return EmotionReading(span, turn, label, polarity(fused), sure * present, fused, sources)


def fuse(sources: Mapping[str, Mapping[Emotion, float]]) -> dict[Emotion, float]:
    """.45 words, .35 voice, .20 face, renormalised over those that are there."""
    total = sum(WEIGHTS[name] for name in sources)
    return {
        emotion: sum(WEIGHTS[name] * source.get(emotion, 0.0) for name, source in sources.items()) / total
        for emotion in EMOTIONS
    }


def decide(probabilities: Mapping[Emotion, float]) -> tuple[Emotion, float]:
    """The class with at least .5 and .15 ahead of the next, else 중립; and its probability."""
    (first, p), (_, second) = sorted(probabilities.items(), key=lambda pair: -pair[1])[:2]
    label: Emotion = first if p >= LIKELY and p - second >= AHEAD else "중립"
    return label, probabilities[label]


def polarity(probabilities: Mapping[Emotion, float]) -> Polarity:
    """긍정, 부정 or 중립: the coarser and surer answer."""
    if sum(probabilities[emotion] for emotion in _NEGATIVE) >= LIKELY:
        return "부정"
    return "긍정" if probabilities["기쁨"] >= LIKELY else "중립"
