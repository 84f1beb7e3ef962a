"""A call's stored events as a page replays them: the shapes of the live messages, and a face's measures thinned out.

It must not know stores or routes. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import orjson

from analysis import blink, gaze
from analysis.events import Calibrated, ExpressionReading, PersonaSpoke, Tip, VoiceCalibrated
from analysis.expression import NEGATIVE
from analysis.face_state import baseline_of
from analysis.face_track import FaceStretch, FaceTrack, join
from analysis.readings import EmotionReading, ToneReading, WordReading
from analysis.types import AnalyzerFault, Utterance
from media.timeline import Event
from media.types import Span
from signaling import wire_coach

STEP = 0.5  # s between two values of a face


def view(events: Iterable[Event]) -> list[dict[str, Any]]:
    """In the order of time, each with `kind` and `t`.

    `tone`, `words` and `tip` are those of signaling/wire.py; beside them `utterance` `{turn, t0, t1, text, confidence,
    gaps}`, `persona` `{turn, t0, t1, text}`, `calibrated` `{t0, t1, of: face | voice}`, `fault` `{analyzer, code}`; and
    for the whole call once, as columns a half second apart, `faces` `{at, found, looking, smile, yaw, pitch, roll}` and
    as they came `expressions` `{at, label, positive, negative, model}`.
    """
    events = list(events)
    words: dict[int, WordReading] = {}
    shown: list[dict[str, Any]] = []
    for event in events:
        if isinstance(event, WordReading):
            words[event.turn] = event
        shown += [{"t": round(event.t, 3), **told} for told in _told(event, words)]
    calibration = [event.span for event in events if isinstance(event, Calibrated)]
    shown += _faces([event for event in events if isinstance(event, FaceStretch)], calibration)
    shown += _expressions([event for event in events if isinstance(event, ExpressionReading)])
    return sorted(shown, key=lambda one: float(one["t"]))


def _told(event: Event, words: dict[int, WordReading]) -> list[dict[str, Any]]:
    match event:
        case Utterance():
            gaps = [_span(gap) for gap in event.gaps]
            said = {"text": event.text, "confidence": event.confidence, "gaps": gaps}
            return [{"kind": "utterance", "turn": event.turn, **_span(event.span), **said}]
        case PersonaSpoke():
            return [{"kind": "persona", "turn": event.turn, **_span(event.span), "text": event.text}]
        case ToneReading():
            return [_data(wire_coach.tone_of(event))]
        case EmotionReading() if event.turn in words:
            return [_data(wire_coach.words_of(words[event.turn], event))]
        case Tip():
            return [{"kind": "tip", "id": event.id, "text": event.text}]
        case Calibrated():
            return [{"kind": "calibrated", "of": "face", **_span(event.span)}]
        case VoiceCalibrated():
            return [{"kind": "calibrated", "of": "voice", **_span(event.span)}]
        case AnalyzerFault():
            return [{"kind": "fault", "analyzer": event.analyzer, "code": event.code}]
    return []


def _faces(stretches: Sequence[FaceStretch], calibration: Sequence[Span]) -> list[dict[str, Any]]:
    if not stretches:
        return []
    track = join([stretch.track for stretch in stretches])
    kept = np.diff(np.floor(track.t / STEP), prepend=-1) > 0
    thin = track.where(kept)
    columns = {name: [_known(value) for value in getattr(thin, name)] for name in ("smile", "yaw", "pitch", "roll")}
    looking = [one for one, keep in zip(_looking(track, calibration), kept.tolist(), strict=True) if keep]
    at = [round(float(t), 2) for t in thin.t]
    return [{"kind": "faces", "t": at[0], "at": at, "found": thin.found.tolist(), "looking": looking, **columns}]


def _looking(track: FaceTrack, calibration: Sequence[Span]) -> list[bool | None]:
    """Towards the screen or not, as the report counts it; None without open eyes, or without a baseline."""
    baseline = baseline_of(track, calibration)
    if baseline is None or not baseline.gaze_known:
        return [None] * len(track)
    eyes = gaze.direction(track.gaze_x, track.gaze_y, track.yaw, track.pitch)
    on = gaze.on_target(eyes, baseline.gaze_yaw, baseline.gaze_pitch)
    open_eyes = track.found & ~blink.blinking(track.t, track.ear)
    return [bool(one) if seen else None for one, seen in zip(on, open_eyes, strict=True)]


def _expressions(readings: Sequence[ExpressionReading]) -> list[dict[str, Any]]:
    if not readings:
        return []
    at = [round(one.t, 2) for one in readings]
    columns = {
        "at": at,
        "label": [one.label for one in readings],
        "positive": [round(one.probabilities.get("기쁨", 0.0), 3) for one in readings],
        "negative": [round(sum(one.probabilities.get(e, 0.0) for e in NEGATIVE), 3) for one in readings],
    }
    return [{"kind": "expressions", "t": at[0], **columns, "model": readings[-1].model}]


def _span(span: Span) -> dict[str, float]:
    return {"t0": round(span.start, 3), "t1": round(span.end, 3)}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 3)


def _data(message: str) -> dict[str, Any]:
    data: dict[str, Any] = orjson.loads(message)["data"]
    return data
