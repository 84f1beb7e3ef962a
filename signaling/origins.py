"""Which web pages may use the service: its own, and those of the sites that are listed. The others' are turned away.

It must not know who is asking: a browser sends a request for whatever page is open in it, so being signed in (or, for
the local guest, being on this machine) says nothing about who wrote that page. Programs that are no browsers send no
`Origin` and are not concerned.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware

from media.errors import DeyeonsoError
from signaling.errors import Handler

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match, Last-Event-ID",
    "Access-Control-Max-Age": "600",
}
_SHOWN = {
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Expose-Headers": "Location, ETag, Retry-After, WWW-Authenticate",
}


@dataclass(frozen=True, slots=True)
class Origins:
    """`allowed`: other sites' origins. `hosts`: the names this service answers to, None for any.

    Where everybody on this machine is the same guest, names matter: a page of the attacker's may make its own name mean
    127.0.0.1 (DNS rebinding), and would then be of the same origin as what it reads.
    """

    allowed: frozenset[str] = frozenset()
    hosts: frozenset[str] | None = None

    def welcomes(self, origin: str, host: str) -> bool:
        """May a page of `origin` speak to the service at `host` (the request's own header)?"""
        if origin in self.allowed:
            return True
        return origin.lower() in (f"http://{host}".lower(), f"https://{host}".lower())

    def answers_to(self, host: str) -> bool:
        """Is `host` a name of this service?"""
        return self.hosts is None or _name(host) in self.hosts


def local(allowed: Collection[str]) -> Origins:
    """For a service whose guests are whoever is on this machine."""
    own = {_name(urlsplit(origin).netloc) for origin in allowed}
    return Origins(frozenset(allowed), frozenset({"localhost", "127.0.0.1", "::1", *own}))


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def turn_away(origins: Origins) -> Middleware:
    """The middleware: refuses what a foreign page asks for, and answers preflights."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not origins.answers_to(request.host):
            raise DeyeonsoError("host_refused", "this service does not answer to that name", "caller")
        origin = request.headers.get("Origin")
        socket = request.headers.get("Upgrade", "").lower() == "websocket"
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            if origin in origins.allowed:
                return web.Response(status=204, headers=_PREFLIGHT)
            raise _refused()
        if request.method not in _READING or socket:
            foreign = request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
            if foreign if origin is None else not origins.welcomes(origin, request.host):
                raise _refused()
        return await handler(request)

    return check


def _refused() -> DeyeonsoError:
    return DeyeonsoError("origin_refused", "pages of this origin may not use the service (CORS_ORIGINS)", "caller")


def show_to(origins: Origins, request: web.Request, response: web.StreamResponse) -> None:
    """Let a listed site's page read the answer."""
    response.headers.add("Vary", "Origin")
    origin = request.headers.get("Origin")
    if origin in origins.allowed:
        response.headers.update({"Access-Control-Allow-Origin": origin, **_SHOWN})
