"""Her mood is in her words, and her voice follows it: slower and lower in comfort, quicker and higher in joy."""

from __future__ import annotations

from contextlib import aclosing

import numpy as np
import pytest
from swift_f0 import SwiftF0

from media.types import SPEECH_RATE
from persona import PersonaManager
from persona.adapters.kokoro import KokoroVoice
from persona.mood import coloured, mood_of
from persona.schema import Voice
from persona.shaping import resampled
from persona.types import Mood

F0 = SwiftF0(threads=1, spin=False)


@pytest.mark.parametrize(
    ("sentence", "mood"),
    [
        ("아이고, 정말 힘드셨겠어요.", "tender"),
        ("괜찮아요, 천천히 말해도 돼요.", "tender"),
        ("우와, 진짜 축하해요!", "happy"),
        ("반가워요! 이렇게 얼굴 보니까 좋네요.", "happy"),
        ("그 말은 조금 상처예요.", "hurt"),
        ("음, 그렇게 말씀하시면 속상해요.", "hurt"),
        ("앗, 그렇게 말해 주시니까 부끄러워요.", "shy"),
        ("하하, 제가 너무 대답을 잘했나 봐요.", "playful"),
        ("진지하게 물어보시니까 솔직하게 말할게요.", "serious"),
        ("자살예방 상담전화 109에 꼭 전화해 주세요.", "serious"),
        ("저는 성수동에서 마케팅을 해요.", "calm"),
        ("", "calm"),
    ],
)
def test_the_mood_of_a_sentence(sentence: str, mood: Mood) -> None:
    assert mood_of(sentence) == mood


def test_a_voice_in_any_mood_stays_a_voice_and_calm_is_her_own() -> None:
    for persona in PersonaManager().list_personas():
        calm = coloured(persona.voice, "calm")
        assert (calm.rate, calm.pitch) == (persona.voice.rate, persona.voice.pitch)
    extreme = Voice(tts="-", rate=0.5, pitch=-12)
    assert (coloured(extreme, "serious").rate, coloured(extreme, "serious").pitch) == (0.5, -12)


async def heard(voice: KokoroVoice, mood: Mood) -> tuple[float, float]:
    """Seconds of speech and its median F0 (Hz)."""
    own = PersonaManager().get_persona("seoa").voice
    async with aclosing(voice.speak("오늘 하루는 어떻게 보내셨는지 궁금해요.", coloured(own, mood))) as pieces:
        samples = np.concatenate([piece.samples async for piece in pieces])
    wave = resampled(samples.astype(np.float32) / 32767, SPEECH_RATE / 16_000)
    found = F0.detect(wave, 16_000)
    return len(samples) / SPEECH_RATE, float(np.median(found.pitch_hz[found.confidence >= 0.5]))


async def test_the_embedded_voice_is_heard_to_change(korean_voice: KokoroVoice) -> None:
    calm, happy, tender = [await heard(korean_voice, mood) for mood in ("calm", "happy", "tender")]
    assert happy[0] < calm[0] < tender[0]
    assert 1.08 < tender[0] / happy[0] < 1.25, (happy, calm, tender)  # 1.05 / .92 = 1.14
    semitones = 12 * np.log2(happy[1] / tender[1])
    assert 0.7 < semitones < 2.4, (happy, calm, tender)  # 1.4 asked for
