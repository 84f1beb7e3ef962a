"""Everything a call needs from the engines, chosen once by `run.py` and shared by all calls.

It must not know any adapter: only Protocols, factories for what each call owns, and the workers they run on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from analysis.engines import FaceLandmarker, LiveSpeechDetector, SoundsFinished, SpeechDetector, SpeechToText
from analysis.expresser import Classify
from analysis.pitch import PitchTracker
from media.worker import Worker
from persona.engines import LanguageModel, Synthesizer


@dataclass(frozen=True, slots=True)
class Engines:
    """The chosen adapters. `names` is what `GET /health` and the log say of the choice."""

    stt: SpeechToText
    model: LanguageModel
    voice: Synthesizer
    new_speech_detector: Callable[[], SpeechDetector]  # for a file or a turn, on a worker
    new_live_detector: Callable[[], LiveSpeechDetector]  # for a microphone; those of all calls in batches
    detector_worker: Worker
    sounds_finished: SoundsFinished  # turns of all calls in batches
    turn_end_worker: Worker
    new_landmarker: Callable[[], FaceLandmarker]
    face_worker: Worker
    prompt_worker: Worker  # what each reply may know, worked out for all calls
    pitch: PitchTracker
    coach_worker: Worker  # voices, words and reports of all calls
    expression_worker: Worker
    classify: Classify | None  # expressions of all calls in batches; None: the plain rule on blendshapes
    expression: str  # the expression model's name
    names: dict[str, str] = field(default_factory=dict)
    closers: tuple[Callable[[], Awaitable[None] | None], ...] = ()

    async def close(self) -> None:
        """End every engine and its worker."""
        for engine in (self.stt, self.model, self.voice):
            await engine.close()
        for closer in self.closers:
            waiting = closer()
            if waiting is not None:
                await waiting
        for worker in (
            self.detector_worker,
            self.turn_end_worker,
            self.face_worker,
            self.prompt_worker,
            self.coach_worker,
            self.expression_worker,
        ):
            worker.close()
