"""What the routes share, under one typed key of the application.

It must not know any route.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from persona.conversation import Patience
from signaling.auth import Identity, unauthorized
from signaling.call_limits import CallLimits
from signaling.calls import Calls
from signaling.cast import Cast
from signaling.chats import Chats
from signaling.consents import require
from signaling.engines import Engines
from signaling.ice import Ice
from signaling.lease import Lease
from signaling.readers import Readers
from signaling.sdp import Policy
from signaling.streams import Streams
from signaling.tickets import Tickets, read_ticket
from signaling.uploads import Uploads
from storage import Store
from storage.types import ConsentTo
from storage.vault import Vault


@dataclass(frozen=True, slots=True)
class Context:
    """The service's parts, for a route to ask."""

    calls: Calls
    engines: Engines
    cast: Cast
    store: Store
    chats: Chats
    uploads: Uploads
    readers: Readers
    policy: Policy
    ice: Ice
    limits: CallLimits
    patience: Patience
    guests: bool  # nobody signs in: everybody is the one local guest
    abroad: frozenset[str]  # engines (stt, llm, tts) that send what is said to another country
    vault: Vault | None  # where recordings are kept; None: nothing is recorded
    streams: Streams = field(default_factory=Streams)

    async def require(self, user_id: str, *consents: ConsentTo, engines: Sequence[str] = ()) -> None:
        """What this person must have agreed to; `engines` (stt, llm, tts) may send abroad. Raises `consent_needed`."""
        abroad: tuple[ConsentTo, ...] = ("transfer_abroad",) if self.abroad.intersection(engines) else ()
        await require(self.store, user_id, self.guests, *consents, *abroad)


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a page needs to sign a person in; `required` is False where everybody is the local guest."""

    required: bool = False
    supabase_url: str | None = None
    anon_key: str | None = None


CONTEXT = web.AppKey("context", Context)
CHECK: web.AppKey[Callable[[object], Awaitable[Identity]]] = web.AppKey("check")
TICKETS = web.AppKey("tickets", Tickets)
SIGN_IN = web.AppKey("sign_in", SignIn)
IDENTITY = web.RequestKey("identity", Identity)


def identity_of(request: web.Request) -> Identity:
    """Who asks, with all that is known of them. Raises DeyeonsoError `unauthorized` where nobody was let in."""
    if IDENTITY not in request:
        raise unauthorized("unauthorized", "sign in first")
    return request[IDENTITY]


def user_of(request: web.Request) -> str:
    """Who asks: the id that owns what they make. Raises DeyeonsoError `unauthorized`."""
    return identity_of(request).user_id


def lease_of(request: web.Request) -> Lease:
    """How long who asks may stay in what they begin."""
    return Lease(identity_of(request), request.app.get(CHECK))


async def admit(request: web.Request, socket: web.WebSocketResponse) -> Identity:
    """Let a prepared WebSocket in by the ticket that must be its first message; afterwards `user_of` knows who it is.

    Raises DeyeonsoError `ticket_invalid`, the socket told and closed: return the socket then.
    """
    request[IDENTITY] = identity = await read_ticket(socket, request.app[TICKETS])
    return identity
