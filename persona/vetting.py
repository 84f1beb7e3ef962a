"""Looks a persona over before it is kept or tried: the schema's faults, and what no schema sees. Pure, some 100 ms.

It must not know who wrote it or where it is kept. The morphology must be loaded (`analysis.korean.load`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from analysis.speech_level import sentence_levels
from media.errors import DeyeonsoError
from persona import safety
from persona.catalog import LARGEST_FILE
from persona.schema import Persona, field_name
from persona.tables import table

_UNDERAGE = re.compile(
    r"(?:초등학생|중학생|고등학생|여고생|남고생|여중생|남중생|미성년자|여학생|남학생)(?:이다|이며|이고|입니다|이에요|이지만|으로|인|임|[.,]|$)"
)
_SLOTS = frozenset({"me", "who", "call", "you", "n", "value", "fact", "echo", "name", "again"})
_CASUAL = ("해체", "해라체")
_SAID = {  # what safety.fault finds in a line → (for programs, for the one who writes)
    "vendor": ("names a product or the instructions", "제품이나 모델 이름, 지시문 같은 말은 쓸 수 없어요."),
    "denial": ("denies being an AI", "사람이라고 우기거나 AI가 아니라고 말하게 할 수 없어요."),
    "number": ("holds a telephone number", "전화번호는 넣을 수 없어요."),
    "sexual": ("is sexual", "성적인 표현은 넣을 수 없어요."),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a draft."""

    field: str  # "levels[1].examples[0]"; "file" for the whole
    reason: str  # for programs and operators
    hint: str  # the same for the person at the form, in Korean


def vet(draft: object) -> tuple[Persona | None, list[Fault]]:
    """The persona of `draft` (parsed JSON) if it is without fault, and all its faults."""
    try:
        persona = Persona.model_validate(draft)
    except ValidationError as error:
        found = error.errors(include_url=False)
        return None, [Fault(field_name(each["loc"]), each["msg"], _in_korean(each)) for each in found[:50]]
    except RecursionError:
        return None, [Fault("file", "is nested too deeply", "파일의 구조가 너무 깊어요.")]
    faults = [*_described(persona), *_spoken(persona), *_voiced(persona)]
    return (None if faults else persona), faults


def vet_file(path: Path) -> list[Fault]:
    """All faults of a persona file. Raises DeyeonsoError `persona_invalid` when there is no such file."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise DeyeonsoError("persona_invalid", f"{path}: {error.strerror}", "caller") from error
    if len(text) > LARGEST_FILE:
        return [Fault("file", f"{len(text)} bytes, at most {LARGEST_FILE} are read", "파일이 너무 커요.")]
    try:
        draft = json.loads(text)
    except (ValueError, RecursionError) as error:
        return [Fault("file", f"is no JSON: {error}", "JSON 파일이 아니에요.")]
    persona, faults = vet(draft)
    if persona is not None and persona.id != path.stem:
        reason = f"is {persona.id!r}, but the file's name says {path.stem!r}"
        faults.append(Fault("id", reason, "파일 이름과 id가 같아야 해요."))
    return faults


def _described(persona: Persona) -> Iterator[Fault]:
    texts = [
        ("name", persona.name),
        ("job", persona.job),
        ("tagline", persona.tagline),
        ("backstory", persona.backstory),
    ]
    for name in ("personality", "hobbies", "likes", "dislikes"):
        texts += [(f"{name}[{number}]", text) for number, text in enumerate(getattr(persona, name))]
    texts += [(f"speech.tics[{number}]", text) for number, text in enumerate(persona.speech.tics)]
    for field, text in texts:
        if _UNDERAGE.search(text):
            yield Fault(
                field, "describes a minor", "미성년자는 페르소나로 만들 수 없어요. 만 19세 이상 어른으로 적어 주세요."
            )
        concern = safety.screen(text)
        if concern in ("sexual", "injection", "illegal", "violence"):
            yield Fault(field, f"is {concern}", "소개팅 상대를 소개하는 글로 쓸 수 없는 내용이에요.")
        elif reason := safety.fault(text):
            yield Fault(field, _SAID[reason][0], _SAID[reason][1])


def _spoken(persona: Persona) -> Iterator[Fault]:
    for field, text, casual in _lines(persona):
        if reason := safety.fault(text):
            yield Fault(field, _SAID[reason][0], _SAID[reason][1])
        unknown = set(re.findall(r"\{(\w*)", text)) - _SLOTS
        if unknown:
            name = sorted(unknown)[0]
            yield Fault(field, f"has an unknown slot {{{name}}}", f"{{{name}}}은(는) 없는 자리예요.")
        for _, reading in sentence_levels(text):
            if reading.polite is not None and not reading.weak and reading.polite is casual:
                due = "반말" if casual else "존댓말"
                yield Fault(field, f"is not in {due}", f"이 대사는 {due}로 적어 주세요.")
                break


def _lines(persona: Persona) -> Iterator[tuple[str, str, bool]]:
    """Every line she may say: its field, its text, and whether it is to be in 반말."""
    groups: list[tuple[str, tuple[str, ...], bool]] = [
        ("openers", persona.openers, False),
        ("deflections", persona.deflections, False),
        ("asks", persona.asks, False),
        ("safety.honest", persona.safety.honest, False),
        ("safety.refuse", persona.safety.refuse, False),
        ("safety.care", persona.safety.care, False),
    ]
    groups += [(f"about[{n}].lines", entry.lines, False) for n, entry in enumerate(persona.about)]
    groups += [(f"boundaries[{n}].lines", bound.lines, False) for n, bound in enumerate(persona.boundaries)]
    groups += [(f"lines.{name}", lines, False) for name, lines in persona.lines.items()]
    groups += [(f"levels[{n}].examples", x.examples, x.speech_level in _CASUAL) for n, x in enumerate(persona.levels)]
    for field, lines, casual in groups:
        yield from ((f"{field}[{number}]", text, casual) for number, text in enumerate(lines))


def _voiced(persona: Persona) -> Iterator[Fault]:
    for engine in ("tts", "openai", "offline"):
        chosen = getattr(persona.voice, engine)
        if any(part not in table("voices")[engine] for part in chosen.split("+")):
            yield Fault(f"voice.{engine}", f"there is no voice {chosen!r}", "목록에 있는 목소리를 골라 주세요.")


def _in_korean(error: object) -> str:
    """A schema fault for the one who fills the form; the schema's own words where they are Korean already."""
    assert isinstance(error, dict)
    kind, context = error["type"], error.get("ctx", {})
    hints = {
        "missing": "꼭 필요한 항목이에요.",
        "extra_forbidden": "이런 항목은 없어요.",
        "string_too_short": "내용을 적어 주세요."
        if context.get("min_length") == 1
        else f"{context.get('min_length')}자 이상 적어 주세요.",
        "string_too_long": f"{context.get('max_length')}자까지 적을 수 있어요.",
        "too_short": f"{context.get('min_length')}개 이상 적어 주세요.",
        "too_long": f"{context.get('max_length')}개까지 적을 수 있어요.",
        "greater_than_equal": f"{context.get('ge')} 이상이어야 해요.",
        "less_than_equal": f"{context.get('le')} 이하여야 해요.",
        "string_type": "글자로 적어 주세요.",
        "int_type": "숫자로 적어 주세요.",
        "int_parsing": "숫자로 적어 주세요.",
        "float_parsing": "숫자로 적어 주세요.",
        "literal_error": "고를 수 있는 값이 아니에요.",
    }
    field = error["loc"][-1] if error["loc"] else ""
    if kind == "string_pattern_mismatch":
        named = {"id": "영어 소문자, 숫자, -, _ 만 쓸 수 있어요 (40자까지).", "mbti": "ENFP처럼 네 글자로 적어 주세요."}
        return named.get(str(field), "쓸 수 없는 글자가 들어 있어요.")
    if field == "age" and kind == "greater_than_equal":
        return "만 19세 이상 어른만 만들 수 있어요."
    if kind == "value_error":
        message = str(error["msg"]).removeprefix("Value error, ")
        return next(
            (korean for start, korean in _OWN.items() if message.startswith(start)), "서로 맞지 않는 내용이 있어요."
        )
    return hints.get(kind, "형식이 맞지 않아요.")


_OWN = {
    "birth_year": "태어난 해와 나이가 맞지 않아요.",
    "levels must": "말투 단계는 친밀도 0에서 시작해 점점 올라가야 해요.",
    "levels[0]": "처음 만난 사람에게는 존댓말로 말해야 해요.",
    "every line must name the help line": "모든 문장에 상담전화 109가 들어가야 해요.",
    "every line must say AI": "모든 문장에 AI 또는 인공지능이라는 말이 들어가야 해요.",
    "needs a topic or keys": "주제나 핵심어를 하나는 적어야 찾아서 말할 수 있어요.",
}
