"""When the person starts to speak, pauses, goes on and is done: decided from speech probabilities alone.

It is a pure state machine over frames of sound; it must not know asyncio, clocks, models or where the frames come
from. Whoever feeds it asks what it wants to know when it says `Paused`: how the turn sounds (`verdict`) and whether its
words are a whole sentence (`words`), and brings the answers back when they are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analysis.types import SpeechConfirmed, SpeechDismissed, SpeechStarted, SpeechStopped


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """How patient we are. Times in seconds of sound, probabilities 0–1."""

    on: float = 0.5  # speech probability that begins a voiced stretch …
    off: float = 0.35  # … and the lower one under which it ends (hysteresis)
    onset: float = 0.09  # s voiced without a break before a sound counts as started or resumed
    sure: float = 0.8  # probability that one frame at least must reach: hum and music hover below
    confirm: float = 0.16  # s voiced that make it speech while the persona is silent: a lone "네" is an answer
    confirm_over_persona: float = 0.40  # s voiced that take the floor while she speaks: a lone "네" is not
    start_window: float = 1.2  # s from the onset within which it must have been confirmed
    dismiss: float = 0.30  # s of silence after which an unconfirmed sound is over
    pause: float = 0.20  # s of silence before anything is asked
    complete: float = 0.5  # probability from which the end-of-turn model's answer ends the turn
    least: float = 0.4  # s of silence that an end takes at least: people breathe between two sentences
    whole: float = 0.5  # s of silence that end it when the words are a whole sentence, whatever that model says
    max_silence: float = 1.2  # s of silence that end it without any answer
    max_hesitation: float = 1.8  # … when its words want to go on ("제가 좋아하는 음식은…")
    max_turn: float = 30.0  # s from onset: longer turns are cut
    max_lost: float = 0.5  # s of lost sound in a row that are waited out; beyond, lost sound counts as silence


@dataclass(frozen=True, slots=True)
class Paused:
    """Confirmed speech has paused: time to ask whether the turn is complete."""

    t: float  # s, end of the speech before the pause
    number: int  # which pause of the call, to tell a late verdict from a fresh one


@dataclass(frozen=True, slots=True)
class Resumed:
    """The pause was only a pause: what was recognised ahead is stale."""

    t: float  # s, when speech began again


TurnEvent = SpeechStarted | SpeechConfirmed | SpeechDismissed | SpeechStopped | Paused | Resumed


class TurnTaker:
    """One person's side of the conversation. Every start is followed by one dismissal, or one confirmation and stop.

    `step` takes the frames in order; `verdict` the end-of-turn model's answers; `flush` ends what is open.
    """

    def __init__(self, settings: TurnSettings | None = None) -> None:
        self.settings = settings or TurnSettings()
        self.onset: float | None = None  # s, of the sound that is open (a candidate's too, before it has started)
        self._started = False
        self._confirmed = False
        self._paused = False
        self._pauses = 0
        self._complete: float | None = None  # how the present pause sounds; None: no answer yet
        self._words_known = False  # whether the present pause's words are there …
        self._whole: bool | None = None  # … and are a whole sentence
        self._tired = False  # of a sound that went on and was not speech: until it ends, only sure speech is heard
        self._peak = 0.0  # highest probability since onset
        self._active = False  # inside a voiced stretch
        self._run = 0.0  # s, length of that stretch
        self._run_start = 0.0
        self._voiced = 0.0  # s voiced since onset
        self._quiet = 0.0  # s since speech, breaths too short to be a sound included
        self._end = 0.0  # s, end of the last speech
        self._lost = 0.0  # s lost in a row

    @property
    def confirmed(self) -> bool:
        """Whether a turn is open for sure."""
        return self._confirmed

    def step(
        self, start: float, end: float, probability: float, *, lost: bool = False, persona_speaking: bool = False
    ) -> list[TurnEvent]:
        """What the frame from `start` to `end` s changes. `probability` is not looked at in a lost frame."""
        if lost:
            self._lost += end - start
            if self._lost <= self.settings.max_lost:
                return list(self._decide(end, persona_speaking))
            probability = 0.0
        else:
            self._lost = 0.0
        return list(self._hear(start, end, probability, persona_speaking))

    def verdict(self, t: float, complete: float, number: int) -> list[TurnEvent]:
        """The end-of-turn model's probability for pause `number`, known at `t`. A stale answer changes nothing."""
        if not self._paused or number != self._pauses:
            return []
        self._complete = complete
        return list(self._decide(t, persona_speaking=False))

    def words(self, t: float, whole: bool | None, number: int) -> list[TurnEvent]:
        """Whether the words before pause `number` are a whole sentence, known at `t`; None: they do not tell.

        The turn does not end before this answer (or `max_silence`): no reply could begin without the words anyway, and
        until then the person may go on.
        """
        if not self._paused or number != self._pauses:
            return []
        self._words_known = True
        self._whole = whole
        return list(self._decide(t, persona_speaking=False))

    def flush(self, t: float) -> list[TurnEvent]:
        """The sound ended for good at `t` (the microphone is gone): finish what is open."""
        if self._confirmed:
            return [self._stop(t, None)]
        return self._dismiss() if self._started else []

    def _hear(self, start: float, end: float, probability: float, persona_speaking: bool) -> Iterator[TurnEvent]:
        if probability >= (self.settings.off if self._active else self.settings.on):
            yield from self._hear_voice(start, end, probability)
        else:
            self._active = self._tired = False
            self._run = 0.0
            self._quiet += end - start
            if not self._started:
                self.onset = None
                self._peak = 0.0
        yield from self._decide(end, persona_speaking)

    def _hear_voice(self, start: float, end: float, probability: float) -> Iterator[TurnEvent]:
        if self._tired and probability < self.settings.sure:
            return
        self._tired = False
        if not self._active:
            self._active = True
            self._run_start = start
            if self.onset is None:
                self.onset = start
        self._run += end - start
        self._peak = max(self._peak, probability)
        if self._run < self.settings.onset:
            self._quiet += end - start  # a breath or a click until it has lasted
            return
        if not self._started:
            self._started = True
            self._voiced = 0.0
            yield SpeechStarted(self._run_start)
        if self._paused:
            self._end_pause()
            yield Resumed(self._run_start)
        # A stretch that has just become long enough counts from its beginning.
        self._voiced += self._run if self._quiet else end - start
        self._quiet = 0.0
        self._end = end

    def _decide(self, t: float, persona_speaking: bool) -> Iterator[TurnEvent]:
        if not self._started or self.onset is None:
            return
        if not self._confirmed:
            needed = self.settings.confirm_over_persona if persona_speaking else self.settings.confirm
            if self._voiced >= needed and self._peak >= self.settings.sure:
                self._confirmed = True
                yield SpeechConfirmed(t, self.onset)
            elif t - self.onset >= self.settings.start_window:
                still = self._active
                yield from self._dismiss()
                self._tired = still
                return
            elif self._quiet >= self.settings.dismiss and not self._active:
                yield from self._dismiss()
                return
            else:
                return
        if self._active:
            # Whether this is speech again or a breath shows within `onset`; until then silence decides nothing.
            if t - self.onset >= self.settings.max_turn:
                yield self._stop(t, None)
            return
        if self._quiet >= self.settings.pause and not self._paused:
            self._paused = True
            self._pauses += 1
            yield Paused(self._end, self._pauses)
        if self._paused and self._is_over():
            yield self._stop(t, self._complete)
        elif self._quiet >= self._patience() or t - self.onset >= self.settings.max_turn:
            yield self._stop(t, None)

    def _is_over(self) -> bool:
        """Sound and words together; `_patience` is for when they do not agree on an end."""
        if not self._words_known or self._whole is False or self._quiet < self.settings.least:
            return False
        sounds_over = self._complete is not None and self._complete >= self.settings.complete
        return sounds_over or (self._whole is True and self._quiet >= self.settings.whole)

    def _patience(self) -> float:
        return self.settings.max_hesitation if self._whole is False else self.settings.max_silence

    def _end_pause(self) -> None:
        self._paused = self._words_known = False
        self._complete = self._whole = None

    def _dismiss(self) -> list[TurnEvent]:
        event = SpeechDismissed(self._end, self.onset or 0.0)
        self._forget()
        return [event]

    def _stop(self, t: float, complete: float | None) -> SpeechStopped:
        event = SpeechStopped(self._end, t, complete)
        self._forget()
        return event

    def _forget(self) -> None:
        self.onset = None
        self._started = self._confirmed = self._active = False
        self._voiced = self._quiet = self._run = self._peak = 0.0
        self._end_pause()
