"""kill -9, ten times, in the middle of writing: what was acknowledged is there afterwards, and the start is clean."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest

from storage import ChatMessage, Store
from tests.storage.conftest import Place
from tests.storage.mongod import Mongod

KILLS = 10
ACKNOWLEDGED = 300  # writes before each kill


def writer(place: Place, owner: str, notes: Path) -> subprocess.Popen[bytes]:
    arguments = [str(place.where), place.database, place.driver, owner, str(notes)]
    return subprocess.Popen([sys.executable, "-m", "tests.storage.writer", *arguments], stderr=subprocess.DEVNULL)


def wait_for(notes: Path, lines: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not notes.exists() or notes.read_bytes().count(b"\n") < lines:
        assert process.poll() is None, "the writer stopped by itself"
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
        process.wait()
        assert await lost(place, me, notes) == set()
    with closing(connect(tmp_path / "store.db")) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)


@pytest.mark.timeout(600)  # ten recoveries of a database take their time on a busy machine
async def test_mongodb_loses_nothing_it_acknowledged_through_either_driver(tmp_path: Path, me: str) -> None:
    mongod = Mongod(tmp_path / "mongod")
    places = [Place(mongod.url, tmp_path, driver=driver) for driver in ("motor", "pymongo")]
    owners, notes = [me + "-motor", me + "-pymongo"], [tmp_path / "motor", tmp_path / "pymongo"]
    try:
        for kill in range(1, KILLS + 1):
            mongod.start()
            processes = [writer(*which) for which in zip(places, owners, notes, strict=True)]
            for note, process in zip(notes, processes, strict=True):
                wait_for(note, kill * ACKNOWLEDGED, process)
            mongod.kill()
            for process in processes:
                process.kill()
                process.wait()
        mongod.start()
        for which in zip(places, owners, notes, strict=True):
            assert await lost(*which) == set()
    finally:
        mongod.kill()
