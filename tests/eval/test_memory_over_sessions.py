"""Ten things told in passing, then two calls about other things, then asked for: through the store, as it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from persona import Persona, PersonaManager
from persona.adapters.offline import OfflineBrain
from persona.companion import Companion
from persona.guard import Guard
from persona.types import Line
from signaling.keepsake import memory_of, relationship_of
from storage import Memory, NotFound, Store, open_store

# Told as people tell it, asked for as people ask, and the word that must come back.
PLANTED = [
    ("안녕하세요, 박준호라고 합니다.", "제 이름 기억하세요?", "준호"),
    ("저는 간호사로 일하고 있어요.", "제가 무슨 일 한다고 했죠?", "간호사"),
    ("지금은 마포에서 혼자 살고 있어요.", "제가 어디 산다고 했더라요?", "마포"),
    ("고향은 전주예요, 대학 때 올라왔어요.", "제 고향이 어디라고 했죠?", "전주"),
    ("고양이 한 마리 키워요. 이름은 나비예요.", "제 고양이 이름이 뭐였죠?", "나비"),
    ("저는 초밥을 정말 좋아해요.", "제가 무슨 음식 좋아한다고 했죠?", "초밥"),
    ("오이는 진짜 못 먹어요.", "제가 뭘 싫어한다고 했죠?", "오이"),
    ("취미는 배드민턴이에요, 주말마다 쳐요.", "제 취미가 뭐라고 했죠?", "배드민턴"),
    ("생일은 3월 5일이에요.", "제 생일이 언제라고 했죠?", "3월 5일"),
    ("저는 INFJ예요.", "제 MBTI 기억해요?", "INFJ"),
]
BETWEEN = [
    ["또 왔어요.", "오늘은 날씨가 좋네요.", "주말엔 뭐 하세요?", "그렇군요."],
    ["안녕하세요.", "요즘 재즈를 자주 들어요.", "서점에 다녀왔어요.", "왜 그 일을 시작하셨어요?"],
]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path) as opened:
        yield opened


@pytest.fixture
async def model() -> AsyncIterator[Guard]:
    brain = OfflineBrain()
    await brain.start()
    guard = Guard(brain)
    yield guard
    await guard.close()


async def call(store: Store, model: Guard, persona: Persona, lines: list[str], number: int) -> tuple[list[str], str]:
    """A whole call, its memory read from the store before and written after; her answers, and the last system text."""
    try:
        before: Memory | None = await store.get(Memory, f"me.{persona.id}", owner="me")
    except NotFound:
        before = None
    at = dt.datetime(2026, 11, number, 20, 0, tzinfo=dt.UTC)
    companion = Companion(relationship_of(before), seed=number, at=at.isoformat())
    history: list[Line] = []
    said, system = [], ""
    for line in lines:
        history.append(Line("user", line))
        prompt = companion.prompt(persona, history)
        said.append("".join([piece async for piece in model.reply(prompt)]))
        history.append(Line("assistant", said[-1]))
        system = prompt.system
    await store.put(memory_of("me", persona.id, companion.after(persona, history), before, at))
    return said, system


@pytest.mark.parametrize("persona", PersonaManager().list_personas(), ids=lambda persona: persona.id)
async def test_nine_in_ten_are_recalled_three_sessions_later(store: Store, model: Guard, persona: Persona) -> None:
    await call(store, model, persona, [told for told, _, _ in PLANTED], 1)
    for number, lines in enumerate(BETWEEN, start=2):
        await call(store, model, persona, lines, number)
    answers, system = await call(store, model, persona, [asked for _, asked, _ in PLANTED], 4)
    recalled = [value for (_, _, value), said in zip(PLANTED, answers, strict=True) if value in said]
    assert len(recalled) >= 9, list(zip(PLANTED, answers, strict=True))
    # A chat model is given all of it, as quoted data.
    remembered = system.partition("<기억>")[2].partition("</기억>")[0]
    assert sum(value in remembered for _, _, value in PLANTED) >= 9, remembered
