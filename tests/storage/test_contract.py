"""What every store promises, asked of each of them."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

import pytest

from storage import (
    Access,
    BadQuery,
    ChatMessage,
    ChatSession,
    DataKey,
    Duplicate,
    Feedback,
    Memory,
    NotFound,
    Recording,
    Store,
    StoreBroken,
    StoreUnavailable,
    Turn,
    User,
)
from storage.engine import Insert, Match, Query
from storage.kinds import KINDS, kind_of
from storage.types import now
from tests.storage.conftest import Place
from tests.storage.samples import AT, HARD, message, one_of_each, recording, session, turn

FAR = dt.datetime(2990, 1, 1, tzinfo=dt.UTC)  # MongoDB's own monitor, which goes by today's clock, leaves it alone
LONG_AGO = dt.datetime(2001, 5, 6, tzinfo=dt.UTC)


async def test_everything_comes_back_as_it_was_kept(store: Store, me: str) -> None:
    documents = one_of_each(me)
    assert {type(document) for document in documents} == {kind.model for kind in KINDS}
    for document in documents:
        await store.add(document)
    for document in documents:
        assert await store.get(type(document), document.id, owner=me) == document


async def test_moments_keep_their_instant_in_utc_to_the_millisecond(store: Store, me: str) -> None:
    kept = await store.add(message(me, "s", timestamp=AT))
    back = await store.get(ChatMessage, kept.id, owner=me)
    assert back.timestamp == dt.datetime(2026, 3, 1, 0, 0, 0, 123000, tzinfo=dt.UTC)
    assert back.timestamp.utcoffset() == dt.timedelta(0)
    assert back.content == HARD


async def test_a_taken_id_is_a_duplicate(store: Store, me: str) -> None:
    first = await store.add(turn(me, "s-" + me, said="첫째"))
    with pytest.raises(Duplicate) as caught:
        await store.add(turn(me, "s-" + me, said="둘째"))
    assert (caught.value.code, caught.value.whose) == ("duplicate", "caller")
    assert await store.get(Turn, first.id, owner=me) == first


async def test_of_racing_adds_exactly_one_wins(store: Store, me: str) -> None:
    racers = [turn(me, "s-" + me, number=n % 4, said=str(n)) for n in range(200)]

    async def add(racer: Turn) -> Turn | None:
        try:
            return await store.add(racer)
        except Duplicate:
            return None

    winners = [kept for kept in await asyncio.gather(*map(add, racers)) if kept is not None]
    assert sorted(winner.turn for winner in winners) == [0, 1, 2, 3]
    for winner in winners:
        assert await store.get(Turn, winner.id, owner=me) == winner


async def test_put_replaces_and_racing_puts_never_fail(store: Store, me: str) -> None:
    first = Memory(user_id=me, persona_id="seoa", summary="처음")
    await store.put(first)
    await store.put(first.model_copy(update={"summary": "다음"}))
    assert (await store.get(Memory, first.id, owner=me)).summary == "다음"
    others = [Memory(user_id=me, persona_id="minjun", sessions=n) for n in range(50)]
    await asyncio.gather(*map(store.put, others))
    page = await store.page(Memory, owner=me)
    assert sorted(memory.persona_id for memory in page.items) == ["minjun", "seoa"]


async def test_no_one_reads_or_changes_what_is_someone_elses(store: Store, me: str, other: str) -> None:
    mine = one_of_each(me)
    for document in mine:
        await store.add(document)
    for document in mine:
        kind = kind_of(type(document))
        with pytest.raises(NotFound):
            await store.get(type(document), document.id, owner=other)
        with pytest.raises(NotFound):
            await store.delete(type(document), document.id, owner=other)
        with pytest.raises(NotFound):
            await store.update(type(document), document.id, owner=other)
        if kind.owner != "id":
            with pytest.raises(Duplicate):
                await store.put(document.model_copy(update={kind.owner: other}))
        for name in kind.filters:
            found = await store.page(type(document), owner=other, **{name: getattr(document, name)})
            assert found.items == ()
        assert (await store.page(type(document), owner=other)).items == ()
        assert await store.get(type(document), document.id, owner=me) == document


@pytest.mark.parametrize("value", [{"$gt": ""}, {"$ne": None}, ["a"], None, 7, "\ud800"])
async def test_an_operator_or_other_nonsense_is_no_value(store: Store, me: str, value: object) -> None:
    kept = await store.add(message(me, "s-" + me))
    with pytest.raises(BadQuery):
        await store.get(ChatMessage, value, owner=me)  # type: ignore[arg-type]  # what a careless route could pass
    with pytest.raises(BadQuery):
        await store.get(ChatMessage, kept.id, owner=value)  # type: ignore[arg-type]
    with pytest.raises(BadQuery):
        await store.page(ChatMessage, owner=me, session_id=value)  # type: ignore[arg-type]
    with pytest.raises(BadQuery):
        await store.page(ChatMessage, owner=me, content="x")  # not a field to find by
    with pytest.raises(BadQuery):
        await store.update(ChatMessage, kept.id, owner=me, content=value)
    assert await store.get(ChatMessage, kept.id, owner=me) == kept


@pytest.mark.parametrize("newest_first", [False, True])
async def test_pages_give_everything_once_and_in_order(store: Store, me: str, newest_first: bool) -> None:
    # Seven lines a moment: ties are where paging by time alone loses or repeats lines.
    lines = [message(me, "talk", str(n), timestamp=AT + dt.timedelta(seconds=n // 7)) for n in range(23)]
    await asyncio.gather(*map(store.add, reversed(lines)))
    await store.add(message(me, "another talk"))
    expected = lines[::-1] if newest_first else lines
    for limit in (1, 7, 22, 23, 24):
        seen: list[ChatMessage] = []
        after = None
        while True:
            page = await store.page(
                ChatMessage, owner=me, session_id="talk", limit=limit, after=after, newest_first=newest_first
            )
            assert len(page.items) <= limit
            seen += page.items
            if (after := page.next) is None:
                break
        assert seen == expected


async def test_a_page_does_not_shift_when_older_and_newer_lines_arrive(store: Store, me: str) -> None:
    lines = [message(me, "talk", str(n), timestamp=AT + dt.timedelta(seconds=n)) for n in range(4)]
    for line in lines:
        await store.add(line)
    first = await store.page(ChatMessage, owner=me, session_id="talk", limit=2)
    await store.add(message(me, "talk", "before", timestamp=AT - dt.timedelta(seconds=1)))
    last = await store.add(message(me, "talk", "after", timestamp=AT + dt.timedelta(seconds=9)))
    rest = await store.page(ChatMessage, owner=me, session_id="talk", limit=9, after=first.next)
    assert rest.items == (*lines[2:], last)


@pytest.mark.parametrize("cursor", ["", "x", "가", "bnVsbA", "WzEsMl0", "WyIyMDI2LTAxLTAxIiwiYSJd", "e30", "a" * 9999])
async def test_a_made_up_cursor_is_refused(store: Store, me: str, cursor: str) -> None:
    with pytest.raises(BadQuery):
        await store.page(ChatMessage, owner=me, after=cursor)


@pytest.mark.parametrize("limit", [0, -1, 501])
async def test_a_page_has_a_bounded_size(store: Store, me: str, limit: int) -> None:
    with pytest.raises(BadQuery):
        await store.page(ChatMessage, owner=me, limit=limit)


async def test_updates_of_different_fields_do_not_undo_each_other(store: Store, me: str) -> None:
    talk = await store.add(session(me))
    await asyncio.gather(
        store.update(ChatSession, talk.id, owner=me, session_name="새 이름 🎈"),
        store.update(ChatSession, talk.id, owner=me, is_active=False),
        store.update(ChatSession, talk.id, owner=me, updated_at=AT),
        store.update(ChatSession, talk.id, owner=me, expires_at=FAR),
    )
    expected = {"session_name": "새 이름 🎈", "is_active": False, "updated_at": AT, "expires_at": FAR}
    assert await store.get(ChatSession, talk.id, owner=me) == talk.model_validate({**talk.model_dump(), **expected})
    back = await store.update(ChatSession, talk.id, owner=me, expires_at=None)
    assert back.expires_at is None
    assert await store.get(ChatSession, talk.id, owner=me) == back


@pytest.mark.parametrize(
    "fields", [{"id": "x"}, {"user_id": "x"}, {"created_at": AT}, {"nonsense": 1}, {"is_active": "perhaps"}]
)
async def test_what_cannot_change_is_refused(store: Store, me: str, fields: dict[str, object]) -> None:
    talk = await store.add(session(me))
    with pytest.raises(BadQuery):
        await store.update(ChatSession, talk.id, owner=me, **fields)
    assert await store.get(ChatSession, talk.id, owner=me) == talk


async def test_a_session_goes_with_all_that_belongs_to_it(store: Store, me: str) -> None:
    gone, stays = await store.add(session(me)), await store.add(session(me))
    files = {}
    for talk in (gone, stays):
        files[talk.id] = store.files.new(me, ".webm")
        store.files.path(files[talk.id]).write_bytes(b"abc")
        await store.add(message(me, talk.id))
        await store.add(turn(me, talk.id))
        await store.add(Feedback(user_id=me, session_id=talk.id, feedback={}))
        await store.add(recording(me, talk.id, files[talk.id]))
    await store.delete(ChatSession, gone.id, owner=me)
    for model in (ChatMessage, Turn, Feedback, Recording):
        assert not (await store.page(model, owner=me, session_id=gone.id)).items
        assert len((await store.page(model, owner=me, session_id=stays.id)).items) == 1
    with pytest.raises(NotFound):
        await store.get(ChatSession, gone.id, owner=me)
    assert not store.files.path(files[gone.id]).exists()
    assert store.files.path(files[stays.id]).exists()


async def test_erasing_a_person_leaves_nothing_of_them_and_everything_of_others(
    store: Store, me: str, other: str
) -> None:
    paths = {}
    for owner in (me, other):
        for document in one_of_each(owner):
            await store.add(document)
        paths[owner] = store.files.path(store.files.new(owner, ".webm"))
        paths[owner].write_bytes(b"abc")
    assert await store.erase(me) == {kind.name: 1 for kind in KINDS}
    for kind in KINDS:
        assert (await store.page(kind.model, owner=me)).items == ()
        assert len((await store.page(kind.model, owner=other)).items) == 1
    assert not paths[me].parent.exists()
    assert paths[other].exists()
    assert set((await store.erase(me)).values()) == {0}


async def test_a_sweep_takes_what_has_expired_and_nothing_else(store: Store, me: str) -> None:
    due = FAR
    kept: list[ChatMessage | Recording] = []
    for late in (None, dt.timedelta(milliseconds=1)):
        expiry = None if late is None else due + late
        file = store.files.new(me, ".webm")
        store.files.path(file).write_bytes(b"abc")
        kept.append(await store.add(message(me, "s", expires_at=expiry)))
        kept.append(await store.add(recording(me, "s", file, expires_at=expiry)))
    file = store.files.new(me, ".webm")
    store.files.path(file).write_bytes(b"abc")
    await store.add(message(me, "s", expires_at=due))
    await store.add(recording(me, "s", file, expires_at=due - dt.timedelta(days=1)))
    swept = await store.sweep(due)
    assert {name: count for name, count in swept.items() if count} == {"chat_messages": 1, "recordings": 1}
    assert not store.files.path(file).exists()
    for document in kept:
        assert await store.get(type(document), document.id, owner=me) == document
        if isinstance(document, Recording):
            assert store.files.path(document.file).exists()
    assert set((await store.sweep(due)).values()) == {0}


async def test_what_was_written_before_anything_was_dated_goes_when_its_time_is_up_too(place: Place, me: str) -> None:
    week = dt.timedelta(days=7)
    async with place.open() as store:  # of an earlier release, or without the setting
        old = await store.add(message(me, "s", timestamp=LONG_AGO - week))
        young = await store.add(message(me, "s", timestamp=LONG_AGO - week + dt.timedelta(seconds=1)))
        upload = await store.add(recording(me, "s", store.files.new(me, ".webm"), created_at=LONG_AGO - week))
        assert (old.expires_at, young.expires_at, upload.expires_at) == (None, None, None)
    async with place.open(keep={"transcripts": week}) as store:
        swept = await store.sweep(LONG_AGO)
        assert {name: count for name, count in swept.items() if count} == {"chat_messages": 1}
        assert await store.get(ChatMessage, young.id, owner=me) == young
        assert await store.get(Recording, upload.id, owner=me) == upload  # media stay for good here


async def test_what_is_kept_for_a_while_is_dated_when_it_is_written_and_goes_by_itself(place: Place, me: str) -> None:
    week, quarter = dt.timedelta(days=7), dt.timedelta(days=90)
    async with place.open(keep={"media": week, "transcripts": quarter}) as store:
        before = now()
        talk = await store.add(session(me))
        line = await store.put(message(me, talk.id))
        file = store.files.new(me, ".webm")
        store.files.path(file).write_bytes(b"abc")
        film = await store.add(recording(me, talk.id, file))
        good = await store.add(Memory(user_id=me, persona_id="seoa"))
        told = await store.add(Access(user_id=me, actor=me, action="read", target="x"))  # no setting: for good
        for kept, period in ((talk, quarter), (line, quarter), (film, week)):
            assert kept.expires_at is not None
            assert before + period <= kept.expires_at <= now() + period
            assert await store.get(type(kept), kept.id, owner=me) == kept
        assert told.expires_at is None
        given = await store.add(message(me, talk.id, expires_at=FAR))
        assert given.expires_at == FAR  # a date that was given stays
        used = await store.update(ChatSession, talk.id, owner=me, updated_at=FAR)
        assert used.expires_at == FAR + quarter  # a session that is used again lives on
        assert await store.get(ChatSession, talk.id, owner=me) == used
        assert film.expires_at is not None
        await store.sweep(film.expires_at)
        assert not store.files.path(file).exists()
        with pytest.raises(NotFound):
            await store.get(Recording, film.id, owner=me)
        for stays in (used, line, good, told):
            assert await store.get(type(stays), stays.id, owner=me) == stays
        await store.erase(me)


async def test_an_export_is_everything_of_mine_but_the_key(store: Store, me: str, other: str) -> None:
    mine = one_of_each(me)
    for document in [*mine, *one_of_each(other), *(message(me, "s", str(n)) for n in range(3))]:
        await store.add(document)
    exported = [document async for _, document in store.export(me)]
    assert len(exported) == len(mine) - 1 + 3
    assert all(document in exported for document in mine if not isinstance(document, DataKey))
    assert {name async for name, _ in store.export(me)} == {kind.name for kind in KINDS} - {"data_keys"}


async def test_an_older_document_is_upgraded_and_a_newer_one_is_left_alone(store: Store, me: str) -> None:
    kind = kind_of(User)
    newer = replace(kind, upgrades=(lambda raw: {**raw, "name": f"{raw['name']} 님"},))
    await store.add(User(id=me, name="연소"))
    engine = store._engine
    (upgraded,) = await engine.read(Query(Match(newer, me, {"id": me}), limit=1))
    assert upgraded.name == "연소 님"
    await engine.write(Insert(newer, User(id=me + "2", name="미래")))
    with pytest.raises(StoreBroken) as caught:
        await store.get(User, me + "2", owner=me + "2")
    assert caught.value.code == "store_newer"
    await store.erase(me + "2")


async def test_what_no_database_can_hold_is_refused_and_the_store_goes_on(store: Store, me: str) -> None:
    for hopeless in ({"n": 2**80}, {"n": "가" * (6 << 20)}):
        with pytest.raises(BadQuery):
            await store.add(Feedback(user_id=me, session_id=me, feedback=hopeless))
    await store.add(Feedback(user_id=me, session_id=me, feedback={"n": 1}))


async def test_closing_finishes_what_was_accepted(place: Place, me: str) -> None:
    store = await place.open()
    async with asyncio.TaskGroup() as tasks:
        lines = [message(me, "s", str(n)) for n in range(100)]
        for line in lines:
            tasks.create_task(store.add(line))
        await asyncio.sleep(0)
    await store.close()
    await store.close()
    with pytest.raises(StoreUnavailable):
        await store.add(message(me, "s"))
    with pytest.raises(StoreUnavailable):
        await store.page(ChatMessage, owner=me)
    async with place.open() as again:
        assert [line async for line in again.each(ChatMessage, owner=me, session_id="s")] == lines
