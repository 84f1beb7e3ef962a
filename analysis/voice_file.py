"""One recording of one speaker, as a whole: turns, transcript, voice, words, feeling, and the scores of them.

It must not know files' origin, HTTP or any engine's name; the engines are given. Heavy steps run on the given worker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from analysis import emotion, empathy, korean, tone, voicing, words
from analysis.engines import SpeechDetector, SpeechToText, Transcript
from analysis.pitch import HOP, HOP_SECONDS, PitchTrack, PitchTracker
from analysis.readings import EMOTIONS, Emotion, EmotionReading, Scores, ToneReading, WordReading, not_measured
from analysis.scoring import fuse
from analysis.sentiment import emotions, feelings
from analysis.types import Utterance
from analysis.utterance import TurnContext, analyze_utterance, trusted
from media.sound_file import decode
from media.types import Span, Wave
from media.worker import Worker

TOTAL = {"voice_tone": 0.5, "word_choice": 0.5}
APART = 0.7  # s of silence that part two turns of a recording
LONGEST_TURN = 20.0  # s: what a recogniser takes in one go
MARGIN = 0.2  # s kept around a turn


@dataclass(frozen=True, slots=True)
class VoiceReport:
    """What a recording tells. Scores are 0–100, or None with the reason in `scores`; practice indices, no verdicts."""

    total_score: int | None  # .5 voice_tone + .5 word_choice; None unless both could be measured
    voice_tone_score: int | None
    word_choice_score: int | None
    emotion: Emotion | None
    transcript: str
    seconds: float
    speech_seconds: float
    feeling: EmotionReading
    tone: Scores  # pitch, rate, volume, voice_tone
    words: Scores  # sentiment, empathy, politeness, word_choice
    empathy: Scores  # warmth, enthusiasm, politeness, confidence
    utterances: tuple[Utterance, ...] = field(repr=False, default=())
    readings: tuple[tuple[ToneReading, WordReading, EmotionReading], ...] = field(repr=False, default=())


class VoiceAnalyzer:
    """Recordings in, reports out. The engines may be shared with calls."""

    def __init__(
        self, stt: SpeechToText, pitch: PitchTracker, detector: Callable[[], SpeechDetector], worker: Worker
    ) -> None:
        self._stt = stt
        self._pitch = pitch
        self._detector = detector
        self._worker = worker

    async def analyze_file(self, source: str | Path | bytes) -> VoiceReport:
        """A path or a file's content. Raises `bad_audio`, `audio_too_long`, and what the recogniser raises."""
        return await self.analyze(await self._worker.run(lambda: decode(source)))

    async def analyze(self, samples: Wave) -> VoiceReport:
        """[N] float32 at 16 kHz of one speaker."""
        speech = await self._worker.run(lambda: voicing.probabilities(self._detector(), samples))
        utterances = []
        for number, span in enumerate(turns(speech), 1):
            sound = samples[round(span.start * 16_000) : round(span.end * 16_000)]
            heard = await self._stt.transcribe(sound)
            utterances.append(_utterance(span, number, heard, sound))
        return await self._worker.run(partial(self._report, samples, speech, utterances))

    def _report(self, samples: Wave, speech: Wave, utterances: Sequence[Utterance]) -> VoiceReport:
        korean.load()
        track = self._pitch.track(samples)
        contexts = [_context(track, speech, utterance.span) for utterance in utterances]
        first = [analyze_utterance(*pair) for pair in zip(utterances, contexts, strict=True)]
        # The whole recording is the speaker's own baseline, once there is enough of it to tell turns apart.
        baseline = tone.baseline_of([reading[0] for reading in first]) if len(first) >= 3 else None
        readings = [
            (sound, said, emotion.read(said.text, sound, baseline, span=sound.span, turn=sound.turn,
                                       text_confidence=utterance.confidence))
            for (sound, said, _), utterance in zip(first, utterances, strict=True)
        ]  # fmt: skip
        return _summary(samples, utterances, readings)


def turns(speech: Wave) -> list[Span]:
    """Stretches of speech in seconds: parted at .7 s of silence, and at the longest silence of an over-long one."""
    likely = speech >= voicing.SPEECH
    found: list[tuple[int, int]] = []
    for start, end in voicing.runs(likely):
        if found and (start - found[-1][1]) * HOP_SECONDS < APART and (end - found[-1][0]) * HOP_SECONDS < LONGEST_TURN:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    whole = len(speech) * HOP_SECONDS
    spans: list[Span] = []
    for start, end in found:
        if np.count_nonzero(likely[start:end]) * HOP_SECONDS < voicing.LEAST_SPEECH:
            continue
        onset = max(start * HOP_SECONDS - MARGIN, spans[-1].end if spans else 0.0)
        last = min(end * HOP_SECONDS + MARGIN, whole)
        while last - onset > LONGEST_TURN + 2 * MARGIN:  # speech without any breath
            spans.append(Span(onset, onset + LONGEST_TURN))
            onset += LONGEST_TURN
        spans.append(Span(onset, last))
    return spans


def _utterance(span: Span, number: int, heard: Transcript, sound: Wave) -> Utterance:
    return Utterance(span, trusted(heard.text, heard.confidence), number, heard.confidence, span.end, span.end, sound)


def _context(track: PitchTrack, speech: Wave, span: Span) -> TurnContext:
    start = round(span.start * 16_000) // HOP
    count = (round(span.end * 16_000) - round(span.start * 16_000)) // HOP
    inside = slice(start, start + count)
    return TurnContext(PitchTrack(track.hz[inside], track.confidence[inside]), speech[inside])


def _summary(
    samples: Wave,
    utterances: Sequence[Utterance],
    readings: Sequence[tuple[ToneReading, WordReading, EmotionReading]],
) -> VoiceReport:
    sounds, said = [reading[0] for reading in readings], [reading[1] for reading in readings]
    toned, worded = tone.pool(sounds, tone.TURN), words.pool(said)
    if not readings:
        toned = dict.fromkeys(toned, not_measured("no_speech"))
    total = fuse({"voice_tone": toned["voice_tone"], "word_choice": worded["word_choice"]}, TOTAL)
    feeling = _feeling([reading[2] for reading in readings], said, Span(0.0, voicing.seconds(samples)))
    return VoiceReport(
        total_score=None if total.value is None else round(total.value),
        voice_tone_score=None if (value := toned["voice_tone"].value) is None else round(value),
        word_choice_score=None if (value := worded["word_choice"].value) is None else round(value),
        emotion=feeling.label,
        transcript=" ".join(utterance.text for utterance in utterances if utterance.text),
        seconds=voicing.seconds(samples),
        speech_seconds=sum(sound.speaking for sound in sounds),
        feeling=feeling,
        tone=toned,
        words=worded,
        empathy=empathy.indices(sounds, said, partner_heard=False),
        utterances=tuple(utterances),
        readings=tuple(readings),
    )


def _feeling(found: Sequence[EmotionReading], said: Sequence[WordReading], span: Span) -> EmotionReading:
    """The recording's feeling: all its words of feeling together, and the mean of what the voice told turn by turn.

    (A mean over the turns' words would drown one glad sentence among plain ones.)
    """
    sources: dict[str, Mapping[Emotion, float]] = {}
    voices = [one.sources["voice"] for one in found if "voice" in one.sources]
    if any("text" in one.sources for one in found):
        sources["text"] = emotions([feeling for text in said for feeling in feelings(text.text)])
    if voices:
        sources["voice"] = {name: sum(one[name] for one in voices) / len(voices) for name in EMOTIONS}
    return emotion.from_sources(sources, span=span)
