"""signaling/reports.py: a session's report is kept with its file, and made again from what a killed call left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from media.clock import wall_time
from media.timeline import Timeline
from media.worker import Worker
from signaling import reports
from signaling.keeper import Keeper
from signaling.record import kept
from storage import ChatSession, Feedback, NotFound, Store, TimelineChunk, open_store
from tests.analysis.talks import LINES, talk
from tests.analysis.talks import report as report_of
from tests.signaling.test_record import example


@pytest.fixture
async def store(tmp_path: Path):
    async with open_store(tmp_path) as opened:
        yield opened


@pytest.fixture
def worker():
    worker = Worker("reports")
    yield worker
    worker.close()


async def hold_call(store: Store, session: ChatSession, call_id: str, events: list[object]) -> Timeline:
    """A call whose events were written, and whose report was not: as if the server had been killed."""
    timeline = Timeline(keep=kept)
    keeper = Keeper(store, session, call_id, timeline, wall_time())
    with timeline.subscribe(4096) as written:
        for event in events:
            timeline.append(event)
        timeline.close()
        await keeper.run(written)
    return timeline


async def begun(store: Store) -> ChatSession:
    return await store.add(ChatSession(user_id="me", session_name="통화", persona_name="이서아", persona_id="seoa"))


async def test_a_killed_call_s_report_is_made_from_what_was_stored_with_the_same_numbers(store: Store, worker: Worker):
    session = await begun(store)
    timeline = await hold_call(store, session, "call", example())
    assert len([chunk async for chunk in store.each(TimelineChunk, owner="me", session_id=session.id)]) > 1
    made = await reports.of_session(store, worker, session.id, "me")
    assert made is not None
    assert made.feedback == report_of(list(timeline)).document()["feedback"]
    assert made.feedback["status"] == "ready"
    again = await reports.of_session(store, worker, session.id, "me")
    assert again == made


async def test_the_file_holds_the_contract_and_goes_with_its_session(store: Store, worker: Worker):
    session = await begun(store)
    await hold_call(store, session, "call", talk(LINES))
    made = await reports.of_session(store, worker, session.id, "me")
    file = store.files.path(made.file)
    assert file.name == f"{session.id}.json"
    assert json.loads(file.read_text(encoding="utf-8")) == reports.contract(made)
    await store.delete(ChatSession, session.id, owner="me")
    assert not file.exists()
    with pytest.raises(NotFound):
        await store.get(Feedback, session.id, owner="me")


async def test_the_newest_call_counts_unless_it_was_too_short_to_tell(store: Store, worker: Worker):
    session = await begun(store)
    await hold_call(store, session, "first", talk(LINES))
    first = await reports.of_session(store, worker, session.id, "me")
    await hold_call(store, session, "second", talk(LINES[:1]))
    assert await reports.of_session(store, worker, session.id, "me") == first
    await hold_call(store, session, "third", talk(LINES[:6]))
    third = await reports.of_session(store, worker, session.id, "me")
    assert third.feedback["measures"]["turns"] == 6


async def test_where_nobody_called_there_is_no_report(store: Store, worker: Worker):
    assert await reports.of_session(store, worker, (await begun(store)).id, "me") is None
