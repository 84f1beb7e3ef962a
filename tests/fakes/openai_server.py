"""A stand-in for an OpenAI-compatible server on a real socket: chat by SSE, speech as PCM, transcription.

It must not know our adapters: it speaks the public HTTP protocol, and misbehaves exactly as its script says.
"""

from __future__ import annotations

import asyncio
import io
import json
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiohttp import web

KEY = "sk-right"


@dataclass
class Script:
    """What one route does. `statuses` are used up request by request; then it answers."""

    statuses: list[int] = field(default_factory=list)  # error answers to give first
    headers: dict[str, str] = field(default_factory=dict)  # of those errors
    error: dict[str, Any] = field(default_factory=dict)  # extra fields of their error object
    breaks: int = 0  # requests to cut off before a byte of the answer
    slow_first: float = 0.0  # s before the first piece
    keep_alive: bytes = b""  # written every 50 ms while the first piece is awaited
    slow_next: float = 0.0  # s before every further piece
    cut_after: int | None = None  # pieces after which the connection is cut
    stop_after: int | None = None  # pieces after which the body ends in good order, unfinished
    malformed_at: int | None = None  # piece to replace by what is no JSON
    error_at: int | None = None  # piece to replace by an error object in the stream
    refuses: set[str] = field(
        default_factory=set
    )  # request fields ("temperature") or values ("response_format=x") that get a 400
    pieces: Sequence[str | bytes] = ()
    content_type: str = ""
    answer: dict[str, Any] | None = None  # transcription


class FakeOpenAI:
    """`async with FakeOpenAI() as server:` then `server.url`, `server.chat.pieces = …`, `server.requests`."""

    def __init__(self) -> None:
        self.chat = Script(pieces=["안녕", "하세요", ", 반가워요."])
        self.speech = Script(content_type="audio/pcm")
        self.transcription = Script()
        self.requests: list[dict[str, Any]] = []
        self.sent = 0  # stream pieces written
        self.gone = asyncio.Event()  # a client left in the middle of a stream
        self.url = ""

    async def __aenter__(self) -> FakeOpenAI:
        app = web.Application(client_max_size=32 << 20)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/audio/speech", self._speech)
        app.router.add_post("/v1/audio/transcriptions", self._transcribe)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.requests.append(asked)
        if (refusal := self._refusal(request, self.chat, asked)) is not None:
            return refusal
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        script = self.chat

        def event(delta: dict[str, str], finish: str | None = None) -> bytes:
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            body = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
            return f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode()

        bodies = [event({"content": str(piece)}) for piece in script.pieces]
        if script.malformed_at is not None:
            bodies[script.malformed_at] = b'data: {"id": "c1", "choi\n\n'
        if script.error_at is not None:
            bodies[script.error_at] = b'data: {"error": {"message": "the model crashed", "code": 500}}\n\n'
        await response.prepare(request)
        await response.write(b": ready\n\n" + event({"role": "assistant", "content": ""}))
        if await self._stream(request, response, script, bodies):
            usage = b'data: {"id": "c1", "object": "chat.completion.chunk", "choices": [], "usage": null}\n\n'
            await response.write(event({}, "stop") + usage + b"data: [DONE]\n\n")
        return response

    async def _speech(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.requests.append(asked)
        if (refusal := self._refusal(request, self.speech, asked)) is not None:
            return refusal
        response = web.StreamResponse(headers={"content-type": self.speech.content_type})
        response.enable_chunked_encoding()
        await response.prepare(request)
        await self._stream(request, response, self.speech, [bytes(piece) for piece in self.speech.pieces])  # type: ignore[arg-type]
        return response

    async def _transcribe(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        file = form["file"]
        asked = {key: value for key, value in form.items() if key != "file"}
        with wave.open(io.BytesIO(file.file.read())) as sound:  # type: ignore[union-attr]
            asked["rate"], asked["channels"] = sound.getframerate(), sound.getnchannels()
            asked["samples"] = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
        self.requests.append(asked)
        if (refusal := self._refusal(request, self.transcription, asked)) is not None:
            return refusal
        await asyncio.sleep(self.transcription.slow_first)
        return web.json_response(self.transcription.answer)

    def _refusal(self, request: web.Request, script: Script, asked: dict[str, Any]) -> web.Response | None:
        if script.breaks:
            script.breaks -= 1
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        status, error = 0, dict(script.error)
        if request.headers.get("authorization") != f"Bearer {KEY}":
            status = 401
        elif refused := next((name for name in asked if {name, f"{name}={asked[name]}"} & script.refuses), None):
            status = 400
            error |= {"param": refused, "message": f"unsupported value: {refused}={asked[refused]!r}"}
        elif script.statuses:
            status = script.statuses.pop(0)
        if not status:
            return None
        body = {"error": {"message": f"scripted {status}", "type": "scripted"} | error}
        return web.json_response(body, status=status, headers=script.headers)

    async def _stream(
        self, request: web.Request, response: web.StreamResponse, script: Script, bodies: Sequence[bytes]
    ) -> bool:
        """True if everything was written and the end is in order."""
        try:
            for _ in range(round(script.slow_first / 0.05) if script.keep_alive else 0):
                await response.write(script.keep_alive)
                await asyncio.sleep(0.05)
            for number, body in enumerate(bodies):
                await asyncio.sleep(script.slow_next if number else script.slow_first)
                if number == script.stop_after:
                    return False
                if number == script.cut_after:
                    assert request.transport is not None
                    request.transport.abort()
                    return False
                await response.write(body)
                self.sent += 1
        except ConnectionError:
            self.gone.set()
            return False
        return True
