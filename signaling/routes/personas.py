"""`/personas`: who can be called.

It must not know how a persona talks.
"""

from __future__ import annotations

from aiohttp import web
from pydantic import BaseModel

from persona.schema import Persona
from signaling.api import Api
from signaling.context import CONTEXT

api = Api("personas", "페르소나 · Who can be called")


class PersonaCard(BaseModel):
    """What a page may know of a persona."""

    id: str
    name: str
    age: int
    mbti: str
    job: str
    personality: tuple[str, ...]
    hobbies: tuple[str, ...]
    tagline: str
    portrait: str


class PersonaList(BaseModel):
    """All that can be called; `active` is who is called when nobody is named."""

    personas: list[PersonaCard]
    active: str


def introduce(persona: Persona) -> PersonaCard:
    """The card of a persona."""
    shown = {name: getattr(persona, name) for name in PersonaCard.model_fields if name != "portrait"}
    return PersonaCard(**shown, portrait=f"/static/portraits/{persona.id}.svg")


@api.get("/personas", "목록 · All of them", public=True)
async def list_personas(request: web.Request) -> PersonaList:
    personas = request.app[CONTEXT].personas
    cards = [introduce(persona) for persona in personas.list_personas()]
    return PersonaList(personas=cards, active=personas.get_active_persona().id)


@api.get("/personas/{id}", "한 사람 · One of them", public=True, errors=["persona_unknown"])
async def get_persona(request: web.Request, id: str) -> PersonaCard:
    return introduce(request.app[CONTEXT].personas.get_persona(id))


@api.post("/personas/{id}/activate", "기본 상대로 · Call this one when nobody is named", errors=["persona_unknown"])
async def activate(request: web.Request, id: str) -> PersonaCard:
    return introduce(request.app[CONTEXT].personas.set_active_persona(id))
