"""One call's coach: what the person says and shows becomes readings, running scores, sparse tips and the report.

It owns the call's analyzers and what may be analysed; it must not know peers, stores or who answers. A part that fails
costs its readings and says so on the timeline; it never ends the call.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Literal

from analysis import expression
from analysis.events import Calibrated, ExpressionReading, GainControl, PersonaSpoke, Tip, VoiceCalibrated
from analysis.face_state import LEAST_BASELINE, FaceBaseline
from analysis.face_track import FaceStretch
from analysis.feedback import FeedbackReport, build_feedback
from analysis.interpreter import Interpreter
from analysis.live_face import LiveFace
from analysis.readings import Emotion, EmotionReading, Expected, ToneReading, WordReading
from analysis.tips import TipCoach
from analysis.types import FaceReading, Utterance
from media.channel import Channel
from media.clock import Clock
from media.errors import DeyeonsoError
from media.timeline import Event, Timeline
from media.types import Picture, Span
from persona.types import ReplyEnded, StateChanged
from signaling import wire_coach
from signaling.calibration import Calibration
from signaling.engines import Engines
from signaling.eyes import Eyes
from signaling.felt import felt
from signaling.parts import Parts

Analysis = Literal["face_analysis", "voice_analysis"]
ANALYSES: tuple[Analysis, ...] = ("face_analysis", "voice_analysis")

TICK = 1.0  # s between two looks for a tip
STRETCH = 3.0  # s of a face that are kept in one piece: what a crash may cost
SCORES_EVERY = 5.0  # s between two running scores
SCORES_SHARE = 0.02  # of a core that running scores may take: a long call gets them less often
FACE_EVERY = 0.25  # s between two faces that are told
SENTENCE = 4.0  # s that the end of a calibration waits for its sentence
LAST_READINGS = 3.0  # s for what is still being read when the call ends
PLAYOUT = 0.08  # s from a packet's arrival to its sound at the client: a browser's usual jitter buffer


class Coach:
    """`run(events)` until `end()`; `report` then makes the report. Everything else asks or tells on the way."""

    def __init__(
        self,
        engines: Engines,
        timeline: Timeline,
        clock: Clock,
        parts: Parts,
        tell: Callable[[str], None],
        persona_speaking: Callable[[], bool],
        allowed: Collection[Analysis] = ANALYSES,
    ) -> None:
        """`tell` sends a message to the browser; no tip is given while `persona_speaking()`."""
        self.expected: Expected = "존댓말"  # the speech level the two have agreed on
        self.round_trip: float | None = None  # s, of the network, where it is known
        self.at_ease = asyncio.Event()  # no calibration is under way
        self.at_ease.set()
        self._calibration = Calibration()
        self.allowed: set[Analysis] = set(allowed)
        self._engines = engines
        self._timeline = timeline
        self._clock = clock
        self._parts = parts
        self._tell = tell
        self._eyes = Eyes(engines, timeline, parts, "face_analysis" in self.allowed)
        self._utterances: Channel[Utterance] = Channel(8, "wait")
        self._sentences: Channel[Utterance] = Channel(1, "drop_oldest")  # of a calibration
        self._tips = TipCoach()
        self._tips.persona_speaking = persona_speaking
        self.baseline: FaceBaseline | None = None  # of the face, as far as it is known by now
        self.scored: Callable[[FeedbackReport], None] = lambda _: None  # is told of every running score
        self._live = LiveFace(lambda: self.baseline)
        self._face_told = float("-inf")  # s
        self._shown: deque[ExpressionReading] = deque(maxlen=600)
        self._said: WordReading | None = None
        self._tone: ToneReading | None = None
        self._feeling: EmotionReading | None = None
        self._turns: deque[Span] = deque(maxlen=2)  # of the last utterances
        self._hers = ""  # her last words
        self._held: list[Utterance] = []  # not to be read before she has answered
        self._unread = 0  # utterances that came faster than they could be read
        self._next_scores = SCORES_EVERY
        self._tasks: asyncio.TaskGroup | None = None
        self._over = asyncio.Event()
        self._interpreter = Interpreter(
            engines.pitch, engines.new_speech_detector, engines.coach_worker, self._utterances, timeline
        )
        self._interpreter.voice = "voice_analysis" in self.allowed
        self._interpreter.said_before = lambda: self._hers
        self._interpreter.expected = lambda: self.expected
        self._interpreter.face = self._face_during

    # -- what the call does

    @property
    def pictures(self) -> Channel[Picture]:
        """Where the camera's pictures go."""
        return self._eyes.pictures

    async def run(self, events: Channel[Event]) -> None:
        """Coach until `end()`, then read what still waits."""
        async with asyncio.TaskGroup() as self._tasks:
            reading = self._tasks.create_task(self._parts("voice", self._interpreter.run()))
            following = self._tasks.create_task(self._follow(events))
            living = [self._tasks.create_task(work) for work in (self._eyes.run(), self._tick())]
            await self._over.wait()
            for task in living:
                task.cancel()
            await asyncio.wait(living)
            self._take(events.drain())
            self._read_held()
            self._utterances.close()
            await asyncio.wait([reading], timeout=LAST_READINGS)
            reading.cancel()
            self._keep_stretch()
            self._take(events.drain())
            following.cancel()

    def end(self) -> None:
        """Nothing more will be said or shown."""
        self._over.set()

    async def report(self, session_id: str, user_id: str, at: dt.datetime) -> FeedbackReport:
        """The report of the call so far, made off the loop. Raises what the analysis raises."""
        build = partial(build_feedback, tuple(self._timeline), session_id=session_id, user_id=user_id, created_at=at)
        return await self._engines.coach_worker.run(build)

    def allow(self, analysis: Analysis, granted: bool) -> None:
        """Start or stop an analysis in the middle of a call; one that is stopped says nothing more."""
        if granted == (analysis in self.allowed):
            return
        (self.allowed.add if granted else self.allowed.discard)(analysis)
        if analysis == "face_analysis":
            self._eyes.watch(granted)
        else:
            self._interpreter.voice = granted

    def level_gain(self, automatic: object) -> None:
        """Whether the browser levels the microphone, as the client says; what is no truth value says nothing."""
        if isinstance(automatic, bool) and automatic != self._interpreter.auto_gain:
            self._interpreter.auto_gain = automatic
            self._timeline.append(GainControl(self._clock.now(), automatic))

    def calibrate(self, state: str, identity: str) -> None:
        """`begin`, `end` or `cancel` of the calibration step, answered by a message to `identity`."""
        now = self._clock.now()
        if state == "begin":
            self._calibration.begin(now)
            self.at_ease.clear()
            self._sentences.drain()
            self._tell(wire_coach.calibration(identity, "begun", face=False, voice=False, reason=None))
            return
        self.at_ease.set()
        if state == "cancel":
            self._calibration.cancel()
            self._tell(wire_coach.calibration(identity, "cancelled", face=False, voice=False, reason=None))
        elif (span := self._calibration.end(now)) is None:
            self._tell(wire_coach.calibration(identity, "failed", face=False, voice=False, reason="not_begun"))
        elif self._tasks is not None:
            self._tasks.create_task(self._finish_calibration(span, identity))

    def takes(self, utterance: Utterance) -> bool:
        """Whether an utterance is a calibration's sentence; it is measured as such and is no turn."""
        taken = self._calibration.takes(utterance)
        if taken:
            self._sentences.offer(utterance)
        return taken

    def felt(self) -> tuple[str, float] | None:
        """The clearest feeling of the last turn, (feeling, confidence 0–1), as far as it is known by now."""
        if not self._turns:
            return None
        # A turn's sound is read while she thinks already: what it told is then for the turn after.
        fresh = self._feeling is not None and self._feeling.span in self._turns
        face = self._face_during(self._turns[-1])
        return felt(self._feeling if fresh else None, self._tone if fresh else None, face)

    def counts(self) -> dict[str, Any]:
        """What was read, and what was dropped because it came faster than it could be."""
        return {
            "allowed": sorted(self.allowed),
            **self._eyes.counts(),
            "utterances_dropped": self._unread,
        }

    # -- inside

    def _face_during(self, span: Span) -> Mapping[Emotion, float] | None:
        return expression.during(self._shown, span)

    def _read_held(self) -> None:
        """How a turn sounded can wait until her answer sounds: both cores are needed for that first."""
        for utterance in self._held:
            self._unread += not self._utterances.offer(utterance)
        self._held.clear()

    async def _follow(self, events: Channel[Event]) -> None:
        async for event in events:
            self._take([event])

    def _take(self, events: Sequence[Event]) -> None:
        for event in events:
            try:
                self._note(event)
            except Exception as error:
                self._parts.failed("coach", error)

    def _note(self, event: Event) -> None:
        if isinstance(event, FaceReading | ExpressionReading) and "face_analysis" not in self.allowed:
            return
        self._tips.note(event)
        match event:
            case Utterance() if event.text.strip():
                self._turns.append(event.span)
                self._read_held()
                self._held.append(event)
            case StateChanged() if event.state != "thinking":
                self._read_held()
            case ReplyEnded() if event.heard:
                # She is heard at the client later than she is sent, and the person's answer is stamped when it comes
                # in: one round trip and the client's buffer are the network's, not the person's.
                late = PLAYOUT + (self.round_trip or 0.0)
                span = Span(event.span.start + late, event.span.end + late)
                self._timeline.append(PersonaSpoke(span, event.heard, event.turn))
            case PersonaSpoke():
                self._hers = event.text
            case FaceReading():
                self._see(event)
            case ExpressionReading():
                self._live.express(event)
                self._shown.append(event)
            case ToneReading():
                self._tone = event
                self._tell(wire_coach.tone_of(event))
            case WordReading():
                self._said = event
            case EmotionReading():
                self._feeling = event
                if self._said is not None and self._said.span == event.span:
                    self._tell(wire_coach.words_of(self._said, event))
            case Tip():
                self._tell(wire_coach.tip(event))

    def _see(self, reading: FaceReading) -> None:
        if self._engines.classify is None:  # the plain rule on the landmarker's blendshapes stands in
            by_rule = self._live.rule(reading)
            if by_rule is not None:
                self._timeline.append(by_rule)
        moment = self._live.see(reading)
        if reading.t - self._face_told >= FACE_EVERY - 1e-3:
            self._face_told = reading.t
            self._tell(wire_coach.face(reading, moment, self.baseline))

    async def _tick(self) -> None:
        kept = 0.0
        while True:
            await asyncio.sleep(TICK)
            now = self._clock.now()
            if now - kept >= STRETCH:
                kept = now
                self._keep_stretch()
            self._tips.expected = self.expected
            tip = self._tips.step(now)
            if tip is not None:
                self._timeline.append(tip)
            if now >= self._next_scores:
                await self._parts("scores", self._score(now))

    def _keep_stretch(self) -> None:
        track = self._tips.face.take()
        if track is not None:
            self._timeline.append(FaceStretch.of(track))
            self.baseline = self._tips.face.baseline

    async def _score(self, now: float) -> None:
        """The running scores: the report so far, told small."""
        with suppress(DeyeonsoError):  # the worker is full: next time
            report = await self.report("", "", self._clock.began_at)
            self._tell(wire_coach.feedback(report, now))
            self.scored(report)
        took = self._clock.now() - now
        self._next_scores = now + max(SCORES_EVERY, took / SCORES_SHARE)

    async def _finish_calibration(self, span: Span, identity: str) -> None:
        self._timeline.append(Calibrated(span))
        voice = False
        with suppress(TimeoutError):
            async with asyncio.timeout(SENTENCE):
                sentence = await self._sentences.get()
                baseline = await self._interpreter.calibrate(sentence)
                if baseline is not None:
                    voice = True
                    self._timeline.append(VoiceCalibrated(sentence.span, baseline))
        track = self._tips.face.track()
        face = track.where(track.during([span])).seen() >= LEAST_BASELINE
        self.baseline = self._tips.face.baseline
        state, reason = ("done", None) if face or voice else ("failed", "nothing_measured")
        self._tell(wire_coach.calibration(identity, state, face=face, voice=voice, reason=reason))
