"""A whole call over real WebRTC: the running product, a real aiortc peer, Korean speech in, Korean speech out."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import wave
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.mediastreams import AudioStreamTrack

from media.types import Samples
from signaling.headless import RATE, HeadlessPeer
from storage import ChatMessage, Memory, Turn, open_store
from tests.servers import ROOT, Server
from tests.signaling.conftest import character_errors

Spoken = Callable[..., Samples]
GUEST = "guest"


async def get(url: str) -> dict:
    async with aiohttp.ClientSession() as http, http.get(url) as response:
        return await response.json()


async def until_call(server: Server, call_id: str, wanted: Callable[[dict], bool], seconds: float) -> dict:
    """Ask `GET /calls/{id}` until it is as wanted; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not wanted(report := await get(f"{server.url}/calls/{call_id}")):
            await asyncio.sleep(0.1)
    return report


async def test_korean_goes_in_is_understood_and_korean_comes_back(
    server: Server, spoken: Spoken, recognise: Callable[[Samples], Awaitable[str]]
):
    said = ["안녕하세요. 만나서 정말 반가워요.", "혹시 어떤 음식을 좋아하세요?"]
    sounds = [spoken(text) for text in said]
    async with HeadlessPeer(server.url) as peer:
        greeting = await peer.greeted(timeout=60)
        assert re.search("[가-힣]{4}", greeting)
        answers = []
        for text, sound in zip(said, sounds, strict=True):
            began = peer.clock.now()
            turn = await peer.say(sound, text, timeout=90)
            assert character_errors(text, turn.heard) <= 0.35
            assert turn.answered
            answers.append((turn, peer.sound_since(began)))
        call = await get(f"{server.url}/calls/{peer.call['call_id']}")
    for turn, sound in answers:
        # What came back is judged by its sound …
        loud = np.abs(sound.astype(np.int32)) > 1000
        assert loud.sum() / RATE > 0.5
        assert np.abs(sound.astype(np.int32)).max() < 32767
        # … and by recognising it again: it says what the page was told that it says.
        assert character_errors(turn.answered, await recognise(sound)) <= 0.6
        assert turn.delays["turn"] > 0
        assert turn.first_sound is not None
    assert call["state"] == "connected"
    assert [entry["turn"] for entry in call["turns"]] == [1, 2]
    assert call["network"]["audio_inbound"]["packetsReceived"] > 100


async def test_what_was_said_and_heard_is_kept_in_order(server: Server, spoken: Spoken):
    question = spoken("주말에는 보통 뭐 하세요?")
    async with HeadlessPeer(server.url, "seoa") as peer:
        await peer.greeted(timeout=60)
        turn = await peer.say(question, timeout=90)
        session, call = peer.call["session_id"], peer.call["call_id"]
    await until_call(server, call, lambda report: report["state"] == "ended", 15)
    async with open_store(server.data_dir) as store:
        messages = [m async for m in store.each(ChatMessage, owner=GUEST, session_id=session)]
        turns = [t async for t in store.each(Turn, owner=GUEST, session_id=session)]
        memory = await store.get(Memory, f"{GUEST}.seoa", owner=GUEST)
    assert [m.role for m in messages] == ["assistant", "user", "assistant"]
    assert messages[1].content == turn.heard
    assert messages[2].content == turn.answered
    assert [(t.turn, t.said, t.heard) for t in turns][-1] == (1, turn.heard, turn.answered)
    assert memory.sessions >= 1
    assert turns[-1].delays.total == pytest.approx(turn.delays["turn"], abs=0.01)


async def test_talking_over_her_silences_her_and_keeps_what_was_heard(server: Server, spoken: Spoken):
    interruption = spoken("아 잠깐만요, 저는 서울에서 왔어요.")
    async with HeadlessPeer(server.url) as peer:
        await peer.until("bot-started-speaking", timeout=60)
        await asyncio.sleep(0.5)
        turn = await peer.say(interruption, timeout=90)
        [greeting, *_] = peer.of_kind("bot-stopped-speaking")
        assert greeting["data"]["interrupted"]
        whole = " ".join(m["data"]["text"] for m in peer.of_kind("bot-transcription") if m["data"]["turn"] == 0)
        assert len(greeting["data"]["heard"]) < len(whole) or not greeting["data"]["heard"]
        assert turn.heard
        assert turn.answered


async def test_two_calls_at_once_do_not_hear_each_other(server: Server, spoken: Spoken):
    weather, coffee = spoken("오늘 날씨가 정말 좋네요."), spoken("커피 좋아하세요?")
    async with HeadlessPeer(server.url) as one, HeadlessPeer(server.url) as other:
        await asyncio.gather(one.greeted(timeout=60), other.greeted(timeout=60))
        first, second = await asyncio.gather(one.say(weather, timeout=90), other.say(coffee, timeout=90))
    assert character_errors("오늘 날씨가 정말 좋네요", first.heard) <= 0.4
    assert character_errors("커피 좋아하세요", second.heard) <= 0.4


PEER_SCRIPT = """
import asyncio, sys
from signaling.headless import HeadlessPeer
async def main():
    async with HeadlessPeer(sys.argv[1]) as peer:
        print(peer.call["call_id"], peer.call["resume_token"], flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""


def start_peer_process(server: Server) -> tuple[subprocess.Popen[str], str, str]:
    process = subprocess.Popen(
        [sys.executable, "-c", PEER_SCRIPT, server.url], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    call_id, token = process.stdout.readline().split()
    return process, call_id, token


async def test_a_peer_that_dies_is_noticed_within_six_seconds_and_its_call_ends(server: Server):
    process, call_id, _ = start_peer_process(server)
    try:
        await until_call(server, call_id, lambda report: report["state"] == "connected", 15)
        await asyncio.sleep(2)
        process.send_signal(signal.SIGKILL)
        await until_call(server, call_id, lambda report: report["state"] != "connected", 6)
        report = await until_call(server, call_id, lambda report: report["state"] == "ended", 20)
        assert report["reason"] == "lost"
    finally:
        process.kill()
        process.wait()


async def test_a_lost_call_goes_on_with_a_new_connection(server: Server, spoken: Spoken):
    question = spoken("혹시 어떤 음식을 좋아하세요?")
    process, call_id, token = start_peer_process(server)
    try:
        await until_call(server, call_id, lambda report: report["state"] == "connected", 15)
        await asyncio.sleep(2)
        process.send_signal(signal.SIGKILL)
        await until_call(server, call_id, lambda report: report["state"] == "reconnecting", 10)
        async with HeadlessPeer(server.url, resume_token=token) as peer:
            assert peer.call["call_id"] == call_id
            await until_call(server, call_id, lambda report: report["state"] == "connected", 15)
            turn = await peer.say(question, timeout=60)
        assert turn.heard
        assert turn.answered
        report = await until_call(server, call_id, lambda report: report["state"] == "ended", 20)
        assert report["reason"] == "hung_up"
    finally:
        process.kill()
        process.wait()


async def offer_of(track: AudioStreamTrack) -> tuple[RTCPeerConnection, str]:
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    pc.addTrack(track)
    pc.createDataChannel("chat")
    await pc.setLocalDescription(await pc.createOffer())
    return pc, pc.localDescription.sdp


async def test_a_peer_that_never_connects_is_let_go_after_fifteen_seconds(server: Server):
    pc, sdp = await offer_of(AudioStreamTrack())
    try:
        offer = {"sdp": sdp, "type": "offer"}
        async with aiohttp.ClientSession() as http, http.post(f"{server.url}/calls", json=offer) as response:
            call_id = (await response.json())["call_id"]
        report = await until_call(server, call_id, lambda report: report["state"] == "ended", 20)
        assert report["reason"] == "never_connected"
        assert 14 < report["seconds"] < 18
    finally:
        await pc.close()


async def test_a_track_that_ends_in_the_middle_of_a_word_still_gets_its_answer(server: Server, spoken: Spoken):
    sound = spoken("제 취미는 등산이랑 사진 찍기예요.")
    async with HeadlessPeer(server.url) as peer:
        await peer.greeted(timeout=60)
        peer.mouth.say(sound[: int(len(sound) * 0.8)])
        await peer.mouth.spoken.wait()
        peer.mouth.stop()
        heard = await peer.until("user-transcription", timeout=60)
        assert heard["data"]["text"]
        await peer.until("bot-stopped-speaking", count=2, timeout=90)


async def test_the_command_line_peer_prints_one_json_document(server: Server, spoken: Spoken, tmp_path: Path):
    file = tmp_path / "hello.wav"
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(spoken("안녕하세요, 반가워요.").tobytes())
    process = await asyncio.create_subprocess_exec(
        sys.executable, "run.py", "peer", "--url", server.url, "--say", str(file), "--json",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, log = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, log.decode()
    report = json.loads(output)
    assert report["answered"] is True
    assert report["turns"][0]["heard"]
    assert report["turns"][0]["answered"]
    assert report["turns"][0]["delays"]["turn"] > 0
