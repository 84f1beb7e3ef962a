"""Who can be called: persona files, schema-checked, with errors that name file, field and reason.

It must not know the network or how a persona's words are made.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from analysis.hangul import with_particle
from media.clock import wall_time
from media.errors import DeyeonsoError
from persona.types import SpeechLevel

FOLDER = Path(__file__).parent / "personas"
LARGEST_FILE = 256 * 1024  # bytes; a persona is some 30 kB of text
ID = r"^[a-z0-9][a-z0-9_-]{0,39}$"

Short = Annotated[str, Field(min_length=1, max_length=80)]
Sentence = Annotated[str, Field(min_length=1, max_length=300)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Voice(_Part):
    """The persona's voice in each engine."""

    tts: str = Field(description="edge-tts voice, e.g. ko-KR-SunHiNeural")
    openai: str = Field(default="nova", description="voice name of an OpenAI-compatible speech endpoint")
    offline: str = Field(default="jf_alpha", description="voice of the embedded synthesizer")
    rate: float = Field(default=1.0, ge=0.5, le=2.0, description="speaking rate, 1.0 is the voice's own")
    pitch: float = Field(default=0.0, ge=-12, le=12, description="semitones")


class Speech(_Part):
    """The persona's way of talking."""

    base: SpeechLevel = Field(description="speech level towards a stranger")
    tics: tuple[Short, ...] = Field(default=(), description="words and habits that colour every line")
    max_sentences: int = Field(default=2, ge=1, le=2)


class Level(_Part):
    """How the persona talks from an intimacy on. 해체 (반말) is used only once both have agreed to it."""

    min_intimacy: int = Field(ge=0, le=100)
    speech_level: SpeechLevel
    address: str = Field(max_length=40, description='how to call the person, e.g. "{name} 씨"')
    examples: tuple[Sentence, ...] = Field(min_length=3)


class About(_Part):
    """Lines about oneself on one topic: `topic` is one of the brain's own, `keys` are this entry's own words."""

    topic: str = Field(default="", max_length=40)
    keys: tuple[Short, ...] = ()
    lines: tuple[Sentence, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _findable(self) -> About:
        if not self.topic and not self.keys:
            raise ValueError("needs a topic or keys, or nobody can ask for it")
        return self


class Boundary(_Part):
    """What the persona does not talk about or do, and how it is declined."""

    about: Short
    keys: tuple[Short, ...] = Field(min_length=1)
    lines: tuple[Sentence, ...] = Field(min_length=2)


class Safety(_Part):
    """Written answers for where improvisation is out of place."""

    honest: tuple[Sentence, ...] = Field(min_length=2, description="the honest answer about being an AI")
    refuse: tuple[Sentence, ...] = Field(min_length=3, description="declines a request, in character")
    care: tuple[Sentence, ...] = Field(min_length=2, description="to somebody in danger; each must name 109")

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
    gender: Literal["female", "male", "other"]
    age: int = Field(ge=19, le=120)
    birth_year: int = Field(ge=1900)
    birthday: str = Field(default="", max_length=20, description='e.g. "12월 15일"')
    mbti: str = Field(pattern=r"^[EI][NS][TF][JP]$")
    job: Short
    city: str = Field(default="", max_length=40)
    tagline: str = Field(min_length=1, max_length=80, description="one line for the page that offers the persona")
    personality: tuple[Short, ...] = Field(min_length=1)
    hobbies: tuple[Short, ...] = Field(min_length=1)
    likes: tuple[Short, ...] = Field(min_length=1)
    dislikes: tuple[Short, ...] = Field(min_length=1)
    backstory: str = Field(min_length=20, max_length=3000)
    boundaries: tuple[Boundary, ...] = Field(min_length=1)
    speech: Speech
    levels: tuple[Level, ...] = Field(min_length=1)
    openers: tuple[Sentence, ...] = Field(min_length=3)
    deflections: tuple[Sentence, ...] = Field(min_length=2, description='playful answers to the first "AI예요?"')
    about: tuple[About, ...] = ()
    lines: dict[Short, tuple[Sentence, ...]] = Field(
        default={}, description="own wording for the brain's stock (brain/lines.json), e.g. react_plain"
    )
    asks: tuple[Sentence, ...] = Field(default=(), description="questions only this persona would ask")
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


@dataclass(frozen=True, slots=True)
class _Entry:
    stamp: tuple[int, int]  # mtime in ns, size: a change means the file is read again
    persona: Persona | None
    error: DeyeonsoError | None


class PersonaManager:
    """The personas of some folders, read again when a file changes. The first folder to hold an id owns it.

    A broken file never hides the others: asking for it raises, and `problems` lists what is wrong.
    """

    def __init__(self, *folders: Path | str) -> None:
        self._folders = tuple(Path(folder) for folder in folders) or (FOLDER,)
        self._entries: dict[Path, _Entry] = {}
        self._active = ""

    def list_personas(self) -> list[Persona]:
        """Every valid persona; 이서아 is the house's first, then by id."""
        found = [entry.persona for entry in self._read().values() if entry.persona]
        return sorted(found, key=lambda persona: (persona.id != "seoa", persona.id))

    def problems(self) -> list[DeyeonsoError]:
        """What is wrong with the files that could not be used."""
        return [entry.error for entry in self._read().values() if entry.error]

    def get_persona(self, persona_id: str) -> Persona:
        """Raises DeyeonsoError `persona_unknown` or `persona_invalid`."""
        entry = self._read().get(persona_id)
        if entry is None:
            known = ", ".join(persona.id for persona in self.list_personas())
            raise DeyeonsoError("persona_unknown", f"no persona {persona_id[:40]!r}; there are: {known}", "caller")
        if entry.persona is None:
            assert entry.error is not None
            raise entry.error
        return entry.persona

    def set_active_persona(self, persona_id: str) -> Persona:
        """Who is called when nobody is named. Raises as `get_persona`."""
        persona = self.get_persona(persona_id)
        self._active = persona.id
        return persona

    def get_active_persona(self) -> Persona:
        """The one set active, else the first. Raises `persona_unknown` when there is none at all."""
        if self._active:
            return self.get_persona(self._active)
        personas = self.list_personas()
        if not personas:
            raise DeyeonsoError("persona_unknown", f"no persona file in {self._folders[0].name}/")
        return personas[0]

    def create_persona_template(self, persona_id: str, name: str, description: str) -> Path:
        """Write a valid starting file into the last folder and return its path.

        Raises DeyeonsoError `persona_invalid` (bad id or text) or `persona_exists`.
        """
        if persona_id in self._read():
            raise DeyeonsoError("persona_exists", f"there is a persona {persona_id!r} already", "caller")
        template = json.loads((Path(__file__).parent / "template.json").read_text("utf-8"))
        template.update(id=persona_id, name=name, tagline=description[:80], backstory=description)
        template["about"][0]["lines"] = [f"제 이름은 {with_particle(name, '이에요')}."]
        if len(description) < 20:
            template["backstory"] = f"{name}. {description} 여기에 자란 곳, 하는 일, 요즘의 관심사를 적어 주세요."
        parse_persona(json.dumps(template), f"{persona_id[:40]}.json")
        path = self._folders[-1] / f"{persona_id}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            json.dump(template, file, ensure_ascii=False, indent=2)
            file.write("\n")
        return path

    def _read(self) -> dict[str, _Entry]:
        seen: dict[str, _Entry] = {}
        for folder in self._folders:
            for path in sorted(folder.glob("*.json")):
                entry = self._entry(path)
                if entry is None:
                    continue
                if path.stem in seen:
                    text = f"{path.name}: id: {path.stem!r} is taken by a file of the same name in another folder"
                    entry = _Entry(entry.stamp, None, DeyeonsoError("persona_invalid", text))
                    seen[f"{path.stem} ({folder})"] = entry
                else:
                    seen[path.stem] = entry
        return seen

    def _entry(self, path: Path) -> _Entry | None:
        try:
            stat = path.stat()
        except FileNotFoundError:
            return None
        stamp = (stat.st_mtime_ns, stat.st_size)
        known = self._entries.get(path)
        if known is None or known.stamp != stamp:
            try:
                if stat.st_size > LARGEST_FILE:
                    reason = f"{path.name}: file: {stat.st_size} bytes, at most {LARGEST_FILE} are read"
                    raise DeyeonsoError("persona_invalid", reason)
                known = _Entry(stamp, parse_persona(path.read_bytes(), path.name), None)
            except DeyeonsoError as error:
                known = _Entry(stamp, None, error)
            except OSError as error:
                text = f"{path.name}: file: cannot be read ({error.strerror})"
                known = _Entry(stamp, None, DeyeonsoError("persona_invalid", text))
            self._entries[path] = known
        return known


def parse_persona(text: str | bytes, file: str) -> Persona:
    """A persona from JSON. Raises DeyeonsoError `persona_invalid`: "file: field: reason" for every fault."""
    try:
        persona = Persona.model_validate_json(text)
    except ValidationError as error:
        faults = "; ".join(f"{_field(fault['loc'])}: {fault['msg']}" for fault in error.errors()[:5])
        raise DeyeonsoError("persona_invalid", f"{file}: {faults}", "caller") from error
    if persona.id != Path(file).stem:
        reason = f"{file}: id: is {persona.id!r}, but the file's name says {Path(file).stem!r}"
        raise DeyeonsoError("persona_invalid", reason, "caller")
    return persona


def _field(location: tuple[int | str, ...]) -> str:
    name = ""
    for step in location:
        name += f"[{step}]" if isinstance(step, int) else f".{step}" if name else step
    return name or "file"
