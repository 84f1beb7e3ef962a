"""The speech adapter against an OpenAI-compatible server on a real socket: raw PCM in, samples out, errors told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import numpy as np
import pytest

from media.errors import DeyeonsoError
from persona.adapters.openai_speech import OpenAISpeech
from persona.engines import SpeechPiece
from persona.mood import coloured
from persona.schema import Voice
from tests.fakes.openai_server import KEY, FakeOpenAI

VOICE = Voice(tts="ko-KR-SunHiNeural", openai="shimmer", rate=1.1)
TEXT = "안녕하세요. 반가워요."
SOUND = (np.sin(np.arange(24_000) / 24_000 * 2 * np.pi * 440) * 9000).astype("<i2")


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.fixture
async def server() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI() as server:
        server.speech.pieces = cut(SOUND.tobytes(), 4800)
        yield server


@pytest.fixture
async def speech(server: FakeOpenAI) -> AsyncIterator[OpenAISpeech]:
    speech = OpenAISpeech(server.url, KEY, first_sound_s=0.8, idle_s=0.4)
    yield speech
    await speech.close()


async def keep(stream: AsyncIterator[SpeechPiece], said: list[SpeechPiece]) -> None:
    """Read `stream` to its end; what came before an error stays in `said`."""
    async for piece in stream:
        said += [piece]


async def fails(speech: OpenAISpeech) -> tuple[DeyeonsoError, list[SpeechPiece]]:
    said: list[SpeechPiece] = []
    with pytest.raises(DeyeonsoError) as caught:
        await keep(speech.speak(TEXT, VOICE), said)
    assert caught.value.whose == "upstream"
    return caught.value, said


@pytest.mark.parametrize("size", [4800, 1001, 1])
async def test_every_sample_arrives_however_the_network_cuts_them(
    size: int, server: FakeOpenAI, speech: OpenAISpeech
) -> None:
    sound = SOUND[:2000] if size == 1 else SOUND
    server.speech.pieces = cut(sound.tobytes(), size)
    pieces = [piece async for piece in speech.speak(TEXT, VOICE)]
    assert np.array_equal(np.concatenate([piece.samples for piece in pieces]), sound)
    assert all(len(piece.samples) and piece.samples.dtype == np.int16 for piece in pieces)


async def test_the_first_piece_carries_the_text_and_the_others_continue_it(
    server: FakeOpenAI, speech: OpenAISpeech
) -> None:
    server.speech.slow_next = 0.02
    pieces = [piece async for piece in speech.speak(TEXT, VOICE)]
    assert pieces[0].text == TEXT
    assert len(pieces) > 1
    assert not any(piece.text for piece in pieces[1:])


async def test_pcm_is_asked_for_in_the_personas_voice(server: FakeOpenAI, speech: OpenAISpeech) -> None:
    _ = [piece async for piece in speech.speak(TEXT, VOICE)]
    (asked,) = server.requests
    assert asked["response_format"] == "pcm"
    assert (asked["voice"], asked["speed"], asked["input"]) == ("shimmer", 1.1, TEXT)
    assert "instructions" not in asked


async def test_a_model_that_can_be_told_how_to_speak_is_told(server: FakeOpenAI, speech: OpenAISpeech) -> None:
    _ = [piece async for piece in speech.speak(TEXT, coloured(VOICE, "tender"))]
    assert server.requests[0]["instructions"].startswith("다정하고")
    old = OpenAISpeech(server.url, KEY, "tts-1")
    _ = [piece async for piece in old.speak(TEXT, coloured(VOICE, "tender"))]
    await old.close()
    assert "instructions" not in server.requests[1]


async def test_closing_the_iterator_mid_stream_stops_the_servers_synthesis(
    server: FakeOpenAI, speech: OpenAISpeech
) -> None:
    server.speech.pieces = [bytes(4800)] * 500
    server.speech.slow_next = 0.02
    pieces = speech.speak(TEXT, VOICE)
    await anext(pieces)
    await pieces.aclose()
    async with asyncio.timeout(5):
        await server.gone.wait()
    assert server.sent < 100


async def test_the_first_sound_arrives_while_the_rest_is_synthesised(server: FakeOpenAI, speech: OpenAISpeech) -> None:
    server.speech.slow_next = 0.2
    async with aclosing(speech.speak(TEXT, VOICE)) as pieces:
        await anext(pieces)
        assert server.sent == 1


async def test_a_body_without_sound_is_an_error(server: FakeOpenAI, speech: OpenAISpeech) -> None:
    server.speech.pieces = []
    error, said = await fails(speech)
    assert (error.code, said) == ("voice_failed", [])


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("audio/wav", b"RIFF\x24\x00\x00\x00WAVEfmt "),
        ("audio/mpeg", b"\xff\xf3\x64\xc4" * 100),
        ("application/json", b'{"detail": "no such voice"}'),
    ],
)
async def test_what_is_no_pcm_is_an_error_not_noise(
    kind: str, data: bytes, server: FakeOpenAI, speech: OpenAISpeech
) -> None:
    server.speech.content_type, server.speech.pieces = kind, [data]
    error, said = await fails(speech)
    assert (error.code, said) == ("voice_failed", [])
    assert kind in error.message


async def test_a_slow_voice_is_one_error_never_a_hang(server: FakeOpenAI, speech: OpenAISpeech) -> None:
    server.speech.slow_first = 60
    error, said = await fails(speech)
    assert (error.code, said) == ("voice_timeout", [])


async def test_a_voice_that_stops_without_closing_is_one_error(server: FakeOpenAI, speech: OpenAISpeech) -> None:
    server.speech.slow_next = 60
    error, said = await fails(speech)
    assert error.code == "voice_timeout"
    assert said[0].text == TEXT


async def test_a_voice_that_breaks_off_says_so(server: FakeOpenAI, speech: OpenAISpeech) -> None:
    server.speech.cut_after = 3
    server.speech.slow_next = 0.02
    error, said = await fails(speech)
    assert error.code == "voice_cut_off"
    assert sum(len(piece.samples) for piece in said) == 3 * 2400


@pytest.mark.parametrize(("status", "code"), [(401, "voice_unauthorized"), (429, "voice_rate_limited")])
async def test_refusals_are_told_and_not_repeated(
    status: int, code: str, server: FakeOpenAI, speech: OpenAISpeech
) -> None:
    server.speech.statuses = [status]
    error, _ = await fails(speech)
    assert error.code == code
    assert len(server.requests) == 1


async def test_one_server_error_before_the_first_sound_goes_unnoticed(server: FakeOpenAI, speech: OpenAISpeech) -> None:
    server.speech.statuses = [500]
    pieces = [piece async for piece in speech.speak(TEXT, VOICE)]
    assert pieces[0].text == TEXT


async def test_two_server_errors_are_one_error(server: FakeOpenAI, speech: OpenAISpeech) -> None:
    server.speech.statuses = [500, 502]
    error, _ = await fails(speech)
    assert error.code == "voice_unavailable"
    assert len(server.requests) == 2
