"""What only MongoDB can do to us: be away, go away, freeze, expire documents by itself, scan without an index."""

from __future__ import annotations

import asyncio
import datetime as dt
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pymongo
import pytest

from storage import ChatMessage, NotFound, Recording, Store, StoreBroken, StoreUnavailable, open_store
from storage.adapters import mongo
from storage.kinds import KINDS, kind_of
from storage.types import now
from tests.storage.conftest import Place
from tests.storage.mongod import Mongod
from tests.storage.samples import message, one_of_each, recording

Driver = Literal["motor", "pymongo"]
DRIVERS = pytest.mark.parametrize("driver", ["motor", "pymongo"])


@pytest.fixture
def mongod(tmp_path: Path) -> Iterator[Mongod]:
    """One of its own, for what would disturb other tests."""
    own = Mongod(tmp_path / "mongod").start()
    yield own
    own.kill()


@DRIVERS
async def test_a_database_that_is_down_at_the_start_is_one_clear_error(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mongo, "START_S", 0.6)
    with pytest.raises(StoreUnavailable) as caught:
        await open_store("mongodb://someone:secret-word@127.0.0.1:1/?replicaSet=rs0", driver=driver)
    assert caught.value.code == "store_unavailable"
    assert "127.0.0.1:1" in caught.value.message
    assert "secret-word" not in caught.value.message
    assert len(caught.value.message) < 100  # not the driver's whole state


@DRIVERS
@pytest.mark.parametrize("url", ["mongodb://", "mongodb://h:port", "mongodb://h:99999", "mongodb://a:b:c@h"])
async def test_a_url_that_is_none_is_one_clear_error(driver: Driver, url: str) -> None:
    with pytest.raises(StoreBroken) as caught:
        await open_store(url, driver=driver)
    assert caught.value.code == "bad_store_url"
    assert "MONGODB_URI" in caught.value.message


async def test_it_freezes_dies_and_returns_and_the_open_stores_go_on(
    mongod: Mongod, tmp_path: Path, me: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mongo, "ANSWER_MS", 1000)

    async def refused(*stores: Store) -> None:
        """Every call comes back, with the one error that says: try again later."""
        calls = [call for store in stores for call in (store.add(message(me, "s")), store.page(ChatMessage, owner=me))]
        async with asyncio.timeout(20):
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * len(calls), outcomes

    async with (
        Place(mongod.url, tmp_path, driver="motor").open() as motor,
        Place(mongod.url, tmp_path, driver="pymongo").open() as successor,
    ):
        before = [await store.add(message(me, "s")) for store in (motor, successor)]
        mongod.signal(signal.SIGSTOP)  # the connections stand, and nothing answers
        await refused(motor, successor)
        mongod.signal(signal.SIGCONT)
        mongod.kill()
        await refused(motor, successor)
        mongod.start()
        monkeypatch.undo()
        for store in (motor, successor):
            after = await store.add(message(me, "s"))
            assert {after.id, *(line.id for line in before)} <= {
                line.id async for line in store.each(ChatMessage, owner=me)
            }


@DRIVERS
async def test_mongodb_itself_removes_the_expired_but_never_the_record_of_a_file(
    mongodb: str, databases: dict[str, str], tmp_path: Path, me: str, driver: Driver
) -> None:
    async with Place(mongodb, tmp_path, databases[driver], driver).open() as store:
        past = now() - dt.timedelta(seconds=1)
        line = await store.add(message(me, "s", expires_at=past))
        film = await store.add(recording(me, "s", "a/b.webm", expires_at=past))
        async with asyncio.timeout(90):  # its monitor runs once a minute where the tests did not start it
            while (await store.page(ChatMessage, owner=me)).items:
                await asyncio.sleep(0.2)
        with pytest.raises(NotFound):
            await store.get(ChatMessage, line.id, owner=me)
        assert await store.get(Recording, film.id, owner=me) == film
        await store.erase(me)


async def test_every_query_goes_by_an_index_without_sorting(
    mongodb: str, databases: dict[str, str], tmp_path: Path, me: str
) -> None:
    with pymongo.MongoClient(mongodb, tz_aware=True) as client:
        database = client[databases["pymongo"]]
        async with Place(mongodb, tmp_path, database.name, "pymongo").open() as store:
            documents = one_of_each(me)
            for document in documents:
                kind = kind_of(type(document))
                copies = [document]
                if kind.owner != "id":
                    copies.append(document.model_copy(update={"id": document.id + "2"}))
                    # What a query by a field must not even look at, and enough of it for a bad plan to be a worse one.
                    elsewhere = {kind.order: now() - dt.timedelta(days=999), **dict.fromkeys(kind.filters, "call")}
                    copies += [document.model_copy(update={"id": f"{document.id}-{n}", **elsewhere}) for n in range(40)]
                await asyncio.gather(*map(store.add, copies))
            database.command("profile", 2, filter={"op": {"$in": ["query", "update", "remove"]}})
            since = now()
            for document in documents:
                kind = kind_of(type(document))
                await store.update(kind.model, document.id, owner=me)
                for newest_first in (False, True):
                    for where in ({}, *({name: getattr(document, name)} for name in kind.filters)):
                        paging = {"limit": 1, "newest_first": newest_first, **where}
                        page = await store.page(kind.model, owner=me, **paging)
                        await store.page(kind.model, owner=me, after=page.next, **paging)
            await store.sweep(since - dt.timedelta(days=9999))
            await store.erase(me)
            database.command("profile", 0)
        seen = list(database["system.profile"].find({"ts": {"$gte": since}}))
        assert len(seen) > 4 * len(KINDS)
        for entry in seen:
            assert entry.get("planSummary", "IDHACK").startswith(("IXSCAN", "IDHACK")), entry
            if entry["op"] == "query" and entry["docsExamined"] > 1:
                ties = "$or" in entry["command"]["filter"]  # a page's start looks at those of its very moment too
                assert ties or entry["docsExamined"] == entry["nreturned"], entry
                assert not entry.get("hasSortStage"), entry
