"""Who can be called: persona files, schema-checked, with errors that name file, field and reason.

It must not know the network or how a persona's words are made.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Voice(BaseModel):
    """Her voice in each engine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tts: str = Field(description="edge-tts voice, e.g. ko-KR-SunHiNeural")
    openai: str = Field(default="nova", description="voice name of an OpenAI-compatible speech endpoint")
    offline: str = Field(default="jf_alpha", description="voice of the embedded synthesizer")
    rate: float = Field(default=1.0, ge=0.5, le=2.0, description="speaking rate, 1.0 is the voice's own")
    pitch: float = Field(default=0.0, ge=-12, le=12, description="semitones")


class Persona(BaseModel):
    """One person to talk with. (Being completed: see metrics.md, section Persona.)"""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    name: str
    voice: Voice
