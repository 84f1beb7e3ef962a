"""A stand-in for Edge's read-aloud service: its WebSocket protocol on a real socket, with real mp3 of one tone a word.

It must not know our adapters: the real `edge_tts` client talks to it, once its URL points here.
"""

from __future__ import annotations

import asyncio
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np
from aiohttp import WSMsgType, web

RATE = 24_000
LEAD, WORD, GAP, TAIL = 0.1, 0.3, 0.05, 0.8  # s: silence before, a word, between words, after
CHUNK = 720  # bytes of mp3 a message, as the service sends


@dataclass
class Script:
    """How the service misbehaves; lists are used up connection by connection."""

    statuses: list[int] = field(default_factory=list)  # HTTP answers instead of the upgrade
    silent: int = 0  # connections that end their turn without sound
    missing: list[int] = field(default_factory=list)  # words left out at the end, without a word about it
    cut_after: list[int] = field(default_factory=list)  # audio messages after which the connection is cut
    untimed: bool = False  # no word boundaries at all
    hang_first: bool = False  # never a message
    hang_after: int | None = None  # audio messages after which nothing comes
    garbage: bool = False  # bytes that are no mp3
    slow: float = 0.0  # s between audio messages


class FakeEdge:
    """`async with FakeEdge() as edge:` then point `edge_tts` at `edge.url`; `edge.requests` tells what was asked."""

    def __init__(self) -> None:
        self.script = Script()
        self.requests: list[dict[str, Any]] = []
        self.connections = 0
        self.sent = 0  # audio messages written
        self.gone = asyncio.Event()  # a client left in the middle
        self.url = ""

    async def __aenter__(self) -> FakeEdge:
        app = web.Application()
        app.router.add_get("/edge/v1", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"ws://{host}:{port}/edge/v1?TrustedClientToken=token"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.connections += 1
        script = self.script
        if script.statuses:
            return web.Response(status=script.statuses.pop(0))
        assert re.fullmatch(r"[0-9A-F]{16}-[0-9A-F]{64}|[0-9A-F]{64}", request.query["Sec-MS-GEC"])
        assert request.headers["Cookie"].startswith("muid=")
        socket = web.WebSocketResponse(compress=True)
        await socket.prepare(request)
        asked: dict[str, Any] = {}
        async for message in socket:
            assert message.type == WSMsgType.TEXT
            head, _, body = message.data.partition("\r\n\r\n")
            if "Path:speech.config" in head:
                audio = json.loads(body)["context"]["synthesis"]["audio"]
                assert audio["outputFormat"] == "audio-24khz-48kbitrate-mono-mp3"
                asked["words"] = audio["metadataoptions"]["wordBoundaryEnabled"] == "true"
            elif "Path:ssml" in head:
                asked |= _read_ssml(body)
                self.requests.append(asked)
                try:
                    await self._speak(request, socket, asked)
                except ConnectionError:
                    self.gone.set()
                break
        return socket

    async def _speak(self, request: web.Request, socket: web.WebSocketResponse, asked: dict[str, Any]) -> None:
        script = self.script
        if script.hang_first:
            await self._until_it_leaves(socket)
            return
        words = re.findall(r"\w+", asked["text"])
        if script.missing and (left_out := script.missing.pop(0)):
            words = words[:-left_out]
        await socket.send_str('X-RequestId:1\r\nPath:turn.start\r\n\r\n{"context":{}}')
        await socket.send_str('X-RequestId:1\r\nPath:response\r\n\r\n{"context":{}}')
        if script.silent:
            script.silent -= 1
        else:
            cut = script.cut_after.pop(0) if script.cut_after else None
            boundaries = [] if script.untimed else [(LEAD + i * (WORD + GAP), word) for i, word in enumerate(words)]
            data = b"no mp3 at all " * 500 if script.garbage else speech(len(words))
            for number in range(0, len(data), CHUNK):
                if number // CHUNK == cut:
                    assert request.transport is not None
                    request.transport.abort()
                    return
                if number // CHUNK == script.hang_after:
                    await self._until_it_leaves(socket)
                    return
                # The service tells a word's time shortly before the sound of it.
                while boundaries and boundaries[0][0] * 48_000 / 8 <= number + CHUNK:
                    await socket.send_str(_boundary(*boundaries.pop(0)))
                head = b"X-RequestId:1\r\nContent-Type:audio/mpeg\r\nPath:audio\r\n"
                await socket.send_bytes(len(head).to_bytes(2, "big") + head + data[number : number + CHUNK])
                self.sent += 1
                await asyncio.sleep(script.slow)
            head = b"X-RequestId:1\r\nPath:audio\r\n"
            await socket.send_bytes(len(head).to_bytes(2, "big") + head)
        await socket.send_str("X-RequestId:1\r\nPath:turn.end\r\n\r\n{}")
        await socket.close()

    async def _until_it_leaves(self, socket: web.WebSocketResponse) -> None:
        await socket.receive()
        self.gone.set()


def speech(words: int) -> bytes:
    """mp3 as the service's (24 kHz, 48 kb/s, mono): one tone a word, silence around."""
    parts = [np.zeros(int(LEAD * RATE))]
    for number in range(words):
        t = np.arange(int(WORD * RATE)) / RATE
        parts += [np.sin(2 * np.pi * tone(number) * t) * 9000, np.zeros(int(GAP * RATE))]
    sound = np.concatenate([*parts, np.zeros(int(TAIL * RATE))]).astype(np.int16)
    codec = av.CodecContext.create("libmp3lame", "w")
    codec.sample_rate, codec.layout, codec.format, codec.bit_rate = RATE, "mono", "s16p", 48_000
    codec.open()
    out = b""
    for start in range(0, len(sound), codec.frame_size):
        frame = av.AudioFrame.from_ndarray(sound[None, start : start + codec.frame_size], "s16p", "mono")
        frame.sample_rate, frame.pts = RATE, start
        out += b"".join(bytes(packet) for packet in codec.encode(frame))
    return out + b"".join(bytes(packet) for packet in codec.encode(None))


def tone(number: int) -> float:
    """Hz of the `number`-th word, so that a test can hear which word it is."""
    return 300.0 + 200.0 * number


def _boundary(start: float, word: str) -> str:
    data = {"Offset": round(start * 1e7), "Duration": round(WORD * 1e7), "text": {"Text": word, "Length": len(word)}}
    body = json.dumps({"Metadata": [{"Type": "WordBoundary", "Data": data}]})
    return f"X-RequestId:1\r\nContent-Type:application/json\r\nPath:audio.metadata\r\n\r\n{body}"


def _read_ssml(body: str) -> dict[str, Any]:
    space = "{http://www.w3.org/2001/10/synthesis}"
    voice = ET.fromstring(body).find(f"{space}voice")
    assert voice is not None
    prosody = voice.find(f"{space}prosody")
    assert prosody is not None
    return {"voice": voice.get("name"), "text": prosody.text, **prosody.attrib}
