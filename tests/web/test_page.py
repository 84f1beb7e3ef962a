"""The pages as a visitor sees them: a real browser, a real server, real speech; what is asserted is what is shown.

They must not know how the page is made, beyond the ids that name its parts.
"""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable

import numpy as np
import pytest
from jiwer import cer
from playwright.async_api import Locator, Page, ViewportSize, expect

from media.types import HEARING_RATE, Wave

PHONE = ViewportSize(width=390, height=844)
SMALL_PHONE = ViewportSize(width=340, height=700)
SAID = "혹시 어떤 음식을 좋아하세요?"
PATIENCE = 40_000  # ms; two cores may be busy with other tests
# The page keeps its connections to itself; this lets a test cut one, as a change of network does.
WATCH_PEERS = """
  window.peers = [];
  window.RTCPeerConnection = class extends RTCPeerConnection { constructor(...a) { super(...a); peers.push(this); } };
"""


def silence(seconds: float) -> Wave:
    return np.zeros(int(seconds * HEARING_RATE), np.float32)


@pytest.fixture
def question(speak: Callable[..., Wave]) -> Wave:
    """A question, then a long wait for the answer; heard over and over."""
    return np.concatenate([silence(6), speak(SAID), silence(9)])


def health(url: str) -> dict[str, dict[str, int]]:
    with urllib.request.urlopen(f"{url}/health") as response:
        return json.load(response)


async def until_no_call(url: str) -> None:
    async with asyncio.timeout(30):  # a call whose page just vanished is kept for it a while
        while (await asyncio.get_running_loop().run_in_executor(None, health, url))["calls"]["active"]:
            await asyncio.sleep(0.2)


async def until_shown(lines: Locator, said: str) -> None:
    """Until one of the captions is what was said; it is said again and again, and a busy machine drops sound."""
    async with asyncio.timeout(60):
        while min((cer(said, line) for line in await lines.all_inner_texts() if line), default=1.0) > 0.3:
            await asyncio.sleep(0.3)


async def check_devices(page: Page) -> None:
    await page.get_by_role("button", name="이서아 님 만나기").click()


async def call(page: Page) -> None:
    """Place a call without the ten seconds before it that find one's own baseline."""
    await check_devices(page)
    await page.locator("#calibrate-on").uncheck()
    await page.locator("#start-call").click(timeout=PATIENCE)
    await expect(page.locator("#timer")).not_to_have_text("00:00", timeout=PATIENCE)


async def scrolls_sideways(page: Page) -> bool:
    return bool(await page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


async def test_the_lobby_introduces_the_personas_and_says_that_they_are_ai(server, visit, complaints):
    async with visit(server.url) as page:
        seoa = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="이서아"))
        await expect(seoa).to_contain_text("28세")
        await expect(seoa).to_contain_text("스타트업 마케터 · ENFP")
        await expect(seoa).to_contain_text("AI 페르소나")
        await expect(page.locator("#lobby")).to_contain_text("여기서 만나는 사람은 모두 AI예요")
        await expect(page.locator("#offline-note")).to_contain_text("오프라인 두뇌")
        assert await seoa.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert complaints == []


async def test_the_meter_moves_with_the_microphone_and_the_camera_is_shown(server, visit, speak, complaints):
    async with visit(server.url, says=speak(SAID)) as page:
        await check_devices(page)
        await expect(page.locator("#mic-hint")).to_have_text("잘 들려요!", timeout=PATIENCE)
        levels = set()
        for _ in range(20):
            levels.add(await page.locator("#mic-meter").get_attribute("aria-valuenow"))
            await page.wait_for_timeout(50)
        assert len(levels) > 5
        assert await page.locator("#preview").evaluate("video => video.videoWidth") == 640
        await expect(page.locator("#microphone option")).not_to_have_count(0)
        await expect(page.locator("#start-call")).to_be_enabled()
    assert complaints == []


async def test_a_silent_microphone_is_told_about(server, visit):
    async with visit(server.url, says=silence(2)) as page:
        await check_devices(page)
        await expect(page.locator("#mic-hint")).to_contain_text("소리가 들어오지 않아요", timeout=PATIENCE)
        await expect(page.locator("#mic-meter")).to_have_attribute("aria-valuenow", "0")


async def test_a_refused_microphone_is_explained_and_no_call_can_be_made(server, visit, complaints):
    async with visit(server.url, allow=()) as page:
        await check_devices(page)
        fault = page.locator("#check-fault")
        await expect(fault).to_contain_text("마이크 사용이 허용되지 않았어요")
        await expect(fault).to_contain_text("마이크 없이는 전화를 걸 수 없어요")
        await expect(fault.get_by_role("listitem")).to_have_count(3)
        await expect(page.locator("#start-call")).to_be_disabled()
    assert complaints == []


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("NotFoundError", "마이크를 찾을 수 없어요"),
        ("NotReadableError", "다른 프로그램이 마이크를 쓰고 있어요"),
        (None, "이 주소에서는 마이크를 쓸 수 없어요"),
    ],
)
async def test_what_is_wrong_with_a_microphone_is_named(server, visit, error, told):
    # These cannot be brought about from outside: the browser's own answer is put in place of the device's.
    refuse = f"navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '{error}'))"
    script = refuse if error else "Object.defineProperty(navigator, 'mediaDevices', {value: undefined})"
    async with visit(server.url, script=script) as page:
        await check_devices(page)
        await expect(page.locator("#check-fault")).to_contain_text(told)
        await expect(page.locator("#start-call")).to_be_disabled()


async def test_a_call_is_spoken_shown_in_captions_and_ends_on_the_server(server, visit, question, complaints):
    await until_no_call(server.url)
    async with visit(server.url, says=question) as page:
        await call(page)
        await expect(page.locator("#call .call-bar")).to_contain_text("AI 페르소나")
        mine = page.locator("#captions .mine .words")
        await until_shown(mine, SAID)
        answer = page.locator("#captions .mine ~ .hers .words").first
        await expect(answer).not_to_be_empty(timeout=PATIENCE)
        # Her mouth moves with her voice (the microphone repeats its question: she goes on answering).
        svg = page.locator("#portrait svg")
        async with asyncio.timeout(PATIENCE / 1000):
            while float(await svg.get_attribute("data-mouth") or 0) <= 0.2:
                await page.wait_for_timeout(50)
        assert (await asyncio.to_thread(health, server.url))["calls"]["active"] == 1

        said = await mine.last.inner_text()
        await page.keyboard.press("Shift+H")
        await expect(page.locator("#transcript")).to_contain_text(said)
        await until_no_call(server.url)
    assert complaints == []


async def test_a_muted_microphone_is_not_heard(server, visit, question):
    async with visit(server.url, says=question) as page:
        await call(page)
        await page.keyboard.press("m")
        await expect(page.locator("#toggle-mic")).to_have_attribute("aria-pressed", "false")
        await expect(page.locator("#toasts")).to_contain_text("마이크를 껐어요")
        await page.wait_for_timeout(18_000)  # the question has been asked in this time
        await expect(page.locator("#captions .mine")).to_have_count(0)
        await page.keyboard.press("m")
        await expect(page.locator("#captions .mine")).not_to_have_count(0, timeout=PATIENCE)


async def test_without_a_camera_the_call_is_by_voice(server, visit, complaints):
    async with visit(server.url, allow=("microphone",)) as page:
        await check_devices(page)
        await expect(page.locator("#check-fault")).to_contain_text("카메라 없이 목소리로만 통화할 수 있어요")
        await expect(page.locator("#start-call")).to_have_text("목소리로 전화 걸기")
        await page.locator("#start-call").click()
        await expect(page.locator("#timer")).not_to_have_text("00:00", timeout=PATIENCE)
        await expect(page.locator("#toggle-camera")).to_be_disabled()
        await expect(page.locator("#self-view")).to_be_hidden()
    assert complaints == []


async def test_leaving_the_page_ends_the_call(server, visit):
    async with visit(server.url) as page:
        await call(page)
        await page.goto("about:blank")
        await until_no_call(server.url)


async def test_a_call_outlives_its_connection(server, visit):
    await until_no_call(server.url)
    async with visit(server.url, script=WATCH_PEERS) as page:
        await call(page)
        await page.evaluate("peers.at(-1).close()")
        await expect(page.locator("#toasts")).to_contain_text("다시 연결됐어요", timeout=PATIENCE)
        assert await page.evaluate("peers.length") == 2
        assert (await asyncio.to_thread(health, server.url))["calls"]["active"] == 1
        await expect(page.locator("#call-fault")).to_be_empty()


async def test_a_full_house_and_a_server_that_goes_away_are_told_about(start_server, visit):
    server = start_server(MAX_CALLS="1")
    async with visit(server.url) as page, visit(server.url) as other:
        await call(page)
        await check_devices(other)
        await other.locator("#start-call").click()
        await expect(other.locator("#call-fault")).to_contain_text("지금은 빈자리가 없어요", timeout=PATIENCE)
        await expect(other.get_by_role("button", name="다시 전화하기")).to_be_disabled()  # it counts down first
        await expect(other.get_by_role("button", name="다시 전화하기")).to_be_enabled(timeout=PATIENCE)

        server.process.kill()
        await expect(page.locator("#toasts")).to_contain_text("연결이 불안정해요", timeout=PATIENCE)
        await expect(page.locator("#call-fault")).to_contain_text("통화가 끊어졌어요", timeout=PATIENCE)
        await expect(page.get_by_role("button", name="다시 전화하기")).to_be_enabled()


@pytest.mark.parametrize("size", [PHONE, SMALL_PHONE], ids=["phone", "small phone"])
async def test_on_a_phone_nothing_scrolls_sideways(server, visit, size, complaints):
    async with visit(server.url, size=size) as page:
        await expect(page.get_by_role("heading", name="이서아")).to_be_visible()
        assert not await scrolls_sideways(page)
        await check_devices(page)
        await expect(page.locator("#start-call")).to_be_enabled(timeout=PATIENCE)
        assert not await scrolls_sideways(page)
        await page.locator("#start-call").click()
        await expect(page.locator("#timer")).not_to_have_text("00:00", timeout=PATIENCE)
        assert not await scrolls_sideways(page)
        for button in await page.locator("#call .control").all():
            await expect(button).to_be_in_viewport(ratio=1)
        await page.locator("#hang-up").click()
        await expect(page.locator("#after-title")).to_be_visible()
        assert not await scrolls_sideways(page)
    assert complaints == []
