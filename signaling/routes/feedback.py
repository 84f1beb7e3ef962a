"""`/sessions/{id}/feedback` and `/timeline`: how a call went, and the moments behind it.

It must not know how anything is scored.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from contextlib import suppress
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from media.errors import DeyeonsoError
from signaling import reports
from signaling.api import Api
from signaling.context import CONTEXT, user_of
from signaling.timeline_view import view
from storage import ChatSession, Feedback, NotFound

api = Api("feedback", "리포트 · How a call went")
REPORT_WITHIN = 10.0  # s that one waits for the report of a call that is just ending


class StoredFeedback(BaseModel):
    """The report of a session's last call: whole numbers 0–100, or null with the reason in `metrics`."""

    session_id: str
    user_id: str
    feedback: dict[str, Any] = Field(
        description="likability, initiative, tone, concentration, gaze_stability, blinking, posture, expression, "
        "total_score, summary; status: waiting (fewer than two turns), partial (no total) or ready; metrics: each with "
        "value, reason, confidence, n, evidence; measures, strength, improvement"
    )
    created_at: dt.datetime


class CallEvents(BaseModel):
    """What happened in one call."""

    call_id: str
    events: list[dict[str, Any]] = Field(description="in the order of time, each with `kind` and `t` (s)")


class SessionTimeline(BaseModel):
    """What happened in a session's calls, in the order in which they began."""

    session_id: str
    calls: list[CallEvents]


@api.get("/sessions/{id}/feedback", "리포트 · The report", errors=["not_found", "no_feedback", "call_under_way"])
async def feedback(request: web.Request, id: str) -> StoredFeedback:
    context, owner = request.app[CONTEXT], user_of(request)
    await context.store.get(ChatSession, id, owner=owner)
    for call in context.calls.of(owner):
        if call.session_id != id:
            continue
        if call.reason is None:
            with suppress(NotFound):  # that of an earlier call
                return StoredFeedback(**reports.contract(await context.store.get(Feedback, id, owner=owner)))
            raise DeyeonsoError("call_under_way", "통화가 끝나면 리포트를 볼 수 있어요.", "caller")
        with suppress(TimeoutError):
            async with asyncio.timeout(REPORT_WITHIN):
                await call.over.wait()
    kept = await reports.of_session(context.store, context.engines.coach_worker, id, owner)
    if kept is None:
        raise DeyeonsoError("no_feedback", "이 대화에는 리포트가 없어요. 영상 통화를 하면 만들어져요.", "caller")
    return StoredFeedback(**reports.contract(kept))


@api.get("/sessions/{id}/timeline", "순간들 · What happened when", errors=["not_found"])
async def timeline(request: web.Request, id: str) -> SessionTimeline:
    context, owner = request.app[CONTEXT], user_of(request)
    await context.store.get(ChatSession, id, owner=owner)
    calls = await reports.events_of(context.store, id, owner)
    shown = [CallEvents(call_id=call, events=view(events)) for call, events in calls.items()]
    return SessionTimeline(session_id=id, calls=shown)
