"""Typed chat: she answers with what she knows, it is kept as it was shown, and trouble with the model is said."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack

from storage import ChatMessage, ChatSession, Memory, StoreUnavailable
from tests.servers import Server


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


async def say(http: aiohttp.ClientSession, url: str, message: str, **more: object) -> tuple[int, dict]:
    async with http.post(f"{url}/chat", json={"message": message, **more}) as response:
        return response.status, await response.json()


async def events_of(response: aiohttp.ClientResponse) -> list[tuple[str, dict]]:
    """(event, data) of a whole event stream."""
    found = []
    for block in (await response.text()).strip().split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


async def lines_of(http: aiohttp.ClientSession, url: str, session_id: str) -> list[tuple[str, str]]:
    async with http.get(f"{url}/chat/sessions/{session_id}/messages") as response:
        return [(line["role"], line["content"]) for line in (await response.json())["messages"]]


# -- with the embedded brain, as a user starts it


async def test_she_answers_in_character_and_remembers_in_the_next_session(server: Server, http):
    status, first = await say(
        http, server.url, "안녕하세요, 저는 지훈이라고 해요. 떡볶이를 좋아해요.", persona_id="yujin"
    )
    assert status == 200
    assert first["response"]
    assert first["persona_id"] == "yujin"
    status, second = await say(http, server.url, "제 이름이 뭐라고 했죠?", session_id=first["session_id"])
    assert second["session_id"] == first["session_id"]
    assert "지훈" in second["response"]
    status, later = await say(http, server.url, "제 이름 기억나세요?", persona_id="yujin")
    assert later["session_id"] != first["session_id"]
    assert "지훈" in later["response"]
    assert later["intimacy"] >= first["intimacy"] > 0
    lines = await lines_of(http, server.url, first["session_id"])
    assert [role for role, _ in lines] == ["user", "assistant", "user", "assistant"]
    assert lines[1][1] == first["response"]


async def test_rubbish_is_refused_and_named(server: Server, http):
    for body, code in (
        ({}, "bad_request"),
        ({"message": "  "}, "bad_request"),
        ({"message": "가" * 2001}, "bad_request"),
        ({"message": {"$gt": ""}}, "bad_request"),
        ({"message": "안녕", "session_id": "없는 것"}, "not_found"),
        ({"message": "안녕", "persona_id": "../seoa"}, "persona_unknown"),
    ):
        async with http.post(f"{server.url}/chat", json=body) as response:
            assert (response.status in (400, 404), (await response.json())["error"]["code"]) == (True, code)


async def test_sessions_are_begun_paged_renamed_put_away_and_deleted(server: Server, http):
    made = []
    for number in range(3):
        body = {"persona_id": "jiho", "session_name": f"연습 {number}"}
        async with http.post(f"{server.url}/chat/sessions", json=body) as response:
            assert response.status == 201
            made.append((await response.json())["id"])
            assert response.headers["Location"] == f"/chat/sessions/{made[-1]}"
    seen: list[str] = []
    after = ""
    while after is not None:
        async with http.get(f"{server.url}/chat/sessions?limit=2{after and f'&after={after}'}") as response:
            page = await response.json()
        assert len(page["sessions"]) <= 2
        seen += [one["id"] for one in page["sessions"]]
        after = page["next"]
    assert seen[:3] == made[::-1]
    assert len(seen) == len(set(seen))
    place = f"{server.url}/chat/sessions/{made[0]}"
    async with http.patch(place, json={"session_name": "첫 연습", "is_active": False}) as response:
        changed = await response.json()
    assert (changed["session_name"], changed["is_active"]) == ("첫 연습", False)
    async with http.get(place) as response:
        assert await response.json() == changed
    async with http.patch(place, json={"user_id": "x"}) as response:
        assert response.status == 400
    for one in made:
        async with http.delete(f"{server.url}/chat/sessions/{one}") as response:
            assert response.status == 204
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/messages")):
        async with http.request(method, place + path) as response:
            assert response.status == 404
    async with http.get(f"{server.url}/chat/sessions?after=rubbish") as response:
        assert (response.status, (await response.json())["error"]["code"]) == (400, "bad_query")


# -- with a model behind the network, scripted


async def test_an_answer_is_streamed_sentence_by_sentence_and_kept_whole(chat_app, fake_openai, http):
    url, store = chat_app
    fake_openai.chat.pieces = ["안녕하세요! ", "반가워요. ", "세 번째 문장이에요."]
    fake_openai.chat.slow_next = 0.2
    body = {"message": "안녕하세요", "stream": True}
    async with http.post(f"{url}/chat", json=body) as response:
        assert (response.status, response.content_type) == (200, "text/event-stream")
        loop = asyncio.get_running_loop()
        began = loop.time()
        first = await response.content.readuntil(b"event: sentence")
        early = loop.time() - began
        await response.content.readuntil(b"event: done")
        assert early < loop.time() - began
        assert first.startswith(b"event: started")
    async with http.post(f"{url}/chat", json=body, headers={"Accept": "text/event-stream"}) as response:
        events = await events_of(response)
    assert [name for name, _ in events] == ["started", "sentence", "sentence", "done"]  # she speaks two sentences
    done = events[-1][1]
    assert done["response"] == " ".join(data["text"] for name, data in events if name == "sentence")
    assert await lines_of(http, url, done["session_id"]) == [("user", "안녕하세요"), ("assistant", done["response"])]
    assert (await store.get(Memory, "guest.seoa", owner="guest")).sessions == 2


async def test_what_was_said_before_goes_to_the_model_with_her_memory(chat_app, fake_openai, http):
    url, _ = chat_app
    _, first = await say(http, url, "제 이름은 민수예요.")
    await say(http, url, "오늘 날씨 좋네요.", session_id=first["session_id"])
    asked = fake_openai.requests[-1]["messages"]
    assert [m["role"] for m in asked] == ["system", "user", "assistant", "user"]
    assert asked[1]["content"] == "제 이름은 민수예요."
    assert "민수" in asked[0]["content"]


async def test_a_memory_that_was_edited_meanwhile_is_not_overwritten(chat_app, http):
    url, store = chat_app
    _, first = await say(http, url, "제 이름은 민수예요.")
    memory = await store.get(Memory, "guest.seoa", owner="guest")
    assert [fact.value for fact in memory.facts] == ["민수"]
    await store.update(Memory, memory.id, owner="guest", facts=(), intimacy=50.0)
    await say(http, url, "오늘 뭐 하셨어요?", session_id=first["session_id"])
    memory = await store.get(Memory, "guest.seoa", owner="guest")
    assert memory.facts == ()
    assert memory.intimacy >= 50


@pytest.mark.parametrize(
    ("script", "status", "code"),
    [
        ({"statuses": [500, 500]}, 502, "llm_unavailable"),
        ({"statuses": [401]}, 502, "llm_unauthorized"),
        ({"statuses": [429, 429], "headers": {"Retry-After": "7"}}, 503, "llm_rate_limited"),
        ({"slow_first": 5.0}, 504, "llm_timeout"),
        ({"breaks": 2}, 502, "llm_unavailable"),
        ({"pieces": ["안녕하세요! ", "저는 "], "cut_after": 1}, 502, "llm_cut_off"),
    ],
)
async def test_trouble_with_the_model_is_one_clear_error_and_nothing_is_kept(
    chat_app, fake_openai, http, script, status, code
):
    url, store = chat_app
    for name, value in script.items():
        setattr(fake_openai.chat, name, value)
    got, body = await say(http, url, "안녕하세요")
    assert (got, body["error"]["code"]) == (status, code)
    assert (await store.page(ChatMessage, owner="guest")).items == ()
    assert (await store.page(ChatSession, owner="guest")).items == ()


async def test_a_stream_that_breaks_ends_with_an_error_event_and_keeps_what_was_shown(chat_app, fake_openai, http):
    url, _ = chat_app
    fake_openai.chat.pieces = ["안녕하세요! ", "저는 ", "이서"]
    fake_openai.chat.cut_after = 2
    async with http.post(f"{url}/chat", json={"message": "안녕", "stream": True}) as response:
        events = await events_of(response)
    assert [name for name, _ in events] == ["started", "sentence", "error"]
    assert events[-1][1]["error"]["code"] == "llm_cut_off"
    lines = await lines_of(http, url, events[0][1]["session_id"])
    assert lines == [("user", "안녕"), ("assistant", "안녕하세요!")]


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_leaves_stops_the_model(chat_app, fake_openai, http, stream):
    url, store = chat_app
    fake_openai.chat.pieces = ["안녕하세요! ", *["음 "] * 200]
    fake_openai.chat.slow_next = 0.05
    async with asyncio.timeout(10):
        with pytest.raises(TimeoutError):
            async with http.post(
                f"{url}/chat",
                json={"message": "안녕", "stream": stream},
                timeout=aiohttp.ClientTimeout(total=1.0),
            ) as response:
                await response.read()
        await fake_openai.gone.wait()
    assert fake_openai.sent < 100
    async with asyncio.timeout(5):
        while len((await store.page(ChatMessage, owner="guest")).items) != (2 if stream else 0):
            await asyncio.sleep(0.05)


async def test_lines_of_one_session_are_answered_one_after_the_other(chat_app, fake_openai, http):
    url, _ = chat_app
    fake_openai.chat.slow_next = 0.1
    _, first = await say(http, url, "안녕하세요")
    session = first["session_id"]
    await asyncio.gather(*(say(http, url, f"질문 {n}", session_id=session) for n in range(3)))
    roles = [role for role, _ in await lines_of(http, url, session)]
    assert roles == ["user", "assistant"] * 4


async def test_a_session_deleted_while_she_answers_leaves_no_line_behind(chat_app, fake_openai, http):
    url, store = chat_app
    _, first = await say(http, url, "안녕하세요")
    fake_openai.chat.slow_first = 0.5

    async def forget() -> None:
        await asyncio.sleep(0.2)
        async with http.delete(f"{url}/chat/sessions/{first['session_id']}") as response:
            assert response.status == 204

    (status, body), _ = await asyncio.gather(say(http, url, "아직 있나요?", session_id=first["session_id"]), forget())
    assert (status, body["error"]["code"]) == (404, "not_found")
    assert (await store.page(ChatMessage, owner="guest")).items == ()


async def test_a_store_that_fails_is_said_and_no_answer_is_given_as_kept(chat_app, http, monkeypatch):
    url, store = chat_app
    _, first = await say(http, url, "안녕하세요")

    async def full(document: object) -> None:
        raise StoreUnavailable("the disk is full", "store_full")

    monkeypatch.setattr(store, "put", full)
    status, body = await say(http, url, "들리세요?", session_id=first["session_id"])
    assert (status, body["error"]["code"]) == (503, "store_full")


async def test_chat_and_call_with_the_same_person_do_not_write_over_each_other(chat_app, fake_openai, http):
    """What she hears in one while the other goes on is in her memory at the end of both."""
    url, store = chat_app
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    pc.addTrack(AudioStreamTrack())
    channel = pc.createDataChannel("chat")
    await pc.setLocalDescription(await pc.createOffer())
    body = {"sdp": pc.localDescription.sdp, "type": "offer", "persona_id": "seoa"}
    async with http.post(f"{url}/calls", json=body) as response:
        call = await response.json()
    await pc.setRemoteDescription(RTCSessionDescription(call["sdp"], "answer"))
    async with asyncio.timeout(20):
        while channel.readyState != "open":
            await asyncio.sleep(0.05)
        typed = {"label": "rtvi-ai", "id": "1", "type": "send-text", "data": {"content": "저는 등산을 정말 좋아해요."}}
        channel.send(json.dumps(typed))
        await say(http, url, "제 이름은 민수예요.", persona_id="seoa")
        while not fake_openai.requests or len(fake_openai.requests) < 2:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
        # The call's own session goes, and the call with it; what she learnt stays.
        async with http.delete(f"{url}/chat/sessions/{call['session_id']}") as response:
            assert response.status == 204
        async with http.get(f"{url}/calls/{call['call_id']}") as response:
            report = await response.json()
    await pc.close()
    assert (report["state"], report["reason"]) == ("ended", "session_deleted")
    memory = await store.get(Memory, "guest.seoa", owner="guest")
    assert {"민수", "등산"} <= {fact.value for fact in memory.facts}
    assert (await store.page(ChatMessage, owner="guest", session_id=call["session_id"])).items == ()
