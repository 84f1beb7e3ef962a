"""What every test may ask for. It must not know any one package's tests: their fixtures live beside them."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

import persona
from media.preload import preload
from media.types import HEARING_RATE, SPEECH_RATE, Wave
from media.weights import Weights, cache_folder, read_manifest
from persona.adapters.kokoro import KokoroVoice
from persona.schema import Voice
from persona.shaping import resampled
from tests import servers
from tests.servers import Server

Speak = Callable[..., Wave]
# Two at a time (`make test`), a file each: what waits longest on real calls and databases goes first.
LONGEST = ("tests/web", "tests/storage", "tests/signaling", "tests/test_start.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first, so that the last of them does not run alone at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.fixture(scope="session")
def weights() -> Weights:
    """The real models' weights, optional ones too; fetched on a machine that has none yet."""
    return Weights(preload(everything=True).folder)


@pytest.fixture(scope="session")
def material() -> Weights:
    """Pictures and films of faces, fetched like weights but never part of the product."""
    manifest = read_manifest(Path(__file__).parent / "material.json")
    folder = cache_folder().parent / "test-material"
    preload(folder, manifest=manifest)
    return Weights(folder, manifest)


@pytest.fixture(scope="session")
def korean_voice(weights: Weights) -> Iterator[KokoroVoice]:
    """The embedded voice, loaded once; every test that needs Korean speech shares it."""
    folder = weights.path("kokoro")
    voices = [folder / "voices.npz", *sorted(folder.glob("voices/*.bin"))]
    voice = KokoroVoice(folder / "model.onnx", folder / "vocab.json", voices)
    yield voice
    asyncio.run(voice.close())


@pytest.fixture(scope="session")
def speak(korean_voice: KokoroVoice, weights: Weights) -> Speak:
    """Korean speech to listen to: (text, voice, rate) -> float32 wave at 16 kHz, full scale 1.0.

    Kept on disk between runs beside the weights, by what was asked and the code that makes it: several seconds of
    sound are a second's work, and most recognition tests want the same sentences.
    """
    package = Path(persona.__file__).parent
    code = hashlib.sha256()
    house = package.parent
    own = [*sorted(package.glob("korean/*.py")), package / "shaping.py", package / "adapters" / "kokoro.py"]
    for file in [*own, house / "analysis" / "numerals.py", house / "analysis" / "latin.py"]:
        code.update(file.read_bytes())
    kept = weights.root.parent / "test-speech" / code.hexdigest()[:16]
    kept.mkdir(parents=True, exist_ok=True)

    async def spoken(text: str, voice: Voice) -> Wave:
        async with aclosing(korean_voice.speak(text, voice)) as pieces:
            samples = np.concatenate([piece.samples async for piece in pieces])
        return resampled(samples.astype(np.float32) / 32767, SPEECH_RATE / HEARING_RATE)

    def heard(text: str, voice: str = "jf_alpha", rate: float = 1.0) -> Wave:
        file = kept / (hashlib.sha256(f"{text}|{voice}|{rate}".encode()).hexdigest()[:24] + ".npy")
        if not file.exists():
            # A loop of its own on a thread of its own: the asking test may be inside a running loop.
            with ThreadPoolExecutor(1) as thread:
                wave = thread.submit(asyncio.run, spoken(text, Voice(tts="-", offline=voice, rate=rate))).result()
            scratch = file.with_suffix(f".{os.getpid()}")
            with scratch.open("wb") as out:
                np.save(out, wave)
            scratch.replace(file)
        loaded: Wave = np.load(file)
        return loaded

    return heard


@pytest.fixture(scope="session")
def server(weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The product with its embedded engines, started once as a user starts it."""
    running = servers.start(tmp_path_factory.mktemp("server"))
    try:
        running.wait_ready()
        yield running
        assert running.stop() == 0, running.log
    finally:
        running.process.kill()


@pytest.fixture
def start_server(weights: Weights, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start a server of one's own: `start_server(TTS_ENGINE="edge")`; ready unless `ready=False`."""
    started: list[Server] = []

    def begin(ready: bool = True, **settings: str) -> Server:
        folder = tmp_path / f"server{len(started)}"
        folder.mkdir()
        started.append(servers.start(folder, **settings))
        if ready:
            started[-1].wait_ready()
        return started[-1]

    yield begin
    for one in started:
        one.process.kill()
        one.process.wait()
