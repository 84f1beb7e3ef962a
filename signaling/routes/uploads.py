"""`/upload/…` and `/uploads`: sounds and pictures a person keeps here, theirs alone.

It must not know how a file is taken in (signaling/uploads.py).
"""

from __future__ import annotations

import datetime as dt

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from signaling.api import Api, reply
from signaling.context import CONTEXT, user_of
from signaling.routes.sessions import PageQuery
from signaling.uploads import FORM_SCHEMA, PICTURES, SOUNDS
from storage import Upload

api = Api("uploads", "올린 파일 · Uploaded files")
TAKING = ("bad_form", "empty_upload", "decoding_failed", "overloaded", "too_many_requests")
SOUND_ERRORS = (*TAKING, "bad_audio", "audio_too_long")
PICTURE_ERRORS = (*TAKING, "bad_image", "image_too_large")
# What somebody uploaded is shown by nobody's browser as a page of ours.
_INERT = {"Content-Security-Policy": "default-src 'none'; sandbox", "Content-Disposition": "attachment"}


class UploadView(BaseModel):
    """One file; `media_type` is what it is, whatever it was called."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    media_type: str
    size: int
    created_at: dt.datetime
    expires_at: dt.datetime | None


class UploadPage(BaseModel):
    """Some files, newest first."""

    uploads: list[UploadView]
    next: str | None


@api.post(
    "/upload/audio",
    "소리 올리기 · Keep a sound file (15 minutes at most)",
    answers={201: UploadView},
    media=SOUNDS,
    form=FORM_SCHEMA,
    errors=(*SOUND_ERRORS, "too_many"),
)
async def audio(request: web.Request) -> web.Response:
    return _made(await request.app[CONTEXT].uploads.keep(request, "sound", user_of(request)))


@api.post(
    "/upload/image",
    "사진 올리기 · Keep a picture (JPEG, PNG, WebP)",
    answers={201: UploadView},
    media=PICTURES,
    form=FORM_SCHEMA,
    errors=(*PICTURE_ERRORS, "too_many"),
)
async def image(request: web.Request) -> web.Response:
    return _made(await request.app[CONTEXT].uploads.keep(request, "picture", user_of(request)))


def _made(upload: Upload) -> web.Response:
    return reply(UploadView.model_validate(upload), 201, {"Location": f"/uploads/{upload.id}"})


@api.get("/uploads", "목록 · Mine, newest first", errors=["bad_query"])
async def list_uploads(request: web.Request, query: PageQuery) -> UploadPage:
    page = await request.app[CONTEXT].store.page(
        Upload, owner=user_of(request), limit=query.limit, after=query.after, newest_first=True
    )
    return UploadPage(uploads=[UploadView.model_validate(one) for one in page.items], next=page.next)


@api.get("/uploads/{id}", "하나 · About one of them", errors=["not_found"])
async def get(request: web.Request, id: str) -> UploadView:
    return UploadView.model_validate(await request.app[CONTEXT].store.get(Upload, id, owner=user_of(request)))


@api.get("/uploads/{id}/content", "내려받기 · The file itself", answers={200: "*/*"}, errors=["not_found"])
async def content(request: web.Request, id: str) -> web.StreamResponse:
    store = request.app[CONTEXT].store
    upload = await store.get(Upload, id, owner=user_of(request))
    headers = {**_INERT, "Content-Type": upload.media_type, "Cache-Control": "private, no-store"}
    return web.FileResponse(store.files.path(upload.file), headers=headers)


@api.delete("/uploads/{id}", "지우기 · Delete one", errors=["not_found"])
async def delete(request: web.Request, id: str) -> None:
    await request.app[CONTEXT].store.delete(Upload, id, owner=user_of(request))
