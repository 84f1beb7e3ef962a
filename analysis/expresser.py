"""From cut-out faces to expressions: the newest face of a call, read in a batch with those of other calls.

It must not know which model reads them, nor what they are good for. A slow model drops faces and delays nothing else;
a failing one says so, and the face's other measures go on.
"""

from __future__ import annotations

from collections.abc import Mapping

from analysis import expression
from analysis.face_crop import FaceCrop
from analysis.readings import Emotion
from analysis.types import AnalyzerFault
from media.channel import Channel
from media.errors import DeyeonsoError
from media.timeline import Timeline
from media.types import Pixels
from media.worker import Batcher

ANALYZER = "expression"
FAULT_EVERY = 10.0  # s between two reports of failures

Classify = Batcher[Pixels, Mapping[Emotion, float]]


class Expresser:
    """One call's. `run` ends when the faces' channel is closed; make that channel `Channel(1, "drop_oldest")`."""

    def __init__(self, model: str, classify: Classify, crops: Channel[FaceCrop], timeline: Timeline) -> None:
        """`model`: the classifier's name; `classify`: `Batcher(worker, classifier.classify)`, shared by all calls."""
        self.read = 0  # faces read
        self.failed = 0
        self._model = model
        self._classify = classify
        self._crops = crops
        self._timeline = timeline
        self._reported = float("-inf")

    async def run(self) -> None:
        async for crop in self._crops:
            reading = crop.reading
            try:
                found = await self._classify.run(crop.pixels)
            except Exception as error:
                self.failed += 1
                if reading.t - self._reported >= FAULT_EVERY:
                    self._reported = reading.t
                    code = error.code if isinstance(error, DeyeonsoError) else "analyzer_failed"
                    message = str(error) or type(error).__name__
                    self._timeline.append(AnalyzerFault(reading.t, ANALYZER, code, message))
                continue
            self.read += 1
            self._timeline.append(expression.read(reading.t, found, self._model, reading.blendshapes))
