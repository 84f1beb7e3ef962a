"""SQLite's file: opened, checked, laid out, migrated; a damaged one is named and copied, never overwritten.

It must not know queries.
"""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from pathlib import Path

from media.errors import DeyeonsoError
from storage.errors import StoreBroken, StoreUnavailable
from storage.kinds import KINDS

BUSY_S = 5.0  # how long to wait for another program that writes
FILE_NAME = "deyeonso.db"
LAYOUT = 1
# layout n → the SQL that makes layout n+1 of it; tables and indexes that are merely missing are made at every start.
MIGRATIONS: dict[int, str] = {}

_HEADER = b"SQLite format 3\0"
_CHECK_UP_TO = 1 << 30  # bytes: 150 MiB took .2 s when measured; a check of much more would hold up the start


def prepare(path: Path) -> Path:
    """Make the file, or check and migrate it; `path` may be its folder. Returns where it is.

    Raises StoreBroken (`store_corrupt`, `store_newer`), StoreUnavailable.
    """
    path = path / FILE_NAME if path.is_dir() else path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(0o600)  # people's words are no one else's to read; SQLite gives its log the same mode
        with path.open("r+b") as file:  # a place that cannot be written is told apart from a damaged file
            header = file.read(len(_HEADER))
    except OSError as error:
        raise StoreUnavailable(f"cannot write the database {path}: {error.strerror}") from error
    if header and header != _HEADER:
        raise _corrupt(path, "it is not an SQLite file", _copy(path))
    connection = None
    try:
        connection = connect(path)
        if path.stat().st_size <= _CHECK_UP_TO:
            (verdict,) = connection.execute("pragma quick_check(1)").fetchone()
            if verdict != "ok":
                raise _corrupt(path, verdict, _copy(path))
        _lay_out(connection, path)
    except sqlite3.Error as error:
        told = translate(error, path)
        raise (_corrupt(path, str(error), _copy(path)) if told.code == "store_corrupt" else told) from error
    finally:
        if connection is not None:
            connection.close()
    return path


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode; a writer's commits reach the disk before they return."""
    connection = sqlite3.connect(
        path, timeout=BUSY_S, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    if read_only:
        connection.execute("pragma query_only = on")
    else:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        connection.execute("pragma secure_delete = on")  # what a person has deleted is not to be found in free pages
        connection.execute("pragma journal_size_limit = 67108864")
    return connection


def translate(error: sqlite3.Error, path: Path) -> DeyeonsoError:
    """SQLite's error in the store's words."""
    extended = getattr(error, "sqlite_errorcode", 0)
    code = extended & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return _corrupt(path, str(error), "a copy is made at the next start")
    if code == sqlite3.SQLITE_FULL or extended == sqlite3.SQLITE_IOERR_WRITE:  # the latter for quotas and limits
        return StoreUnavailable(f"no room for the database {path}: {error}", code="store_full")
    return StoreUnavailable(f"the database {path} does not answer: {error}")


def _lay_out(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("begin immediate")
    (layout,) = connection.execute("pragma user_version").fetchone()
    if layout > LAYOUT:
        connection.execute("rollback")
        raise StoreBroken(
            "store_newer", f"{path} was written by a newer release (layout {layout}, this one has {LAYOUT})"
        )
    if layout:
        for step in range(layout, LAYOUT):
            for statement in MIGRATIONS[step].split(";"):
                connection.execute(statement)
    for kind in KINDS:
        table = kind.name
        connection.execute(
            f"create table if not exists {table} "
            "(id text primary key, owner text not null, at text not null, doc text not null) strict"
        )
        connection.execute(f"create index if not exists {table}_owner on {table} (owner, at, id)")
        for name in kind.filters:
            connection.execute(f"create index if not exists {table}_{name} on {table} (owner, {field(name)}, at, id)")
        if kind.expires:
            expiry = field("expires_at")
            connection.execute(
                f"create index if not exists {table}_expiry on {table} ({expiry}) where {expiry} is not null"
            )
    connection.execute(f"pragma user_version = {LAYOUT}")
    connection.execute("commit")


def field(name: str) -> str:
    """The SQL of a document's field: the same text in index and query, or SQLite does not use the index."""
    return f"json_extract(doc, '$.{name}')"


def _corrupt(path: Path, why: str, copied: str) -> StoreBroken:
    return StoreBroken(
        "store_corrupt",
        f"the database {path} is damaged ({why}); it was left as it is and {copied}. "
        "Restore a backup, or move it away to start empty.",
    )


def _copy(path: Path) -> str:
    """Copies the file and its log beside it, once per state of the file (a restart loop must not fill the disk)."""
    stamp = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    backup = path.with_name(f"{path.name}.corrupt-{stamp}")
    try:
        if not backup.exists():
            for suffix in ("-wal", "-shm", ""):  # the file itself last: its copy says that the copy is whole
                source = path.with_name(path.name + suffix)
                if source.exists():
                    shutil.copy2(source, backup.with_name(backup.name + suffix))
    except OSError as error:
        return f"could not be copied ({error.strerror})"
    return f"a copy is in {backup.name}"
