"""The chat adapter against an OpenAI-compatible server on a real socket: what it streams, and every way it can fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from media.errors import DeyeonsoError
from persona.adapters.openai_chat import OpenAIChat
from persona.catalog import PersonaManager
from persona.engines import Prompt
from persona.types import Line
from tests.fakes.openai_server import KEY, FakeOpenAI


@pytest.fixture
async def server() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI() as server:
        yield server


@pytest.fixture
async def chat(server: FakeOpenAI) -> AsyncIterator[OpenAIChat]:
    chat = OpenAIChat(server.url, KEY, "m", first_token_s=0.8, idle_s=0.4)
    yield chat
    await chat.close()


@pytest.fixture
def prompt() -> Prompt:
    persona = PersonaManager().get_persona("seoa")
    return Prompt(persona, "당신은 이서아입니다.", (Line("assistant", "안녕하세요!"), Line("user", "반가워요.")))


async def keep(stream: AsyncIterator[str], said: list[str]) -> None:
    """Read `stream` to its end; what came before an error stays in `said`."""
    async for text in stream:
        said += [text]


async def fails(chat: OpenAIChat, prompt: Prompt) -> tuple[DeyeonsoError, list[str]]:
    """The one error of a reply, and what came before it."""
    said: list[str] = []
    with pytest.raises(DeyeonsoError) as caught:
        await keep(chat.reply(prompt), said)
    assert caught.value.whose == "upstream"
    return caught.value, said


async def test_the_words_come_one_by_one_and_unchanged(server: FakeOpenAI, chat: OpenAIChat, prompt: Prompt) -> None:
    assert [text async for text in chat.reply(prompt)] == ["안녕", "하세요", ", 반가워요."]


async def test_the_model_is_told_who_it_is_and_what_was_said(
    server: FakeOpenAI, chat: OpenAIChat, prompt: Prompt
) -> None:
    _ = [text async for text in chat.reply(prompt)]
    (asked,) = server.requests
    assert [message["role"] for message in asked["messages"]] == ["system", "assistant", "user"]
    assert asked["messages"][0]["content"] == prompt.system
    assert asked["stream"] is True
    assert asked["max_tokens"] == 160


async def test_the_first_word_arrives_while_the_model_still_writes(
    server: FakeOpenAI, chat: OpenAIChat, prompt: Prompt
) -> None:
    server.chat.slow_next = 0.2
    async with aclosing(chat.reply(prompt)) as words:
        assert await anext(words) == "안녕"
        assert server.sent == 1


async def test_closing_the_iterator_mid_stream_stops_the_servers_generation(
    server: FakeOpenAI, chat: OpenAIChat, prompt: Prompt
) -> None:
    server.chat.pieces = ["말"] * 500
    server.chat.slow_next = 0.02
    words = chat.reply(prompt)
    await anext(words)
    await words.aclose()
    async with asyncio.timeout(5):
        await server.gone.wait()
    assert server.sent < 100


async def test_cancelling_the_reader_stops_the_servers_generation(
    server: FakeOpenAI, chat: OpenAIChat, prompt: Prompt
) -> None:
    server.chat.pieces = ["말"] * 500
    server.chat.slow_next = 0.02

    async def read() -> None:
        async with aclosing(chat.reply(prompt)) as words:
            async for _ in words:
                pass

    async with asyncio.TaskGroup() as group:
        reader = group.create_task(read())
        while not server.sent:
            await asyncio.sleep(0.01)
        reader.cancel()
    async with asyncio.timeout(5):
        await server.gone.wait()


async def test_a_slow_model_is_one_error_never_a_hang(server: FakeOpenAI, chat: OpenAIChat, prompt: Prompt) -> None:
    server.chat.slow_first = 60
    error, said = await fails(chat, prompt)
    assert error.code == "llm_timeout"
    assert not said
    assert len(server.requests) == 1, "a slow model is not asked twice"


async def test_a_model_that_only_keeps_the_line_alive_is_one_error_too(
    server: FakeOpenAI, chat: OpenAIChat, prompt: Prompt
) -> None:
    server.chat.slow_first, server.chat.keep_alive = 60, b": still thinking\n\n"
    error, said = await fails(chat, prompt)
    assert (error.code, said) == ("llm_timeout", [])
    async with asyncio.timeout(5):
        await server.gone.wait()


async def test_a_model_that_stops_mid_sentence_without_closing_is_one_error(
    server: FakeOpenAI, chat: OpenAIChat, prompt: Prompt
) -> None:
    server.chat.slow_next = 60
    error, said = await fails(chat, prompt)
    assert error.code == "llm_timeout"
    assert said == ["안녕"]


async def test_a_wrong_key_is_told_as_such_and_not_tried_again(server: FakeOpenAI, prompt: Prompt) -> None:
    chat = OpenAIChat(server.url, "sk-wrong", "m")
    error, _ = await fails(chat, prompt)
    assert error.code == "llm_unauthorized"
    assert len(server.requests) == 1
    await chat.close()


async def test_a_rate_limit_says_when_to_come_back(server: FakeOpenAI, chat: OpenAIChat, prompt: Prompt) -> None:
    server.chat.statuses = [429]
    server.chat.headers = {"retry-after": "7"}
    error, _ = await fails(chat, prompt)
    assert error.code == "llm_rate_limited"
    assert error.retry_after == 7.0
    assert len(server.requests) == 1


async def test_a_rate_limit_without_a_time_has_none(server: FakeOpenAI, chat: OpenAIChat, prompt: Prompt) -> None:
    server.chat.statuses = [429]
    error, _ = await fails(chat, prompt)
    assert (error.code, error.retry_after) == ("llm_rate_limited", None)


async def test_one_server_error_before_the_first_word_goes_unnoticed(
    server: FakeOpenAI, chat: OpenAIChat, prompt: Prompt
) -> None:
    server.chat.statuses = [500]
    assert "".join([text async for text in chat.reply(prompt)]) == "안녕하세요, 반가워요."


async def test_two_server_errors_are_one_error(server: FakeOpenAI, chat: OpenAIChat, prompt: Prompt) -> None:
    server.chat.statuses = [500, 503, 500]
    error, _ = await fails(chat, prompt)
    assert error.code == "llm_unavailable"
    assert len(server.requests) == 2


async def test_a_connection_that_breaks_before_the_first_word_goes_unnoticed(
    server: FakeOpenAI, chat: OpenAIChat, prompt: Prompt
) -> None:
    server.chat.breaks = 1
    assert "".join([text async for text in chat.reply(prompt)]) == "안녕하세요, 반가워요."


async def test_nobody_listening_is_unavailable(prompt: Prompt) -> None:
    chat = OpenAIChat("http://127.0.0.1:9/v1", KEY, "m", first_token_s=2)
    error, _ = await fails(chat, prompt)
    assert error.code == "llm_unavailable"
    await chat.close()


@pytest.mark.parametrize("fault", ["cut_after", "stop_after", "malformed_at", "error_at"])
async def test_what_breaks_after_the_first_words_is_cut_off_and_never_repeated(
    fault: str, server: FakeOpenAI, chat: OpenAIChat, prompt: Prompt
) -> None:
    setattr(server.chat, fault, 2)
    error, said = await fails(chat, prompt)
    assert error.code == "llm_cut_off"
    assert said == ["안녕", "하세요"]
    assert len(server.requests) == 1


@pytest.mark.parametrize("fault", ["malformed_at", "error_at", "stop_after"])
async def test_what_breaks_before_the_first_words_is_tried_once_more(
    fault: str, server: FakeOpenAI, chat: OpenAIChat, prompt: Prompt
) -> None:
    setattr(server.chat, fault, 0)
    error, said = await fails(chat, prompt)
    assert error.code == "llm_unavailable"
    assert not said
    assert len(server.requests) == 2


async def test_an_answer_without_a_word_is_an_error_not_a_silent_turn(
    server: FakeOpenAI, chat: OpenAIChat, prompt: Prompt
) -> None:
    server.chat.pieces = []
    error, _ = await fails(chat, prompt)
    assert error.code == "llm_unavailable"


async def test_a_reasoning_models_refusals_are_learnt_once(
    server: FakeOpenAI, chat: OpenAIChat, prompt: Prompt
) -> None:
    server.chat.refuses = {"max_tokens", "temperature"}
    for _ in range(2):
        assert "".join([text async for text in chat.reply(prompt)]) == "안녕하세요, 반가워요."
    assert len(server.requests) == 4, "two refusals, then two answers at the first try"
    assert server.requests[-1]["max_completion_tokens"] == 160
    assert "temperature" not in server.requests[-1]


async def test_another_bad_request_is_one_error(server: FakeOpenAI, chat: OpenAIChat, prompt: Prompt) -> None:
    server.chat.refuses = {"model"}
    error, _ = await fails(chat, prompt)
    assert error.code == "llm_unavailable"
    assert "unsupported value: model" in error.message
    assert len(server.requests) == 1
