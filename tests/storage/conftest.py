"""The three stores that the contract is asked of: SQLite, MongoDB through Motor, MongoDB through PyMongo Async."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pymongo
import pytest

from storage import Store, open_store
from storage.types import new_id
from tests.storage.mongod import Mongod


@dataclass(frozen=True)
class Place:
    """Where a test's documents lie; it can be opened any number of times."""

    where: str | Path
    media: Path
    database: str = "deyeonso"
    driver: Literal["motor", "pymongo"] = "motor"

    def open(self, **how: Any) -> open_store:
        return open_store(self.where, database=self.database, driver=self.driver, media=self.media, **how)


@pytest.fixture(scope="session")
def mongodb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a running MongoDB: MONGODB_URI, or one started for this run."""
    if url := os.environ.get("MONGODB_URI"):
        yield url
        return
    mongod = Mongod(tmp_path_factory.mktemp("mongod")).start()
    yield mongod.url
    mongod.kill()


@pytest.fixture(scope="session")
def databases(mongodb: str) -> Iterator[dict[str, str]]:
    """One database a driver: tests keep apart by their owners, as people do."""
    names = {driver: f"deyeonso_test_{driver}_{new_id()[-8:]}" for driver in ("motor", "pymongo")}
    yield names
    with pymongo.MongoClient(mongodb) as client:
        for name in names.values():
            client.drop_database(name)


@pytest.fixture(params=["sqlite", "motor", "pymongo"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    media = tmp_path / "media"
    if request.param == "sqlite":
        return Place(tmp_path / "store.db", media)
    database = request.getfixturevalue("databases")[request.param]
    return Place(request.getfixturevalue("mongodb"), media, database, request.param)


@pytest.fixture
async def store(place: Place) -> AsyncIterator[Store]:
    async with place.open() as opened:
        yield opened


@pytest.fixture
def me() -> str:
    """A person whom no other test knows."""
    return new_id()


@pytest.fixture
def other() -> str:
    return new_id()
