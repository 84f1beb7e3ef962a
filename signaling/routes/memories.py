"""`/memories`: what the personas remember of the one who asks; theirs to see, correct and delete.

It must not know how facts are found or used.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, Field, StringConstraints

from media.errors import DeyeonsoError
from persona import memory
from signaling.api import Api, Body
from signaling.cast import own_id
from signaling.context import CONTEXT, Context, user_of
from storage import Fact, Memory, NotFound
from storage.types import now

api = Api("memories", "기억 · What is remembered of you")
_PLAIN = r"^[^\x00-\x1f\x7f]*$"
Value = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=_PLAIN)]
UNKNOWN = ["memory_unknown", "fact_unknown"]


class FactShown(BaseModel):
    """One thing you told."""

    id: str
    slot: str
    label: str = Field(description="the slot in Korean")
    value: str
    session: int = Field(description="in which call with this persona")
    turn: int
    at: datetime


class MemoryShown(BaseModel):
    """What one persona remembers of you."""

    persona_id: str
    persona_name: str
    intimacy: int = Field(description="0–100")
    casual_speech: bool = Field(description="you both agreed to 반말")
    sessions: int
    summary: str
    facts: list[FactShown]
    updated_at: datetime


class Memories(BaseModel):
    """Of all personas you have talked with."""

    memories: list[MemoryShown]


class MemoryChange(Body):
    """What may be changed of a memory as a whole."""

    summary: Annotated[str, Field(max_length=600)] | None = None
    casual_speech: Literal[False] | None = Field(default=None, description="false goes back to 존댓말")


class FactChange(Body):
    """The right value."""

    value: Value


@api.get("/memories", "전부 · Of all personas")
async def list_memories(request: web.Request) -> Memories:
    context, user_id = request.app[CONTEXT], user_of(request)
    found = [each async for each in context.store.each(Memory, owner=user_id)]
    return Memories(memories=[await _shown(context, each) for each in found])


@api.get("/memories/{persona_id}", "한 사람의 기억 · Of one persona", errors=["memory_unknown"])
async def get_memory(request: web.Request, persona_id: str) -> MemoryShown:
    return await _shown(request.app[CONTEXT], await _kept(request, persona_id))


@api.patch("/memories/{persona_id}", "고치기 · The summary, or back to 존댓말", errors=["memory_unknown"])
async def change_memory(request: web.Request, persona_id: str, body: MemoryChange) -> MemoryShown:
    return await _update(request, await _kept(request, persona_id), **body.model_dump(exclude_none=True))


@api.delete("/memories/{persona_id}", "모두 잊기 · Forget all of it", errors=["memory_unknown"])
async def delete_memory(request: web.Request, persona_id: str) -> None:
    context, kept = request.app[CONTEXT], await _kept(request, persona_id)
    await context.store.delete(Memory, kept.id, owner=kept.user_id)
    _remind(context, kept, None)


@api.patch("/memories/{persona_id}/facts/{fact_id}", "바로잡기 · Correct one", errors=UNKNOWN)
async def correct_fact(request: web.Request, persona_id: str, fact_id: str, body: FactChange) -> MemoryShown:
    kept = await _kept(request, persona_id)
    wrong = _fact(kept, fact_id)
    right = wrong.model_copy(update={"value": body.value, "at": now()})
    facts = [right if fact == wrong else fact for fact in kept.facts if fact == wrong or _id(fact) != _id(right)]
    return await _update(request, kept, facts=tuple(facts))


@api.delete("/memories/{persona_id}/facts/{fact_id}", "하나 잊기 · Forget one", errors=UNKNOWN)
async def delete_fact(request: web.Request, persona_id: str, fact_id: str) -> None:
    kept = await _kept(request, persona_id)
    gone = _fact(kept, fact_id)
    await _update(request, kept, facts=tuple(fact for fact in kept.facts if fact != gone))


async def _kept(request: web.Request, persona_id: str) -> Memory:
    user_id = user_of(request)
    try:
        return await request.app[CONTEXT].store.get(Memory, own_id(user_id, persona_id), owner=user_id)
    except NotFound:
        raise DeyeonsoError("memory_unknown", f"{persona_id[:40]!r} remembers nothing of you", "caller") from None


async def _update(request: web.Request, kept: Memory, **fields: object) -> MemoryShown:
    context = request.app[CONTEXT]
    became = kept
    if fields:
        became = await context.store.update(Memory, kept.id, owner=kept.user_id, **fields, updated_at=now())
        _remind(context, kept, became)
    return await _shown(context, became)


def _remind(context: Context, kept: Memory, left: Memory | None) -> None:
    """A call that is on must neither go on using what is gone nor write it back at its end."""
    for call in context.calls.of(kept.user_id):
        if call.persona.id == kept.persona_id:
            call.reminded(left)


def _fact(kept: Memory, fact_id: str) -> Fact:
    found = next((fact for fact in kept.facts if _id(fact) == fact_id), None)
    if found is None:
        raise DeyeonsoError("fact_unknown", "there is no such fact", "caller")
    return found


def _id(fact: Fact) -> str:
    """The same fact has the same id whenever it is asked for."""
    return hashlib.sha256(f"{fact.slot}\0{fact.value}".encode()).hexdigest()[:16]


async def _shown(context: Context, kept: Memory) -> MemoryShown:
    try:
        name = (await context.cast.persona_of(kept.user_id, kept.persona_id)).name
    except DeyeonsoError:
        name = kept.persona_id  # the persona is gone; what it remembered can still be seen and deleted
    facts = [
        FactShown(
            id=_id(fact),
            slot=fact.slot,
            label=memory.label(fact.slot),
            value=fact.value,
            session=fact.session,
            turn=fact.turn,
            at=fact.at,
        )
        for fact in kept.facts
    ]
    return MemoryShown(
        persona_id=kept.persona_id,
        persona_name=name,
        intimacy=round(kept.intimacy),
        casual_speech=kept.casual_speech,
        sessions=kept.sessions,
        summary=kept.summary,
        facts=facts,
        updated_at=kept.updated_at,
    )
