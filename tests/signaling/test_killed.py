"""kill -9 of the whole service, ten times, while people chat and call: what was answered is kept, each start clean."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

import aiohttp
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack

from storage import ChatMessage, ChatSession, open_store
from tests.servers import free_port
from tests.signaling import small_server

KILLS = 10
ANSWERED = 20  # lines a round
GONE = (aiohttp.ClientError, ConnectionError, TimeoutError)


async def ready(http: aiohttp.ClientSession, url: str, process: BaseProcess) -> None:
    async with asyncio.timeout(30):
        while True:
            assert process.is_alive(), "the server ended by itself"
            with suppress(*GONE):
                async with http.get(f"{url}/health") as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.02)


class Talkers:
    """People who chat without pause until the server is gone; what was answered is noted."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url
        self.lines: dict[str, str] = {}  # message id → session id
        self.sessions: set[str] = set()

    async def chat(self) -> None:
        session: str | None = None
        with suppress(*GONE):
            while True:
                body = {"message": "오늘 뭐 했어요?", "session_id": session}
                async with self._http.post(f"{self._url}/chat", json=body) as response:
                    if response.status != 200:  # too often
                        return
                    told = await response.json()
                session = told["session_id"]
                self.lines[told["message_id"]] = told["session_id"]

    async def begin(self) -> None:
        with suppress(*GONE):
            for _ in range(40):
                async with self._http.post(f"{self._url}/chat/sessions", json={}) as response:
                    if response.status != 201:
                        return
                    self.sessions.add((await response.json())["id"])

    async def call(self, offer: dict[str, str]) -> None:
        async with self._http.post(f"{self._url}/calls", json=offer) as response:
            assert response.status == 201
            self.sessions.add((await response.json())["session_id"])


async def test_what_was_answered_outlives_ten_kills_and_every_start_is_clean(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    pc.addTrack(AudioStreamTrack())
    await pc.setLocalDescription(await pc.createOffer())
    offer = {"sdp": pc.localDescription.sdp, "type": "offer"}
    process = None
    try:
        async with aiohttp.ClientSession() as http:
            talkers = Talkers(http, url)
            for kill in range(1, KILLS + 1):
                process = small_server.start(port, tmp_path)
                await ready(http, url, process)
                async with asyncio.TaskGroup() as tasks:
                    await talkers.call(offer)  # is on when the server is killed
                    for _ in range(3):
                        tasks.create_task(talkers.chat())
                        tasks.create_task(talkers.begin())
                    async with asyncio.timeout(30):
                        while len(talkers.lines) < kill * ANSWERED:
                            await asyncio.sleep(0.005)
                    process.kill()
                process.join()
        async with open_store(tmp_path) as store:
            kept = {line.id: line.session_id async for line in store.each(ChatMessage, owner="guest")}
            assert {id: session for id, session in talkers.lines.items() if kept.get(id) != session} == {}
            sessions = {session.id async for session in store.each(ChatSession, owner="guest")}
            assert talkers.sessions - sessions == set()
        assert len(talkers.sessions) > KILLS
        assert "Traceback" not in (tmp_path / "server.log").read_text(encoding="utf-8")
    finally:
        if process is not None:
            process.kill()
        await pc.close()


async def test_a_stop_tells_the_calls_and_takes_its_time_only_so_long(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = small_server.start(port, tmp_path)
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    pc.addTrack(AudioStreamTrack())
    channel, told = pc.createDataChannel("chat"), list[str]()
    channel.on("message", told.append)
    await pc.setLocalDescription(await pc.createOffer())
    try:
        async with aiohttp.ClientSession() as http:
            await ready(http, url, process)
            body = {"sdp": pc.localDescription.sdp, "type": "offer"}
            async with http.post(f"{url}/calls", json=body) as response:
                call = await response.json()
            await pc.setRemoteDescription(RTCSessionDescription(call["sdp"], "answer"))
            async with asyncio.timeout(15):
                while channel.readyState != "open":
                    await asyncio.sleep(0.02)
        process.terminate()
        async with asyncio.timeout(20):
            while process.is_alive():
                await asyncio.sleep(0.02)
        assert process.exitcode == 0
        notices = [json.loads(message)["data"] for message in told if '"notice"' in message]
        assert "server_stopping" in [notice["code"] for notice in notices]
        async with open_store(tmp_path) as store:
            assert await store.get(ChatSession, call["session_id"], owner="guest")
        log = (tmp_path / "server.log").read_text(encoding="utf-8")
        assert "stopped" in log
        assert "cut_off" not in log
    finally:
        process.kill()
        await pc.close()
