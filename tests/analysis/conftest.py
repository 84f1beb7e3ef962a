"""The real models of hearing and seeing, loaded once, and the way to give them a microphone's sound or a picture."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

import av
import jiwer
import numpy as np
import pytest

from analysis.adapters.landmarker import MediaPipeLandmarker
from analysis.adapters.silero import SileroModel
from analysis.adapters.smart_turn import SmartTurn
from analysis.adapters.whisper import WhisperSpeechToText
from analysis.engines import SpeechToText, Transcript
from analysis.face_crop import FaceCrop
from analysis.listener import Listener, ListenerSettings
from analysis.types import FaceReading, HearingEvent, Utterance
from analysis.watcher import Watcher
from media.channel import Channel
from media.clock import ManualClock
from media.timeline import Timeline
from media.types import HEARING_RATE, AudioChunk, Picture, Wave
from media.weights import Weights
from media.worker import Batcher, Worker

CHUNK = 320  # samples: the microphone's 20 ms


@pytest.fixture(scope="session")
def silero(weights: Weights) -> SileroModel:
    return SileroModel(weights.path("silero-vad.onnx"))


@pytest.fixture(scope="session")
def smart_turn(weights: Weights) -> SmartTurn:
    return SmartTurn(weights.path("smart-turn.onnx"))


@pytest.fixture(scope="session")
def whisper(weights: Weights) -> Iterator[WhisperSpeechToText]:
    stt = WhisperSpeechToText(weights.path("whisper-base"))
    yield stt
    asyncio.run(stt.close())


@dataclass
class Film:
    """What a real Watcher made of the film of a face (472 pictures, 19.7 s)."""

    watcher: Watcher
    readings: list[FaceReading]
    crops: list[FaceCrop]  # the faces cut out for an expression model, three a second


@pytest.fixture(scope="session")
def film(weights: Weights, material: Weights) -> Film:
    """The film, watched once for all tests."""
    pictures: Channel[Picture] = Channel(1, "wait")
    crops: Channel[FaceCrop] = Channel(100, "drop_oldest")
    timeline = Timeline()

    async def play() -> None:
        with av.open(str(material.path("face_video.mp4"))) as container:
            for frame in container.decode(video=0):
                await pictures.put(Picture(frame.time, frame))
        pictures.close()

    async def watch() -> list[FaceCrop]:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(play())
            tasks.create_task(watcher.run())
        return [crop async for crop in crops]

    with closing(Worker("film")) as worker:
        model = weights.path("face_landmarker.task")
        watcher = Watcher(lambda: MediaPipeLandmarker(model), worker, pictures, timeline, crops=crops)
        cut = asyncio.run(watch())
    return Film(watcher, [event for event in timeline if isinstance(event, FaceReading)], cut)


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    worker = Worker("test")
    yield worker
    worker.close()


@dataclass
class Heard:
    """What one microphone's sound became."""

    listener: Listener
    timeline: Timeline
    events: list[HearingEvent] = field(default_factory=list)

    @property
    def utterances(self) -> list[Utterance]:
        return [event for event in self.events if isinstance(event, Utterance)]

    @property
    def names(self) -> str:
        return " ".join(type(event).__name__.removeprefix("Speech") for event in self.events)


class Counting:
    """Any recogniser, with the number of turns it is busy with: so that time can stand still meanwhile."""

    def __init__(self, stt: SpeechToText) -> None:
        self.name = stt.name
        self.busy = 0
        self._stt = stt

    async def transcribe(self, samples: Wave) -> Transcript:
        self.busy += 1
        try:
            return await self._stt.transcribe(samples)
        finally:
            self.busy -= 1

    async def close(self) -> None:
        await self._stt.close()


Listen = Callable[..., Awaitable[Heard]]


@pytest.fixture
def listen(silero: SileroModel, smart_turn: SmartTurn, whisper: WhisperSpeechToText, worker: Worker) -> Listen:
    """`await listen(sound)`: feed a wave (or ready chunks) to a real Listener, faster than real time.

    Call time stands still while a model works, as if every model answered at once; so results do not depend on the
    machine's speed.
    """

    async def run(
        sound: Wave | Iterable[AudioChunk],
        *,
        persona_speaking: Callable[[float], bool] = lambda _: False,
        belongs: Callable[[Utterance], bool] = lambda _: True,
        stt: SpeechToText | None = None,
        settings: ListenerSettings | None = None,
    ) -> Heard:
        clock, timeline, counting = ManualClock(), Timeline(), Counting(stt or whisper)
        microphone: Channel[AudioChunk] = Channel(4, "drop_oldest")
        ear = silero.live(Batcher(worker, silero.predict))
        finished = Batcher(worker, smart_turn.complete)
        listener = Listener(ear, finished, counting, microphone, timeline, clock, settings)
        listener.persona_speaking = lambda: persona_speaking(clock.now())
        listener.belongs = belongs
        heard = Heard(listener, timeline)

        async def feed() -> None:
            for chunk in chunked(sound) if isinstance(sound, np.ndarray) else sound:
                clock.advance_to(chunk.span.end)
                microphone.offer(chunk)
                await asyncio.sleep(0)
                while len(microphone) or worker.waiting or counting.busy:
                    await asyncio.sleep(0.001)
                for _ in range(4):  # answers that have just come are acted upon
                    await asyncio.sleep(0)
            microphone.close()

        async def read() -> None:
            async for event in listener.events:
                heard.events.append(event)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(feed())
            tasks.create_task(read())
            tasks.create_task(listener.run())
        return heard

    return run


def chunked(wave: Wave) -> Iterator[AudioChunk]:
    for first in range(0, len(wave), CHUNK):
        yield AudioChunk(first / HEARING_RATE, wave[first : first + CHUNK])


Room = Callable[..., Wave]


@pytest.fixture(scope="session")
def room() -> Room:
    """`room(1.0, speech, 0.5, …)`: seconds of pause and waves in a row, over a quiet room's noise (−66 dBFS)."""

    def build(*parts: float | Wave) -> Wave:
        pieces = [part if isinstance(part, np.ndarray) else np.zeros(round(part * HEARING_RATE)) for part in parts]
        wave = np.concatenate(pieces)
        noise = np.random.default_rng(7).normal(0, 0.0005, len(wave))
        return (wave + noise).astype(np.float32)

    return build


ErrorRate = Callable[[str | list[str], str | list[str]], float]


@pytest.fixture(scope="session")
def error_rate() -> ErrorRate:
    """Character error rate of (truth, heard): Hangul, letters and digits only."""

    def plain(texts: str | list[str]) -> list[str]:
        return [
            re.sub(r"[^0-9A-Za-z가-힣]", "", text) or "-" for text in ([texts] if isinstance(texts, str) else texts)
        ]

    return lambda truth, heard: float(jiwer.cer(plain(truth), plain(heard)))
