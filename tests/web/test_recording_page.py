"""Someone who wants to be recorded sees that they are, and afterwards watches the call again, or deletes it.

The whole application and a real call, with engines that say one word: nothing here is about what they hear.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, ViewportSize, expect

from signaling.consents import QUESTIONS
from storage import Consent
from tests.signaling.service import Service, running

PATIENCE = 30_000  # ms
SIGHT = "v => ({seconds: v.duration, wide: v.videoWidth, at: v.currentTime, muted: v.muted})"


@pytest.fixture
async def guests(tmp_path: Path) -> AsyncIterator[Service]:
    async with running(tmp_path) as service:
        for question in QUESTIONS:
            granted = question.to in ("call", "recording")
            await service.store.add(Consent(user_id="guest", to=question.to, version=question.version, granted=granted))
        yield service


async def until(element: Locator, true: str) -> None:
    async with asyncio.timeout(PATIENCE / 1000):
        while not await element.evaluate(true):
            await asyncio.sleep(0.1)


async def test_a_call_is_recorded_in_sight_and_can_be_watched_again_and_deleted(
    guests: Service, visit, film: Path, complaints
):
    async with visit(guests.url, shows=film) as page:
        await page.get_by_role("button", name="이서아 님 만나기").click()
        calibrate = page.get_by_label("전화를 걸면 먼저 내 기준 맞추기")
        if await calibrate.is_checked():
            await calibrate.uncheck()
        await page.locator("#start-call").click(timeout=PATIENCE)
        badge = page.locator("#recording-badge")
        await expect(badge).to_be_visible(timeout=PATIENCE)
        await expect(badge).to_have_text("녹화 중")
        await page.wait_for_timeout(6000)
        [call] = guests.calls.of("guest")
        session = call.session_id
        await page.locator("#hang-up").click()

        await call.over.wait()
        await page.goto(f"{guests.url}/sessions/{session}")
        again = page.get_by_role("region", name="다시 보기")
        await expect(again).to_be_visible()
        await expect(again).to_contain_text(re.compile(r"00:0\d · \d\.\d MB"))
        await again.get_by_role("button", name="녹화 보기").click()
        video = again.locator("video")
        await expect(video).to_be_visible(timeout=PATIENCE)
        await until(video, "v => v.readyState >= 2")
        shown = await video.evaluate(SIGHT)
        assert shown["wide"] >= 320
        assert shown["seconds"] > 4
        await video.evaluate("v => v.play()")
        await until(video, "v => v.currentTime > 1")
        assert await video.evaluate("v => v.getVideoPlaybackQuality().totalVideoFrames") > 5
        await video.evaluate("v => { v.currentTime = 3; }")
        await until(video, "v => !v.seeking")
        assert (await video.evaluate(SIGHT))["at"] >= 3
        await page.set_viewport_size(ViewportSize(width=390, height=844))
        assert not await page.evaluate("document.documentElement.scrollWidth > window.innerWidth")

        await again.get_by_role("button", name="녹화만 지우기").click()
        await page.get_by_role("dialog").get_by_role("button", name="지우기", exact=True).click()
        await expect(again).to_contain_text("녹화를 지웠어요")
        await page.reload()
        await expect(page.locator("#session-inside")).to_be_visible()
        await expect(again).to_be_hidden()
        assert complaints == []
