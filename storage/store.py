"""The store: typed documents in, typed documents out, and no way to see what is someone else's.

It must not know which database keeps them (storage.engine is that seam) nor who is asking (`owner` is an argument).
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic

import orjson
from pydantic import ValidationError

from media.worker import Worker
from storage.engine import Change, Engine, Insert, Match, Patch, Query, Remove, Upsert
from storage.errors import BadQuery, NotFound, StoreUnavailable
from storage.files import Files
from storage.kinds import KINDS, D, Keep, Kind, kind_of
from storage.types import ChatSession, Document, now

MAX_PAGE = 500
_SWEEP = 200  # documents a step: a sweep must not hold up a call's writes


@dataclass(frozen=True, slots=True)
class Page(Generic[D]):
    """Some documents in order, and the cursor of the page after them (None: there are no more)."""

    items: tuple[D, ...]
    next: str | None


class Store:
    """Everything that is kept. All methods may raise StoreUnavailable; `owner` is the id of the user who asks."""

    def __init__(self, engine: Engine, files: Files, keep: Mapping[Keep, dt.timedelta] | None = None) -> None:
        self.name = engine.name  # "embedded", "mongodb by motor" …
        self.files = files
        self.writing = 0  # writes that are not acknowledged yet
        self._engine = engine
        self.keep = keep or {}  # how long each class of documents stays; what is not in it stays for good
        self._disk = Worker("media-files", backlog=1024)

    async def add(self, document: D) -> D:
        """Keep a new document; as it is kept: with its last day, where its kind has one. Raises Duplicate."""
        document = self._dated(document)
        await self._write(Insert(kind_of(type(document)), document))
        return document

    async def put(self, document: D) -> D:
        """Keep a document in place of the owner's one with the same id, if any. Raises Duplicate if it is another's."""
        document = self._dated(document)
        await self._write(Upsert(kind_of(type(document)), document))
        return document

    async def get(self, model: type[D], id: str, *, owner: str) -> D:
        """One document. Raises NotFound, also for what is someone else's."""
        kind = kind_of(model)
        found = await self._engine.read(Query(Match(kind, owner, {"id": id}), limit=1))
        if not found:
            raise NotFound(kind.name, id)
        return found[0]

    async def page(
        self,
        model: type[D],
        *,
        owner: str,
        limit: int = 50,
        after: str | None = None,
        newest_first: bool = False,
        **where: str,
    ) -> Page[D]:
        """Up to `limit` (1–500) documents in time order, after the cursor of an earlier page.

        `where` names fields of the kind, e.g. `session_id=…`. Raises BadQuery.
        """
        if not 1 <= limit <= MAX_PAGE:
            raise BadQuery(f"limit must be 1–{MAX_PAGE}")
        kind = kind_of(model)
        position = None if after is None else _read_cursor(after)
        found = await self._engine.read(Query(Match(kind, owner, where), limit + 1, newest_first, position))
        items = tuple(found[:limit])
        return Page(items, _cursor(kind, items[-1]) if len(found) > limit else None)

    async def each(self, model: type[D], *, owner: str, newest_first: bool = False, **where: str) -> AsyncIterator[D]:
        """All documents in time order, read page by page."""
        after: str | None = None
        while True:
            page = await self.page(model, owner=owner, limit=MAX_PAGE, after=after, newest_first=newest_first, **where)
            for document in page.items:
                yield document
            if (after := page.next) is None:
                return

    async def update(self, model: type[D], id: str, /, *, owner: str, **fields: Any) -> D:
        """Give some fields new values, leaving others as another writer may just have left them. Raises NotFound.

        A new `updated_at` of what does not stay for good (a session that is used again) also moves its last day.
        """
        kind = kind_of(model)
        if fixed := fields.keys() & {"id", kind.owner, kind.order}:
            raise BadQuery(f"{kind.name}: {', '.join(sorted(fixed))} cannot change")
        if unknown := fields.keys() - model.model_fields.keys():
            raise BadQuery(f"{kind.name} has no {', '.join(sorted(unknown))}")
        before = await self.get(model, id, owner=owner)
        try:
            after = model.model_validate({**before.model_dump(), **fields})
        except ValidationError as error:
            wrong = ", ".join(f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors(include_input=False))
            raise BadQuery(f"{kind.name}: {wrong}") from error
        if "updated_at" in fields and "expires_at" not in fields and (period := self._period(kind)):
            after = after.model_copy(update={"expires_at": vars(after)["updated_at"] + period})
            fields["expires_at"] = None  # what it is stands in `after`
        values = after.model_dump(include=set(fields))
        if not await self._write(Patch(Match(kind, owner, {"id": id}), values)):
            raise NotFound(kind.name, id)
        return after

    async def delete(self, model: type[Document], id: str, *, owner: str) -> None:
        """Delete one document with its file; a session with all that belongs to it. Raises NotFound."""
        kind = kind_of(model)
        await self.get(model, id, owner=owner)
        if model is ChatSession:
            for child in KINDS:
                if "session_id" in child.filters:
                    await self._remove(Match(child, owner, {"session_id": id}))
        await self._remove(Match(kind, owner, {"id": id}))

    async def erase(self, owner: str) -> dict[str, int]:
        """Delete everything of a person, files included; how many documents of each collection went.

        Safe to repeat: what an interruption left is deleted by the next call.
        """
        counts = {kind.name: await self._write(Remove(Match(kind, owner))) for kind in KINDS}
        await self._disk.run(partial(self.files.remove_all, owner))
        return counts

    async def export(self, owner: str) -> AsyncIterator[tuple[str, Document]]:
        """Everything of a person but their wrapped key, as (collection, document)."""
        for kind in KINDS:
            if kind.name != "data_keys":
                async for document in self.each(kind.model, owner=owner):
                    yield kind.name, document

    async def sweep(self, at: dt.datetime) -> dict[str, int]:
        """Delete what has expired at the moment `at`, files included; how many of each collection went.

        What was written when nothing was dated counts from when it was made.
        """
        counts = {}
        for kind in KINDS:
            if kind.expires:
                period = self._period(kind)
                made_by = None if period is None else at - period
                counts[kind.name] = await self._remove(Match(kind, None, expired_by=at, undated_by=made_by))
        return counts

    async def write_file(self, relative: str, data: bytes) -> None:
        """Write one of `files`, off the loop, whole or not at all. Raises StoreUnavailable."""
        try:
            await self._disk.run(partial(self.files.write, relative, data))
        except OSError as error:
            raise StoreUnavailable(f"the media folder: {error.strerror}") from error

    async def close(self) -> None:
        """Finish what was accepted and let go of the database."""
        await self._engine.close()
        self._disk.close()

    def _period(self, kind: Kind[Any]) -> dt.timedelta | None:
        return None if kind.keep is None else self.keep.get(kind.keep)

    def _dated(self, document: D) -> D:
        period = self._period(kind_of(type(document)))
        if period is None or vars(document)["expires_at"] is not None:
            return document
        return document.model_copy(update={"expires_at": now() + period})

    async def _write(self, change: Change[Any]) -> int:
        self.writing += 1
        try:
            return await self._engine.write(change)
        finally:
            self.writing -= 1

    async def _remove(self, match: Match[Any]) -> int:
        """Files first: a document without its file can be deleted again, a file without its document never is."""
        if not match.kind.has_file:
            return await self._write(Remove(match))
        removed = 0
        while documents := await self._engine.read(Query(match, limit=_SWEEP)):
            for document in documents:
                if document.file:
                    await self._disk.run(partial(self.files.remove, document.file))
                owner = getattr(document, match.kind.owner)
                removed += await self._write(Remove(Match(match.kind, owner, {"id": document.id})))
        return removed


def _cursor(kind: Kind[D], document: D) -> str:
    """Opaque to callers: the position of the page's last document."""
    position = [getattr(document, kind.order).isoformat(), document.id]
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[dt.datetime, str]:
    try:
        at, id = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        moment = dt.datetime.fromisoformat(at)
    except (ValueError, TypeError):
        raise BadQuery("not a cursor of this service") from None
    if moment.tzinfo is None or not isinstance(id, str):
        raise BadQuery("not a cursor of this service")
    return moment, id
