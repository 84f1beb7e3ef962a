"""What is remembered of a person is theirs: seen, corrected, deleted, also while a call goes on; nobody else's is."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from analysis import korean
from persona import PersonaManager
from persona.companion import Companion
from persona.types import Line
from signaling.keepsake import memory_of, relationship_of
from storage import Fact, Memory
from tests.signaling.service import Service, running

AT = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with running(tmp_path) as one:
        facts = tuple(
            Fact(slot=slot, value=value, turn=1, at=AT) for slot, value in (("name", "민수"), ("pet", "고양이"))
        )
        await one.store.put(Memory(user_id="guest", persona_id="seoa", intimacy=41.6, casual_speech=True, facts=facts))
        await one.store.put(Memory(user_id="another", persona_id="seoa", summary="남의 이야기"))
        yield one


@pytest.fixture
async def http(service: Service) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(service.url) as session:
        yield session


async def asked(http: aiohttp.ClientSession, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    async with http.request(method, path, json=body) as response:
        return response.status, await response.json() if response.status != 204 else None


async def test_only_ones_own_is_shown_in_words_for_people(http: aiohttp.ClientSession) -> None:
    status, listed = await asked(http, "GET", "/memories")
    assert status == 200
    (memory,) = listed["memories"]
    assert (memory["persona_id"], memory["persona_name"], memory["intimacy"]) == ("seoa", "이서아", 42)
    assert [(fact["label"], fact["value"]) for fact in memory["facts"]] == [("이름", "민수"), ("반려동물", "고양이")]
    assert "남의 이야기" not in str(listed)
    assert (await asked(http, "GET", "/memories/seoa"))[1] == memory
    status, error = await asked(http, "GET", "/memories/dohyun")
    assert (status, error["error"]["code"]) == (404, "memory_unknown")


async def test_a_fact_can_be_corrected_and_deleted(http: aiohttp.ClientSession) -> None:
    name, pet = (await asked(http, "GET", "/memories/seoa"))[1]["facts"]
    status, memory = await asked(http, "PATCH", f"/memories/seoa/facts/{name['id']}", {"value": "  면수 "})
    assert (status, memory["facts"][0]["value"]) == (200, "면수")
    assert (await asked(http, "DELETE", f"/memories/seoa/facts/{pet['id']}"))[0] == 204
    memory = (await asked(http, "GET", "/memories/seoa"))[1]
    assert [fact["value"] for fact in memory["facts"]] == ["면수"]
    status, error = await asked(http, "DELETE", f"/memories/seoa/facts/{pet['id']}")
    assert (status, error["error"]["code"]) == (404, "fact_unknown")


@pytest.mark.parametrize("value", ["", "   ", "x" * 81, "줄\n바꿈", 5, None])
async def test_a_wrong_value_is_refused(http: aiohttp.ClientSession, value: object) -> None:
    fact = (await asked(http, "GET", "/memories/seoa"))[1]["facts"][0]
    status, error = await asked(http, "PATCH", f"/memories/seoa/facts/{fact['id']}", {"value": value})
    assert (status, error["error"]["code"]) == (400, "bad_request")


async def test_one_can_go_back_to_polite_speech_but_not_decide_alone_on_casual(http: aiohttp.ClientSession) -> None:
    assert (await asked(http, "PATCH", "/memories/seoa", {"casual_speech": False}))[1]["casual_speech"] is False
    assert (await asked(http, "PATCH", "/memories/seoa", {"casual_speech": True}))[0] == 400
    assert (await asked(http, "PATCH", "/memories/seoa", {"summary": ""}))[1]["summary"] == ""


async def test_all_of_it_can_be_forgotten(service: Service, http: aiohttp.ClientSession) -> None:
    assert (await asked(http, "DELETE", "/memories/seoa"))[0] == 204
    assert (await asked(http, "GET", "/memories"))[1] == {"memories": []}
    assert len([each async for each in service.store.each(Memory, owner="another")]) == 1


def test_what_is_deleted_during_a_call_is_neither_used_nor_written_back_at_its_end() -> None:
    korean.load()
    seoa = PersonaManager().get_persona("seoa")
    facts = (Fact(slot="name", value="민수", turn=1, at=AT), Fact(slot="pet", value="고양이", turn=1, at=AT))
    stored = Memory(user_id="me", persona_id="seoa", sessions=1, facts=facts)
    companion = Companion(relationship_of(stored))
    history = [Line("user", "저는 등산을 좋아해요."), Line("assistant", "저도 산이 좋아요."), Line("user", "그렇군요.")]
    companion.reminded(relationship_of(stored.model_copy(update={"facts": facts[:1]})), history)
    assert {fact.value for fact in companion.prompt(seoa, history).facts} == {"민수", "등산"}
    became = memory_of("me", "seoa", companion.after(seoa, history), stored, AT)
    assert {fact.value for fact in became.facts} == {"민수", "등산"}
    companion.reminded(relationship_of(None), history)
    history += [Line("assistant", "네."), Line("user", "저는 부산에 살아요.")]
    assert [fact.value for fact in companion.prompt(seoa, history).facts] == ["부산"]
    assert [fact.value for fact in companion.after(seoa, history).facts] == ["부산"]
