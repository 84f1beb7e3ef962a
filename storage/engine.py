"""The seam to databases: three methods, over changes and queries that name their owner.

It must not know what the documents mean nor which database answers. What an engine promises is what the contract
suite (tests/storage) asks of each of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol

from storage.errors import BadQuery
from storage.kinds import D, Kind, Raw

MAX_DOCUMENT = 16 << 20  # bytes: MongoDB's own limit, kept by all so that they stay exchangeable


@dataclass(frozen=True, slots=True)
class Match(Generic[D]):
    """Which documents: all of `owner`'s whose fields equal `where`. Only a sweep of the expired has no owner."""

    kind: Kind[D]
    owner: str | None
    where: Mapping[str, str] = field(default_factory=dict)
    expired_by: dt.datetime | None = None  # only those with expires_at <= this …
    undated_by: dt.datetime | None = None  # … or without one, and made by then

    def __post_init__(self) -> None:
        # Checked here, below everything, so that an operator such as {"$gt": ""} can reach no database as a value.
        if self.owner is not None or self.expired_by is None:
            _check_text("owner", self.owner)
        for name, value in self.where.items():
            if name != "id" and name not in self.kind.filters:
                raise BadQuery(f"{self.kind.name} cannot be found by {name!r}")
            _check_text(name, value)


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise BadQuery(f"{name}: expected text, not {type(value).__name__}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadQuery(f"{name}: not text: half of a surrogate pair") from None


@dataclass(frozen=True, slots=True)
class Query(Generic[D]):
    """Up to `limit` matching documents in (order field, id) order, strictly after the position `after`."""

    match: Match[D]
    limit: int
    newest_first: bool = False
    after: tuple[dt.datetime, str] | None = None


@dataclass(frozen=True, slots=True)
class Insert(Generic[D]):
    """A new document. Raises Duplicate where the id is taken."""

    kind: Kind[D]
    document: D


@dataclass(frozen=True, slots=True)
class Upsert(Generic[D]):
    """A document in place of its owner's of the same id, or new. Raises Duplicate where the id is another's."""

    kind: Kind[D]
    document: D


@dataclass(frozen=True, slots=True)
class Patch(Generic[D]):
    """New values for some fields of what matches; others stay as they are in the database at that moment."""

    match: Match[D]
    fields: Raw


@dataclass(frozen=True, slots=True)
class Remove(Generic[D]):
    """Delete what matches."""

    match: Match[D]


Change = Insert[D] | Upsert[D] | Patch[D] | Remove[D]


class Engine(Protocol):
    """One database. Errors: those of storage.errors and no others."""

    @property
    def name(self) -> str:
        """Which one it is, for the log and `GET /health`."""
        ...

    async def write(self, change: Change[D]) -> int:
        """Apply, each document wholly or not at all; how many documents it touched, once they survive a crash."""
        ...

    async def read(self, query: Query[D]) -> list[D]:
        """What matches, as of every write acknowledged before."""
        ...

    async def close(self) -> None:
        """Finish what was accepted, then let go of the database. Closing twice is fine."""
        ...
