"""Any sequence of calls by two people, against a dictionary that does what the store should (Hypothesis chooses)."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Coroutine
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from storage import ChatMessage, Duplicate, NotFound, Store
from storage.types import new_id
from tests.storage.conftest import Place

T = TypeVar("T")

PEOPLE = st.sampled_from(["가", "나"])
TALKS = st.sampled_from(["s1", "s2"])
IDS = st.sampled_from([f"m{n}" for n in range(6)])
TIMES = st.integers(0, 3).map(lambda s: dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=s))
WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)  # lone surrogates are no text


def machine(runner: asyncio.Runner, store: Store) -> type[RuleBasedStateMachine]:
    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.run_id = new_id()  # each example's people and ids are its own
            self.kept: dict[str, ChatMessage] = {}

        def make(self, owner: str, talk: str, id: str, at: dt.datetime, words: str) -> ChatMessage:
            own = {"user_id": owner + self.run_id, "id": id + self.run_id, "session_id": talk}
            return ChatMessage(**own, content=words, role="user", timestamp=at)

        def call(self, todo: Coroutine[Any, Any, T]) -> T | type[Exception]:
            try:
                return runner.run(todo)
            except (Duplicate, NotFound) as error:
                return type(error)

        def mine(self, owner: str, id: str) -> bool:
            found = self.kept.get(id + self.run_id)
            return found is not None and found.user_id == owner + self.run_id

        @rule(owner=PEOPLE, talk=TALKS, id=IDS, at=TIMES, words=WORDS)
        def add(self, owner: str, talk: str, id: str, at: dt.datetime, words: str) -> None:
            line = self.make(owner, talk, id, at, words)
            assert self.call(store.add(line)) == (Duplicate if line.id in self.kept else line)
            self.kept.setdefault(line.id, line)

        @rule(owner=PEOPLE, talk=TALKS, id=IDS, at=TIMES, words=WORDS)
        def put(self, owner: str, talk: str, id: str, at: dt.datetime, words: str) -> None:
            line = self.make(owner, talk, id, at, words)
            allowed = line.id not in self.kept or self.mine(owner, id)
            assert self.call(store.put(line)) == (line if allowed else Duplicate)
            if allowed:
                self.kept[line.id] = line

        @rule(owner=PEOPLE, id=IDS, words=WORDS, talk=TALKS)
        def update(self, owner: str, id: str, words: str, talk: str) -> None:
            change = {"content": words, "session_id": talk}
            outcome = self.call(store.update(ChatMessage, id + self.run_id, owner=owner + self.run_id, **change))
            if not self.mine(owner, id):
                assert outcome is NotFound
            else:
                changed = self.kept[id + self.run_id].model_copy(update=change)
                assert outcome == changed
                self.kept[id + self.run_id] = changed

        @rule(owner=PEOPLE, id=IDS)
        def get(self, owner: str, id: str) -> None:
            found = self.call(store.get(ChatMessage, id + self.run_id, owner=owner + self.run_id))
            assert found == (self.kept[id + self.run_id] if self.mine(owner, id) else NotFound)

        @rule(owner=PEOPLE, id=IDS)
        def delete(self, owner: str, id: str) -> None:
            done = self.call(store.delete(ChatMessage, id + self.run_id, owner=owner + self.run_id))
            assert done is (None if self.mine(owner, id) else NotFound)
            if done is None:
                del self.kept[id + self.run_id]

        @rule(owner=PEOPLE)
        def erase(self, owner: str) -> None:
            gone = [line.id for line in self.kept.values() if line.user_id == owner + self.run_id]
            assert runner.run(store.erase(owner + self.run_id))["chat_messages"] == len(gone)
            for id in gone:
                del self.kept[id]

        @rule(owner=PEOPLE, talk=TALKS, limit=st.integers(1, 3), newest_first=st.booleans())
        def page_through(self, owner: str, talk: str, limit: int, newest_first: bool) -> None:
            async def read() -> list[ChatMessage]:
                seen: list[ChatMessage] = []
                after = None
                while True:
                    page = await store.page(
                        ChatMessage,
                        owner=owner + self.run_id,
                        session_id=talk,
                        limit=limit,
                        after=after,
                        newest_first=newest_first,
                    )
                    seen += page.items
                    if (after := page.next) is None:
                        return seen

            lines = [x for x in self.kept.values() if (x.user_id, x.session_id) == (owner + self.run_id, talk)]
            lines.sort(key=lambda line: (line.timestamp, line.id), reverse=newest_first)
            assert runner.run(read()) == lines

        @invariant()
        def each_person_has_just_their_own(self) -> None:
            for owner in ("가", "나"):
                page = runner.run(store.page(ChatMessage, owner=owner + self.run_id))
                assert {x.id for x in page.items} == {
                    i for i, x in self.kept.items() if x.user_id == owner + self.run_id
                }

    return Machine


async def opened(place: Place) -> Store:
    return await place.open()


def test_the_store_does_what_a_dictionary_would(place: Place) -> None:
    with asyncio.Runner() as runner:
        store = runner.run(opened(place))
        try:
            run_state_machine_as_test(
                lambda: machine(runner, store)(),
                settings=settings(
                    max_examples=20,
                    stateful_step_count=25,
                    deadline=None,
                    suppress_health_check=[HealthCheck.too_slow],
                ),
            )
        finally:
            runner.run(store.close())
