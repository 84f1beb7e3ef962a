"""Who gets in: every request has an identity before its handler runs, but for the few that anybody may make.

It must not know how a token is checked. A new route is closed until somebody says that it is public.
"""

from __future__ import annotations

import re
from contextlib import suppress

from aiohttp import web
from aiohttp.typedefs import Middleware

from media.errors import DeyeonsoError
from signaling.auth import GUEST, Auth, Identity, unauthorized
from signaling.context import CONTEXT, IDENTITY
from signaling.errors import Handler
from signaling.people import People

# What describes the service and shows nothing of a person. Pages and routes of the API say that they are public where
# they are declared.
PUBLIC = frozenset({"/favicon.ico", "/static", "/openapi.json", "/docs"})
BY_TICKET = "/ws/"  # sockets under it prove who they are by their first message (signaling/tickets.py)
_SECRET_NAMES = frozenset({"token", "access_token", "ticket", "refresh_token", "resume_token"})
_PARAMETER = re.compile(r"\{[^}]*\}")


def route_of(request: web.Request) -> str | None:
    """The address as it was registered, its parameters as `{}`; None where there is no such route."""
    resource = request.match_info.route.resource
    return None if resource is None else _PARAMETER.sub("{}", resource.canonical)


def is_public(request: web.Request) -> bool:
    """May anybody ask for this?"""
    if getattr(request.match_info.handler, "public", False):
        return True
    return request.method in ("GET", "HEAD") and route_of(request) in PUBLIC


def entry(auth: Auth | None) -> Middleware:
    """The middleware. Without `auth` everybody is the local guest (who may come is then a matter of the address)."""
    people = People()

    @web.middleware
    async def enter(request: web.Request, handler: Handler) -> web.StreamResponse:
        if _SECRET_NAMES & request.query.keys():
            raise DeyeonsoError("secret_in_address", "tokens and tickets never go into an address", "caller")
        route = route_of(request)
        if route is None or is_public(request):
            # Open to everybody, and yet it may show more to one who is known (their own personas).
            with suppress(DeyeonsoError):
                if auth is None or "Authorization" in request.headers:
                    request[IDENTITY] = GUEST if auth is None else await identify(request, auth)
            return await handler(request)
        if request.method == "GET" and route.startswith(BY_TICKET):
            return await handler(request)
        identity = GUEST if auth is None else await identify(request, auth)
        request[IDENTITY] = identity
        await people.note(identity, request.app[CONTEXT].store)
        return await handler(request)

    return enter


async def identify(request: web.Request, auth: Auth) -> Identity:
    """Whose bearer token the request carries. Raises DeyeonsoError `unauthorized` and those of `Auth.identify`."""
    given = request.headers.getall("Authorization", [])
    scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthorized("unauthorized", "sign in first: send Authorization: Bearer <access token>")
    return await auth.identify(token.strip())
