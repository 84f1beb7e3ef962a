"""A headless peer: calls the server like a browser would, speaks sound files, and reports what came back and when.

It is a client: it must not import anything of the server's inside, only the wire's shape.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import aiohttp
import av
import numpy as np
import orjson
from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, MediaStreamTrack, VideoStreamTrack

from media import jitter
from media.clock import Clock
from media.errors import DeyeonsoError
from media.types import Samples

RATE = 48_000  # Hz, what it sends and what it records
FRAME = RATE // 50  # samples, 20 ms
AUDIBLE = 300  # int16 peak above which a received frame is sound


def read_sound(path: Path) -> Samples:
    """Any audio file as mono int16 at 48 kHz. Raises DeyeonsoError `bad_audio`."""
    try:
        with av.open(str(path)) as container:
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
            parts = [
                out.to_ndarray()[0] for frame in [*container.decode(audio=0), None] for out in resampler.resample(frame)
            ]
    except (OSError, IndexError, ValueError, av.FFmpegError) as error:
        raise DeyeonsoError("bad_audio", f"{path}: {error}", "caller") from None
    if not parts:
        raise DeyeonsoError("bad_audio", f"{path}: there is no sound in it", "caller")
    return np.concatenate(parts).astype(np.int16)


class Mouth(AudioStreamTrack):
    """The peer's microphone: silence, or what it was told to say, in paced 20 ms frames."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._queue: Samples = np.zeros(0, np.int16)
        self._sent = 0
        self._began: float | None = None
        self.spoken = asyncio.Event()
        self.spoke_until = 0.0  # s, when the last loud sample went out
        self.spoken.set()

    def say(self, samples: Samples) -> None:
        """Queue mono int16 at 48 kHz."""
        self._queue = np.concatenate([self._queue, samples])
        self.spoken.clear()

    async def recv(self) -> av.AudioFrame:
        if self.readyState != "live":
            raise MediaStreamError
        now = self._clock.now()
        if self._began is None:
            self._began = now
        due = self._began + self._sent / RATE
        if due > now:
            await asyncio.sleep(due - now)
        part, self._queue = self._queue[:FRAME], self._queue[FRAME:]
        if len(part) < FRAME:
            part = np.pad(part, (0, FRAME - len(part)))
        if np.abs(part).max() > AUDIBLE:
            self.spoke_until = self._clock.now()
        if not len(self._queue):
            self.spoken.set()
        frame = av.AudioFrame.from_ndarray(part[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._sent, Fraction(1, RATE)
        self._sent += FRAME
        return frame


class Film(VideoStreamTrack):
    """The peer's camera: a clip over and over, at its own pace (aiortc's player ends with the clip, loop or not)."""

    def __init__(self, path: Path, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._frames = self._over_and_over(path)
        self._began: float | None = None
        next(self._over_and_over(path))  # what holds no picture is told at once

    async def recv(self) -> av.VideoFrame:
        if self.readyState != "live":
            raise MediaStreamError
        moment, frame = next(self._frames)
        now = self._clock.now()
        self._began = now if self._began is None else self._began
        await asyncio.sleep(max(0.0, self._began + moment - now))
        frame.pts, frame.time_base = round(moment * 90_000), Fraction(1, 90_000)
        return frame

    @staticmethod
    def _over_and_over(path: Path) -> Iterator[tuple[float, av.VideoFrame]]:
        """(s since the beginning, frame), for ever. Raises DeyeonsoError `bad_video`."""
        start = 0.0
        while True:
            last = None
            try:
                with av.open(str(path)) as container:
                    for frame in container.decode(video=0):
                        last = float(frame.time or 0.0)
                        yield start + last, frame
            except (OSError, IndexError, ValueError, av.FFmpegError) as error:
                raise DeyeonsoError("bad_video", f"{path}: {error}", "caller") from None
            if last is None:
                raise DeyeonsoError("bad_video", f"{path}: there is no picture in it", "caller")
            start += last + 1 / 25


@dataclass(slots=True)
class Turn:
    """What one spoken file led to. Times in seconds; None where it did not happen."""

    said: str
    heard: str = ""
    answered: str = ""
    interrupted: bool = False
    first_sound: float | None = None  # end of speech sent → first audible frame received
    delays: dict[str, float] = field(default_factory=dict)  # the server's own account
    errors: list[str] = field(default_factory=list)


class HeadlessPeer:
    """One call as a client. Enter it to connect, leave it to hang up."""

    def __init__(
        self,
        url: str,
        persona: str | None = None,
        video: Path | None = None,
        new_clock: Callable[[], Clock] = Clock,
        resume_token: str | None = None,
        token: str | None = None,
    ) -> None:
        self.clock = new_clock()
        self.mouth = Mouth(self.clock)
        self.messages: list[dict[str, Any]] = []
        self.received: list[tuple[float, Samples]] = []  # (arrival s, mono 48 kHz)
        self.call: dict[str, Any] = {}
        self.feedback: dict[str, Any] | None = None
        self._url = url.rstrip("/")
        self._persona = persona
        self._video = video
        self._resume_token = resume_token
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.configuration = RTCConfiguration(iceServers=[])  # the server tells of some
        self._pc = RTCPeerConnection(self.configuration)
        self._group = asyncio.TaskGroup()
        self._news = asyncio.Condition()
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> HeadlessPeer:
        await self._group.__aenter__()
        self._http = aiohttp.ClientSession(headers=self._headers)
        try:
            await self._connect()
        except BaseException:
            await self._hang_up()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._hang_up()
        await self._group.__aexit__(None, None, None)

    async def _connect(self) -> None:
        told = await self._request("GET", "/ice-servers", None)
        self.configuration.iceServers = [RTCIceServer(**one) for one in told["iceServers"]]
        self._pc.addTrack(self.mouth)
        if self._video is not None:
            self._pc.addTrack(Film(self._video, self.clock))
        channel = self._pc.createDataChannel("chat")
        channel.on("message", self._on_message)
        opened = asyncio.Event()
        channel.on("open", opened.set)
        self._pc.on("track", self._on_track)
        await self._pc.setLocalDescription(await self._pc.createOffer())
        body: dict[str, Any] = {"sdp": self._pc.localDescription.sdp, "type": "offer"}
        if self._persona:
            body["persona_id"] = self._persona
        if self._resume_token:
            body["resume_token"] = self._resume_token
        self.call = await self._request("POST", "/calls", body)
        await self._pc.setRemoteDescription(RTCSessionDescription(sdp=self.call["sdp"], type="answer"))
        try:
            async with asyncio.timeout(15):
                await opened.wait()
        except TimeoutError:
            raise DeyeonsoError("not_connected", "the media connection did not come up in 15 s") from None
        self._channel = channel
        self._group.create_task(self._keep_alive(channel))
        channel.send(_message("client-ready", {"version": "2.1.0", "about": {"library": "deyeonso-peer"}}))

    def send(self, kind: str, data: dict[str, Any]) -> None:
        """A message over the data channel."""
        self._channel.send(_message(kind, data))

    async def _keep_alive(self, channel: Any) -> None:
        while channel.readyState == "open":
            channel.send(_message("client-message", {"t": "ping"}))
            await asyncio.sleep(1.0)

    def _on_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            jitter.install(next(r for r in self._pc.getReceivers() if r.track is track))
            self._group.create_task(self._record(track))

    async def _record(self, track: MediaStreamTrack) -> None:
        with suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                assert isinstance(frame, av.AudioFrame)
                sound = frame.to_ndarray().reshape(-1, len(frame.layout.channels))[:, 0].astype(np.int16)
                self.received.append((self.clock.now(), sound))

    def _on_message(self, raw: str) -> None:
        message = orjson.loads(raw)
        self.messages.append({"at": self.clock.now(), **message})
        self._group.create_task(self._tell_news())

    async def _tell_news(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def until(self, kind: str, count: int = 1, timeout: float = 30.0) -> dict[str, Any]:
        """The `count`-th message of this type. Raises TimeoutError."""
        async with asyncio.timeout(timeout), self._news:
            await self._news.wait_for(lambda: len(self.of_kind(kind)) >= count)
        return self.of_kind(kind)[count - 1]

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """Messages of this type so far."""
        return [message for message in self.messages if message["type"] == kind]

    async def greeted(self, timeout: float = 40.0) -> str:
        """Wait for her greeting to end; its text. Raises DeyeonsoError `not_greeted`."""
        try:
            await self.until("bot-stopped-speaking", timeout=timeout)
        except TimeoutError:
            raise DeyeonsoError("not_greeted", f"connected, but no greeting within {timeout:g} s") from None
        return " ".join(m["data"]["text"] for m in self.of_kind("bot-transcription"))

    async def say(self, sound: Samples, name: str = "", timeout: float = 45.0) -> Turn:
        """Speak, wait for her whole answer, and tell how it went."""
        since = len(self.messages)
        turn = Turn(said=name)
        self.mouth.say(sound)
        try:
            async with asyncio.timeout(timeout + len(sound) / RATE):
                await self.mouth.spoken.wait()
        except TimeoutError:  # nobody takes what is said: the connection is gone
            turn.errors.append("not_connected: the microphone is not being listened to")
            return turn
        stopped = self.mouth.spoke_until
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout), self._news:
                await self._news.wait_for(
                    lambda: any(
                        m["type"] == "bot-stopped-speaking" and m["at"] > stopped for m in self.messages[since:]
                    )
                )
        self._fill(turn, self.messages[since:], stopped)
        return turn

    def _fill(self, turn: Turn, messages: list[dict[str, Any]], stopped: float) -> None:
        for message in messages:
            data = message.get("data", {})
            match message["type"]:
                case "user-transcription":
                    turn.heard = f"{turn.heard} {data['text']}".strip()
                case "bot-stopped-speaking":
                    turn.answered = f"{turn.answered} {data['heard']}".strip()
                    turn.interrupted = turn.interrupted or data["interrupted"]
                case "metrics":
                    turn.delays = {entry["processor"]: entry["value"] for entry in data.get("ttfb", [])}
                case "error":
                    turn.errors.append(f"{data.get('code')}: {data.get('error')}")
        audible = [at for at, sound in self.received if at > stopped and np.abs(sound).max(initial=0) > AUDIBLE]
        turn.first_sound = audible[0] - stopped if audible else None

    def sound_since(self, start: float) -> Samples:
        """What was received since peer time `start` (s), mono int16 at 48 kHz."""
        parts = [sound for at, sound in self.received if at >= start]
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)

    async def _hang_up(self) -> None:
        if self._http is not None:
            with suppress(aiohttp.ClientError, DeyeonsoError):
                if self.call:
                    await self._request("DELETE", f"/calls/{self.call['call_id']}", None)
            self.feedback = await self._ask_feedback()
            await self._http.close()
        self.mouth.stop()
        await self._pc.close()

    async def _ask_feedback(self) -> dict[str, Any] | None:
        with suppress(aiohttp.ClientError, DeyeonsoError):
            if self.call:
                return await self._request("GET", f"/sessions/{self.call['session_id']}/feedback", None)
        return None

    async def _request(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        assert self._http is not None
        try:
            async with self._http.request(method, self._url + path, json=body) as response:
                text = await response.text()
        except aiohttp.ClientConnectionError as error:
            raise DeyeonsoError("unreachable", f"{self._url} does not answer ({error})", "caller") from None
        found: dict[str, Any] = orjson.loads(text) if text.startswith("{") else {}
        if response.status >= 400:
            problem = found.get("error", {"code": f"http_{response.status}", "message": text[:200]})
            raise DeyeonsoError(problem["code"], problem["message"], "caller")
        return found


def _message(kind: str, data: dict[str, Any]) -> str:
    return orjson.dumps({"label": "rtvi-ai", "id": kind, "type": kind, "data": data}).decode()
