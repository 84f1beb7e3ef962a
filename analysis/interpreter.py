"""From utterances to readings of voice, words and feeling: measured on a worker, put on the timeline.

It owns one call's understanding of how things are said, and the speaker's baseline as it grows; it must not know
engines' names, personas or sockets. A failure costs a reading and says so; it never ends the call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from analysis import korean, tone, voicing
from analysis.engines import SpeechDetector
from analysis.pitch import PitchTracker
from analysis.readings import Emotion, EmotionReading, Expected, ToneReading, VoiceBaseline, WordReading
from analysis.types import AnalyzerFault, Utterance
from analysis.utterance import TurnContext, analyze_utterance
from media.channel import Channel
from media.errors import DeyeonsoError
from media.timeline import Timeline
from media.types import Span
from media.worker import Worker

ANALYZER = "voice"
NOTHING = np.zeros(0, np.float32)
LEAST_CALIBRATION = 1.0  # s of voice in a calibration's sentence
KEPT = 40  # turns that the speaker's baseline is made of: enough, and a long call stays small

Readings = tuple[ToneReading, WordReading, EmotionReading]


class Interpreter:
    """One call's. `run` ends when the utterances' channel is closed.

    Set by the call, asked once an utterance: `said_before` (her last words), `expected` (the agreed speech level),
    `face` (what the face showed meanwhile, or None), and the flags `auto_gain` and `voice`: without leave to measure
    the voice, words and face alone are read, and no tone is put on the timeline.
    """

    def __init__(
        self,
        pitch: PitchTracker,
        detector: Callable[[], SpeechDetector],
        worker: Worker,
        utterances: Channel[Utterance],
        timeline: Timeline,
        baseline: VoiceBaseline | None = None,
    ) -> None:
        self.said_before: Callable[[], str] = lambda: ""
        self.expected: Callable[[], Expected] = lambda: "존댓말"
        self.face: Callable[[Span], Mapping[Emotion, float] | None] = lambda _: None
        self.auto_gain = False
        self.voice = True
        self._pitch = pitch
        self._detector = detector()  # of its own: the listener's is in the middle of the next turn
        self._worker = worker
        self._utterances = utterances
        self._timeline = timeline
        self._calibrated = baseline
        self._heard: list[ToneReading] = []

    @property
    def baseline(self) -> VoiceBaseline | None:
        """The speaker's own voice: from the calibration step, else from the turns so far."""
        return self._calibrated or tone.baseline_of(self._heard)

    async def run(self) -> None:
        """Interpret until the channel is closed."""
        async for utterance in self._utterances:
            try:
                readings = await self._read(utterance)
            except Exception as error:
                code = error.code if isinstance(error, DeyeonsoError) else "analyzer_failed"
                message = str(error) or type(error).__name__
                self._timeline.append(AnalyzerFault(utterance.t, ANALYZER, code, message))
                continue
            for reading in readings:
                self._timeline.append(reading)
                if isinstance(reading, ToneReading):
                    self._heard = [*self._heard, reading][-KEPT:]

    async def _read(self, utterance: Utterance) -> tuple[ToneReading | WordReading | EmotionReading, ...]:
        if self.voice:
            readings = await self._worker.run(partial(self._interpret, utterance, self._context(utterance)))
            if self.voice:
                return readings
        unheard = replace(utterance, samples=NOTHING)  # leave may have been withdrawn while it was measured
        return (await self._worker.run(partial(self._interpret, unheard, self._context(unheard))))[1:]

    async def calibrate(self, sentence: Utterance) -> VoiceBaseline | None:
        """The speaker's own voice from a sentence said at ease, from now on; None where it told too little."""
        readings = await self._worker.run(partial(self._interpret, sentence, self._context(sentence)))
        found = tone.baseline_of(readings[:1], LEAST_CALIBRATION) if self.voice else None
        self._calibrated = found or self._calibrated
        return found

    def _context(self, utterance: Utterance) -> Callable[[], TurnContext]:
        """What the call knows is asked here, on the loop; the sound is measured when the worker calls the answer."""
        return partial(
            self._measured,
            utterance,
            baseline=self.baseline,
            said_before=self.said_before(),
            expected=self.expected(),
            face=self.face(utterance.span),
            auto_gain=self.auto_gain,
        )

    def _measured(
        self,
        utterance: Utterance,
        *,
        baseline: VoiceBaseline | None,
        said_before: str,
        expected: Expected,
        face: Mapping[Emotion, float] | None,
        auto_gain: bool,
    ) -> TurnContext:
        track = self._pitch.track(utterance.samples)
        speech = voicing.probabilities(self._detector, utterance.samples)
        return TurnContext(track, speech, baseline, said_before, expected, face, auto_gain)

    @staticmethod
    def _interpret(utterance: Utterance, context: Callable[[], TurnContext]) -> Readings:
        korean.load()
        return analyze_utterance(utterance, context())
