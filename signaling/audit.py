"""Who looked at whose data: one line in the store for each look, kept for a while and shown to whose data it is.

It must not know what the data says. The same look again within a few minutes is the same look.
"""

from __future__ import annotations

from collections import OrderedDict

from aiohttp import web

from media.clock import monotonic
from signaling.context import CONTEXT, user_of
from signaling.errors import Handler
from storage import Access, Store

AGAIN = 600.0  # s in which the same look at the same thing is not told twice
REMEMBERED = 10_000  # looks
# Routes that show what a person said, or how they looked: target by address. Their owner is who may ask at all.
SHOWN = {
    "/chat/sessions/{id}/messages": "messages",
    "/sessions/{id}/feedback": "feedback",
    "/sessions/{id}/timeline": "timeline",
    "/sessions/{id}/recording": "recording",
}


class Audit:
    """Writes the lines; one a service."""

    def __init__(self) -> None:
        self._told: OrderedDict[tuple[str, str, str, str], float] = OrderedDict()

    async def note(self, store: Store, *, user_id: str, actor: str, action: str, target: str) -> None:
        """`actor` did `action` with `target` of `user_id`. Raises StoreUnavailable: what cannot be told is not done."""
        look, now = (user_id, actor, action, target), monotonic()
        told = self._told.get(look)
        if action == "read" and told is not None and now - told < AGAIN:
            return
        await store.add(Access(user_id=user_id, actor=actor, action=action, target=target))
        self._told[look] = now
        self._told.move_to_end(look)
        while len(self._told) > REMEMBERED:
            self._told.popitem(last=False)


AUDIT = web.AppKey("audit", Audit)


@web.middleware
async def audit_reads(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Behind the sign-in: notes who is shown what. A look that was refused is none."""
    response = await handler(request)
    resource = request.match_info.route.resource
    what = None if resource is None or request.method != "GET" else SHOWN.get(resource.canonical)
    if what is not None and response.status < 300:
        user_id, target = user_of(request), f"sessions/{request.match_info['id']}/{what}"
        store = request.app[CONTEXT].store
        await request.app[AUDIT].note(store, user_id=user_id, actor=user_id, action="read", target=target)
    return response
