"""Recordings and pictures over HTTP give what the library gives; a text comes back as speech that can be understood."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import aiohttp
import numpy as np
import pytest

from media.errors import DeyeonsoError
from media.types import HEARING_RATE, SPEECH_RATE
from media.weights import Weights
from persona.engines import SpeechPiece
from persona.schema import Voice
from tests.media.test_sandbox import encoded, png
from tests.servers import Server
from tests.signaling import service


@pytest.fixture
async def http(server: Server):
    async with aiohttp.ClientSession(server.url) as session:
        yield session


@pytest.fixture(scope="module")
def recording(speak) -> bytes:
    spoken = speak("안녕하세요, 만나서 정말 반가워요. 오늘 날씨가 참 좋네요.")
    pause = np.zeros(HEARING_RATE, np.float32)
    more = speak("혹시 어떤 음식을 좋아하세요?")
    return encoded("flac", (np.concatenate([spoken, pause, more]) * 32767).astype(np.int16))


def read_wav(content: bytes) -> np.ndarray:
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, SPEECH_RATE)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


async def test_a_recording_is_analysed(http, recording: bytes):
    async with http.post("/voice/analyze", data=recording, headers={"Content-Type": "audio/flac"}) as response:
        assert response.status == 200
        report = await response.json()
    assert "음식" in report["transcript"]
    for name in ("total_score", "voice_tone_score", "word_choice_score"):
        assert 0 <= report[name] <= 100
    assert len(report["turns"]) >= 2
    assert "해요체" in report["turns"][-1]["speech_levels"]
    for score in (report["tone"] | report["words"] | report["empathy"]).values():
        assert (score["value"] is None) == (score["reason"] is not None)
    assert set(report["empathy"]) == {"warmth", "enthusiasm", "politeness", "confidence"}


async def test_silence_is_not_scored(http):
    form = aiohttp.FormData()
    form.add_field("file", encoded("wav", np.zeros(3 * HEARING_RATE, np.int16)), filename="a.wav")
    async with http.post("/voice/analyze", data=form) as response:
        assert response.status == 200
        report = await response.json()
    assert (report["total_score"], report["transcript"], report["turns"]) == (None, "", [])
    assert report["tone"]["voice_tone"]["reason"]


async def test_a_pictures_face_is_read_sent_or_uploaded(http, material: Weights):
    picture = material.path("astronaut.png").read_bytes()
    async with http.post("/face/analyze", data=picture, headers={"Content-Type": "image/png"}) as response:
        assert response.status == 200
        face = await response.json()
    assert (face["emotion"], face["faces"], face["reason"]) == ("기쁨", 1, None)
    assert sum(face["probabilities"].values()) == pytest.approx(1)
    assert len(face["landmarks"]) == 478
    async with http.post("/upload/image", data=picture, headers={"Content-Type": "image/png"}) as response:
        upload = (await response.json())["id"]
    async with http.post("/face/analyze", json={"upload_id": upload}) as response:
        assert (await response.json())["emotion"] == "기쁨"
    async with http.delete(f"/uploads/{upload}") as response:
        assert response.status == 204


async def test_a_picture_without_a_face_says_so(http):
    async with http.post("/face/analyze", data=png(200, 200), headers={"Content-Type": "image/png"}) as response:
        face = await response.json()
    assert (face["emotion"], face["landmarks"], face["reason"]) == (None, None, "no_face")


@pytest.mark.parametrize("stream", [False, True])
async def test_a_text_is_spoken_so_that_it_is_understood(http, recognise, stream: bool):
    body = {"text": "안녕하세요. 오늘 날씨가 참 좋네요! 😀", "persona_id": "seoa", "stream": stream}
    async with http.post("/voice/tts", json=body) as response:
        assert (response.status, response.content_type) == (200, "audio/wav")
        content = await response.read()
    if stream:  # its header says "until it ends"
        assert content[40:44] == b"\xff" * 4
        content = content[:40] + (len(content) - 44).to_bytes(4, "little") + content[44:]
    sound = np.repeat(read_wav(content), 2)  # to 48 kHz, coarsely
    heard = await recognise(sound)
    assert "날씨" in heard or "안녕" in heard


async def test_voices_are_listed_and_can_be_chosen(http):
    async with http.get("/voice/voices") as response:
        listed = await response.json()
    assert listed["engine"] == "kokoro"
    voices = {voice["id"]: voice for voice in listed["voices"]}
    assert any("seoa" in voice["personas"] for voice in voices.values())
    lengths = []
    for rate in (1.0, 2.0):
        async with http.post("/voice/tts", json={"text": "반가워요.", "voice": "jm_kumo", "rate": rate}) as response:
            lengths.append(len(read_wav(await response.read())))
    assert lengths[1] < 0.8 * lengths[0]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "bad_request"),
        ({"text": "😀"}, 400, "nothing_to_say"),
        ({"text": "가" * 501}, 400, "bad_request"),
        ({"text": "가", "rate": 9}, 400, "bad_request"),
        ({"text": "가", "voice": "../x"}, 400, "voice_unknown"),
        ({"text": "가", "persona_id": "nobody"}, 404, "persona_unknown"),
    ],
)
async def test_what_cannot_be_spoken_is_said(http, body, status, code):
    async with http.post("/voice/tts", json=body) as response:
        assert (response.status, (await response.json())["error"]["code"]) == (status, code)


class Faltering(service.Terse):
    """A voice that fails before its first sound, after it, or never comes."""

    def __init__(self, how: str) -> None:
        self.how = how
        self.stopped = asyncio.Event()

    async def speak(self, text: str, voice: Voice) -> AsyncGenerator[SpeechPiece, None]:
        try:
            if self.how == "late":
                yield SpeechPiece(np.ones(2400, np.int16), text)
            if self.how == "never":
                await asyncio.sleep(60)
            raise DeyeonsoError("voice_failed", "the voice service broke", "upstream")
        finally:
            self.stopped.set()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("how", ["early", "late", "never"])
async def test_a_voice_that_fails_is_an_error_and_a_listener_that_leaves_stops_it(
    tmp_path: Path, how: str, stream: bool
):
    voice = Faltering(how)
    parts = replace(service.engines(), voice=voice)  # type: ignore[arg-type]
    async with service.running(tmp_path, parts=parts) as running, aiohttp.ClientSession(running.url) as http:
        body = {"text": "안녕하세요.", "stream": stream}
        if how == "never":
            with pytest.raises(TimeoutError):
                await http.post("/voice/tts", json=body, timeout=aiohttp.ClientTimeout(total=0.5))
            async with asyncio.timeout(2):
                await voice.stopped.wait()
        elif how == "late" and stream:
            async with http.post("/voice/tts", json=body) as response:
                with pytest.raises(aiohttp.ClientError):
                    await response.read()
        else:
            async with http.post("/voice/tts", json=body) as response:
                assert (response.status, (await response.json())["error"]["code"]) == (502, "voice_failed")
