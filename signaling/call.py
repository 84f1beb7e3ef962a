"""One call: its channels, its peer, and the one TaskGroup that owns all that runs for it.

It must not know HTTP. A peer may be lost and another take its place (resume); the call's state is here, not there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import structlog
from aiortc import RTCIceCandidate
from aiortc.mediastreams import MediaStreamTrack

from analysis.listener import Listener
from analysis.types import AnalyzerFault
from analysis.watcher import Watcher
from media.channel import Channel
from media.clock import Clock
from media.timeline import Event, Timeline
from media.tracks.camera import Camera
from media.tracks.microphone import Microphone
from media.tracks.speech import SpeechTrack
from media.types import HEARING_RATE, AudioChunk, Picture
from persona.companion import Companion
from persona.conversation import Conversation, Patience
from persona.schema import Persona
from persona.types import TurnDelays
from signaling import wire
from signaling.engines import Engines
from signaling.faces import CallFace
from signaling.gate import Gate
from signaling.keeper import Keeper
from signaling.keepsake import memory_of, relationship_of
from signaling.lease import Lease, keep
from signaling.peer import Liveness, Peer
from storage import Memory

log = structlog.get_logger()

SILENCE = 512  # samples: one chunk
MUTE = 1.2  # s without a packet from the microphone
SILENT_CHUNKS = 94  # 3 s, longer than the longest pause inside a turn
FAULT_EVERY = 10.0  # s between two messages about the same trouble of the same analyzer
LONGEST_TEXT = 500  # characters of one typed line

State = Literal["connecting", "connected", "reconnecting", "ended"]


@dataclass(frozen=True, slots=True)
class CallLimits:
    """How long a call waits for what. Seconds."""

    liveness: Liveness = field(default_factory=Liveness)
    resume: float = 12.0  # for a lost peer to come back with another connection
    reload: float = 3.0  # for one that closed its connection: it may only be making a new one
    ready: float = 1.5  # for `client-ready` before she greets anyway
    last_words: float = 4.0  # for an utterance that was open when the call ended
    flush: float = 60.0  # for a store that is away to take what it was not given yet
    longest: float = 3600.0  # a whole call


class Call:
    """`run()` is the call's whole life; everything else only asks it for something."""

    def __init__(
        self,
        call_id: str,
        lease: Lease,
        persona: Persona,
        engines: Engines,
        new_keeper: Callable[[Timeline, Clock], Keeper],
        companion: Companion,
        before: Memory | None,
        limits: CallLimits | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.id = call_id
        self.user_id = lease.user_id
        self.lease = lease
        self.persona = persona
        self.clock = Clock()
        self.timeline = Timeline()
        self.state: State = "connecting"
        self.reason: str | None = None  # why it ended
        self.over = asyncio.Event()  # the registry has let go of it, and nothing of it is written any more
        self._lasted: float | None = None  # s, once it has
        self._engines = engines
        self._companion = companion
        self._before = before
        self._keeper = new_keeper(self.timeline, self.clock)
        self.session_id = self._keeper.session_id
        self._limits = limits or CallLimits()
        self._chunks: Channel[AudioChunk] = Channel(32, "drop_oldest")  # 1 s of 32 ms
        self._pictures: Channel[Picture] = Channel(1, "drop_oldest")
        self._speech = SpeechTrack(self.clock)
        self._microphones: list[Microphone] = []
        self._cameras: list[Camera] = []
        self.face = CallFace(call_id, self.timeline, self.clock, lambda: None, self._has_camera)
        self._delays: list[TurnDelays] = []
        self._gate = Gate(per_second=50)
        self._faults_told: dict[tuple[str, str], float] = {}
        self._tracks: list[asyncio.Task[None]] = []  # a track of a peer that never connected never ends by itself
        self._peer: Peer | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._running = asyncio.Event()
        self._ended = asyncio.Event()
        self._peer_changed = asyncio.Event()
        self._ready = asyncio.Event()  # the client is there to hear her greeting
        self._listener = Listener(
            detector=engines.new_speech_detector(),
            turn_end=engines.turn_end,
            turn_end_worker=engines.turn_end_worker,
            stt=engines.stt,
            microphone=self._chunks,
            timeline=self.timeline,
            clock=self.clock,
        )
        self._listener.persona_speaking = lambda: self._speech.playing
        self.conversation = Conversation(
            persona=persona,
            model=engines.model,
            voice=engines.voice,
            track=self._speech,
            hearing=self._listener.events,
            timeline=self.timeline,
            clock=self.clock,
            make_prompt=companion.prompt,
            patience=patience,
        )

    async def run(self) -> None:
        """From the offer to the last write. Never raises for what goes wrong inside; `reason` says how it ended."""
        try:
            subscribe = self.timeline.subscribe
            with subscribe() as told, subscribe(4096) as kept, subscribe() as shown:
                async with asyncio.TaskGroup() as self._tasks:
                    start = self._tasks.create_task
                    keeping = start(self._guard("store", self._keeper.run(kept)))
                    listening = start(self._guard("hearing", self._listener.run()))
                    others = [
                        start(self._guard("dialogue", self.conversation.run(greet=self._ready))),
                        start(self._guard("telling", self._tell(told))),
                        start(self._guard("seeing", self._watch())),
                        start(self._guard("lease", keep(self.lease, self._send, self.hang_up))),
                        start(self._guard("showing", self.face.run(shown))),
                    ]
                    self._running.set()
                    self.reason = await self._live()
                    self.state, self._lasted = "ended", self.clock.now()
                    self._chunks.close()
                    await asyncio.wait([listening], timeout=self._limits.last_words)
                    ending = (listening, *others, *self._tracks)
                    for task in ending:
                        task.cancel()
                    await asyncio.wait(ending)
                    if self._peer is not None:
                        await self._peer.close()
                    self._remember()
                    self.timeline.close()
                    await asyncio.wait([keeping], timeout=self._limits.flush)
                    keeping.cancel()
        finally:
            self.state = "ended"
            self._running.set()
            self._speech.stop()
            self.face.messages.end(self.reason or "ended")
            if self._peer is not None:
                await self._peer.close()
            log.info("call_ended", call=self.id, reason=self.reason, seconds=round(self.clock.now(), 1))

    def _remember(self) -> None:
        """What she will know of the person in the next call."""
        if any(line.role == "user" for line in self.conversation.history):
            became = self._companion.after(self.persona, self.conversation.history)
            at = self._keeper.moment(self.clock.now())
            self._keeper.keep(memory_of(self.user_id, self.persona.id, became, self._before, at))

    def reminded(self, memory: Memory | None) -> None:
        """What is stored of the person was changed or deleted by them: she knows no more than that from now on."""
        self._before = memory
        self._companion.reminded(relationship_of(memory), self.conversation.history)

    async def connect(self, sdp: str, ice_servers: list[Any]) -> str:
        """Attach a peer for a checked offer (the first, or one that resumes); the answer's SDP."""
        await self._running.wait()
        peer = Peer(self._speech, self._on_audio, self._on_video, self._on_message, ice_servers)
        answer = await peer.answer(sdp)
        former, self._peer = self._peer, peer
        self._peer_changed.set()
        if former is not None:
            await former.close()
        return answer

    @property
    def unsaved(self) -> int:
        """Documents that the store has not taken yet."""
        return self._keeper.unsaved

    @property
    def lost(self) -> int:
        """Documents that the store never took."""
        return self._keeper.lost

    async def report(self) -> dict[str, Any]:
        """State, per-turn delays (s), and what came through, was lost or was dropped."""
        peer = self._peer
        return {
            "call_id": self.id,
            "session_id": self.session_id,
            "persona_id": self.persona.id,
            "state": self.state,
            "reason": self.reason,
            "seconds": round(self.clock.now() if self._lasted is None else self._lasted, 3),
            "turns": [asdict(delays) for delays in self._delays],
            "dropped": {"audio_chunks": self._chunks.dropped, "pictures": self._pictures.dropped},
            "network": None if peer is None else await peer.statistics(),
        }

    async def add_candidates(self, candidates: list[RTCIceCandidate | None]) -> None:
        for candidate in candidates:
            if self._peer is not None:
                await self._peer.add_candidate(candidate)

    def hang_up(self, reason: str) -> None:
        """End the call; the first reason stands."""
        if self.reason is None:
            self.reason = reason
            if farewell := wire.FAREWELLS.get(reason):
                self._send(wire.notice(reason, farewell))
        self._ended.set()
        self._peer_changed.set()

    async def _live(self) -> str:
        """Until the call is over: the reason."""
        try:
            async with asyncio.timeout(self._limits.longest):
                while True:
                    peer = self._peer
                    if self.reason is not None:
                        return self.reason
                    if peer is None:
                        await self._until_peer_changes(self._limits.liveness.connect)
                        if self._peer is None and self.reason is None:
                            return "never_connected"
                        continue
                    self._peer_changed.clear()
                    fate = await self._until_dead_or_changed(peer)
                    if self._peer is not peer or self.reason is not None:
                        continue
                    if fate == "never_connected":
                        return fate
                    self.state = "reconnecting"
                    await peer.close()
                    self._peer_changed.clear()
                    await self._until_peer_changes(self._limits.resume if fate == "lost" else self._limits.reload)
                    if self._peer is peer and self.reason is None:
                        return "lost" if fate == "lost" else "hung_up"
        except TimeoutError:
            self._send(wire.notice("call_too_long", "통화 시간이 다 되어 전화를 마칠게요."))
            return "too_long"

    async def _until_peer_changes(self, seconds: float) -> None:
        await _within(seconds, self._peer_changed.wait())

    async def _until_dead_or_changed(self, peer: Peer) -> str:
        async with asyncio.TaskGroup() as tasks:
            dead = tasks.create_task(peer.until_dead(self._limits.liveness, self._on_connected))
            changed = tasks.create_task(self._peer_changed.wait())
            await asyncio.wait([dead, changed], return_when=asyncio.FIRST_COMPLETED)
            fate = dead.result() if dead.done() else "changed"
            dead.cancel()
            changed.cancel()
        return fate

    def _on_connected(self) -> None:
        if self.state != "connected":
            log.info("call_connected", call=self.id, persona=self.persona.id, resumed=self.state == "reconnecting")
            self.state = "connected"
        if self._tasks is not None and not self._ready.is_set():
            self._tasks.create_task(self._greet_anyway())

    async def _greet_anyway(self) -> None:
        await _within(self._limits.ready, self._ready.wait())
        self._ready.set()

    def _on_audio(self, track: MediaStreamTrack) -> None:
        microphone = Microphone(track, self.clock, self._chunks)
        self._microphones.append(microphone)
        if self._tasks is not None:
            self._tracks.append(self._tasks.create_task(self._guard("microphone", self._hear(microphone))))

    async def _hear(self, microphone: Microphone) -> None:
        """Drain one microphone; where it falls mute for good, let the turn that was open come to its end.

        A track that ends at the far side may just stop sending. After MUTE without a packet (longer than any hole the
        microphone fills itself) silence is put in its place, long enough for the longest pause inside a turn.
        """
        assert self._tasks is not None
        draining = self._tasks.create_task(microphone.run())
        self._tracks.append(draining)
        frames, since = 0, self.clock.now()
        while not self._ended.is_set() and self._microphones[-1] is microphone:
            await asyncio.sleep(MUTE / 4)
            if microphone.frames != frames:
                frames, since = microphone.frames, self.clock.now()
            elif draining.done() or self.clock.now() - since >= MUTE:
                await self._fall_silent(microphone)
                if draining.done():
                    return
                since = float("inf")  # once is enough, until it is heard again

    async def _fall_silent(self, microphone: Microphone) -> None:
        frames, began = microphone.frames, self.clock.now()
        for number in range(SILENT_CHUNKS):
            if self._ended.is_set() or microphone.frames != frames:
                return
            start = began + number * SILENCE / HEARING_RATE
            self._chunks.offer(AudioChunk(start, np.zeros(SILENCE, np.float32)))
            await asyncio.sleep(max(0.0, start + SILENCE / HEARING_RATE - self.clock.now()))

    def _on_video(self, track: MediaStreamTrack) -> None:
        camera = Camera(track, self.clock, self._pictures)
        self._cameras.append(camera)
        if self._tasks is not None:
            self._tracks.append(self._tasks.create_task(self._guard("camera", camera.run())))

    def _has_camera(self) -> bool:
        return any(camera.received for camera in self._cameras)

    async def _watch(self) -> None:
        watcher = Watcher(self._engines.new_landmarker, self._engines.face_worker, self._pictures, self.timeline)
        await watcher.run()

    def _on_message(self, raw: str | bytes) -> None:
        now = self.clock.now()
        if not self._gate.admits(now):
            return
        message = wire.read_client(raw)
        match message.kind:
            case "ready":
                self._send(wire.bot_ready({"persona": self.persona.id, "engines": self._engines.names}))
                self._send(wire.ours("state", state=self.conversation.state, t=now))
                self._ready.set()
            case "bye":
                self.hang_up("hung_up")
            case "text":
                self._take_text((message.data or {})["content"], now)
            case "token":
                self.lease.show((message.data or {}).get("token"), message.id)
            case "bad":
                self._send(wire.error("bad_message", message.problem))
            case "ping" | "other":
                pass

    def _take_text(self, text: str, now: float) -> None:
        """A typed line is a turn like a spoken one."""
        text = text.strip()[:LONGEST_TEXT]
        if text:
            self._listener.take_text(text, now)

    async def _tell(self, events: Channel[Event]) -> None:
        async for event in events:
            if isinstance(event, TurnDelays):
                self._delays.append(event)
            if isinstance(event, AnalyzerFault) and not self._is_news(event):
                continue
            for message in wire.messages_of(event, self._keeper.moment(event.t).isoformat()):
                self._send(message)

    def _is_news(self, fault: AnalyzerFault) -> bool:
        """The same trouble is told at most once in FAULT_EVERY; the timeline has every one."""
        told = self._faults_told.get((fault.analyzer, fault.code))
        if told is not None and fault.t - told < FAULT_EVERY:
            return False
        self._faults_told[fault.analyzer, fault.code] = fault.t
        return True

    def _send(self, message: str) -> None:
        if self._peer is not None:
            self._peer.send(message)

    async def _guard(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """A part that breaks is a visible event, never the end of the call."""
        try:
            await work
        except Exception as error:
            log.exception("call_part_failed", call=self.id, part=name)
            self.timeline.append(
                AnalyzerFault(self.clock.now(), name, f"{name}_failed", f"{type(error).__name__}: {error}")
            )


async def _within(seconds: float, waiting: Coroutine[Any, Any, object]) -> None:
    """Wait for it, at most so long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await waiting
