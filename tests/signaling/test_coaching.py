"""The coach in a whole call: what a person says and shows comes back as readings, a report and its moments."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import aiohttp

from media.types import Samples
from signaling.headless import HeadlessPeer
from tests.servers import Server

Spoken = Callable[..., Samples]
SAID = ["안녕하세요. 만나서 정말 반가워요.", "혹시 어떤 음식을 좋아하세요?"]


async def get(url: str) -> tuple[int, dict]:
    async with aiohttp.ClientSession() as http, http.get(url) as response:
        return response.status, await response.json()


def told(peer: HeadlessPeer, kind: str) -> list[dict]:
    return [m["data"] for m in peer.of_kind("server-message") if m["data"]["kind"] == kind]


async def test_a_call_tells_readings_as_it_goes_and_leaves_a_report(server: Server, spoken: Spoken, film: Path):
    sounds = [spoken(text) for text in SAID]
    async with HeadlessPeer(server.url, "seoa", film) as peer:
        await peer.greeted(timeout=90)
        session = peer.call["session_id"]
        status, refused = await get(f"{server.url}/sessions/{session}/feedback")
        assert (status, refused["error"]["code"]) == (409, "call_under_way")
        for sound in sounds:
            assert (await peer.say(sound, timeout=90)).heard
        await asyncio.sleep(1)
        _, call = await get(f"{server.url}/calls/{peer.call['call_id']}")
    assert [tone["turn"] for tone in told(peer, "tone")] == [1, 2]
    assert [words["turn"] for words in told(peer, "words")] == [1, 2]
    assert any(m["kind"] == "question" for m in told(peer, "words")[1]["mentions"])
    assert told(peer, "words")[0]["emotion"]["polarity"] in ("긍정", "중립")
    faces = told(peer, "face")
    assert all(later["t"] - sooner["t"] >= 0.24 for sooner, later in pairwise(faces))
    expressed = [face["expression"] for face in faces if face["expression"]]
    assert {shown["model"] for shown in expressed} == {"face-api"}
    assert all(len(shown["probabilities"]) == 8 for shown in expressed)
    assert call["analysis"]["pictures"]["faces"] > 20
    assert call["analysis"]["expressions"]["read"] > 5
    assert told(peer, "notice")[0]["code"] == "waiting"
    running = told(peer, "feedback")
    assert running[0]["status"] == "waiting"
    assert all(score["value"] is None for score in running[0]["scores"].values())
    assert running[-1]["final"] is True
    report = peer.feedback["feedback"]
    assert running[-1]["report"]["feedback"] == report
    assert report["status"] in ("partial", "ready")
    assert report["measures"]["turns"] == 2
    assert list(server.data_dir.glob(f"media/*/{session}.json"))
    _, timeline = await get(f"{server.url}/sessions/{session}/timeline")
    [events] = [call["events"] for call in timeline["calls"]]
    assert [event["t"] for event in events] == sorted(event["t"] for event in events)
    kinds = {event["kind"] for event in events}
    assert kinds >= {"utterance", "persona", "tone", "words", "faces", "expressions", "tip"}


async def test_without_a_camera_the_face_is_null_and_the_rest_is_measured(server: Server, spoken: Spoken):
    sound = spoken(SAID[1])
    async with HeadlessPeer(server.url) as peer:
        await peer.greeted(timeout=90)
        for _ in range(2):
            await peer.say(sound, timeout=90)
    report = peer.feedback["feedback"]
    assert report["metrics"]["gaze_stability"]["reason"] == "no_camera"
    assert (report["gaze_stability"], report["posture"], report["blinking"], report["expression"]) == (None,) * 4
    assert report["likability"] is not None
