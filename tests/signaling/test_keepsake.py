"""signaling/keepsake.py: what is kept between calls comes back as it was."""

import datetime as dt

from persona.intimacy import Relationship
from persona.types import Fact
from signaling.keepsake import memory_of, relationship_of

AT = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)


def test_strangers_have_no_past():
    assert relationship_of(None) == Relationship()


def test_what_became_of_a_call_is_what_the_next_one_starts_with():
    facts = (Fact("likes", "등산", 2, 3, AT.isoformat()), Fact("name", "민수", 1, 1, AT.isoformat()))
    became = Relationship(42.5, 3, True, True, facts, "등산 이야기를 했다.")
    memory = memory_of("me", "seoa", became, None, AT)
    assert memory.id == "me.seoa"
    assert relationship_of(memory) == became


def test_a_later_call_replaces_the_memory_and_keeps_when_it_began():
    first = memory_of("me", "seoa", Relationship(5, 1), None, AT)
    later = AT + dt.timedelta(days=1)
    second = memory_of("me", "seoa", Relationship(9, 2), first, later)
    assert (second.id, second.created_at, second.updated_at) == (first.id, AT, later)


def test_a_fact_without_a_moment_gets_the_calls():
    memory = memory_of("me", "seoa", Relationship(facts=(Fact("name", "민수"),)), None, AT)
    assert memory.facts[0].at == AT
