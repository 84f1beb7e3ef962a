"""How much one person, and all together, may ask for: a rule for each kind of work, kept by two middlewares.

It must not know what the work is. A rule that is broken is a 429 for one's own doing (too often, or too much at once)
and a 503 for everybody's; both say when to come back.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from aiohttp import web
from aiohttp.typedefs import Middleware

from media.clock import monotonic
from media.errors import DeyeonsoError
from signaling.context import IDENTITY
from signaling.entry import BY_TICKET, is_public, route_of
from signaling.errors import Handler
from signaling.gate import Gate

Kind = Literal["requests", "sockets", "offers", "relays", "chat", "media", "uploads", "exports", "strangers"]
REMEMBERED = 20_000  # (kind, person) pairs whose gate is kept; one that is forgotten starts anew
FULL = 2.0  # s to come back after, where something else must end first


@dataclass(frozen=True, slots=True)
class Rule:
    """`per_minute` on average and `burst` in a row; `at_once` of one's own under way, `together` of everybody's."""

    per_minute: float
    burst: int
    at_once: int
    together: int


RULES: Mapping[Kind, Rule] = {
    "requests": Rule(per_minute=3000, burst=500, at_once=64, together=1024),
    "offers": Rule(per_minute=60, burst=40, at_once=8, together=32),
    "relays": Rule(per_minute=60, burst=40, at_once=8, together=64),
    "chat": Rule(per_minute=60, burst=30, at_once=4, together=64),
    "media": Rule(per_minute=60, burst=30, at_once=4, together=16),
    "uploads": Rule(per_minute=60, burst=30, at_once=4, together=16),
    "exports": Rule(per_minute=6, burst=6, at_once=1, together=4),
    # By address, before anything is known of who it is. Many people may share one.
    "sockets": Rule(per_minute=1200, burst=300, at_once=300, together=2000),
    "strangers": Rule(per_minute=12_000, burst=2000, at_once=256, together=2048),
}
_WORK: Mapping[tuple[str, str], Kind] = {
    ("POST", "/calls"): "offers",
    ("POST", "/api/offer"): "offers",
    ("GET", "/ice-servers"): "relays",
    ("POST", "/chat"): "chat",
    ("POST", "/personas/try"): "chat",
    ("POST", "/voice/analyze"): "media",
    ("POST", "/voice/tts"): "media",
    ("POST", "/face/analyze"): "media",
    ("POST", "/upload/audio"): "uploads",
    ("POST", "/upload/image"): "uploads",
    ("GET", "/users/me/export"): "exports",
}


def kind_of(request: web.Request) -> Kind:
    """What kind of work a request is."""
    return _WORK.get((request.method, route_of(request) or ""), "requests")


class Limits:
    """Counts who does what. Times are monotonic seconds, given as arguments."""

    def __init__(self, rules: Mapping[Kind, Rule] = RULES) -> None:
        self._rules = rules
        self._gates: OrderedDict[tuple[Kind, str], Gate] = OrderedDict()
        self._own: Counter[tuple[Kind, str]] = Counter()
        self._all: Counter[Kind] = Counter()

    @contextmanager
    def slot(self, kind: Kind, who: str, now: float) -> Iterator[None]:
        """Hold it while the work is under way. Raises DeyeonsoError `too_many_requests` | `overloaded`."""
        rule = self._rules[kind]
        gate = self._gate(kind, who, rule)
        if not gate.admits(now):
            raise _too_many("너무 자주 요청했어요. 잠시 쉬었다가 다시 해 주세요.", gate.wait())
        if self._own[kind, who] >= rule.at_once:
            raise _too_many("앞선 요청이 아직 끝나지 않았어요. 끝난 뒤에 다시 해 주세요.", FULL)
        if self._all[kind] >= rule.together:
            raise DeyeonsoError("overloaded", "지금은 요청이 많아요. 잠시 뒤에 다시 해 주세요.", retry_after=FULL)
        self._own[kind, who] += 1
        self._all[kind] += 1
        try:
            yield
        finally:
            self._all[kind] -= 1
            self._own[kind, who] -= 1
            if not self._own[kind, who]:
                del self._own[kind, who]

    def _gate(self, kind: Kind, who: str, rule: Rule) -> Gate:
        gate = self._gates.get((kind, who))
        if gate is None:
            gate = self._gates[kind, who] = Gate(rule.per_minute / 60, rule.burst)
            while len(self._gates) > REMEMBERED:
                self._gates.popitem(last=False)
        self._gates.move_to_end((kind, who))
        return gate


def _too_many(message: str, wait: float) -> DeyeonsoError:
    return DeyeonsoError("too_many_requests", message, "caller", retry_after=wait)


def by_address(limits: Limits, address_of: Callable[[web.Request], str]) -> Middleware:
    """For who is not known yet: everything that is not public, and sockets while they are open."""

    @web.middleware
    async def limit(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            # It may be a thousand times as long as it looks, and would be unpacked on the event loop.
            raise DeyeonsoError("unsupported_media_type", "send the body uncompressed", "caller")
        if is_public(request):
            return await handler(request)
        kind: Kind = "sockets" if (route_of(request) or "").startswith(BY_TICKET) else "strangers"
        with limits.slot(kind, address_of(request), monotonic()):
            return await handler(request)

    return limit


def by_person(limits: Limits) -> Middleware:
    """For who has been let in."""

    @web.middleware
    async def limit(request: web.Request, handler: Handler) -> web.StreamResponse:
        if IDENTITY not in request:
            return await handler(request)
        with limits.slot(kind_of(request), request[IDENTITY].user_id, monotonic()):
            return await handler(request)

    return limit
