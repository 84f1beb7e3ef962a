"""What the routes share, under one typed key of the application.

It must not know any route.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web
from aiortc import RTCIceServer

from persona import PersonaManager
from persona.conversation import Patience
from signaling.call import CallLimits
from signaling.calls import Calls
from signaling.engines import Engines
from signaling.sdp import Policy
from storage import Store


@dataclass(frozen=True, slots=True)
class Context:
    """The service's parts, for a route to ask."""

    calls: Calls
    engines: Engines
    personas: PersonaManager
    store: Store
    policy: Policy
    ice_servers: tuple[RTCIceServer, ...]
    limits: CallLimits
    patience: Patience


CONTEXT = web.AppKey("context", Context)
GUEST = "guest"  # the one local user where no identity is configured


def user_of(request: web.Request) -> str:
    """Who asks: the id that owns what they make."""
    return GUEST
