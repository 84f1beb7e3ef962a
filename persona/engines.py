"""The seams of answering: what the dialogue asks of a language model and of a synthesizer.

It must not know any adapter. Both stream, so that she can speak while the model still writes.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from media.types import Samples
from persona.schema import Persona, Voice
from persona.types import Fact, Line, SpeechLevel


@dataclass(frozen=True, slots=True)
class Prompt:
    """All a model may know for one reply. A chat model takes `system` + `history`; the offline brain reads the rest."""

    persona: Persona
    system: str  # the persona's instructions, already in Korean, with its quoted data
    history: tuple[Line, ...]  # this call, oldest first; the last line is the person's (empty for her greeting)
    seed: int = 0  # same seed, same words (offline brain)
    level: SpeechLevel = "해요체"  # the speech level this reply must keep
    intimacy: int = 0  # 0–100
    facts: tuple[Fact, ...] = ()  # what is known of the person, this call's included
    session: int = 1  # which call with this persona this is
    cue: str = ""  # at most one remark on how the person sounds or looks ("긴장")
    aim: str = ""  # what this reply should do: "" or "propose_casual"


class LanguageModel(Protocol):
    """Writes her next turn."""

    name: str

    def reply(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        """Stream pieces of text. Raises DeyeonsoError; closing the iterator stops the model."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class SpeechPiece:
    """Sound and the text it speaks, so that the playback ledger knows what was heard."""

    samples: Samples  # [N] int16 at SPEECH_RATE
    text: str  # the words these samples speak; "" for the continuation of the piece before


class Synthesizer(Protocol):
    """Gives a sentence her voice."""

    name: str

    def speak(self, text: str, voice: Voice) -> AsyncGenerator[SpeechPiece, None]:
        """Stream 24 kHz mono speech, the first piece as early as the engine can. Raises DeyeonsoError."""
        ...

    async def close(self) -> None: ...
