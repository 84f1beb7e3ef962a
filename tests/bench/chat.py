"""What `POST /chat` costs beyond the model: HTTP, consents, history, memory, prompt, checks and the stored lines.

The model answers at once; everything else is the product's own, over a real socket and the embedded store.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles

import aiohttp

from analysis import korean
from persona.engines import Prompt
from persona.guard import Guard
from signaling.limits import RULES, Limits, Rule
from tests.signaling import service

LINES = 60
SAID = (
    "안녕하세요, 저는 민수예요. 오늘 하루 어떠셨어요?",
    "저는 요즘 등산에 빠져 있어요. 주말마다 북한산에 가요.",
    "혹시 어떤 음식을 좋아하세요? 저는 떡볶이를 제일 좋아해요.",
    "회사에서 조금 힘든 일이 있었는데 이야기하니까 좋네요.",
)
ENOUGH = dict.fromkeys(RULES, Rule(per_minute=1e6, burst=100_000, at_once=100, together=100))


class Instant(service.Terse):
    """A model that needs no time."""

    async def reply(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        yield "저도 그렇게 생각해요. 오늘은 어떤 하루였어요?"


async def measure() -> list[tuple[str, float, str, float | None]]:
    """p50 and p90 of whole requests, one after another in one session."""
    korean.load()
    parts = replace(service.engines(), model=Guard(Instant()))
    with tempfile.TemporaryDirectory() as folder:
        async with (
            service.running(Path(folder), parts=parts, allowances=Limits(ENOUGH)) as running,
            aiohttp.ClientSession(running.url) as http,
        ):
            took: list[float] = []
            body: dict[str, str] = {"message": SAID[0]}
            for number in range(LINES + 5):
                began = time.perf_counter()
                async with http.post("/chat", json=body) as response:
                    answer = await response.json()
                    assert response.status == 200, answer
                took.append((time.perf_counter() - began) * 1000)
                body = {"message": SAID[number % len(SAID)], "session_id": answer["session_id"]}
    took = took[5:]  # the first ones open files and connections
    return [
        ("POST /chat beyond the model, p50", median(took), "ms", 10.0),
        ("POST /chat beyond the model, p90", quantiles(took, n=10)[-1], "ms", None),
    ]
