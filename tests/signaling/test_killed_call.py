"""The service is killed in the middle of a real call: what was said is there afterwards, and so is its report."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import aiohttp

from media.types import Samples
from signaling.headless import HeadlessPeer
from tests import servers

SAID = ["안녕하세요. 만나서 정말 반가워요.", "혹시 어떤 음식을 좋아하세요?"]


async def get(url: str) -> tuple[int, dict]:
    async with aiohttp.ClientSession() as http, http.get(url) as response:
        return response.status, await response.json()


async def test_a_killed_call_keeps_its_lines_and_gets_its_report(
    spoken: Callable[..., Samples], weights: object, tmp_path: Path
):
    sounds = [spoken(text) for text in SAID]
    first = servers.start(tmp_path)
    try:
        first.wait_ready()
        async with HeadlessPeer(first.url) as peer:
            session = peer.call["session_id"]
            await peer.greeted(timeout=90)
            turns = [await peer.say(sound, timeout=90) for sound in sounds]
            assert all(turn.answered for turn in turns)
            await asyncio.sleep(5)  # what happened is written down every four seconds
            first.process.kill()
            first.process.wait()
    finally:
        first.process.kill()
    again = servers.start(tmp_path)
    try:
        again.wait_ready()
        _, kept = await get(f"{again.url}/chat/sessions/{session}/messages")
        lines = [(line["role"], line["content"]) for line in kept["messages"]]
        for turn in turns:
            assert ("user", turn.heard) in lines
            assert ("assistant", turn.answered) in lines
        status, report = await get(f"{again.url}/sessions/{session}/feedback")
        assert status == 200
        assert report["feedback"]["status"] in ("partial", "ready")
        assert report["feedback"]["measures"]["turns"] == 2
        assert again.stop() == 0
    finally:
        again.process.kill()
