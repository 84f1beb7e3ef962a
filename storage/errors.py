"""What can go wrong with keeping things, each with a stable code.

It must not know drivers: adapters translate theirs into these.
"""

from __future__ import annotations

from media.errors import DeyeonsoError


class NotFound(DeyeonsoError):
    """No such document, or it is someone else's: the two look the same on purpose."""

    def __init__(self, what: str, id: str) -> None:
        super().__init__("not_found", f"no {what} with the id {id!r}", whose="caller")


class Duplicate(DeyeonsoError):
    """The id is taken (perhaps by someone else's document)."""

    def __init__(self, what: str, id: str) -> None:
        super().__init__("duplicate", f"{what} {id!r} exists already", whose="caller")


class BadQuery(DeyeonsoError):
    """A cursor, id or filter that makes no sense."""

    def __init__(self, message: str) -> None:
        super().__init__("bad_query", message, whose="caller")


class StoreUnavailable(DeyeonsoError):
    """The database does not answer, or has no room (`store_full`): nothing was acknowledged, try again later."""

    def __init__(self, message: str, code: str = "store_unavailable") -> None:
        super().__init__(code, message)


class StoreBroken(DeyeonsoError):
    """Of no use until someone acts: `store_corrupt`, `store_newer`, `store_unreadable`, `bad_store_url`,
    `key_wrong`, `media_damaged`."""
