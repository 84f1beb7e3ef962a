"""Making a persona over HTTP: drafted, checked field by field, tried, kept, changed, deleted; never the house's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from persona.catalog import LARGEST_FILE
from signaling import cast
from storage import Memory, OwnPersona
from tests.signaling.service import Service, running


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with running(tmp_path) as one:
        yield one


@pytest.fixture
async def http(service: Service) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(service.url) as session:
        yield session


async def asked(http: aiohttp.ClientSession, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    async with http.request(method, path, json=body) as response:
        return response.status, await response.json() if response.status != 204 else None


async def drafted(http: aiohttp.ClientSession, persona_id: str = "minji", **changed: Any) -> dict[str, Any]:
    body = {"id": persona_id, "name": "민지", "description": "조용한 도서관 사서", "gender": "female"}
    status, draft = await asked(http, "POST", "/personas/template", body)
    assert status == 200
    return draft | changed


async def test_a_draft_is_checked_kept_listed_changed_and_deleted(
    service: Service, http: aiohttp.ClientSession
) -> None:
    draft = await drafted(http)
    assert await asked(http, "POST", "/personas/check", draft) == (200, {"valid": True, "faults": []})
    assert [card["id"] for card in (await asked(http, "GET", "/personas"))[1]["personas"] if card["own"]] == []
    status, card = await asked(http, "POST", "/personas", draft)
    assert (status, card["id"], card["own"], card["name"]) == (201, "minji", True, "민지")
    assert card["portrait"].startswith("/static/portraits/")
    assert (await asked(http, "GET", "/personas/minji"))[1] == card
    assert (await asked(http, "GET", "/personas/minji/file"))[1] == draft
    status, card = await asked(http, "PUT", "/personas/minji", draft | {"job": "사서", "portrait": "haneul"})
    assert (status, card["job"], card["portrait"]) == (200, "사서", "/static/portraits/haneul.svg")
    own = [one["id"] for one in (await asked(http, "GET", "/personas"))[1]["personas"] if one["own"]]
    assert own == ["minji"]
    await service.store.put(Memory(user_id="guest", persona_id="minji"))
    assert (await asked(http, "DELETE", "/personas/minji"))[0] == 204
    assert (await asked(http, "GET", "/personas/minji"))[0] == 404
    assert [each async for each in service.store.each(Memory, owner="guest")] == []
    assert (await asked(http, "DELETE", "/personas/minji"))[0] == 404


async def test_a_bad_draft_is_refused_with_every_field_and_nothing_is_kept(
    service: Service, http: aiohttp.ClientSession
) -> None:
    draft = await drafted(http, age=17, openers=["안녕"], mbti="??")
    status, verdict = await asked(http, "POST", "/personas/check", draft)
    assert (status, verdict["valid"]) == (200, False)
    assert {"age", "openers", "mbti"} <= {fault["field"] for fault in verdict["faults"]}
    assert any("19세" in fault["hint"] for fault in verdict["faults"])
    for method, path in (("POST", "/personas"), ("PUT", "/personas/minji"), ("POST", "/personas/try")):
        status, refusal = await asked(http, method, path, {"persona": draft} if path.endswith("try") else draft)
        assert (status, refusal["error"]["code"]) == (422, "persona_invalid")
        assert {"age", "openers", "mbti"} <= {fault["field"] for fault in refusal["error"]["faults"]}
    assert [each async for each in service.store.each(OwnPersona, owner="guest")] == []


async def test_a_draft_can_be_talked_with_and_is_not_kept(http: aiohttp.ClientSession) -> None:
    draft = await drafted(http)
    said = [{"role": "assistant", "text": "안녕하세요."}, {"role": "user", "text": "반가워요."}]
    status, answer = await asked(http, "POST", "/personas/try", {"persona": draft, "lines": said})
    assert (status, answer) == (200, {"text": "네.", "speech_level": "해요체"})
    status, answer = await asked(http, "POST", "/personas/try", {"persona": draft, "intimacy": 80, "casual": True})
    assert (status, answer["speech_level"]) == (200, "해체")
    assert (await asked(http, "GET", "/personas/minji"))[0] == 404


async def test_the_house_is_never_overwritten(http: aiohttp.ClientSession) -> None:
    draft = await drafted(http)
    status, error = await asked(http, "POST", "/personas", draft | {"id": "seoa"})
    assert (status, error["error"]["code"]) == (409, "persona_exists")
    assert (await asked(http, "PUT", "/personas/seoa", draft))[0] == 403
    assert (await asked(http, "DELETE", "/personas/seoa"))[0] == 403
    assert (await asked(http, "GET", "/personas/seoa"))[1]["name"] == "이서아"
    assert (await asked(http, "POST", "/personas", draft))[0] == 201
    status, error = await asked(http, "POST", "/personas", draft)
    assert (status, error["error"]["code"]) == (409, "persona_exists")


async def test_whom_one_chose_is_called_when_nobody_is_named(http: aiohttp.ClientSession) -> None:
    assert (await asked(http, "GET", "/personas"))[1]["active"] == "seoa"
    await asked(http, "POST", "/personas", await drafted(http))
    assert (await asked(http, "POST", "/personas/minji/activate"))[0] == 200
    assert (await asked(http, "GET", "/personas"))[1]["active"] == "minji"
    await asked(http, "DELETE", "/personas/minji")
    assert (await asked(http, "GET", "/personas"))[1]["active"] == "seoa"  # who is gone is called no more
    assert (await asked(http, "POST", "/personas/nobody/activate"))[0] == 404


async def test_an_own_persona_is_nobody_elses(service: Service, http: aiohttp.ClientSession) -> None:
    draft = await drafted(http)
    await service.store.add(OwnPersona(user_id="another", persona_id="minji", persona=draft))
    assert (await asked(http, "GET", "/personas/minji"))[0] == 404
    assert (await asked(http, "GET", "/personas/minji/file"))[0] == 404
    assert (await asked(http, "DELETE", "/personas/minji"))[0] == 404
    assert (await asked(http, "POST", "/personas", draft))[0] == 201
    assert len([each async for each in service.store.each(OwnPersona, owner="another")]) == 1


async def test_there_is_an_end_to_how_many_one_may_make(service: Service, http: aiohttp.ClientSession) -> None:
    draft = await drafted(http)
    for number in range(cast.OWN_MOST):
        await service.store.add(OwnPersona(user_id="guest", persona_id=f"p{number}", persona=draft))
    status, error = await asked(http, "POST", "/personas", draft)
    assert (status, error["error"]["code"]) == (409, "too_many")


@pytest.mark.parametrize("hostile", ["../../etc/passwd", "..", "A", "a/b", "한글", "", "x" * 41, "a.b"])
async def test_an_id_is_never_a_path(http: aiohttp.ClientSession, hostile: str) -> None:
    status, error = await asked(http, "POST", "/personas", await drafted(http) | {"id": hostile})
    assert (status, error["error"]["faults"][0]["field"]) == (422, "id")
    body = {"id": hostile, "name": "이름", "description": "설명"}
    assert (await asked(http, "POST", "/personas/template", body))[0] == 400


async def test_a_chosen_portrait_is_one_of_the_drawn_ones_or_it_is_not_shown(http: aiohttp.ClientSession) -> None:
    await asked(http, "POST", "/personas", await drafted(http, portrait="../../secret"))
    card = (await asked(http, "GET", "/personas/minji"))[1]
    assert card["portrait"] == "/static/portraits/haneul.svg"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"[" * 9000, b"\xff\xfe", b"{}"])
async def test_what_is_no_persona_is_one_clear_answer(http: aiohttp.ClientSession, body: bytes) -> None:
    async with http.post("/personas", data=body, headers={"Content-Type": "application/json"}) as response:
        assert response.status in (400, 422)
        assert (await response.json())["error"]["code"] in ("bad_json", "persona_invalid", "bad_request")


async def test_a_huge_draft_is_not_read(http: aiohttp.ClientSession) -> None:
    status, error = await asked(http, "POST", "/personas/check", {"backstory": "가" * LARGEST_FILE})
    assert (status, error["error"]["code"]) == (413, "body_too_large")


async def test_a_form_is_offered_voices_portraits_and_topics(http: aiohttp.ClientSession) -> None:
    status, offered = await asked(http, "GET", "/personas/choices")
    assert status == 200
    assert "ko-KR-SunHiNeural" in offered["voices"]["tts"]
    assert "seoa" in offered["portraits"]
    assert "job" in offered["topics"]
