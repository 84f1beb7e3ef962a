"""One-time tickets: a WebSocket carries no Authorization header, so what it may do is asked for before, over HTTP.

It must not know what a socket is for. A ticket is the first message of a connection and never part of an address,
which ends up in logs and histories.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict

import orjson
from aiohttp import WSMsgType, web

from media.clock import monotonic
from media.errors import DeyeonsoError
from signaling.auth import Identity, unauthorized

LIFETIME = 60.0  # s
DEADLINE = 5.0  # s for the first message
OUTSTANDING = 20_000  # tickets nobody has used yet; the oldest go first
REFUSED = 4401  # the WebSocket close code for whom there is no entry


class Tickets:
    """Issued to a person, redeemed once, within LIFETIME. Times are monotonic seconds, given as arguments."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, tuple[float, Identity]] = OrderedDict()

    def issue(self, identity: Identity, now: float) -> str:
        """A new ticket for this person."""
        while self._open and (len(self._open) >= OUTSTANDING or next(iter(self._open.values()))[0] <= now):
            self._open.popitem(last=False)
        ticket = secrets.token_urlsafe(32)
        self._open[ticket] = (now + LIFETIME, identity)
        return ticket

    def redeem(self, ticket: object, now: float) -> Identity:
        """Whose it was; it is used up. Raises DeyeonsoError `ticket_invalid`."""
        until, identity = self._open.pop(ticket, (0.0, None)) if isinstance(ticket, str) else (0.0, None)
        if identity is None or until <= now:
            raise unauthorized("ticket_invalid", "a ticket is good for one connection within a minute")
        return identity


async def read_ticket(socket: web.WebSocketResponse, tickets: Tickets) -> Identity:
    """Read the ticket that must be a prepared socket's first message, `{"type": "ticket", "ticket": "…"}`.

    Raises DeyeonsoError `ticket_invalid` once the socket has been told and closed with REFUSED.
    """
    try:
        async with asyncio.timeout(DEADLINE):
            first = await socket.receive()
        message = orjson.loads(first.data) if first.type is WSMsgType.TEXT else None
        ticket = message.get("ticket") if isinstance(message, dict) and message.get("type") == "ticket" else None
        return tickets.redeem(ticket, monotonic())
    except (TimeoutError, orjson.JSONDecodeError):
        error = unauthorized("ticket_invalid", "the first message must be a ticket, within five seconds")
    except DeyeonsoError as refused:
        error = refused
    if not socket.closed:
        await socket.send_json({"type": "error", "error": {"code": error.code, "message": error.message}})
        await socket.close(code=REFUSED, message=error.code.encode())
    raise error
