"""`/sessions/{id}/recording(s)`: what was recorded of a session's calls; its owner sees, takes and deletes it.

It must not know how it was made. It leaves the disk sealed and is opened block by block while it is sent.
"""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from functools import partial

import structlog
from aiohttp import web
from av import FFmpegError
from pydantic import BaseModel, ConfigDict, Field

from media.errors import DeyeonsoError
from media.recording import mend
from signaling.api import Api
from signaling.context import CONTEXT, Context, user_of
from storage import ChatSession, Recording
from storage.sealed import SealedReader

api = Api("recordings", "녹화 · Recordings")
log = structlog.get_logger()

CHUNK = 256 * 1024  # bytes opened and sent at once


class RecordingView(BaseModel):
    """One stretch of a call."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    call_id: str
    media_type: str = Field(description="video/webm or audio/webm; on the left the person, on the right the persona")
    begins: float = Field(description="s since the call began")
    seconds: float | None = Field(description="null: still being made, or cut off too soon by a crash")
    size: int | None = Field(description="bytes; null like `seconds`")
    created_at: dt.datetime
    expires_at: dt.datetime | None


class Recordings(BaseModel):
    """A session's, oldest first."""

    recordings: list[RecordingView]


class WhichQuery(BaseModel):
    """Which one."""

    id: str | None = Field(default=None, max_length=64, description="the newest if not said")


@api.get("/sessions/{id}/recordings", "목록 · What was recorded", errors=["not_found"])
async def show(request: web.Request, id: str) -> Recordings:
    return Recordings(recordings=[RecordingView.model_validate(one) for one in await _all(request, id)])


@api.get(
    "/sessions/{id}/recording",
    "녹화 보기 · The recording itself, whole or a range of it",
    answers={200: "video/webm", 206: "video/webm"},
    errors=["not_found", "no_recording", "bad_range"],
)
async def film(request: web.Request, id: str, query: WhichQuery) -> web.StreamResponse:
    found = [one for one in await _all(request, id) if query.id in (None, one.id)]
    if not found:
        raise DeyeonsoError("no_recording", "이 대화는 녹화하지 않았어요.", "caller")
    vault = _context(request).vault
    if vault is None:
        raise DeyeonsoError("no_recording", "이 서비스는 녹화하지 않아요.", "caller")
    reader = await vault.open(found[-1])
    with closing(reader):
        start, stop = _range(request, reader.size)
        headers = {
            "Accept-Ranges": "bytes",
            "Cache-Control": "private, no-store",
            "Content-Length": str(stop - start),
            "Content-Type": found[-1].media_type,
        }
        part = stop - start < reader.size
        if part:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{reader.size}"
        response = web.StreamResponse(status=206 if part else 200, headers=headers)
        await response.prepare(request)
        while start < stop:
            data = await vault.worker.run(partial(_read, reader, start, min(CHUNK, stop - start)))
            await response.write(data)
            start += len(data)
        await response.write_eof()
    return response


@api.delete(
    "/sessions/{id}/recording", "녹화 지우기 · Delete what was recorded", errors=["not_found", "call_under_way"]
)
async def delete(request: web.Request, id: str) -> None:
    """The lines and the report stay."""
    recordings = await _all(request, id)
    if any(call.session_id == id for call in _context(request).calls.of(user_of(request))):
        raise DeyeonsoError("call_under_way", "통화가 끝나면 녹화를 지울 수 있어요.", "caller")
    for one in recordings:
        await _context(request).store.delete(Recording, one.id, owner=one.user_id)


def _context(request: web.Request) -> Context:
    return request.app[CONTEXT]


async def _all(request: web.Request, session_id: str) -> list[Recording]:
    store, owner = _context(request).store, user_of(request)
    await store.get(ChatSession, session_id, owner=owner)
    live = {call.id for call in _context(request).calls.of(owner)}
    found = [one async for one in store.each(Recording, owner=owner, session_id=session_id)]
    return [one if one.size is not None or one.call_id in live else await _mended(request, one) for one in found]


async def _mended(request: web.Request, recording: Recording) -> Recording:
    """One that a crash of the service cut off, made whole as far as it goes."""
    vault = _context(request).vault
    try:
        return recording if vault is None else await vault.mend(recording, mend)
    except (DeyeonsoError, FFmpegError) as error:  # it is offered as it is
        log.warning("recording_not_mended", recording=recording.id, why=type(error).__name__)
        return recording


def _range(request: web.Request, size: int) -> tuple[int, int]:
    """First byte and the one after the last. Raises DeyeonsoError `bad_range`."""
    try:
        asked = request.http_range
    except ValueError:
        raise _bad_range(size) from None
    start, stop, _ = slice(asked.start, asked.stop).indices(size)
    if start >= stop and (asked.start or asked.stop):
        raise _bad_range(size)
    return start, stop


def _bad_range(size: int) -> DeyeonsoError:
    return DeyeonsoError("bad_range", f"the recording has {size} bytes", "caller")


def _read(reader: SealedReader, start: int, length: int) -> bytes:
    reader.seek(start)
    parts: list[bytes] = []
    while length > 0 and (part := reader.read(length)):
        parts.append(part)
        length -= len(part)
    if not parts:
        raise DeyeonsoError("media_damaged", "the recording ends before its end")
    return b"".join(parts)
