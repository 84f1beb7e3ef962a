"""`/personas`: who can be called, and one's own: drafted, checked, tried, kept, changed, deleted.

It must not know how a persona talks, nor where personas are kept.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from media.errors import DeyeonsoError
from persona.brain.scene import topics
from persona.catalog import draft
from persona.companion import Companion
from persona.intimacy import Relationship
from persona.prompt import LINE_LONGEST
from persona.schema import Persona
from persona.tables import table
from persona.types import Line
from persona.vetting import Fault, vet
from signaling.api import Api, Body, reply
from signaling.cast import OWN_MOST, PORTRAITS, portrait_of
from signaling.context import CONTEXT, IDENTITY, user_of

api = Api("personas", "페르소나 · Who can be called, and one's own")
TRIAL_LONGEST = 25.0  # s for one answer of a trial
DRAFT_LONGEST = 256 * 1024  # bytes


class PersonaCard(BaseModel):
    """What a page may know of a persona."""

    id: str
    name: str
    gender: str
    age: int
    mbti: str
    job: str
    personality: tuple[str, ...]
    hobbies: tuple[str, ...]
    tagline: str
    portrait: str = Field(description="address of the drawn portrait")
    own: bool = Field(description="made by the one who asks: theirs to change and delete")


class PersonaList(BaseModel):
    """All that can be called; `active` is who is called when nobody is named."""

    personas: list[PersonaCard]
    active: str


class Draft(BaseModel):
    """A persona as a file holds it (schema: `GET /personas/{id}/file`); looked over by the handler, field by field."""

    model_config = ConfigDict(extra="allow")


class NewDraft(Body):
    """What a starting draft is made of."""

    id: Annotated[str, Field(max_length=40)]
    name: Annotated[str, Field(max_length=80)]
    description: Annotated[str, Field(max_length=3000)]
    gender: Literal["female", "male", "other"] = "other"


class FaultShown(BaseModel):
    """One thing wrong with a draft."""

    field: str = Field(description='e.g. "levels[1].examples[0]"; "file" for the whole')
    reason: str = Field(description="for programs")
    hint: str = Field(description="for the person at the form, in Korean")


class Verdict(BaseModel):
    """Whether a draft could be kept as it is."""

    valid: bool
    faults: list[FaultShown]


class Refused(BaseModel):
    """Why a draft was not taken."""

    code: Literal["persona_invalid"] = "persona_invalid"
    message: str
    faults: list[FaultShown]


class Refusal(BaseModel):
    """The shape of every error, with the faults of the draft."""

    error: Refused


class TrialLine(Body):
    """One line of the test chat."""

    role: Literal["user", "assistant"]
    text: Annotated[str, Field(max_length=LINE_LONGEST)]


class Trial(Body):
    """A test chat with a draft; nothing of it is kept. Without lines the persona greets."""

    persona: dict[str, Any]
    lines: Annotated[tuple[TrialLine, ...], Field(max_length=60)] = ()
    intimacy: int = Field(default=0, ge=0, le=100)
    casual: bool = Field(default=False, description="both have agreed to 반말")


class TrialAnswer(BaseModel):
    """What the persona says next."""

    text: str
    speech_level: str


class Choices(BaseModel):
    """What a form can offer for fields that take one of a few values."""

    voices: dict[str, dict[str, str]] = Field(description="engine → voice → its name in Korean")
    portraits: list[str] = Field(description="values of `portrait`; the drawing is /static/portraits/<value>.svg")
    topics: list[str] = Field(description="values of `about[].topic` that questions are recognised for")
    own_most: int = Field(description="personas one person may keep")


def introduce(persona: Persona, own: bool = False) -> PersonaCard:
    """The card of a persona."""
    shown = {name: getattr(persona, name) for name in PersonaCard.model_fields if name not in ("portrait", "own")}
    return PersonaCard(**shown, portrait=portrait_of(persona), own=own)


@api.get("/personas", "목록 · All of them: the house's, and one's own", public=True)
async def list_personas(request: web.Request) -> PersonaList:
    cast, user_id = request.app[CONTEXT].cast, known_user(request)
    cards = [introduce(persona) for persona in cast.personas.list_personas()]
    if user_id is not None:
        cards += [introduce(persona, own=True) for persona in await cast.own_of(user_id)]
    return PersonaList(personas=cards, active=(await cast.persona_of(user_id)).id)


@api.get("/personas/choices", "고를 수 있는 값 · What a form can offer")
async def choices(request: web.Request) -> Choices:
    return Choices(voices=table("voices"), portraits=sorted(PORTRAITS), topics=list(topics()), own_most=OWN_MOST)


@api.get("/personas/{id}", "한 사람 · One of them", public=True, errors=["persona_unknown"])
async def get_persona(request: web.Request, id: str) -> PersonaCard:
    cast = request.app[CONTEXT].cast
    persona = await cast.persona_of(known_user(request), id)
    return introduce(persona, own=cast.is_own(persona))


@api.get("/personas/{id}/file", "파일 · All of it, to change it or to start a new one", errors=["persona_unknown"])
async def get_file(request: web.Request, id: str) -> Persona:
    return await request.app[CONTEXT].cast.persona_of(user_of(request), id)


@api.post("/personas/template", "초안 · A starting draft; nothing is kept", errors=["persona_invalid"])
async def make_draft(request: web.Request, body: NewDraft) -> Persona:
    return Persona.model_validate(draft(body.id, body.name, body.description, body.gender))


@api.post("/personas/check", "살펴보기 · Look a draft over", limit=DRAFT_LONGEST)
async def check(request: web.Request, body: Draft) -> Verdict:
    _, faults = await _vetted(request, body.model_extra)
    return Verdict(valid=not faults, faults=_shown(faults))


@api.post(
    "/personas/try",
    "시험 대화 · Talk with a draft; nothing is kept",
    errors=["model_failed", "overloaded"],
    answers={200: TrialAnswer, 422: Refusal},
    limit=2 * DRAFT_LONGEST,
)
async def try_draft(request: web.Request, body: Trial) -> web.Response:
    persona, faults = await _vetted(request, body.persona)
    if persona is None:
        return _refused(faults)
    history = [Line(line.role, line.text) for line in body.lines]
    before = Relationship(intimacy=body.intimacy, sessions=1 if body.intimacy else 0, casual=body.casual)
    companion = Companion(before, seed=len(history))
    prompt = await request.app[CONTEXT].chats.worker.run(lambda: companion.prompt(persona, history))
    try:
        async with asyncio.timeout(TRIAL_LONGEST):
            async with aclosing(request.app[CONTEXT].engines.model.reply(prompt)) as pieces:
                text = "".join([piece async for piece in pieces]).strip()
    except TimeoutError:
        raise DeyeonsoError("llm_timeout", f"no answer within {TRIAL_LONGEST:g} s", "upstream") from None
    return reply(TrialAnswer(text=text, speech_level=prompt.level))


@api.post(
    "/personas",
    "만들기 · Keep an own persona",
    errors=["persona_exists", "too_many"],
    answers={201: PersonaCard, 422: Refusal},
    limit=DRAFT_LONGEST,
)
async def create(request: web.Request, body: Draft) -> web.Response:
    persona, faults = await _vetted(request, body.model_extra)
    if persona is None:
        return _refused(faults)
    await request.app[CONTEXT].cast.keep(user_of(request), persona, new=True)
    return reply(introduce(persona, own=True), 201, {"Location": f"/personas/{persona.id}"})


@api.put(
    "/personas/{id}",
    "고치기 · Change an own persona",
    errors=["persona_unknown", "persona_fixed"],
    answers={200: PersonaCard, 422: Refusal},
    limit=DRAFT_LONGEST,
)
async def change(request: web.Request, id: str, body: Draft) -> web.Response:
    persona, faults = await _vetted(request, {**(body.model_extra or {}), "id": id})
    if persona is None:
        return _refused(faults)
    await request.app[CONTEXT].cast.keep(user_of(request), persona, new=False)
    return reply(introduce(persona, own=True))


@api.delete(
    "/personas/{id}",
    "지우기 · Delete an own persona and what it remembers",
    errors=["persona_unknown", "persona_fixed"],
)
async def remove(request: web.Request, id: str) -> None:
    await request.app[CONTEXT].cast.remove(user_of(request), id)


@api.post("/personas/{id}/activate", "기본 상대로 · Call this one when nobody is named", errors=["persona_unknown"])
async def activate(request: web.Request, id: str) -> PersonaCard:
    cast = request.app[CONTEXT].cast
    persona = await cast.activate(user_of(request), id)
    return introduce(persona, own=cast.is_own(persona))


def known_user(request: web.Request) -> str | None:
    """Who asks, where it is known; a public route may be asked by anybody."""
    return request[IDENTITY].user_id if IDENTITY in request else None


async def _vetted(request: web.Request, draft: object) -> tuple[Persona | None, list[Fault]]:
    return await request.app[CONTEXT].chats.worker.run(lambda: vet(draft))


def _shown(faults: list[Fault]) -> list[FaultShown]:
    return [FaultShown(field=fault.field, reason=fault.reason, hint=fault.hint) for fault in faults]


def _refused(faults: list[Fault]) -> web.Response:
    message = "; ".join(f"{fault.field}: {fault.reason}" for fault in faults[:5])
    return reply(
        Refusal.model_validate({"error": {"message": message, "faults": [f.model_dump() for f in _shown(faults)]}}), 422
    )
