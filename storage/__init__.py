"""What is kept: users, sessions, messages, turns, feedback, memories, recordings.

This package must not know sockets or HTTP. `open_store` is the whole door: SQLite by a path, MongoDB by a URL.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from storage.errors import BadQuery, Duplicate, NotFound, StoreBroken, StoreUnavailable
from storage.files import Files
from storage.kinds import Keep
from storage.store import Page, Store
from storage.types import (
    Access,
    ChatMessage,
    ChatSession,
    Consent,
    DataKey,
    Delays,
    Fact,
    Feedback,
    Memory,
    OwnPersona,
    Recording,
    TimelineChunk,
    Turn,
    Upload,
    User,
)

__all__ = [
    "Access",
    "BadQuery",
    "ChatMessage",
    "ChatSession",
    "Consent",
    "DataKey",
    "Delays",
    "Duplicate",
    "Fact",
    "Feedback",
    "Files",
    "Memory",
    "NotFound",
    "OwnPersona",
    "Page",
    "Recording",
    "Store",
    "StoreBroken",
    "StoreUnavailable",
    "TimelineChunk",
    "Turn",
    "Upload",
    "User",
    "open_store",
]


class open_store:
    """Open the store at `where`: `await open_store(…)`, or `async with open_store(…) as store`.

    A path (a folder holds `deyeonso.db`) or `sqlite:///path` is the embedded store; `mongodb://…` is MongoDB, reached
    by `driver` (Motor, or its successor PyMongo Async). Media files lie in `media`, by default beside the embedded
    file, for MongoDB in `data/media`. `keep` says how long media, transcripts and the audit are kept; without it, for
    good. Raises StoreUnavailable, or StoreBroken with the codes `bad_store_url`,
    `store_corrupt`, `store_newer`.
    """

    def __init__(
        self,
        where: str | Path,
        *,
        database: str = "deyeonso",
        driver: Literal["motor", "pymongo"] = "motor",
        media: str | Path | None = None,
        keep: Mapping[Keep, dt.timedelta] | None = None,
    ) -> None:
        self._where = where
        self._database = database
        self._driver = driver
        self._media = media
        self._keep = keep

    def __await__(self) -> Generator[Any, None, Store]:
        return self._open().__await__()

    async def __aenter__(self) -> Store:
        self._store = await self._open()
        return self._store

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._store.close()

    async def _open(self) -> Store:
        # Imported here, once the scheme is known: the embedded store needs no driver installed, and the rest of the
        # package never sees an adapter.
        where = str(self._where)
        if where.startswith(("mongodb://", "mongodb+srv://")):
            from storage.adapters.mongo import MongoEngine

            mongo = await MongoEngine.open(where, self._database, self._driver)
            return Store(mongo, Files(Path(self._media or "data/media")), self._keep)
        where = where.removeprefix("sqlite:///")
        if "://" in where or where in ("", ":memory:"):
            raise StoreBroken("bad_store_url", f"neither a path, nor sqlite:///path, nor mongodb://…: {where!r}")
        from storage.adapters.sqlite import SqliteEngine

        engine = await SqliteEngine.open(Path(where))
        return Store(engine, Files(Path(self._media or engine.path.parent / "media")), self._keep)
