"""The eye on a real film: faces read onto the timeline, slow models drop pictures, failures never end the call."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import closing

import numpy as np
import pytest

from analysis.adapters.landmarker import MediaPipeLandmarker
from analysis.types import AnalyzerFault, FaceReading
from analysis.watcher import Watcher, WatcherSettings
from media.channel import Channel
from media.errors import DeyeonsoError
from media.timeline import Timeline
from media.types import Picture
from media.weights import Weights
from media.worker import Worker
from tests.analysis.conftest import Film


class Still:
    """A picture that is always there; `failing` ones cannot be converted, as a broken frame cannot."""

    def __init__(self, failing: bool = False, grey: int = 60) -> None:
        self._grey = grey
        self.width, self.height = 64, 48
        self.threads: set[str] = set()
        self._failing = failing

    def to_ndarray(self, *, format: str) -> np.ndarray:
        self.threads.add(threading.current_thread().name)
        if self._failing:
            raise ValueError("broken frame")
        assert format == "rgb24"
        return np.full((self.height, self.width, 3), self._grey, np.uint8)


def eye(weights: Weights) -> MediaPipeLandmarker:
    return MediaPipeLandmarker(weights.path("face_landmarker.task"))


def test_every_face_of_a_real_film_is_read(film: Film) -> None:
    readings, watcher = film.readings, film.watcher
    assert len(readings) == watcher.read == 472
    assert sum(reading.found for reading in readings) == watcher.faces >= 465
    assert [reading.t for reading in readings] == sorted({reading.t for reading in readings})
    assert len(film.crops) == pytest.approx(59, abs=1)
    # He smiles, and he looks sad: in the second of each.
    smiles = [(r.blendshapes["mouthSmileLeft"] + r.blendshapes["mouthSmileRight"]) / 2 for r in readings if r.found]
    seconds = [np.mean(smiles[first : first + 24]) for first in range(0, len(smiles) - 24, 24)]
    assert max(seconds) > 0.7
    assert min(seconds) < 0.1


async def test_a_slow_model_sees_the_newest_picture_and_counts_the_rest(weights: Weights, worker: Worker) -> None:
    pictures: Channel[Picture] = Channel(1, "drop_oldest")
    timeline = Timeline()
    watcher = Watcher(lambda: eye(weights), worker, pictures, timeline)
    busy = threading.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(worker.run(busy.wait))
        tasks.create_task(watcher.run())
        for number in range(30):
            pictures.offer(Picture(number / 30, Still()))
            await asyncio.sleep(0)
        busy.set()
        pictures.close()
    readings = [event for event in timeline if isinstance(event, FaceReading)]
    assert readings[-1].t == 29 / 30
    assert watcher.dropped == 30 - len(readings) >= 27


async def test_pixels_are_converted_on_the_worker(weights: Weights, worker: Worker) -> None:
    pictures: Channel[Picture] = Channel(2, "drop_oldest")
    still = Still()
    pictures.offer(Picture(0.0, still))
    pictures.close()
    await Watcher(lambda: eye(weights), worker, pictures, Timeline()).run()
    assert len(still.threads) == 1
    assert still.threads.pop().startswith("test")


async def test_a_broken_picture_costs_one_reading(weights: Weights, worker: Worker) -> None:
    pictures: Channel[Picture] = Channel(50, "drop_oldest")
    timeline = Timeline()
    for number in range(40):
        pictures.offer(Picture(number / 10, Still(failing=number % 2 == 1)))
    pictures.close()
    watcher = Watcher(lambda: eye(weights), worker, pictures, timeline, WatcherSettings(fault_every=1.0))
    await watcher.run()
    assert (watcher.read, watcher.failed) == (20, 20)
    faults = [event for event in timeline if isinstance(event, AnalyzerFault)]
    assert [fault.analyzer for fault in faults] == ["face"] * 4  # one a second, not one a picture
    assert "broken frame" in faults[0].message


async def test_an_eye_that_cannot_be_opened_is_told_and_given_up(worker: Worker) -> None:
    def blind() -> MediaPipeLandmarker:
        raise DeyeonsoError("face_unloadable", "no such model")

    pictures: Channel[Picture] = Channel(100, "drop_oldest")
    timeline = Timeline()
    for number in range(100):
        pictures.offer(Picture(number / 10, Still()))
    watcher = Watcher(blind, worker, pictures, timeline, WatcherSettings(give_up_after=10))
    await watcher.run()
    (fault,) = timeline
    assert isinstance(fault, AnalyzerFault)
    assert fault.code == "face_unloadable"
    assert watcher.failed == 10


async def test_a_camera_that_is_turned_off_is_no_absence_of_a_face(weights: Weights, worker: Worker) -> None:
    """A browser sends black then, whatever the codec makes of it; an empty room is not black."""
    pictures: Channel[Picture] = Channel(50, "drop_oldest")
    timeline = Timeline()
    for number in range(30):
        pictures.offer(Picture(number / 10, Still(grey=(0, 17, 60)[number % 3])))
    pictures.close()
    watcher = Watcher(lambda: eye(weights), worker, pictures, timeline)
    await watcher.run()
    assert (watcher.read, watcher.black, watcher.failed) == (10, 20, 0)
    assert [event.t for event in timeline if isinstance(event, FaceReading)] == [n / 10 for n in range(2, 30, 3)]


async def test_an_eye_is_never_closed_while_it_looks(worker: Worker) -> None:
    """Its call ends, or consent is withdrawn, in the middle of a picture, and the worker has a thread to spare."""
    looks, done = threading.Event(), list[str]()

    class Slow:
        def read(self, pixels: np.ndarray, t: float) -> FaceReading:
            looks.set()
            time.sleep(0.3)
            done.append("read")
            return FaceReading(t, 64, 48)

        def close(self) -> None:
            done.append("closed")

    pictures: Channel[Picture] = Channel(1, "drop_oldest")
    with closing(Worker("face", threads=2)) as face:
        watching = asyncio.ensure_future(Watcher(Slow, face, pictures, Timeline()).run())
        pictures.offer(Picture(0.0, Still()))
        await asyncio.get_running_loop().run_in_executor(None, looks.wait)
        watching.cancel()
        await asyncio.wait([watching])
    assert done == ["read", "closed"]
