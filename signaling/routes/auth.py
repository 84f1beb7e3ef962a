"""`/auth/config` and `/ws/tickets`: how a page signs in, and the one-time ticket for its sockets.

It must not know how a token is checked; passwords never come here, the browser brings them to Supabase itself.
"""

from __future__ import annotations

from aiohttp import web
from pydantic import BaseModel

from media.clock import monotonic
from signaling.api import Api
from signaling.context import SIGN_IN, TICKETS, identity_of
from signaling.tickets import LIFETIME

api = Api("auth", "로그인 · Signing in")


class SignInConfig(BaseModel):
    """Where to sign in; `required` is false where everybody is the local guest. The anon key is meant to be public."""

    required: bool
    supabase_url: str | None
    anon_key: str | None


class Ticket(BaseModel):
    """A socket's first message is to be `{"type": "ticket", "ticket": …}`, within five seconds."""

    ticket: str
    expires_in: int = int(LIFETIME)


@api.get("/auth/config", "어디서 로그인하나 · Where to sign in", public=True)
async def config(request: web.Request) -> SignInConfig:
    sign_in = request.app[SIGN_IN]
    return SignInConfig(required=sign_in.required, supabase_url=sign_in.supabase_url, anon_key=sign_in.anon_key)


@api.post("/ws/tickets", "웹소켓 입장권 · A ticket for one WebSocket", status=201)
async def ticket(request: web.Request) -> Ticket:
    return Ticket(ticket=request.app[TICKETS].issue(identity_of(request), monotonic()))
