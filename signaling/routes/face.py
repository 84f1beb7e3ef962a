"""`POST /face/analyze`: what the face of one still picture shows.

It must not know how a face is read.
"""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field

from analysis.readings import Emotion
from signaling.api import Api
from signaling.context import CONTEXT, user_of
from signaling.presence import while_connected
from signaling.routes.uploads import PICTURE_ERRORS
from signaling.routes.voice import Stored
from signaling.uploads import FORM_SCHEMA, PICTURES
from storage import Upload

api = Api("face", "표정 · Faces in pictures")


Mark = Annotated[list[float], Field(min_length=3, max_length=3)]


class FaceView(BaseModel):
    """The largest face of a picture; `emotion` null comes with the reason."""

    emotion: Emotion | None
    confidence: float = Field(ge=0, le=1)
    probabilities: dict[Emotion, float] | None = Field(description="8 classes, sum 1")
    landmarks: list[Mark] | None = Field(description="478 points, x and y in 0–1 of the sides")
    faces: int = Field(description="how many were seen, two at most")
    model: str = Field(description="which model read the expression")
    reason: str | None = Field(description="no_face, face_too_small, face_cut_off")


@api.post(
    "/face/analyze",
    "표정 분석 · Read the face of a picture (JPEG, PNG, WebP)",
    media=PICTURES,
    form=FORM_SCHEMA,
    errors=(*PICTURE_ERRORS, "not_found", "consent_needed"),
)
async def analyze(request: web.Request, body: Stored | None) -> FaceView:
    """Send the picture itself (a form's part "file", or the raw body), or the id of one that was uploaded."""
    context, user_id = request.app[CONTEXT], user_of(request)
    await context.require(user_id, "face_analysis")
    async with while_connected(request):
        if body is not None:
            upload = await context.store.get(Upload, body.upload_id, owner=user_id)
            found = await context.readers.face(context.store.files.path(upload.file))
        else:
            async with context.uploads.taken(request) as path:
                found = await context.readers.face(path)
    marks = found["landmarks"]
    return FaceView.model_validate({**found, "landmarks": None if marks is None else marks.round(5).tolist()})
