"""What a persona file holds: every field, its bounds, and what must fit together. Pure.

It must not know files, folders, or how a persona's words are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from media.clock import wall_time
from persona.types import SpeechLevel

ID = r"^[a-z0-9][a-z0-9_-]{0,39}$"
# No control characters and no signs that turn the writing direction round: a text must be what it looks like.
_PLAIN = r"^[^\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]*$"

Gender = Literal["female", "male", "other"]
Short = Annotated[str, Field(min_length=1, max_length=80, pattern=_PLAIN)]
Label = Annotated[str, Field(max_length=40, pattern=_PLAIN)]
Sentence = Annotated[str, Field(min_length=1, max_length=300, pattern=_PLAIN)]
Lines = Annotated[tuple[Sentence, ...], Field(max_length=40)]


def _on_one_line(value: object) -> object:
    # The story stands in the instructions of a chat model: a line break could begin a heading of its own there.
    return " ".join(value.split()) if isinstance(value, str) else value


Story = Annotated[str, BeforeValidator(_on_one_line), Field(min_length=20, max_length=3000, pattern=_PLAIN)]


def field_name(location: Sequence[int | str]) -> str:
    """A place in a file as people write it: ("levels", 1, "examples") → "levels[1].examples"; "file" for all of it."""
    name = ""
    for step in location:
        name += f"[{step}]" if isinstance(step, int) else f".{step}" if name else step
    return name or "file"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Voice(_Part):
    """The persona's voice in each engine."""

    tts: Label = Field(description="edge-tts voice, e.g. ko-KR-SunHiNeural")
    openai: Label = Field(default="nova", description="voice name of an OpenAI-compatible speech endpoint")
    offline: Label = Field(default="jf_alpha", description="voice of the embedded synthesizer")
    rate: float = Field(default=1.0, ge=0.5, le=2.0, description="speaking rate, 1.0 is the voice's own")
    pitch: float = Field(default=0.0, ge=-12, le=12, description="semitones")
    manner: Annotated[str, Field(max_length=120, pattern=_PLAIN)] = Field(
        default="", description="how to speak, in words, for a voice that can be told so"
    )


class Speech(_Part):
    """The persona's way of talking."""

    base: SpeechLevel = Field(description="speech level towards a stranger")
    tics: tuple[Short, ...] = Field(default=(), max_length=20, description="words and habits that colour every line")
    max_sentences: int = Field(default=2, ge=1, le=2)


class Level(_Part):
    """How the persona talks from an intimacy on. 해체 (반말) is used only once both have agreed to it."""

    min_intimacy: int = Field(ge=0, le=100)
    speech_level: SpeechLevel
    address: Label = Field(description='how to call the person, e.g. "{name} 씨"')
    examples: tuple[Sentence, ...] = Field(min_length=3, max_length=40)


class About(_Part):
    """Lines about oneself on one topic: `topic` is one of the brain's own, `keys` are this entry's own words."""

    topic: Label = ""
    keys: tuple[Short, ...] = Field(default=(), max_length=40)
    lines: tuple[Sentence, ...] = Field(min_length=1, max_length=40)

    @model_validator(mode="after")
    def _findable(self) -> About:
        if not self.topic and not self.keys:
            raise ValueError("needs a topic or keys, or nobody can ask for it")
        return self


class Boundary(_Part):
    """What the persona does not talk about or do, and how it is declined."""

    about: Short
    keys: tuple[Short, ...] = Field(min_length=1, max_length=40)
    lines: tuple[Sentence, ...] = Field(min_length=2, max_length=40)


class Safety(_Part):
    """Written answers for where improvisation is out of place."""

    honest: tuple[Sentence, ...] = Field(min_length=2, max_length=40, description="the honest answer about being an AI")
    refuse: tuple[Sentence, ...] = Field(min_length=3, max_length=40, description="declines a request, in character")
    care: tuple[Sentence, ...] = Field(
        min_length=2, max_length=40, description="to somebody in danger; each must name 109"
    )

    @field_validator("care")
    @classmethod
    def _names_the_help_line(cls, lines: tuple[str, ...]) -> tuple[str, ...]:
        if any("109" not in line for line in lines):
            raise ValueError("every line must name the help line 109")
        return lines

    @field_validator("honest")
    @classmethod
    def _says_it(cls, lines: tuple[str, ...]) -> tuple[str, ...]:
        if any("AI" not in line and "인공지능" not in line for line in lines):
            raise ValueError("every line must say AI or 인공지능")
        return lines


class Persona(_Part):
    """One person to talk with, as in a persona file."""

    id: str = Field(pattern=ID)
    name: Short
    gender: Gender
    age: int = Field(ge=19, le=120)
    birth_year: int = Field(ge=1900)
    birthday: Label = Field(default="", description='e.g. "12월 15일"')
    mbti: str = Field(pattern=r"^[EI][NS][TF][JP]$")
    job: Short
    city: Label = ""
    tagline: Short = Field(description="one line for the page that offers the persona")
    portrait: Label = Field(default="", description="whose drawn portrait to show; by default an own one")
    personality: tuple[Short, ...] = Field(min_length=1, max_length=40)
    hobbies: tuple[Short, ...] = Field(min_length=1, max_length=40)
    likes: tuple[Short, ...] = Field(min_length=1, max_length=40)
    dislikes: tuple[Short, ...] = Field(min_length=1, max_length=40)
    backstory: Story
    boundaries: tuple[Boundary, ...] = Field(min_length=1, max_length=40)
    speech: Speech
    levels: tuple[Level, ...] = Field(min_length=1, max_length=8)
    openers: tuple[Sentence, ...] = Field(min_length=3, max_length=40)
    deflections: tuple[Sentence, ...] = Field(
        min_length=2, max_length=40, description='playful answers to the first "AI예요?"'
    )
    about: tuple[About, ...] = Field(default=(), max_length=150)
    lines: dict[Label, Lines] = Field(
        default={}, max_length=100, description="own wording for the brain's stock (brain/lines.json), e.g. react_plain"
    )
    asks: Lines = Field(default=(), description="questions only this persona would ask")
    voice: Voice
    safety: Safety

    def __hash__(self) -> int:
        return hash((self.id, self.backstory, self.about))  # `lines` is a mapping; equality still compares it

    @model_validator(mode="after")
    def _coherent(self) -> Persona:
        # Only the lower bound: a persona keeps its age, and a file must not expire with the calendar.
        if self.birth_year + self.age > wall_time().year:
            raise ValueError(f"birth_year {self.birth_year} does not fit age {self.age}")
        floors = [level.min_intimacy for level in self.levels]
        if floors[0] != 0 or floors != sorted(set(floors)):
            raise ValueError("levels must start at min_intimacy 0 and rise")
        if self.levels[0].speech_level in ("해체", "해라체"):
            raise ValueError("levels[0]: strangers are spoken to in 존댓말")
        return self
