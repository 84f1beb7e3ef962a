"""The language of /ws/landmarks: what goes through it comes out the same, and nothing bad comes through."""

from __future__ import annotations

import base64
import json
import math

import av
import numpy as np
import pytest

from analysis.adapters.landmarker import MediaPipeLandmarker
from analysis.face_track import measure
from analysis.types import FaceReading
from media.errors import DeyeonsoError
from media.weights import Weights
from signaling import landmarks
from signaling.landmarks import BLENDSHAPES, POINTS
from tests.analysis.faces import face, nobody


def sent(reading: FaceReading, **changed: object) -> str:
    """The message a client would send of this reading."""
    whole = landmarks.of_landmarks(reading)
    message = {"type": "landmarks", "t": reading.t, **{k: whole[k] for k in ("points", "blendshapes", "matrix")}}
    return json.dumps({**message, **changed})


def known(t: float = 0.0, **how: object) -> FaceReading:
    """A made-up face with all 52 blendshapes."""
    made = face(t, **how)
    return FaceReading(
        t, made.width, made.height, made.landmarks, dict.fromkeys(BLENDSHAPES, 0.0) | dict(made.blendshapes),
        made.matrix, made.faces,
    )  # fmt: skip


async def test_a_real_face_goes_through_within_the_landmarkers_own_noise(weights: Weights, material: Weights):
    eye = MediaPipeLandmarker(weights.path("face_landmarker.task"))
    with av.open(str(material.path("face_video.mp4"))) as film:
        readings = [
            eye.read(frame.to_ndarray(format="rgb24"), frame.time)
            for number, frame in zip(range(20), film.decode(video=0), strict=False)
        ]
    eye.close()
    through = []
    for reading in readings:
        message = landmarks.read_message(sent(reading))
        assert len(sent(reading)) < 6_000
        through.append(message.reading(reading.t, reading.width, reading.height))
    assert tuple(readings[-1].blendshapes) == BLENDSHAPES
    before, after = measure(readings), measure(through)
    assert np.abs(before.ear - after.ear).max() < 0.002
    assert np.abs(before.gaze_x - after.gaze_x).max() < 0.003
    assert np.abs(before.yaw - after.yaw).max() < 0.05
    assert np.abs(before.distance - after.distance).max() < 0.05


def test_points_may_also_be_triples():
    marks = known().landmarks
    message = landmarks.read_message(sent(known(), points=marks.tolist()))
    assert np.allclose(message.reading(1.0, 640, 480).landmarks, marks)


def test_a_picture_without_a_face_says_so():
    reading = landmarks.read_message(sent(nobody(2.0))).reading(7.0, 640, 480)
    assert (reading.t, reading.found, reading.blendshapes) == (7.0, False, None)


def test_a_pose_keeps_its_directions():
    made = known(yaw=12.0, pitch=-7.0, roll=4.0, place=(3.0, -2.0, -55.0))
    turned, again = measure([made]), measure([landmarks.read_message(sent(made)).reading(0.0, 640, 480)])
    for name in ("yaw", "pitch", "roll", "x", "y", "distance"):
        assert getattr(again, name)[0] == pytest.approx(getattr(turned, name)[0], abs=0.02)


PACKED = base64.b64encode(np.zeros((POINTS, 3), "<i2").tobytes()).decode()
FAR = base64.b64encode(np.full((POINTS, 3), 32_000, "<i2").tobytes()).decode()


@pytest.mark.parametrize(
    "message",
    [
        "", "{", "[]", "null", "7", '"landmarks"', "{}", '{"type": "dance"}', '{"type": "landmarks"}',
        '{"type": "ping", "more": 1}',
        json.dumps({"type": "landmarks", "t": 1, "points": PACKED, "extra": 1}),
        json.dumps({"type": "landmarks", "t": "1", "points": PACKED}),
        json.dumps({"type": "landmarks", "t": -1, "points": PACKED}),
        json.dumps({"type": "landmarks", "t": math.nan, "points": PACKED}),
        json.dumps({"type": "landmarks", "t": math.inf, "points": PACKED}),
        '{"type": "landmarks", "t": 1e999, "points": null}',
        json.dumps({"type": "landmarks", "t": 1, "points": [[0.5, 0.5, 0.0]] * 477}),
        json.dumps({"type": "landmarks", "t": 1, "points": [[0.5, 0.5, 0.0]] * 479}),
        json.dumps({"type": "landmarks", "t": 1, "points": [[0.5, 0.5]] * POINTS}),
        json.dumps({"type": "landmarks", "t": 1, "points": [[0.5, math.nan, 0.0]] * POINTS}),
        json.dumps({"type": "landmarks", "t": 1, "points": [[0.5, None, 0.0]] * POINTS}),
        json.dumps({"type": "landmarks", "t": 1, "points": PACKED, "blendshapes": [0.1] * 51}),
        json.dumps({"type": "landmarks", "t": 1, "points": PACKED, "blendshapes": [1.1] * 52}),
        json.dumps({"type": "landmarks", "t": 1, "points": PACKED, "blendshapes": [math.nan] * 52}),
        json.dumps({"type": "landmarks", "t": 1, "points": PACKED, "matrix": [0.0] * 16}),
        json.dumps({"type": "landmarks", "t": 1, "points": PACKED, "matrix": [0.0] * 15 + [1.0]}),
        json.dumps({"type": "landmarks", "t": 1, "points": PACKED, "matrix": known(place=(1, 2, -60)).matrix.ravel()
                    .tolist()}),
        json.dumps({"type": "landmarks", "t": 1, "points": PACKED, "matrix": [math.inf] * 16}),
        json.dumps({"type": "landmarks", "t": 1, "points": PACKED, "faces": -1}),
    ],
)  # fmt: skip
def test_a_message_of_the_wrong_shape_is_one_clear_error(message: str):
    with pytest.raises(DeyeonsoError) as caught:
        landmarks.read_message(message)
    assert caught.value.code == "bad_message"
    assert caught.value.whose == "caller"
    assert len(caught.value.message) < 300


@pytest.mark.parametrize(
    "points", ["", "not base64!", PACKED[:-8], PACKED + PACKED, FAR, [[9.0, 0.5, 0.0]] * POINTS], ids=range(6)
)
def test_points_that_are_none_are_refused(points: object):
    message = landmarks.read_message(json.dumps({"type": "landmarks", "t": 1, "points": points}))
    with pytest.raises(DeyeonsoError) as caught:
        message.reading(1.0, 640, 480)
    assert caught.value.code == "bad_landmarks"


@pytest.mark.parametrize(
    "hello",
    [
        "", "[]", '{"type": "landmarks", "t": 1, "points": null}', '{"type": "hello"}',
        '{"type": "hello", "mode": "listen", "call_id": "x"}', '{"type": "hello", "mode": "watch"}',
        '{"type": "hello", "mode": "watch", "call_id": 7}',
        '{"type": "hello", "mode": "watch", "call_id": {"$gt": ""}}',
        '{"type": "hello", "mode": "send"}', '{"type": "hello", "mode": "send", "width": 0, "height": 480}',
        '{"type": "hello", "mode": "send", "width": 640, "height": 480, "after": -1}',
        '{"type": "hello", "mode": "send", "width": 640, "height": 480, "user_id": "me"}',
    ],
)  # fmt: skip
def test_a_hello_that_is_none_is_refused(hello: str):
    with pytest.raises(DeyeonsoError) as caught:
        landmarks.read_hello(hello)
    assert caught.value.code == "bad_hello"


def test_watchers_get_the_points_unless_they_say_no_and_senders_do_not_unless_they_ask():
    def hello(**fields: object) -> landmarks.Hello:
        size = {"width": 640, "height": 480}
        return landmarks.read_hello(json.dumps({"type": "hello", "call_id": "c", **size, **fields}))

    assert hello(mode="watch").whole
    assert not hello(mode="watch", landmarks=False).whole
    assert not hello(mode="send").whole
    assert hello(mode="send", landmarks=True).whole
