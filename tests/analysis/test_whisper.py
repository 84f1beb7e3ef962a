"""Whisper on spoken Korean: how much it gets right, and that it stays silent and bounded where there is no speech."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from analysis.adapters.whisper import WhisperSpeechToText
from media.errors import DeyeonsoError
from media.types import HEARING_RATE
from media.weights import Weights

SENTENCES = [
    "안녕하세요. 만나서 정말 반가워요.",
    "혹시 어떤 음식을 좋아하세요?",
    "오늘 회사에서 조금 힘든 일이 있었어요.",
    "저는 주말에 친구들이랑 영화를 보러 갔어요.",
    "요즘 날씨가 많이 추워졌네요.",
    "커피 마시는 거 좋아하세요?",
    "저도 여행을 정말 좋아해요. 작년에는 제주도에 다녀왔어요.",
    "취미가 뭐예요?",
    "어제는 집에서 하루 종일 쉬었어요.",
    "고양이를 한 마리 키우고 있어요.",
    "음악 듣는 걸 좋아해서 공연에 자주 가요.",
    "그렇군요. 정말 힘드셨겠어요.",
    "다음에 같이 밥 먹으러 갈래요?",
    "부산에서 태어나서 서울로 이사 왔어요.",
    "요리를 배우고 싶은데 어디서 시작해야 할지 모르겠어요.",
    "가장 기억에 남는 여행은 어디였어요?",
    "운동은 일주일에 세 번 정도 해요.",
    "책 읽는 것도 좋아하고 그림 그리는 것도 좋아해요.",
    "마케팅 일은 재미있으세요?",
    "동생이 두 명 있어요.",
    "아침에 일찍 일어나는 편이에요?",
    "오늘 이야기 나눠서 정말 즐거웠어요.",
    "네, 맞아요.",
    "매운 음식은 잘 못 먹어요.",
]


@pytest.mark.timeout(600)  # the first time, the sentences have yet to be spoken
async def test_spoken_korean_is_recognised(whisper: WhisperSpeechToText, speak, room, error_rate) -> None:
    heard = [await whisper.transcribe(room(0.3, speak(text), 0.2)) for text in SENTENCES]
    rate = error_rate(SENTENCES, [transcript.text for transcript in heard])
    print(f"character error rate over {len(SENTENCES)} sentences: {rate:.3f}")
    assert rate <= 0.25
    assert all(transcript.confidence is not None and 0 < transcript.confidence <= 1 for transcript in heard)


async def test_a_turn_longer_than_the_short_window_is_heard_to_its_end(whisper, speak, room, error_rate) -> None:
    said = SENTENCES[:8]
    sound = room(0.3, *(part for text in said for part in (speak(text), 0.4)))
    assert 18 * HEARING_RATE < len(sound) < 30 * HEARING_RATE
    assert error_rate(" ".join(said), (await whisper.transcribe(sound)).text) <= 0.25


@pytest.mark.parametrize("seconds", [0.5, 2.0, 10.0])
async def test_noise_gives_no_words_of_its_own(whisper: WhisperSpeechToText, seconds: float) -> None:
    rng = np.random.default_rng(5)
    for level in (0.0, 0.001, 0.02):
        noise = rng.normal(0, level, int(seconds * HEARING_RATE)).astype(np.float32)
        assert len((await whisper.transcribe(noise)).text) <= 15


async def test_only_korean_is_written(whisper: WhisperSpeechToText, speak, room) -> None:
    garbled = [speak(text)[::-1].copy() for text in SENTENCES[:6]]
    text = " ".join([(await whisper.transcribe(room(wave))).text for wave in garbled])
    assert not any("\u3040" <= sign <= "\u30ff" or "\u4e00" <= sign <= "\u9fff" for sign in text)


async def test_turns_that_meet_are_recognised_together_each_with_its_own_text(whisper, speak, room, error_rate) -> None:
    heard = await asyncio.gather(*(whisper.transcribe(room(0.3, speak(text), 0.2)) for text in SENTENCES[:4]))
    assert error_rate(SENTENCES[:4], [transcript.text for transcript in heard]) <= 0.25


async def test_a_closed_recogniser_says_so(weights: Weights) -> None:
    stt = WhisperSpeechToText(weights.path("whisper-base"))
    await stt.close()
    with pytest.raises(DeyeonsoError) as failure:
        await stt.transcribe(np.zeros(16000, np.float32))
    assert failure.value.code == "stt_failed"


def test_a_folder_without_a_model_is_one_clear_error(tmp_path) -> None:
    with pytest.raises(DeyeonsoError) as failure:
        WhisperSpeechToText(tmp_path)
    assert failure.value.code == "stt_unloadable"
    assert str(tmp_path) in failure.value.message
