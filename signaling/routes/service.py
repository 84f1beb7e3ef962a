"""`/health` and `/personas`: what is running here and who can be called.

It must not know how either works.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from persona.schema import Persona
from signaling.context import CONTEXT

routes = web.RouteTableDef()


@routes.get("/health")
async def health(request: web.Request) -> web.Response:
    context = request.app[CONTEXT]
    return web.json_response(
        {
            "status": "ok",
            "engines": context.engines.names,
            "calls": {"active": len(context.calls), "limit": context.calls.limit},
        }
    )


def introduce(persona: Persona) -> dict[str, Any]:
    """What a page may know of a persona."""
    shown = persona.model_dump(include={"id", "name", "age", "mbti", "job", "personality", "hobbies", "tagline"})
    return {**shown, "portrait": f"/static/portraits/{persona.id}.svg"}


@routes.get("/personas")
async def list_personas(request: web.Request) -> web.Response:
    personas = request.app[CONTEXT].personas
    return web.json_response(
        {
            "personas": [introduce(persona) for persona in personas.list_personas()],
            "active": personas.get_active_persona().id,
        }
    )


@routes.get("/personas/{id}")
async def get_persona(request: web.Request) -> web.Response:
    return web.json_response(introduce(request.app[CONTEXT].personas.get_persona(request.match_info["id"])))


@routes.post("/personas/{id}/activate")
async def activate(request: web.Request) -> web.Response:
    persona = request.app[CONTEXT].personas.set_active_persona(request.match_info["id"])
    return web.json_response(introduce(persona))
