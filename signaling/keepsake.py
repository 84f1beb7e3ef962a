"""Between calls: the stored memory of one person and persona, as the dialogue knows it, and back again. Pure.

It must not know the store nor when it is asked.
"""

from __future__ import annotations

import datetime as dt

from persona import types as dialogue
from persona.intimacy import Relationship
from storage import Fact, Memory


def relationship_of(memory: Memory | None) -> Relationship:
    """What the persona knows and feels at the start of a call."""
    if memory is None:
        return Relationship()
    facts = tuple(dialogue.Fact(f.slot, f.value, f.session, f.turn, f.at.isoformat()) for f in memory.facts)
    return Relationship(
        memory.intimacy, memory.sessions, memory.casual_speech, memory.declined_casual, facts, memory.summary
    )


def memory_of(user_id: str, persona_id: str, became: Relationship, before: Memory | None, at: dt.datetime) -> Memory:
    """What to store after a call that ended at wall time `at`."""
    facts = tuple(
        Fact(
            slot=f.slot,
            value=f.value,
            session=f.session,
            turn=f.turn,
            at=_moment(f.at) or at,
        )
        for f in became.facts
    )
    return Memory(
        user_id=user_id,
        persona_id=persona_id,
        intimacy=became.intimacy,
        casual_speech=became.casual,
        declined_casual=became.refused,
        summary=became.summary,
        facts=facts,
        sessions=became.sessions,
        created_at=at if before is None else before.created_at,
        updated_at=at,
    )


def _moment(iso: str) -> dt.datetime | None:
    return dt.datetime.fromisoformat(iso) if iso else None
