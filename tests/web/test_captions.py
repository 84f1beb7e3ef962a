"""From the call's messages to the lines of its captions: the page's own module, run in the browser it is written for.

They must not know how lines are drawn.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, ViewportSize, expect

REDUCE = """
  async (messages) => {
    const { Conversation } = await import("/static/js/captions.js");
    const conversation = new Conversation();
    messages.forEach(([type, data], t) => conversation.take({ type, data }, t));
    return { lines: conversation.lines.map(({ who, text }) => [who, text]), interim: conversation.interim };
  }
"""
TALK_ON = """
  async () => {
    const { CaptionView, Conversation } = await import("/static/js/captions.js");
    document.getElementById("lobby").hidden = true;
    document.getElementById("call").hidden = false;
    document.body.dataset.screen = "call";
    const conversation = new Conversation();
    const view = new CaptionView("이서아");
    for (let t = 0; t < 40; t += 1) {
      conversation.take({ type: "user-transcription", data: { text: "저는 한강에서 달리기를 해요.", final: true } }, t);
    }
    view.show(conversation);
  }
"""
GREETING = ("bot-transcription", {"text": "안녕하세요!"})
ASKING = ("bot-transcription", {"text": "오늘 어땠어요?"})
STOPPED = ("bot-stopped-speaking", {"heard": "안녕하세요! 오늘 어땠어요?", "interrupted": False})
MINE = ("user-transcription", {"text": "반가워요.", "final": True})


async def reduce(page: Page, *messages: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    shown: dict[str, Any] = await page.evaluate(REDUCE, [list(message) for message in messages])
    return shown


@pytest.mark.parametrize(
    ("messages", "lines"),
    [
        pytest.param([GREETING, ASKING], [["her", "안녕하세요! 오늘 어땠어요?"]], id="her sentences are one line"),
        pytest.param(
            [GREETING, STOPPED, ASKING],
            [["her", "안녕하세요!"], ["her", "오늘 어땠어요?"]],
            id="two replies are two lines",
        ),
        pytest.param(
            [GREETING, MINE, ASKING],
            [["her", "안녕하세요!"], ["me", "반가워요."], ["her", "오늘 어땠어요?"]],
            id="lines come in the order of the talk",
        ),
        pytest.param(
            [GREETING, ASKING, ("bot-stopped-speaking", {"heard": "안녕하세요! 오늘", "interrupted": True})],
            [["her", "안녕하세요! 오늘…"]],
            id="what she was cut off from saying is not kept",
        ),
        pytest.param([("user-transcription", {"text": " ", "final": True})], [], id="nothing said is no line"),
        pytest.param([("server:face", {"found": True}), ("unheard-of", {})], [], id="other messages are no lines"),
    ],
)
async def test_messages_become_lines(server, visit, messages, lines):
    async with visit(server.url) as page:
        assert (await reduce(page, *messages))["lines"] == lines


async def test_what_is_being_said_is_shown_until_it_is_known_for_good(server, visit):
    begin, end = ("user-started-speaking", {}), ("user-stopped-speaking", {})
    guess = ("user-transcription", {"text": "반가", "final": False})
    async with visit(server.url) as page:
        assert (await reduce(page))["interim"] == ""
        assert (await reduce(page, begin))["interim"] is None  # somebody speaks, no words yet
        assert (await reduce(page, begin, end))["interim"] == ""  # it was a cough
        assert (await reduce(page, begin, guess, end))["interim"] == "반가"
        assert (await reduce(page, begin, guess, end, MINE)) == {"lines": [["me", "반가워요."]], "interim": ""}


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desktop", "phone"])
async def test_a_long_talk_scrolls_in_its_own_place(server, visit, size):
    """Forty lines are a few minutes' talk: they must not push her, or the buttons, out of sight."""
    async with visit(server.url, size=ViewportSize(width=size[0], height=size[1])) as page:
        await page.evaluate(TALK_ON)
        await expect(page.locator("#captions .line").last).to_be_in_viewport()
        for control in await page.locator("#call .control").all():
            await expect(control).to_be_in_viewport(ratio=1)
        assert await page.locator("#stage").evaluate("stage => stage.offsetHeight") < size[1]
