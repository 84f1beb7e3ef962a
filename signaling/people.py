"""Keeps the stored user up to date with what the identity provider says of them.

It must not hold a request up for long nor fail it: a store that is down is no reason not to know somebody.
"""

from __future__ import annotations

from collections import OrderedDict

import structlog

from signaling.auth import Identity
from storage import Duplicate, NotFound, Store, StoreUnavailable, User
from storage.types import now

log = structlog.get_logger()

REMEMBERED = 10_000  # people whose stored user is known to be right


class People:
    """`note` everybody who comes; only the first time, or after a change, anything is written."""

    def __init__(self) -> None:
        self._noted: OrderedDict[str, tuple[str | None, str]] = OrderedDict()

    async def note(self, identity: Identity, store: Store) -> None:
        """Make or update the stored user of this person."""
        told = (identity.email, identity.name)
        if self._noted.get(identity.user_id) == told:
            return
        try:
            await _keep(identity, store)
        except StoreUnavailable as error:
            log.warning("user_not_kept", code=error.code)
            return
        self._noted[identity.user_id] = told
        self._noted.move_to_end(identity.user_id)
        while len(self._noted) > REMEMBERED:
            self._noted.popitem(last=False)


async def _keep(identity: Identity, store: Store) -> None:
    """A name the person chose here is not overwritten by one they never gave the provider."""
    try:
        known = await store.get(User, identity.user_id, owner=identity.user_id)
    except NotFound:
        try:
            await store.add(User(id=identity.user_id, email=identity.email, name=identity.name))
            return
        except Duplicate:  # two first requests at once
            known = await store.get(User, identity.user_id, owner=identity.user_id)
    changed = {"email": identity.email} if identity.email != known.email else {}
    if identity.name and not known.name:
        changed["name"] = identity.name
    if changed:
        await store.update(User, known.id, owner=known.id, **changed, updated_at=now())
