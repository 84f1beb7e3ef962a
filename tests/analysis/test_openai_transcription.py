"""The transcription adapter against an OpenAI-compatible server on a real socket: WAV up, Korean text down."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest

from analysis.adapters.openai_transcription import OpenAITranscription
from media.errors import DeyeonsoError
from media.types import HEARING_RATE
from tests.fakes.openai_server import KEY, FakeOpenAI

WAVE = (np.sin(np.arange(HEARING_RATE) / HEARING_RATE * 2 * np.pi * 220) * 0.5).astype(np.float32)


def segment(avg_logprob: float, tokens: int) -> dict[str, Any]:
    return {"id": 0, "avg_logprob": avg_logprob, "tokens": list(range(tokens)), "text": "", "start": 0, "end": 1}


@pytest.fixture
async def server() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI() as server:
        server.transcription.answer = {
            "text": " 오늘 날씨가 좋네요. ",
            "language": "korean",
            "duration": 1.0,
            "segments": [segment(-0.1, 30), segment(-0.5, 10)],
        }
        yield server


@pytest.fixture
async def hearing(server: FakeOpenAI) -> AsyncIterator[OpenAITranscription]:
    hearing = OpenAITranscription(server.url, KEY, timeout_s=0.8)
    yield hearing
    await hearing.close()


async def fails(hearing: OpenAITranscription) -> DeyeonsoError:
    with pytest.raises(DeyeonsoError) as caught:
        await hearing.transcribe(WAVE)
    assert caught.value.whose == "upstream"
    return caught.value


async def test_the_sound_goes_up_as_16_khz_wav_and_korean(server: FakeOpenAI, hearing: OpenAITranscription) -> None:
    heard = await hearing.transcribe(WAVE)
    assert heard.text == "오늘 날씨가 좋네요."
    (asked,) = server.requests
    assert (asked["rate"], asked["channels"], asked["language"]) == (16_000, 1, "ko")
    assert np.abs(asked["samples"] / 32767 - WAVE).max() < 1e-4


async def test_too_loud_samples_are_clipped_not_wrapped(server: FakeOpenAI, hearing: OpenAITranscription) -> None:
    await hearing.transcribe(np.array([2.0, -2.0], np.float32))
    assert server.requests[0]["samples"].tolist() == [32767, -32767]


async def test_confidence_is_the_mean_token_probability_of_all_segments(
    server: FakeOpenAI, hearing: OpenAITranscription
) -> None:
    heard = await hearing.transcribe(WAVE)
    assert heard.confidence == pytest.approx(math.exp((-0.1 * 30 - 0.5 * 10) / 40))


async def test_the_gpt_family_is_asked_for_token_probabilities(server: FakeOpenAI) -> None:
    hearing = OpenAITranscription(server.url, KEY, "gpt-4o-mini-transcribe")
    server.transcription.answer = {"text": "네", "logprobs": [{"token": "네", "logprob": -0.2}, {"logprob": -0.4}]}
    heard = await hearing.transcribe(WAVE)
    assert heard.confidence == pytest.approx(math.exp(-0.3))
    assert server.requests[0]["response_format"] == "json"
    assert server.requests[0]["include[]"] == "logprobs"
    await hearing.close()


async def test_a_server_without_probabilities_is_learnt_once_and_gives_no_confidence(
    server: FakeOpenAI, hearing: OpenAITranscription
) -> None:
    server.transcription.answer = {"text": "네"}
    server.transcription.refuses = {"response_format=verbose_json"}
    for _ in range(2):
        heard = await hearing.transcribe(WAVE)
        assert (heard.text, heard.confidence) == ("네", None)
    assert [asked["response_format"] for asked in server.requests] == ["verbose_json", "json", "json"]


async def test_another_bad_request_is_one_error(server: FakeOpenAI, hearing: OpenAITranscription) -> None:
    server.transcription.refuses = {"model"}
    assert (await fails(hearing)).code == "stt_unavailable"
    assert len(server.requests) == 1


async def test_a_slow_server_is_one_error_never_a_hang(server: FakeOpenAI, hearing: OpenAITranscription) -> None:
    server.transcription.slow_first = 60
    assert (await fails(hearing)).code == "stt_timeout"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "code"), [(401, "stt_unauthorized"), (403, "stt_unauthorized"), (429, "stt_rate_limited")]
)
async def test_refusals_are_told_and_not_repeated(
    status: int, code: str, server: FakeOpenAI, hearing: OpenAITranscription
) -> None:
    server.transcription.statuses = [status]
    assert (await fails(hearing)).code == code
    assert len(server.requests) == 1


async def test_one_server_error_goes_unnoticed(server: FakeOpenAI, hearing: OpenAITranscription) -> None:
    server.transcription.statuses = [500]
    assert (await hearing.transcribe(WAVE)).text == "오늘 날씨가 좋네요."


async def test_one_broken_connection_goes_unnoticed(server: FakeOpenAI, hearing: OpenAITranscription) -> None:
    server.transcription.breaks = 1
    assert (await hearing.transcribe(WAVE)).text == "오늘 날씨가 좋네요."


async def test_two_server_errors_are_one_error(server: FakeOpenAI, hearing: OpenAITranscription) -> None:
    server.transcription.statuses = [500, 500]
    assert (await fails(hearing)).code == "stt_unavailable"
    assert len(server.requests) == 2


async def test_an_answer_without_text_is_an_error_not_an_empty_turn(
    server: FakeOpenAI, hearing: OpenAITranscription
) -> None:
    server.transcription.answer = {"detail": "nothing"}
    assert (await fails(hearing)).code == "stt_unavailable"


async def test_nobody_listening_is_unavailable() -> None:
    hearing = OpenAITranscription("http://127.0.0.1:9/v1", KEY, timeout_s=3)
    assert (await fails(hearing)).code == "stt_unavailable"
    await hearing.close()
