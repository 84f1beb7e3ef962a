"""What the tests of calls share: Korean speech as a microphone sends it, and ears for what comes back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import jiwer
import numpy as np
import pytest

from analysis.adapters.whisper import WhisperSpeechToText
from media.preload import preload
from media.types import HEARING_RATE, Samples, Wave
from media.weights import Weights, cache_folder, read_manifest
from persona.adapters.openai_chat import OpenAIChat
from persona.guard import Guard
from persona.shaping import resampled
from signaling.headless import RATE
from tests.fakes.openai_server import KEY, FakeOpenAI
from tests.signaling.service import engines, running

_NOT_SOUNDS = re.compile(r"[^0-9A-Za-z가-힣]+")


def character_errors(said: str, heard: str) -> float:
    """Character error rate without spaces and punctuation, 0 = the same."""
    return float(jiwer.cer(_NOT_SOUNDS.sub("", said), _NOT_SOUNDS.sub("", heard) or "-"))


@pytest.fixture(scope="session")
def spoken(speak: Callable[..., Wave]) -> Callable[..., Samples]:
    """(text, voice) -> mono int16 at 48 kHz, as `HeadlessPeer.say` wants it."""

    def say(text: str, **how: object) -> Samples:
        wave = resampled(speak(text, **how), HEARING_RATE / RATE)
        return (np.clip(wave, -1, 1) * 32767).astype(np.int16)

    return say


@pytest.fixture(scope="session")
def recognise(weights: Weights) -> Callable[[Samples], Awaitable[str]]:
    """What Whisper hears in mono int16 at 48 kHz, e.g. in what came back."""
    stt = WhisperSpeechToText(weights.path("whisper-base/model.bin").parent)

    async def text_of(samples: Samples) -> str:
        wave = resampled(samples.astype(np.float32) / 32767, RATE / HEARING_RATE)
        return (await stt.transcribe(wave)).text

    yield text_of
    asyncio.run(stt.close())


@pytest.fixture
async def fake_openai():
    """A stand-in for a language model's server, to be scripted."""
    async with FakeOpenAI() as fake:
        yield fake


@pytest.fixture
async def chat_app(fake_openai: FakeOpenAI, tmp_path: Path):
    """The product's own application over a real socket and a real store, its model at `fake_openai`: (url, store)."""
    model = Guard(OpenAIChat(fake_openai.url, KEY, "m", first_token_s=1.0, idle_s=1.0))
    async with running(tmp_path, parts=replace(engines(), model=model)) as service:
        yield service.url, service.store


@pytest.fixture(scope="session")
def film() -> Path:
    """A man who looks sad and then laughs, 19.7 s."""
    folder = cache_folder().parent / "test-material"
    preload(folder, manifest=read_manifest(Path(__file__).parents[1] / "material.json"))
    return Weights(folder).root / "face_video.mp4"
