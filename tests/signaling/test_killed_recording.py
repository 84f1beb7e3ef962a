"""The service is killed in the middle of a recording: nothing of it lies open on the disk, and what was made plays."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from pathlib import Path

import aiohttp
import av
import numpy as np
import pytest

from media.types import Samples
from signaling.consents import QUESTIONS
from signaling.headless import HeadlessPeer
from tests import servers

VERSION = next(question.version for question in QUESTIONS if question.to == "recording")
OPEN = (b"\x1a\x45\xdf\xa3", b"OpusHead", b"V_VP8", b"webm")  # what every WebM shows


async def test_a_recording_that_was_killed_is_sealed_and_plays_up_to_the_kill(
    spoken: Callable[..., Samples], film: Path, weights: object, tmp_path: Path
) -> None:
    sound = spoken("안녕하세요. 만나서 정말 반가워요.")
    first = servers.start(tmp_path)
    try:
        first.wait_ready()
        yes = {"decisions": [{"to": "recording", "version": VERSION, "granted": True}]}
        async with aiohttp.ClientSession(first.url) as http, http.put("/users/me/consents", json=yes) as answer:
            assert answer.status == 200
        async with HeadlessPeer(first.url, video=film) as peer:
            session = peer.call["session_id"]
            await peer.greeted(timeout=90)
            peer.mouth.say(sound)
            await peer.mouth.spoken.wait()
            await asyncio.sleep(2)  # what sounds is written within one
            async with asyncio.timeout(60):
                while sum(path.stat().st_size for path in first.data_dir.glob("media/*/*.webm")) < 300_000:
                    await asyncio.sleep(0.1)
            first.process.kill()
            first.process.wait()
    finally:
        first.process.kill()
    for path in first.data_dir.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not [mark for mark in OPEN if mark in data and path.suffix in (".webm", ".weba")], path
            assert sound[4800:4900].tobytes() not in data
    again = servers.start(tmp_path)
    try:
        again.wait_ready()
        async with aiohttp.ClientSession(again.url) as http:
            async with http.get(f"/sessions/{session}/recordings") as answer:
                [shown] = (await answer.json())["recordings"]
            assert shown["seconds"] > 2  # it was made whole, as far as it goes
            async with http.get(f"/sessions/{session}/recording") as answer:
                assert answer.status == 200
                assert int(answer.headers["Content-Length"]) == shown["size"]
                data = await answer.read()
        assert data.startswith(OPEN[0])
        [kept] = again.data_dir.glob("media/*/*.webm")
        assert kept.stat().st_size > len(data)  # nothing of the one that was cut off is left
        with av.open(io.BytesIO(data)) as file:
            assert file.duration / 1e6 == pytest.approx(shown["seconds"], abs=0.1)
            pictures = [frame.time for frame in file.decode(video=0)]
        with av.open(io.BytesIO(data)) as file:
            voices = np.concatenate([frame.to_ndarray().T for frame in file.decode(audio=0)])
        assert len(pictures) > 30
        rms = [np.sqrt(np.mean(np.square(voices[:, side]))) for side in (0, 1)]
        assert min(rms) > 0.005  # the person is heard, and so is she
        greeting = np.flatnonzero(np.abs(voices[:, 1]) > 0.05)
        speech = np.flatnonzero(np.abs(voices[:, 0]) > 0.05)
        assert greeting[-1] < speech[-1]  # each in its turn
        assert again.stop() == 0
    finally:
        again.process.kill()
