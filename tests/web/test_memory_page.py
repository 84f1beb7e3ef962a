"""What a persona remembers of one: to be seen, corrected and forgotten in the page, and then really gone.

It must not know how facts are found in what was said.
"""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from contextlib import suppress
from typing import Any

from playwright.async_api import expect

PERSONA = "yujin"


def say(url: str, text: str) -> None:
    body = json.dumps({"message": text, "persona_id": PERSONA}).encode()
    request = urllib.request.Request(f"{url}/chat", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        assert response.status == 200


def forget(url: str) -> None:
    """What other tests told her."""
    with suppress(urllib.error.HTTPError):
        urllib.request.urlopen(urllib.request.Request(f"{url}/memories/{PERSONA}", method="DELETE"))


def remembered(url: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{url}/memories") as response:
        memories = json.load(response)["memories"]
    return [one for one in memories if one["persona_id"] == PERSONA]


async def test_a_fact_is_corrected_another_forgotten_and_in_the_end_all(server, visit, complaints):
    await asyncio.to_thread(forget, server.url)
    await asyncio.to_thread(say, server.url, "저는 김민수라고 해요. 그리고 저는 등산을 좋아해요.")
    async with visit(f"{server.url}/memory") as page:
        card = page.get_by_role("article", name="서유진 님의 기억")
        name, likes = card.get_by_role("textbox", name="이름"), card.get_by_role("textbox", name="좋아하는 것")
        await expect(name).to_have_value("김민수")
        await expect(likes).to_have_value("등산")

        await name.fill("김민서")
        await name.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("기억을 고쳤어요")
        await card.get_by_role("button", name="좋아하는 것 등산 잊기").click()
        await expect(likes).to_have_count(0)
        [kept] = await asyncio.to_thread(remembered, server.url)
        assert [(fact["slot"], fact["value"]) for fact in kept["facts"]] == [("name", "김민서")]

        await card.get_by_role("button", name="모두 잊어 달라고 하기").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("button", name="그대로 두기").click()
        await expect(card).to_be_visible()
        await card.get_by_role("button", name="모두 잊어 달라고 하기").click()
        await dialog.get_by_role("button", name="모두 잊기").click()
        await expect(card).to_have_count(0)
        assert await asyncio.to_thread(remembered, server.url) == []
    assert complaints == []
