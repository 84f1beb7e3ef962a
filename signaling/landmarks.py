"""The language of `/ws/landmarks`: JSON text both ways, read and written here. Pure; it must not know sockets or calls.

The client speaks first, within five seconds: where people sign in, the one-time ticket of `POST /ws/tickets` (see
signaling/tickets.py); then, to watch one's own live call, or to send landmarks computed by oneself, to a call that has
no camera or to none (the welcome's `stream` is what to resume with):

    {"type": "hello", "mode": "watch", "call_id" | "session_id": …, "landmarks"?: false, "after"?: seq}
    {"type": "hello", "mode": "send", "width": px, "height": px, "call_id" | "stream"?: …, "after"?: seq}

`after`, after a drop: the last `seq` that came. The server answers

    {"type": "welcome", "mode", "call_id" | "stream", "t": s, "next": seq, "missed": n}
    {"type": "reading", "seq", "t", "found", "faces", "gaze": {"yaw", "pitch", "on_screen"}, "blink": {"ear", "closed"},
     "posture": {"yaw", "pitch", "roll", "x", "y", "distance"}, "expression": {"label", "confidence", "probabilities",
     "model"}, and for one who wants landmarks (watchers do unless they say no) "width", "height", "points",
     "blendshapes", "matrix"}                          one a picture; what was not measured is null
    {"type": "scores", "seq", "t", "blinks", "calibrated", "scores": {name: {"value", "confidence", "n", "reason"}}}
    {"type": "dropped", "count"}                       what this reader was too slow for
    {"type": "skipped", "count"}                       what this sender sent too fast (over 60 a second)
    {"type": "pong", "t"}                              to {"type": "ping"}
    {"type": "error", "error": {"code", "message"}}    and closes, but for a bad picture
    {"type": "end", "reason"}                          and closes: the call is over

A sender's pictures, of which 15 a second are read (degrees, cm and 0–1 as above; `t` in s of the sender's own clock):

    {"type": "landmarks", "t", "points": … | null, "blendshapes"?: [52], "matrix"?: [16], "faces"?: n}

`points` are 478 × (x, y, z) of the picture's sides as base64 of little-endian int16 in 1/10000, or a list of 478
triples; `blendshapes` come in MediaPipe's order; `matrix` is its `facialTransformationMatrixes[0].data` as it is
(columns first). Close codes: 4400 bad message, 4401 not signed in, 4403 not agreed to, 4404 no such call of yours, 4408
silent, 4409 somebody else sends this face (a camera, a newer connection), 4429 too many messages, 1009 too large, 1013
busy.

Measured on a real face: float32 as JSON 16.9 kB and 54 µs, as base64 7.6 kB; int16 as base64 3.8 kB and 6 µs, and it
moves the eye's aspect ratio by .0005 and the gaze by .001 of an eye at most (the landmarker's own noise: .008, .006).
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
import orjson
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from analysis.live_face import FaceMoment
from analysis.readings import Scores
from analysis.types import FaceReading
from media.errors import DeyeonsoError

POINTS = 478
SCALE = 10_000  # of the picture's side
MAX_MESSAGE = 64 * 1024  # bytes; 478 triples of full floats have 29 kB
FARTHEST = 3.0  # sides of the picture that a point may lie away
BLENDSHAPES = (
    "_neutral", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff",
    "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight",
    "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight",
    "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel",
    "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker",
    "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft",
    "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight",
)  # fmt: skip

Id = Annotated[str, Field(min_length=1, max_length=64)]
Share = Annotated[float, Field(ge=0, le=1)]
Triple = tuple[float, float, float]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)


class Hello(_Message):
    """Who wants what. A watcher names a call or a session; a sender says how large its pictures are."""

    type: Literal["hello"]
    mode: Literal["watch", "send"]
    call_id: Id | None = None
    session_id: Id | None = None
    stream: Id | None = None
    after: int | None = Field(default=None, ge=0)
    landmarks: bool | None = None
    width: int | None = Field(default=None, ge=16, le=8192)
    height: int | None = Field(default=None, ge=16, le=8192)

    @model_validator(mode="after")
    def _complete(self) -> Hello:
        if self.mode == "watch" and self.call_id is None and self.session_id is None:
            raise ValueError('to watch, name a "call_id" or a "session_id"')
        if self.mode == "send" and (self.width is None or self.height is None):
            raise ValueError('to send, say the pictures\' "width" and "height"')
        return self

    @property
    def whole(self) -> bool:
        """Does it want the points, too? A watcher does unless it says no; a sender has them."""
        return self.mode == "watch" if self.landmarks is None else self.landmarks


class Ping(_Message):
    """Only to see that the other side lives."""

    type: Literal["ping"]


class Landmarks(_Message):
    """One picture's face as the client's own landmarker found it; `points` None where there was none."""

    type: Literal["landmarks"]
    t: float = Field(ge=0, le=1e9)  # s of the client's clock; grows
    points: str | Annotated[list[Triple], Field(min_length=POINTS, max_length=POINTS)] | None
    blendshapes: Annotated[list[Share], Field(min_length=52, max_length=52)] | None = None
    matrix: Annotated[list[float], Field(min_length=16, max_length=16)] | None = None
    faces: int | None = Field(default=None, ge=0, le=16)

    @field_validator("matrix")
    @classmethod
    def _columns_first(cls, given: list[float] | None) -> list[float] | None:
        if given is not None and not np.allclose((*given[3:15:4], given[15]), (0, 0, 0, 1), atol=1e-3):
            raise ValueError("a pose has the columns first: every fourth number is 0, the last 1")
        if given is not None and not np.linalg.norm(np.reshape(given, (4, 4))[:3, :3], axis=1).all():
            raise ValueError("a pose turns: no column may be 0")
        return given

    def reading(self, t: float, width: int, height: int) -> FaceReading:
        """As if the picture had been seen at call time `t` s. Raises DeyeonsoError `bad_landmarks`."""
        if self.points is None:
            return FaceReading(t, width, height)
        return FaceReading(
            t=t,
            width=width,
            height=height,
            landmarks=read_points(self.points),
            blendshapes=None if self.blendshapes is None else dict(zip(BLENDSHAPES, self.blendshapes, strict=True)),
            matrix=None if self.matrix is None else np.reshape(np.array(self.matrix, np.float32), (4, 4)).T,
            faces=1 if self.faces is None else max(1, self.faces),
        )


def is_ticket(raw: object) -> bool:
    """Is this a ticket's message rather than a hello?"""
    return isinstance(raw, str) and '"ticket"' in raw[:100] and '"hello"' not in raw[:100]


def read_hello(raw: str) -> Hello:
    """The first message. Raises DeyeonsoError `bad_hello`."""
    try:
        return Hello.model_validate_json(raw)
    except ValidationError as error:
        raise DeyeonsoError("bad_hello", _first(error), "caller") from None


def read_message(raw: str) -> Landmarks | Ping:
    """Any later one. Raises DeyeonsoError `bad_message`."""
    try:
        return Ping.model_validate_json(raw) if '"ping"' in raw[:64] else Landmarks.model_validate_json(raw)
    except ValidationError as error:
        raise DeyeonsoError("bad_message", _first(error), "caller") from None


def _first(error: ValidationError) -> str:
    """The first problem in one line; never what was sent."""
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where + ': ' if where else ''}{first['msg'].removeprefix('Value error, ')}"


def read_points(points: str | list[Triple]) -> NDArray[np.float32]:
    """[478,3] of what a client sent. Raises DeyeonsoError `bad_landmarks`."""
    if isinstance(points, str):
        try:
            packed = b64decode(points, validate=True)
        except (binascii.Error, ValueError):
            raise DeyeonsoError("bad_landmarks", "points are no base64", "caller") from None
        if len(packed) != POINTS * 3 * 2:
            message = f"points have {len(packed)} bytes, not {POINTS} × 3 × 2"
            raise DeyeonsoError("bad_landmarks", message, "caller")
        marks = (np.frombuffer(packed, "<i2").reshape(POINTS, 3) / SCALE).astype(np.float32)
    else:
        marks = np.array(points, np.float32)
    if not (np.abs(marks) <= FARTHEST).all():
        message = f"a point lies further than {FARTHEST:g} sides of the picture away"
        raise DeyeonsoError("bad_landmarks", message, "caller")
    return marks


def write_points(landmarks: NDArray[np.float32]) -> str:
    """The inverse, to 1/10000; what lies outside of ±3.2767 is put on that edge."""
    scaled = np.clip(np.rint(landmarks * SCALE), -32768, 32767)
    return b64encode(scaled.astype("<i2").tobytes()).decode()


def of_moment(moment: FaceMoment) -> dict[str, Any]:
    """The fields of a `reading`."""
    message: dict[str, Any] = {
        "type": "reading", "t": round(moment.t, 3), "found": moment.found, "faces": moment.faces,
        "gaze": None, "blink": None, "posture": None, "expression": None,
    }  # fmt: skip
    if moment.gaze is not None:
        message["gaze"] = {**_rounded(("yaw", "pitch"), moment.gaze, 1), "on_screen": moment.on_screen}
    if moment.ear is not None:
        message["blink"] = {"ear": round(moment.ear, 4), "closed": moment.closed}
    if moment.turn is not None and moment.place is not None:
        message["posture"] = {
            **_rounded(("yaw", "pitch", "roll"), moment.turn, 1),
            **_rounded(("x", "y", "distance"), moment.place, 1),
        }
    if moment.expression is not None:
        shown = moment.expression
        message["expression"] = {
            "label": shown.label,
            "confidence": round(shown.confidence, 3),
            "probabilities": {emotion: round(value, 3) for emotion, value in shown.probabilities.items()},
            "model": shown.model,
        }
    return message


def of_landmarks(reading: FaceReading) -> dict[str, Any]:
    """What a `reading` carries beside, for those who want the points."""
    shapes, matrix = reading.blendshapes, reading.matrix
    return {
        "width": reading.width,
        "height": reading.height,
        "points": None if reading.landmarks is None else write_points(reading.landmarks),
        "blendshapes": None if shapes is None else [round(shapes[name], 4) for name in BLENDSHAPES],
        "matrix": None if matrix is None else [round(value, 5) for value in matrix.T.ravel().tolist()],
    }


def of_scores(t: float, scores: Scores, blinks: int | None, calibrated: bool) -> dict[str, Any]:
    """The fields of a `scores`."""
    return {
        "type": "scores",
        "t": round(t, 3),
        "blinks": blinks,
        "calibrated": calibrated,
        "scores": {
            name: {
                "value": None if score.value is None else round(score.value, 1),
                "confidence": round(score.confidence, 3),
                "n": score.n,
                "reason": score.reason,
            }
            for name, score in scores.items()
        },
    }


def text(kind: str, **fields: Any) -> str:
    """Any other message."""
    return orjson.dumps({"type": kind, **fields}).decode()


def _rounded(names: tuple[str, ...], values: tuple[float, ...], digits: int) -> Mapping[str, float]:
    return {name: round(value, digits) for name, value in zip(names, values, strict=True)}
