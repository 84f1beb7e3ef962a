"""The embedded voice by its sound: how long, how loud, how high, how clean, and clause by clause."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import jiwer
import numpy as np
import pytest
from swift_f0 import SwiftF0

from analysis.hangul import syllables
from media.errors import DeyeonsoError
from media.types import SPEECH_RATE, Samples, Wave
from media.weights import Weights
from persona.adapters.kokoro import KokoroVoice
from persona.engines import SpeechPiece
from persona.schema import Voice
from persona.shaping import resampled

GREETING = "안녕하세요. 만나서 정말 반가워요."
Speak = Callable[..., Wave]
F0 = SwiftF0(threads=1, spin=False)


async def pieces_of(korean_voice: KokoroVoice, text: str, **voice: object) -> list[SpeechPiece]:
    async with aclosing(korean_voice.speak(text, Voice(tts="-", **voice))) as pieces:  # type: ignore[arg-type]
        return [piece async for piece in pieces]


def loudness(samples: Samples) -> np.ndarray:
    """RMS of each 10 ms, full scale 1."""
    frames = samples[: len(samples) // 240 * 240].reshape(-1, 240) / 32767
    return np.sqrt(np.mean(frames**2, axis=1))


def seconds(piece: SpeechPiece) -> float:
    return len(piece.samples) / SPEECH_RATE


def pitch(wave: Wave) -> float:
    """Median fundamental frequency of the voiced frames, Hz."""
    heard = F0.detect(wave, 16_000)
    return float(np.median(heard.pitch_hz[heard.confidence >= 0.5]))


async def test_each_clause_is_a_piece_with_its_own_words(korean_voice: KokoroVoice) -> None:
    pieces = await pieces_of(korean_voice, GREETING)
    assert [piece.text for piece in pieces] == ["안녕하세요.", "만나서 정말 반가워요."]
    assert all(piece.samples.dtype == np.int16 and piece.samples.ndim == 1 for piece in pieces)


async def test_the_pieces_words_are_the_text_as_it_was_written(korean_voice: KokoroVoice) -> None:
    text = "😊 네! 저는 28살이고, ENFP예요ㅋㅋ 🎉 2024년에 왔어요~ ^^"
    pieces = await pieces_of(korean_voice, text)
    assert "".join("".join(piece.text for piece in pieces).split()) == "".join(text.split())


async def test_speech_takes_as_long_as_a_person_takes(korean_voice: KokoroVoice) -> None:
    for piece in await pieces_of(korean_voice, GREETING):
        assert 3.0 < syllables(piece.text) / seconds(piece) < 8.0


async def test_every_clause_is_at_the_same_level_and_nothing_clips(korean_voice: KokoroVoice) -> None:
    for piece in await pieces_of(korean_voice, GREETING):
        levels = loudness(piece.samples)
        sounding = levels[levels > 0.1 * levels.max()]
        assert 20 * np.log10(np.sqrt(np.mean(sounding**2))) == pytest.approx(-20, abs=1.5)
        assert np.abs(piece.samples.astype(np.int32)).max() < 0.9 * 32767


async def test_a_piece_starts_with_speech_and_ends_with_its_pause_only(korean_voice: KokoroVoice) -> None:
    comma, end = await pieces_of(korean_voice, "저는 스물여덟 살이고, 마케팅을 해요.")
    for piece, pause in ((comma, 0.12), (end, 0.25)):
        heard = np.flatnonzero(loudness(piece.samples) > 0.005)
        assert heard[0] * 0.01 < 0.1
        assert pause <= seconds(piece) - heard[-1] * 0.01 < pause + 0.2


async def test_no_piece_begins_or_ends_with_a_click(korean_voice: KokoroVoice) -> None:
    for piece in await pieces_of(korean_voice, GREETING):
        assert abs(int(piece.samples[0])) < 50
        assert abs(int(piece.samples[-1])) == 0
        steps = np.abs(np.diff(piece.samples.astype(np.int32)))
        assert steps[:48].max() < 1000  # the first and the last 2 ms of sound rise and fall softly
        sound = np.flatnonzero(piece.samples)[-1]
        assert steps[sound - 48 : sound + 1].max() < 1000


def test_a_womans_voice_is_higher_than_a_mans(speak: Speak) -> None:
    assert 160 < pitch(speak(GREETING)) < 330
    assert 80 < pitch(speak(GREETING, "jm_kumo")) < 160


def test_a_faster_rate_is_shorter_speech(speak: Speak) -> None:
    assert len(speak(GREETING, rate=1.3)) < 0.9 * len(speak(GREETING, rate=1.0))


async def test_pitch_moves_in_semitones_and_keeps_the_pace(korean_voice: KokoroVoice, speak: Speak) -> None:
    text = "만나서 정말 반가워요."
    (piece,) = await pieces_of(korean_voice, text, pitch=-4)
    lower = resampled(piece.samples.astype(np.float32) / 32767, 1.5)
    assert 12 * np.log2(pitch(lower) / pitch(speak(text))) == pytest.approx(-4, abs=1.2)
    assert len(lower) == pytest.approx(len(speak(text)), rel=0.15)


def test_a_blend_lies_between_its_voices(speak: Speak) -> None:
    low, high = pitch(speak(GREETING, "jm_kumo")), pitch(speak(GREETING))
    assert low + 5 < pitch(speak(GREETING, "jf_alpha+jm_kumo")) < high - 5


@pytest.mark.parametrize("text", ["", "  ", "😊🎉", "ㅠㅠ", "..."])
async def test_nothing_speakable_is_no_piece(korean_voice: KokoroVoice, text: str) -> None:
    assert await pieces_of(korean_voice, text) == []


async def test_leaving_early_makes_no_further_clause(korean_voice: KokoroVoice) -> None:
    async with aclosing(korean_voice.speak(GREETING * 20, Voice(tts="-"))) as pieces:
        first = await anext(pieces)
    assert first.text == "안녕하세요."
    # Were the other 39 clauses still being made, these would wait behind them.
    assert len(await pieces_of(korean_voice, "네.")) == 1
    with pytest.raises(StopAsyncIteration):
        await anext(pieces)


async def test_an_unknown_voice_is_one_clear_error(korean_voice: KokoroVoice) -> None:
    with pytest.raises(DeyeonsoError, match="nobody") as failure:
        await pieces_of(korean_voice, GREETING, offline="jf_alpha+nobody")
    assert failure.value.code == "voice_failed"


async def test_a_damaged_model_is_one_clear_error(weights: Weights, tmp_path: Path) -> None:
    broken = tmp_path / "model.onnx"
    broken.write_bytes(b"not a model")
    voice = KokoroVoice(broken, weights.path("kokoro/vocab.json"), [weights.path("kokoro/voices.npz")])
    with pytest.raises(DeyeonsoError) as failure:
        await voice.load()
    assert failure.value.code == "voice_failed"
    await voice.close()


def test_whisper_understands_it(speak: Speak, weights: Weights) -> None:
    from faster_whisper import WhisperModel

    model = WhisperModel(str(weights.path("whisper-base")), device="cpu", compute_type="int8", cpu_threads=2)
    for text in (GREETING, "혹시 어떤 음식을 좋아하세요?", "오늘 회사에서 조금 힘든 일이 있었어요."):
        wave = np.pad(speak(text), 4800)
        segments, _ = model.transcribe(
            wave, language="ko", beam_size=1, without_timestamps=True, condition_on_previous_text=False, temperature=0
        )
        heard = "".join(segment.text for segment in segments)
        assert jiwer.cer(text.replace(" ", ""), heard.replace(" ", "")) <= 0.3, heard
