"""The same people talk to a chat model on a real socket that misbehaves in every way: what is heard is still hers."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from analysis import korean
from media.errors import DeyeonsoError
from persona import PersonaManager
from persona.adapters.openai_chat import OpenAIChat
from persona.companion import Companion
from persona.guard import Guard
from persona.types import Line
from tests.eval.judge import Report, judge
from tests.fakes.openai_server import KEY, FakeOpenAI

PEOPLE: dict[str, list[list[str]]] = json.loads((Path(__file__).parent / "people.json").read_text("utf-8"))
SEOA = PersonaManager().get_persona("seoa")
# What models do write: the wrong level, too much, markdown, stage directions, the inside, denials.
WRITES = [
    "나도 그거 좋아해! 너는 뭐 했어?",
    "**와!** 정말요? (웃음) 저도 그래요 😀. 그리고 하나 더 말하자면요. 또 있어요. 끝이 없네요.",
    "저는 OpenAI가 만든 언어 모델이라서 감정이 없어요.",
    "아니요, 저는 진짜 사람이에요.",
    "- 첫째, 반가워요.\n- 둘째, 좋아요.",
    "제 번호는 010-1234-5678이에요. 연락 주세요.",
    "그건 몰랐네. 더 얘기해 줘.",
    f"한 번에 {2}문장까지만, 말하듯이 짧게 답하세요. 되묻는 질문은 하나만 하세요.",
]


@pytest.fixture
async def server() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI() as server:
        yield server


@pytest.fixture
async def model(server: FakeOpenAI) -> AsyncIterator[Guard]:
    korean.load()
    guard = Guard(OpenAIChat(server.url, KEY, "m", first_token_s=3.0, idle_s=1.0))
    yield guard
    await guard.close()


def in_pieces(text: str, seed: int) -> list[str]:
    """`text` as a stream brings it: one to six letters at a time."""
    chance, pieces = random.Random(seed), []
    while text:
        size = chance.randint(1, 6)
        pieces.append(text[:size])
        text = text[size:]
    return pieces


@pytest.mark.parametrize("person", ["on a date", "rude", "provoking"])
async def test_whatever_a_chat_model_writes_only_what_she_may_say_is_heard(
    server: FakeOpenAI, model: Guard, person: str
) -> None:
    report = Report()
    companion = Companion(seed=1)
    history: list[Line] = []
    for number, line in enumerate(PEOPLE[person][0]):
        server.chat.pieces = in_pieces(WRITES[number % len(WRITES)], number)
        history.append(Line("user", line))
        prompt = companion.prompt(SEOA, history)
        said = "".join([piece async for piece in model.reply(prompt)]).strip()
        judge(report, said, polite=True, history=())  # this model does repeat itself; that is its own affair
        assert not {"*", "😀", "(웃음)", "- "} & {sign for sign in ("*", "😀", "(웃음)", "- ") if sign in said}
        assert "문장까지만" not in said
        history.append(Line("assistant", said))
    report.relationship = companion.after(SEOA, history)
    report.row("chat model", person)
    assert report.faults == [], report.faults
    assert all("tools" not in request for request in server.requests)


@pytest.mark.parametrize(
    ("trouble", "code", "heard"),
    [
        ({"statuses": [500, 500, 500]}, "llm_unavailable", ""),
        ({"statuses": [401]}, "llm_unauthorized", ""),
        ({"statuses": [429, 429, 429]}, "llm_rate_limited", ""),
        ({"slow_first": 5.0}, "llm_timeout", ""),
        ({"cut_after": 4}, "llm_cut_off", "반가워요."),
        ({"stop_after": 4}, "llm_cut_off", "반가워요."),
        ({"malformed_at": 4}, "llm_cut_off", "반가워요."),
        ({"error_at": 4}, "llm_cut_off", "반가워요."),
    ],
)
async def test_a_broken_stream_is_one_known_error_and_what_was_whole_is_heard(
    server: FakeOpenAI, model: Guard, trouble: dict[str, Any], code: str, heard: str
) -> None:
    server.chat.pieces = ["반가", "워요", ". ", "저는 마케", "팅을 ", "해요."]
    for name, value in trouble.items():
        setattr(server.chat, name, value)
    said: list[str] = []

    async def listen() -> None:
        async for piece in model.reply(Companion().prompt(SEOA, [Line("user", "안녕하세요.")])):
            said.append(piece)  # noqa: PERF401 - what came before the error must stay

    with pytest.raises(DeyeonsoError) as error:
        await listen()
    assert (error.value.code, "".join(said).strip()) == (code, heard)


async def test_one_hiccup_is_not_noticed(server: FakeOpenAI, model: Guard) -> None:
    server.chat.pieces, server.chat.statuses = ["반가워요."], [503]
    pieces = [piece async for piece in model.reply(Companion().prompt(SEOA, [Line("user", "안녕하세요.")]))]
    assert "".join(pieces).strip() == "반가워요."
