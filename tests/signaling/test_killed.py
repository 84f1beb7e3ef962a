"""kill -9 of the whole service, ten times, while people chat and call: what was answered is kept, each start clean.

No model runs in it: what is written, and how much of it, is theirs who type.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import closing, suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import aiohttp
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack

from signaling.consents import QUESTIONS
from storage import ChatMessage, ChatSession, Recording, open_store
from storage.vault import Vault, master_key
from tests.servers import free_port
from tests.signaling import small_server

KILLS = 10
ANSWERED = 20  # lines a round
EARLIER = 0.5  # s
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


class Caller:
    """Somebody in a real, connected call who types line after line; what the call told of it is noted, and when."""

    def __init__(self) -> None:
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.pc.addTrack(AudioStreamTrack())
        self.session = ""
        self.told: dict[str, float] = {}  # a line of the person's → when the call told it back
        self.answers = 0
        self._channel = self.pc.createDataChannel("chat")
        self._channel.on("message", self._take)
        self._open = asyncio.Event()
        self._channel.on("open", self._open.set)

    async def connect(self, http: aiohttp.ClientSession, url: str) -> None:
        await self.pc.setLocalDescription(await self.pc.createOffer())
        body = {"sdp": self.pc.localDescription.sdp, "type": "offer"}
        async with http.post(f"{url}/calls", json=body) as response:
            assert response.status == 201, await response.text()
            call = await response.json()
        self.session = call["session_id"]
        await self.pc.setRemoteDescription(RTCSessionDescription(call["sdp"], "answer"))
        async with asyncio.timeout(15):
            await self._open.wait()
        self._send("client-ready", {"version": "1.2.0"})

    async def type_on(self) -> None:
        """For ever, some ten lines a second."""
        number = 0
        while self._channel.readyState == "open":
            number += 1
            self._send("send-text", {"content": f"{self.session} {number}번째 이야기"})
            await asyncio.sleep(0.1)

    def _send(self, kind: str, data: dict[str, Any]) -> None:
        self._channel.send(json.dumps({"label": "rtvi-ai", "id": "1", "type": kind, "data": data}))

    def _take(self, raw: str) -> None:
        message = json.loads(raw)
        if message["type"] == "user-transcription":
            self.told[message["data"]["text"]] = time.monotonic()
        self.answers += message["type"] == "bot-transcription"


async def test_what_was_answered_outlives_ten_kills_in_connected_calls_and_every_start_is_clean(tmp_path: Path) -> None:
    """Chats, sessions, and two calls that are recorded, each time; killed now in the greeting, now in the third second.

    What HTTP answered is kept to the last line. A call tells its lines as they are written down, not after: what it
    told a moment before the kill is kept.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    version = next(question.version for question in QUESTIONS if question.to == "recording")
    yes = {"decisions": [{"to": "recording", "version": version, "granted": True}]}
    lines: dict[str, str] = {}  # told in a call well before its kill → session
    callers: list[Caller] = []
    process = None
    try:
        async with aiohttp.ClientSession() as http:
            talkers = Talkers(http, url)
            for kill in range(1, KILLS + 1):
                process = small_server.start(port, tmp_path)
                await ready(http, url, process)
                async with http.put(f"{url}/users/me/consents", json=yes) as response:
                    assert response.status == 200
                here = [Caller(), Caller()]
                callers += here
                async with asyncio.TaskGroup() as tasks:
                    for caller in here:
                        await caller.connect(http, url)
                    typing = [tasks.create_task(caller.type_on()) for caller in here]
                    for _ in range(3):
                        tasks.create_task(talkers.chat())
                        tasks.create_task(talkers.begin())
                    async with asyncio.timeout(30):
                        await asyncio.sleep(0.4 * kill)
                        while len(talkers.lines) < kill * ANSWERED:
                            await asyncio.sleep(0.005)
                    process.kill()
                    killed = time.monotonic()
                    for task in typing:
                        task.cancel()
                process.join()
                for caller in here:
                    assert caller.told
                    lines |= {text: caller.session for text, at in caller.told.items() if at < killed - EARLIER}
                    await caller.pc.close()
        async with open_store(tmp_path) as store:
            messages = [line async for line in store.each(ChatMessage, owner="guest")]
            kept = {line.id: line.session_id for line in messages}
            assert {id: session for id, session in talkers.lines.items() if kept.get(id) != session} == {}
            sessions = {session.id async for session in store.each(ChatSession, owner="guest")}
            assert talkers.sessions | {caller.session for caller in callers} <= sessions
            said = {line.content: line.session_id for line in messages if line.role == "user"}
            assert {text: session for text, session in lines.items() if said.get(text) != session} == {}
            assert len(lines) > 10 * KILLS
            recordings = [one async for one in store.each(Recording, owner="guest")]
            assert len(recordings) >= KILLS
            key, _ = master_key("", tmp_path)
            with closing(Vault(store, key)) as vault:
                for recording in recordings:
                    with await vault.open(recording) as reader:
                        assert recording.size is None
                        assert reader.size == 0 or reader.read(4) == b"\x1a\x45\xdf\xa3"
        assert len(talkers.sessions) > KILLS
        log = (tmp_path / "server.log").read_text(encoding="utf-8")
        assert "Traceback" not in log
        assert log.count("call_connected") == 2 * KILLS
    finally:
        if process is not None:
            process.kill()


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
