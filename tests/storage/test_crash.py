"""kill -9, ten times, in the middle of writing: what was acknowledged is there afterwards, and the start is clean."""

from __future__ import annotations

import time
from contextlib import closing
from multiprocessing.process import BaseProcess
from pathlib import Path
from sqlite3 import connect

import pymongo
import pytest

from storage import ChatMessage, Store
from tests.forks import FORKS
from tests.storage.conftest import Place
from tests.storage.mongod import Mongod
from tests.storage.writer import write

KILLS = 10
ACKNOWLEDGED = 300  # writes before each kill


def writer(place: Place, owner: str, notes: Path) -> BaseProcess:
    process = FORKS.Process(target=write, args=(place, owner, notes))
    process.start()
    return process


def wait_for(notes: Path, lines: int, process: BaseProcess) -> None:
    deadline = time.monotonic() + 60
    while not notes.exists() or notes.read_bytes().count(b"\n") < lines:
        assert process.is_alive(), "the writer stopped by itself"
        assert time.monotonic() < deadline, "the writer got nothing acknowledged"
        time.sleep(0.01)


async def lost(place: Place, owner: str, notes: Path) -> set[str]:
    async with place.open() as store:
        return set(notes.read_text().split()) - await ids(store, owner)


async def ids(store: Store, owner: str) -> set[str]:
    return {line.id async for line in store.each(ChatMessage, owner=owner, session_id=owner)}


async def test_sqlite_loses_nothing_it_acknowledged(tmp_path: Path, me: str) -> None:
    place, notes = Place(tmp_path / "store.db", tmp_path), tmp_path / "acknowledged"
    for kill in range(1, KILLS + 1):
        process = writer(place, me, notes)
        wait_for(notes, kill * ACKNOWLEDGED, process)
        process.kill()
        process.join()
        assert await lost(place, me, notes) == set()
    with closing(connect(tmp_path / "store.db")) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)


async def checkpoint(places: list[Place]) -> None:
    """Make the indexes and put them into a checkpoint, so that not each recovery makes them all again."""
    for place in places:
        async with place.open():
            pass
    with pymongo.MongoClient(str(places[0].where)) as client:
        client.admin.command("fsync")


@pytest.mark.timeout(600)  # ten recoveries of a database take their time on a busy machine
async def test_mongodb_loses_nothing_it_acknowledged_through_either_driver(tmp_path: Path, me: str) -> None:
    mongod = Mongod(tmp_path / "mongod")
    places = [Place(mongod.url, tmp_path, driver=driver) for driver in ("motor", "pymongo")]
    owners, notes = [me + "-motor", me + "-pymongo"], [tmp_path / "motor", tmp_path / "pymongo"]
    try:
        for kill in range(1, KILLS + 1):
            mongod.start()
            if kill == 1:
                await checkpoint(places)
            processes = [writer(*which) for which in zip(places, owners, notes, strict=True)]
            for note, process in zip(notes, processes, strict=True):
                wait_for(note, kill * ACKNOWLEDGED, process)
            mongod.kill()
            for process in processes:
                process.kill()
                process.join()
        mongod.start()
        for which in zip(places, owners, notes, strict=True):
            assert await lost(*which) == set()
    finally:
        mongod.kill()
