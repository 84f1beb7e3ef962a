"""Smart Turn: the same features as its authors' extractor, and finished sentences told from broken-off ones."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.adapters.smart_turn import WINDOW, SmartTurn

FINISHED = [
    "안녕하세요. 만나서 정말 반가워요.",
    "혹시 어떤 음식을 좋아하세요?",
    "저는 주말에 친구들이랑 영화를 보러 갔어요.",
    "요즘 날씨가 많이 추워졌네요.",
    "고양이를 한 마리 키우고 있어요.",
    "오늘 회사에서 조금 힘든 일이 있었어요.",
]


@pytest.mark.parametrize("seconds", [1.5, 8.0, 11.0])
def test_features_are_those_of_the_reference_extractor(smart_turn: SmartTurn, seconds: float) -> None:
    from transformers import WhisperFeatureExtractor

    rng = np.random.default_rng(1)
    wave = (rng.normal(0, 0.1, int(seconds * 16000)) * np.hanning(int(seconds * 16000))).astype(np.float32)
    window = np.zeros(WINDOW, np.float32)
    window[max(0, WINDOW - len(wave)) :] = wave[-WINDOW:]
    reference = WhisperFeatureExtractor(chunk_length=8)(
        window, sampling_rate=16000, return_tensors="np", padding="max_length", max_length=WINDOW, do_normalize=True
    )
    features = smart_turn.features(wave)
    assert features.shape == (80, 800)
    assert np.abs(features - reference.input_features[0]).max() < 1e-3


def test_finished_sentences_sound_finished(smart_turn: SmartTurn, speak, room) -> None:
    assert min(smart_turn.complete([room(0.3, speak(text), 0.2) for text in FINISHED])) > 0.5


def test_sentences_broken_off_sound_less_finished(smart_turn: SmartTurn, speak, room) -> None:
    """The synthetic voice was not made to hesitate, so only the whole is compared."""
    whole, broken = [], []
    for text in FINISHED:
        wave = speak(text)
        whole += smart_turn.complete([room(0.3, wave, 0.2)])
        broken += smart_turn.complete([room(0.3, wave[: int(len(wave) * 0.35)], 0.2)])
    assert np.median(broken) < np.median(whole) - 0.2


def test_a_turn_longer_than_the_window_is_judged_by_its_end(smart_turn: SmartTurn, speak, room) -> None:
    long = room(*(part for text in FINISHED for part in (speak(text), 0.3)))
    assert smart_turn.complete([long]) == pytest.approx(smart_turn.complete([long[-WINDOW:]]))


def test_turns_judged_together_are_judged_as_each_alone(smart_turn: SmartTurn, speak, room) -> None:
    """Of different lengths, one of them silence."""
    turns = [room(0.3, speak(text), 0.2) for text in FINISHED] + [np.zeros(8000, np.float32)]
    alone = [smart_turn.complete([turn])[0] for turn in turns]
    assert smart_turn.complete(turns) == pytest.approx(alone, abs=1e-4)
    assert np.std(alone) > 0.01
