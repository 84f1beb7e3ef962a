"""How she feels as she says a sentence, read from its words; and the voice that goes with it. Pure.

It must not know who reads the sentence aloud: a synthesizer takes the voice's rate and pitch as it can.
"""

from __future__ import annotations

import re
from functools import lru_cache

from persona.schema import Voice
from persona.tables import table
from persona.types import Mood

# mood → (rate as a factor, pitch in semitones, the manner in words for a voice that can be told so)
_COLOURS: dict[Mood, tuple[float, float, str]] = {
    "happy": (1.05, 0.8, "밝고 들뜬 목소리로"),
    "playful": (1.06, 0.5, "장난스럽고 가벼운 목소리로"),
    "tender": (0.92, -0.6, "다정하고 조용한 목소리로, 천천히"),
    "shy": (0.95, 0.4, "조금 수줍은 목소리로"),
    "hurt": (0.93, -0.8, "조금 서운한, 낮은 목소리로"),
    "serious": (0.9, -0.8, "진지하고 차분한 목소리로"),
    "calm": (1.0, 0.0, "편안한 목소리로"),
}


@lru_cache(maxsize=1)
def _signs() -> list[tuple[Mood, re.Pattern[str]]]:
    moods: dict[Mood, list[str]] = table("moods")
    return [(mood, re.compile("|".join(words))) for mood, words in moods.items()]


def mood_of(sentence: str) -> Mood:
    """The mood of a sentence of hers: the gravest its words show, "calm" where they show none."""
    return next((mood for mood, signs in _signs() if signs.search(sentence)), "calm")


def coloured(voice: Voice, mood: Mood) -> Voice:
    """The persona's voice as it sounds in `mood`, within the bounds of a voice."""
    rate, pitch, manner = _COLOURS[mood]
    return voice.model_copy(
        update={
            "rate": min(2.0, max(0.5, voice.rate * rate)),
            "pitch": min(12.0, max(-12.0, voice.pitch + pitch)),
            "manner": ", ".join(filter(None, (voice.manner, manner))),
        }
    )
