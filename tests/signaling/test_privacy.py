"""Consent and one's own data over HTTP: asked apart, withdrawn at once, taken whole, erased whole."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.mediastreams import AudioStreamTrack

from persona.engines import Prompt
from signaling.auth import Auth
from signaling.consents import QUESTIONS, sent_abroad
from signaling.context import CONTEXT, SignIn
from signaling.routes import privacy
from storage import Access, ChatMessage, ChatSession, Consent, DataKey, Memory, Store, StoreUnavailable, Upload
from tests.fakes.supabase import ANON_KEY, FakeSupabase
from tests.signaling.service import Service, Terse, agreed, engines, running

VERSIONS = {question.to: question.version for question in QUESTIONS}
ALL = list(VERSIONS)
UNKNOWN = "0000"


def says(**granted: bool) -> dict[str, Any]:
    return {"decisions": [{"to": to, "version": VERSIONS[to], "granted": yes} for to, yes in granted.items()]}


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def guests(tmp_path: Path) -> AsyncIterator[Service]:
    """The service as it is at home: nobody signs in."""
    async with running(tmp_path) as service:
        yield service


@pytest.fixture
async def offer() -> AsyncIterator[dict[str, str]]:
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    pc.addTrack(AudioStreamTrack())
    pc.createDataChannel("chat")
    await pc.setLocalDescription(await pc.createOffer())
    yield {"sdp": pc.localDescription.sdp, "type": "offer"}
    await pc.close()


FILM = b"film" * 100_000


async def ask(http: aiohttp.ClientSession, method: str, url: str, token: str = "", **how: Any) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with http.request(method, url, headers=headers, **how) as response:
        is_json = response.content_type == "application/json"
        return response.status, await (response.json() if is_json else response.read())


async def test_each_consent_is_asked_apart_in_korean_with_its_version(guests: Service, http) -> None:
    status, told = await ask(http, "GET", f"{guests.url}/users/me/consents")
    assert status == 200
    assert [one["to"] for one in told["consents"]] == ALL
    assert set(ALL) == {"call", "recording", "face_analysis", "voice_analysis", "transfer_abroad"}
    assert [one["to"] for one in told["consents"] if one["required"]] == ["call"]
    for one in told["consents"]:
        assert one["granted"] is None
        assert one["version"]
        for words in ("title", "text", "without"):
            assert any("가" <= letter <= "힣" for letter in one[words])
    assert "사람이 아니라 AI" in told["consents"][0]["text"]
    assert told["ask"] is True


async def test_an_answer_stands_until_it_is_changed_and_leaves_the_others_alone(guests: Service, http) -> None:
    url = f"{guests.url}/users/me/consents"
    status, told = await ask(http, "PUT", url, json=says(call=True, face_analysis=False))
    assert status == 200
    states = {one["to"]: one for one in told["consents"]}
    assert (states["call"]["granted"], states["face_analysis"]["granted"]) == (True, False)
    assert states["voice_analysis"]["granted"] is None
    assert states["face_analysis"]["applies"] is False
    for _ in range(2):  # said twice is said once
        await ask(http, "PUT", url, json=says(call=True, voice_analysis=True))
    _, told = await ask(http, "PUT", url, json=says(face_analysis=True, recording=False))
    assert told["ask"] is False  # what this service does not do is not asked
    history = [(one.to, one.granted) async for one in guests.store.each(Consent, owner="guest")]
    assert history == [
        ("call", True),
        ("face_analysis", False),
        ("voice_analysis", True),
        ("face_analysis", True),
        ("recording", False),
    ]


async def test_a_yes_to_an_older_text_is_asked_again_and_a_no_stays_no(guests: Service, http) -> None:
    for to, granted in (("call", True), ("face_analysis", False)):
        await guests.store.add(Consent(user_id="guest", to=to, version=UNKNOWN, granted=granted))
    _, told = await ask(http, "GET", f"{guests.url}/users/me/consents")
    granted = {one["to"]: one["granted"] for one in told["consents"]}
    assert (granted["call"], granted["face_analysis"]) == (None, False)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"decisions": [{"to": "call", "version": UNKNOWN, "granted": True}]}, 409, "consent_outdated"),
        ({"decisions": [{"to": "everything", "version": "1", "granted": True}]}, 400, "bad_request"),
        ({"decisions": [{"to": "call", "granted": True}]}, 400, "bad_request"),
        ({"decisions": []}, 400, "bad_request"),
        ({"decisions": [{"to": {"$gt": ""}, "version": "1", "granted": True}]}, 400, "bad_request"),
    ],
)
async def test_an_answer_to_nothing_that_was_shown_is_refused_whole(guests: Service, http, body, status, code) -> None:
    both = {"decisions": [*says(recording=True)["decisions"], *body["decisions"]]} if body["decisions"] else body
    answered, told = await ask(http, "PUT", f"{guests.url}/users/me/consents", json=both)
    assert (answered, told["error"]["code"]) == (status, code)
    assert [one async for one in guests.store.each(Consent, owner="guest")] == []


async def test_the_guest_at_home_may_call_at_once_but_a_no_is_a_no(guests: Service, http, offer) -> None:
    status, call = await ask(http, "POST", f"{guests.url}/calls", json=offer)
    assert status == 201
    # Withdrawn in the middle of the call: it ends.
    assert (await ask(http, "PUT", f"{guests.url}/users/me/consents", json=says(call=False)))[0] == 200
    async with asyncio.timeout(10):
        while len(guests.calls):
            await asyncio.sleep(0.02)
    _, report = await ask(http, "GET", f"{guests.url}/calls/{call['call_id']}")
    assert report["reason"] == "consent_withdrawn"
    for path in ("/calls", "/api/offer"):
        status, told = await ask(http, "POST", guests.url + path, json=offer)
        assert (status, told["error"]["code"]) == (403, "consent_needed")
        assert "통화와 대화" in told["error"]["message"]
    await ask(http, "PUT", f"{guests.url}/users/me/consents", json=says(call=True))
    assert (await ask(http, "POST", f"{guests.url}/calls", json=offer))[0] == 201


async def test_who_signs_in_is_called_only_after_a_yes_and_sent_abroad_only_after_another(
    tmp_path: Path, http, offer
) -> None:
    async with FakeSupabase() as supabase, Auth(supabase.url) as auth:
        sign_in = SignIn(True, supabase.url, ANON_KEY)
        async with running(tmp_path, auth, sign_in=sign_in, abroad=frozenset({"tts"})) as service:
            token = supabase.token("yeonso@example.com")
            consents, calls = f"{service.url}/users/me/consents", f"{service.url}/calls"
            _, told = await ask(http, "GET", consents, token)
            assert all(one["applies"] is False for one in told["consents"])
            asked = {one["to"] for one in told["consents"] if one["relevant"]}
            assert asked == {"call", "voice_analysis", "face_analysis", "recording", "transfer_abroad"}
            for granted, missing in (({}, "(call)"), ({"call": True}, "(transfer_abroad)")):
                if granted:
                    await ask(http, "PUT", consents, token, json=says(**granted))
                status, told = await ask(http, "POST", calls, token, json=offer)
                assert (status, told["error"]["code"]) == (403, "consent_needed")
                assert missing in told["error"]["message"]
            await ask(http, "PUT", consents, token, json=says(transfer_abroad=True))
            assert (await ask(http, "POST", calls, token, json=offer))[0] == 201


def test_what_goes_abroad_is_known_from_the_engines() -> None:
    openai, own = "https://api.openai.com/v1", "http://192.168.0.7:8000/v1"
    names = {"stt": "whisper", "llm": "openai:gpt-4o-mini", "tts": "edge", "face": "mediapipe"}
    assert sent_abroad(names, openai) == {"llm", "tts"}
    for mine in (own, "http://localhost:1234/v1", "http://vllm:8000/v1", "http://gpu.local/v1", "http://[::1]:1/v1"):
        assert sent_abroad(names, mine) == {"tts"}
    assert sent_abroad({"stt": "whisper", "llm": "offline", "tts": "kokoro"}, openai) == frozenset()


async def fill(service: Service, owner: str) -> Path:
    """A session with lines, a film and a picture; where the film lies."""
    store = service.store
    talk = await store.add(ChatSession(user_id=owner, session_name="첫 통화", persona_name="이서아", persona_id="seoa"))
    for number in range(450):  # more than one batch
        await store.add(ChatMessage(session_id=talk.id, user_id=owner, content=f"안녕 {number} 👋", role="user"))
    gone, vault = store.files.new(owner, ".png"), service.app[CONTEXT].vault
    assert vault is not None
    its = {"session_id": talk.id, "call_id": "c", "user_id": owner, "media_type": "video/webm"}
    film, file = await vault.begin(begins=0.0, **its)
    file.write(FILM)
    file.close()
    await vault.finish(film, len(FILM), 1.0)
    await store.add(Upload(user_id=owner, file=gone, media_type="image/png", size=1))  # its file was lost
    return store.files.path(film.file)


async def test_everything_of_mine_comes_as_one_archive_and_nothing_of_others(guests: Service, http) -> None:
    film = await fill(guests, "guest")
    await fill(guests, "somebody else")
    status, body = await ask(http, "GET", f"{guests.url}/users/me/export")
    assert status == 200
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert [name for name in names if name.startswith("media/")] == [f"media/{film.name}"]
        assert archive.read(f"media/{film.name}") == FILM  # in plain: it is hers
        lines = archive.read("data/chat_messages.ndjson").decode().splitlines()
        assert [json.loads(line)["content"] for line in lines] == [f"안녕 {n} 👋" for n in range(450)]
        assert "data/data_keys.ndjson" not in names
        everything = b"".join(archive.read(name) for name in names)
        assert b"somebody else" not in everything
        [key] = (await guests.store.page(DataKey, owner="guest")).items
        assert key.wrapped.encode() not in everything
    _, slim = await ask(http, "GET", f"{guests.url}/users/me/export?media=false")
    with zipfile.ZipFile(io.BytesIO(slim)) as archive:
        assert not [name for name in archive.namelist() if name.startswith("media/")]


async def test_a_chat_under_way_leaves_nothing_behind_an_erasing(tmp_path: Path, http) -> None:
    """She is in the middle of her answer when everything is erased: it waits for her, and no line comes after it."""
    gate = asyncio.Event()

    class Slow(Terse):
        async def reply(self, prompt: Prompt) -> AsyncGenerator[str, None]:
            yield "음, "
            await gate.wait()
            yield "그렇군요."

    async with running(tmp_path, parts=replace(engines(), model=Slow())) as service:
        await agreed(service.store, "guest")
        url = service.url
        async with asyncio.TaskGroup() as tasks:
            chat = tasks.create_task(ask(http, "POST", f"{url}/chat", json={"message": "안녕하세요"}))
            await asyncio.sleep(0.3)
            erasing = tasks.create_task(ask(http, "DELETE", f"{url}/users/me"))
            await asyncio.sleep(0.3)
            status, told = await ask(http, "POST", f"{url}/chat", json={"message": "또 안녕하세요"})
            assert (status, told["error"]["code"]) == (503, "busy")
            assert not erasing.done()
            gate.set()
        assert chat.result()[0] == 200
        assert erasing.result()[0] == 200
        for kind in (ChatSession, ChatMessage, Memory, Consent):
            assert [one async for one in service.store.each(kind, owner="guest")] == []
        assert (await ask(http, "GET", f"{url}/chat/sessions"))[0] == 200


async def test_an_export_that_breaks_off_is_seen_to_be_broken(guests: Service, http, monkeypatch) -> None:
    await fill(guests, "guest")
    page, asked = Store.page, []

    async def away(self: Store, model: type, **how: Any) -> Any:
        asked.append(model)
        if model is ChatMessage:
            raise StoreUnavailable("away")
        return await page(self, model, **how)

    monkeypatch.setattr(Store, "page", away)
    with pytest.raises(aiohttp.ClientError):
        await asyncio.wait_for(ask(http, "GET", f"{guests.url}/users/me/export"), 10)
    assert ChatMessage in asked


async def test_erasing_ends_my_call_and_leaves_nothing_of_me_and_all_of_others(guests: Service, http, offer) -> None:
    mine, theirs = await fill(guests, "guest"), await fill(guests, "somebody else")
    _, call = await ask(http, "POST", f"{guests.url}/calls", json=offer)
    status, told = await ask(http, "DELETE", f"{guests.url}/users/me")
    assert status == 200
    assert told["erased"]["chat_messages"] >= 450
    assert len(guests.calls) == 0
    _, report = await ask(http, "GET", f"{guests.url}/calls/{call['call_id']}")
    assert report["reason"] == "erased"
    assert not mine.parent.exists()
    left = [document async for _, document in guests.store.export("guest")]
    assert left == []
    assert theirs.exists()
    assert len([1 async for _ in guests.store.each(ChatMessage, owner="somebody else")]) == 450


async def test_nothing_is_erased_while_a_call_still_writes(guests: Service, http, offer, monkeypatch) -> None:
    await fill(guests, "guest")
    await ask(http, "POST", f"{guests.url}/calls", json=offer)
    monkeypatch.setattr(privacy, "ERASING", 0.0)
    status, told = await ask(http, "DELETE", f"{guests.url}/users/me")
    assert (status, told["error"]["code"]) == (503, "busy")
    assert len([1 async for _ in guests.store.each(ChatMessage, owner="guest")]) == 450
    monkeypatch.undo()
    assert (await ask(http, "DELETE", f"{guests.url}/users/me"))[0] == 200
    assert [1 async for _ in guests.store.export("guest")] == []


async def test_who_looked_is_told_once_a_look(guests: Service, http) -> None:
    await fill(guests, "guest")
    [talk] = [one async for one in guests.store.each(ChatSession, owner="guest")]
    for _ in range(3):  # a page that asks again and again is one look
        assert (await ask(http, "GET", f"{guests.url}/chat/sessions/{talk.id}/messages"))[0] == 200
    await ask(http, "GET", f"{guests.url}/chat/sessions/nothing/messages")  # nothing was shown
    await ask(http, "GET", f"{guests.url}/users/me/export?media=false")
    _, told = await ask(http, "GET", f"{guests.url}/users/me/accesses?limit=1")
    assert [(one["action"], one["target"], one["actor"]) for one in told["accesses"]] == [("export", "*", "guest")]
    _, more = await ask(http, "GET", f"{guests.url}/users/me/accesses", params={"after": told["next"]})
    assert [(one["action"], one["target"]) for one in more["accesses"]] == [("read", f"sessions/{talk.id}/messages")]
    assert len([1 async for _ in guests.store.each(Access, owner="guest")]) == 2
