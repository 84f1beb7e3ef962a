"""The reply loop: hears turns, lets the model write and the voice speak, yields to barge-in, remembers what was heard.

It must not know negotiation, sockets or storage; engines are Protocols, and what happened goes to the timeline.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from analysis.types import (
    AnalyzerFault,
    HearingEvent,
    SpeechConfirmed,
    SpeechDismissed,
    SpeechStarted,
    SpeechStopped,
    Utterance,
)
from media.channel import Channel
from media.clock import Clock
from media.errors import DeyeonsoError
from media.timeline import Timeline
from media.tracks.speech import SpeechTrack
from media.types import Span
from persona.answering import sentences_of
from persona.echo import is_echo
from persona.engines import LanguageModel, Prompt, Synthesizer
from persona.mood import coloured, mood_of
from persona.schema import Persona
from persona.sentences import speakable
from persona.speaking import spoken
from persona.types import DialogueFault, Line, Mood, ReplyEnded, ReplyStarted, Said, State, StateChanged, TurnDelays


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each engine may take before she apologises. Seconds."""

    first_text: float = 8.0
    next_text: float = 5.0
    first_sound: float = 10.0
    next_sound: float = 10.0


PromptMaker = Callable[[Persona, tuple[Line, ...]], Awaitable[Prompt]]
APOLOGY = "미안해요, 제가 잠깐 생각이 끊겼어요. 다시 한번 말해 줄래요?"
NOT_HEARD = "미안해요, 방금 말을 잘 못 들었어요. 다시 한번 말해 줄래요?"


@dataclass(slots=True)
class _Reply:
    """One reply in progress: its task, its turn, and what was sent to speech so far."""

    turn: int
    utterance: Utterance | None
    task: asyncio.Task[None] | None = None
    sent: str = ""
    first_text: float | None = None  # s, first speakable clause there
    first_sound: float | None = None  # s, first sample played


class Conversation:
    """One call's dialogue. `run()` until `hearing` closes; one reply at a time, and a stale one never sounds."""

    def __init__(
        self,
        persona: Persona,
        model: LanguageModel,
        voice: Synthesizer,
        track: SpeechTrack,
        hearing: Channel[HearingEvent],
        timeline: Timeline,
        clock: Clock,
        make_prompt: PromptMaker,
        patience: Patience | None = None,
    ) -> None:
        self.persona = persona
        self.history: list[Line] = []
        self.state: State = "listening"
        self.mood: Mood = "calm"
        self._model = model
        self._voice = voice
        self._track = track
        self._hearing = hearing
        self._timeline = timeline
        self._clock = clock
        self._make_prompt = make_prompt
        self._patience = patience or Patience()
        self._reply: _Reply | None = None
        self._deaf = False  # recognition failed since the last utterance

    async def run(self, greet: asyncio.Event | None = None) -> None:
        """Converse until `hearing` closes. She greets first, once `greet` is set (at once without it)."""
        async with asyncio.TaskGroup() as tasks:
            if greet is not None:
                tasks.create_task(self._greet_when(greet, tasks))
            else:
                self._start(tasks, 0, None)
            async for event in self._hearing:
                await self._on(event, tasks)
            await self._cancel()

    async def _greet_when(self, greet: asyncio.Event, tasks: asyncio.TaskGroup) -> None:
        await greet.wait()
        if not self.history and self._reply is None and not self._hearing.closed:
            self._start(tasks, 0, None)

    async def _on(self, event: HearingEvent, tasks: asyncio.TaskGroup) -> None:
        match event:
            case SpeechStarted():
                # It may be a cough: hold her breath first, and decide when more is known.
                if self._reply is not None:
                    self._track.pause()
            case SpeechDismissed():
                self._track.resume()
            case SpeechConfirmed():
                await self._yield_floor()
            case AnalyzerFault(analyzer="speech-to-text"):
                self._deaf = True
            case Utterance():
                await self._answer(event, tasks)
            case SpeechStopped() | AnalyzerFault():
                pass

    async def _answer(self, utterance: Utterance, tasks: asyncio.TaskGroup) -> None:
        deaf, self._deaf = self._deaf, False
        text = utterance.text.strip()
        if self.is_her_own(text):
            text = ""  # her own voice came back through the microphone
        if not text:
            unanswered = bool(self.history) and self.history[-1].role == "user"
            if self._reply is not None:
                self._track.resume()
            elif deaf:
                self._start(tasks, utterance.turn, utterance, say=NOT_HEARD)
            elif unanswered:
                self._start(tasks, utterance.turn, utterance)
            return
        await self._yield_floor()
        if self.history and self.history[-1].role == "user":
            # The person went on before she had made a sound: it is one turn, not two.
            self.history[-1] = Line("user", f"{self.history[-1].text} {text}")
        else:
            self.history.append(Line("user", text))
        self._start(tasks, utterance.turn, utterance)

    def is_her_own(self, text: str) -> bool:
        """Whether what was heard is what she is saying, or has just said: her voice came back by the microphone."""
        return bool(text.strip()) and is_echo(text.strip(), self._recently_said())

    def _recently_said(self) -> str:
        said = [line.text for line in self.history[-4:] if line.role == "assistant"]
        if self._reply is not None:
            said.append(self._reply.sent)
        return " ".join(said)

    def _start(self, tasks: asyncio.TaskGroup, turn: int, utterance: Utterance | None, say: str | None = None) -> None:
        reply = _Reply(turn, utterance)
        self._reply = reply
        self._become("thinking")
        reply.task = tasks.create_task(self._run_reply(reply, say), name=f"reply-{turn}")

    async def _yield_floor(self) -> None:
        """The person has the floor: silence her, and keep in the history only what was heard."""
        if self._reply is None:
            self._track.resume()  # nothing to hold back any more
            return
        reply = self._reply
        await self._cancel()
        heard = self._track.flush()
        if reply.first_sound is not None:
            self._finish(reply, heard.text, interrupted=True)
        self._become("listening")

    async def _cancel(self) -> None:
        reply, self._reply = self._reply, None
        if reply is None or reply.task is None:
            return
        reply.task.cancel()
        await asyncio.wait([reply.task])

    async def _run_reply(self, reply: _Reply, say: str | None) -> None:
        self._track.begin(reply.turn)
        try:
            try:
                await self._speak_reply(reply, self._once(say) if say else self._sentences(reply))
            except Exception as error:
                fault = _fault(error, self._clock.now())
                self._timeline.append(fault)
                if say is None and fault.code != "voice_failed":
                    await self._apologise(reply)
            self._track.end()
            await self._track.wait_played()
        finally:
            if self._reply is reply and not _cancelled():
                heard = self._track.flush()
                if reply.first_sound is not None:
                    self._finish(reply, heard.text, interrupted=False)
                self._reply = None
                self._become("listening")

    async def _apologise(self, reply: _Reply) -> None:
        try:
            await self._speak_reply(reply, self._once(APOLOGY))
        except Exception as error:
            self._timeline.append(_fault(error, self._clock.now()))

    async def _once(self, text: str) -> AsyncGenerator[str, None]:
        yield text

    async def _sentences(self, reply: _Reply) -> AsyncGenerator[str, None]:
        """Speakable sentences of the model's reply, as soon as each is whole."""
        prompt = await self._make_prompt(self.persona, tuple(self.history))
        limits = self._patience.first_text, self._patience.next_text
        async with aclosing(sentences_of(self._model, prompt, *limits)) as sentences:
            async for sentence in sentences:
                yield sentence

    async def _speak_reply(self, reply: _Reply, sentences: AsyncGenerator[str, None]) -> None:
        """The model writes ahead by two sentences while the voice speaks the present one."""
        ahead: Channel[str] = Channel(2, "wait")
        trouble: list[BaseException] = []

        async def write() -> None:
            try:
                async with aclosing(sentences):
                    async for sentence in sentences:
                        await ahead.put(sentence)
            except (DeyeonsoError, OSError) as error:
                trouble.append(error)  # what was written before it is still spoken
            finally:
                ahead.close()

        async with asyncio.TaskGroup() as tasks:
            writing = tasks.create_task(write())
            try:
                async for sentence in ahead:
                    text = speakable(sentence)
                    if text:
                        await self._speak(reply, text)
            except DeyeonsoError as error:
                writing.cancel()
                trouble.append(error)
        if trouble:
            raise trouble[0]

    async def _speak(self, reply: _Reply, text: str) -> None:
        if reply.first_text is None:
            reply.first_text = self._clock.now()
        said = False
        mood = mood_of(text)
        limits = self._patience.first_sound, self._patience.next_sound
        async with aclosing(spoken(self._voice, text, coloured(self.persona.voice, mood), *limits)) as pieces:
            async for piece in pieces:
                caption, said = ("" if said else text), True
                reply.sent = f"{reply.sent} {piece.text}".strip() if piece.text else reply.sent
                await self._track.say(
                    piece.samples, piece.text, on_played=partial(self._on_sound, reply, caption, mood)
                )

    def _on_sound(self, reply: _Reply, caption: str, mood: Mood, t: float) -> None:
        """The first sample of a piece goes out at call time `t`."""
        first = reply.first_sound is None
        if first or mood != self.mood:
            self.mood = mood
            self._become("speaking", t, again=not first)
        if first:
            reply.first_sound = t
            self._timeline.append(ReplyStarted(t, reply.turn))
            if reply.utterance is not None:
                self._timeline.append(_delays(reply, reply.utterance, t))
        if caption:
            self._timeline.append(Said(t, reply.turn, caption))

    def _finish(self, reply: _Reply, heard: str, interrupted: bool) -> None:
        assert reply.first_sound is not None
        if heard.strip():
            self.history.append(Line("assistant", heard.strip()))
        span = Span(reply.first_sound, max(reply.first_sound, self._clock.now()))
        self._timeline.append(ReplyEnded(span, reply.turn, reply.sent, heard.strip(), interrupted))

    def _become(self, state: State, t: float | None = None, again: bool = False) -> None:
        if again or state != self.state:
            self.state = state
            self._timeline.append(StateChanged(self._clock.now() if t is None else t, state, self.mood))


def _delays(reply: _Reply, utterance: Utterance, sound: float) -> TurnDelays:
    ready = max(utterance.decided_at, utterance.recognised_at)
    end = utterance.span.end
    return TurnDelays(
        t=sound,
        turn=reply.turn,
        endpointing=utterance.decided_at - end,
        recognition=ready - utterance.decided_at,
        first_text=None if reply.first_text is None else reply.first_text - ready,
        first_sound=None if reply.first_text is None else sound - reply.first_text,
        total=sound - end,
    )


def _fault(error: Exception, t: float) -> DialogueFault:
    if isinstance(error, DeyeonsoError):
        return DialogueFault(t, error.code, error.message)
    return DialogueFault(t, "reply_failed", f"{type(error).__name__}: {error}")


def _cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
