"""From the microphone to utterances: detect, take turns, ask whether the turn is over, recognise ahead.

It owns one call's ear and must not know the persona, sockets or any engine's name. What it decides, it decides in
analysis/turn_taking.py; here are only the tasks, the order of events, and what happens when an engine fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from analysis.engines import LiveSpeechDetector, SoundsFinished, SpeechToText, Transcript
from analysis.sentence_end import is_whole_sentence
from analysis.sound import Frame, Framer, Recent
from analysis.turn_taking import Paused, Resumed, TurnEvent, TurnSettings, TurnTaker
from analysis.types import AnalyzerFault, HearingEvent, SpeechConfirmed, SpeechStopped, Utterance
from media.channel import Channel
from media.clock import Clock
from media.errors import DeyeonsoError
from media.timeline import Timeline
from media.types import AudioChunk, Span, Wave


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """Times in seconds."""

    turns: TurnSettings = field(default_factory=TurnSettings)
    pre_roll: float = 0.3  # s before the onset that the recogniser gets: first consonants are soft
    recognition_timeout: float = 8.0  # s for one utterance
    turn_end_timeout: float = 1.0  # s; by then silence alone has decided
    turns_waiting: int = 4  # finished turns that may wait for their text
    events: int = 64  # events that may wait for their reader
    forget_after_lost: float = 0.1  # s of lost sound after which the detector starts afresh


@dataclass(frozen=True, slots=True)
class _Turn:
    """A finished turn on its way to its text."""

    number: int
    span: Span
    samples: Wave  # exactly the span
    heard: Wave  # what the recogniser gets: with pre-roll and the pause behind
    gaps: tuple[Span, ...]
    decided_at: float
    ahead: asyncio.Task[Transcript | Exception] | None


class Listener:
    """One call's ear. `run` ends when the microphone's channel is closed and every turn has its text.

    `events` (read by one reader, who is waited for) carries `HearingEvent`s in order: per sound either started,
    dismissed; or started, confirmed, stopped and (perhaps after the next sound has started) its utterance.
    All but the started/dismissed sounds are put on the timeline too.
    `belongs` says whether an utterance is part of the talk: one that is not (her own voice, a calibration's sentence)
    is not put on the timeline, and its text is withheld.
    `persona_speaking` must answer True also while she only holds her breath for a sound not yet decided.
    """

    def __init__(
        self,
        detector: LiveSpeechDetector,
        sounds_finished: SoundsFinished,
        stt: SpeechToText,
        microphone: Channel[AudioChunk],
        timeline: Timeline,
        clock: Clock,
        settings: ListenerSettings | None = None,
    ) -> None:
        self.settings = settings or ListenerSettings()
        self.persona_speaking: Callable[[], bool] = lambda: False
        self.belongs: Callable[[Utterance], bool] = lambda _: True
        self.events: Channel[HearingEvent] = Channel(self.settings.events, "wait")
        self._detector = detector
        self._sounds_finished = sounds_finished
        self._stt = stt
        self._microphone = microphone
        self._timeline = timeline
        self._clock = clock
        self._taker = TurnTaker(self.settings.turns)
        self._framer = Framer(detector.frame)
        self._recent = Recent()
        self._turns: Channel[_Turn] = Channel(self.settings.turns_waiting, "wait")
        self._ahead: asyncio.Task[Transcript | Exception] | None = None
        self._onset = 0.0  # s, of the confirmed turn
        self._count = 0
        self._lost = 0.0  # s lost in a row
        self._deaf = False  # the detector fails
        # Frames and verdicts both move the turn on, and each waits while its events are read: one at a time.
        self._deciding = asyncio.Lock()

    async def run(self) -> None:
        """Listen until the microphone is closed; an open turn is then finished. `events` is closed at the end."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._recognise_turns())
                async for chunk in self._microphone:
                    for frame in self._framer.push(chunk):
                        await self._hear(frame, tasks)
                async with self._deciding:
                    await self._follow(self._taker.flush(self._clock.now()), tasks)
                self._turns.close()
        finally:
            self.events.close()

    def take_text(self, text: str, now: float) -> None:
        """A typed line at call time `now` (s) is a turn like a spoken one."""
        self._count += 1
        typed = Utterance(Span(now, now), text, self._count, None, now, now, np.zeros(0, np.float32))
        self._timeline.append(typed)
        self.events.offer(typed)

    async def _hear(self, frame: Frame, tasks: asyncio.TaskGroup) -> None:
        self._recent.append(frame)
        if frame.lost:
            probability = 0.0
            self._lost += frame.end - frame.start
        else:
            if self._lost >= self.settings.forget_after_lost:
                self._detector.reset()
            self._lost = 0.0
            probability = await self._probability(frame)
        async with self._deciding:
            events = self._taker.step(
                frame.start, frame.end, probability, lost=frame.lost, persona_speaking=self.persona_speaking()
            )
            await self._follow(events, tasks)
        kept_from = frame.end if self._taker.onset is None else self._taker.onset
        self._recent.forget_before(kept_from - self.settings.pre_roll)

    async def _probability(self, frame: Frame) -> float:
        """Of speech; a detector that fails is told of once, and hears nothing until it works again."""
        try:
            probability = await self._detector.probability(frame.samples)
        except Exception as error:
            if not self._deaf:
                self._deaf = True
                await self._report("speech-detector", error)
            return 0.0
        self._deaf = False
        return probability

    async def _follow(self, events: list[TurnEvent], tasks: asyncio.TaskGroup) -> None:
        for event in events:
            match event:
                case Paused():
                    heard = self._heard_until(event.t + self.settings.turns.pause)
                    self._ahead = tasks.create_task(self._recognise(heard))
                    tasks.create_task(self._ask_how_it_sounds(event, heard, tasks))
                    tasks.create_task(self._ask_its_words(event, self._ahead, tasks))
                case Resumed():
                    self._give_up_ahead()
                case SpeechStopped():
                    await self._finish(replace(event, decided_at=max(event.t, self._clock.now())))
                case _:
                    if isinstance(event, SpeechConfirmed):
                        self._onset = event.onset
                        self._timeline.append(event)
                    await self.events.put(event)

    async def _ask_how_it_sounds(self, pause: Paused, heard: Wave, tasks: asyncio.TaskGroup) -> None:
        """The end-of-turn model's verdict on a pause. Without one, silence decides."""
        try:
            async with asyncio.timeout(self.settings.turn_end_timeout):
                complete = await self._sounds_finished.run(heard)
        except Exception as error:
            await self._report("end-of-turn", error)
            return
        async with self._deciding:
            await self._follow(self._taker.verdict(self._clock.now(), complete, pause.number), tasks)

    async def _ask_its_words(
        self, pause: Paused, ahead: asyncio.Task[Transcript | Exception], tasks: asyncio.TaskGroup
    ) -> None:
        """Whether the words so far are a sentence, once they are there."""
        await asyncio.wait([ahead])  # does not mind that it was given up
        if ahead.cancelled():
            return
        result = ahead.result()
        whole = None if isinstance(result, Exception) else is_whole_sentence(result.text)
        async with self._deciding:
            await self._follow(self._taker.words(self._clock.now(), whole, pause.number), tasks)

    async def _finish(self, stopped: SpeechStopped) -> None:
        self._count += 1
        span = Span(self._onset, stopped.t)
        turn = _Turn(
            number=self._count,
            span=span,
            samples=self._recent.cut(span),
            heard=self._heard_until(stopped.t + self.settings.turns.pause),
            gaps=self._recent.gaps(span),
            decided_at=stopped.decided_at,
            ahead=self._ahead,
        )
        self._ahead = None
        self._timeline.append(stopped)
        await self.events.put(stopped)
        await self._turns.put(turn)

    async def _recognise_turns(self) -> None:
        async for turn in self._turns:
            result = await (turn.ahead or self._recognise(turn.heard))
            if isinstance(result, Exception):
                await self._report("speech-to-text", result)
                result = Transcript("")
            utterance = Utterance(
                span=turn.span,
                text=result.text,
                turn=turn.number,
                confidence=result.confidence,
                decided_at=turn.decided_at,
                recognised_at=self._clock.now(),
                samples=turn.samples,
                gaps=turn.gaps,
            )
            if self.belongs(utterance):
                self._timeline.append(utterance)
            else:
                utterance = replace(utterance, text="")
            await self.events.put(utterance)

    async def _recognise(self, heard: Wave) -> Transcript | Exception:
        """What was said, or what went wrong: an engine's failure must not end the call's other tasks."""
        try:
            async with asyncio.timeout(self.settings.recognition_timeout):
                return await self._stt.transcribe(heard)
        except Exception as error:
            return error

    def _give_up_ahead(self) -> None:
        if self._ahead is not None:
            self._ahead.cancel()
            self._ahead = None

    def _heard_until(self, end: float) -> Wave:
        onset = self._onset if self._taker.onset is None else self._taker.onset
        return self._recent.cut(Span(onset - self.settings.pre_roll, end))

    async def _report(self, analyzer: str, error: Exception) -> None:
        code = error.code if isinstance(error, DeyeonsoError) else "analyzer_failed"
        if isinstance(error, TimeoutError):
            code = "timeout"
        fault = AnalyzerFault(self._clock.now(), analyzer, code, str(error) or type(error).__name__)
        self._timeline.append(fault)
        await self.events.put(fault)
