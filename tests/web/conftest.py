"""Chromium as a visitor: with a microphone that plays a file, a painted camera, and an ear for the page's complaints.

It must not know what the page shows.
"""

from __future__ import annotations

import shutil
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import urljoin

import av
import cv2
import numpy as np
import pytest
from playwright.async_api import BrowserContext, Page, ViewportSize, async_playwright

from media.types import HEARING_RATE, Wave
from media.weights import Weights

FILM = 240  # pictures of it
DESKTOP = ViewportSize(width=1280, height=800)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]


def write_wav(file: Path, sound: Wave) -> None:
    """16 bits, mono."""
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(HEARING_RATE)
        out.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())


async def agree(context: BrowserContext, url: str) -> None:
    """Answer what the guest was not asked yet: yes, but for a recording; a page of nobody's asks for nothing."""
    if not url.startswith("http"):
        return
    place = urljoin(url, "/users/me/consents")
    asked = await context.request.get(place)
    if asked.ok:
        open_ones = [one for one in (await asked.json())["consents"] if one["granted"] is None]
        if open_ones:
            decisions = [
                {"to": one["to"], "version": one["version"], "granted": one["to"] != "recording"} for one in open_ones
            ]
            await context.request.put(place, data={"decisions": decisions})


Visit = Callable[..., AbstractAsyncContextManager[Page]]


@pytest.fixture(scope="session")
def film(material: Weights, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real face on film, as Chromium's camera takes it."""
    file = tmp_path_factory.mktemp("camera") / "face.mjpeg"
    with av.open(str(material.path("face_video.mp4"))) as source, file.open("wb") as out:
        for number, frame in enumerate(source.decode(video=0)):
            if number >= FILM:
                break
            picture = cv2.resize(frame.to_ndarray(format="bgr24"), (640, 360))
            out.write(cv2.imencode(".jpg", picture)[1].tobytes())
    return file


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console held against the page: errors, exceptions, violations of its content policy."""
    return []


@pytest.fixture
def visit(complaints: list[str], tmp_path: Path) -> Visit:
    """Open a browser: `visit(url, says=wave, allow=("microphone",), size={...}, script="...")` gives its page.

    `says` (16 kHz) is what the microphone hears and `shows` (.mjpeg) what the camera sees, over and over; `script` runs
    before the page's own. Where there is no sign-in, every consent but a recording's is given already, unless
    `agreed` is False.
    """

    @asynccontextmanager
    async def opened(
        url: str,
        says: Wave | None = None,
        allow: tuple[str, ...] = ("microphone", "camera"),
        size: ViewportSize = DESKTOP,
        script: str = "",
        agreed: bool = True,
        shows: Path | None = None,
    ) -> AsyncIterator[Page]:
        microphone = tmp_path / "microphone.wav"
        write_wav(microphone, np.zeros(HEARING_RATE, np.float32) if says is None else says)
        flags = [*FLAGS, f"--use-file-for-fake-audio-capture={microphone}"]
        if shows is not None:
            flags.append(f"--use-file-for-fake-video-capture={shows}")
        async with async_playwright() as playwright:
            chromium = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
            context = await chromium.new_context(viewport=size, locale="ko-KR", permissions=list(allow))
            if agreed:
                await agree(context, url)
            page = await context.new_page()
            page.on("pageerror", lambda error: complaints.append(f"exception: {error}"))
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            if script:
                await page.add_init_script(script)
            await page.goto(url)
            yield page
            await chromium.close()

    return opened
