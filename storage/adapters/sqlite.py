"""The embedded store: SQLite, one writing thread with group commit, a few reading threads.

It must not know who asks; it turns changes and queries into SQL over JSON documents.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson

from storage.adapters.group_commit import ROW, GroupCommit, Statement
from storage.adapters.sqlite_file import connect, field, prepare, translate
from storage.engine import MAX_DOCUMENT, Change, Insert, Match, Patch, Query, Upsert
from storage.errors import BadQuery, Duplicate, StoreUnavailable
from storage.kinds import D

READERS = 2  # threads; more only wait for one another, and hold up the writer


class SqliteEngine:
    """storage.engine.Engine over one file; use `open`."""

    name = "embedded"

    def __init__(self, path: Path) -> None:
        self.path = path
        self._own = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._readers = ThreadPoolExecutor(READERS, "sqlite-reader")
        self._writer = GroupCommit(connect(path))
        self._closed = False

    @classmethod
    async def open(cls, path: Path) -> SqliteEngine:
        """Open or make the file. Raises StoreBroken, StoreUnavailable."""
        with ThreadPoolExecutor(1) as once:
            return await asyncio.get_running_loop().run_in_executor(once, lambda: cls(prepare(path)))

    async def write(self, change: Change[D]) -> int:
        try:
            touched = await self._writer.run(statement(change))
        except sqlite3.IntegrityError:
            touched = 0
        except sqlite3.Error as error:
            raise translate(error, self.path) from error
        if not touched and isinstance(change, Insert | Upsert):
            raise Duplicate(change.kind.name, change.document.id)
        return touched

    async def read(self, query: Query[D]) -> list[D]:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, query)

    async def close(self) -> None:
        self._closed = True
        with ThreadPoolExecutor(1) as once:
            await asyncio.get_running_loop().run_in_executor(once, self._close)

    def _close(self) -> None:
        self._readers.shutdown()
        for connection in self._connections:
            connection.close()
        self._connections.clear()
        self._writer.close()  # last: the last connection to close folds the log into the file

    def _read(self, query: Query[D]) -> list[D]:
        sql, values = select(query)
        try:
            # One row and so one step: between steps a thread must win Python's lock again, which in a crowd took more
            # than the reading itself.
            ((docs,),) = self._reader().execute(f"select '[' || group_concat(doc) || ']' from ({sql})", values)
        except sqlite3.Error as error:
            raise translate(error, self.path) from error
        revive = query.match.kind.revive
        return [revive(raw) for raw in orjson.loads(docs or "[]")]

    def _reader(self) -> sqlite3.Connection:
        """This thread's connection, made at its first read."""
        if not hasattr(self._own, "connection"):
            self._own.connection = connect(self.path, read_only=True)
            self._connections.append(self._own.connection)
        connection: sqlite3.Connection = self._own.connection
        return connection


def select(query: Query[D]) -> tuple[str, list[str]]:
    """The query as SQL and its values."""
    where, values = _where(query.match)
    direction, beyond = ("desc", "<") if query.newest_first else ("asc", ">")
    if query.after is not None:
        where += f" and (at, id) {beyond} (?, ?)"
        values += [_text(query.after[0]), query.after[1]]
    table = query.match.kind.name
    sql = f"select doc from {table} where {where} order by at {direction}, id {direction} limit ?"
    return sql, [*values, str(query.limit)]


def statement(change: Change[D]) -> Statement:
    """The change as one SQL statement and its values; the document is encoded now, on the caller's thread."""
    if isinstance(change, Insert | Upsert):
        kind, raw = change.kind, change.kind.freeze(change.document)
        sql = f"insert into {kind.name} (id, owner, at, doc) values {ROW}"
        if isinstance(change, Upsert):
            sql += " on conflict (id) do update set at = excluded.at, doc = excluded.doc where owner = excluded.owner"
        return sql, (raw["id"], raw[kind.owner], _text(raw[kind.order]), _json(raw))
    where, values = _where(change.match)
    table = change.match.kind.name
    if isinstance(change, Patch):
        sets = "".join(f", '$.{name}', json(?)" for name in change.fields)
        values = [*(_json(value) for value in change.fields.values()), *values]
        return f"update {table} set doc = json_set(doc{sets}) where {where}", values
    return f"delete from {table} where {where}", values


def _where(match: Match[D]) -> tuple[str, list[str]]:
    clauses: list[str] = ["1"]
    values: list[str] = []
    if match.owner is not None:
        clauses.append("owner = ?")
        values.append(match.owner)
    for name, value in match.where.items():
        clauses.append("id = ?" if name == "id" else f"{field(name)} = ?")
        values.append(value)
    if match.expired_by is not None:
        due = f"{field('expires_at')} is not null and {field('expires_at')} <= ?"
        values.append(_text(match.expired_by))
        if match.undated_by is not None:
            due = f"({due} or {field('expires_at')} is null and at <= ?)"
            values.append(_text(match.undated_by))
        clauses.append(due)
    return " and ".join(clauses), values


def _json(value: Any) -> str:
    try:
        text = orjson.dumps(value, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME)
    except TypeError as error:  # an integer of more than 64 bits
        raise BadQuery(f"cannot be stored: {error}") from error
    if len(text) > MAX_DOCUMENT:
        raise BadQuery(f"cannot be stored: {len(text)} bytes, and a document may have {MAX_DOCUMENT}")
    return text.decode()


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return _text(value)
    raise TypeError(f"not storable: {type(value).__name__}")


def _text(moment: dt.datetime) -> str:
    """Fixed width and UTC, so that text order is time order."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds")
