"""Reports as they are kept: one a session, as a document and a JSON file; and made again where a call was cut off.

It must not know calls that are on, nor routes. What a report says is made in analysis/feedback.py alone.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

import orjson

from analysis.feedback import FeedbackReport, build_feedback
from media.timeline import Event
from media.worker import Worker
from signaling.record import from_records
from storage import Duplicate, Feedback, NotFound, Store, TimelineChunk

SUFFIX = ".json"


def document_of(report: FeedbackReport) -> Feedback:
    """The report as it is stored."""
    return Feedback(
        session_id=report.session_id,
        user_id=report.user_id,
        feedback=report.document()["feedback"],
        created_at=report.created_at,
    )


def contract(kept: Feedback) -> dict[str, Any]:
    """The stored contract: `{session_id, user_id, feedback, created_at}`."""
    return {
        "session_id": kept.session_id,
        "user_id": kept.user_id,
        "feedback": kept.feedback,
        "created_at": kept.created_at.isoformat(),
    }


async def keep(store: Store, report: Feedback) -> None:
    """Keep it as the session's report, with its file. The newest call's counts, unless it was too short to tell.

    Raises StoreUnavailable; safe to repeat.
    """
    report = report.model_copy(update={"file": store.files.named(report.user_id, report.session_id, SUFFIX)})
    if report.feedback.get("status") == "waiting":
        try:
            await store.add(report)
        except Duplicate:  # an earlier call of this session said more, or as little
            return
    else:
        await store.put(report)
    await store.write_file(report.file, orjson.dumps(contract(report), option=orjson.OPT_INDENT_2))


async def events_of(store: Store, session_id: str, owner: str) -> dict[str, list[Event]]:
    """The stored events of each call of a session, calls in the order in which they began."""
    records: dict[str, list[dict[str, Any]]] = {}
    async for chunk in store.each(TimelineChunk, owner=owner, session_id=session_id):
        records.setdefault(chunk.call_id, []).extend(chunk.events)
    return {call: from_records(found) for call, found in records.items()}


async def of_session(store: Store, worker: Worker, session_id: str, owner: str) -> Feedback | None:
    """The session's report; None where there was no call.

    It is made now, and kept, where the server was killed before it could be: from what was stored of the call.
    """
    kept: Feedback | None = None
    with suppress(NotFound):
        kept = await store.get(Feedback, session_id, owner=owner)
    page = await store.page(TimelineChunk, owner=owner, session_id=session_id, newest_first=True, limit=1)
    if not page.items or (kept is not None and kept.created_at >= page.items[0].created_at):
        return kept
    last = page.items[0]
    calls = await events_of(store, session_id, owner)
    build = partial(
        build_feedback, calls[last.call_id], session_id=session_id, user_id=owner, created_at=last.created_at
    )
    await keep(store, document_of(await worker.run(build)))
    return await store.get(Feedback, session_id, owner=owner)
