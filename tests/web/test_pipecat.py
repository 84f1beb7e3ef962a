"""Pipecat's own JavaScript client kit, unchanged, in a real browser: it connects, is understood, and hears her."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from media.types import HEARING_RATE, Wave
from tests.servers import Server

KIT = Path(__file__).parent / "pipecat"
PAGE = '<!doctype html><meta charset="utf-8"><title>kit</title><script type="module" src="/kit/client.js"></script>'


@pytest.fixture(scope="module")
def bundle() -> bytes:
    """The kit and the few lines that use it, as one module."""
    assert (KIT / "node_modules" / "esbuild").is_dir(), "run `make test`, which installs the kit (npm ci)"
    subprocess.run(["npm", "run", "--silent", "bundle"], cwd=KIT, check=True, capture_output=True)
    return (KIT / "node_modules" / ".bundle" / "client.js").read_bytes()


async def test_the_kit_gets_transcription_and_audio(
    server: Server, visit: Callable, speak: Callable[..., Wave], bundle: bytes, complaints: list[str]
) -> None:
    pause = np.zeros(10 * HEARING_RATE, np.float32)  # the microphone plays its file over and over
    question = np.concatenate([pause[:HEARING_RATE], speak("혹시 어떤 음식을 좋아하세요?"), pause])
    async with visit("about:blank", says=question, allow=("microphone",)) as page:
        # Served under the product's own origin, as an application of somebody's would be.
        await page.route("**/kit/", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        await page.route("**/kit/client.js", lambda route: route.fulfill(body=bundle, content_type="text/javascript"))
        await page.goto(f"{server.url}/kit/")
        await page.wait_for_function("window.client !== undefined")
        await page.evaluate("void window.start()")
        await page.wait_for_function("window.seen.events.includes('bot-ready')", timeout=30_000)
        understood = "window.seen.user.some((text) => /음식|좋아/.test(text))"
        await page.wait_for_function(understood, timeout=90_000)
        await page.wait_for_function("window.seen.audio && window.seen.bot.length > 1", timeout=90_000)
        seen = await page.evaluate("window.seen")
        await page.evaluate("window.stop()")
    assert {"connected", "bot-ready", "user-started", "user-stopped", "bot-started", "metrics"} <= set(seen["events"])
    assert seen["error"] is None
