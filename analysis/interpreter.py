"""From utterances to readings of voice, words and feeling: measured on a worker, put on the timeline.

It owns one call's understanding of how things are said, and the speaker's baseline as it grows; it must not know
engines' names, personas or sockets. A failure costs a reading and says so; it never ends the call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from analysis import korean, tone, voicing
from analysis.engines import SpeechDetector
from analysis.pitch import PitchTracker
from analysis.readings import Emotion, EmotionReading, ToneReading, WordReading
from analysis.tone import VoiceBaseline
from analysis.types import AnalyzerFault, Utterance
from analysis.utterance import TurnContext, analyze_utterance
from analysis.words import Expected
from media.channel import Channel
from media.errors import DeyeonsoError
from media.timeline import Timeline
from media.types import Span
from media.worker import Worker

ANALYZER = "voice"
KEPT = 40  # turns that the speaker's baseline is made of: enough, and a long call stays small

Readings = tuple[ToneReading, WordReading, EmotionReading]


class Interpreter:
    """One call's. `run` ends when the utterances' channel is closed.

    Set by the call, asked once an utterance: `said_before` (her last words), `expected` (the agreed speech level),
    `face` (what the face showed meanwhile, or None), and the flag `auto_gain`.
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
                readings = await self._worker.run(partial(self._interpret, utterance, self._context(utterance)))
            except Exception as error:
                code = error.code if isinstance(error, DeyeonsoError) else "analyzer_failed"
                message = str(error) or type(error).__name__
                self._timeline.append(AnalyzerFault(utterance.t, ANALYZER, code, message))
                continue
            self._heard = [*self._heard, readings[0]][-KEPT:]
            for reading in readings:
                self._timeline.append(reading)

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
