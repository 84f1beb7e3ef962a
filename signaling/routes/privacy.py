"""`/users/me/consents`, `/accesses`, `/export` and `DELETE /users/me`: what a person allows, sees, takes and erases.

It must not know what a consent means for a call: signaling/consents.py and the call itself do.
"""

from __future__ import annotations

import datetime as dt
from contextlib import aclosing
from typing import Annotated

import structlog
from aiohttp import web
from pydantic import BaseModel, Field

from media.errors import DeyeonsoError
from signaling.api import Api, Body
from signaling.audit import AUDIT
from signaling.coach import ANALYSES
from signaling.consents import QUESTIONS, Question, Standing, answer, missing_for_call, standings
from signaling.context import CONTEXT, Context, user_of
from signaling.erasure import ERASURE
from signaling.export import export_zip
from storage import Access
from storage.types import ConsentTo

api = Api("privacy", "동의와 내 정보 · Consent and my data")
log = structlog.get_logger()

ERASING = 15.0  # s for live calls to write their last words before everything goes


class ConsentState(Question):
    """A question, the answer to it, and what follows."""

    granted: bool | None = Field(description="null: this text has not been answered yet")
    decided_at: dt.datetime | None
    applies: bool = Field(description="whether it may be done now")
    relevant: bool = Field(description="false: this service does not do it just now, so do not ask")


class ConsentStates(BaseModel):
    """All questions. `ask`: a page should put those without an answer to the person before the first call."""

    consents: list[ConsentState]
    ask: bool
    kept_days: dict[str, int] = Field(description="how long media, transcripts and the audit are kept")


class Decision(Body):
    """An answer to the text of a version."""

    to: ConsentTo
    version: str = Field(min_length=1, max_length=40)
    granted: bool


class Decisions(Body):
    """Answers; those that are left out stay as they are."""

    decisions: Annotated[list[Decision], Field(min_length=1, max_length=len(QUESTIONS))]


class AccessPage(BaseModel):
    """Looks at one's data, newest first, and the cursor of the page after them."""

    accesses: list[Access]
    next: str | None


class Paging(BaseModel):
    limit: int = Field(default=50, ge=1, le=500)
    after: str | None = Field(default=None, max_length=1000)


class ExportQuery(BaseModel):
    media: bool = Field(default=True, description="with files of sound and pictures")


class Erased(BaseModel):
    """How many documents of each collection went."""

    erased: dict[str, int]


@api.get("/users/me/consents", "동의 보기 · What I was asked and answered")
async def show_consents(request: web.Request) -> ConsentStates:
    return _states(request, await standings(request.app[CONTEXT].store, user_of(request)))


@api.put("/users/me/consents", "동의 바꾸기 · Answer, or change an answer", errors=["consent_outdated"])
async def decide(request: web.Request, body: Decisions) -> ConsentStates:
    """A withdrawal takes effect at once, in calls that are on too."""
    context, user_id = request.app[CONTEXT], user_of(request)
    answers = {one.to: (one.version, one.granted) for one in body.decisions}
    now = await answer(context.store, user_id, answers)
    _apply(context, user_id, frozenset(one.question.to for one in now if one.allows(context.guests)))
    if not all(one.allows(context.guests) for one in now if one.question.to == "face_analysis"):
        context.streams.end_all_of(user_id, "consent_withdrawn")
    return _states(request, now)


@api.get("/users/me/accesses", "열람 기록 · Who looked at my data", errors=["bad_query"])
async def accesses(request: web.Request, query: Paging) -> AccessPage:
    page = await request.app[CONTEXT].store.page(
        Access, owner=user_of(request), limit=query.limit, after=query.after, newest_first=True
    )
    return AccessPage(accesses=list(page.items), next=page.next)


@api.get("/users/me/export", "모두 내려받기 · Everything of mine as a ZIP", answers={200: "application/zip"})
async def export(request: web.Request, query: ExportQuery) -> web.StreamResponse:
    context, user_id = request.app[CONTEXT], user_of(request)
    await request.app[AUDIT].note(context.store, user_id=user_id, actor=user_id, action="export", target="*")
    headers = {
        "Content-Type": "application/zip",
        "Content-Disposition": 'attachment; filename="deyeonso-export.zip"',
        "Cache-Control": "no-store",
    }
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    try:
        async with aclosing(export_zip(context.store, context.vault, user_id, media=query.media)) as parts:
            async for part in parts:
                if part:
                    await response.write(part)
        await response.write_eof()
    except Exception as error:
        log.error("export_broke_off", exc_info=error)
        if request.transport is not None:
            request.transport.abort()  # its status is sent already: a cut connection is the only way left to say so
    return response


@api.delete("/users/me", "모두 지우기 · Erase everything of mine", errors=["busy"])
async def erase(request: web.Request) -> Erased:
    """Requests and calls that are on end first. It can be asked for again: nothing then is left to erase."""
    context, user_id = request.app[CONTEXT], user_of(request)
    async with request.app[ERASURE].erasing(user_id, ERASING):
        context.streams.end_all_of(user_id, "erased")
        if not await context.calls.end_all_of(user_id, "erased", ERASING):
            raise DeyeonsoError("busy", "통화가 아직 마무리되고 있어요. 잠시 뒤에 다시 지워 주세요.")
        counts = await context.store.erase(user_id)
    log.info("person_erased", documents=sum(counts.values()))
    return Erased(erased=counts)


def _states(request: web.Request, now: tuple[Standing, ...]) -> ConsentStates:
    context = request.app[CONTEXT]
    does = {"recording": context.vault is not None, "transfer_abroad": bool(context.abroad)}
    states = [
        ConsentState(
            **one.question.model_dump(),
            granted=one.granted,
            decided_at=one.answer.created_at if one.answer is not None else None,
            applies=one.allows(context.guests),
            relevant=does.get(one.question.to, True),
        )
        for one in now
    ]
    return ConsentStates(
        consents=states,
        ask=any(one.relevant and one.granted is None for one in states),
        kept_days={name: period.days for name, period in context.store.keep.items()},
    )


def _apply(context: Context, user_id: str, allowed: frozenset[ConsentTo]) -> None:
    for call in context.calls.of(user_id):
        if missing_for_call(allowed, context.abroad):
            call.hang_up("consent_withdrawn")
        for analysis in ANALYSES:
            call.allow(analysis, analysis in allowed)
        call.allow("recording", "recording" in allowed)
