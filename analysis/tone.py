"""The voice of a turn, and of many turns together: pitch variation, speaking rate, evenness of volume, voice_tone.

Pure over frames, text and the speaker's own baseline; it must not know engines, words' meaning or the report. Whatever
a hole of the network or a short turn took away lowers the confidence, never the score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis import loudness, pitch, rate, voicing
from analysis.pitch import HOP_SECONDS
from analysis.readings import Evidence, Score, Scores, ToneReading, VoiceBaseline, not_measured
from analysis.scoring import band, falling, fuse
from analysis.voicing import Frames
from media.types import Span, Wave

WEIGHTS = {"pitch": 0.40, "rate": 0.35, "volume": 0.25}
PITCH_BAND = (0.5, 1.8, 4.0, 7.0)  # semitones
RATE_BAND = (2.2, 3.3, 5.6, 7.5)  # syllables a second
VOLUME = (2.0, 6.5)  # dB: even, and as uneven as can be
FULL = {"pitch": 20.0, "rate": 60.0, "volume": 20.0}  # s voiced, syllables, s voiced: enough for full confidence
GOOD, POOR = 80.0, 60.0  # scores from which, and below which, a moment is worth showing
QUOTE = 60  # characters
TIPS = {"pitch": ("flat", None), "rate": ("slow", "fast"), "volume": ("trailing", "trailing")}  # too little, too much
STILL = 0.1  # semitones: no voice holds its pitch so still; a hum does


@dataclass(frozen=True, slots=True)
class Gates:
    """Below these nothing is claimed."""

    voiced: float  # s of voice, for pitch and volume
    syllables: int  # for the rate


TURN = Gates(voiced=1.0, syllables=8)
CALL = Gates(voiced=20.0, syllables=60)


def read(
    samples: Wave,
    frames: Frames,
    text: str = "",
    *,
    span: Span | None = None,
    turn: int = 0,
    auto_gain: bool = False,
) -> ToneReading:
    """One turn's voice, measured and scored. `auto_gain`: the browser levels the microphone, so volume says less."""
    span = span or Span(0.0, voicing.seconds(samples))
    hz = frames.pitch[frames.voiced]
    syllables = rate.spoken_syllables(text) if text.strip() else None
    shifted = tuple(Span(span.start + one.start, span.start + one.end) for one in voicing.pauses(frames))
    reading = ToneReading(
        span=span,
        turn=turn,
        measured=float(frames.measured.sum()) * HOP_SECONDS,
        speaking=frames.speaking,
        voiced=len(hz) * HOP_SECONDS,
        pitch=hz,
        levels=loudness.window_levels(frames),
        level=loudness.level(frames),
        syllables=syllables,
        nuclei=rate.nuclei(samples, frames),
        pauses=shifted,
        trailing=loudness.trailing(frames),
        final_rise=pitch.final_rise(hz),
        clipped=loudness.is_clipped(samples),
    )
    reason = _why_not(reading, text)
    scores = _scores([reading], TURN, auto_gain)
    scores = {name: _because(score, reason) for name, score in scores.items()}
    return replace(reading, scores={name: _shown(name, score, reading, text) for name, score in scores.items()})


def pool(readings: Sequence[ToneReading], gates: Gates = CALL, *, auto_gain: bool = False) -> Scores:
    """Pitch, rate, volume and voice_tone of many turns; the evidence is that of the turns, best and worst first."""
    pooled = {}
    for name, score in _scores(readings, gates, auto_gain).items():
        reasons = {reading.scores[name].reason for reading in readings if name in reading.scores}
        shared = reasons.pop() if len(reasons) == 1 else None  # every turn failed for the one reason
        pooled[name] = replace(_because(score, shared), evidence=_telling(name, readings))
    return pooled


def baseline_of(readings: Iterable[ToneReading], least: float = 6.0) -> VoiceBaseline | None:
    """The speaker's own voice in `readings`; None under `least` seconds of voice."""
    used = [reading for reading in readings if reading.level is not None and len(reading.pitch)]
    voiced = sum(reading.voiced for reading in used)
    if voiced < least:
        return None
    hz = np.concatenate([reading.pitch for reading in used])
    rates = [one for reading in used if (one := rate_of(reading)) is not None]
    return VoiceBaseline(
        pitch=float(np.median(hz)),
        spread=pitch.spread(hz),
        level=float(np.median([reading.level for reading in used if reading.level is not None])),
        rate=float(np.median(rates)) if rates else None,
        voiced=voiced,
    )


def rate_of(reading: ToneReading) -> float | None:
    """Syllables a second of one turn; None without a text or under a second of speech."""
    if reading.syllables is None or reading.speaking < 1.0:
        return None
    return reading.syllables / reading.speaking


def _scores(readings: Sequence[ToneReading], gates: Gates, auto_gain: bool) -> dict[str, Score]:
    parts = {
        "pitch": _pitch(readings, gates),
        "rate": _rate(readings, gates),
        "volume": _volume(readings, gates, auto_gain),
    }
    return {**parts, "voice_tone": fuse(parts, WEIGHTS)}


def _pitch(readings: Sequence[ToneReading], gates: Gates) -> Score:
    """n counts pitch values, one each 16 ms."""
    voiced = sum(reading.voiced for reading in readings)
    hz = np.concatenate([reading.pitch for reading in readings]) if readings else np.zeros(0, np.float32)
    spread = pitch.spread(hz)
    if spread is None or voiced < gates.voiced:
        return not_measured("too_little_speech", len(hz))
    if spread < STILL:
        return not_measured("no_voice", len(hz))
    return Score(band(spread, *PITCH_BAND), _sure(voiced / FULL["pitch"], readings), len(hz))


def _rate(readings: Sequence[ToneReading], gates: Gates) -> Score:
    """n counts syllables."""
    timed = [reading for reading in readings if rate_of(reading) is not None]
    syllables = sum(reading.syllables or 0 for reading in timed)
    if syllables < gates.syllables:
        return not_measured("too_little_text", syllables)
    per_second = syllables / sum(reading.speaking for reading in timed)
    confidence = _sure(syllables / FULL["rate"], timed)
    heard = sum(reading.nuclei or 0 for reading in timed)
    if not rate.AGREES[0] <= heard / syllables <= rate.AGREES[1]:
        confidence /= 2  # the sound tells another story than the text
    return Score(band(per_second, *RATE_BAND), confidence, syllables)


def _volume(readings: Sequence[ToneReading], gates: Gates, auto_gain: bool) -> Score:
    """n counts windows of a second."""
    voiced = sum(reading.voiced for reading in readings)
    levels = np.concatenate([reading.levels for reading in readings]) if readings else np.zeros(0, np.float32)
    unevenness = loudness.unevenness(levels)
    if unevenness is None or voiced < gates.voiced:
        return not_measured("too_little_speech", len(levels))
    confidence = _sure(voiced / FULL["volume"], readings)
    if auto_gain or any(reading.clipped for reading in readings):
        confidence /= 2
    return Score(falling(unevenness, *VOLUME), confidence, len(levels))


def _sure(amount: float, readings: Sequence[ToneReading]) -> float:
    """Confidence: how much there was, and how much of it arrived."""
    whole = sum(reading.span.seconds for reading in readings)
    arrived = sum(reading.measured for reading in readings) / whole if whole > 0 else 0.0
    return min(1.0, amount) * min(1.0, arrived + 0.02)  # the last, unfinished hop is no loss


def _why_not(reading: ToneReading, text: str) -> str | None:
    """Why a turn as a whole could not be measured, for the reasons of its scores."""
    if reading.measured < 0.5 * reading.span.seconds:
        return "sound_lost"
    if not reading.speaking:
        return "no_speech"
    if not reading.voiced:
        return "no_voice"
    if text.strip() and reading.syllables is None:
        return "not_korean"
    return None


def _because(score: Score, reason: str | None) -> Score:
    return replace(score, reason=reason) if score.value is None and reason is not None else score


def value_of(name: str, reading: ToneReading) -> float | None:
    """The measure behind a score of one turn: semitones, syllables a second, dB; None for a fused one."""
    measures: dict[str, Callable[[], float | None]] = {
        "pitch": lambda: pitch.spread(reading.pitch),
        "rate": lambda: rate_of(reading),
        "volume": lambda: loudness.unevenness(reading.levels),
    }
    return measures[name]() if name in measures else None


def _shown(name: str, score: Score, reading: ToneReading, text: str) -> Score:
    """The score with its moment, where that moment is good or poor enough to be worth showing."""
    value = value_of(name, reading)
    if score.value is None or value is None or POOR <= score.value < GOOD:
        return score
    good = score.value >= GOOD
    low, high = TIPS[name]
    middle = {"pitch": PITCH_BAND[1], "rate": RATE_BAND[1], "volume": VOLUME[0]}[name]
    tip = None if good else low if value < middle else high
    moment = Evidence(
        name, reading.span.start, reading.span.end, value, text[:QUOTE] or None, "good" if good else "improve", tip
    )
    return replace(score, evidence=(moment,))


def _telling(name: str, readings: Sequence[ToneReading]) -> tuple[Evidence, ...]:
    """The turns' own evidence of one metric: the worst turn's and the best turn's."""
    moments = [
        (score.value, moment)
        for reading in readings
        if (score := reading.scores.get(name)) is not None and score.value is not None
        for moment in score.evidence
    ]
    ranked = [moment for _, moment in sorted(moments, key=lambda pair: pair[0])]
    return tuple(dict.fromkeys(ranked[:1] + ranked[-1:]))
