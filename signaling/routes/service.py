"""`/health`: what is running here.

It must not know how any of it works.
"""

from __future__ import annotations

from typing import Literal

from aiohttp import web
from pydantic import BaseModel

from signaling.api import Api
from signaling.context import CONTEXT

api = Api("service", "서비스 · The service itself")


class Occupancy(BaseModel):
    """How many calls are on, and how many there may be."""

    active: int
    limit: int


class Health(BaseModel):
    """The service is up, with these engines."""

    status: Literal["ok"] = "ok"
    engines: dict[str, str]
    calls: Occupancy


@api.get("/health", "상태 · Is it up, with which engines?", public=True)
async def health(request: web.Request) -> Health:
    context = request.app[CONTEXT]
    calls = Occupancy(active=len(context.calls), limit=context.calls.limit)
    return Health(engines=context.engines.names, calls=calls)
