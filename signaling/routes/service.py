"""`/health` and `/metrics`: what is running here, and how it does.

It must not know how any of it works.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Literal

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field

from media.errors import DeyeonsoError
from signaling.api import Api
from signaling.config import is_loopback
from signaling.context import CONTEXT
from signaling.metrics import METRICS, METRICS_TOKEN

api = Api("service", "서비스 · The service itself")


class Occupancy(BaseModel):
    """How many calls are on, and how many there may be."""

    active: int
    limit: int


class Health(BaseModel):
    """The service is up, with these engines and this store."""

    status: Literal["ok"] = "ok"
    engines: dict[str, str]
    store: str = Field(description='"embedded", "mongodb by motor" or "mongodb by pymongo"')
    calls: Occupancy


@api.get("/health", "상태 · Is it up, with which engines?", public=True)
async def health(request: web.Request) -> Health:
    context = request.app[CONTEXT]
    calls = Occupancy(active=len(context.calls), limit=context.calls.limit)
    return Health(engines=context.engines.names, store=context.store.name, calls=calls)


@api.get("/metrics", "수치 · Figures for Prometheus", public=True, answers={200: "text/plain"}, errors=["forbidden"])
async def metrics(request: web.Request) -> web.Response:
    """For this machine itself; for others with `Authorization: Bearer METRICS_TOKEN`, where one is configured."""
    if not may_see_metrics(request.remote, request.headers, request.app[METRICS_TOKEN]):
        raise DeyeonsoError("forbidden", "figures are for this machine, or for who knows METRICS_TOKEN", "caller")
    context = request.app[CONTEXT]
    calls = context.calls
    figures = request.app[METRICS].expose(
        active=len(calls), limit=calls.limit, unsaved=calls.unsaved, writing=context.store.writing
    )
    return web.Response(body=figures, headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})


def may_see_metrics(remote: str | None, headers: Mapping[str, str], token: str) -> bool:
    """A request that a proxy passed on is not from this machine, whatever its address says."""
    if token:
        given = headers.get("Authorization", "")
        return hmac.compare_digest(given.encode("utf-8", "replace"), f"Bearer {token}".encode())
    passed_on = any(name in headers for name in ("Forwarded", "X-Forwarded-For", "Via"))
    return remote is not None and is_loopback(remote) and not passed_on
