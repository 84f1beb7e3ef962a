"""The vocabulary of the persona's side of a call: who she is, what was said, what was actually heard.

Plain frozen values; they must not know asyncio, engines or the network. `t` is call time in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from media.types import Span

Role = Literal["user", "assistant"]
State = Literal["listening", "thinking", "speaking"]
Mood = Literal["calm", "happy", "playful", "tender", "shy", "hurt", "serious"]
SpeechLevel = Literal["하십시오체", "해요체", "해체", "해라체"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the conversation's history, as the model is to see it: hers is what was HEARD, not sent."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Fact:
    """Something the person told of themselves, kept across calls; theirs to see, correct and delete."""

    slot: str  # what about: "name", "job", "likes" …
    value: str  # in the person's own words
    session: int = 1  # in which call with this persona, 1, 2, 3 …
    turn: int = 0  # the person's turn that said it
    at: str = ""  # wall time, ISO 8601


@dataclass(frozen=True, slots=True)
class ReplyStarted:
    """Her first sound of a reply reached the outgoing track."""

    t: float  # s
    turn: int  # the person's turn it answers; 0 is her greeting


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence of hers is about to be played: for captions."""

    t: float  # s, when its first sample plays
    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """Her reply is over: played to its end, or cut by the person."""

    span: Span  # s, first to last sample played
    turn: int
    text: str  # what was generated and sent to speech
    heard: str  # what was played of it
    interrupted: bool

    @property
    def t(self) -> float:
        return self.span.end


@dataclass(frozen=True, slots=True)
class StateChanged:
    """What she is doing now, for the portrait."""

    t: float  # s
    state: State
    mood: Mood = "calm"  # of the sentence she is saying, or said last


@dataclass(frozen=True, slots=True)
class TurnDelays:
    """Where the time of one turn went. Seconds; None where a step did not happen."""

    t: float  # s, first sound of the reply
    turn: int
    endpointing: float  # end of speech → end of turn decided
    recognition: float  # end of turn decided → text there (0 when it was recognised ahead)
    first_text: float | None  # text there → first speakable clause from the model
    first_sound: float | None  # that clause → first sample on the track
    total: float | None  # end of speech → first sample on the track


@dataclass(frozen=True, slots=True)
class DialogueFault:
    """A model or voice failed or was too slow; she apologised and the call goes on."""

    t: float  # s
    code: str
    message: str
