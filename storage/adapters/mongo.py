"""MongoDB, through Motor or through its official successor PyMongo Async: one class for both drivers.

It must not know who asks; it turns changes and queries into MongoDB's, and never writes without majority and journal
(with the default acknowledgement 501 of 51,576 acknowledged inserts were lost under kill -9; with both, none).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import pymongo
from bson.errors import BSONError
from pymongo import ASCENDING, DESCENDING, IndexModel, ReadPreference, WriteConcern
from pymongo.errors import (
    ConfigurationError,
    DocumentTooLarge,
    DuplicateKeyError,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
)

from storage.engine import Change, Insert, Match, Patch, Query, Upsert
from storage.errors import BadQuery, Duplicate, StoreBroken, StoreUnavailable
from storage.kinds import KINDS, D, Kind, Raw

Driver = Literal["motor", "pymongo"]

START_S = 3.0  # how long the start looks for a primary
ANSWER_MS = 10_000  # how long one operation may take in all, looking for a primary included
_OUT_OF_DISK = 14031
DURABLE = WriteConcern(w="majority", j=True)


class MongoEngine:
    """storage.engine.Engine over one database; use `open`."""

    def __init__(self, client: Any, database: str, driver: Driver) -> None:
        self.name = f"mongodb by {driver}"
        self._client = client
        self._database = client.get_database(database, write_concern=DURABLE, read_preference=ReadPreference.PRIMARY)

    @classmethod
    async def open(cls, uri: str, database: str, driver: Driver) -> MongoEngine:
        """Connect and make the indexes. Raises StoreUnavailable, StoreBroken("bad_store_url")."""
        try:
            engine = cls(_client(uri, driver), database, driver)
        except (ConfigurationError, ValueError) as error:  # InvalidURI is one
            raise StoreBroken("bad_store_url", f"MONGODB_URI: {error}") from error
        try:
            with _translated("the database", database):
                with pymongo.timeout(START_S):
                    await engine._client.admin.command("ping")
                for kind in KINDS:
                    await engine._database[kind.name].create_indexes(_indexes(kind))
        except BaseException:
            await engine.close()
            raise
        return engine

    async def write(self, change: Change[D]) -> int:
        if isinstance(change, Insert | Upsert):
            return await self._keep(change.kind, change.document, replace=isinstance(change, Upsert))
        collection, criteria = self._database[change.match.kind.name], _criteria(change.match)
        with _translated(change.match.kind.name, ""):
            if isinstance(change, Patch):
                return int((await collection.update_many(criteria, {"$set": change.fields})).matched_count)
            return int((await collection.delete_many(criteria)).deleted_count)

    async def read(self, query: Query[D]) -> list[D]:
        kind, criteria = query.match.kind, _criteria(query.match)
        direction, beyond = (DESCENDING, "$lt") if query.newest_first else (ASCENDING, "$gt")
        if query.after is not None:
            at, id = query.after
            criteria[kind.order] = {beyond + "e": at}  # bounds the index scan; the next line is the exact position
            criteria["$or"] = [{kind.order: {beyond: at}}, {"_id": {beyond: id}}]
        order = [(kind.order, direction), ("_id", direction)]
        with _translated(kind.name, ""):
            found = self._database[kind.name].find(criteria).sort(order).limit(query.limit)
            return [kind.revive({**raw, "id": raw["_id"]}) for raw in await found.to_list(query.limit)]

    async def close(self) -> None:
        closing = self._client.close()  # a coroutine in PyMongo Async, done at once in Motor
        if inspect.isawaitable(closing):
            await closing

    async def _keep(self, kind: Kind[D], document: D, replace: bool) -> int:
        raw = kind.freeze(document)
        raw["_id"] = raw.pop("id")
        collection = self._database[kind.name]
        with _translated(kind.name, document.id):
            if not replace:
                await collection.insert_one(raw)
                return 1
            mine = {"_id": raw["_id"], _key(kind.owner): raw[_key(kind.owner)]}
            try:
                await collection.replace_one(mine, raw, upsert=True)
            except DuplicateKeyError:
                # Another's, or of the same owner and inserted between the look and the insert: then it is there now.
                if not (await collection.replace_one(mine, raw)).matched_count:
                    raise
            return 1


def _client(uri: str, driver: Driver) -> Any:
    options: dict[str, Any] = {
        "tz_aware": True,
        "timeoutMS": ANSWER_MS,
        "appname": "deyeonso",
    }
    if driver == "motor":
        from motor.motor_asyncio import AsyncIOMotorClient

        return AsyncIOMotorClient(uri, **options)
    return pymongo.AsyncMongoClient(uri, **options)


def _indexes(kind: Kind[Any]) -> list[IndexModel]:
    place = [(kind.order, ASCENDING), ("_id", ASCENDING)]
    owner = _key(kind.owner)
    indexes = [IndexModel([(owner, ASCENDING), *place])] if owner != "_id" else []
    indexes += [IndexModel([(owner, ASCENDING), (name, ASCENDING), *place]) for name in kind.filters]
    if kind.expires:
        # A document with a file goes by `Store.sweep` only, which removes the file first.
        ttl = {} if kind.has_file else {"expireAfterSeconds": 0}
        indexes.append(IndexModel([("expires_at", ASCENDING)], **ttl))
    return indexes or [IndexModel(place)]


def _criteria(match: Match[D]) -> Raw:
    criteria: Raw = {_key(name): value for name, value in match.where.items()}
    if match.owner is not None:
        key = _key(match.kind.owner)
        if criteria.setdefault(key, match.owner) != match.owner:  # a user's id is its owner
            criteria["$nor"] = [{}]
    if match.expired_by is not None:
        due: Raw = {"expires_at": {"$lte": match.expired_by}}
        if match.undated_by is None:
            return criteria | due
        undated = {"expires_at": None, match.kind.order: {"$lte": match.undated_by}}
        criteria["$or"] = [due, undated]
    return criteria


def _key(name: str) -> str:
    return "_id" if name == "id" else name


@contextmanager
def _translated(what: str, id: str) -> Iterator[None]:
    """The driver's errors in the store's words."""
    try:
        yield
    except DuplicateKeyError as error:
        raise Duplicate(what, id) from error
    except (BSONError, DocumentTooLarge, OverflowError, UnicodeError) as error:
        raise BadQuery(f"{what}: cannot be stored: {error}") from error
    except InvalidOperation as error:
        raise StoreUnavailable("the store is closed") from error
    except OperationFailure as error:
        if error.code == _OUT_OF_DISK:
            raise StoreUnavailable("MongoDB has no room on its disk", code="store_full") from error
        raise StoreUnavailable(f"MongoDB refused: {error}") from error
    except PyMongoError as error:
        # What follows repeats it for every server that was tried, with settings nobody asked about.
        reason = re.split(r" \(configured timeouts|, Timeout: |, Topology Description: ", str(error))[0]
        raise StoreUnavailable(f"MongoDB does not answer: {reason}") from error
