"""From the camera to face readings: the newest picture, read on a worker, put on the timeline.

It owns one call's eye and must not know any engine's name, nor what a reading is good for. A failure costs a reading
and says so; it never ends the call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from analysis.engines import FaceLandmarker
from analysis.face_crop import FaceCrop, face_crop, unreadable
from analysis.types import AnalyzerFault, FaceReading
from media.channel import Channel
from media.errors import DeyeonsoError
from media.timeline import Timeline
from media.types import Picture, Pixels
from media.worker import Worker

ANALYZER = "face"
BLACK = 24  # of 255: what a muted camera sends, with the codec's noise; a dark room's lightest spots are lighter


@dataclass(frozen=True, slots=True)
class WatcherSettings:
    """Times in seconds."""

    fault_every: float = 5.0  # s between two reports of failures of the same kind
    give_up_after: int = 50  # failures in a row after which the eye stays closed
    express_every: float = 1 / 3  # s between two faces cut out for the expression model


class Watcher:
    """One call's eye. `run` ends when the pictures' channel is closed, or when the engine cannot be had."""

    def __init__(
        self,
        landmarker: Callable[[], FaceLandmarker],
        worker: Worker,
        pictures: Channel[Picture],
        timeline: Timeline,
        settings: WatcherSettings | None = None,
        crops: Channel[FaceCrop] | None = None,
    ) -> None:
        """`crops`: where faces go for their expression; closed when the pictures end."""
        self.settings = settings or WatcherSettings()
        self.read = 0  # pictures read
        self.faces = 0  # … with a face
        self.failed = 0  # pictures that could not be read
        self.black = 0  # of a camera that is turned off or covered: nobody is absent from those
        self._make = landmarker
        self._eye = threading.Lock()  # one job at a time touches the engine
        self._worker = worker
        self._pictures = pictures
        self._timeline = timeline
        self._crops = crops
        self._next_crop = float("-inf")  # s
        self._reported: dict[str, float] = {}  # code → call time of its last report

    @property
    def dropped(self) -> int:
        """Pictures that were replaced by a newer one before they could be read."""
        return self._pictures.dropped

    async def run(self) -> None:
        """Watch until the camera's channel is closed. The engine is made with the first picture, on its worker."""
        eye: FaceLandmarker | None = None
        failures = 0
        try:
            async for picture in self._pictures:
                try:
                    if eye is None:
                        eye = await self._worker.run(self._make)
                    express = self._crops is not None and picture.t >= self._next_crop
                    reading, crop = await self._worker.run(partial(self._look, eye, picture, express))
                except Exception as error:
                    self.failed += 1
                    failures += 1
                    self._report(picture.t, error)
                    if failures >= self.settings.give_up_after:
                        return
                    continue
                failures = 0
                if reading is None:
                    self.black += 1
                    continue
                self.read += 1
                self.faces += reading.found
                self._timeline.append(reading)
                if self._crops is not None and crop is not None:
                    self._next_crop = picture.t + self.settings.express_every - 1e-3
                    self._crops.offer(FaceCrop(reading, crop))
        finally:
            if self._crops is not None:
                self._crops.close()
            if eye is not None:
                # Also when cancelled, and after a reading still under way on another of the worker's threads.
                await self._worker.run(partial(self._close, eye))

    def _look(self, eye: FaceLandmarker, picture: Picture, express: bool) -> tuple[FaceReading | None, Pixels | None]:
        with self._eye:
            return _look(eye, picture, express)

    def _close(self, eye: FaceLandmarker) -> None:
        with self._eye:
            eye.close()

    def _report(self, t: float, error: Exception) -> None:
        code = error.code if isinstance(error, DeyeonsoError) else "analyzer_failed"
        last = self._reported.get(code)
        if last is None or t - last >= self.settings.fault_every:
            self._reported[code] = t
            self._timeline.append(AnalyzerFault(t, ANALYZER, code, str(error) or type(error).__name__))


def _look(eye: FaceLandmarker, picture: Picture, express: bool) -> tuple[FaceReading | None, Pixels | None]:
    """The reading and, where it is asked for, the face cut out: the pixels are converted once. None of a black one."""
    pixels = picture.rgb()
    if int(pixels[::8, ::8].max(initial=0)) < BLACK:
        return None, None
    reading = eye.read(pixels, picture.t)
    cut = express and reading.landmarks is not None and unreadable(reading) is None
    return reading, face_crop(pixels, reading.landmarks) if cut and reading.landmarks is not None else None
