"""The HTTP face: every good request by its contract, every bad one one clear error, and other calls go on."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

from tests.servers import Server


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def peer():
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    pc.addTrack(AudioStreamTrack())
    pc.createDataChannel("chat")
    await pc.setLocalDescription(await pc.createOffer())
    yield pc
    await pc.close()


async def error_of(response: aiohttp.ClientResponse) -> str:
    body = await response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    assert body["error"]["message"]
    return body["error"]["code"]


async def connected(pc: RTCPeerConnection) -> None:
    async with asyncio.timeout(15):
        while pc.connectionState != "connected":
            await asyncio.sleep(0.05)


async def test_health_says_which_engines_were_chosen(server: Server, http):
    async with http.get(f"{server.url}/health") as response:
        assert response.status == 200
        body = await response.json()
    assert body["status"] == "ok"
    chosen = {"stt": "whisper", "llm": "offline", "tts": "kokoro", "face": "mediapipe", "expression": "face-api"}
    assert chosen.items() <= body["engines"].items()
    assert body["calls"]["limit"] > 0


async def test_personas_are_listed_and_one_can_be_asked_for(server: Server, http):
    async with http.get(f"{server.url}/personas") as response:
        listed = await response.json()
    assert "seoa" in [persona["id"] for persona in listed["personas"]]
    async with http.get(f"{server.url}/personas/seoa") as response:
        seoa = await response.json()
    assert (seoa["name"], seoa["age"], seoa["mbti"]) == ("이서아", 28, "ENFP")
    async with http.get(f"{server.url}/personas/..%2F..%2Fpyproject") as response:
        assert response.status == 404
        assert await error_of(response) == "persona_unknown"


async def test_a_json_offer_is_answered_and_the_call_connects(server: Server, http, peer):
    body = {"sdp": peer.localDescription.sdp, "type": "offer", "persona_id": "seoa"}
    async with http.post(f"{server.url}/calls", json=body) as response:
        assert response.status == 201
        call = await response.json()
        assert set(call) == {"call_id", "session_id", "pc_id", "sdp", "type", "resume_token"}
        assert response.headers["Location"] == f"/calls/{call['call_id']}"
    await peer.setRemoteDescription(RTCSessionDescription(call["sdp"], "answer"))
    await connected(peer)
    async with http.delete(f"{server.url}/calls/{call['call_id']}") as response:
        assert response.status == 204
    async with asyncio.timeout(10):
        while peer.connectionState != "closed":
            await asyncio.sleep(0.05)


async def test_whip_gives_a_plain_answer_and_a_place_to_hang_up(server: Server, http, peer):
    headers = {"Content-Type": "application/sdp"}
    async with http.post(f"{server.url}/calls", data=peer.localDescription.sdp, headers=headers) as response:
        assert response.status == 201
        assert response.content_type == "application/sdp"
        answer, location = await response.text(), response.headers["Location"]
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await connected(peer)
    fragment = "a=mid:0\r\na=candidate:1 1 udp 2130706431 127.0.0.1 50000 typ host\r\na=end-of-candidates\r\n"
    headers = {"Content-Type": "application/trickle-ice-sdpfrag"}
    async with http.patch(server.url + location, data=fragment, headers=headers) as response:
        assert response.status == 204
    async with http.delete(server.url + location) as response:
        assert response.status == 204


async def test_candidates_may_come_later(server: Server, http, peer):
    lines = peer.localDescription.sdp.splitlines()
    held = [line for line in lines if line.startswith("a=candidate:")]
    bare = "\r\n".join(line for line in lines if not line.startswith(("a=candidate:", "a=end-of-cand"))) + "\r\n"
    assert held
    async with http.post(f"{server.url}/calls", json={"sdp": bare, "type": "offer"}) as response:
        call = await response.json()
    await peer.setRemoteDescription(RTCSessionDescription(call["sdp"], "answer"))
    candidates = [{"candidate": line.removeprefix("a="), "sdpMid": "0", "sdpMLineIndex": 0} for line in held]
    candidates.append({"candidate": "", "sdpMid": "0", "sdpMLineIndex": 0})
    async with http.patch(f"{server.url}/calls/{call['call_id']}", json={"candidates": candidates}) as response:
        assert response.status == 204
    await connected(peer)


async def test_the_shape_of_pipecats_client_kit(server: Server, http, peer):
    body = {"sdp": peer.localDescription.sdp, "type": "offer", "pc_id": None, "restart_pc": False}
    async with http.post(f"{server.url}/api/offer", json={**body, "requestData": {"persona_id": "seoa"}}) as response:
        assert response.status == 200
        answer = await response.json()
    assert {"sdp", "type", "pc_id"} <= set(answer)
    one = {"candidate": "candidate:1 1 udp 2130706431 127.0.0.1 50000 typ host", "sdp_mid": "0", "sdp_mline_index": 0}
    async with http.patch(f"{server.url}/api/offer", json={"pc_id": answer["pc_id"], "candidates": [one]}) as response:
        assert response.status == 200
    async with http.delete(f"{server.url}/calls/{answer['pc_id']}") as response:
        assert response.status == 204


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "bad_json"),
        (b"{", 400, "bad_json"),
        (b"[]", 400, "bad_json"),
        (b"{}", 400, "bad_request"),
        (b'{"sdp": "", "type": "offer"}', 400, "bad_sdp"),
        (b'{"sdp": 7, "type": "offer"}', 400, "bad_request"),
        (b'{"sdp": "hello", "type": "offer"}', 400, "bad_sdp"),
        (b'{"sdp": "v=0\\r\\n", "type": "answer"}', 400, "bad_request"),
        (b'{"sdp": "' + b"x" * 100_000 + b'", "type": "offer"}', 413, "sdp_too_large"),
        (b'{"sdp": "' + b"x" * 5_000_000 + b'", "type": "offer"}', 413, "body_too_large"),
        (b"\xff\xfe", 400, "bad_json"),
    ],
)
@pytest.mark.parametrize("path", ["/calls", "/api/offer"])
async def test_rubbish_is_one_clear_error(server: Server, http, path, body, status, code):
    async with http.post(server.url + path, data=body, headers={"Content-Type": "application/json"}) as response:
        assert response.status == status
        assert await error_of(response) == code


async def test_an_offer_without_a_microphone_is_told_so(server: Server, http):
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    pc.addTrack(VideoStreamTrack())
    await pc.setLocalDescription(await pc.createOffer())
    body = {"sdp": pc.localDescription.sdp, "type": "offer"}
    async with http.post(f"{server.url}/calls", json=body) as response:
        assert response.status == 400
        assert await error_of(response) == "no_audio"
    await pc.close()


async def test_unknown_persona_session_and_call_are_404(server: Server, http, peer):
    offer = {"sdp": peer.localDescription.sdp, "type": "offer"}
    async with http.post(f"{server.url}/calls", json={**offer, "persona_id": "nobody"}) as response:
        assert (response.status, await error_of(response)) == (404, "persona_unknown")
    async with http.post(f"{server.url}/calls", json={**offer, "session_id": "none"}) as response:
        assert (response.status, await error_of(response)) == (404, "not_found")
    async with http.post(f"{server.url}/calls", json={**offer, "resume_token": "none"}) as response:
        assert (response.status, await error_of(response)) == (404, "call_unknown")
    for method in ("GET", "DELETE", "PATCH"):
        async with http.request(method, f"{server.url}/calls/none", json={"candidates": []}) as response:
            assert (response.status, await error_of(response)) == (404, "call_unknown")


async def test_other_errors_have_the_same_shape(server: Server, http):
    async with http.get(f"{server.url}/nowhere") as response:
        assert (response.status, await error_of(response)) == (404, "not_found")
    async with http.put(f"{server.url}/calls") as response:
        assert (response.status, await error_of(response)) == (405, "method_not_allowed")
    async with http.post(f"{server.url}/calls", data="x", headers={"Content-Type": "text/plain"}) as response:
        assert (response.status, await error_of(response)) == (415, "unsupported_media_type")


async def test_no_room_for_another_call_says_when_to_come_back(start_server, http, peer):
    server = start_server(MAX_CALLS="1")
    body = {"sdp": peer.localDescription.sdp, "type": "offer"}
    async with http.post(f"{server.url}/calls", json=body) as response:
        first = await response.json()
    async with http.post(f"{server.url}/calls", json=body) as response:
        assert (response.status, await error_of(response)) == (503, "busy")
        assert int(response.headers["Retry-After"]) > 0
    async with http.delete(f"{server.url}/calls/{first['call_id']}") as response:
        assert response.status == 204
    async with asyncio.timeout(15):
        while True:
            async with http.post(f"{server.url}/calls", json=body) as response:
                if response.status == 201:
                    break
            await asyncio.sleep(0.2)


async def test_every_page_carries_a_strict_policy(server: Server, http):
    async with http.get(f"{server.url}/") as response:
        assert response.status == 200
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "데연소" in await response.text()
    async with http.get(f"{server.url}/static/..%2Fpyproject.toml") as response:
        assert response.status in (403, 404)
