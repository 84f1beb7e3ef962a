"""`POST /chat`: a typed line to the persona, her answer whole or sentence by sentence as server-sent events.

It must not know how she answers (signaling/chats.py) nor what a model is.
"""

from __future__ import annotations

import datetime as dt
from contextlib import aclosing
from typing import Annotated

import structlog
from aiohttp import web
from pydantic import BaseModel, Field

from media.errors import DeyeonsoError
from signaling.api import INK, Api, Body, reply
from signaling.chats import Exchange
from signaling.context import CONTEXT, Context, user_of
from signaling.errors import Error, Fault
from signaling.presence import while_connected
from storage import ChatSession

api = Api("chat", "글로 하는 대화 · Typed chat")
log = structlog.get_logger()
EVENTS = "text/event-stream"
ENGINE_ERRORS = ("llm_unavailable", "llm_unauthorized", "llm_cut_off", "llm_rate_limited", "llm_timeout")
LONGEST = 2000  # characters of one line


class Say(Body):
    """A line to the persona: in a session of yours, or in a new one."""

    message: Annotated[str, Field(min_length=1, max_length=LONGEST, pattern=INK)]
    session_id: str | None = Field(default=None, max_length=256)
    persona_id: str | None = Field(default=None, max_length=40, description="for a new session; the active one if not")
    stream: bool = Field(default=False, description="as server-sent events, as with Accept: text/event-stream")


class Started(BaseModel):
    """The `started` event: where the answer belongs."""

    session_id: str
    persona_id: str


class Sentence(BaseModel):
    """A `sentence` event."""

    text: str


class ChatReply(BaseModel):
    """Her whole answer, and the `done` event. It is stored by the time it is sent."""

    session_id: str
    persona_id: str
    persona_name: str
    message_id: str
    response: str
    timestamp: dt.datetime
    intimacy: int = Field(ge=0, le=100, description="closeness after this exchange")


@api.post(
    "/chat",
    "말 걸기 · Say something, get her answer",
    answers={200: (ChatReply, EVENTS)},
    errors=["not_found", "persona_unknown", "persona_mismatch", "consent_needed", *ENGINE_ERRORS],
)
async def chat(request: web.Request, body: Say) -> web.StreamResponse:
    """As events: `started`, a `sentence` each, then `done` or `error`. Leaving stops the model."""
    context, user_id = request.app[CONTEXT], user_of(request)
    await context.require(user_id, "call", engines=["llm"])
    response: web.StreamResponse
    if body.session_id is None:
        session = await context.chats.begin_session(user_id, body.persona_id)
    else:
        session = await context.store.get(ChatSession, body.session_id, owner=user_id)
        if body.persona_id not in (None, session.persona_id):
            message = f"this session is with {session.persona_id}; leave session_id out to begin another"
            raise DeyeonsoError("persona_mismatch", message, "caller")
    kept = False
    try:
        async with context.chats.exchange(session, body.message) as exchange:
            if body.stream or EVENTS in request.headers.get("Accept", ""):
                response = await _streamed(request, context, exchange)
            else:
                async with while_connected(request), aclosing(exchange.sentences()) as sentences:
                    async for _ in sentences:
                        pass
                response = reply(await _kept(context, exchange))
            kept = exchange.kept
    finally:
        if not kept and body.session_id is None:  # nothing was said in it: as if it had never begun
            await context.store.delete(ChatSession, session.id, owner=user_id)
    return response


async def _kept(context: Context, exchange: Exchange) -> ChatReply:
    hers, memory = await exchange.keep()
    session = exchange.sitting.session
    if memory.facts or memory.summary:
        for call in context.calls.of(session.user_id):  # one that goes on with her must not write over it at its end
            if call.persona.id == session.persona_id:
                call.reminded(memory)
    return ChatReply(
        session_id=session.id,
        persona_id=session.persona_id,
        persona_name=session.persona_name,
        message_id=hers.id,
        response=hers.content,
        timestamp=hers.timestamp,
        intimacy=round(memory.intimacy),
    )


async def _streamed(request: web.Request, context: Context, exchange: Exchange) -> web.StreamResponse:
    session = exchange.sitting.session
    response = web.StreamResponse(headers={"Content-Type": EVENTS, "Cache-Control": "no-store"})
    response.headers["X-Accel-Buffering"] = "no"  # a proxy must not hold sentences back
    await response.prepare(request)
    shown = False
    try:
        async with while_connected(request):
            await _send(response, "started", Started(session_id=session.id, persona_id=session.persona_id))
            async with aclosing(exchange.sentences()) as sentences:
                async for sentence in sentences:
                    await _send(response, "sentence", Sentence(text=sentence))
                    shown = True
        await _send(response, "done", await _kept(context, exchange))
    except ConnectionError:
        if shown:
            await _kept(context, exchange)
    except Exception as error:
        fault = error if isinstance(error, DeyeonsoError) else DeyeonsoError("internal", "something went wrong here")
        if fault is not error:
            log.exception("chat_failed", session=session.id)
        if shown:
            await _kept(context, exchange)
        await _send(response, "error", Error(error=Fault(code=fault.code, message=fault.message)))
    return response


async def _send(response: web.StreamResponse, event: str, data: BaseModel) -> None:
    await response.write(f"event: {event}\ndata: {data.model_dump_json()}\n\n".encode())
