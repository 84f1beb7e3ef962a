"""One call: its channels, its peer, its coach, and the one TaskGroup that owns all that runs for it.

It must not know HTTP. A peer may be lost and another take its place (resume); the call's state is here, not there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import asdict
from functools import partial
from typing import Any, Literal

import structlog
from aiortc import RTCIceCandidate, RTCRtpReceiver
from aiortc.mediastreams import MediaStreamTrack

from analysis.listener import Listener
from analysis.types import Utterance
from media import film
from media.channel import Channel
from media.clock import Clock, within
from media.timeline import Timeline
from media.tracks.camera import Camera
from media.tracks.speech import SpeechTrack
from media.types import AudioChunk
from persona.companion import Companion
from persona.conversation import Conversation, Patience
from persona.engines import Prompt
from persona.schema import Persona
from persona.types import Line
from signaling import calibration, reports, wire, wire_coach
from signaling.call_limits import CallLimits
from signaling.coach import ANALYSES, Analysis, Coach
from signaling.ears import Ears
from signaling.engines import Engines
from signaling.faces import CallFace
from signaling.gate import Gate
from signaling.keeper import Keeper
from signaling.keepsake import memory_of, relationship_of
from signaling.lease import Lease, keep
from signaling.parts import Parts
from signaling.peer import Peer
from signaling.record import kept
from signaling.recorder import Recorder
from signaling.teller import Teller
from storage import Memory
from storage.vault import Vault

log = structlog.get_logger()

ROUND_TRIP_EVERY = 5.0  # s
LONGEST_TEXT = 500  # characters of one typed line

State = Literal["connecting", "connected", "reconnecting", "ended"]


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
        allowed: Collection[Analysis] = ANALYSES,
        vault: Vault | None = None,
        record: bool = False,
    ) -> None:
        """`allowed`: what of the person may be analysed; `record`: whether sound and picture may be kept in `vault`.
        `allow` changes both."""
        self.id = call_id
        self.user_id = lease.user_id
        self.lease = lease
        self.persona = persona
        self.clock = Clock()
        self.timeline = Timeline(keep=kept)
        self.state: State = "connecting"
        self.reason: str | None = None  # why it ended
        self.over = asyncio.Event()  # the registry has let go of it, and nothing of it is written any more
        self._lasted: float | None = None  # s, once it has
        self._engines = engines
        self._companion = companion
        self._before = before
        self._keeper = new_keeper(self.timeline, self.clock)
        self._teller = Teller(self._send, self._keeper.moment)
        self.session_id = self._keeper.session_id
        self._limits = limits or CallLimits()
        self._chunks: Channel[AudioChunk] = Channel(32, "drop_oldest")  # 1 s of 32 ms
        self._parts = Parts(call_id, self.timeline, self.clock)
        whose = {"session_id": self.session_id, "call_id": call_id, "user_id": self.user_id}
        self._recorder = Recorder(vault, self.clock, record, self._tell_recording, **whose)
        self._ears = Ears(self.clock, self._chunks, self._recorder.hear)
        self._speech = SpeechTrack(self.clock, self._recorder.spoke)
        self._coach = Coach(
            engines, self.timeline, self.clock, self._parts, self._send, lambda: self._speech.playing, allowed
        )
        self._connected = False  # it ever was
        self._cameras: list[Camera] = []
        self.face = CallFace(call_id, self.timeline, self.clock, self._coach, self._has_camera)
        self._gate = Gate(per_second=50)
        self._tracks: list[asyncio.Task[None]] = []  # a track of a peer that never connected never ends by itself
        self._peer: Peer | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._running = asyncio.Event()
        self._ended = asyncio.Event()
        self._peer_changed = asyncio.Event()
        self._ready = asyncio.Event()  # the client is there to hear her greeting
        self._listener = Listener(
            detector=engines.new_live_detector(),
            sounds_finished=engines.sounds_finished,
            stt=engines.stt,
            microphone=self._chunks,
            timeline=self.timeline,
            clock=self.clock,
        )
        self._listener.persona_speaking = lambda: self._speech.playing
        self._listener.belongs = self._belongs
        self.conversation = Conversation(
            persona=persona,
            model=engines.model,
            voice=engines.voice,
            track=self._speech,
            hearing=self._listener.events,
            timeline=self.timeline,
            clock=self.clock,
            make_prompt=self._prompt,
            patience=patience,
        )

    async def run(self) -> None:
        """From the offer to the last write. Never raises for what goes wrong inside; `reason` says how it ended."""
        try:
            subscribe = self.timeline.subscribe
            with subscribe() as told, subscribe(4096) as written, subscribe(1024) as coached, subscribe() as shown:
                async with asyncio.TaskGroup() as self._tasks:
                    start = self._tasks.create_task
                    keeping = start(self._parts("store", self._keeper.run(written)))
                    listening = start(self._parts("hearing", self._listener.run()))
                    coaching = start(self._parts("coach", self._coach.run(coached)))
                    recording = start(self._parts("recording", self._recorder.run()))
                    others = [
                        start(self._parts("dialogue", self.conversation.run(greet=self._ready))),
                        start(self._parts("telling", self._teller.run(told))),
                        start(self._parts("lease", keep(self.lease, self._send, self.hang_up))),
                        start(self._parts("showing", self.face.run(shown))),
                        start(self._parts("round_trip", self._measure_round_trip())),
                    ]
                    self._running.set()
                    self.reason = await self._live()
                    self.state, self._lasted = "ended", self.clock.now()
                    self._chunks.close()
                    self._recorder.end()
                    await asyncio.wait([listening], timeout=self._limits.last_words)
                    self._coach.end()
                    await asyncio.wait([coaching, recording], timeout=self._limits.last_readings)
                    ending = (listening, coaching, recording, *others, *self._tracks)
                    for task in ending:
                        task.cancel()
                    await asyncio.wait(ending)
                    await self._parts("report", self._give_report())
                    if self._peer is not None:
                        await self._peer.close()
                    await self._parts("memory", self._remember())
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

    async def _give_report(self) -> None:
        """Have the call's report stored, and tell it while there is somebody to tell."""
        if not self._connected:
            return
        now = self.clock.now()
        async with asyncio.timeout(self._limits.last_readings):
            report = await self._coach.report(self.session_id, self.user_id, self._keeper.moment(now))
        self._keeper.keep(reports.document_of(report))
        if self._peer is not None:
            self._send(wire_coach.feedback(report, now, final=True))
            await self._peer.drain()

    async def _remember(self) -> None:
        """What she will know of the person in the next call."""
        if any(line.role == "user" for line in self.conversation.history):
            after = partial(self._companion.after, self.persona, tuple(self.conversation.history))
            became = await self._engines.prompt_worker.run(after)
            at = self._keeper.moment(self.clock.now())
            self._keeper.keep(memory_of(self.user_id, self.persona.id, became, self._before, at))

    def reminded(self, memory: Memory | None) -> None:
        """What is stored of the person was changed or deleted by them: she knows no more than that from now on."""
        self._before = memory
        self._companion.reminded(relationship_of(memory), self.conversation.history)

    async def connect(self, sdp: str, ice_servers: list[Any]) -> str:
        """Attach a peer for a checked offer (the first, or one that resumes); the answer's SDP."""
        await self._running.wait()
        peer = Peer(self._speech, self._on_audio, self._on_video, self._on_message, self._on_film, ice_servers)
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

    def allow(self, what: Analysis | Literal["recording"], granted: bool) -> None:
        """Start or stop an analysis or the recording now; what is stopped measures, tells and keeps nothing more."""
        if what == "recording":
            self._recorder.allow(granted)
        else:
            self._coach.allow(what, granted)

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
            "turns": [asdict(delays) for delays in self._teller.delays],
            "dropped": {"audio_chunks": self._chunks.dropped, "pictures": self._coach.pictures.dropped},
            "analysis": self._coach.counts(),
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
        await within(seconds, self._peer_changed.wait())

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
            self._connected = True
            self._recorder.start()
        if self._tasks is not None and not self._ready.is_set():
            self._tasks.create_task(self._greet_anyway())

    async def _greet_anyway(self) -> None:
        """Who never says that it is ready hears her all the same, once it is not calibrating."""
        await within(self._limits.ready, self._ready.wait())
        await within(calibration.LONGEST, self._coach.at_ease.wait())
        self._ready.set()

    async def _measure_round_trip(self) -> None:
        """So that a slow network does not make a slow answer of the person's."""
        while True:
            await asyncio.sleep(ROUND_TRIP_EVERY)
            if self._peer is not None:
                self._coach.round_trip = await self._peer.round_trip()

    async def _prompt(self, persona: Persona, history: tuple[Line, ...]) -> Prompt:
        """What she may know for her next reply: also how the person looks and sounds, where that is clear."""
        noticed = self._coach.felt()
        if noticed is not None:
            self._companion.notice(*noticed, turn=sum(line.role == "user" for line in history))
        prompt = await self._engines.prompt_worker.run(partial(self._companion.prompt, persona, history))
        self._coach.expected = "반말" if self._companion.casual else "존댓말"
        return prompt

    def _belongs(self, utterance: Utterance) -> bool:
        """Whether it is part of the talk: no sentence of a calibration, and not her own voice coming back."""
        return not (self._coach.takes(utterance) or self.conversation.is_her_own(utterance.text))

    def _on_audio(self, track: MediaStreamTrack) -> None:
        if self._tasks is not None:
            self._tracks.append(self._tasks.create_task(self._parts("microphone", self._ears.hear(track))))

    def _on_video(self, track: MediaStreamTrack) -> None:
        camera = Camera(track, self.clock, self._coach.pictures)
        self._cameras.append(camera)
        if self._tasks is not None:
            self._tracks.append(self._tasks.create_task(self._parts("camera", camera.run())))

    def _on_film(self, receiver: RTCRtpReceiver) -> None:
        film.install(receiver, self.clock, self._recorder.saw)

    def _tell_recording(self, code: str) -> None:
        self._send(wire.notice(code, wire.RECORDING[code]))

    def _has_camera(self) -> bool:
        return any(camera.received for camera in self._cameras)

    def _on_message(self, raw: str | bytes) -> None:
        now = self.clock.now()
        if not self._gate.admits(now):
            return
        message = wire.read_client(raw)
        match message.kind:
            case "ready":
                self._coach.level_gain((message.data or {}).get("auto_gain"))
                about: dict[str, Any] = {"persona": self.persona.id, "engines": self._engines.names}
                about |= {"analyses": sorted(self._coach.allowed), "recording": self._recorder.recording}
                self._send(wire.bot_ready(about))
                self._send(wire.ours("state", state=self.conversation.state, t=now))
                self._ready.set()
            case "devices":
                self._coach.level_gain((message.data or {}).get("auto_gain"))
            case "calibrate":
                self._coach.calibrate(str((message.data or {})["state"]), message.id)
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

    def _send(self, message: str) -> None:
        if self._peer is not None:
            self._peer.send(message)
