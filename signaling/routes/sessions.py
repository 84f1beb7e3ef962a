"""`/chat/sessions`: what was talked about, call or chat, newest first; to read on, to rename, to delete.

It must not know what happens inside a call or a chat.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from signaling.api import INK, Api, Body, reply
from signaling.context import CONTEXT, user_of
from storage import ChatMessage, ChatSession, Feedback, NotFound

api = Api("sessions", "대화 기록 · Sessions and their lines")
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=INK)]


class PageQuery(BaseModel):
    """Which page: follow `next` of the one before."""

    limit: int = Field(default=50, ge=1, le=200)
    after: str | None = Field(default=None, max_length=200, description="`next` of the page before")


class MessagesQuery(PageQuery):
    """Which page of the lines, and from which end."""

    order: Literal["oldest", "newest"] = Field(default="oldest", description="which come first")


class NewSession(Body):
    """A session to be begun."""

    persona_id: str | None = Field(default=None, max_length=40, description="the active one if not said")
    session_name: Name | None = None


class SessionChange(Body):
    """What of a session may be changed; only what is sent."""

    session_name: Name | None = None
    is_active: bool | None = None


class _Shown(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class SessionView(_Shown):
    """One session."""

    id: str
    session_name: str
    persona_id: str
    persona_name: str
    is_active: bool
    created_at: dt.datetime
    updated_at: dt.datetime
    total_score: int | None = Field(default=None, description="of its report; null: there is none, or it has no total")


class SessionPage(BaseModel):
    """Some sessions, newest first."""

    sessions: list[SessionView]
    next: str | None = Field(description="give it as `after` for the next page; null: there are no more")


class MessageView(_Shown):
    """One line; hers is what was heard of it."""

    id: str
    session_id: str
    role: Literal["user", "assistant", "system"]
    content: str
    timestamp: dt.datetime


class MessagePage(BaseModel):
    """Some lines of a session."""

    messages: list[MessageView]
    next: str | None = Field(description="give it as `after` for the next page; null: there are no more")


@api.get("/chat/sessions", "목록 · Mine, newest first", errors=["bad_query"])
async def list_sessions(request: web.Request, query: PageQuery) -> SessionPage:
    page = await request.app[CONTEXT].store.page(
        ChatSession, owner=user_of(request), limit=query.limit, after=query.after, newest_first=True
    )
    async with asyncio.TaskGroup() as reading:
        shown = [reading.create_task(_with_total(request, one)) for one in page.items]
    return SessionPage(sessions=[one.result() for one in shown], next=page.next)


@api.post("/chat/sessions", "시작 · Begin one", status=201, answers={201: SessionView}, errors=["persona_unknown"])
async def begin(request: web.Request, body: NewSession | None) -> web.Response:
    body = body or NewSession()
    chats = request.app[CONTEXT].chats
    session = await chats.begin_session(user_of(request), body.persona_id, body.session_name)
    return reply(SessionView.model_validate(session), 201, {"Location": f"/chat/sessions/{session.id}"})


@api.get("/chat/sessions/{id}", "하나 · One of mine", errors=["not_found"])
async def get(request: web.Request, id: str) -> SessionView:
    session = await request.app[CONTEXT].store.get(ChatSession, id, owner=user_of(request))
    return await _with_total(request, session)


@api.patch("/chat/sessions/{id}", "이름 바꾸기 · Rename it, or put it away", errors=["not_found"])
async def change(request: web.Request, id: str, body: SessionChange) -> SessionView:
    fields = body.model_dump(exclude_none=True)
    store, owner = request.app[CONTEXT].store, user_of(request)
    if not fields:
        return SessionView.model_validate(await store.get(ChatSession, id, owner=owner))
    return SessionView.model_validate(await store.update(ChatSession, id, owner=owner, **fields))


@api.delete("/chat/sessions/{id}", "지우기 · Delete it with all that belongs to it", errors=["not_found"])
async def delete(request: web.Request, id: str) -> None:
    """A call that goes on in it ends first."""
    context, user_id = request.app[CONTEXT], user_of(request)
    await context.calls.end_all_of(user_id, "session_deleted", session_id=id)
    await context.store.delete(ChatSession, id, owner=user_id)


@api.get("/chat/sessions/{id}/messages", "나눈 말 · Its lines", errors=["not_found", "bad_query"])
async def messages(request: web.Request, id: str, query: MessagesQuery) -> MessagePage:
    store, owner = request.app[CONTEXT].store, user_of(request)
    await store.get(ChatSession, id, owner=owner)
    page = await store.page(
        ChatMessage,
        owner=owner,
        limit=query.limit,
        after=query.after,
        newest_first=query.order == "newest",
        session_id=id,
    )
    return MessagePage(messages=[MessageView.model_validate(one) for one in page.items], next=page.next)


async def _with_total(request: web.Request, session: ChatSession) -> SessionView:
    view = SessionView.model_validate(session)
    try:
        report = await request.app[CONTEXT].store.get(Feedback, session.id, owner=session.user_id)
    except NotFound:
        return view
    return view.model_copy(update={"total_score": report.feedback.get("total_score")})
