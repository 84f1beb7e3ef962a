"""The coach in the page: one real call, from one's own baseline to the report, and the page where it can be seen again.

It must not know how anything is measured; what is asserted is what a visitor sees.
"""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Page, ViewportSize, expect

from media.types import HEARING_RATE, Wave

PATIENCE = 60_000  # ms; two cores may be busy with other tests
SAID = (
    "저는 주말마다 등산을 다녀요. 혹시 주말에는 보통 뭐 하면서 지내세요?",
    "와, 정말 재미있으셨겠어요! 그럼 요즘 제일 좋아하는 음식은 뭐예요?",
)


@pytest.fixture
def talk(speak: Callable[..., Wave]) -> Wave:
    """Two turns and the time to answer them, over and over."""
    rest = np.zeros(7 * HEARING_RATE, np.float32)
    return np.concatenate([part for line in SAID for part in (speak(line), rest)])


async def sideways(page: Page) -> bool:
    return bool(await page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


async def test_a_call_is_coached_reported_kept_and_deleted(server, visit, talk, film: Path, complaints):
    async with visit(server.url, says=talk, shows=film) as page:
        await page.get_by_role("button", name="강도현 님 만나기").click()
        await expect(page.get_by_label("전화를 걸면 먼저 내 기준 맞추기")).to_be_checked()
        await page.locator("#start-call").click(timeout=PATIENCE)

        # First one's own baseline: she waits, and it ends by itself when a sentence was said.
        calibration = page.get_by_role("group", name="시작하기 전에, 잠깐만요")
        await expect(calibration).to_be_visible(timeout=PATIENCE)
        await expect(page.locator("#captions .line")).to_have_count(0)
        await expect(calibration).to_be_hidden(timeout=PATIENCE)
        await expect(page.locator("#toasts")).to_contain_text("기준을 맞췄어요")

        # Then the talk: nothing is claimed before two turns, then numbers come, and what is missing says why.
        coach = page.locator("#coach")
        await expect(coach).to_contain_text("2회 이상 나누면")
        await expect(page.locator("#captions .mine")).to_have_count(2, timeout=PATIENCE)
        await expect(page.locator("#coach-gate")).to_be_hidden(timeout=PATIENCE)
        await expect(page.locator("#coach-scores")).to_contain_text(re.compile(r"호감도\s*\d+"), timeout=PATIENCE)
        await expect(coach.locator(".unmeasured").first).to_contain_text("아직 ·")
        await expect(coach).to_contain_text(re.compile(r"1초 \d\.\d음절"))
        await expect(coach).to_contain_text(re.compile(r"내가 말한 비율\s*\d+%"))
        await expect(coach).to_contain_text(re.compile(r"화면을 보고|다른 곳을 보고"))

        # The receipt: real numbers with what they rest on, reasons for what is missing, moments that lead to the words.
        await page.locator("#hang-up").click()
        report = page.locator("#report")
        await expect(report).to_contain_text("참고용 연습 지표예요", timeout=PATIENCE)
        likability = report.locator("[data-metric=likability] summary")
        await expect(likability.locator(".score-value")).to_have_text(re.compile(r"^\d+$"))
        await expect(likability.locator(".sure")).to_have_attribute("aria-label", re.compile("확신도 (낮음|보통|높음)"))
        # Under a minute of face, or pictures that a busy machine let through too slowly: either way with its reason.
        unseen = re.compile("아직 못 쟀어요 · (얼굴이 보인 시간이|영상이 끊겨서)")
        await expect(report.locator("[data-metric=blinking]")).to_contain_text(unseen)
        assert not re.search("진단|판정", await report.inner_text())
        moment = report.locator(".moment").filter(has=page.locator("q")).first
        quote = await moment.locator("q").inner_text()
        await moment.click()
        await expect(page.locator("#transcript .lit")).to_contain_text(quote[:6])
        shown = await likability.locator(".score-value").inner_text()

        # It is among the past calls, and says the same there; with its time drawn and its moments on it.
        await page.goto(f"{server.url}/sessions")
        row = page.get_by_role("listitem").filter(has_text="강도현").first
        await expect(row).to_be_visible()
        await row.get_by_role("link").click()
        await expect(likability.locator(".score-value")).to_have_text(shown, timeout=PATIENCE)
        strip = page.get_by_role("img", name=re.compile("동안의 통화"))
        await expect(strip).to_be_visible()
        for lane in (".strip-mine", ".strip-hers", ".strip-bar", ".strip-on, .strip-off", ".strip-face"):
            await expect(strip.locator(lane)).not_to_have_count(0)
        await page.locator(".pin").first.press("Enter")
        await expect(page.locator("#transcript .lit")).to_have_count(1)
        await page.set_viewport_size(ViewportSize(width=390, height=844))
        assert not await sideways(page)
        assert complaints == []

        address = page.url.split("/")[-1]
        await page.locator("#session-delete").click()
        await page.get_by_role("dialog").get_by_role("button", name="지우기").click()
        await page.wait_for_url(f"{server.url}/sessions")
        await expect(page.locator("#sessions")).to_have_attribute("aria-busy", "false")
        assert not await sideways(page)
    with urllib.request.urlopen(f"{server.url}/chat/sessions?limit=200") as response:
        assert address not in [one["id"] for one in json.load(response)["sessions"]]
