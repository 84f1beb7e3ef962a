"""Who can be called: persona files, schema-checked, with errors that name file, field and reason.

It must not know the network or how a persona's words are made.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from analysis.hangul import with_particle
from media.clock import wall_time
from media.errors import DeyeonsoError
from persona.schema import Gender, Persona, field_name

FOLDER = Path(__file__).parent / "personas"
LARGEST_FILE = 256 * 1024  # bytes; a persona is some 30 kB of text


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

    def create_persona_template(self, persona_id: str, name: str, description: str, gender: Gender = "other") -> Path:
        """Write a valid starting file into the last folder and return its path.

        Raises DeyeonsoError `persona_invalid` (bad id or text) or `persona_exists`.
        """
        if persona_id in self._read():
            raise DeyeonsoError("persona_exists", f"there is a persona {persona_id!r} already", "caller")
        written = draft(persona_id, name, description, gender)
        path = self._folders[-1] / f"{persona_id}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            json.dump(written, file, ensure_ascii=False, indent=2)
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


def draft(persona_id: str, name: str, description: str, gender: Gender = "other") -> dict[str, Any]:
    """A valid starting file. Raises DeyeonsoError `persona_invalid` (bad id or text)."""
    template: dict[str, Any] = json.loads((Path(__file__).parent / "template.json").read_text("utf-8"))
    description = " ".join(description.split())
    template.update(id=persona_id, name=name, gender=gender, tagline=description[:80], backstory=description)
    template["about"][0]["lines"] = [f"제 이름은 {with_particle(name, '이에요')}."]
    template["openers"][0] = f"안녕하세요, {with_particle(name, '이에요')}. 만나서 반가워요."
    template["birth_year"] = wall_time().year - template["age"] - 1
    if gender == "male":
        template["voice"] |= {"tts": "ko-KR-InJoonNeural", "openai": "onyx", "offline": "jm_kumo"}
    if len(description) < 20:
        template["backstory"] = f"{name}. {description} 여기에 자란 곳, 하는 일, 요즘의 관심사를 적어 주세요."
    parse_persona(json.dumps(template), f"{persona_id[:40]}.json")
    return template


def parse_persona(text: str | bytes, file: str) -> Persona:
    """A persona from JSON. Raises DeyeonsoError `persona_invalid`: "file: field: reason" for every fault."""
    try:
        persona = Persona.model_validate_json(text)
    except ValidationError as error:
        faults = "; ".join(f"{field_name(fault['loc'])}: {fault['msg']}" for fault in error.errors()[:5])
        raise DeyeonsoError("persona_invalid", f"{file}: {faults}", "caller") from error
    if persona.id != Path(file).stem:
        reason = f"{file}: id: is {persona.id!r}, but the file's name says {Path(file).stem!r}"
        raise DeyeonsoError("persona_invalid", reason, "caller")
    return persona
