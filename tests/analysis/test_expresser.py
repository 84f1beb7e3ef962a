"""Expressions of a call's faces: three a second beside the landmarks, dropped when a model is slow."""

from __future__ import annotations

import asyncio
import itertools
import threading

import av
import pytest

from analysis.adapters.face_api import FaceApiExpression
from analysis.adapters.landmarker import MediaPipeLandmarker
from analysis.events import ExpressionReading
from analysis.expresser import Expresser
from analysis.face_crop import FaceCrop
from analysis.types import AnalyzerFault, FaceReading
from analysis.watcher import Watcher
from media.channel import Channel
from media.errors import DeyeonsoError
from media.timeline import Timeline
from media.types import Picture
from media.weights import Weights
from media.worker import Batcher, Worker


@pytest.fixture(scope="module")
def pictures(material: Weights) -> list[Picture]:
    """Three seconds of the film in which he laughs, at 12 pictures a second."""
    with av.open(str(material.path("face_video.mp4"))) as container:
        frames = [frame for number, frame in enumerate(container.decode(video=0)) if number % 2 == 0]
    return [Picture(frame.time, frame) for frame in frames if 13 <= frame.time < 16]


async def watch(weights: Weights, worker: Worker, pictures: list[Picture], classify, slow: bool = False) -> Timeline:
    """The pictures through a real watcher and an expresser with a worker of its own."""
    timeline, faces = Timeline(), Worker("expressions")
    source: Channel[Picture] = Channel(len(pictures), "drop_oldest")
    crops: Channel[FaceCrop] = Channel(1, "drop_oldest")
    watcher = Watcher(
        lambda: MediaPipeLandmarker(weights.path("face_landmarker.task")), worker, source, timeline, crops=crops
    )
    for picture in pictures:
        source.offer(picture)
    source.close()
    held = threading.Event()
    try:
        async with asyncio.TaskGroup() as tasks:
            if slow:
                tasks.create_task(faces.run(held.wait))
            tasks.create_task(Expresser("face-api", Batcher(faces, classify), crops, timeline).run())
            await watcher.run()
            held.set()
    finally:
        held.set()
        faces.close()
    return timeline


@pytest.fixture(scope="module")
def network(weights: Weights) -> FaceApiExpression:
    return FaceApiExpression(weights.path("expression/face_expression_model.bin").parent)


async def test_three_expressions_a_second_beside_every_landmark(
    weights: Weights, worker: Worker, pictures: list[Picture], network: FaceApiExpression
) -> None:
    timeline = await watch(weights, worker, pictures, network.classify)
    shown = [event for event in timeline if isinstance(event, ExpressionReading)]
    assert sum(isinstance(event, FaceReading) for event in timeline) == len(pictures)
    assert 7 <= len(shown) <= 10
    assert {reading.label for reading in shown} == {"기쁨"}
    assert {reading.model for reading in shown} == {"face-api"}
    assert all(b.t - a.t >= 0.33 for a, b in itertools.pairwise(shown))


async def test_a_slow_model_drops_faces_and_holds_up_no_landmarks(
    weights: Weights, worker: Worker, pictures: list[Picture], network: FaceApiExpression
) -> None:
    timeline = await watch(weights, worker, pictures, network.classify, slow=True)
    assert sum(isinstance(event, FaceReading) for event in timeline) == len(pictures)
    assert sum(isinstance(event, ExpressionReading) for event in timeline) == 2  # the one it held, and the newest


async def test_a_failing_model_is_told_once_and_the_face_goes_on(
    weights: Weights, worker: Worker, pictures: list[Picture]
) -> None:
    def broken(faces):
        raise DeyeonsoError("expression_failed", "no memory left on the device")

    timeline = await watch(weights, worker, pictures, broken)
    (fault,) = [event for event in timeline if isinstance(event, AnalyzerFault)]
    assert (fault.analyzer, fault.code) == ("expression", "expression_failed")
    assert sum(isinstance(event, FaceReading) for event in timeline) == len(pictures)
