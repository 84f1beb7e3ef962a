"""A MongoDB that is away at the start, in a call, or for good: never a silent switch, never a silent loss."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from analysis.types import AnalyzerFault
from media.clock import wall_time
from media.timeline import Timeline
from signaling import keeper as keeper_module
from signaling.config import Config
from signaling.keeper import Keeper
from signaling.server import open_configured
from storage import ChatMessage, ChatSession, Store, StoreUnavailable, open_store
from storage.adapters import mongo
from tests.servers import OFFLINE
from tests.signaling.test_keeper import said
from tests.storage.mongod import Mongod
from tests.test_start import last_line, run

NOBODY = "mongodb://127.0.0.1:9/?replicaSet=rs0"


@pytest.fixture(scope="module")
def mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    own = Mongod(tmp_path_factory.mktemp("mongod")).start()
    yield own
    own.kill()


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongo, "START_S", 0.5)
    monkeypatch.setattr(mongo, "ANSWER_MS", 400)
    monkeypatch.setattr(keeper_module, "RETRY", 0.2)


def test_a_mongodb_that_is_down_at_the_start_is_one_clear_line(tmp_path: Path) -> None:
    done = run("serve", PORT="0", DATA_DIR=str(tmp_path), MONGODB_URI=NOBODY, **OFFLINE)
    line = last_line(done)
    assert line.startswith("deyeonso: store_unavailable:")
    assert "127.0.0.1:9" in line
    assert "STORE_FALLBACK" in line  # the way out
    assert not (tmp_path / "deyeonso.db").exists()


async def test_the_embedded_store_stands_in_only_where_that_was_said(tmp_path: Path) -> None:
    settings = {"mongodb_uri": NOBODY, "data_dir": tmp_path}
    with pytest.raises(StoreUnavailable):
        async with open_configured(Config(_env_file=None, **settings)):
            pass
    assert list(tmp_path.iterdir()) == []
    async with open_configured(Config(_env_file=None, store_fallback="embedded", **settings)) as store:
        assert store.name == "embedded"
        await store.add(ChatMessage(session_id="s", user_id="me", content="안녕", role="user"))


async def test_a_mongodb_that_is_there_is_used_also_where_another_might_stand_in(
    mongod: Mongod, tmp_path: Path
) -> None:
    settings = {"mongodb_uri": mongod.url, "data_dir": tmp_path, "store_fallback": "embedded"}
    async with open_configured(Config(_env_file=None, mongodb_driver="pymongo", **settings)) as store:
        assert store.name == "mongodb by pymongo"
        assert store.files.root == (tmp_path / "media").resolve()
    assert not (tmp_path / "deyeonso.db").exists()


@asynccontextmanager
async def calling(store: Store, call_id: str) -> AsyncIterator[tuple[Keeper, Timeline, asyncio.Task[None]]]:
    """A call whose lines are being kept."""
    session = ChatSession(user_id=call_id, session_name="통화", persona_name="이서아", persona_id="seoa")
    timeline = Timeline()
    await store.add(session)
    keeper = Keeper(store, session, call_id, timeline, wall_time())
    with timeline.subscribe(4096) as events:
        async with asyncio.TaskGroup() as tasks:
            yield keeper, timeline, tasks.create_task(keeper.run(events))


def faults(timeline: Timeline) -> list[tuple[str, str]]:
    return [(event.analyzer, event.code) for event in timeline if isinstance(event, AnalyzerFault)]


async def until(true: object) -> None:
    assert callable(true)
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_a_mongodb_that_dies_in_a_call_is_told_and_gets_every_line_once_it_is_back(
    mongod: Mongod, tmp_path: Path, driver: str
) -> None:
    async with open_store(mongod.url, database=f"away_{driver}", driver=driver, media=tmp_path) as store:  # type: ignore[arg-type]
        async with calling(store, driver) as (keeper, timeline, _):
            timeline.append(said(1, "안녕하세요"))
            await until(lambda: keeper.unsaved == 0)
            mongod.kill()
            try:
                for turn in range(2, 30):  # the call goes on
                    timeline.append(said(turn, f"{turn}번째 말"))
                await until(lambda: faults(timeline))
                assert keeper.unsaved > 0
            finally:
                mongod.start()
            timeline.append(said(30, "다시 왔네요"))
            await until(lambda: keeper.unsaved == 0)
            timeline.close()
        assert faults(timeline) == [("store", "store_unavailable")]  # once, not at every try
        kept = [line.content async for line in store.each(ChatMessage, owner=driver)]
        assert kept == ["안녕하세요", *(f"{turn}번째 말" for turn in range(2, 30)), "다시 왔네요"]
        assert keeper.lost == 0


async def test_what_a_store_never_takes_is_counted_as_lost_and_what_waits_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper_module, "UNSAVED", 10)
    async with open_store(tmp_path) as store, calling(store, "gone") as (keeper, timeline, keeping):

        async def away(_: object) -> None:
            raise StoreUnavailable("away")

        monkeypatch.setattr(store, "put", away)
        for turn in range(1, 31):
            timeline.append(said(turn, "안녕하세요"))
        timeline.close()
        await until(lambda: faults(timeline) and keeper.unsaved == 10 and keeper.lost == 21)
        keeping.cancel()  # the call waits no longer
        await asyncio.wait([keeping])
        assert (keeper.unsaved, keeper.lost) == (10, 31)  # 30 lines and their stretch of the timeline
