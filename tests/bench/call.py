"""A whole call against the running product: how soon she answers, what an idle call costs, how even her sound comes.

The server and the peer are processes of their own, as in life; speech is the Kokoro voice's. Run it alone.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
import urllib.request
from contextlib import aclosing
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil

from media.types import SPEECH_RATE, Samples
from media.weights import Weights
from persona.adapters.kokoro import KokoroVoice
from persona.schema import Voice
from persona.shaping import resampled
from signaling.headless import RATE, HeadlessPeer
from tests import servers

Row = tuple[str, float, str, float | None]
SENTENCES = [
    "안녕하세요. 만나서 정말 반가워요.", "혹시 어떤 음식을 좋아하세요?", "오늘 회사에서 조금 힘든 일이 있었어요.",
    "저는 주말에 친구들이랑 영화를 보러 갔어요.", "요즘 날씨가 많이 추워졌네요.", "커피 마시는 거 정말 좋아하세요?",
    "저도 여행을 정말 좋아해요.", "혹시 취미가 뭐예요?", "어제는 집에서 하루 종일 쉬었어요.",
    "다음에 같이 밥 먹으러 갈래요?",
]  # fmt: skip
IDLE_SECONDS = 30.0


async def _spoken() -> list[Samples]:
    folder = Weights().path("kokoro")
    voice = KokoroVoice(folder / "model.onnx", folder / "vocab.json", [folder / "voices.npz"])
    sounds = []
    for text in SENTENCES:
        async with aclosing(voice.speak(text, Voice(tts="-", offline="jf_alpha", rate=0.9))) as pieces:
            wave = np.concatenate([piece.samples async for piece in pieces]).astype(np.float32)
        sounds.append(resampled(wave, SPEECH_RATE / RATE).astype(np.int16))
    await voice.close()
    return sounds


def _until_ready(server: servers.Server) -> float:
    began = time.monotonic()
    while True:
        try:
            urllib.request.urlopen(f"{server.url}/health", timeout=1).close()
            return time.monotonic() - began
        except OSError:
            time.sleep(0.05)


async def measure() -> list[Row]:
    """(name, value, unit, target)."""
    sounds = await _spoken()
    with tempfile.TemporaryDirectory() as folder:
        server = servers.start(Path(folder))
        try:
            rows: list[Row] = [("second start to /health", _until_ready(server), "s", 15.0)]
            rows += await _turns(server, sounds)
            rows.append(await _idle(server))
        finally:
            server.stop()
    return rows


async def _turns(server: servers.Server, sounds: list[Samples]) -> list[Row]:
    firsts, own, gaps, unanswered = [], [], [], 0
    async with HeadlessPeer(server.url) as peer:
        await peer.greeted(timeout=60)
        for sound in sounds:
            since = peer.clock.now()
            turn = await peer.say(sound)
            if turn.first_sound is None or not turn.answered:
                unanswered += 1
                continue
            firsts.append(turn.first_sound)
            own.append(turn.delays["turn"])
            arrivals = [at for at, _ in peer.received if at >= since]
            gaps += [later - sooner for sooner, later in pairwise(arrivals)]
    gaps.sort()
    return [
        ("end of speech → first sound at the peer, median of 10 turns", statistics.median(firsts), "s", 2.0),
        ("… the slowest", max(firsts), "s", None),
        ("… the server's own account, median", statistics.median(own), "s", None),
        ("… turns without an answer", float(unanswered), "", 0.0),
        ("frames at the peer while all models work: gap p99", gaps[int(len(gaps) * 0.99)] * 1000, "ms", None),
        ("… longest gap", gaps[-1] * 1000, "ms", 60.0),
    ]


async def _idle(server: servers.Server) -> Row:
    process = psutil.Process(server.process.pid)
    async with HeadlessPeer(server.url) as peer:
        await peer.greeted(timeout=60)
        await asyncio.sleep(2)
        before, began = process.cpu_times(), time.monotonic()
        await asyncio.sleep(IDLE_SECONDS)
        after, seconds = process.cpu_times(), time.monotonic() - began
    share = (after.user + after.system - before.user - before.system) / seconds
    return ("server CPU of an audio-only call, nobody speaks", share, "core", 0.045)
